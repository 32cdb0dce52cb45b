/*
 * What an authority was given: by whom it was asked for, on what legal basis,
 * and who reviewed that.  It outlives the account, so all of it is sealed
 * under the key of account 0; its line of the log is no account's either, as a
 * procedure may forbid that the person is told.  See register.h.
 */
#ifndef NVR_CORE_DISCLOSURE_H
#define NVR_CORE_DISCLOSURE_H

#include "core/state.h"
#include "store/disclosure.h"

struct nvr_disclosed {
	int64_t id, account, at;
	/* From when the law lets the person be told (GDPR, article 15(1)(c)),
	 * and their export names it; 0: not till somebody says so. */
	int64_t tell_at;
	const char *authority, *basis, *reviewed_by, *what;
};

/* Of account; all texts are needed: NVR_E_USAGE names the one that is
 * missing. */
int nvr_disclose(struct nvr_state *s, const struct nvr_disclosed *d,
    int64_t *id, struct nvr_error *err);

/* Later, when the law lets the person be told; 0: it does not. */
int nvr_disclosure_tell_at(
    struct nvr_state *s, int64_t id, int64_t tell_at, struct nvr_error *err);

/*
 * By time, since `since`; borrowed for the call.  A text that does not open is
 * NULL, and hides no other row: the error comes at the end.
 */
int nvr_disclosed_each(struct nvr_state *s, int64_t since,
    int (*row)(void *ctx, const struct nvr_disclosed *d), void *ctx,
    struct nvr_error *err);

#endif
