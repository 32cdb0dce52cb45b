/* Names of files; see pattern.h. */
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/pattern.h"
#include "base/time.h"

int
nvr_pattern_expand(const char *pattern, const char *camera, int64_t time,
    char *path, size_t size, struct nvr_error *err)
{
	time_t t = (time_t)(time / NVR_SECOND);
	struct nvr_buf text = {0};
	struct tm tm;
	int rc = 0;

	for (const char *p = pattern; rc == 0 && *p != '\0'; p++) {
		size_t n = p[0] == '%' && p[1] != '\0' ? 2 : 1;

		if (n == 2 && p[1] == 'c')
			rc = nvr_buf_add(&text, camera, strlen(camera), err);
		else
			rc = nvr_buf_add(&text, p, n, err);
		p += n - 1;
	}
	if (rc == 0 && (text.len == 0 || gmtime_r(&t, &tm) == NULL ||
			   strftime(path, size, text.data, &tm) == 0))
		rc = nvr_fail(err, NVR_E_USAGE,
		    "the file name '%s' is too long or empty", pattern);
	nvr_buf_release(&text);
	return rc;
}

bool
nvr_pattern_names(const char *pattern)
{
	for (const char *p = pattern; *p != '\0'; p++) {
		if (p[0] != '%' || p[1] == '\0')
			continue;
		if (*++p == 'c')
			return true;
	}
	return false;
}
