/*
 * Telling many people of one thing, each of them once: a letter and the row
 * that says so are one step, so it can be killed and run again.  A batch is a
 * transaction, and memory does not grow with the number of accounts.  The state
 * is one that serves rights: restricted accounts are told as well.
 */
#ifndef NVR_CORE_TELLING_H
#define NVR_CORE_TELLING_H

#include "core/letter.h"
#include "store/told.h"

struct nvr_telling {
	enum nvr_told_what what;
	int64_t id;		  /* of the breach or notice */
	struct nvr_letter letter; /* account and to are filled in */
	bool dry;		  /* only finds out whether it can be done */
	/* After each batch, with how many were told by this run. */
	void (*progress)(void *ctx, int64_t told);
	void *ctx;
	/* Results.  failed: their address does not open, or is none; why. */
	int64_t told, failed;
	char why[256];
};

/*
 * These accounts, n of them, in one transaction, or with n 0 everybody who was
 * not told yet; outside of the caller's transaction.  begin() is called in the
 * first, ahead of all letters.  NVR_E_CONFIG as nvr_letter_post.
 */
int nvr_tell_many(struct nvr_state *s, struct nvr_telling *t,
    const int64_t *accounts, int n,
    int (*begin)(struct nvr_state *s, void *ctx, struct nvr_error *err),
    void *ctx, struct nvr_error *err);

#endif
