/* Sign-ins from new places; see alert.h. */
#include <math.h>
#include <string.h>

#include "core/alert_int.h"
#include "core/log.h"

static int
add(void *ctx, const struct nvr_log_entry *e)
{
	struct nvr_judging *x = ctx;
	const struct nvr_found f = {.account_id = e->account,
	    .object = e->seq, /* each of them is news */
	    .at = e->at,
	    .since = e->at,
	    .value = NAN};
	struct nvr_sight *t;

	/* What is restricted, or was erased, does not open. */
	if (e->state != NVR_LOG_OPEN || e->account == 0 ||
	    !json_is_true(
		json_object_get(json_object_get(e->payload, "detail"), "new")))
		return 0;
	t = nvr_sight_add(x, "signin-new-place", &f, "your account");
	if (t == NULL)
		return NVR_E_NOMEM;
	strlcpy(t->why, "nobody signed in from there before", sizeof(t->why));
	return 0;
}

int
nvr_alert_gather_signins(struct nvr_judging *x)
{
	const struct nvr_log_filter f = {
	    .type = "signin.ok", .since = x->looked - NVR_MINUTE};

	return nvr_judging_miss(
	    x, "signin-new-place", nvr_log_each(x->s, &f, add, x, x->err));
}
