/* Normal forms and names; see unicode.h. */
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/text.h"
#include "base/unicode.h"

#define ACCENTS 8 /* in a row: more than any script stacks */
#define IDEOGRAPHIC_SPACE 0x3000

size_t
nvr_normalise(enum nvr_form form, const char *text, char *out, size_t size)
{
	const uint8_t *in = (const uint8_t *)text;
	size_t len = size - 1, n = strlen(text);
	uint8_t *r =
	    form == NVR_FOLD
		? u8_casefold(in, n, NULL, UNINORM_NFC, (uint8_t *)out, &len)
		: u8_normalize(form == NVR_NFC ? UNINORM_NFC : UNINORM_NFKC, in,
		      n, (uint8_t *)out, &len);

	if (r != (uint8_t *)out) {
		free(r);
		len = 0;
	}
	out[len] = '\0';
	return len;
}

/* Letters, marks, numbers, punctuation, symbols. */
static bool
is_seen(unsigned c)
{
	return c == ' ' || c == IDEOGRAPHIC_SPACE ||
	       (uc_is_general_category_withtable(
		    c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M |
			   UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_P |
			   UC_CATEGORY_MASK_S) &&
		   !uc_is_property_default_ignorable_code_point(c));
}

int
nvr_name_take(const char *what, const char *text, char out[NVR_NAME_TEXT],
    struct nvr_error *err)
{
	char name[NVR_NAME_TEXT];
	int accents = 0;
	size_t n = 0;
	unsigned c, before = ' ';

	if (*text == '\0')
		return nvr_fail(err, NVR_E_USAGE, "%s is empty", what);
	if (strnlen(text, 2 * NVR_NAME_TEXT) == (size_t)2 * NVR_NAME_TEXT)
		return nvr_fail(err, NVR_E_USAGE,
		    "%s is longer than %d characters", what, NVR_NAME_MAX);
	if (!nvr_text_printable(text))
		return nvr_fail(err, NVR_E_USAGE,
		    "%s has control characters or is not UTF-8", what);
	if (nvr_normalise(NVR_NFC, text, name, sizeof(name)) == 0)
		n = NVR_NAME_MAX + 1;
	for (const char *p = name; *p != '\0' && n <= NVR_NAME_MAX; n++) {
		p += nvr_utf8_next(p, &c);
		accents = uc_is_general_category_withtable(
			      c, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me)
			      ? accents + 1
			      : 0;
		if (!is_seen(c) || accents > ACCENTS ||
		    (accents > 0 && before == ' '))
			return nvr_fail(err, NVR_E_USAGE,
			    "%s has characters that cannot be seen, or too "
			    "many accents",
			    what);
		before = c;
	}
	if (n > NVR_NAME_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "%s is longer than %d characters", what, NVR_NAME_MAX);
	if (name[0] == ' ' || before == ' ')
		return nvr_fail(
		    err, NVR_E_USAGE, "%s begins or ends with a space", what);
	strlcpy(out, name, NVR_NAME_TEXT);
	return 0;
}
