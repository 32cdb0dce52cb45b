/* Text from outside; see text.h. */
#include <ctype.h>
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

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p =
	    c != '\0' ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

/* The character that `uXXXX` stands for, or -1; what follows is looked at. */
static int
escaped(const char *p)
{
	int code = 0;

	for (int i = 1; p[0] == 'u' && i <= 4; i++) {
		int digit = hex(p[i]);

		if (digit < 0)
			return -1;
		code = code << 4 | digit;
	}
	return p[0] == 'u' ? code : -1;
}

/*
 * How much of the text is the secret, or 0.  A backslash counts for nothing on
 * either side, so that it does not matter how deep an escape lies.
 */
static size_t
repeats(const char *text, const char *secret)
{
	const char *p = text;

	for (secret += strspn(secret, "\\"); *secret != '\0';
	     secret += 1 + strspn(secret + 1, "\\")) {
		size_t slashes = strspn(p, "\\");

		p += slashes;
		if (slashes > 0 && escaped(p) == (unsigned char)*secret)
			p += 5;
		else if (*p == *secret)
			p++;
		else
			return 0;
	}
	return (size_t)(p - text);
}

void
nvr_text_conceal(char *text, size_t len, const char *secret)
{
	size_t want = strlen(secret), n;

	if (want < 8)
		return;
	for (size_t i = 0; i < len;) {
		n = repeats(text + i, secret);
		memset(text + i, '*', n);
		/* A run of backslashes is looked at once. */
		if (n == 0)
			n = strspn(text + i, "\\");
		i += n > 0 ? n : 1;
	}
	for (n = want < len ? want : len; n > 3; n--)
		if (strncmp(text + len - n, secret, n) == 0)
			memset(text + len - n, '*', n);
}

bool
nvr_text_number(char **rest, int64_t least, int64_t most, int64_t *ret)
{
	char *word = strsep(rest, " ");
	const char *wrong = NULL;

	if (word == NULL)
		return false;
	*ret = strtonum(word, least, most, &wrong);
	return wrong == NULL;
}
