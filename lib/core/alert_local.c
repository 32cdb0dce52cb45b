/*
 * A recorder by itself: its own cameras, by who records them (core/station.h),
 * its disk, its clock and what it should have deleted.  See alert.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/size.h"
#include "core/alert_int.h"
#include "core/forecast.h"
#include "core/retain.h"
#include "core/retain_int.h"
#include "core/station.h"
#include "store/camera.h"
#include "store/event.h"

/* Reckoned from all segments of a week: not each minute. */
#define SLOW NVR_HOUR
#define SLOW_AT "alert_slow"
#define AHEAD "alert_ahead" /* 1: it will be full too soon */

static const struct nvr_found here = {.value = NAN}; /* nobody's, object 0 */
static const char HERE[] = "this recorder";

static const char *
station_word(const struct nvr_station_page *page)
{
	switch (page->state) {
	case NVR_STATION_LOST:
		return "the camera does not answer";
	case NVR_STATION_FULL:
		return "there is no room for its footage";
	case NVR_STATION_MEDIA:
		return "the media folder cannot be written";
	case NVR_STATION_CONNECTING:
		return "it is not recorded yet";
	default:
		return "nobody records it";
	}
}

static int
any_event(void *ctx, const struct nvr_event *e)
{
	*(bool *)ctx = strcmp(e->kind, "audit-limit") != 0;
	return *(bool *)ctx;
}

/* One that never was recorded here is not missed. */
static int
was_recorded(struct nvr_judging *x, const struct nvr_camera *cam,
    enum nvr_stream stream, bool *ret)
{
	int rc;

	*ret = false;
	rc = nvr_event_each(
	    x->s->store, cam->id, stream, 0, INT64_MAX, any_event, ret, x->err);
	return rc < 0 ? rc : 0;
}

static int
add_local(struct nvr_judging *x, int64_t camera, bool off)
{
	struct nvr_local *more;

	if (x->nlocal == x->locals) {
		x->locals = x->locals == 0 ? 64 : 2 * x->locals;
		more = reallocarray(x->local, x->locals, sizeof(*more));
		if (more == NULL)
			return nvr_fail_nomem(x->err);
		x->local = more;
	}
	x->local[x->nlocal++] = (struct nvr_local){camera, off};
	return 0;
}

static int
add_lost(struct nvr_judging *x, const struct nvr_camera *cam,
    const struct nvr_station_page *page)
{
	struct nvr_found f = {.account_id = cam->account_id,
	    .site_id = cam->site_id,
	    .object = cam->id,
	    .at = x->now,
	    .since = page->pid != 0 ? page->since : page->durable_at,
	    .value = NAN};
	struct nvr_sight *t = nvr_sight_add(x, "camera-offline", &f, cam->name);

	if (t == NULL)
		return NVR_E_NOMEM;
	strlcpy(t->why, station_word(page), sizeof(t->why));
	return 0;
}

/* What tells that it was recorded goes in time, so that one that is missed
 * already is missed until it is back. */
static int
is_missed(struct nvr_judging *x, const struct nvr_camera *cam, bool *ret)
{
	struct nvr_alert a;
	int rc = nvr_alert_find(x->s->store, cam->account_id, "camera-offline",
	    cam->id, &a, x->err);

	*ret = rc == 0 && a.id != 0;
	return rc;
}

/* The worst of its streams that are to be recorded. */
static int
look_at(void *ctx, const struct nvr_camera *cam)
{
	struct nvr_judging *x = ctx;
	struct nvr_station_page page, worst = {0};
	bool bad = false, down = false, up = false, recorded;
	struct nvr_error ignored;
	int rc = 0;

	for (int i = 0; rc == 0 && i < NVR_STREAMS; i++) {
		enum nvr_stream stream = (enum nvr_stream)i;

		if (!nvr_camera_records(cam, stream))
			continue;
		if (nvr_station_read(
			x->s->dir, cam->id, stream, &page, &ignored) != 0)
			page = (struct nvr_station_page){0};
		if (page.state == NVR_STATION_RECORDING ||
		    page.state == NVR_STATION_RESTRICTED) {
			up = true;
			continue;
		}
		rc = was_recorded(x, cam, stream, &recorded);
		if (rc == 0 && !bad && (recorded || !down))
			worst = page;
		down = true;
		bad |= recorded;
	}
	if (rc == 0 && !bad && down && !up)
		rc = is_missed(x, cam, &bad);
	if (rc == 0)
		rc = add_local(x, cam->id, !down && !up);
	return rc == 0 && bad ? add_lost(x, cam, &worst) : rc;
}

static int
add_here(struct nvr_judging *x, const char *kind, const char *why)
{
	struct nvr_found f = here;
	struct nvr_sight *t;

	f.at = f.since = x->now;
	t = nvr_sight_add(x, kind, &f, HERE);
	if (t == NULL)
		return NVR_E_NOMEM;
	strlcpy(t->why, why, sizeof(t->why));
	return 0;
}

/* Space as an ordinary user has it. */
static int
look_at_disk(struct nvr_judging *x, const struct nvr_alert_limits *l, bool *low)
{
	char path[PATH_MAX], why[NVR_ALERT_TEXT], size[NVR_SIZE_TEXT];
	struct statvfs v;
	double percent;
	int64_t bytes;

	snprintf(path, sizeof(path), "%s/media", x->s->dir);
	if (statvfs(path, &v) != 0)
		return nvr_fail_errno(x->err, NVR_E_IO, "'%s'", path);
	bytes = (int64_t)(v.f_bavail * v.f_frsize);
	percent = v.f_blocks == 0
		      ? 100
		      : 100.0 * (double)v.f_bavail / (double)v.f_blocks;
	*low = percent < l->percent || bytes < l->bytes;
	if (!*low)
		return 0;
	snprintf(why, sizeof(why), "%.1f %% free, %s", percent,
	    nvr_size_about(bytes, size));
	return add_here(x, "storage-low", why);
}

/* Limits that the disk is too small for, or no limits and nobody whose footage
 * may go. */
static int
look_ahead(struct nvr_judging *x, const struct nvr_alert_limits *l, bool *soon)
{
	struct nvr_forecast_of f = {.e = NULL};
	bool robbed = false;
	int rc = nvr_forecast_load(x->s, x->now, &f, x->err);

	if (rc == 0)
		rc = nvr_forecast(f.e, f.streams.n, &f.disk, x->now, x->err);
	for (size_t i = 0; rc == 0 && i < f.streams.n; i++)
		robbed |= f.e[i].robbed;
	*soon = rc == 0 && l->us > 0 && f.disk.full_at > 0 &&
		f.disk.full_at - x->now < l->us &&
		(robbed || f.disk.victims == NVR_FORECAST_NOBODY);
	nvr_forecast_free(&f);
	return rc;
}

static int
put(struct nvr_judging *x, const char *name, int64_t value)
{
	int rc = nvr_store_begin(x->s->store, x->err);

	if (rc != 0)
		return rc;
	rc = nvr_setting_put_int(x->s->store, name, value, x->err);
	return nvr_store_end(x->s->store, rc, x->err);
}

static int
look_at_due(struct nvr_judging *x)
{
	char why[NVR_ALERT_TEXT];
	int64_t n = 0;
	int rc = nvr_retain_overdue(x->s, &n, x->err);

	if (rc != 0 || n == 0)
		return rc;
	snprintf(why, sizeof(why), "%lld past their time", (long long)n);
	return add_here(x, "retention-overdue", why);
}

/* 1: the hour has come. */
static int
is_slow(struct nvr_judging *x)
{
	int64_t at = 0;
	int rc =
	    nvr_setting_int(x->s->store, SLOW_AT, NVR_TIME_MAX, 0, &at, x->err);

	if (rc != 0 || (at > 0 && at <= x->now && x->now - at < SLOW))
		return rc;
	rc = put(x, SLOW_AT, x->now);
	return rc != 0 ? rc : 1;
}

static void
seen_here(struct nvr_judging *x, const char *kind)
{
	x->here |= nvr_alert_bit(nvr_alert_kind(kind));
}

static int
look_at_storage(struct nvr_judging *x, bool slow)
{
	const struct nvr_alert_kind *k = nvr_alert_kind("storage-low");
	struct nvr_alert_limits l;
	bool low = false, soon = false;
	int64_t was = 0;
	int rc;

	nvr_alert_limits(x->rules, k, 0, 0, &l);
	rc = look_at_disk(x, &l, &low);
	if (rc == 0 && slow) {
		rc = look_ahead(x, &l, &soon);
		if (rc == 0)
			rc = put(x, AHEAD, soon);
	} else if (rc == 0) {
		rc = nvr_setting_int(x->s->store, AHEAD, 1, 0, &was, x->err);
		soon = was == 1;
	}
	if (rc == 0 && soon && !low)
		rc = add_here(x, k->name, "it will be full before long");
	if (rc == 0)
		seen_here(x, k->name);
	return nvr_judging_miss(x, k->name, rc);
}

static int
look_at_machine(struct nvr_judging *x)
{
	struct nvr_error media, why;
	int slow, rc;

	if (nvr_state_media(x->s, &media) != 0) {
		if (x->failed.code == 0)
			x->failed = media;
		return 0;
	}
	slow = is_slow(x);
	if (slow < 0)
		return slow;
	rc = look_at_storage(x, slow == 1);
	if (rc == 0 && slow == 1) {
		rc = look_at_due(x);
		if (rc == 0)
			seen_here(x, "retention-overdue");
		rc = nvr_judging_miss(x, "retention-overdue", rc);
	}
	if (rc != 0)
		return rc;
	rc = nvr_clock_check(x->s, x->now, NULL, false, &why);
	if (rc == 0 || rc == NVR_E_PERMISSION)
		seen_here(x, "clock-wrong");
	return rc == NVR_E_PERMISSION ? add_here(x, "clock-wrong", why.text)
				      : 0;
}

int
nvr_alert_gather_local(struct nvr_judging *x)
{
	int rc = nvr_camera_each(x->s->store, false, look_at, x, x->err);

	rc = nvr_judging_miss(x, "camera-offline", rc);
	return rc == 0 && x->nlocal > 0 ? look_at_machine(x) : rc;
}
