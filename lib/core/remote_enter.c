/* What a recorder reports is entered, and answered; see remote.h. */
#include <string.h>

#include "base/time.h"
#include "core/beat_int.h"
#include "core/remote_int.h"
#include "seal/age.h"
#include "store/telemetry.h"

static int
put_report(struct nvr_hearing *h, const struct nvr_beat_report *b, bool late)
{
	const struct nvr_telemetry t = {.recorder = h->row->id,
	    .account = h->row->account_id,
	    .at = b->at,
	    .received_at = h->received,
	    .cpu = b->cpu,
	    .memory = b->memory,
	    .disk_free = b->disk_free,
	    .disk_free_bytes = b->disk_free_bytes,
	    .temperature = b->temperature,
	    .cameras = b->cameras,
	    .cameras_down = b->cameras_down,
	    .agent = h->beat.agent,
	    .sequence = b->sequence,
	    .late = late,
	    .load = b->load,
	    .uptime = b->uptime,
	    .clock = b->clock,
	    .backlog = b->backlog,
	    .overdue = b->overdue};

	return nvr_telemetry_put(h->s->store, &t, h->err);
}

/* Ahead of the present one, so that they are entered in their order. */
static int
put_late(struct nvr_hearing *h)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < h->beat.nlate; i++) {
		const struct nvr_beat_report *b = &h->beat.late[i];

		if (b->at < h->r->now - NVR_REMOTE_STALE ||
		    b->at > h->r->now + NVR_TELEMETRY_AHEAD)
			h->row->stale++;
		else
			rc = put_report(h, b, true);
	}
	return rc;
}

static int
check_secrets(struct nvr_hearing *h)
{
	const struct nvr_beat_inventory *c = h->beat.inventory;
	int rc;

	for (size_t i = 0; i < h->beat.ninventory; i++) {
		if (c[i].secrets == NULL)
			continue;
		rc = nvr_age_file_check(c[i].secrets, c[i].secrets_len, h->err);
		if (rc != 0)
			return nvr_remote_refuse(h->refusal, NVR_BEAT_MALFORMED,
			    "inventory[%zu].secrets is no age file", i);
	}
	return 0;
}

/* All there is; what is not told any more goes. */
static int
put_inventory(struct nvr_hearing *h)
{
	int rc = check_secrets(h);

	for (size_t i = 0; rc == 0 && i < h->beat.ninventory; i++) {
		const struct nvr_beat_inventory *c = &h->beat.inventory[i];
		const struct nvr_remote_camera row = {.recorder = h->row->id,
		    .id = c->id,
		    .account_id = h->row->account_id,
		    .name = c->name,
		    .zone = c->zone,
		    .manufacturer = c->manufacturer,
		    .model = c->model,
		    .secrets = {c->secrets, c->secrets_len},
		    .changed_at = h->received};

		rc = nvr_remote_camera_put(h->s->store, &row, h->err);
	}
	if (rc == 0)
		rc = nvr_remote_camera_drop(
		    h->s->store, h->row->id, h->received, h->err);
	return rc == 0 && h->row->replaces != 0
		   ? nvr_remote_cameras_given(h->s->store, h->row->replaces,
			 h->row->id, h->received, h->err)
		   : rc;
}

static int
put_states(struct nvr_hearing *h)
{
	bool known = true;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < h->beat.ncameras; i++) {
		const struct nvr_beat_camera *c = &h->beat.camera[i];
		const struct nvr_remote_camera row = {.recorder = h->row->id,
		    .id = c->id,
		    .state = c->state,
		    .newest = c->newest,
		    .gaps = c->gaps,
		    .changed_at = h->received};

		rc = nvr_remote_camera_state(h->s->store, &row, &known, h->err);
		h->wants_inventory = h->wants_inventory || !known;
	}
	return rc;
}

/* A sign that another machine has this key; one alone may be a backup that was
 * restored. */
static int
doubt(struct nvr_hearing *h)
{
	struct nvr_remote *r = h->row;
	int64_t since = h->r->now - r->doubted_at;

	r->doubts = since >= 0 && since <= NVR_DAY ? r->doubts + 1 : 1;
	r->doubted_at = h->r->now;
	if (r->doubts < NVR_REMOTE_DOUBTS || r->cloned_at != 0)
		return 0;
	r->cloned_at = h->r->now;
	return nvr_remote_log(h->s, "recorder.cloned", r, NULL, h->err);
}

/* Whether it is the machine that it was. */
static int
look_at_machine(struct nvr_hearing *h)
{
	struct nvr_remote *r = h->row;
	const uint8_t *is = h->beat.fingerprint;
	bool same = memcmp(is, r->fingerprint, sizeof(r->fingerprint)) == 0;
	bool back = same && r->has_moved, first = !same && !r->has_moved;
	int rc = 0;

	if (back) {
		r->has_moved = false;
		r->moved_at = 0;
	}
	if (!same) {
		memcpy(r->moved, is, sizeof(r->moved));
		r->has_moved = true;
	}
	if (first) {
		r->moved_at = h->r->now;
		/* Of one that is cloned this is known. */
		if (r->cloned_at == 0)
			rc = nvr_remote_log(
			    h->s, "recorder.moved", r, NULL, h->err);
	}
	if (rc == 0 && (back || nvr_hearing_is_behind(h)))
		rc = doubt(h);
	return rc;
}

int
nvr_hearing_enter(struct nvr_hearing *h)
{
	const struct nvr_beat *b = &h->beat;
	struct nvr_remote *r = h->row;
	int rc = look_at_machine(h);

	if (rc == 0)
		rc = put_late(h);
	if (rc == 0)
		rc = put_report(h, &b->report, false);
	if (rc == 0 && b->tells_inventory)
		rc = put_inventory(h);
	if (rc == 0)
		rc = put_states(h);
	if (rc != 0)
		return rc;
	r->sequence = (int64_t)b->report.sequence;
	r->interval = b->interval;
	r->at = b->report.at;
	r->seen_at = h->received;
	r->started_at = b->started_at;
	r->agent = b->agent;
	r->overdue = b->report.overdue;
	r->backlog = b->report.backlog;
	r->clock = b->report.clock;
	r->skew = h->m->created - h->r->now / NVR_SECOND * NVR_SECOND;
	r->settings = b->settings;
	return nvr_remote_update(h->s->store, r, h->err);
}

/* What another had, as an array of JSON. */
struct inheriting {
	json_t *list;
	size_t bytes; /* of secrets */
	struct nvr_error *err;
};

static int
inherit(void *ctx, const struct nvr_remote_camera *c)
{
	const struct nvr_beat_inventory one = {.id = c->id,
	    .name = c->name,
	    .zone = c->zone,
	    .manufacturer = c->manufacturer,
	    .model = c->model,
	    .secrets = c->secrets.data,
	    .secrets_len = c->secrets.len};
	struct inheriting *i = ctx;
	json_t *o = nvr_beat_inventory_json(&one, 1);
	int bad = json_array_extend(i->list, o);

	json_decref(o);
	i->bytes += c->secrets.len;
	return bad != 0 ? nvr_fail_nomem(i->err) : 0;
}

/* Each until it has told of it once: then it is for it to remove. */
static int
put_inherited(struct nvr_hearing *h)
{
	struct nvr_beat_answer *a = h->ret;
	struct inheriting i = {.list = json_array(), .err = h->err};
	const struct nvr_remote *r = h->row;
	bool is_there;
	int rc = 0;

	a->raw = json_pack("{s:o}", "inherited", i.list);
	if (a->raw == NULL)
		rc = nvr_fail_nomem(h->err);
	if (rc == 0)
		rc = nvr_remote_cameras_left(h->s->store, r->replaces,
		    r->account_id, inherit, &i, h->err);
	if (rc == 0)
		rc = nvr_buf_reserve(&a->held, i.bytes + 4, h->err);
	return rc == 0 ? nvr_beat_inventory_read(a->raw, "inherited", &a->held,
			     &a->inherited, &a->ninherited, &is_there, h->err)
		       : rc;
}

int
nvr_hearing_answer(struct nvr_hearing *h)
{
	struct nvr_beat_answer *a = h->ret;
	int rc = nvr_hearing_settings(h);

	if (rc != 0)
		return rc;
	a->now = h->r->now;
	a->sequence = h->beat.report.sequence;
	a->wants_inventory = h->wants_inventory;
	a->moved = h->row->has_moved;
	a->late = NVR_BEAT_LATE;
	return h->row->replaces != 0 ? put_inherited(h) : 0;
}
