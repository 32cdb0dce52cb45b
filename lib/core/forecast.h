/*
 * When each stream and the disk will be full if cameras go on as they do, and
 * what is left of whose footage then: straight lines from here on, each of
 * which bends where a limit is reached.
 */
#ifndef NVR_CORE_FORECAST_H
#define NVR_CORE_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/streams.h"

#define NVR_FOREVER INT64_MAX

enum nvr_forecast_limit {
	NVR_FORECAST_NONE,
	NVR_FORECAST_AGE,
	NVR_FORECAST_BYTES,
};

struct nvr_forecast_stream {
	/* Given: */
	int64_t bytes;		 /* but for what holds keep */
	int64_t oldest;		 /* when they begin; 0: there are none */
	int64_t rate;		 /* bytes a day that come; 0: none do */
	int64_t keep, keep_most; /* microseconds, bytes; 0: no limit */
	/*
	 * Reckoned.  What stops the stream from growing in the end, were the
	 * disk large enough, and from when on, or when the disk is full where
	 * it is robbed; 0: never, as where nothing comes.  How much time it
	 * then has, and how much on this disk in the end: NVR_FOREVER where it
	 * goes on growing.  Nothing comes: 0.
	 */
	enum nvr_forecast_limit by;
	int64_t full_at;
	int64_t keeps, then;
	bool robbed; /* the disk is too small for what its limits promise */
};

/* What is deleted when the disk is full. */
enum nvr_forecast_victims {
	NVR_FORECAST_NOBODY,
	NVR_FORECAST_OPEN, /* the oldest of streams without a limit of bytes */
	NVR_FORECAST_ALL,  /* the oldest of any: the others are not enough */
};

struct nvr_forecast_disk {
	/* Given: bytes. */
	int64_t avail, floor;
	/* Reckoned. */
	int64_t growth;	 /* bytes a day, of streams that are not full */
	int64_t full_at; /* `avail` is down to the floor; 0: never */
	enum nvr_forecast_victims victims;
	int64_t reach;	 /* how far back theirs goes then; NVR_FOREVER */
	int64_t wanting; /* bytes more that all limits together would need */
};

/*
 * Bytes a day, by what came since then.  A time without footage counts, unless
 * there was none before: oldest and newest are the ends of all there is.
 */
int64_t nvr_forecast_rate(
    int64_t bytes, int64_t since, int64_t oldest, int64_t newest, int64_t now);

/* NVR_E_NOMEM, and no other error. */
int nvr_forecast(struct nvr_forecast_stream *e, size_t n,
    struct nvr_forecast_disk *disk, int64_t now, struct nvr_error *err);

/* That of a store: e[i] is of streams.e[i]. */
struct nvr_forecast_of {
	struct nvr_streams streams;
	struct nvr_forecast_stream *e;
	struct nvr_forecast_disk disk;
};

/* NVR_E_UNAVAILABLE when the media folder is not this store's. */
int nvr_forecast_load(struct nvr_state *s, int64_t now,
    struct nvr_forecast_of *ret, struct nvr_error *err);
void nvr_forecast_free(struct nvr_forecast_of *f);

#endif
