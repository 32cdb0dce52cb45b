/*
 * Who records a stream right now, and how it goes: a small file in the state
 * folder's run/, locked by the process that records and mapped by it, so that
 * others see the present state without asking anyone.  What is to last stands
 * in the store.
 */
#ifndef NVR_CORE_STATION_H
#define NVR_CORE_STATION_H

#include <sys/types.h>

#include "core/state.h"
#include "store/camera.h"

enum nvr_station_state {
	NVR_STATION_STOPPED, /* nobody records it, though it may be held */
	NVR_STATION_CONNECTING,
	NVR_STATION_RECORDING,
	NVR_STATION_LOST,  /* the camera does not answer, or sends nothing */
	NVR_STATION_FULL,  /* there is no room, and nothing may go */
	NVR_STATION_MEDIA, /* the media folder cannot be written */
	NVR_STATION_RESTRICTED, /* store/restrict.h */
};
extern const char *const nvr_station_words[];

/* All times in microseconds; monotonic ones are CLOCK_MONOTONIC's. */
struct nvr_station_page {
	char magic[8];
	int32_t pid, state;
	int64_t since;	    /* wall clock: in that state */
	int64_t beat;	    /* monotonic: its loop turned */
	int64_t durable_at; /* wall clock: footage is on the disk up to it */
	int64_t frames, bytes, segments; /* since it was started */
	int64_t missing, broken;	 /* packets */
	int64_t lost_count;		 /* times that the camera was lost */
	int64_t bytes_per_s;		 /* over the last seconds */
	char why[160];			 /* it is not recording */
};

struct nvr_station;

/* NVR_E_AGAIN names the process that has it.  Who does not record with it says
 * so in the page: NVR_STATION_STOPPED. */
int nvr_station_take(struct nvr_state *s, int64_t camera,
    enum nvr_stream stream, struct nvr_station **ret, struct nvr_error *err);
/* To be written to at any time. */
struct nvr_station_page *nvr_station_page(struct nvr_station *st);
void nvr_station_leave(struct nvr_station *st);

/* NVR_E_AGAIN of a page with a pid: who has it, and what for. */
int nvr_station_taken(
    const struct nvr_station_page *page, struct nvr_error *err);

/* What it says.  Stopped when no process holds it: then pid is 0, and the rest
 * is what the last one left. */
int nvr_station_read(const char *dir, int64_t camera, enum nvr_stream stream,
    struct nvr_station_page *ret, struct nvr_error *err);

/* Deletes the files of cameras that are not there any more. */
int nvr_station_sweep(struct nvr_state *s, struct nvr_error *err);

/* NVR_E_AGAIN names a process that records some stream of the store. */
int nvr_station_none(const char *dir, struct nvr_error *err);

#endif
