/*
 * Whether a view is as it was: the mean brightness of 80 x 45 cells, each 8 x 8
 * pixels of nvr_luma.  What changes all of the picture alike (exposure, dusk)
 * is taken out by the median of the differences; then a few cells that differ
 * are enough to call it changed.  It errs to that side: it costs a question.
 */
#ifndef NVR_CORE_SCENE_H
#define NVR_CORE_SCENE_H

#include <stdbool.h>

#include "core/state.h"
#include "still/luma.h"

#define NVR_SCENE_X 80
#define NVR_SCENE_Y 45
#define NVR_SCENE_CELLS (NVR_SCENE_X * NVR_SCENE_Y)

struct nvr_scene {
	uint8_t cell[NVR_SCENE_CELLS]; /* 0..255 */
};

void nvr_scene_measure(const struct nvr_luma *luma, struct nvr_scene *ret);
bool nvr_scene_alike(const struct nvr_scene *a, const struct nvr_scene *b);

/*
 * The view that was last asked about with that prompt, and within the 24 hours
 * before now: what is overlooked once is not so for ever.  1: found, 0: none.
 */
int nvr_scene_load(struct nvr_state *s, int64_t camera,
    const char *prompt_sha256, int64_t now, struct nvr_scene *ret,
    struct nvr_error *err);
/* Enters it; NULL forgets it. */
int nvr_scene_save(struct nvr_state *s, int64_t camera,
    const char *prompt_sha256, const struct nvr_scene *scene, int64_t now,
    struct nvr_error *err);

#endif
