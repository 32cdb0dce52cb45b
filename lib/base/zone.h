/*
 * Time zones: what the wall clock of a place shows, and when it is changed.
 * Read from the system's database, as the C library knows no zone but the one
 * that the environment names.  TZif and its footer: RFC 9636.
 */
#ifndef NVR_BASE_ZONE_H
#define NVR_BASE_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define NVR_ZONE_DIR "/usr/share/zoneinfo"

struct nvr_zone;

/*
 * By name (Europe/Berlin); "" is the system's own, /etc/localtime, or UTC where
 * that is missing.  TZ is not looked at.  NVR_E_USAGE when there is none of
 * that name, NVR_E_DATA when its file is damaged or counts leap seconds.
 */
int nvr_zone_open(
    const char *name, struct nvr_zone **ret, struct nvr_error *err);
/* The same of a file's bytes. */
int nvr_zone_parse(
    const void *data, size_t len, struct nvr_zone **ret, struct nvr_error *err);
void nvr_zone_close(struct nvr_zone *z);

/*
 * The time around t in which the clock is not changed.  Seconds since 1970 UTC;
 * the end is the next one's start.  Clocks are taken to be changed until the
 * end of 2199.
 */
struct nvr_zone_span {
	int64_t start, end;
	int64_t offset; /* added to UTC; within 26 hours */
};
struct nvr_zone_span nvr_zone_span(const struct nvr_zone *z, int64_t t);

#endif
