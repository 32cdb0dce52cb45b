/* For how long stills may be kept (N4); see keep.h. */
#include <string.h>

#include "base/time.h"
#include "core/keep.h"
#include "store/usage.h"

/*
 * How old a still becomes at the most, whatever was asked for: on the free tier
 * as nvr.conf says, and as its camera does (0: it does not).  us 0: it is kept
 * until its time is over.
 */
static int
cap(struct nvr_state *s, int64_t account, int64_t of_camera,
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
nvr_keep_until(struct nvr_state *s, int64_t account, int64_t of_camera,
    int64_t taken_at, int64_t *expires, struct nvr_error *err)
{
	struct nvr_keep_limit most;
	int64_t end;
	int rc = cap(s, account, of_camera, &most, err);

	if (rc == 0 && most.us > 0 &&
	    !__builtin_add_overflow(taken_at, most.us, &end) && end < *expires)
		*expires = end;
	return rc;
}

int
nvr_keep_most(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_keep_limit *ret, struct nvr_error *err)
{
	int64_t most = s->rules->keep.stills;
	int rc = cap(s, cam->account_id, cam->retain_stills, ret, err);

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
