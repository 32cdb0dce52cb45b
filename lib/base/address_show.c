/* How people are shown e-mail addresses; see address.h. */
#include <string.h>

#include <idn2.h>
#include <unictype.h>

#include "base/address.h"
#include "base/text.h"

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Latin letters that are not mistaken for plain ones. */
static bool
is_plain_latin(unsigned c)
{
	return c < 0x80 || (c >= 0xdf && c < 0x180 && c != 0x131) ||
	       (c >= 0x1ea0 && c <= 0x1ef9);
}

/*
 * Whether the domain can be shown in its letters.  Latin and East Asian ones
 * go beside each other, not within a label; any other script looks too much
 * like Latin, here or there, to stand beside it.
 */
static bool
is_safe(const char *domain)
{
	static const char *const asian[] = {
	    "Han", "Hiragana", "Katakana", "Hangul", "Bopomofo", NULL};
	const uc_script_t *script, *only = NULL;
	bool plain = false, east = false, latin = false;
	unsigned c;

	for (; *domain != '\0'; domain += nvr_utf8_next(domain, &c)) {
		nvr_utf8_next(domain, &c);
		if (c == '.')
			east = latin = false;
		if (c == '.' || c == '-' || (c >= '0' && c <= '9'))
			continue;
		script = uc_script(c);
		if (script == NULL)
			return false;
		if (strcmp(script->name, "Latin") == 0)
			plain = latin = true;
		else if (is_one_of(script->name, asian) || c == 0x30fc)
			plain = east = true;
		else if (only == NULL)
			only = script;
		if ((latin && east) || (only != NULL && plain) ||
		    (only != NULL && script != only) ||
		    (latin && !is_plain_latin(c)))
			return false;
	}
	return true;
}

const char *
nvr_address_show(const char *mail, char buf[NVR_ADDRESS_SHOWN])
{
	const char *at = strrchr(mail, '@');
	char *wide = NULL;
	size_t n;

	strlcpy(buf, mail, NVR_ADDRESS_SHOWN);
	if (at == NULL || strstr(at, "xn--") == NULL)
		return buf;
	n = (size_t)(at + 1 - mail);
	if (idn2_to_unicode_8z8z(at + 1, &wide, 0) == IDN2_OK &&
	    n + strlen(wide) < NVR_ADDRESS_SHOWN && nvr_text_printable(wide) &&
	    is_safe(wide))
		strlcpy(buf + n, wide, NVR_ADDRESS_SHOWN - n);
	idn2_free(wide);
	return buf;
}
