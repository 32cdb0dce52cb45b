/*
 * What the parts of the inventory share: inventory.c has what may be entered,
 * inventory_life.c finding, removing and restoring, inventory_log.c what the
 * security log says of it.
 */
#ifndef NVR_CORE_INVENTORY_INT_H
#define NVR_CORE_INVENTORY_INT_H

#include "core/inventory.h"

#define NVR_CAMERA_NAME_MAX 64 /* bytes */

int nvr_camera_name_check(const char *name, struct nvr_error *err);

/* In the caller's transaction, under the camera's account. */
int nvr_camera_log(struct nvr_state *s, const char *type,
    const struct nvr_camera *cam, struct nvr_error *err);
/* Fields, old and new, without secrets.  Moved to another account's site, it
 * is gone in the log of the one, and there in that of the other. */
int nvr_camera_log_change(struct nvr_state *s, const struct nvr_camera *was,
    const struct nvr_camera *is, const struct nvr_camera_change *c,
    struct nvr_error *err);

#endif
