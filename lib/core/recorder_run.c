/* Runs and segments; see recorder_int.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/recorder_int.h"
#include "store/event.h"

/*
 * After kill -9 the fragment in memory is lost, and one whose end is still in
 * the open chunk: together less than 2 s.
 */
#define FRAGMENT (750 * NVR_MILLISECOND)
#define MAX_LEAD (500 * NVR_MILLISECOND) /* of audio ahead of video */
#define AUDIO_OFF (40 * NVR_MILLISECOND) /* what one hears */
#define AUDIO_WRONG (2 * NVR_SECOND)	 /* what no report can mean */

void
nvr_recorder_tell(struct recorder *r, const char *kind,
    const struct nvr_segment *segment, const char *fmt, ...)
{
	char detail[200];
	struct nvr_record_report report = {
	    nvr_time_now(), kind, detail, segment};
	struct nvr_event e = {
	    nvr_id_new(), r->cam->id, r->stream, report.at, kind, detail};
	struct left_event *left;
	struct nvr_error ignored;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if ((segment == NULL || strcmp(kind, "segment") != 0) &&
	    nvr_event_add(r->s->store, &e, &ignored) != 0 &&
	    r->nevent < MAX_LEFT) {
		left = &r->event[r->nevent++];
		left->e = e;
		strlcpy(left->kind, kind, sizeof(left->kind));
		strlcpy(left->detail, detail, sizeof(left->detail));
	}
	r->o->say(r->o->ctx, &report);
}

static const struct nvr_track *
track_of(const struct recorder *r, int i)
{
	return nvr_intake_track(nvr_source_intake(r->source), i);
}

void
nvr_recorder_hinder(struct recorder *r, int rc, const char *why)
{
	bool *flag = rc == NVR_E_UNAVAILABLE  ? &r->no_media
		     : rc == NVR_E_AGAIN      ? &r->busy
		     : rc == NVR_E_PERMISSION ? &r->restricted
					      : &r->full;
	const char *kind = flag == &r->no_media	    ? "no-media"
			   : flag == &r->busy	    ? "store-busy"
			   : flag == &r->restricted ? "restricted"
						    : "full";

	/* Until upkeep finds that it is lifted. */
	r->barred |= flag == &r->restricted;
	if (!*flag)
		nvr_recorder_tell(r, kind, NULL, "%s", why);
	*flag = true;
	if (flag != &r->busy)
		nvr_recorder_state(r,
		    flag == &r->no_media     ? NVR_STATION_MEDIA
		    : flag == &r->restricted ? NVR_STATION_RESTRICTED
					     : NVR_STATION_FULL,
		    why);
}

static void
unhinder(struct recorder *r)
{
	if (r->no_media)
		nvr_recorder_tell(r, "media", NULL, "%s", "");
	if (r->busy)
		nvr_recorder_tell(r, "store", NULL, "%s", "");
	if (r->full)
		nvr_recorder_tell(r, "room", NULL, "%s", "");
	if (r->restricted)
		nvr_recorder_tell(r, "unrestricted", NULL, "%s", "");
	r->no_media = r->busy = r->full = r->restricted = false;
}

static void
close_row(struct recorder *r, const struct nvr_segment *seg)
{
	struct nvr_error err;

	/* The journal has it: should this be lost too, the next start mends. */
	if (nvr_segment_close(r->s->store, seg, &err) != 0 &&
	    r->nrow < MAX_LEFT)
		r->row[r->nrow++] = *seg;
}

void
nvr_recorder_abandon(struct recorder *r, const struct nvr_error *why)
{
	struct nvr_torn torn;

	nvr_segment_abandon(r->open.file, &torn);
	r->open.file = NULL;
	nvr_recorder_tell(r, "abandoned", NULL, "%s", why->text);
	if (r->ntorn < MAX_LEFT)
		r->torn[r->ntorn++] = torn;
	explicit_bzero(&torn, sizeof(torn));
	r->kept = 0; /* mend it at once */
}

/* Ends the open segment where media time is `media`. */
static void
end_segment(struct recorder *r, int64_t media)
{
	struct nvr_segment seg = {0};
	struct nvr_error err = {0};

	nvr_timeline_cut(&r->time, media, &seg.start_at, &seg.end_at);
	seg.media_us = media - r->open.media_start;
	seg.frames = r->open.frames;
	if (nvr_segment_finish(r->open.file, &seg, &err) != 0) {
		nvr_recorder_abandon(r, &err);
		return;
	}
	r->open.file = NULL;
	close_row(r, &seg);
	r->segments++;
	r->page->segments++;
	r->page->frames += seg.frames;
	r->page->durable_at = seg.end_at;
	nvr_recorder_tell(r, "segment", &seg, "%s", "");
}

void
nvr_recorder_end_run(struct recorder *r, const char *reason)
{
	if (r->open.file != NULL)
		end_segment(r, r->media_end);
	r->running = false;
	r->reason = reason;
}

/*
 * A segment begins with this key frame.  Audio may lag behind the video that
 * it belongs to, so the file's time 0 is where audio goes on.
 */
static int
begin_segment(struct recorder *r, const struct nvr_frame *f, int64_t start_at,
    struct part *ret, struct nvr_error *err)
{
	const struct nvr_track *v = track_of(r, r->video);
	int64_t dts = nvr_ticks_us(f->dts, v->clock_rate), lead = 0;
	struct nvr_mp4_track tracks[2] = {{v, 0}};
	struct part p = {.media_start = nvr_ticks_us(f->pts, v->clock_rate),
	    .fragment_start = dts,
	    .audio_last = INT64_MIN};
	struct nvr_segment_plan plan = {.camera = r->cam->name,
	    .camera_id = r->cam->id,
	    .run_id = r->run_id,
	    .stream = r->stream,
	    .start_at = start_at,
	    .media_start_us = p.media_start - r->run_pts,
	    .tracks = tracks,
	    .ntracks = r->audio >= 0 ? 2 : 1,
	    .recipients = r->to,
	    .nrecipients = r->nto,
	    .box = &r->box};
	int rc;

	if (r->audio_placed && r->audio_next < dts)
		lead = dts - r->audio_next;
	if (lead > MAX_LEAD)
		lead = MAX_LEAD;
	p.video_zero = f->dts - nvr_us_ticks(lead, v->clock_rate);
	tracks[0].zero = p.video_zero;
	if (r->audio >= 0) {
		tracks[1].track = track_of(r, r->audio);
		p.audio_zero =
		    nvr_us_ticks(dts - lead, tracks[1].track->clock_rate);
		tracks[1].zero = p.audio_zero;
	}
	rc = nvr_segment_create(r->s, &plan, &p.file, err);
	if (rc == 0)
		*ret = p;
	return rc;
}

static int
begin_run(struct recorder *r, const struct nvr_frame *f, struct nvr_error *err)
{
	const struct nvr_track *v = track_of(r, r->video);
	int64_t pts = nvr_ticks_us(f->pts, v->clock_rate);
	int64_t offset = nvr_time_now() - nvr_time_monotonic();
	struct nvr_run run = {.id = nvr_id_new(),
	    .camera_id = r->cam->id,
	    .stream = r->stream,
	    .monotonic_us = f->arrived,
	    .started_at = f->arrived + offset,
	    .reason = r->reason,
	    .video = v->codec,
	    .width = v->width,
	    .height = v->height,
	    .audio = r->audio >= 0 ? track_of(r, r->audio)->codec : NULL};
	int rc;

	nvr_timeline_begin(&r->time, nvr_ticks_us(f->dts, v->clock_rate), pts,
	    f->arrived, offset);
	r->run_id = run.id;
	r->run_pts = pts;
	r->audio_placed = false;
	/* While the disk is away there is a try a second, and no run. */
	rc = nvr_state_media(r->s, err);
	if (rc == 0)
		rc = nvr_run_insert(r->s->store, &run, err);
	if (rc == 0)
		rc = begin_segment(
		    r, f, nvr_timeline_start(&r->time), &r->open, err);
	r->running = rc == 0;
	return rc;
}

/* The next one first: should the store be busy, the open one goes on. */
static void
rotate(struct recorder *r, const struct nvr_frame *f, int64_t pts)
{
	struct nvr_error err = {0};
	struct part next;
	int rc;

	if (!nvr_timeline_near(&r->time, pts)) {
		nvr_recorder_end_run(r, "clock-drift");
		return;
	}
	rc = begin_segment(r, f,
	    nvr_timeline_start(&r->time) + pts - r->open.media_start, &next,
	    &err);
	if (rc == 0) {
		end_segment(r, pts);
		r->open = next;
		unhinder(r);
		return;
	}
	nvr_recorder_hinder(r, rc, err.text);
	if (rc == NVR_E_AGAIN)
		r->retry = nvr_time_monotonic() + NVR_UPKEEP;
	else
		nvr_recorder_end_run(
		    r, rc == NVR_E_PERMISSION ? "restricted" : "write-failed");
}

static void
end_fragment(struct recorder *r, int64_t dts)
{
	int64_t before = nvr_segment_bytes(r->open.file);
	struct nvr_error err = {0};

	if (nvr_segment_fragment(r->open.file, &err) != 0) {
		nvr_recorder_abandon(r, &err);
		r->running = false;
		r->reason = "write-failed";
		return;
	}
	r->page->bytes += nvr_segment_bytes(r->open.file) - before;
	r->open.fragment_start = dts;
	r->fragment_wall =
	    nvr_timeline_start(&r->time) + r->media_end - r->open.media_start;
	r->dirty = true;
}

static bool
is_done(const struct recorder *r)
{
	return r->o->count > 0 && r->segments >= r->o->count;
}

/* What this frame means for the run, the segment and the fragment. */
static void
turn(struct recorder *r, const struct nvr_frame *f, int64_t dts, int64_t pts)
{
	int64_t now = nvr_time_monotonic();
	enum nvr_time_verdict v = nvr_timeline_frame(
	    &r->time, dts, pts, f->arrived, nvr_time_now() - now);
	int64_t length = pts - r->open.media_start;

	if (v != NVR_TIME_GOOD)
		nvr_recorder_end_run(r, nvr_time_verdict_name(v));
	else if (f->fresh)
		nvr_recorder_end_run(r, "picture-changed");
	else if (r->low)
		nvr_recorder_end_run(r, "room");
	else if (r->barred)
		nvr_recorder_end_run(r, "restricted");
	else if (length >= NVR_SEGMENT_MAX / 2)
		nvr_recorder_end_run(r, "no-key-frame");
	else if (f->key && length >= r->o->segment && now >= r->retry) {
		if (r->o->count > 0 && r->segments + 1 >= r->o->count)
			nvr_recorder_end_run(r, "count");
		else
			rotate(r, f, pts);
	} else if (f->key || dts - r->open.fragment_start >= FRAGMENT)
		end_fragment(r, dts);
}

static int
video_frame(
    struct recorder *r, const struct nvr_frame *f, struct nvr_error *err)
{
	int rate = track_of(r, r->video)->clock_rate;
	int64_t dts = nvr_ticks_us(f->dts, rate),
		pts = nvr_ticks_us(f->pts, rate);
	int64_t end = pts + nvr_ticks_us(f->duration, rate);
	struct nvr_error why = {0};
	struct nvr_frame g = *f;
	int rc = 0;

	r->last_video = f->arrived;
	if (r->running)
		turn(r, f, dts, pts);
	if (!r->running) {
		if (!f->key || r->low || r->barred || is_done(r) ||
		    nvr_time_monotonic() < r->retry)
			return 0;
		rc = begin_run(r, f, &why);
		if (rc != 0) {
			nvr_recorder_hinder(r, rc, why.text);
			r->retry = nvr_time_monotonic() + NVR_SECOND;
			return rc == NVR_E_NOMEM ? nvr_fail_nomem(err) : 0;
		}
		unhinder(r);
	}
	g.track = 0;
	if (nvr_segment_frame(r->open.file, 0, &g, &why) != 0) {
		nvr_recorder_abandon(r, &why);
		r->running = false;
		r->reason = "write-failed";
		return 0;
	}
	r->open.frames++;
	if (r->open.frames == 1 || end > r->media_end)
		r->media_end = end;
	return 0;
}

/*
 * Where audio stands on the video's time.  Both tracks' sender reports tell it
 * exactly; until they have come, and where they cannot be meant, the moments
 * of arrival do.
 */
static void
place_audio(struct recorder *r, const struct nvr_frame *f, int64_t us)
{
	const struct nvr_intake *in = nvr_source_intake(r->source);
	int64_t video_wall, video_pts, wall, pts, exact;
	int64_t by_arrival = nvr_timeline_media(&r->time, f->arrived) - us;
	int64_t off = by_arrival - r->audio_shift;

	if (!r->audio_placed || off > AUDIO_WRONG || off < -AUDIO_WRONG) {
		r->audio_shift = by_arrival;
		r->audio_next = us + by_arrival;
	}
	r->audio_placed = true;
	if (!nvr_intake_report(in, r->video, &video_wall, &video_pts) ||
	    !nvr_intake_report(in, r->audio, &wall, &pts))
		return;
	exact = nvr_ticks_us(video_pts, track_of(r, r->video)->clock_rate) -
		nvr_ticks_us(pts, track_of(r, r->audio)->clock_rate) + wall -
		video_wall;
	off = exact - by_arrival;
	if (off > AUDIO_WRONG || off < -AUDIO_WRONG)
		return;
	off = exact - r->audio_shift;
	if (off > AUDIO_OFF || off < -AUDIO_OFF)
		r->audio_shift = exact;
}

static int
audio_frame(struct recorder *r, const struct nvr_frame *f)
{
	int rate = track_of(r, r->audio)->clock_rate;
	struct nvr_error why = {0};
	struct nvr_frame g = *f;
	int64_t us = nvr_ticks_us(f->pts, rate);

	if (!r->running)
		return 0;
	place_audio(r, f, us);
	g.track = 1;
	g.pts = g.dts = f->pts + nvr_us_ticks(r->audio_shift, rate);
	if (g.dts < r->open.audio_zero || g.dts <= r->open.audio_last)
		return 0;
	if (nvr_segment_frame(r->open.file, 1, &g, &why) != 0) {
		nvr_recorder_abandon(r, &why);
		r->running = false;
		r->reason = "write-failed";
		return 0;
	}
	r->open.audio_last = g.dts;
	r->audio_next = us + r->audio_shift + nvr_ticks_us(f->duration, rate);
	return 0;
}

int
nvr_recorder_frame(
    struct recorder *r, const struct nvr_frame *f, struct nvr_error *err)
{
	if (f->track == r->video)
		return video_frame(r, f, err);
	return f->track == r->audio ? audio_frame(r, f) : 0;
}
