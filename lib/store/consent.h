/* What people agreed to, as rows.  The rules are in core/consent.h. */
#ifndef NVR_STORE_CONSENT_H
#define NVR_STORE_CONSENT_H

#include "store/store.h"

struct nvr_consent {
	int64_t id, account, at;
	const char *kind; /* sms, training, stills, … */
	bool given;	  /* or withdrawn */
	const char *version, *text, *channel;
	const char *origin; /* of the channel `import`: that of the archive,
			       for the log; else NULL */
};

/* In a transaction.  The last one added holds, whatever the clock did since:
 * its id is above those of its kind, so maybe not c->id. */
int nvr_consent_add(
    struct nvr_store *st, const struct nvr_consent *c, struct nvr_error *err);

/* Whether the last row of the kind gives it, by a channel but `import`. */
int nvr_consent_holds(struct nvr_store *st, int64_t account, const char *kind,
    bool *ret, struct nvr_error *err);

/* Of one account, oldest first; kind NULL: of all kinds.  Borrowed. */
int nvr_consent_list(struct nvr_store *st, int64_t account, const char *kind,
    int (*row)(void *ctx, const struct nvr_consent *c), void *ctx,
    struct nvr_error *err);

#endif
