/*
 * Restriction of processing (GDPR, article 18): rows of a restricted account
 * are kept and not used.  Those of a deleted one are kept to be restored and
 * not used either, but they do expire, and room is made of them.  Every
 * statement that reads rows for use carries NVR_USABLE (store/db.h), so that
 * no tool can forget, and one that looks for what may go NVR_LOSABLE;
 * tests/lint/restricted holds them to it.
 */
#ifndef NVR_STORE_RESTRICT_H
#define NVR_STORE_RESTRICT_H

#include <stdbool.h>

#include "store/store.h"

enum nvr_bar {
	NVR_BAR_NONE,
	NVR_BAR_RESTRICTED, /* and perhaps deleted */
	NVR_BAR_DELETED,
	NVR_BAR_OFF, /* from recording alone */
};

/* Account 0 never is; one that is not there is not. */
int nvr_barred(struct nvr_store *st, int64_t account, enum nvr_bar *ret,
    struct nvr_error *err);

/* Whether the camera's account is: what runs for long asks now and then. */
int nvr_barred_camera(struct nvr_store *st, int64_t camera, enum nvr_bar *ret,
    struct nvr_error *err);

/* The same of recording that stream, `main` or `sub`, which the camera's own
 * setting ends as well, and that the camera is not there any more. */
int nvr_barred_recording(struct nvr_store *st, int64_t camera,
    const char *stream, enum nvr_bar *ret, struct nvr_error *err);

/* How many cameras are not removed and left out of lists for their account's
 * sake. */
int nvr_barred_cameras(struct nvr_store *st, int64_t *n, struct nvr_error *err);

/* `its processing is restricted: …`; constant. */
const char *nvr_bar_reason(enum nvr_bar bar);

int nvr_restricted(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err);

#endif
