/* Sizes; see size.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

static const char units[] = "KMGT";

int
nvr_size_parse(const char *text, int64_t min, int64_t max, int64_t *ret,
    struct nvr_error *err)
{
	char number[NVR_SIZE_TEXT];
	const char *at = NULL, *wrong = "";
	char least[NVR_SIZE_TEXT];
	size_t len = strlen(text);
	int64_t scale = 1, v = 0;

	if (len > 1)
		at = strchr(units, text[len - 1]);
	if (at != NULL) {
		scale = INT64_C(1) << (10 * (at - units + 1));
		len--;
	}
	if (len > 0 && len < sizeof(number) && text[0] >= '0' &&
	    text[0] <= '9') {
		memcpy(number, text, len);
		number[len] = '\0';
		v = strtonum(number, 0, max / scale, &wrong) * scale;
	}
	if (wrong != NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is not a size: write 500M or 20G", text);
	if (v < min)
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is too small: %s at the least", text,
		    nvr_size_format(min, least));
	*ret = v;
	return 0;
}

const char *
nvr_size_format(int64_t size, char buf[NVR_SIZE_TEXT])
{
	int unit = 0;

	while (unit < 4 && size != 0 && size % 1024 == 0) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, NVR_SIZE_TEXT, "%lld%.1s", (long long)size,
	    unit > 0 ? &units[unit - 1] : "");
	return buf;
}

const char *
nvr_size_about(int64_t size, char buf[NVR_SIZE_TEXT])
{
	int64_t tenths, scale = 1;
	int unit = 0;

	for (; unit < 4 && size / scale >= 1024; unit++)
		scale *= 1024;
	tenths = size % scale * 10 / scale;
	snprintf(buf, NVR_SIZE_TEXT,
	    tenths != 0 ? "%lld.%d%.1s" : "%lld%.0d%.1s",
	    (long long)(size / scale), (int)tenths,
	    unit > 0 ? &units[unit - 1] : "");
	return buf;
}
