/* What the files of offered exports share, and who looks after these; it links
 * nothing that makes them.  See offer.h. */
#ifndef NVR_CORE_OFFER_INT_H
#define NVR_CORE_OFFER_INT_H

#include "core/state.h"
#include "store/offer.h"

#define NVR_OFFER_KEEP (7 * NVR_DAY)
#define NVR_OFFERS "exports"

/* A row of its own; `row` points into it. */
struct nvr_offered {
	struct nvr_offer row;
	char state[16], format[16], language[40], error[512];
	struct nvr_buf identity;
};
/* NVR_E_NOENT.  Released in either case. */
int nvr_offer_get(struct nvr_state *s, int64_t id, struct nvr_offered *ret,
    struct nvr_error *err);
void nvr_offer_release(struct nvr_offered *o);

/* exports/ID.age */
#define NVR_OFFER_PATH 64
void nvr_offer_path(int64_t id, char ret[NVR_OFFER_PATH]);

/* Who writes there has the lock, which ends with him; the folder is made.
 * NVR_E_AGAIN while another one has it. */
int nvr_offer_lock(struct nvr_state *s, int *fd, struct nvr_error *err);

/* Its file; one that is gone is fine. */
int nvr_offer_unlink(struct nvr_state *s, int64_t id, struct nvr_error *err);
/* Its size; NVR_E_NOENT. */
int nvr_offer_open(
    struct nvr_state *s, int64_t id, int *fd, struct nvr_error *err);

/* offer_write.c: its file, whole, under its name and on the disk; size_bytes
 * and gaps of the row are set. */
struct nvr_offer_making;
int nvr_offer_write(struct nvr_state *s, struct nvr_offer *row,
    const struct nvr_age_identity *key, const struct nvr_offer_making *m,
    int64_t now, struct nvr_error *err);

/*
 * Files that no row names: those of rows that are gone, and what a crash left
 * half-made where nobody is making any.  Names of others are let be.
 */
struct nvr_offer_sweep {
	int64_t until; /* no younger ones */
	bool locked;   /* by the caller */
	bool look;     /* and let them lie */
	/* or NULL; path: exports/… */
	void (*told)(void *ctx, const char *path, int64_t at, int64_t bytes);
	void *ctx;
};
int nvr_offer_sweep(struct nvr_state *s, const struct nvr_offer_sweep *w,
    struct nvr_error *err);

#endif
