/*
 * Browsers that were signed in before: a token, kept as a cookie, that says so
 * of one account, so that strangers who try its password cannot keep its owner
 * out.  It opens nothing.
 *
 *	id (16 hexadecimal digits) account (16) expiry (16) HMAC-SHA256 (64)
 *
 * The HMAC is also over when the password was set, so a new one ends them all.
 */
#ifndef NVR_CORE_DEVICE_H
#define NVR_CORE_DEVICE_H

#include "base/time.h"
#include "core/state.h"
#include "store/account.h"

#define NVR_DEVICE_TEXT 113 /* the digits and a NUL */
#define NVR_DEVICE_LASTS (180 * NVR_DAY)

/* id 0: a new one; else it lasts anew. */
int nvr_device_make(struct nvr_state *s, const struct nvr_account *a,
    int64_t id, int64_t now, char text[NVR_DEVICE_TEXT], struct nvr_error *err);

/* Its id where it is one of that account, which still holds; else 0.  text may
 * be anything, and NULL; a NULL: there is no such account. */
int nvr_device_check(struct nvr_state *s, const char *text,
    const struct nvr_account *a, int64_t now, int64_t *id,
    struct nvr_error *err);

#endif
