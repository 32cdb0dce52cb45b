/* Retention of kept stills, and of cameras that were removed; see retain.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/aging.h"
#include "core/changes.h"
#include "core/keep.h"
#include "core/log.h"
#include "core/retain_int.h"
#include "core/station.h"
#include "store/retain_camera.h"

/* Stills, by what they are due by. */
struct stills {
	struct nvr_retaining *x;
	enum nvr_aged what;
	/* Which the brake looks at. */
	enum nvr_aged group;
	int64_t camera;
};

static void
tell_still(
    struct nvr_retaining *x, enum nvr_aged what, const struct nvr_aged_row *row)
{
	char older[NVR_WHY_TEXT], path[PATH_MAX];
	struct nvr_leaving d = {.id = row->id,
	    .object = path,
	    .camera = row->camera,
	    .at = row->at,
	    .bytes = row->size_bytes,
	    .why = "expired"};

	snprintf(path, sizeof(path), "media/%s", row->path);
	if (what == NVR_AGED_STILLS_FREE) {
		d.keep = x->s->rules->keep.stills_free;
		d.why = nvr_retain_older(d.keep, older);
	}
	if (what == NVR_AGED_STILLS_CAMERA) {
		d.keep = row->keep;
		d.why = "older than its camera keeps stills";
	}
	nvr_retaining_tell(x, &d);
}

/* Of those of a camera, or of free accounts; 0 would be all. */
static int64_t
group_id(enum nvr_aged what, const struct nvr_aged_row *row)
{
	return what == NVR_AGED_STILLS_CAMERA ? row->camera_id : -1;
}

/* What has expired was to go by then; a limit may be a slip. */
static int
put_group(struct stills *t, const struct nvr_aged_row *row)
{
	struct nvr_retaining *x = t->x;
	bool of_camera = t->what == NVR_AGED_STILLS_CAMERA;
	char name[300] = "stills of free accounts";
	int64_t all = 0;
	int rc;

	if (t->group == t->what && (!of_camera || t->camera == row->camera_id))
		return 0;
	t->group = t->what;
	t->camera = row->camera_id;
	rc = nvr_aged_count(x->s->store, t->what, t->camera, &all, x->err);
	if (of_camera)
		snprintf(name, sizeof(name), "stills of %s", row->camera);
	if (rc == 0)
		nvr_retaining_group(x, name, group_id(t->what, row), all);
	return rc;
}

static int
still_due(void *ctx, const struct nvr_aged_row *row)
{
	struct stills *t = ctx;
	int rc = put_group(t, row);

	if (rc != 0)
		return rc;
	tell_still(t->x, t->what, row);
	return 0;
}

int
nvr_retain_stills_plan(struct nvr_retaining *x)
{
	const struct nvr_aged_by by = nvr_keep_due(
	    x->s, x->now, x->r->camera != NULL ? x->r->camera->id : 0);
	struct stills t = {.x = x, .group = NVR_AGEDS};
	int rc = 0;

	for (int i = 0; rc == 0 && i < 3; i++) {
		t.what = nvr_keep_ends[i];
		rc = nvr_aged_each(
		    x->s->store, t.what, &by, still_due, &t, x->err);
	}
	return rc;
}

static bool
still_stays(void *ctx, enum nvr_aged what, const struct nvr_aged_row *row)
{
	return what != NVR_AGED_STILLS_EXPIRED &&
	       nvr_retaining_held(ctx, "stills", group_id(what, row), 0);
}

static int
stills_gone(
    void *ctx, enum nvr_aged what, const struct nvr_aged_row *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tell_still(ctx, what, &row[i]);
	return 0;
}

int
nvr_retain_stills_apply(struct nvr_retaining *x)
{
	const struct nvr_keep_end e = {.now = x->now,
	    .camera = x->r->camera != NULL ? x->r->camera->id : 0,
	    .stays = still_stays,
	    .gone = stills_gone,
	    .failed = nvr_retaining_undone,
	    .ctx = x};

	return nvr_keep_end(x->s, &e, x->err);
}

/* A camera in hand. */
struct goner {
	int64_t id, account_id, removed_at;
	char name[256];
	bool footage, stills;
};

struct cameras {
	struct nvr_retaining *x;
	struct goner *e;
	size_t n;
};

static void
tell_camera(struct nvr_retaining *x, int64_t id, int64_t at, const char *name)
{
	char older[NVR_WHY_TEXT];
	const struct nvr_leaving d = {.id = id,
	    .object = name,
	    .camera = name,
	    .at = at,
	    .keep = x->s->rules->keep.cameras,
	    .why = nvr_retain_older(x->s->rules->keep.cameras, older)};

	nvr_retaining_tell(x, &d);
}

static int
add_camera(void *ctx, const struct nvr_aged_camera *c)
{
	struct cameras *l = ctx;
	void *more = reallocarray(l->e, l->n + 1, sizeof(*l->e));
	struct goner *g;

	if (more == NULL)
		return nvr_fail_nomem(l->x->err);
	l->e = more;
	g = &l->e[l->n++];
	*g = (struct goner){.id = c->id,
	    .account_id = c->account_id,
	    .removed_at = c->removed_at,
	    .footage = c->footage,
	    .stills = c->stills};
	strlcpy(g->name, c->name, sizeof(g->name));
	return 0;
}

/* Those that are due, or the one of that id if it is. */
static int
load(struct nvr_retaining *x, int64_t camera, struct cameras *l)
{
	*l = (struct cameras){.x = x};
	return nvr_aged_cameras(x->s->store,
	    nvr_aged_before(x->now, x->s->rules->keep.cameras), camera,
	    add_camera, l, x->err);
}

static int
load_wanted(struct nvr_retaining *x, struct cameras *l)
{
	return load(x, x->r->camera != NULL ? x->r->camera->id : 0, l);
}

int
nvr_retain_cameras_plan(struct nvr_retaining *x)
{
	struct cameras l;
	int64_t all = 0;
	int rc = load_wanted(x, &l);

	if (rc == 0 && l.n > 0)
		rc = nvr_aged_cameras_count(x->s->store, &all, x->err);
	nvr_retaining_group(x, "cameras", 0, all);
	for (size_t i = 0; rc == 0 && i < l.n; i++)
		tell_camera(x, l.e[i].id, l.e[i].removed_at, l.e[i].name);
	free(l.e);
	return rc;
}

static int
drop(struct nvr_retaining *x, const struct goner *g)
{
	int rc = nvr_aged_camera_drop(x->s->store, g->id, x->err);

	if (rc == 0)
		rc = nvr_log_append(x->s, g->account_id, "camera.erased",
		    json_pack("{s:o, s:o}", "camera_id", nvr_change_id(g->id),
			"camera", nvr_change_value(g->name)),
		    x->err);
	return rc;
}

/* What became of it; neither: it is not due any more. */
struct outcome {
	bool went;
	bool waits; /* for its footage, or stills, to go */
};

/* In a transaction, which looks at it again.  1: there is more of it. */
static int
clear(struct nvr_retaining *x, const struct goner *g, struct outcome *o)
{
	struct cameras now;
	bool left = false;
	int rc = load(x, g->id, &now);

	o->waits = rc == 0 && now.n > 0 && (now.e->footage || now.e->stills);
	if (o->waits)
		nvr_fail(x->err, NVR_E_UNAVAILABLE,
		    "camera '%s' goes once its %s has gone", g->name,
		    now.e->footage ? "footage" : "kept stills");
	if (rc == 0 && now.n > 0 && !o->waits) {
		rc = nvr_aged_camera_clear(x->s->store, g->id, &left, x->err);
		if (rc == 0 && !left)
			rc = drop(x, g);
		o->went = rc == 0 && !left;
	}
	free(now.e);
	return rc == 0 ? left : rc;
}

static int
erase(struct nvr_retaining *x, const struct goner *g, struct outcome *o)
{
	const struct nvr_keep_end stills = {.now = x->now,
	    .camera = g->id,
	    .all = true,
	    .failed = nvr_retaining_undone,
	    .ctx = x};
	int rc = 0, more = 1;

	*o = (struct outcome){0};
	if (g->stills && !g->footage)
		rc = nvr_keep_end(x->s, &stills, x->err);
	while (rc == 0 && more == 1) {
		rc = nvr_store_begin(x->s->store, x->err);
		if (rc != 0)
			return rc;
		more = clear(x, g, o);
		rc = nvr_store_end(x->s->store, more < 0 ? more : 0, x->err);
		o->went = o->went && rc == 0;
		if (more == 1)
			nvr_store_rest();
	}
	return rc;
}

/* Somebody has said already why it is not gone, or is recording it still: then
 * the next run is soon enough. */
static bool
is_explained(const struct nvr_retaining *x, int64_t camera)
{
	struct nvr_station_page page;
	struct nvr_error ignored;
	bool recording = false;

	for (int i = 0; i < NVR_STREAMS; i++)
		recording |= nvr_station_read(x->s->dir, camera,
				 (enum nvr_stream)i, &page, &ignored) == 0 &&
			     page.pid != 0;
	return recording || x->ret->why.code != 0;
}

/* Its footage is gone by then: the recordings' rule comes first. */
int
nvr_retain_cameras_apply(struct nvr_retaining *x)
{
	struct cameras l = {0};
	int rc = nvr_adopted_end(x->s->store, nvr_time_now(), x->err);

	if (rc == 0)
		rc = load_wanted(x, &l);
	for (size_t i = 0; rc == 0 && i < l.n; i++) {
		struct outcome o;

		rc = nvr_retaining_pass(x, erase(x, &l.e[i], &o));
		if (rc == 0 && o.waits && !is_explained(x, l.e[i].id))
			nvr_retaining_undone(x, NULL, x->err);
		else if (rc == 0 && o.went)
			tell_camera(
			    x, l.e[i].id, l.e[i].removed_at, l.e[i].name);
	}
	free(l.e);
	return rc == 0 ? nvr_station_sweep(x->s, x->err) : rc;
}
