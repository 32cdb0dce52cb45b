/* What a portal has set, for all tools; see enrolment.h.  Who has it speaks to
 * no portal, and does not link what that takes. */
#include "core/enrolment.h"

int
nvr_enrolment_rules(
    struct nvr_state *s, struct nvr_rules *rules, struct nvr_error *err)
{
	int64_t us, bytes;
	int rc = nvr_enrolment_retention(s->store, &us, &bytes, err);

	if (us != 0)
		rules->keep.footage = us;
	if (bytes != 0)
		rules->keep.footage_bytes = bytes;
	return rc;
}

int64_t
nvr_enrolment_interval(const struct nvr_state *s)
{
	return s->rules != NULL && s->rules->heartbeat > 0 ? s->rules->heartbeat
							   : NVR_BEAT_INTERVAL;
}
