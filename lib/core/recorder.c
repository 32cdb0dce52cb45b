/* Records a stream; see recorder.h. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "core/recorder_int.h"
#include "core/room.h"

#define WAIT (300 * NVR_MILLISECOND) /* of a quiet camera's packets */
#define SILENCE (10 * NVR_SECOND)    /* then the camera is lost */
#define PATIENCE (30 * NVR_SECOND)   /* with the first key frame */
#define PATIENCE_MS 200		     /* with the store, while a camera sends */
#define LAST_PATIENCE_MS 4000	     /* and when none does any more */
#define RETRY_FIRST NVR_SECOND
#define RETRY_MOST (30 * NVR_SECOND)

void
nvr_recorder_state(
    struct recorder *r, enum nvr_station_state state, const char *why)
{
	if (r->page->state != (int)state)
		r->page->since = nvr_time_now();
	r->page->state = (int)state;
	strlcpy(r->page->why, why, sizeof(r->page->why));
}

/* The first frames after a loss, or at all. */
static void
welcome(struct recorder *r)
{
	char gone[NVR_TIME_TEXT];

	if (r->page->state == NVR_STATION_RECORDING)
		return;
	if (r->page->state == NVR_STATION_LOST)
		nvr_recorder_tell(r, "back", NULL, "after %s",
		    nvr_duration_format((nvr_time_now() - r->page->since) /
					    NVR_SECOND * NVR_SECOND,
			gone));
	else if (r->page->state == NVR_STATION_CONNECTING)
		nvr_recorder_tell(r, "recording", NULL, "%s",
		    nvr_intake_track(nvr_source_intake(r->source), r->video)
			->codec);
	nvr_recorder_state(r, NVR_STATION_RECORDING, "");
}

static void
lose(struct recorder *r, const char *why)
{
	if (r->page->state != NVR_STATION_LOST) {
		nvr_recorder_tell(r, "lost", NULL, "%s", why);
		r->page->lost_count++;
	}
	nvr_recorder_state(r, NVR_STATION_LOST, why);
}

static int
take_frame(void *ctx, const struct nvr_frame *f, struct nvr_error *err)
{
	struct recorder *r = ctx;
	int rc = nvr_recorder_frame(r, f, err);

	if (rc == 0 && r->running && !r->low && !r->barred)
		welcome(r);
	return rc;
}

/* Which tracks are recorded; says which are not. */
static void
choose_tracks(struct recorder *r)
{
	const struct nvr_intake *in = nvr_source_intake(r->source);

	r->video = r->audio = -1;
	for (int i = 0; i < nvr_intake_tracks(in); i++) {
		const struct nvr_track *t = nvr_intake_track(in, i);

		if (t->wanted && t->video && r->video < 0)
			r->video = i;
		else if (t->wanted && !t->video && r->audio < 0)
			r->audio = i;
		else if (t->why[0] != '\0' && r->page->lost_count == 0 &&
			 (t->video || r->cam->audio))
			nvr_recorder_tell(
			    r, "left-out", NULL, "%s: %s", t->codec, t->why);
	}
}

/* Reads until the camera is lost or a signal says stop. */
static int
read_on(struct recorder *r, struct nvr_error *err)
{
	int64_t began = nvr_time_monotonic(), now;
	struct nvr_intake_losses losses;
	int rc = 0;

	while (rc >= 0 && !*r->o->stop) {
		/* What keeps us from reading is not the camera's silence. */
		now = nvr_time_monotonic();
		rc = nvr_source_read(r->source, WAIT, err);
		nvr_recorder_upkeep(r);
		losses = nvr_intake_losses(nvr_source_intake(r->source));
		r->page->missing = losses.missing;
		r->page->broken = losses.broken;
		if (rc >= 0 && r->last_video == 0 && now - began > PATIENCE)
			rc = nvr_fail(err, NVR_E_UNAVAILABLE,
			    "no key frame within %d s",
			    (int)(PATIENCE / NVR_SECOND));
		else if (rc >= 0 && r->last_video != 0 &&
			 now - r->last_video > SILENCE)
			rc = nvr_fail(err, NVR_E_UNAVAILABLE,
			    "no picture for %d s", (int)(SILENCE / NVR_SECOND));
		if (r->o->count > 0 && r->segments >= r->o->count)
			break;
	}
	return rc < 0 ? rc : 0;
}

static int
session(struct recorder *r, const struct nvr_source_request *req,
    struct nvr_error *err)
{
	const struct nvr_frame_sink sink = {take_frame, r};
	int rc;

	r->video = r->audio = -1;
	rc = nvr_source_open(req, &sink, &r->source, err);
	if (rc != 0)
		return rc;
	choose_tracks(r);
	r->last_video = 0;
	rc = read_on(r, err);
	nvr_recorder_end_run(r, "back");
	nvr_source_close(r->source);
	r->source = NULL;
	return rc;
}

/* Waits, with a fifth more or less so that cameras do not return at once. */
static void
back_off(struct recorder *r, int64_t delay)
{
	int64_t fifth = delay / 5, left;
	int64_t until = nvr_time_monotonic() + delay - fifth +
			(int64_t)arc4random_uniform((uint32_t)(2 * fifth));

	while (!*r->o->stop && (left = until - nvr_time_monotonic()) > 0) {
		struct timespec ts = {0, (long)WAIT * 1000};

		if (left < WAIT)
			ts.tv_nsec = (long)left * 1000;
		ppoll(NULL, 0, &ts, r->o->mask);
		nvr_recorder_upkeep(r);
	}
}

static void
record(struct recorder *r, const struct nvr_source_request *req)
{
	int64_t delay = RETRY_FIRST;
	struct nvr_error err = {0};

	while (
	    !*r->o->stop && (r->o->count == 0 || r->segments < r->o->count)) {
		int rc = session(r, req, &err);

		if (rc == 0)
			continue;
		if (r->last_video != 0)
			delay = RETRY_FIRST;
		lose(r, err.text);
		back_off(r, delay);
		r->last_video = 0;
		delay = delay * 2 < RETRY_MOST ? delay * 2 : RETRY_MOST;
	}
}

static void
tell_mended(
    void *ctx, const struct nvr_mended *m, int rc, const struct nvr_error *why)
{
	struct recorder *r = ctx;

	if (rc != 0)
		nvr_recorder_tell(r, "abandoned", NULL, "%s", why->text);
	else if (m->saved)
		nvr_recorder_tell(r, "mended", &m->row, "%s", "");
}

/* What needs the box key is done first; then it is wiped. */
static int
prepare(struct recorder *r, struct nvr_error *err)
{
	const struct nvr_age_identity *box;
	struct nvr_error ignored;
	int rc = nvr_state_box(r->s, &box, err);

	if (rc == 0)
		r->box = box->recipient;
	if (rc == 0 && r->o->seal)
		rc =
		    nvr_inventory_recipients(r->s, r->cam, r->to, &r->nto, err);
	if (rc == 0)
		rc = nvr_mend_all(
		    r->s, r->cam->id, r->stream, tell_mended, r, err);
	if (rc == NVR_E_UNAVAILABLE || rc == NVR_E_AGAIN) {
		nvr_recorder_tell(r, "abandoned", NULL, "%s", err->text);
		rc = 0; /* the next start mends it */
	}
	if (rc == 0)
		nvr_room_begin(r->s, &ignored);
	nvr_age_identity_wipe(&r->s->box);
	/* From now on a camera waits: what the store refuses comes later. */
	nvr_store_patience(r->s->store, PATIENCE_MS);
	return rc;
}

/* No camera waits any more: what the store refused, it gets time to take. */
static void
finish(struct recorder *r)
{
	nvr_store_patience(r->s->store, LAST_PATIENCE_MS);
	r->kept = 0;
	nvr_recorder_upkeep(r);
	nvr_recorder_tell(r, "stop", NULL, "%s", "");
}

bool
nvr_recorder_can(const struct nvr_camera *cam, enum nvr_stream stream)
{
	const char *url = stream == NVR_SUB ? cam->sub_url : cam->url;

	return nvr_camera_records(cam, stream) && strncmp(url, "http", 4) != 0;
}

int
nvr_recorder_run(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_secrets *x, enum nvr_stream stream,
    const struct nvr_recorder_options *o, struct nvr_error *err)
{
	struct nvr_source_request req = {
	    .url = stream == NVR_SUB ? x->sub_url : x->url,
	    .user = x->user[0] != '\0' ? x->user : NULL,
	    .password = x->password[0] != '\0' ? x->password : NULL,
	    .udp = strcmp(cam->transport, "udp") == 0,
	    .audio = cam->audio,
	    .tls_ca = cam->tls_ca[0] != '\0' ? cam->tls_ca : NULL,
	    .tls_insecure = !cam->tls_verify,
	    .timeout = o->timeout};
	struct recorder *r = calloc(1, sizeof(*r));
	struct nvr_station *station = NULL;
	int rc;

	if (r == NULL)
		return nvr_fail_nomem(err);
	*r = (struct recorder){.s = s,
	    .cam = cam,
	    .stream = stream,
	    .o = o,
	    .reason = "start",
	    .audio = -1};
	rc = nvr_station_take(s, cam->id, stream, &station, err);
	if (rc == 0) {
		r->page = nvr_station_page(station);
		r->page->since = nvr_time_now();
		rc = prepare(r, err);
	}
	if (rc == 0) {
		nvr_recorder_tell(r, "start", NULL, "%s", "");
		record(r, &req);
		finish(r);
	}
	nvr_station_leave(station);
	explicit_bzero(r, sizeof(*r));
	free(r);
	return rc;
}
