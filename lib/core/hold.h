/* Holds on footage (store/event.h), each with its row of the security log. */
#ifndef NVR_CORE_HOLD_H
#define NVR_CORE_HOLD_H

#include "core/state.h"
#include "store/event.h"

/* One transaction each; h->camera_id is cam's. */
int nvr_hold_begin(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_hold *h, struct nvr_error *err);
/* *n holds of that span end, h->id alone unless it is 0; *n 0: there was
 * none. */
int nvr_hold_end(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_hold *h, int *n, struct nvr_error *err);

#endif
