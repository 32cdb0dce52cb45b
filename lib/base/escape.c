/* Text from outside, by where it goes; see escape.h. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"

/* How many of these characters are letters, digits and the like, which are the
 * same wherever they go but to HTML: runs of them are copied at once. */
static size_t
plain(const char *text, size_t most)
{
	size_t n = 0;

	for (; n < most; n++) {
		unsigned char c = (unsigned char)text[n];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == ';' ||
		    c == '|')
			break;
	}
	return n;
}

/* The next character, as it may be shown, and its bytes; moves on. */
static unsigned
next(const char **text, const char **bytes, size_t *len)
{
	unsigned c;
	int n = nvr_utf8_next(*text, &c);

	*bytes = *text;
	*len = n > 0 ? (size_t)n : 1;
	*text += *len;
	if (n > 0 && (c == '\t' || c == '\n' || c == '\r'))
		c = ' ';
	else if (n == 0 || nvr_is_control(c))
		c = '?';
	else
		return c;
	*bytes = c == ' ' ? " " : "?";
	*len = 1;
	return c;
}

static const char *
html_entity(unsigned c, bool attribute)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return attribute ? "&quot;" : NULL;
	case '\'':
		return attribute ? "&#39;" : NULL;
	case '`':
		return attribute ? "&#96;" : NULL;
	default:
		return NULL;
	}
}

static int
html(struct nvr_buf *b, const char *text, bool attribute, struct nvr_error *err)
{
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		const char *bytes, *entity;
		size_t len;

		entity = html_entity(next(&text, &bytes, &len), attribute);
		rc = entity != NULL
			 ? nvr_buf_add(b, entity, strlen(entity), err)
			 : nvr_buf_add(b, bytes, len, err);
	}
	return rc;
}

int
nvr_html_text(struct nvr_buf *b, const char *text, struct nvr_error *err)
{
	return html(b, text, false, err);
}

int
nvr_html_attr(struct nvr_buf *b, const char *text, struct nvr_error *err)
{
	return html(b, text, true, err);
}

int
nvr_line_text(struct nvr_buf *b, const char *text, struct nvr_error *err)
{
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		const char *bytes;
		size_t len;

		next(&text, &bytes, &len);
		rc = nvr_buf_add(b, bytes, len, err);
	}
	return rc;
}

static bool
begins_formula(unsigned c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == 0x2212 ||
	       c == 0xff1d || c == 0xff0b || c == 0xff0d || c == 0xff20 ||
	       c == 0xfe62 || c == 0xfe63 || c == 0xfe66 || c == 0xfe6b;
}

/* What programs skip, or end a field at, when they look for a formula. */
static bool
is_margin(unsigned c)
{
	return c == ' ' || c == '"' || c == '\'' || c == '?' || c == 0xa0 ||
	       c == 0x3000 || c == 0xfeff || (c >= 0x2000 && c <= 0x200f);
}

int
nvr_csv_chars(struct nvr_buf *b, const char *text, size_t size, bool *start,
    struct nvr_error *err)
{
	const char *end = text + size;
	int rc = 0;

	while (rc == 0 && text < end) {
		size_t run = *start ? 0 : plain(text, (size_t)(end - text));

		if (run > 0) {
			rc = nvr_buf_add(b, text, run, err);
			text += run;
			continue;
		}
		/* A tab or a line end is as good as a separator. */
		bool separator = *text != '\0' && strchr(";|\t\r\n", *text);
		const char *bytes = "?";
		size_t len = 1;
		unsigned c = '?';

		if (*text != '\0')
			c = next(&text, &bytes, &len);
		else
			text++;
		if (*start && begins_formula(c))
			rc = nvr_buf_add(b, "'", 1, err);
		if (rc == 0 && c == '"')
			rc = nvr_buf_add(b, "\"", 1, err);
		if (rc == 0)
			rc = nvr_buf_add(b, bytes, len, err);
		*start = separator || (*start && is_margin(c));
	}
	return rc;
}

int
nvr_csv_field(struct nvr_buf *b, const char *text, struct nvr_error *err)
{
	bool start = true;
	int rc = 0;

	if (text == NULL)
		return 0;
	rc = nvr_buf_add(b, "\"", 1, err);
	if (rc == 0)
		rc = nvr_csv_chars(b, text, strlen(text), &start, err);
	return rc == 0 ? nvr_buf_add(b, "\"", 1, err) : rc;
}

static int
json_escape(struct nvr_buf *b, unsigned c, struct nvr_error *err)
{
	static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
	const char *at = c != 0 && c < 0x80 ? strchr(from, (int)c) : NULL;

	return at != NULL ? nvr_buf_addf(b, err, "\\%c", to[at - from])
			  : nvr_buf_addf(b, err, "\\u%04x", c);
}

int
nvr_json_chars(
    struct nvr_buf *b, const char *text, size_t len, struct nvr_error *err)
{
	const char *end = text + len;
	size_t was = b->len;
	int rc = 0, n;
	unsigned c;

	while (rc == 0 && text < end) {
		size_t run = plain(text, (size_t)(end - text));

		if (run > 0) {
			rc = nvr_buf_add(b, text, run, err);
			text += run;
			continue;
		}
		n = nvr_utf8_next(text, &c);
		if (n == 0 || text + n > end)
			rc = nvr_fail(err, NVR_E_DATA, "it is not UTF-8");
		else if (c == '"' || c == '\\' || nvr_is_control(c))
			rc = json_escape(b, c, err);
		else
			rc = nvr_buf_add(b, text, (size_t)n, err);
		text += n;
	}
	if (rc != 0)
		b->len = was;
	return rc;
}
