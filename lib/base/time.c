/* Moments and durations; see time.h. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time.h"

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NVR_SECOND + ts.tv_nsec / 1000;
}

int64_t
nvr_time_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
nvr_time_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

const char *
nvr_time_format(int64_t t, char buf[NVR_TIME_TEXT])
{
	int64_t sec = t / NVR_SECOND, micro = t % NVR_SECOND;
	time_t clock;
	struct tm tm;
	size_t n;

	if (micro < 0) {
		micro += NVR_SECOND;
		sec--;
	}
	clock = (time_t)sec;
	if (t > NVR_TIME_MAX || gmtime_r(&clock, &tm) == NULL) {
		snprintf(buf, NVR_TIME_TEXT, "out-of-range");
		return buf;
	}
	n = strftime(buf, NVR_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, NVR_TIME_TEXT - n, ".%03dZ",
	    (int)(micro / NVR_MILLISECOND));
	return buf;
}

/* Reads exactly n digits; moves *p past them. */
static bool
digits(const char **p, int n, int min, int max, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		char c = (*p)[i];

		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	if (v < min || v > max)
		return false;
	*p += n;
	*ret = v;
	return true;
}

static bool
eat(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool
parse_date(const char **p, struct tm *tm)
{
	if (!digits(p, 4, 1970, 9999, &tm->tm_year) || !eat(p, '-') ||
	    !digits(p, 2, 1, 12, &tm->tm_mon) || !eat(p, '-') ||
	    !digits(p, 2, 1, 31, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

/* HH:MM[:SS[.fraction]] */
static bool
parse_clock(const char **p, struct tm *tm, int64_t *micro)
{
	int64_t unit = NVR_SECOND;

	if (!digits(p, 2, 0, 23, &tm->tm_hour) || !eat(p, ':') ||
	    !digits(p, 2, 0, 59, &tm->tm_min))
		return false;
	if (!eat(p, ':'))
		return true;
	if (!digits(p, 2, 0, 60, &tm->tm_sec))
		return false;
	if (!eat(p, '.'))
		return true;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		unit /= 10;
		*micro += (**p - '0') * unit;
	}
	return true;
}

/* Z or ±HH:MM, else *local stays true. */
static bool
parse_offset(const char **p, bool *local, int64_t *offset)
{
	int h, m, sign;

	if (**p == '\0')
		return true;
	*local = false;
	if (eat(p, 'Z') || eat(p, 'z'))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!eat(p, '+') && !eat(p, '-'))
		return false;
	if (!digits(p, 2, 0, 23, &h) || !eat(p, ':') ||
	    !digits(p, 2, 0, 59, &m))
		return false;
	*offset = sign * (h * NVR_HOUR + m * NVR_MINUTE);
	return true;
}

static bool
parse_calendar(const char *p, int64_t now, int64_t *ret)
{
	time_t clock = (time_t)(now / NVR_SECOND);
	int64_t micro = 0, offset = 0;
	struct tm tm = {0}, asked;
	bool local = true;

	if (strlen(p) >= 3 && p[2] == ':') {
		localtime_r(&clock, &tm);
		tm.tm_sec = 0;
		if (!parse_clock(&p, &tm, &micro))
			return false;
	} else {
		if (!parse_date(&p, &tm))
			return false;
		if ((eat(&p, 'T') || eat(&p, 't') || eat(&p, ' ')) &&
		    !parse_clock(&p, &tm, &micro))
			return false;
		if (!parse_offset(&p, &local, &offset))
			return false;
	}
	if (*p != '\0')
		return false;
	tm.tm_isdst = -1;
	asked = tm;
	clock = local ? mktime(&tm) : timegm(&tm);
	if (clock == (time_t)-1 || tm.tm_mday != asked.tm_mday)
		return false; /* 31 November */
	*ret = (int64_t)clock * NVR_SECOND + micro - offset;
	return true;
}

int
nvr_time_parse(
    const char *text, int64_t now, int64_t *ret, struct nvr_error *err)
{
	struct nvr_error ignored;
	int64_t d;

	if (strcmp(text, "now") == 0) {
		*ret = now;
		return 0;
	}
	if (nvr_duration_parse(text, &d, &ignored) == 0) {
		*ret = now - d;
		return 0;
	}
	if (parse_calendar(text, now, ret))
		return 0;
	return nvr_fail(err, NVR_E_USAGE,
	    "'%s' is not a time: write 2026-11-21T08:00:00Z, 2026-11-21, "
	    "08:00, now, or a duration back from now such as 15m",
	    text);
}

static const struct {
	const char *name;
	int64_t size;
} units[] = {
    {"w", 7 * NVR_DAY},
    {"d", NVR_DAY},
    {"h", NVR_HOUR},
    {"ms", NVR_MILLISECOND},
    {"m", NVR_MINUTE},
    {"s", NVR_SECOND},
};
#define NUNITS (sizeof(units) / sizeof(units[0]))

/* One `15m` of a duration; the sum stays under a thousand years. */
static bool
parse_term(const char **p, int64_t *sum)
{
	const int64_t max = 1000 * 366 * NVR_DAY;
	int64_t v = 0;

	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		v = v * 10 + (**p - '0');
		if (v > max)
			return false;
	}
	for (size_t i = 0; i < NUNITS; i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(*p, units[i].name, n) != 0)
			continue;
		*p += n;
		if (v > (max - *sum) / units[i].size)
			return false;
		*sum += v * units[i].size;
		return true;
	}
	return false;
}

int
nvr_duration_parse(const char *text, int64_t *ret, struct nvr_error *err)
{
	const char *p = text;
	int64_t sum = 0;

	do {
		if (!parse_term(&p, &sum))
			return nvr_fail(err, NVR_E_USAGE,
			    "'%s' is not a duration: write 90s, 15m, 2h, 7d or "
			    "1h30m",
			    text);
	} while (*p != '\0');
	*ret = sum;
	return 0;
}

const char *
nvr_duration_format(int64_t d, char buf[NVR_TIME_TEXT])
{
	static const int order[] = {1, 2, 4, 5, 3}; /* d h m s ms */
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		int64_t v = d / units[order[i]].size;

		if (v == 0)
			continue;
		d -= v * units[order[i]].size;
		n += (size_t)snprintf(buf + n, NVR_TIME_TEXT - n, "%lld%s",
		    (long long)v, units[order[i]].name);
	}
	if (n == 0)
		snprintf(buf, NVR_TIME_TEXT, "0s");
	return buf;
}
