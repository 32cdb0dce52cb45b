/* The transactions of judging, and what fails in it; see alert_int.h. */
#include "core/alert_int.h"

/* One transaction is no longer than others should wait. */
int
nvr_judging_turn(struct nvr_judging *x)
{
	int rc;

	if (x->began && !nvr_store_enough(x->s->store))
		return 0;
	if (x->began) {
		x->began = false;
		rc = nvr_store_end(x->s->store, 0, x->err);
		if (rc != 0)
			return rc;
		nvr_store_rest();
	}
	rc = nvr_store_begin(x->s->store, x->err);
	x->began = rc == 0;
	return rc;
}

int
nvr_judging_done(struct nvr_judging *x, int rc)
{
	if (!x->began)
		return rc;
	x->began = false;
	return nvr_store_end(x->s->store, rc, x->err);
}

int
nvr_judging_try(struct nvr_judging *x)
{
	int rc = nvr_judging_turn(x);

	return rc == 0 ? nvr_store_try(x->s->store, x->err) : rc;
}

int
nvr_judging_tried(struct nvr_judging *x, int rc)
{
	struct nvr_error why;

	if (rc == 0)
		return nvr_store_tried(x->s->store, true, x->err);
	if (rc == NVR_E_AGAIN || rc == NVR_E_NOMEM)
		return rc;
	if (x->failed.code == 0)
		x->failed = *x->err;
	x->missed = true;
	/* Where that fails, too, it is the store. */
	return nvr_store_tried(x->s->store, false, &why) == 0 ? 0 : rc;
}

int
nvr_judging_miss(struct nvr_judging *x, const char *kind, int rc)
{
	if (rc == 0 || rc == NVR_E_AGAIN || rc == NVR_E_NOMEM)
		return rc;
	x->unseen |= nvr_alert_bit(nvr_alert_kind(kind));
	if (x->failed.code == 0)
		x->failed = *x->err;
	return 0;
}
