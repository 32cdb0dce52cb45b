/* What the files of room share; see room.h. */
#ifndef NVR_CORE_ROOM_INT_H
#define NVR_CORE_ROOM_INT_H

#include "core/room.h"

/*
 * To delete a segment the store has to be written first, which takes a few
 * pages: on a disk that is full to the last byte they come from here.  The
 * file is the one that is locked while room is made.
 */
#define NVR_ROOM_RESERVE (256 * 1024)
int nvr_room_reserve_open(const char *dir, int *fd, struct nvr_error *err);
void nvr_room_reserve_keep(int fd);

/*
 * Some file systems give blocks back long after their file went (btrfs with
 * its next commit, in up to 30 s), and who reads a file still has it.  So that
 * the same is not deleted for again and again, by each recorder, it is noted
 * in the reserve.
 */
#define NVR_ROOM_LAG (30 * NVR_SECOND)
struct nvr_room_note {
	uint64_t magic;
	int64_t at;   /* CLOCK_MONOTONIC, when the first of them went */
	int64_t base; /* bytes that were free */
	int64_t gone; /* and that are to be, besides */
};
/* A new one where there is none that still counts. */
void nvr_room_note_read(int fd, int64_t avail, struct nvr_room_note *ret);
/* What is free by now is not awaited any more. */
void nvr_room_note_write(int fd, int64_t avail, struct nvr_room_note *n);
/* What is free, or will be. */
int64_t nvr_room_expected(const struct nvr_room_note *n, int64_t avail);

#endif
