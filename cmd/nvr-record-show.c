/* nvr-record status, list and verify: what there is, and whether it is so. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/coverage.h"
#include "core/inventory.h"
#include "core/room.h"
#include "core/recorder.h"
#include "core/station.h"
#include "core/verify.h"
#include "store/event.h"

#include "nvr-record.h"
#include "open.h"

static volatile sig_atomic_t stopped;

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

/* What one stream comes to over the last day. */
struct flow {
	struct nvr_state *s;
	struct nvr_out out;
	int64_t now, capacity, per_day; /* bytes; of all streams together */
	bool summing;			/* the first of two rounds */
	int idle;			/* streams that should be recorded */
	int64_t gaps, missing_us;	/* of the stream at hand */
};

static int
count_gap(void *ctx, const struct nvr_span *span)
{
	struct flow *f = ctx;

	if (span->kind == NVR_SPAN_GAP) {
		f->gaps++;
		f->missing_us += span->end - span->start;
	}
	return 0;
}

static void
real_or_null(struct nvr_out *out, const char *name, double value, bool is_there)
{
	if (is_there)
		nvr_out_real(out, name, value);
	else
		nvr_out_text(out, name, NULL);
}

static void
status_line(struct flow *f, const struct nvr_camera *cam,
    enum nvr_stream stream, const struct nvr_footage_sum *day, int64_t per_day)
{
	struct nvr_station_page page;
	struct nvr_segment newest;
	double seconds = (double)day->wall_us / NVR_SECOND;
	bool any = day->wall_us > 0;
	struct nvr_out *out = &f->out;
	int64_t durable = 0;

	nvr_station_read(cli.store, cam->id, stream, &page, &cli.err);
	if (nvr_segment_newest(
		f->s->store, cam->id, stream, &newest, &cli.err) == 0)
		durable = newest.end_at;
	if (page.pid != 0 && page.durable_at > durable)
		durable = page.durable_at;
	f->idle += page.state != NVR_STATION_RECORDING;
	nvr_out_text(out, "camera", cam->name);
	nvr_out_text(out, "stream", nvr_stream_names[stream]);
	nvr_out_text(out, "state", nvr_station_words[page.state]);
	nvr_out_time(out, "since", page.pid != 0 ? page.since : durable);
	nvr_out_time(out, "durable_at", durable);
	real_or_null(
	    out, "kbit_s", (double)day->bytes * 8 / 1000 / seconds, any);
	real_or_null(out, "fps", (double)day->frames / seconds, any);
	nvr_out_int(out, "gaps_24h", f->gaps);
	real_or_null(out, "gb_day", (double)per_day / 1e9, any);
	real_or_null(out, "days_fit", (double)f->capacity / (double)f->per_day,
	    f->per_day > 0 && f->capacity > 0);
	nvr_out_text(out, "why", page.pid != 0 ? page.why : NULL);
	nvr_out_more(out);
	nvr_out_id(out, "camera_id", cam->id);
	nvr_out_int(out, "pid", page.pid);
	nvr_out_int(out, "missing_24h_ms", f->missing_us / 1000);
	nvr_out_int(out, "segments_24h", day->segments);
	nvr_out_int(out, "size_bytes_24h", day->bytes);
	nvr_out_int(out, "packets_missing", page.missing);
	nvr_out_int(out, "broken", page.broken);
	nvr_out_int(out, "times_lost", page.lost_count);
	nvr_out_end(out);
}

static int
status_of(void *ctx, const struct nvr_camera *cam)
{
	struct flow *f = ctx;
	int rc = 0;

	for (int i = 0; rc == 0 && i < NVR_STREAMS; i++) {
		enum nvr_stream stream = (enum nvr_stream)i;
		struct nvr_footage_sum day = {0};
		int64_t per_day = 0;

		if (!nvr_recorder_can(cam, stream))
			continue;
		rc = nvr_footage_sum(f->s->store, cam->id, stream,
		    f->now - NVR_DAY, &day, &cli.err);
		if (day.wall_us > 0)
			per_day = (int64_t)((double)day.bytes * NVR_DAY /
					    (double)day.wall_us);
		if (rc == 0 && f->summing) {
			f->per_day += per_day;
			continue;
		}
		f->gaps = f->missing_us = 0;
		if (rc == 0)
			rc = nvr_coverage(f->s, cam->id, stream,
			    f->now - NVR_DAY, f->now, f->now, count_gap, f,
			    &cli.err);
		if (rc == 0)
			status_line(f, cam, stream, &day, per_day);
	}
	return rc;
}

static int
status_named(struct flow *f, const char *name)
{
	struct nvr_camera *cam = NULL;
	int rc = nvr_inventory_find(f->s, name, &cam, &cli.err);

	if (rc == 0)
		rc = status_of(f, cam);
	nvr_camera_free(cam);
	return rc;
}

/* What the disk can hold of footage: what it has, and what is free. */
static int
measure(struct flow *f)
{
	int64_t avail = 0, bytes = 0;
	int rc = nvr_footage_bytes_all(f->s->store, &bytes, &cli.err);
	bool there = nvr_room_free(f->s, &avail, &cli.err) == 0;

	avail -= cli.conf.rules.keep.floor;
	f->capacity = !there ? 0 : bytes + (avail > 0 ? avail : 0);
	f->summing = true;
	if (rc == 0)
		rc =
		    nvr_camera_each(f->s->store, false, status_of, f, &cli.err);
	f->summing = false;
	return rc;
}

int
record_status(struct nvr_cli *c, int argc, char **argv)
{
	struct flow f = {.now = nvr_time_now()};
	int rc = nvr_open(c, 0, &f.s);

	if (rc == 0)
		rc = measure(&f);
	nvr_out_init(&f.out, cli.json);
	if (rc == 0 && argc == 0)
		rc =
		    nvr_camera_each(f.s->store, false, status_of, &f, &cli.err);
	for (int i = 0; rc == 0 && i < argc; i++)
		rc = status_named(&f, argv[i]);
	nvr_out_flush(&f.out);
	nvr_state_close(f.s);
	return rc == 0 && f.idle > 0 ? NVR_EXIT_NEGATIVE : rc;
}

/* From when to when something is held. */
struct held {
	int64_t since, until;
};

struct listing {
	struct nvr_out out;
	struct nvr_state *s;
	struct held *held;
	size_t nheld;
	int gaps;
};

static int
take_hold(void *ctx, const struct nvr_hold *h)
{
	struct listing *l = ctx;
	struct held *more = reallocarray(l->held, l->nheld + 1, sizeof(*more));

	if (more == NULL)
		return nvr_fail_nomem(&cli.err);
	l->held = more;
	l->held[l->nheld++] = (struct held){h->since, h->until};
	return 0;
}

static bool
is_held(const struct listing *l, const struct nvr_span *span)
{
	for (size_t i = 0; i < l->nheld; i++)
		if (l->held[i].since < span->end &&
		    l->held[i].until > span->start)
			return true;
	return false;
}

static int
list_span(void *ctx, const struct nvr_span *span)
{
	static const char *const words[] = {"segment", "open", "gap"};
	struct listing *l = ctx;
	struct nvr_out *out = &l->out;
	bool held = is_held(l, span);

	l->gaps += span->kind == NVR_SPAN_GAP;
	nvr_out_time(out, "start_at", span->start);
	nvr_out_time(out, "end_at", span->end);
	nvr_out_text(out, "what", words[span->kind]);
	nvr_out_int(out, "duration_ms", (span->end - span->start) / 1000);
	if (span->kind == NVR_SPAN_SEGMENT)
		nvr_out_int(out, "size_bytes", span->segment->size_bytes);
	else
		nvr_out_text(out, "size_bytes", NULL);
	nvr_out_text(out, "note",
	    span->kind == NVR_SPAN_GAP ? span->reason
	    : held		       ? "held"
				       : NULL);
	nvr_out_more(out);
	if (span->kind == NVR_SPAN_SEGMENT) {
		nvr_out_bool(out, "held", held);
		record_segment(out, span->segment);
	}
	nvr_out_end(out);
	return 0;
}

int
record_list(struct nvr_cli *c, int argc, char **argv)
{
	int64_t now = nvr_time_now();
	struct nvr_camera *cam = NULL;
	struct listing l = {0};
	enum nvr_stream stream;
	int rc = record_stream(&stream);

	(void)argc;
	if (rc == 0)
		rc = nvr_open(c, 0, &l.s);
	if (rc == 0)
		rc = nvr_inventory_find(l.s, argv[0], &cam, &cli.err);
	if (rc == 0)
		rc = nvr_hold_each(
		    l.s->store, cam->id, false, take_hold, &l, &cli.err);
	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_coverage(l.s, cam->id, stream,
		    opt.since != 0 ? opt.since : now - NVR_DAY,
		    opt.until != 0 ? opt.until : now, now, list_span, &l,
		    &cli.err);
	nvr_out_flush(&l.out);
	free(l.held);
	nvr_camera_free(cam);
	nvr_state_close(l.s);
	return rc == 0 && l.gaps > 0 ? NVR_EXIT_NEGATIVE : rc;
}

struct verifying {
	struct nvr_out out;
	struct nvr_progress progress;
};

static void
show_fault(void *ctx, const struct nvr_verify_fault *f)
{
	struct verifying *v = ctx;

	nvr_out_text(&v->out, "path", f->path);
	nvr_out_text(&v->out, "fault", f->what);
	nvr_out_text(&v->out, "detail", f->text);
	nvr_out_more(&v->out);
	if (f->segment != 0)
		nvr_out_id(&v->out, "segment", f->segment);
	else
		nvr_out_text(&v->out, "segment", NULL);
	nvr_out_end(&v->out);
}

static void
show_progress(void *ctx, int64_t done, int64_t total)
{
	struct verifying *v = ctx;

	v->progress.total = total;
	nvr_progress_show(&v->progress, done);
}

int
record_verify(struct nvr_cli *c, int argc, char **argv)
{
	struct verifying to = {.progress.what = "segments:"};
	struct nvr_verify v = {.since = opt.since,
	    .until = opt.until,
	    .resume = opt.resume,
	    .stop = &stopped,
	    .ctx = &to,
	    .fault = show_fault,
	    .progress = show_progress};
	struct nvr_verify_result r = {0};
	struct nvr_camera *cam = NULL;
	struct nvr_state *s = NULL;
	int64_t unit;
	int rc = nvr_open(c, 0, &s);

	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	if (rc == 0 && argc > 0)
		rc = nvr_inventory_find(s, argv[0], &cam, &cli.err);
	if (cam != NULL)
		v.camera = cam->id;
	nvr_out_init(&to.out, cli.json);
	nvr_out_stream(&to.out);
	if (rc == 0)
		rc = nvr_verify(s, &v, &r, &cli.err);
	nvr_progress_end(&to.progress);
	nvr_out_flush(&to.out);
	unit = r.bytes < 10000000 ? 1000 : 1000000;
	if (rc == 0)
		nvr_note(&cli,
		    "%" PRId64 " segments, %" PRId64 " %s, %" PRId64
		    " files: %" PRId64 " fault%s",
		    r.segments, (r.bytes + unit - 1) / unit,
		    unit == 1000 ? "KB" : "MB", r.files, r.faults,
		    r.faults == 1 ? "" : "s");
	if (rc == 0 && r.unopened > 0)
		nvr_note(&cli,
		    "%" PRId64 " were not opened: their identity is kept "
		    "elsewhere",
		    r.unopened);
	if (rc == 0 && r.stopped)
		rc = nvr_fail(&cli.err, NVR_E_AGAIN,
		    "stopped; 'nvr-record verify --resume' goes on");
	nvr_camera_free(cam);
	nvr_state_close(s);
	return rc == 0 && r.faults > 0 ? NVR_EXIT_NEGATIVE : rc;
}
