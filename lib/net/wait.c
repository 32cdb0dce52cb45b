/* Headers that say how long to wait; see wait.h. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/time.h"
#include "net/wait.h"

/* Longer than anyone waits; keeps sums far below what fits. */
#define LONGEST (3660 * NVR_DAY)

/* Millionths of a unit, as microseconds. */
static int64_t
times(int64_t millionths, int64_t unit)
{
	__int128 us = (__int128)millionths * unit / 1000000;

	return us < LONGEST ? (int64_t)us : LONGEST;
}

/* `12` or `1.5`, in millionths; moves *p past it. */
static bool
number(const char **p, int64_t *millionths)
{
	int64_t v = 0, place = 1000000;

	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++)
		v = v < 1000000000 ? v * 10 + (**p - '0') : v;
	v *= 1000000;
	if (**p == '.')
		for ((*p)++; **p >= '0' && **p <= '9'; (*p)++) {
			place /= 10;
			v += (**p - '0') * place;
		}
	*millionths = v;
	return true;
}

/* A number that is all of the text, of so many microseconds each. */
static int64_t
plain(const char *text, int64_t unit)
{
	int64_t v;

	if (!number(&text, &v) || *text != '\0')
		return -1;
	return times(v, unit);
}

int64_t
nvr_wait_after(const char *ms, const char *after, int64_t now)
{
	int64_t us = ms != NULL ? plain(ms, NVR_MILLISECOND) : -1;
	time_t date;

	if (us > 0 || after == NULL)
		return us > 0 ? us : -1;
	us = plain(after, NVR_SECOND);
	if (us < 0) {
		date = curl_getdate(after, NULL);
		if (date > 0 && date < NVR_TIME_MAX / NVR_SECOND)
			us = (int64_t)date * NVR_SECOND - now;
	}
	return us > 0 ? us : -1;
}

/* Microseconds of the unit at *p, which it moves past; 0: none. */
static int64_t
unit_of(const char **p)
{
	static const struct {
		const char *name;
		int64_t size;
	} units[] = {{"ms", NVR_MILLISECOND}, {"us", 1}, {"µs", 1},
	    {"h", NVR_HOUR}, {"m", NVR_MINUTE}, {"s", NVR_SECOND}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(*p, units[i].name, n) != 0)
			continue;
		*p += n;
		return units[i].size;
	}
	return 0;
}

int64_t
nvr_wait_reset(const char *text)
{
	int64_t sum = 0, v, unit;

	if (text == NULL || *text == '\0')
		return -1;
	if (text[strspn(text, "0123456789.")] == '\0')
		return plain(text, NVR_SECOND);
	while (*text != '\0') {
		if (!number(&text, &v) || (unit = unit_of(&text)) == 0)
			return -1;
		sum += times(v, unit);
		sum = sum < LONGEST ? sum : LONGEST;
	}
	return sum;
}

int64_t
nvr_wait_count(const char *text)
{
	const char *wrong;
	int64_t n;

	if (text == NULL)
		return -1;
	n = strtonum(text, 0, INT64_MAX, &wrong);
	return wrong == NULL ? n : -1;
}
