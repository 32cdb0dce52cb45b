/* What the registers of rights share; see register.h. */
#include <string.h>

#include "base/text.h"
#include "core/register.h"

#define WORD_MAX 32

int
nvr_check_word(const char *what, const char *text, struct nvr_error *err)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (len == 0 || len > WORD_MAX ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz-") != len)
		return nvr_fail(err, NVR_E_USAGE,
		    "%s is a word of a-z and hyphens, %d at the most", what,
		    WORD_MAX);
	return 0;
}

static int
check(const char *what, const char *text, size_t most, bool ok,
    struct nvr_error *err)
{
	if (text == NULL || text[0] == '\0')
		return nvr_fail(err, NVR_E_USAGE, "%s is missing", what);
	if (strlen(text) > most)
		return nvr_fail(
		    err, NVR_E_USAGE, "%s has more than %zu bytes", what, most);
	return ok ? 0
		  : nvr_fail(err, NVR_E_USAGE,
			"%s: control characters are refused", what);
}

int
nvr_check_line(const char *what, const char *text, struct nvr_error *err)
{
	return check(what, text, NVR_REGISTER_LINE,
	    text != NULL && nvr_text_printable(text), err);
}

int
nvr_check_text(const char *what, const char *text, struct nvr_error *err)
{
	return check(what, text, NVR_REGISTER_TEXT,
	    text != NULL && nvr_text_lines(text), err);
}
