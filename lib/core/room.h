/*
 * Room on the media disk.  When it runs low, segments go in the order of
 * core/streams.h's victims, but never what a hold keeps, as core/discard.h
 * deletes them.  s->rules are read.
 */
#ifndef NVR_CORE_ROOM_H
#define NVR_CORE_ROOM_H

#include "core/state.h"

/* Free bytes of the media disk, as an ordinary user has them. */
int nvr_room_free(struct nvr_state *s, int64_t *ret, struct nvr_error *err);

struct nvr_room {
	int64_t segments, bytes; /* that went */
	bool enough;		 /* there is as much room as was asked for */
	bool more;		 /* not yet, but the next call goes on */
};

/*
 * Deletes until `want` bytes are free, but for no longer than a second, since
 * who calls has a camera to read.  Leaves it to another program that is at it.
 */
int nvr_room_make(struct nvr_state *s, int64_t want, struct nvr_room *ret,
    struct nvr_error *err);

/* Deletes what is garbage already. */
int nvr_room_sweep(struct nvr_state *s, struct nvr_error *err);

/*
 * Before recording: that, and a reserve of 256 KiB beside the store, which is
 * what nvr_room_make deletes with when the disk is full to the last byte.
 */
int nvr_room_begin(struct nvr_state *s, struct nvr_error *err);
/* The reserve alone, in the store's folder, if there is room for it. */
int nvr_room_reserve(const char *dir, struct nvr_error *err);

/*
 * Gives the reserve up where that folder's disk is full: the store cannot even
 * be opened there.  False: it is not full, or there is none.
 */
bool nvr_room_spend(const char *dir);

#endif
