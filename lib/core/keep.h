/*
 * Kept stills: nobody's default.  Each is one age file under
 * media/stills/CAMERA/, sealed to the camera's recipients, with a row that
 * says until when.
 */
#ifndef NVR_CORE_KEEP_H
#define NVR_CORE_KEEP_H

#include "core/inventory.h"
#include "store/retain.h"

struct nvr_keep {
	int64_t id, taken_at;
	int64_t expires_at;
	bool seal; /* false: plain JPEG, where nvr.conf says seal = none */
};

/*
 * For how long a still of the camera may be kept: on premium, and where it is
 * the owner's, as the camera says, else as [still] keep-max does; on the free
 * tier the least of these and of [retain] stills-free (N4).
 */
struct nvr_keep_limit {
	int64_t us;
	const char *says; /* which of them, for people */
	bool free;	  /* the account is on the free tier */
};
int nvr_keep_most(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_keep_limit *ret, struct nvr_error *err);
/* NVR_E_USAGE names the limit, when that is longer. */
int nvr_keep_check(struct nvr_state *s, const struct nvr_camera *cam,
    int64_t keep, struct nvr_error *err);

/*
 * Makes *expires earlier where a still of that account that was taken then may
 * not become so old, whatever was asked for.  of_camera: its camera's
 * retain_stills, or 0.
 */
int nvr_keep_until(struct nvr_state *s, int64_t account, int64_t of_camera,
    int64_t taken_at, int64_t *expires, struct nvr_error *err);

/*
 * Writes the row and then the file, durably: a crash leaves no file that would
 * outlive its promise.  NVR_E_UNAVAILABLE when the media folder is not this
 * store's.  One that is kept already is kept for the longer of both times, and
 * none longer than it may be: NVR_E_PERMISSION when it is older already.
 */
int nvr_keep_still(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_keep *k, const void *jpeg, size_t len,
    struct nvr_error *err);

/*
 * Appends the JPEG of a kept still.  NVR_E_NOENT when there is none of that id,
 * or it has expired by `now`; NVR_E_DATA when its file is not what was kept.
 * *expires is until when it is kept.
 */
int nvr_keep_load(struct nvr_state *s, int64_t id, int64_t now,
    struct nvr_buf *jpeg, int64_t *expires, struct nvr_error *err);

/*
 * What ends of kept stills: those whose time is over, and those that are older
 * than they may become.  Each is told once it is gone; what cannot be deleted
 * is told, too, and the others go.
 */
struct nvr_keep_end {
	int64_t now;
	int64_t camera; /* 0: of all */
	bool all;	/* due or not: the camera goes itself */
	/* Which stay although they are due; NULL: none does. */
	bool (*stays)(
	    void *ctx, enum nvr_aged what, const struct nvr_aged_row *row);
	/* 0, or an error that ends it; borrowed. */
	int (*gone)(void *ctx, enum nvr_aged what,
	    const struct nvr_aged_row *row, size_t n);
	void (*failed)(
	    void *ctx, const char *path, const struct nvr_error *why);
	void *ctx;
};
int nvr_keep_end(
    struct nvr_state *s, const struct nvr_keep_end *e, struct nvr_error *err);
/* By which of these a still is due at `now`. */
struct nvr_aged_by nvr_keep_due(
    struct nvr_state *s, int64_t now, int64_t camera);
extern const enum nvr_aged nvr_keep_ends[3];

/*
 * Deletes those that are due, and mails that hold one that has expired; *n
 * counts the stills.  The error is that of the first that cannot be deleted;
 * the others go.
 */
int nvr_keep_sweep(
    struct nvr_state *s, int64_t now, int *n, struct nvr_error *err);

#endif
