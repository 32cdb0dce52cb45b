/* Sessions, as rows; what they are is in core/session.h. */
#ifndef NVR_STORE_SESSION_H
#define NVR_STORE_SESSION_H

#include <stdbool.h>

#include "store/account.h"

#define NVR_SESSION_HASH 32

struct nvr_session_row {
	int64_t id, account_id;
	uint8_t hash[NVR_SESSION_HASH];
	const char *factor; /* password, totp, sms, recovery */
	struct nvr_blob address, agent;
	int64_t created_at, confirmed_at, active_at, expires_at;
};

int nvr_session_insert(struct nvr_store *st, const struct nvr_session_row *x,
    struct nvr_error *err);

/* Which of them live: what expires after `now`, was active since `idle`, and
 * began after `since` and until `until`. */
struct nvr_session_bounds {
	int64_t now, idle, since, until;
};

/*
 * The one of that hash, if it lives, of an account that is not deleted;
 * borrowed for the call of row(), whose result is returned; NVR_E_NOENT: there
 * is none.
 */
int nvr_session_get(struct nvr_store *st, const uint8_t hash[NVR_SESSION_HASH],
    const struct nvr_session_bounds *b,
    int (*row)(void *ctx, const struct nvr_session_row *x), void *ctx,
    struct nvr_error *err);

/* Those of an account, by creation; stops when row() returns not 0. */
int nvr_session_each(struct nvr_store *st, int64_t account,
    const struct nvr_session_bounds *b,
    int (*row)(void *ctx, const struct nvr_session_row *x), void *ctx,
    struct nvr_error *err);

int nvr_session_touch(
    struct nvr_store *st, int64_t id, int64_t now, struct nvr_error *err);
/* *won: it had the old hash.  factor NULL: as it was; confirmed 0: likewise. */
int nvr_session_rehash(struct nvr_store *st,
    const uint8_t from[NVR_SESSION_HASH], const uint8_t to[NVR_SESSION_HASH],
    const char *factor, int64_t confirmed, bool *won, struct nvr_error *err);

/* id 0: all of the account; but one, where `but` is not 0.  *n went. */
int nvr_session_delete(struct nvr_store *st, int64_t account, int64_t id,
    int64_t but, int *n, struct nvr_error *err);
/* The idlest of the account, so that at most `most` stay; *n went. */
int nvr_session_trim(struct nvr_store *st, int64_t account, int64_t most,
    int *n, struct nvr_error *err);
/*
 * Those that expired by `now`, or were not active since `idle`, but for those
 * of restricted accounts; at: when that was, or their last activity.  Stops
 * when row() returns not 0.
 */
int nvr_session_each_over(struct nvr_store *st, int64_t now, int64_t idle,
    int (*row)(void *ctx, int64_t id, int64_t at), void *ctx,
    struct nvr_error *err);
/* Deletes at most `limit` of them; row() hears of each. */
int nvr_session_expire(struct nvr_store *st, int64_t now, int64_t idle,
    int64_t limit, int (*row)(void *ctx, int64_t id, int64_t at), void *ctx,
    struct nvr_error *err);

/*
 * Those that began before then and are not over by `now`, with more than
 * `empty` bytes of an address or an agent; not of restricted accounts.  By
 * beginning, behind that one (0, 0: from the first), at most `limit`.
 */
int nvr_session_each_told(struct nvr_store *st, int64_t before,
    const struct nvr_session_bounds *b, int64_t empty, int64_t after_created,
    int64_t after_id, int64_t limit,
    int (*row)(void *ctx, const struct nvr_session_row *x), void *ctx,
    struct nvr_error *err);
/* Other bytes for both, unless it is another by now; *done: so it was. */
int nvr_session_untell(struct nvr_store *st, int64_t id, int64_t created_at,
    struct nvr_blob address, struct nvr_blob agent, bool *done,
    struct nvr_error *err);

#endif
