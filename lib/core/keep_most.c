/* For how long stills may be kept (N4); see keep.h. */
#include <string.h>

#include "base/time.h"
#include "core/keep.h"
#include "store/usage.h"

/*
 * What ends a still that was taken so long ago, whatever was asked for: on the
 * free tier nvr.conf's limit, else the camera's own.  0: its own time alone.
 */
int
nvr_keep_cap(struct nvr_state *s, int64_t account, int64_t of_camera,
    struct nvr_keep_limit *ret, struct nvr_error *err)
{
	const int64_t of_free =
	    s->rules != NULL ? s->rules->keep.stills_free : 0;
	char tier[16] = "premium";
	int rc =
	    account != 0 ? nvr_usage_tier(s->store, account, tier, err) : 0;

	if (rc != 0)
		return rc;
	*ret = (struct nvr_keep_limit){.us = of_camera > 0 ? of_camera : 0,
	    .says = "the camera's retain-stills",
	    .free = strcmp(tier, "premium") != 0};
	if (ret->free && of_free > 0 && (ret->us == 0 || of_free < ret->us)) {
		ret->us = of_free;
		ret->says = "stills-free of nvr.conf";
	}
	return 0;
}

int
nvr_keep_most(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_keep_limit *ret, struct nvr_error *err)
{
	int64_t most = s->rules->keep.stills;
	int rc = nvr_keep_cap(s, cam->account_id, cam->retain_stills, ret, err);

	if (rc == 0 && (ret->us == 0 || (ret->free && most < ret->us))) {
		ret->us = most;
		ret->says = "keep-max of nvr.conf";
	}
	return rc;
}

int
nvr_keep_check(struct nvr_state *s, const struct nvr_camera *cam, int64_t keep,
    struct nvr_error *err)
{
	char text[NVR_TIME_TEXT];
	struct nvr_keep_limit most;
	int rc = nvr_keep_most(s, cam, &most, err);

	return rc == 0 && keep > most.us
		   ? nvr_fail(err, NVR_E_USAGE,
			 "--keep: stills of '%s' are kept for %s at the most, "
			 "as %s says",
			 cam->name, nvr_duration_format(most.us, text),
			 most.says)
		   : rc;
}
