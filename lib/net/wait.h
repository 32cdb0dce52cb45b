/*
 * How long a server wants to be waited for, as its headers say it.  Text may
 * be NULL; -1 is what says nothing, or nothing that makes sense.
 */
#ifndef NVR_NET_WAIT_H
#define NVR_NET_WAIT_H

#include <stdint.h>

/*
 * retry-after-ms, else Retry-After in seconds or as a date (RFC 9110, 10.2.3;
 * now is nvr_time_now), in microseconds.  A moment that has passed is -1.
 */
int64_t nvr_wait_after(const char *ms, const char *after, int64_t now);

/*
 * x-ratelimit-reset-…: `6m0s`, `1m26.4s`, `120ms`, as Go writes durations, or
 * a number of seconds; microseconds.
 */
int64_t nvr_wait_reset(const char *text);

/* x-ratelimit-remaining-… */
int64_t nvr_wait_count(const char *text);

#endif
