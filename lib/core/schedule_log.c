/* Schedules in the security log; see schedule_log.h. */
#include "base/time.h"
#include "core/changes.h"
#include "core/log.h"
#include "core/schedule_log.h"

static int
add(void *ctx, int64_t account)
{
	struct nvr_schedule_audience *a = ctx;

	a->others = a->others || account == 0;
	for (int i = 0; i < a->n; i++)
		if (a->account[i] == account)
			return 0;
	if (account != 0 && a->n < NVR_SCHEDULE_ACCOUNTS)
		a->account[a->n++] = account;
	return 0;
}

int
nvr_schedule_hearers(struct nvr_state *s, int64_t schedule,
    struct nvr_schedule_audience *a, struct nvr_error *err)
{
	return nvr_schedule_each_account(s->store, schedule, add, a, err);
}

static json_t *
compare(const struct nvr_schedule *was, const struct nvr_schedule *is)
{
	json_t *f = json_object();

	nvr_change_int(f, "every_ms", was->every_us / NVR_MILLISECOND,
	    is->every_us / NVR_MILLISECOND);
	nvr_change_text(f, "cron", was->cron, is->cron);
	nvr_change_text(f, "zone", was->zone, is->zone);
	nvr_change_bool(f, "all_cameras", was->all_cameras, is->all_cameras);
	nvr_change_text(f, "analyzer", was->analyzer, is->analyzer);
	nvr_change_text(f, "model", was->model, is->model);
	nvr_change_text(f, "prompt", was->prompt, is->prompt);
	nvr_change_bool(f, "agentic", was->agentic, is->agentic);
	nvr_change_int(f, "samples", was->samples, is->samples);
	nvr_change_bool(
	    f, "skip_unchanged", was->skip_unchanged, is->skip_unchanged);
	nvr_change_int(f, "keep_ms", was->keep_us / NVR_MILLISECOND,
	    is->keep_us / NVR_MILLISECOND);
	nvr_change_bool(f, "paused", was->next_at == 0, is->next_at == 0);
	return f;
}

int
nvr_schedule_log(struct nvr_state *s, const char *type,
    const struct nvr_schedule *was, const struct nvr_schedule *is, bool cameras,
    const struct nvr_schedule_audience *a, struct nvr_error *err)
{
	json_t *detail = json_pack("{s:o, s:o}", "schedule_id",
	    nvr_change_id(is->id), "schedule", nvr_change_value(is->name));
	json_t *fields = was != NULL ? compare(was, is) : json_object();
	bool own = a->n != 1 || a->others || is->all_cameras ||
		   (was != NULL && was->all_cameras);
	int rc = 0;

	if (cameras)
		json_object_set_new(fields, "cameras", json_string("changed"));
	json_object_set_new(detail, "fields", fields);
	if (own)
		rc = nvr_log_append(s, 0, type, json_incref(detail), err);
	for (int i = 0; rc == 0 && i < a->n; i++)
		rc = nvr_log_append(
		    s, a->account[i], type, json_incref(detail), err);
	json_decref(detail);
	return rc;
}
