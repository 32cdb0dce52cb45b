/* Changes of policy, as rows; see core/notice.h. */
#ifndef NVR_STORE_NOTICE_H
#define NVR_STORE_NOTICE_H

#include "store/store.h"

struct nvr_notice {
	int64_t id;
	const char *kind, *version, *text; /* privacy-policy, 3, … */
	int64_t created_at, effective_at;
	int64_t announced_at; /* 0: a draft */
};

/* NVR_E_CREATE when that version of the kind was announced; a draft of it is
 * replaced, and keeps its id, which *id says. */
int nvr_notice_put(struct nvr_store *st, const struct nvr_notice *n,
    int64_t *id, struct nvr_error *err);
/* The draft that was read; NVR_E_AGAIN when it is not that any more. */
int nvr_notice_announce(struct nvr_store *st, const struct nvr_notice *n,
    int64_t now, struct nvr_error *err);
/* Oldest first; id 0: all. */
int nvr_notice_each(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_notice *n), void *ctx,
    struct nvr_error *err);
/* Announced, and not seen by an account that was there ahead of the change. */
int nvr_notice_unseen(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_notice *n), void *ctx,
    struct nvr_error *err);
int nvr_notice_see(struct nvr_store *st, int64_t id, int64_t account,
    int64_t now, struct nvr_error *err);

#endif
