/*
 * The rows of an account go, as the register `privacy_column` says, and the
 * ledger's table `erasure`.  See core/erasure.h.
 */
#ifndef NVR_STORE_ERASE_H
#define NVR_STORE_ERASE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

#define NVR_ERASURE_MAC 32

struct nvr_erased {
	int64_t account, at;
	int64_t end; /* of its line in the ledger; 0: it comes from elsewhere */
};

/*
 * Every table with a column account_id does what that column's rule is.
 * delete: rows of these accounts and of their cameras go; null: account_id
 * becomes 0 and the columns of that rule NULL; keep and shred: they stay.
 * Cameras with footage stay, as nobody's, with the limits of their site and
 * what finds their footage, and are removed once that has gone
 * (retain_camera.h); kept
 * stills become garbage.  Schedules that are left
 * without a camera go.  The accounts' own rows are the last.
 */
struct nvr_erasing {
	int64_t now;
	/* That one stays, by that name from now on. */
	int (*adopted)(void *ctx, int64_t camera, const char *name);
	void *ctx;
};
/* Takes the accounts in hand: ahead of the transactions, not in one. */
int nvr_erase_take(struct nvr_store *st, const struct nvr_erased *list,
    size_t n, struct nvr_error *err);
/*
 * In the caller's transaction, as much as others should wait for.  1: that was
 * not all of it.  The one that returns 0 has seen that nothing is left.
 */
int nvr_erase_rows(
    struct nvr_store *st, const struct nvr_erasing *to, struct nvr_error *err);
/* Whether an erasure of the account was begun and not finished, if any was:
 * its row is there, or rows of the log. */
int nvr_erase_left(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err);

/* In place of a row that there may be. */
int nvr_erasure_put(struct nvr_store *st, const struct nvr_erased *e,
    const uint8_t mac[NVR_ERASURE_MAC], struct nvr_error *err);
/*
 * Rows as they stand there, of that account or, 0, of all, by account; what
 * they say is worth what core/erasure.h says.  Stops when row() returns not 0.
 */
int nvr_erasure_each(struct nvr_store *st, int64_t account,
    int (*row)(
	void *ctx, const struct nvr_erased *e, const void *mac, size_t len),
    void *ctx, struct nvr_error *err);

struct nvr_deleted {
	int64_t account, at;
};

/* Accounts that were deleted before `when`, those that were first ones first,
 * behind `after` and at most `limit`; but for restricted ones, whose data is
 * kept (GDPR, article 18). */
int nvr_erasure_each_due(struct nvr_store *st, int64_t when,
    struct nvr_deleted after, int64_t limit,
    int (*row)(void *ctx, int64_t account, int64_t at), void *ctx,
    struct nvr_error *err);
/* Whether it still is one of them. */
int nvr_erasure_is_due(struct nvr_store *st, int64_t account, int64_t when,
    bool *ret, struct nvr_error *err);
/* How many accounts there are. */
int nvr_accounts_all(struct nvr_store *st, int64_t *ret, struct nvr_error *err);
/* Whether the account has a row. */
int nvr_account_there(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err);

#endif
