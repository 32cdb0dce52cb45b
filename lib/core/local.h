/*
 * The local analyzer at the store: one baseline a camera, resolution and
 * mode, as a sealed column (seal/column.h).
 */
#ifndef NVR_CORE_LOCAL_H
#define NVR_CORE_LOCAL_H

#include "core/health.h"
#include "core/inventory.h"
#include "still/luma.h"
#include "store/audit.h"

struct nvr_local_result {
	struct nvr_health_report report;
	const char *mode; /* of the baseline: day, infrared */
	bool learning;	  /* too few healthy stills to judge all of it */
	struct nvr_finding finding[NVR_HEALTH_LABELS];
	char evidence[NVR_HEALTH_LABELS][256];
};

/*
 * Judges a still and, if `learn`, teaches the baseline.  Inside the caller's
 * transaction, so that two auditors of one camera do not undo each other's
 * learning.
 */
int nvr_local_judge(struct nvr_state *s, int64_t camera,
    const struct nvr_luma *luma, bool learn, struct nvr_local_result *ret,
    struct nvr_error *err);

/* A copy that stands on its own. */
void nvr_local_copy(
    const struct nvr_local_result *from, struct nvr_local_result *to);

/*
 * Makes a kept still the reference that a model is shown for its view.
 * NVR_E_AGAIN while there is no baseline of its resolution and mode.
 */
int nvr_local_refer(struct nvr_state *s, int64_t camera, const void *jpeg,
    size_t len, int64_t still, struct nvr_error *err);

/*
 * Takes every ready baseline of the camera as its reference, and lets a view
 * that was not healthy by the other mode's baseline be learnt; *n counts both.
 */
int nvr_local_accept(
    struct nvr_state *s, int64_t camera, int *n, struct nvr_error *err);

#endif
