/* The rule for the years that a zone's file does not list; see zone_int.h. */
#include <string.h>

#include "base/calendar.h"
#include "base/zone_int.h"

/* A number of at most three digits. */
static bool
number(const char **p, int min, int max, int *ret)
{
	int v = 0, n = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++) {
		v = v * 10 + (**p - '0');
		if (++n > 3)
			return false;
	}
	*ret = v;
	return n > 0 && v >= min && v <= max;
}

static bool
eat(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* An abbreviation, which nothing here needs: EST, or <+0530>. */
static bool
skip_name(const char **p)
{
	size_t n;

	if (eat(p, '<')) {
		n = strcspn(*p, ">");
		*p += n;
		return n > 0 && eat(p, '>');
	}
	for (n = 0; (**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z');
	     n++)
		(*p)++;
	return n >= 3;
}

/* [+-]h[:mm[:ss]] */
static bool
clock_time(const char **p, int max_hours, int64_t *ret)
{
	int sign = eat(p, '-') ? -1 : 1, h, m = 0, s = 0;

	if (sign == 1)
		eat(p, '+');
	if (!number(p, 0, max_hours, &h))
		return false;
	if (eat(p, ':') && !number(p, 0, 59, &m))
		return false;
	if (eat(p, ':') && !number(p, 0, 59, &s))
		return false;
	*ret = (int64_t)sign * (h * 3600 + m * 60 + s);
	return true;
}

/* ,M3.5.0/2 or ,J60 or ,59 */
static bool
change_day(const char **p, struct nvr_zone_day *d)
{
	bool ok;

	*d = (struct nvr_zone_day){.kind = NVR_ZONE_ZERO, .time = 7200};
	if (!eat(p, ','))
		return false;
	if (eat(p, 'M')) {
		d->kind = NVR_ZONE_MONTH;
		ok = number(p, 1, 12, &d->month) && eat(p, '.') &&
		     number(p, 1, 5, &d->week) && eat(p, '.') &&
		     number(p, 0, 6, &d->day);
	} else if (eat(p, 'J')) {
		d->kind = NVR_ZONE_JULIAN;
		ok = number(p, 1, 365, &d->day);
	} else {
		ok = number(p, 0, 365, &d->day);
	}
	return ok && (!eat(p, '/') || clock_time(p, 167, &d->time));
}

bool
nvr_zone_rule_parse(const char *text, struct nvr_zone_rule *ret)
{
	struct nvr_zone_rule r = {0};
	const char *p = text;

	/* What POSIX writes is subtracted from UTC's clock. */
	if (!skip_name(&p) || !clock_time(&p, 25, &r.standard))
		return false;
	r.standard = -r.standard;
	if (*p != '\0') {
		r.changes = true;
		if (!skip_name(&p))
			return false;
		r.summer = r.standard + 3600;
		if (*p != ',') {
			if (!clock_time(&p, 25, &r.summer))
				return false;
			r.summer = -r.summer;
		}
		if (!change_day(&p, &r.begin) || !change_day(&p, &r.end))
			return false;
	}
	*ret = r;
	return *p == '\0';
}

static int64_t
day_of(const struct nvr_zone_day *d, int64_t year)
{
	int64_t new_year = nvr_date_days((struct nvr_date){year, 1, 1});
	struct nvr_date next = {year + d->month / 12, d->month % 12 + 1, 1};
	int64_t day;

	if (d->kind == NVR_ZONE_ZERO)
		return new_year + d->day;
	if (d->kind == NVR_ZONE_JULIAN) /* which never counts 29 February */
		return new_year + d->day - 1 +
		       (nvr_leap_year(year) && d->day >= 60);
	day = nvr_date_days((struct nvr_date){year, d->month, 1});
	day += (d->day - nvr_days_wday(day) + 7) % 7 + (d->week - 1) * 7;
	/* The fifth is the last one. */
	return day < nvr_date_days(next) ? day : day - 7;
}

void
nvr_zone_rule_year(
    const struct nvr_zone_rule *r, int64_t year, int64_t *begin, int64_t *end)
{
	*begin = day_of(&r->begin, year) * 86400 + r->begin.time - r->standard;
	*end = day_of(&r->end, year) * 86400 + r->end.time - r->summer;
}
