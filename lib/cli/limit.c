/* Durations and limits; see limit.h. */
#include <string.h>

#include "base/size.h"
#include "base/time.h"
#include "cli/limit.h"

int
nvr_duration_within(const char *text, int64_t min, int64_t max, int64_t *ret,
    struct nvr_error *err)
{
	char bound[NVR_TIME_TEXT];
	int64_t v = 0;

	if (strcmp(text, "0") != 0 && nvr_duration_parse(text, &v, err) != 0)
		return err->code;
	if (v < min)
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is too short: %s at the least", text,
		    nvr_duration_format(min, bound));
	if (max > 0 && v > max)
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is too long: %s at the most", text,
		    nvr_duration_format(max, bound));
	*ret = v;
	return 0;
}

int
nvr_limit_parse(const char *text, bool bytes, int64_t min, int64_t max,
    int64_t *ret, struct nvr_error *err)
{
	if (strcmp(text, "none") == 0) {
		*ret = 0;
		return 0;
	}
	if (text[0] == '0' && text[strspn(text, "0")] == '\0')
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' could mean all or nothing: say 'none' for no limit",
		    text);
	return bytes ? nvr_size_parse(text, min, max, ret, err)
		     : nvr_duration_within(text, min, max, ret, err);
}
