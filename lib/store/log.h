/*
 * The rows of the security log, its tail and its signed marks.  What is in
 * them is in core/log.h.
 *
 * A row whose digests do not have 32 bytes is given zeros for them, which fit
 * nothing.
 */
#ifndef NVR_STORE_LOG_H
#define NVR_STORE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

#define NVR_LOG_HASH 32

struct nvr_log_row {
	int64_t seq, account, at;
	const char *type;
	const void *sealed; /* NULL: it was erased */
	size_t sealed_len;
	uint8_t commitment[NVR_LOG_HASH], hash[NVR_LOG_HASH];
};

/* An end of the chain: its tail, or its last row, which has no mac. */
struct nvr_log_end {
	int64_t seq; /* 0: there is none */
	uint8_t hash[NVR_LOG_HASH], mac[NVR_LOG_HASH];
};

/* NVR_E_BUG outside a transaction. */
int nvr_log_add(
    struct nvr_store *st, const struct nvr_log_row *row, struct nvr_error *err);
int nvr_log_last(
    struct nvr_store *st, struct nvr_log_end *ret, struct nvr_error *err);
int nvr_log_tail(
    struct nvr_store *st, struct nvr_log_end *ret, struct nvr_error *err);
int nvr_log_tail_put(
    struct nvr_store *st, const struct nvr_log_end *end, struct nvr_error *err);

/*
 * Rows in the order of the chain, borrowed for the call.  Stops when row()
 * returns not 0, and returns that.
 */
int nvr_log_chain(struct nvr_store *st, int64_t after,
    int (*row)(void *ctx, const struct nvr_log_row *r), void *ctx,
    struct nvr_error *err);

/*
 * The account's rows up to that one, by seq, each with the hash of the row
 * ahead of it, which may be somebody else's; NULL where that is gone and left
 * no mark.  Borrowed for the call.  Stops when row() returns not 0.
 */
int nvr_log_linked(struct nvr_store *st, int64_t account, int64_t upto,
    int (*row)(void *ctx, const struct nvr_log_row *r, const void *previous),
    void *ctx, struct nvr_error *err);

/* The newest of these, the oldest of them first; 0 or NULL: no such bound. */
struct nvr_log_filter {
	int64_t account, since, until;
	const char *type; /* what it begins with */
	int64_t limit;
};
int nvr_log_newest(struct nvr_store *st, const struct nvr_log_filter *f,
    int (*row)(void *ctx, const struct nvr_log_row *r), void *ctx,
    struct nvr_error *err);

/*
 * The last row that is older than `before`, of those ahead of the first that
 * is not; 0: there is none.  Rows of the future, from a clock that was ahead,
 * are as old as those that follow them.  The first of a restricted account's
 * ends them: its data is kept (GDPR, article 18), and the chain has no gaps.
 */
int nvr_log_older(struct nvr_store *st, int64_t before, int64_t now,
    int64_t *seq, struct nvr_error *err);
/* The rows up to this one, from the first, at most `limit`.  Stops when row()
 * returns not 0. */
int nvr_log_upto(struct nvr_store *st, int64_t seq, int64_t limit,
    int (*row)(void *ctx, int64_t seq, int64_t at), void *ctx,
    struct nvr_error *err);
int nvr_log_count(struct nvr_store *st, int64_t *ret, struct nvr_error *err);
/* Drops the rows up to this one. */
int nvr_log_drop(struct nvr_store *st, int64_t seq, struct nvr_error *err);
int nvr_log_hash_at(struct nvr_store *st, int64_t seq,
    uint8_t ret[NVR_LOG_HASH], struct nvr_error *err);

/*
 * The account's rows in their order, with how many bytes are sealed in each; 0:
 * it was erased.  Stops when row() returns not 0, and returns that.
 */
int nvr_log_of(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, int64_t seq, int64_t sealed), void *ctx,
    struct nvr_error *err);
/* Those up to there have no payload and no account any more. */
int nvr_log_blank(
    struct nvr_store *st, int64_t account, int64_t upto, struct nvr_error *err);

/* Whether the account is one that was erased; 0: whether any was. */
int nvr_log_erased(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err);
/* Whether any was: what is erased has lost its account too. */
int nvr_log_any_erased(struct nvr_store *st, bool *ret, struct nvr_error *err);

/* A signed state of the chain. */
struct nvr_log_mark {
	int64_t seq, at;
	bool pruned; /* what stood up to here is gone; else a head */
	uint8_t hash[NVR_LOG_HASH];
	const char *signature;
};
int nvr_log_mark_put(
    struct nvr_store *st, const struct nvr_log_mark *m, struct nvr_error *err);
/* By seq, borrowed for the call. */
int nvr_log_marks(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_log_mark *m), void *ctx,
    struct nvr_error *err);
/* Those behind which nothing is left: all before seq. */
int nvr_log_marks_drop(
    struct nvr_store *st, int64_t seq, struct nvr_error *err);

#endif
