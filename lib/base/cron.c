/* crontab(5) expressions; see cron.h. */
#include <string.h>
#include <strings.h>

#include "base/calendar.h"
#include "base/cron.h"
#include "base/time.h"

#define DAY 86400
#define LOOK_AHEAD (3653 * (int64_t)DAY)
/* Longer than any clock was ever put back, which was a day. */
#define LOOK_BACK (3 * (int64_t)DAY)
#define TEXT_MAX 255

enum { MINUTE, HOUR, MDAY, MONTH, WDAY, FIELDS };

static const struct {
	const char *what;
	int min, max;
	const char *names; /* of three letters each; the first is min's */
} fields[FIELDS] = {
    {"minute", 0, 59, ""},
    {"hour", 0, 23, ""},
    {"day of month", 1, 31, ""},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"day of week", 0, 7, "sunmontuewedthufrisat"},
};

static const struct {
	const char *name, *text;
} words[] = {
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};
#define NWORDS (sizeof(words) / sizeof(words[0]))

static bool
number(const char **p, int *ret)
{
	int v = 0, n = 0;

	for (; **p >= '0' && **p <= '9' && n < 3; (*p)++, n++)
		v = v * 10 + (**p - '0');
	*ret = v;
	return n > 0;
}

static bool
value(int field, const char **p, int *ret)
{
	const char *names = fields[field].names;

	if (number(p, ret))
		return *ret >= fields[field].min && *ret <= fields[field].max;
	for (int i = 0; names[i] != '\0'; i += 3) {
		if (strncasecmp(*p, names + i, 3) == 0) {
			*p += 3;
			*ret = fields[field].min + i / 3;
			return true;
		}
	}
	return false;
}

/* `*`, `5`, `8-18`, and a step behind all but the second: *,8-18 / 2. */
static bool
item(int field, const char **p, uint64_t *bits)
{
	int lo = fields[field].min, hi = fields[field].max, step = 1;
	bool many = true;

	if (**p == '*') {
		(*p)++;
	} else {
		if (!value(field, p, &lo))
			return false;
		hi = lo;
		many = **p == '-';
		if (many) {
			(*p)++;
			if (!value(field, p, &hi))
				return false;
		}
		if (field == WDAY && hi == 0 && lo > 0)
			hi = 7; /* fri-sun */
	}
	if (many && **p == '/') {
		(*p)++;
		if (!number(p, &step) || step < 1 || step > fields[field].max)
			return false;
	}
	for (int i = lo; i <= hi; i += step)
		*bits |= UINT64_C(1) << i;
	return lo <= hi;
}

static int
parse_field(int field, const char *text, int len, uint64_t *ret, bool *any,
    struct nvr_error *err)
{
	const char *p = text;
	bool ok;

	*ret = 0;
	*any = *p == '*';
	while ((ok = item(field, &p, ret)) && *p == ',')
		p++;
	if (ok && p == text + len)
		return 0;
	return nvr_fail(err, NVR_E_USAGE,
	    "the %s '%.*s' of the cron expression is not *, %d to %d, a range "
	    "such as %s, a list or a step such as */2",
	    fields[field].what, len, text, fields[field].min, fields[field].max,
	    field == WDAY ? "mon-fri" : "1-5");
}

static int
expand_word(const char **text, struct nvr_error *err)
{
	for (size_t i = 0; i < NWORDS; i++) {
		if (strcmp(*text, words[i].name) == 0) {
			*text = words[i].text;
			return 0;
		}
	}
	return nvr_fail(err, NVR_E_USAGE,
	    "'%.64s' is none of @hourly, @daily, @midnight, @weekly, "
	    "@monthly, @yearly and @annually",
	    *text);
}

int
nvr_cron_parse(const char *text, struct nvr_cron *ret, struct nvr_error *err)
{
	uint64_t bits[FIELDS];
	const char *p;
	bool any[FIELDS];
	int n = 0, len, rc = 0;

	if (strlen(text) > TEXT_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "a cron expression has no more than %d bytes", TEXT_MAX);
	if (text[0] == '@')
		rc = expand_word(&text, err);
	for (p = text; rc == 0; p += len) {
		p += strspn(p, " \t");
		len = (int)strcspn(p, " \t");
		if (len == 0)
			break;
		if (n < FIELDS)
			rc = parse_field(n, p, len, &bits[n], &any[n], err);
		n++;
	}
	if (rc == 0 && n != FIELDS)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "a cron expression has five fields, minute hour "
		    "day-of-month month day-of-week, and '%s' has %d",
		    text, n);
	if (rc != 0)
		return rc;
	*ret = (struct nvr_cron){.minute = bits[MINUTE],
	    .hour = (uint32_t)bits[HOUR],
	    .mday = (uint32_t)bits[MDAY],
	    .month = (uint32_t)bits[MONTH],
	    .wday = (uint32_t)((bits[WDAY] | bits[WDAY] >> 7) & 0x7f),
	    .any_mday = any[MDAY],
	    .any_wday = any[WDAY],
	    .any_hour = any[HOUR]};
	return 0;
}

static bool
day_matches(const struct nvr_cron *c, int64_t days, int mday)
{
	bool m = c->mday >> mday & 1;
	bool w = c->wday >> nvr_days_wday(days) & 1;

	return c->any_mday || c->any_wday ? m && w : m || w;
}

/* The first minute of the day that matches, at `from` or later; or DAY. */
static int64_t
minute_of_day(const struct nvr_cron *c, int64_t from)
{
	int minute = (int)(from / 60 % 60);
	uint64_t left;

	for (int hour = (int)(from / 3600); hour < 24; hour++, minute = 0) {
		left = c->minute >> minute << minute;
		if (c->hour >> hour & 1 && left != 0)
			return hour * 3600 + __builtin_ctzll(left) * 60;
	}
	return DAY;
}

/* The first second of the wall clock that matches, from <= it < end; or end. */
static int64_t
next_wall(const struct nvr_cron *c, int64_t from, int64_t end)
{
	int64_t at = nvr_floor_div(from + 59, 60) * 60, days, second;
	struct nvr_date d;

	while (at < end) {
		days = nvr_floor_div(at, DAY);
		d = nvr_days_date(days);
		if (!(c->month >> d.month & 1)) {
			d = (struct nvr_date){
			    d.year + d.month / 12, d.month % 12 + 1, 1};
			at = nvr_date_days(d) * DAY;
			continue;
		}
		second = DAY;
		if (day_matches(c, days, d.mday))
			second = minute_of_day(c, at - days * DAY);
		at = days * DAY + second;
		if (second < DAY)
			break;
	}
	return at < end ? at : end;
}

/*
 * `shown` is how far the wall clock has come: what lies before it is over, and
 * what lies between it and the clock's next time is due at the change.
 */
int64_t
nvr_cron_next(const struct nvr_cron *c, const struct nvr_zone *z, int64_t after)
{
	int64_t from = nvr_floor_div(after, NVR_SECOND) + 1;
	int64_t until = from + LOOK_AHEAD, t = from - LOOK_BACK;
	int64_t shown = INT64_MIN, wall, end, found;

	while (t < until) {
		struct nvr_zone_span s = nvr_zone_span(z, t);

		wall = t + s.offset;
		end = (s.end < until ? s.end : until) + s.offset;
		if (!c->any_hour && shown != INT64_MIN) {
			if (shown < wall && t >= from &&
			    next_wall(c, shown, wall) < wall)
				return t * NVR_SECOND;
			if (wall < shown)
				wall = shown;
		}
		if (wall < from + s.offset)
			wall = from + s.offset;
		found = next_wall(c, wall, end);
		if (found < end)
			return (found - s.offset) * NVR_SECOND;
		if (shown < end)
			shown = end;
		t = s.end;
	}
	return 0;
}

int64_t
nvr_every_next(int64_t every, int64_t after)
{
	return (nvr_floor_div(after, every) + 1) * every;
}
