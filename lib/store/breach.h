/* The register of breaches, as rows; see core/breach.h. */
#ifndef NVR_STORE_BREACH_H
#define NVR_STORE_BREACH_H

#include "store/store.h"

struct nvr_breach {
	int64_t id;
	struct nvr_blob title; /* sealed under the key of account 0 */
	int64_t known_at, due_at, opened_at;
	int64_t reported_at, closed_at; /* 0: not yet */
};

int nvr_breach_insert(
    struct nvr_store *st, const struct nvr_breach *b, struct nvr_error *err);
/* reported_at and closed_at. */
int nvr_breach_update(
    struct nvr_store *st, const struct nvr_breach *b, struct nvr_error *err);
/* Oldest first; id 0: all. */
int nvr_breach_each(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_breach *b), void *ctx,
    struct nvr_error *err);

struct nvr_breach_note {
	int64_t id, breach, at;
	const char *who;
	struct nvr_blob text; /* the same */
};

int nvr_breach_note_insert(struct nvr_store *st,
    const struct nvr_breach_note *n, struct nvr_error *err);
int nvr_breach_note_each(struct nvr_store *st, int64_t breach,
    int (*row)(void *ctx, const struct nvr_breach_note *n), void *ctx,
    struct nvr_error *err);

#endif
