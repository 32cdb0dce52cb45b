/*
 * The end of an account's data, and the ledger of who was erased.
 *
 * The ledger is the file keys/erasures, a line `TIME ID` for each, and the
 * table `erasure` of the store: whichever of them comes from a backup is made
 * whole from the other.  An erasure is a line of the ledger first; then the
 * account's key goes, then its rows.  From the line on it happens, whatever
 * crashes: every opening of the store compares the ledger's size with what
 * the store has heeded, and catches up before anything else.
 *
 * Who can write the store cannot thereby destroy keys: each row has an HMAC
 * under the store's key `erasure`, which is in keys.db.  Rows with another are
 * passed over, the security log tells of them (`erasure.forged`), and so does
 * nvr-store check.  The file lies with the keys, and is trusted as they are.
 */
#ifndef NVR_CORE_ERASURE_H
#define NVR_CORE_ERASURE_H

#include "core/state.h"
#include "store/erase.h"

/*
 * Erases: key, rows and what hangs on them, as privacy_column says.  Footage
 * that was recorded here stays, with its cameras, which are then nobody's
 * (C20).  It can be done again.
 */
int nvr_erase(struct nvr_state *s, int64_t account, struct nvr_error *err);

/*
 * Erases the accounts that were deleted longer ago than s->rules->restore, but
 * for those whose data is restricted; *n says how many, also where it fails,
 * and went() hears of each and of when it was deleted; NULL: nobody.
 */
int nvr_erase_due(struct nvr_state *s, int64_t now,
    int (*went)(void *ctx, int64_t account, int64_t at), void *ctx, int *n,
    struct nvr_error *err);

/*
 * Keys without an account: of one that was begun and left, or whose store was
 * put back as it was before.  They go once they have been seen without for
 * s->rules->restore, as a newer copy of the store may bring the account back,
 * and never while some key is newer than all that the store tells of: such a
 * copy has just been put back.  Nor are they before a day is over.
 */
/* Notes which there are, and since when; ahead of the others. */
int nvr_keyless_watch(struct nvr_state *s, struct nvr_error *err);
/* Those that are due, and since when they are without; changes nothing. */
int nvr_keyless_each(struct nvr_state *s, int64_t now,
    int (*row)(void *ctx, int64_t account, int64_t since), void *ctx,
    struct nvr_error *err);
/* Destroys them; the ledger has them, since rows of the log may be sealed under
 * them. */
int nvr_keyless_erase(struct nvr_state *s, int64_t now,
    int (*went)(void *ctx, int64_t account, int64_t since), void *ctx,
    struct nvr_error *err);
/* How many keys there are, with an account or without. */
int nvr_keyless_all(struct nvr_state *s, int64_t *ret, struct nvr_error *err);

/*
 * Catches up with the ledger.  The file is made whole from the table.  Lines
 * that are none are passed over: nvr-store check tells of them.
 */
int nvr_erasures_replay(struct nvr_state *s, struct nvr_error *err);

/* The same where it is needed, which costs next to nothing to know.  Every
 * opening of the store does it. */
int nvr_erasures_check(struct nvr_state *s, struct nvr_error *err);

/*
 * The genuine rows of that store, by account; *forged counts the others.  The
 * key is that of s.  Stops when row() returns not 0.
 */
int nvr_erasures_each(struct nvr_state *s, struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_erased *e), void *ctx,
    int64_t *forged, struct nvr_error *err);

/*
 * In a transaction of the store: whether the account's end is in the ledger and
 * has not reached the store.  Then it is too late to keep it.
 */
int nvr_erasure_begun(
    struct nvr_state *s, int64_t account, bool *ret, struct nvr_error *err);

/* For core/restore*.c, which has the ledger open: replays it to s->store; *n
 * says how many accounts were erased by it. */
struct nvr_ledger;
int nvr_erasures_heed(
    struct nvr_state *s, struct nvr_ledger *l, int *n, struct nvr_error *err);

#endif
