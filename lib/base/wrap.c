/* Lines of plain text; see wrap.h. */
#include "base/escape.h"
#include "base/text.h"
#include "base/wrap.h"

static int
width_of(unsigned c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
		       (c >= 0xac00 && c <= 0xd7a3) ||
		       (c >= 0xf900 && c <= 0xfaff) ||
		       (c >= 0xfe30 && c <= 0xfe6f) ||
		       (c >= 0xff00 && c <= 0xff60) ||
		       (c >= 0x1f300 && c <= 0x1faff) ||
		       (c >= 0x20000 && c <= 0x3fffd)
		   ? 2
		   : 1;
}

/* Of broken UTF-8, each byte is one. */
static int
next(const char *p, unsigned *c)
{
	int n = nvr_utf8_next(p, c);

	if (n == 0)
		*c = '?';
	return n > 0 ? n : 1;
}

int
nvr_columns(const char *text)
{
	int columns = 0;
	unsigned c;

	while (*text != '\0') {
		text += next(text, &c);
		columns += width_of(c);
	}
	return columns;
}

/* The bytes and columns up to the next space, at most `most` columns. */
static size_t
next_word(const char *text, int most, int *columns)
{
	size_t len = 0;
	unsigned c;

	*columns = 0;
	while (text[len] != '\0' && text[len] != ' ') {
		int n = next(text + len, &c);

		if (*columns + width_of(c) > most)
			break;
		*columns += width_of(c);
		len += (size_t)n;
	}
	return len;
}

int
nvr_wrap(struct nvr_buf *b, int indent, int columns, const char *text,
    struct nvr_error *err)
{
	struct nvr_buf safe = {0};
	int at = 0, width, rc = nvr_line_text(&safe, text, err);

	for (const char *p = safe.data; rc == 0 && p != NULL && *p != '\0';
	     at += width) {
		size_t len;

		while (*p == ' ')
			p++;
		len = next_word(p, columns - indent, &width);
		if (at > 0 && at + 1 + width > columns) {
			rc = nvr_buf_add(b, "\n", 1, err);
			at = 0;
		}
		if (rc == 0 && at == 0)
			rc = nvr_buf_addf(b, err, "%*s", at = indent, "");
		else if (rc == 0 && len > 0 && at++ > 0)
			rc = nvr_buf_add(b, " ", 1, err);
		if (rc == 0)
			rc = nvr_buf_add(b, p, len, err);
		p += len;
	}
	nvr_buf_release(&safe);
	return rc == 0 ? nvr_buf_add(b, "\n", 1, err) : rc;
}
