/* The two halves of zones: the file, and the rule in its footer. */
#ifndef NVR_BASE_ZONE_INT_H
#define NVR_BASE_ZONE_INT_H

#include <stdbool.h>
#include <stdint.h>

#define NVR_ZONE_OFFSET_MAX (26 * 3600) /* RFC 9636, 3.2 */

/* One day of a year on which the clock is changed, by the old clock. */
struct nvr_zone_day {
	enum { NVR_ZONE_JULIAN, NVR_ZONE_ZERO, NVR_ZONE_MONTH } kind;
	int month, week, day;
	int64_t time; /* seconds from midnight; may be before or days after */
};

/* A POSIX TZ text, as RFC 9636, 3.3.1 extends it.  Seconds. */
struct nvr_zone_rule {
	bool changes;
	int64_t standard, summer; /* added to UTC */
	struct nvr_zone_day begin, end;
};

/* False when the text is none. */
bool nvr_zone_rule_parse(const char *text, struct nvr_zone_rule *ret);

/* When summer time begins and ends in that year; seconds since 1970 UTC. */
void nvr_zone_rule_year(
    const struct nvr_zone_rule *r, int64_t year, int64_t *begin, int64_t *end);

#endif
