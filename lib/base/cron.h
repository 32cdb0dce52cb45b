/*
 * When a schedule is due: crontab(5) expressions, and intervals.
 *
 * Five fields, minute hour day-of-month month day-of-week, each `*`, numbers,
 * ranges, lists and steps, months and days also by the first three letters of
 * their English names, 7 for Sunday too; where both days are restricted, either
 * will do.  @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.
 *
 * Times are a zone's wall clock.  As Debian's cron has it: a time of day that a
 * change of the clock leaves out is due when the clock has jumped, and one that
 * comes twice is due the first time only; an expression that matches every hour
 * (`*` or a step in the hour's field) goes by elapsed time and so is due in
 * both.
 */
#ifndef NVR_BASE_CRON_H
#define NVR_BASE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/zone.h"

struct nvr_cron {
	uint64_t minute; /* bit n: at n */
	uint32_t hour, mday, month, wday;
	bool any_mday, any_wday, any_hour; /* the field begins with `*` */
};

/* NVR_E_USAGE names the field that is wrong and what it may be. */
int nvr_cron_parse(
    const char *text, struct nvr_cron *ret, struct nvr_error *err);

/*
 * The first due moment after `after` (microseconds since 1970, UTC); 0 when
 * there is none within ten years (30 February).
 */
int64_t nvr_cron_next(
    const struct nvr_cron *c, const struct nvr_zone *z, int64_t after);

/* The same for each multiple of an interval, counted from 1970-01-01 UTC. */
int64_t nvr_every_next(int64_t every, int64_t after);

#endif
