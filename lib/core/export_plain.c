/*
 * Numbers, times and ids as text.  A million rows have ten of them each, so
 * they are written by hand; what the C library has takes three times as long
 * as all the rest.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/id.h"
#include "base/time.h"
#include "core/export_int.h"
#include "seal/digest.h"

#define FIRST_DAY INT64_C(-719162) /* 0001-01-01 */

static size_t
put_int(char *to, int64_t n)
{
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	char digits[24];
	size_t i = sizeof(digits), len;

	do {
		digits[--i] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (n < 0)
		digits[--i] = '-';
	len = sizeof(digits) - i;
	memcpy(to, digits + i, len);
	return len;
}

static char *
put_digits(char *to, int64_t n, int width)
{
	for (int i = width - 1; i >= 0; i--, n /= 10)
		to[i] = (char)('0' + n % 10);
	return to + width;
}

/* RFC 3339 with all six digits, so that it can be read back as it was. */
static bool
put_time(struct nvr_export_clock *clock, int64_t t, char *to, size_t *len)
{
	int64_t day = nvr_floor_div(t, NVR_DAY), us;
	char *p = to;

	if (day < FIRST_DAY || t > NVR_TIME_MAX)
		return false;
	us = t - day * NVR_DAY;
	if (clock->text[0] == '\0' || clock->day != day) {
		struct nvr_date d = nvr_days_date(day);

		clock->day = day;
		snprintf(clock->text, sizeof(clock->text), "%04d-%02d-%02dT",
		    (int)d.year, d.month, d.mday);
	}
	memcpy(p, clock->text, 11);
	p = put_digits(p + 11, us / NVR_HOUR, 2);
	*p++ = ':';
	p = put_digits(p, us / NVR_MINUTE % 60, 2);
	*p++ = ':';
	p = put_digits(p, us / NVR_SECOND % 60, 2);
	*p++ = '.';
	p = put_digits(p, us % NVR_SECOND, 6);
	*p++ = 'Z';
	*len = (size_t)(p - to);
	return true;
}

/* The shortest of 15 or 17 digits that reads back as it was. */
static bool
put_real(double v, char *to, size_t *len)
{
	int n;

	if (!isfinite(v))
		return false;
	n = snprintf(to, NVR_EXPORT_PLAIN, "%.15g", v);
	if (strtod(to, NULL) != v)
		n = snprintf(to, NVR_EXPORT_PLAIN, "%.17g", v);
	*len = (size_t)n;
	return true;
}

static size_t
put_word(char *to, const char *word)
{
	return strlcpy(to, word, NVR_EXPORT_PLAIN);
}

bool
nvr_export_plain(struct nvr_export_clock *clock, enum nvr_export_kind kind,
    const struct nvr_export_value *v, char *to, size_t *len, bool *quoted)
{
	*quoted = false;
	switch (kind) {
	case NVR_EXPORT_REAL:
		return put_real(v->real, to, len);
	case NVR_EXPORT_BOOL:
		*len = put_word(to, v->number != 0 ? "true" : "false");
		return true;
	case NVR_EXPORT_TIME:
		*quoted = true;
		return put_time(clock, v->number, to, len);
	case NVR_EXPORT_ID:
		*quoted = v->number != 0;
		if (*quoted)
			nvr_id_format(v->number, to);
		*len = *quoted ? NVR_ID_TEXT - 1 : put_word(to, "null");
		return v->number >= 0;
	case NVR_EXPORT_BYTES:
		*quoted = true;
		nvr_hex(v->bytes.data, v->bytes.len, to);
		*len = 2 * v->bytes.len;
		return true;
	default:
		*len = put_int(to, v->number);
		return true;
	}
}
