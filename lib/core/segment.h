/*
 * A segment's way: from its journal row to its file, and to its own row.
 *
 *	1. the payload key goes into the journal, sealed to the box key
 *	2. media/footage/CAMERA/STREAM/DAY/ID.mp4.age.part is made (O_EXCL)
 *	3. fragments are sealed and written; fdatasync now and then
 *	4. the last chunk, fsync, rename, fsync of the folder
 *	5. in one step the segment's row comes and the journal's goes
 *
 * Whatever stops it in between, the journal has what nvr_mend_all needs to
 * make a whole file of what was written.  What fails is never tried again on
 * the same file.
 */
#ifndef NVR_CORE_SEGMENT_H
#define NVR_CORE_SEGMENT_H

#include "core/inventory.h"
#include "media/mp4_writer.h"
#include "store/footage.h"

/* media/footage/…, relative to the state folder; the day is the id's, UTC. */
#define NVR_SEGMENT_PATH 128
void nvr_segment_path(int64_t camera, enum nvr_stream stream, int64_t id,
    bool sealed, char path[NVR_SEGMENT_PATH]);

struct nvr_segment_file;

struct nvr_segment_plan {
	const char *camera; /* its name */
	int64_t camera_id, run_id;
	enum nvr_stream stream;
	int64_t start_at;	/* the best guess by now */
	int64_t media_start_us; /* in the run */
	const struct nvr_mp4_track *tracks;
	int ntracks;
	/* Whom it is sealed to; 0: nobody, it stays plain. */
	const struct nvr_age_recipient *recipients;
	size_t nrecipients;
	const struct nvr_age_recipient *box; /* of the journal */
};

/*
 * Steps 1 and 2.  NVR_E_UNAVAILABLE when the media folder is not there,
 * NVR_E_AGAIN when the store is busy; then nothing was begun.
 */
int nvr_segment_create(struct nvr_state *s, const struct nvr_segment_plan *plan,
    struct nvr_segment_file **ret, struct nvr_error *err);

int nvr_segment_frame(struct nvr_segment_file *f, int track,
    const struct nvr_frame *frame, struct nvr_error *err);

/* Ends the fragment: it is written, up to the last whole chunk. */
int nvr_segment_fragment(struct nvr_segment_file *f, struct nvr_error *err);

/* What was written is on the disk afterwards. */
int nvr_segment_sync(struct nvr_segment_file *f, struct nvr_error *err);

/*
 * Step 4, and all of *row but its times and frames is filled in; step 5 is
 * nvr_segment_close's.  The file is freed when that went well, else abandon it.
 */
int nvr_segment_finish(
    struct nvr_segment_file *f, struct nvr_segment *row, struct nvr_error *err);

/* Leaves it as a crash would, but with its payload key at hand: mend it with
 * nvr_mend_one.  The file is freed. */
struct nvr_torn {
	struct nvr_open_segment open; /* payload_key is not set */
	bool sealed;
	uint8_t payload_key[NVR_AGE_KEY_LEN];
};
void nvr_segment_abandon(struct nvr_segment_file *f, struct nvr_torn *torn);

int64_t nvr_segment_id(const struct nvr_segment_file *f);
int64_t nvr_segment_bytes(const struct nvr_segment_file *f);

/* Mending */

struct nvr_mended {
	int64_t id;
	bool saved;		/* else there was nothing in it */
	struct nvr_segment row; /* of what was saved */
};

/*
 * Makes a whole segment of what is left, or forgets it where there is nothing.
 * Can be stopped anywhere and done again.
 */
int nvr_mend_one(struct nvr_state *s, const struct nvr_torn *torn,
    struct nvr_mended *ret, struct nvr_error *err);

/*
 * The same for all in the journal of that stream, with the box key.  Goes on
 * with the next where one cannot be mended, which tell() hears of: rc and err
 * say why.  Nobody may be writing them.
 */
int nvr_mend_all(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    void (*tell)(void *ctx, const struct nvr_mended *m, int rc,
	const struct nvr_error *why),
    void *ctx, struct nvr_error *err);

#endif
