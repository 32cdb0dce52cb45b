/* Whether a view is as it was; see scene.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/keys.h"
#include "core/scene.h"
#include "store/baseline.h"

#define SIDE (NVR_LUMA_WIDTH / NVR_SCENE_X)
#define DIFFERS 8    /* of 255: three times what noise and JPEG make of it */
#define CELLS_MOST 3 /* so many may: a bird, a lamp */

_Static_assert(NVR_LUMA_HEIGHT / NVR_SCENE_Y == SIDE, "cells are square");

void
nvr_scene_measure(const struct nvr_luma *luma, struct nvr_scene *ret)
{
	for (int cy = 0; cy < NVR_SCENE_Y; cy++) {
		for (int cx = 0; cx < NVR_SCENE_X; cx++) {
			const uint8_t *p =
			    luma->y + cy * SIDE * NVR_LUMA_WIDTH + cx * SIDE;
			unsigned sum = 0;

			for (int y = 0; y < SIDE; y++, p += NVR_LUMA_WIDTH)
				for (int x = 0; x < SIDE; x++)
					sum += p[x];
			ret->cell[cy * NVR_SCENE_X + cx] =
			    (uint8_t)((sum + SIDE * SIDE / 2) / (SIDE * SIDE));
		}
	}
}

bool
nvr_scene_alike(const struct nvr_scene *a, const struct nvr_scene *b)
{
	int count[511] = {0}, median = -255, below = 0, changed = 0;

	for (int i = 0; i < NVR_SCENE_CELLS; i++)
		count[a->cell[i] - b->cell[i] + 255]++;
	while ((below += count[median + 255]) <= NVR_SCENE_CELLS / 2)
		median++;
	for (int i = 0; i < NVR_SCENE_CELLS; i++)
		changed += abs(a->cell[i] - b->cell[i] - median) > DIFFERS;
	return changed <= CELLS_MOST;
}

int
nvr_scene_load(struct nvr_state *s, int64_t camera, const char *prompt_sha256,
    int64_t now, struct nvr_scene *ret, struct nvr_error *err)
{
	struct nvr_column at = {"asked", "cells", camera};
	struct nvr_buf sealed = {0}, plain = {0};
	int rc = nvr_asked_get(
	    s->store, camera, prompt_sha256, now - NVR_DAY, now, &sealed, err);

	if (rc == 1) {
		rc = nvr_sealed_get(
		    s, 0, &at, sealed.data, sealed.len, &plain, err);
		if (rc == 0 && plain.len != sizeof(ret->cell))
			rc = nvr_fail(
			    err, NVR_E_DATA, "a view of %zu bytes", plain.len);
		if (rc == 0) {
			memcpy(ret->cell, plain.data, sizeof(ret->cell));
			rc = 1;
		}
	}
	nvr_buf_release(&sealed);
	nvr_buf_release(&plain);
	return rc;
}

int
nvr_scene_save(struct nvr_state *s, int64_t camera, const char *prompt_sha256,
    const struct nvr_scene *scene, int64_t now, struct nvr_error *err)
{
	struct nvr_column at = {"asked", "cells", camera};
	struct nvr_buf sealed = {0};
	int rc;

	if (scene == NULL)
		return nvr_asked_put(
		    s->store, camera, prompt_sha256, NULL, 0, 0, err);
	rc = nvr_sealed_put(
	    s, 0, &at, scene->cell, sizeof(scene->cell), &sealed, err);
	if (rc == 0)
		rc = nvr_asked_put(s->store, camera, prompt_sha256, sealed.data,
		    sealed.len, now, err);
	nvr_buf_release(&sealed);
	return rc;
}
