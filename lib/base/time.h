/*
 * Time.  A moment is an int64_t of microseconds since 1970-01-01T00:00:00Z,
 * a duration an int64_t of microseconds.
 */
#ifndef NVR_BASE_TIME_H
#define NVR_BASE_TIME_H

#include <stdint.h>

#include "base/error.h"

#define NVR_MILLISECOND INT64_C(1000)
#define NVR_SECOND (1000 * NVR_MILLISECOND)
#define NVR_MINUTE (60 * NVR_SECOND)
#define NVR_HOUR (60 * NVR_MINUTE)
#define NVR_DAY (24 * NVR_HOUR)

/* 9999-12-31T23:59:59Z, the last moment RFC 3339 can write. */
#define NVR_TIME_MAX (INT64_C(253402300799) * NVR_SECOND)

int64_t nvr_time_now(void);	  /* the wall clock */
int64_t nvr_time_monotonic(void); /* for deadlines; never steps */

/* Ticks of a clock that has so many a second, as microseconds, and back; cut
 * off, not rounded.  The product may exceed 64 bits. */
static inline int64_t
nvr_ticks_us(int64_t ticks, int64_t rate)
{
	return (int64_t)((__int128)ticks * NVR_SECOND / rate);
}

static inline int64_t
nvr_us_ticks(int64_t us, int64_t rate)
{
	return (int64_t)((__int128)us * rate / NVR_SECOND);
}

/*
 * RFC 3339 in UTC with milliseconds, `2026-11-21T08:00:00.000Z`, so that texts
 * sort as the times do.  Returns buf.
 */
#define NVR_TIME_TEXT 32
const char *nvr_time_format(int64_t t, char buf[NVR_TIME_TEXT]);

/*
 * Reads a moment as every tool's --since does: RFC 3339 (a space may stand
 * for the T, and without an offset it is local time), YYYY-MM-DD and HH:MM
 * or HH:MM:SS of today (local time), `now`, or a duration back from now.
 * NVR_E_USAGE when it is none of these.
 */
int nvr_time_parse(
    const char *text, int64_t now, int64_t *ret, struct nvr_error *err);

/* `500ms`, `90s`, `15m`, `2h`, `7d`, `2w`, or a sum such as `1h30m`. */
int nvr_duration_parse(const char *text, int64_t *ret, struct nvr_error *err);

/* The shortest such text: `90s`, `5m`, `1h30m`.  Returns buf. */
const char *nvr_duration_format(int64_t d, char buf[NVR_TIME_TEXT]);

#endif
