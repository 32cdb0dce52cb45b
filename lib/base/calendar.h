/*
 * The Gregorian calendar by arithmetic alone, for who cannot ask the C library:
 * its functions go by the zone in TZ, or lock.
 */
#ifndef NVR_BASE_CALENDAR_H
#define NVR_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

struct nvr_date {
	int64_t year;
	int month, mday; /* from 1 */
};

static inline int64_t
nvr_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Days since 1970-01-01, and back; howardhinnant.github.io/date_algorithms.
 * Its years begin in March, so that the leap day is the last.
 */
static inline int64_t
nvr_date_days(struct nvr_date d)
{
	int64_t y = d.year - (d.month <= 2), era = nvr_floor_div(y, 400);
	int64_t of_era = y - era * 400;
	int64_t of_year =
	    (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.mday - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

static inline struct nvr_date
nvr_days_date(int64_t days)
{
	int64_t z = days + 719468, era = nvr_floor_div(z, 146097);
	int64_t day = z - era * 146097;
	int64_t y = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	return (struct nvr_date){y + era * 400 + (m >= 10),
	    (int)(m < 10 ? m + 3 : m - 9),
	    (int)(of_year - (153 * m + 2) / 5 + 1)};
}

/* 0: Sunday. */
static inline int
nvr_days_wday(int64_t days)
{
	return (int)(days + 4 - nvr_floor_div(days + 4, 7) * 7);
}

static inline bool
nvr_leap_year(int64_t y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

#endif
