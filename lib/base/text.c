/* Text from outside; see text.h. */
#include <string.h>

#include "base/text.h"

int
nvr_utf8_next(const char *s, unsigned *code)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s;
	int n = p[0] < 0x80	  ? 1
		: p[0] >> 5 == 6  ? 2
		: p[0] >> 4 == 14 ? 3
		: p[0] >> 3 == 30 ? 4
				  : 0;
	unsigned c;

	if (n < 2) {
		*code = p[0];
		return n;
	}
	c = p[0] & (0xffU >> (n + 1));
	for (int i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 63U);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return n;
}

bool
nvr_is_control(unsigned c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	       c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* Well-formed, and of control characters only those in `but`. */
static bool
is_clean(const char *text, const char *but)
{
	unsigned c;

	while (*text != '\0') {
		int n = nvr_utf8_next(text, &c);

		if (n == 0 ||
		    (nvr_is_control(c) && strchr(but, (int)c) == NULL))
			return false;
		text += n;
	}
	return true;
}

bool
nvr_text_printable(const char *text)
{
	return is_clean(text, "");
}

bool
nvr_text_lines(const char *text)
{
	return is_clean(text, "\n\t");
}

const char *
nvr_text_safe(const char *text, char *buf, size_t size)
{
	size_t len = 0;
	unsigned c;

	while (*text != '\0') {
		int n = nvr_utf8_next(text, &c);
		bool bad = n == 0 || nvr_is_control(c);

		if (n == 0)
			n = 1;
		if (len + (bad ? 1 : (size_t)n) >= size)
			break;
		if (bad)
			buf[len++] = '?';
		else
			for (int i = 0; i < n; i++)
				buf[len++] = text[i];
		text += n;
	}
	buf[len] = '\0';
	return buf;
}

static int
min3(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

int
nvr_text_distance(const char *a, const char *b)
{
	int d[33][33];
	int la = (int)strlen(a), lb = (int)strlen(b);

	if (la > 32 || lb > 32)
		return 99;
	for (int i = 0; i <= la; i++)
		d[i][0] = i;
	for (int j = 0; j <= lb; j++)
		d[0][j] = j;
	for (int i = 1; i <= la; i++) {
		for (int j = 1; j <= lb; j++) {
			int cost = a[i - 1] != b[j - 1];

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[la][lb];
}
