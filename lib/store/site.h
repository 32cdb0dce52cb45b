/* Sites, as rows.  The rules about them are in core/site.h. */
#ifndef NVR_STORE_SITE_H
#define NVR_STORE_SITE_H

#include <stdbool.h>

#include "store/store.h"

#define NVR_SITE_LOOKUP 32

struct nvr_site {
	int64_t id, account_id;
	/* HMAC of the name, unique in its account, but for removed ones. */
	uint8_t lookup[NVR_SITE_LOOKUP];
	struct nvr_blob name;		 /* sealed */
	const char *jurisdiction;	 /* base/jurisdiction.h */
	const char *zone;		 /* "": not told */
	int64_t retain_us, retain_bytes; /* 0: as nvr.conf says */
	int64_t created_at, changed_at;
	int64_t removed_at; /* 0: not removed */
};

/*
 * Copies that the caller frees with nvr_site_free.  account 0: whoever's;
 * NVR_E_USAGE when several have one of that name.  They are there when they
 * are restricted, too: see nvr_site_which.
 */
int nvr_site_get(struct nvr_store *st, int64_t id, struct nvr_site **ret,
    struct nvr_error *err);
int nvr_site_find(struct nvr_store *st, int64_t account,
    const uint8_t lookup[NVR_SITE_LOOKUP], struct nvr_site **ret,
    struct nvr_error *err);
/* The one that was removed last. */
int nvr_site_find_removed(struct nvr_store *st, int64_t account,
    const uint8_t lookup[NVR_SITE_LOOKUP], struct nvr_site **ret,
    struct nvr_error *err);
void nvr_site_free(struct nvr_site *site);

/* account 0: of all.  By account and id; removed ones with `removed` alone.
 * Borrowed for the call.  Stops when row() returns not 0. */
int nvr_site_each(struct nvr_store *st, int64_t account, bool removed,
    int (*row)(void *ctx, const struct nvr_site *site), void *ctx,
    struct nvr_error *err);

/*
 * Those that were removed before `before` and whose cameras are gone, or were
 * removed before `cameras` and nothing holds them; not of restricted accounts.
 * By removal, behind that one (0, 0: from the first), at most `limit`.
 */
int nvr_site_each_due(struct nvr_store *st, int64_t before, int64_t cameras,
    int64_t after_removed, int64_t after_id, int64_t limit,
    int (*row)(void *ctx, const struct nvr_site *site), void *ctx,
    struct nvr_error *err);
int nvr_site_count(struct nvr_store *st, int64_t *ret, struct nvr_error *err);
/* For good, where it was removed before then and no camera refers to it. */
int nvr_site_drop(struct nvr_store *st, int64_t id, int64_t before, bool *gone,
    struct nvr_error *err);

/* How many cameras it has that are not removed. */
int nvr_site_cameras(
    struct nvr_store *st, int64_t id, int64_t *ret, struct nvr_error *err);

/* NVR_E_CREATE when the account has one of that name. */
int nvr_site_insert(
    struct nvr_store *st, const struct nvr_site *site, struct nvr_error *err);
/* Everything but id, account_id and created_at. */
int nvr_site_update(
    struct nvr_store *st, const struct nvr_site *site, struct nvr_error *err);

#endif
