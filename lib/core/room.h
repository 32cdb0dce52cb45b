/*
 * Room on the media disk.  When less than min-free is there, segments go in
 * the order of core/streams.h's victims, but never what a hold keeps, as
 * core/discard.h deletes them.  s->rules are read.
 */
#ifndef NVR_CORE_ROOM_H
#define NVR_CORE_ROOM_H

#include "core/state.h"
#include "core/streams.h"

/* Free bytes of the media disk, as an ordinary user has them. */
int nvr_room_free(struct nvr_state *s, int64_t *ret, struct nvr_error *err);

/*
 * Where so much is free, less than min-free: whether all that may go of x would
 * not make up for it, because something else fills the disk.  Then nothing is
 * to go for it, and *why says so (NVR_E_IO); code 0: it would.
 */
int nvr_room_vain(struct nvr_state *s, struct nvr_streams *x, int64_t avail,
    struct nvr_error *why, struct nvr_error *err);

struct nvr_room {
	int64_t segments, bytes; /* that went */
	bool enough;		 /* recording can go on */
	bool more;		 /* not yet, but the next call goes on */
	struct nvr_error vain;	 /* as nvr_room_vain says */
};

/*
 * Deletes until min-free is free, and an eighth more, or it would be asked for
 * all the time.  Where that would be in vain, only until there is room for the
 * next two segments of each stream, 16 MiB at least; and where that would be as
 * well, nothing.  What went counts as free for half a minute, since a file
 * system may take its time.
 *
 * Goes on for a second, two on a full disk, since who calls has a camera to
 * read.  Leaves it to another program that is at it.  NVR_E_IO also when the
 * file system has no locks.
 */
int nvr_room_make(
    struct nvr_state *s, struct nvr_room *ret, struct nvr_error *err);

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
