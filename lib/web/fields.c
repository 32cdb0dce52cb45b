/* Fields of queries and forms (URL Standard, 5.1, strictly); see request.h. */
#include <string.h>

#include "base/text.h"
#include "web/request_int.h"

ssize_t
nvr_web_decode(char *to, const char *text, size_t len, bool plus)
{
	size_t n = 0;
	char c;

	for (size_t i = 0; i < len; i++) {
		c = text[i];
		if (c == '+' && plus) {
			c = ' ';
		} else if (c == '%') {
			if (len - i < 3 || nvr_hex_value(text[i + 1]) < 0 ||
			    nvr_hex_value(text[i + 2]) < 0)
				return -1;
			c = (char)(nvr_hex_value(text[i + 1]) << 4 |
				   nvr_hex_value(text[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return -1;
		to[n++] = c;
	}
	to[n] = '\0';
	return (ssize_t)n;
}

static bool
is_name(const char *name, size_t len)
{
	return len > 0 && len <= NVR_WEB_NAME &&
	       strspn(name,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "0123456789-_.") == len;
}

/* CRLF, which is what browsers send of a text area, and CR as LF. */
static void
unify_lines(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\r' && p[1] == '\n')
			continue;
		*to++ = *p == '\r' ? '\n' : *p;
	}
	*to = '\0';
}

/* Of one `name=value`; *to: where the texts go, and then how far they go. */
static const char *
add(struct nvr_web_fields *f, const char *text, size_t len, char **to)
{
	const char *equals = memchr(text, '=', len);
	size_t left = equals != NULL ? (size_t)(equals - text) : len;
	char *name = *to, *value;
	ssize_t n = nvr_web_decode(name, text, left, true);

	if (n < 0)
		return "a field is not percent-encoded as it has to be";
	if (!is_name(name, (size_t)n))
		return "a field has a name that none has";
	if (nvr_web_field(f, name) != NULL)
		return "a field is given twice";
	if (f->n == NVR_WEB_FIELDS)
		return "there are too many fields";
	value = name + n + 1;
	n = equals == NULL
		? nvr_web_decode(value, "", 0, true)
		: nvr_web_decode(value, equals + 1, len - left - 1, true);
	if (n < 0)
		return "a field is not percent-encoded as it has to be";
	if (n > NVR_WEB_VALUE)
		return "a field is too long";
	unify_lines(value);
	if (!nvr_text_lines(value))
		return "a field is not UTF-8, or has control characters";
	f->field[f->n].name = name;
	f->field[f->n++].value = value;
	*to = value + n + 1;
	return NULL;
}

int
nvr_web_fields_parse(struct nvr_web_fields *f, const char *text, size_t len,
    struct nvr_error *err)
{
	const char *end = text + len, *next, *wrong;
	char *to;
	int rc;

	*f = (struct nvr_web_fields){0};
	if (len == 0)
		return 0;
	/* Decoded they are no longer, with a NUL for each `=` and `&`; a name
	 * alone has one more. */
	rc = nvr_buf_reserve(&f->text, len + NVR_WEB_FIELDS + 4, err);
	if (rc != 0)
		return rc;
	to = f->text.data;
	for (; text < end; text = next + 1) {
		next = memchr(text, '&', (size_t)(end - text));
		if (next == NULL)
			next = end;
		if (next == text)
			continue;
		wrong = add(f, text, (size_t)(next - text), &to);
		f->text.len = (size_t)(to - f->text.data);
		if (wrong != NULL)
			return nvr_fail(err, NVR_E_DATA, "%s", wrong);
	}
	return 0;
}

const char *
nvr_web_field(const struct nvr_web_fields *f, const char *name)
{
	for (int i = 0; i < f->n; i++)
		if (strcmp(f->field[i].name, name) == 0)
			return f->field[i].value;
	return NULL;
}

void
nvr_web_fields_release(struct nvr_web_fields *f)
{
	nvr_buf_wipe(&f->text);
	*f = (struct nvr_web_fields){0};
}
