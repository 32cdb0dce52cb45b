/* Cron expressions and time zones, against the C library's own clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "base/cron.h"
#include "base/time.h"

#define DAY 86400

static struct nvr_error err;

static struct nvr_cron
cron(const char *text)
{
	struct nvr_cron c;

	if (nvr_cron_parse(text, &c, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	return c;
}

static struct nvr_zone *
zone(const char *name)
{
	struct nvr_zone *z = NULL;

	if (nvr_zone_open(name, &z, &err) != 0)
		fail_msg("%s: %s", name, err.text);
	return z;
}

/* `2026-03-29 02:30:00` of the zone's wall clock, of the moment after t. */
static const char *
next(const char *text, const char *zone_name, const char *after)
{
	static char buf[64];
	struct nvr_cron c = cron(text);
	struct nvr_zone *z = zone(zone_name);
	struct tm tm;
	int64_t t;
	time_t s;

	assert_int_equal(nvr_time_parse(after, 0, &t, &err), 0);
	t = nvr_cron_next(&c, z, t);
	if (t == 0) {
		nvr_zone_close(z);
		return "never";
	}
	assert_int_equal(t % NVR_SECOND, 0);
	s = t / NVR_SECOND;
	s += nvr_zone_span(z, s).offset;
	nvr_zone_close(z);
	gmtime_r(&s, &tm);
	strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

static void
the_calendar_agrees_with_the_c_library(void **unused)
{
	(void)unused;
	for (int64_t days = -200000; days < 3000000; days += 13) {
		struct nvr_date d = nvr_days_date(days);
		time_t t = days * DAY;
		struct tm tm;

		gmtime_r(&t, &tm);
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.mday, tm.tm_mday);
		assert_int_equal(nvr_days_wday(days), tm.tm_wday);
		assert_int_equal(nvr_date_days(d), days);
	}
}

static void
fields_are_numbers_names_ranges_lists_and_steps(void **unused)
{
	struct nvr_cron c =
	    cron("0,30-32,*/20 8-18/5 1,31 jan,MAR-May mon-fri");

	(void)unused;
	assert_true(c.minute == (1ULL | 7ULL << 30 | 1ULL << 20 | 1ULL << 40));
	assert_int_equal(c.hour, 1 << 8 | 1 << 13 | 1 << 18);
	assert_int_equal(c.mday, 1U << 1 | 1U << 31);
	assert_int_equal(c.month, 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5);
	assert_int_equal(c.wday, 0x3e);
	assert_false(c.any_hour || c.any_mday || c.any_wday);
	c = cron("  *\t* * * * ");
	assert_true(c.minute == (UINT64_C(1) << 60) - 1);
	assert_int_equal(c.hour, (1 << 24) - 1);
	assert_int_equal(c.mday, 0xfffffffe);
	assert_int_equal(c.month, 0x1ffe);
	assert_int_equal(c.wday, 0x7f);
	assert_true(c.any_hour && c.any_mday && c.any_wday);
	/* Sunday is 0 and 7, and may end a week as well. */
	assert_int_equal(cron("0 0 * * 7").wday, 1);
	assert_int_equal(cron("0 0 * * 0").wday, 1);
	assert_int_equal(cron("0 0 * * 5-7").wday, 0x61);
	assert_int_equal(cron("0 0 * * fri-sun").wday, 0x61);
	assert_int_equal(cron("0 0 * * */2").wday, 0x55);
	c = cron("@weekly");
	assert_true(c.minute == 1 && c.hour == 1 && c.wday == 1);
	assert_true(cron("@hourly").any_hour);
}

static void
what_is_wrong_is_named_with_its_field(void **unused)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
	    {"", "has 0"},
	    {"* * * *", "five fields"},
	    {"* * * * * *", "has 6"},
	    {"60 * * * *", "the minute '60'"},
	    {"* 24 * * *", "the hour '24'"},
	    {"* * 0 * *", "the day of month '0'"},
	    {"* * 32 * *", "the day of month '32'"},
	    {"* * * 13 *", "the month '13'"},
	    {"* * * foo *", "the month 'foo'"},
	    {"* * * january *", "the month 'january'"},
	    {"* * * * 8", "the day of week '8'"},
	    {"*/0 * * * *", "the minute '*/0'"},
	    {"*/90 * * * *", "the minute '*/90'"},
	    {"5/10 * * * *", "the minute '5/10'"},
	    {"9-5 * * * *", "the minute '9-5'"},
	    {"1, * * * *", "the minute '1,'"},
	    {",1 * * * *", "the minute ',1'"},
	    {"1- * * * *", "the minute '1-'"},
	    {"-1 * * * *", "the minute '-1'"},
	    {"1-2-3 * * * *", "the minute '1-2-3'"},
	    {"** * * * *", "the minute '**'"},
	    {"0001 * * * *", "the minute '0001'"},
	    {"99999999999999999999 * * * *", "the minute"},
	    {"* * L * *", "the day of month 'L'"},
	    {"* * ? * *", "the day of month '?'"},
	    {"@reboot", "@hourly"},
	    {"@", "@hourly"},
	};
	struct nvr_cron c;
	char many[400];

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    nvr_cron_parse(bad[i].text, &c, &err), NVR_E_USAGE);
		if (strstr(err.text, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].text, err.text);
	}
	memset(many, ' ', sizeof(many));
	strlcpy(many + 300, "* * * * *", 100);
	assert_int_equal(nvr_cron_parse(many, &c, &err), NVR_E_USAGE);
}

static void
the_next_moment_is_the_one_that_a_calendar_shows(void **unused)
{
	(void)unused;
#define NEXT(text, after, want) \
	assert_string_equal(next(text, "UTC", after), want)
	NEXT("* * * * *", "2026-11-21T08:00:00Z", "2026-11-21 08:01:00");
	NEXT("* * * * *", "2026-11-21T07:59:59.999Z", "2026-11-21 08:00:00");
	NEXT(
	    "*/15 8-18 * * 1-5", "2026-11-20T18:45:00Z", "2026-11-23 08:00:00");
	NEXT("0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31 00:00:00");
	NEXT("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31 23:59:00");
	/* Both days restricted: either; one of them begins with *: both. */
	NEXT("0 0 13 * 5", "2026-11-14T00:00:00Z", "2026-11-20 00:00:00");
	NEXT("0 0 13 * */5", "2026-11-14T00:00:00Z", "2026-12-13 00:00:00");
	NEXT("0 0 */2 * 1", "2026-11-14T00:00:00Z", "2026-11-23 00:00:00");
	NEXT("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29 00:00:00");
	NEXT("0 0 30 2 *", "2026-01-01T00:00:00Z", "never");
	NEXT("0 0 31 4,6,9,11 *", "2026-01-01T00:00:00Z", "never");
	NEXT("@yearly", "1970-01-01T00:00:00Z", "1971-01-01 00:00:00");
	NEXT("@monthly", "9999-11-01T00:00:00Z", "9999-12-01 00:00:00");
#undef NEXT
}

static void
changes_of_the_clock_are_kept_as_cron_keeps_them(void **unused)
{
	(void)unused;
#define NEXT(text, zone, after, want) \
	assert_string_equal(next(text, zone, after), want)
	/* 02:30 is left out, 01:00 UTC is the change. */
	NEXT("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
	    "2026-03-29 03:00:00");
	NEXT("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z",
	    "2026-03-30 02:30:00");
	NEXT("30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z",
	    "2026-03-29 03:30:00");
	/* 02:30 comes twice, at 00:30 and 01:30 UTC. */
	NEXT("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
	    "2026-10-25 02:30:00");
	NEXT("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z",
	    "2026-10-26 02:30:00");
	NEXT("30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z",
	    "2026-10-25 02:30:00");
	/* Between the two, and as the clock jumps. */
	NEXT("30 2 * * *", "Europe/Berlin", "2026-10-25T01:15:00Z",
	    "2026-10-26 02:30:00");
	NEXT("30 2 * * *", "Europe/Berlin", "2026-03-29T00:59:59Z",
	    "2026-03-29 03:00:00");
	/* There was no midnight. */
	NEXT("@daily", "America/Sao_Paulo", "2018-11-03T12:00:00Z",
	    "2018-11-04 01:00:00");
	NEXT("@daily", "America/Sao_Paulo", "2018-11-04T03:00:00Z",
	    "2018-11-05 00:00:00");
	/* Half an hour. */
	NEXT("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z",
	    "2026-10-04 02:30:00");
	NEXT("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:45:00Z",
	    "2026-04-06 01:45:00");
	NEXT("0 0 1 1 *", "Asia/Kathmandu", "2026-11-21T08:00:00Z",
	    "2027-01-01 00:00:00");
	/* 30 December 2011 was none in Samoa. */
	NEXT("0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00:00Z",
	    "2011-12-31 00:00:00");
#undef NEXT
}

/*
 * The same by brute force: localtime_r minute by minute.  What is due at a
 * fixed hour is due when the wall clock first comes to it, or past it.
 */
static bool
matches(const struct nvr_cron *c, time_t wall)
{
	struct tm tm;
	bool m, w;

	gmtime_r(&wall, &tm);
	m = c->mday >> tm.tm_mday & 1;
	w = c->wday >> tm.tm_wday & 1;
	return (c->minute >> tm.tm_min & 1) && (c->hour >> tm.tm_hour & 1) &&
	       (c->month >> (tm.tm_mon + 1) & 1) &&
	       (c->any_mday || c->any_wday ? m && w : m || w);
}

static bool
due(const struct nvr_cron *c, time_t wall, time_t shown)
{
	if (c->any_hour)
		return matches(c, wall);
	for (time_t w = shown + 60; w <= wall; w += 60)
		if (matches(c, w))
			return true;
	return false;
}

static void
compare(const char *text, const char *name, const struct nvr_zone *z,
    time_t from, time_t until)
{
	struct nvr_cron c = cron(text);
	time_t shown = 0, wall;
	int64_t at = from * NVR_SECOND;
	struct tm tm;

	for (time_t t = from - 4 * DAY; t < until; t += 60) {
		localtime_r(&t, &tm);
		wall = t + tm.tm_gmtoff;
		if (t > from && due(&c, wall, shown)) {
			at = nvr_cron_next(&c, z, at);
			if (at != t * NVR_SECOND)
				fail_msg("%s in %s: %lld is due, not %lld",
				    text, name, (long long)t,
				    (long long)(at / NVR_SECOND));
		}
		if (shown == 0 || wall > shown)
			shown = wall;
	}
	at = nvr_cron_next(&c, z, at);
	assert_true(at == 0 || at >= until * NVR_SECOND);
}

static void
days_by_the_minute_are_the_same(void **unused)
{
	static const char *const texts[] = {"* * * * *", "*/7 * * * *",
	    "30 * * * *", "*/15 0-3 * * *", "30 2 * * *", "0 0 * * *",
	    "0 1,2,3 * * *", "15 */2 * * *", "45 1 * * sun", "0 3 * * 1-5",
	    "0 0-23 1,15,30 * mon", "10 23 * 3,10,11,12 *", "59 1 */2 * *",
	    "30 0 31 12 *"};
	static const struct {
		const char *zone, *day; /* on which the clock is changed */
	} days[] = {
	    {"Europe/Berlin", "2026-03-29T00:00Z"},
	    {"Europe/Berlin", "2026-10-25T00:00Z"},
	    {"Europe/Berlin", "2087-03-30T00:00Z"}, /* by the footer's rule */
	    {"America/New_York", "2026-03-08T00:00Z"},
	    {"America/New_York", "2026-11-01T00:00Z"},
	    {"Australia/Lord_Howe", "2026-04-05T00:00Z"},
	    {"Australia/Lord_Howe", "2026-10-04T00:00Z"},
	    {"Australia/Lord_Howe", "2060-04-04T00:00Z"},
	    {"America/Sao_Paulo", "2018-11-04T00:00Z"},
	    {"America/Sao_Paulo", "2018-02-18T00:00Z"},
	    {"Africa/Cairo", "2026-04-24T00:00Z"},
	    {"America/Santiago", "2026-09-06T00:00Z"},
	    {"Asia/Gaza", "2026-03-28T00:00Z"},
	    {"America/Nuuk", "2026-03-29T00:00Z"},
	    {"Europe/Dublin",
		"2026-10-25T00:00Z"}, /* whose winter is the exception */
	    {"Africa/Casablanca", "2026-02-15T00:00Z"},
	    {"Pacific/Apia", "2011-12-30T00:00Z"}, /* which was left out */
	    {"Pacific/Kwajalein", "1993-08-21T00:00Z"},
	    {"Asia/Kathmandu", "2026-03-29T00:00Z"},
	    {"Asia/Pyongyang", "2018-05-05T00:00Z"},
	    {"UTC", "2028-02-29T00:00Z"},
	};
	struct nvr_zone *z;
	int64_t at;

	(void)unused;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		setenv("TZ", days[i].zone, 1);
		tzset();
		z = zone(days[i].zone);
		assert_int_equal(nvr_time_parse(days[i].day, 0, &at, &err), 0);
		at = at / NVR_SECOND / 60 * 60;
		for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++)
			compare(texts[n], days[i].zone, z, at - 2 * DAY,
			    at + 3 * DAY);
		nvr_zone_close(z);
	}
	setenv("TZ", "UTC", 1);
	tzset();
}

/* Each change from 1970 to 2199, to the second. */
static void
zones_show_what_the_c_library_shows(void **unused)
{
	static const char *const names[] = {"UTC", "Europe/Berlin",
	    "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",
	    "Asia/Kathmandu", "Africa/Casablanca", "Europe/Dublin",
	    "America/Nuuk", "Asia/Gaza", "Asia/Tehran", "Antarctica/Troll",
	    "Pacific/Chatham", "Africa/Monrovia", "Etc/GMT+12"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct nvr_zone *z = zone(names[i]);
		struct nvr_zone_span s;
		const time_t end = INT64_C(7258118400); /* 2200 */

		setenv("TZ", names[i], 1);
		tzset();
		for (time_t t = 0; t < end; t += 10 * DAY + 3601) {
			time_t try[3];
			struct tm tm;

			s = nvr_zone_span(z, t);
			assert_true(s.start <= t && t < s.end);
			try[0] = t;
			try[1] = s.end - 1;
			try[2] = s.end;
			for (int n = 0; n < 3 && try[n] < end; n++) {
				localtime_r(&try[n], &tm);
				if (nvr_zone_span(z, try[n]).offset !=
				    tm.tm_gmtoff)
					fail_msg("%s at %lld: %lld, not %ld",
					    names[i], (long long)try[n],
					    (long long)s.offset, tm.tm_gmtoff);
			}
		}
		nvr_zone_close(z);
	}
	setenv("TZ", "UTC", 1);
	tzset();
}

/* A file of no changes, whose footer is the rule; 0 when it is refused. */
static struct nvr_zone *
ruled(const char *rule)
{
	/* One type, and four letters of its name. */
	static const char head[44] = {
	    'T', 'Z', 'i', 'f', '2', [39] = 1, [43] = 4};
	static const char type[] = "\0\0\0\0\0\0UTC";
	struct nvr_zone *z = NULL;
	char file[512];
	size_t len = 0;

	for (int i = 0; i < 2; i++) {
		memcpy(file + len, head, 44);
		memcpy(file + len + 44, type, 10);
		len += 54;
	}
	len += (size_t)snprintf(file + len, sizeof(file) - len, "\n%s\n", rule);
	return nvr_zone_parse(file, len, &z, &err) == 0 ? z : NULL;
}

static void
footers_mean_what_they_mean_in_TZ(void **unused)
{
	static const char *const rules[] = {"AAA0", "AAA-5:45", "<+0330>-3:30",
	    "AAA3BBB,J60/2,J300/2", "AAA3BBB,J59,J365", "AAA3BBB,59/2,300/3:30",
	    "AAA3BBB2:30,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3",
	    "AEST-10AEDT,M10.1.0,M4.1.0/3", "IST-1GMT0,M10.5.0,M3.5.0/1",
	    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "EET-2EEST,M3.4.4/50,M10.4.4/50",
	    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"};
	static const char *const bad[] = {"A", "AA0", "AAA", "AAA0BBB",
	    "AAA0BBB,M3.5.0", "AAA0BBB,M13.1.0,M1.1.0", "AAA0BBB,M1.6.0,M1.1.0",
	    "AAA0BBB,M1.1.7,M1.1.0", "AAA0BBB,J0,J1", "AAA0BBB,J366,J1",
	    "AAA0BBB,366,1", "AAA0BBB,J1/168,J2", "AAA26", "AAA0:60", "<AAA0",
	    "<>0", "AAA0 ", "AAA0BBB,J1,J2,", "AAA-+1", "AAA0001"};

	(void)unused;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct nvr_zone *z = ruled(rules[i]);

		if (z == NULL)
			fail_msg("%s is refused", rules[i]);
		setenv("TZ", rules[i], 1);
		tzset();
		for (time_t t = 31 * DAY; t < INT64_C(7258118400);
		     t += 11 * DAY + 1801) {
			struct nvr_zone_span s = nvr_zone_span(z, t);
			time_t last = s.end - 1;
			struct tm tm;

			localtime_r(&t, &tm);
			if (s.offset != tm.tm_gmtoff)
				fail_msg("%s at %lld", rules[i], (long long)t);
			localtime_r(&last, &tm);
			if (last < INT64_C(7258118400) &&
			    s.offset != tm.tm_gmtoff)
				fail_msg(
				    "%s at %lld", rules[i], (long long)last);
		}
		nvr_zone_close(z);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ruled(bad[i]) != NULL)
			fail_msg("%s is taken", bad[i]);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void
a_name_that_is_none_is_refused(void **unused)
{
	static const char *const bad[] = {"Europe/Berln", "Europe", "zone.tab",
	    "tzdata.zi", "../../../etc/localtime", "/etc/localtime",
	    "right/Europe/Berlin", "leapseconds", "Europe/", "a b", "ü",
	    "Europe/Berlin/x", "x/"};
	struct nvr_zone *z = NULL;
	char longest[300];

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (nvr_zone_open(bad[i], &z, &err) != NVR_E_USAGE)
			fail_msg("%s is taken for a zone", bad[i]);
		assert_null(z);
		assert_non_null(strstr(err.text, bad[i]));
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(nvr_zone_open(longest, &z, &err), NVR_E_USAGE);
	/* The system's own is there, or is UTC. */
	nvr_zone_close(zone(""));
}

/* Any byte of a real file changed, and any end cut off. */
static void
a_damaged_file_is_refused_or_read_within_bounds(void **unused)
{
	struct nvr_cron c = cron("30 2 29 2 *");
	static uint8_t file[65536];
	struct nvr_zone *z;
	FILE *f = fopen(NVR_ZONE_DIR "/America/Sao_Paulo", "r");
	size_t len;

	(void)unused;
	assert_non_null(f);
	len = fread(file, 1, sizeof(file), f);
	fclose(f);
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n + 1); /* so that ASan sees its end */

		memcpy(copy, file, n);
		z = NULL;
		assert_int_equal(nvr_zone_parse(copy, n, &z, &err), NVR_E_DATA);
		free(copy);
	}
	srandom(1);
	for (int i = 0; i < 20000; i++) {
		size_t at = (size_t)random() % len;
		uint8_t was = file[at];

		file[at] = (uint8_t)random();
		if (nvr_zone_parse(file, len, &z, &err) == 0) {
			nvr_cron_next(&c, z, random() * NVR_SECOND);
			nvr_zone_close(z);
		}
		file[at] = was;
	}
}

static void
an_interval_counts_from_the_epoch(void **unused)
{
	(void)unused;
	assert_int_equal(nvr_every_next(15 * NVR_MINUTE, 0), 15 * NVR_MINUTE);
	assert_int_equal(nvr_every_next(15 * NVR_MINUTE, 15 * NVR_MINUTE - 1),
	    15 * NVR_MINUTE);
	assert_int_equal(
	    nvr_every_next(15 * NVR_MINUTE, 15 * NVR_MINUTE), 30 * NVR_MINUTE);
	assert_int_equal(nvr_every_next(NVR_DAY, -1), 0);
}

/* Ten years without one, and a rare one, cost what a common one does. */
static void
it_does_not_go_by_the_minute(void **unused)
{
	static const char *const texts[] = {
	    "*/15 8-18 * * 1-5", "0 0 30 2 *", "0 0 29 2 *", "30 2 31 12 *"};
	struct nvr_zone *z = zone("Europe/Berlin");

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct nvr_cron c = cron(texts[i]);
		int64_t start = nvr_time_monotonic(), t = 0, spent;

		for (int n = 0; n < 1000; n++)
			t |= nvr_cron_next(&c, z,
			    INT64_C(1800000000) * NVR_SECOND + n * NVR_DAY);
		spent = nvr_time_monotonic() - start;
		if (getenv("NVR_TIMES") != NULL)
			print_message(
			    "%s: %lld ns\n", texts[i], (long long)spent);
		assert_int_equal(t == 0, i == 1);
		/* By the minute it is 5 million of them, and over a second. */
		assert_true(spent < 1000 * NVR_MILLISECOND);
	}
	nvr_zone_close(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_calendar_agrees_with_the_c_library),
	    cmocka_unit_test(fields_are_numbers_names_ranges_lists_and_steps),
	    cmocka_unit_test(what_is_wrong_is_named_with_its_field),
	    cmocka_unit_test(the_next_moment_is_the_one_that_a_calendar_shows),
	    cmocka_unit_test(changes_of_the_clock_are_kept_as_cron_keeps_them),
	    cmocka_unit_test(days_by_the_minute_are_the_same),
	    cmocka_unit_test(zones_show_what_the_c_library_shows),
	    cmocka_unit_test(footers_mean_what_they_mean_in_TZ),
	    cmocka_unit_test(a_name_that_is_none_is_refused),
	    cmocka_unit_test(a_damaged_file_is_refused_or_read_within_bounds),
	    cmocka_unit_test(an_interval_counts_from_the_epoch),
	    cmocka_unit_test(it_does_not_go_by_the_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
