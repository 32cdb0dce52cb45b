/*
 * The end of an account's data, and the ledger of who was erased.
 *
 * The ledger is the file keys/erasures, a line `TIME ID` for each, and the
 * table `erasure` of the store: whichever of them comes from a backup is made
 * whole from the other.  An erasure is a line of the ledger first; then the
 * account's key goes, then its rows.  From the line on it happens, whatever
 * crashes: every opening of the store compares the ledger's size with what
 * the store has heeded, and catches up before anything else.
 */
#ifndef NVR_CORE_ERASURE_H
#define NVR_CORE_ERASURE_H

#include "core/state.h"

/*
 * Erases: key, rows and what hangs on them, as privacy_column says.  Footage
 * that was recorded here stays, with its cameras, which are then nobody's
 * (C20).  It can be done again.
 */
int nvr_erase(struct nvr_state *s, int64_t account, struct nvr_error *err);

/* Catches up with the ledger; *n says how many accounts were erased by it. */
int nvr_erasures_replay(struct nvr_state *s, int *n, struct nvr_error *err);

#endif
