/*
 * Changes of policy: announced to everybody, 30 days ahead at the least, and
 * who was told when.  See register.h.
 */
#ifndef NVR_CORE_NOTICE_H
#define NVR_CORE_NOTICE_H

#include "core/telling.h"
#include "store/notice.h"

#define NVR_NOTICE_AHEAD (30 * NVR_DAY)

/*
 * A draft; of a draft of the same kind and version a new one.  id, created_at
 * and announced_at are not looked at.  NVR_E_USAGE, with the first day that
 * is possible, for a change that takes effect too soon; NVR_E_CREATE when
 * that version was announced.
 */
int nvr_notice_new(struct nvr_state *s, const struct nvr_notice *n, int64_t *id,
    struct nvr_error *err);

/*
 * Announces it now and tells everybody, or goes on where that was cut short.
 * In transactions of its own; see core/breach.h for t.
 */
int nvr_notice_send(struct nvr_state *s, int64_t id, struct nvr_telling *t,
    struct nvr_error *err);

/* For the portal, of who is signed in: what was announced and not seen. */
int nvr_notice_each_unseen(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_notice *n), void *ctx,
    struct nvr_error *err);
int nvr_notice_seen(
    struct nvr_state *s, int64_t id, int64_t account, struct nvr_error *err);

#endif
