/* What a server says of what it got; see text.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define WORDS 200 /* bytes of it */
#define DIGITS 5  /* less are codes, as 5.1.1 */

/* Whether a word holds another one. */
static bool
holds(const char *word, size_t len, const char *part, size_t n)
{
	for (size_t i = 0; n > 0 && i + n <= len; i++)
		if (strncasecmp(word + i, part, n) == 0 &&
		    (i == 0 || !isalnum((unsigned char)word[i - 1])) &&
		    (i + n == len || !isalnum((unsigned char)word[i + n])))
			return true;
	return false;
}

static bool
tells(const char *word, size_t len, const char *address)
{
	const char *at = strrchr(address, '@');
	size_t digits = 0;

	for (size_t i = 0; i < len; i++)
		digits += isdigit((unsigned char)word[i]) != 0;
	if (digits >= (at != NULL ? DIGITS : 1) || memchr(word, '@', len))
		return true;
	return at != NULL &&
	       (holds(word, len, address, (size_t)(at - address)) ||
		   holds(word, len, at + 1, strlen(at + 1)));
}

const char *
nvr_text_reply(const char *text, const char *address, char *buf, size_t size)
{
	char safe[WORDS];
	size_t len, n = 0;

	nvr_text_safe(text, safe, sizeof(safe));
	buf[0] = '\0';
	for (const char *p = safe; *(p += strspn(p, " ")) != '\0'; p += len) {
		bool cut, told;

		len = strcspn(p, " ");
		/* Where it was cut it may be the beginning of anything. */
		cut = p[len] == '\0' && strlen(safe) < strlen(text);
		told = !cut && !tells(p, len, address);
		if (n + 1 + (told ? len : strlen("…")) >= size)
			break;
		n += (size_t)snprintf(buf + n, size - n, "%s%.*s",
		    n > 0 ? " " : "", told ? (int)len : (int)strlen("…"),
		    told ? p : "…");
	}
	return buf;
}
