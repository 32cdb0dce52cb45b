/* What the brake makes of footage; see retain_int.h. */
#include <stdio.h>

#include "core/retain_int.h"
#include "store/stream.h"

#define KIND "recordings"
#define ROOM -1 /* the id of the group of what goes for room */

/* Footage of removed cameras stays with them. */
bool
nvr_retain_footage_held(
    const struct nvr_retaining *x, const struct nvr_stream_of *e)
{
	return e->rule.removed
		   ? nvr_retaining_held(x, "cameras", 0, 0)
		   : nvr_retaining_held(x, KIND, e->cam->id, (int)e->stream);
}

bool
nvr_retain_room_held(const struct nvr_retaining *x)
{
	return nvr_retaining_held(x, KIND, ROOM, 0);
}

/* How many a stream has that begin at since or later and are there by then, up
 * to `most`.  They are counted: the totals beside them only make haste. */
static int
count(struct nvr_retaining *x, const struct nvr_stream_of *e, int64_t since,
    int64_t most, int64_t *ret)
{
	const struct nvr_stream_total t = {
	    .camera_id = e->cam->id, .stream = e->stream};

	return nvr_stream_count(
	    x->s->store, &t, since, e->ends, most, ret, x->err);
}

/* Half of twice as many as would go is not more than half. */
static int
count_all(
    struct nvr_retaining *x, const struct nvr_stream_of *e, struct nvr_group *g)
{
	int64_t n = 0;
	int rc = count(x, e, INT64_MIN, 2 * g->sudden - g->all, &n);

	g->all += n;
	return rc;
}

/* Those that came since the last run: as many may go for those. */
static int
take_off(struct nvr_retaining *x, const struct nvr_stream_of *e, int64_t most,
    struct nvr_group *g)
{
	int64_t came = 0;
	int rc = count(x, e, x->since, most, &came);

	g->sudden -= came;
	return rc;
}

/* More than half of a stream is not deleted unasked, by its age and its bytes;
 * but that of a removed camera is to go whole. */
static int
judge_stream(struct nvr_retaining *x, const struct nvr_stream_of *e,
    const struct nvr_counted *c)
{
	struct nvr_group g = {.kind = KIND,
	    .id = e->cam->id,
	    .part = (int)e->stream,
	    .due = c->due,
	    .sudden = c->sudden};
	int rc;

	if (e->rule.removed || c->sudden <= NVR_GROUP_FEW / 2)
		return 0;
	snprintf(g.name, sizeof(g.name), "segments of %s (%s)", e->cam->name,
	    nvr_stream_names[e->stream]);
	rc = count_all(x, e, &g);
	if (rc == 0 && nvr_group_trips(&g))
		rc = take_off(x, e, c->above, &g);
	if (rc == 0)
		nvr_retaining_brake(x, &g);
	return rc;
}

/* The disk is one, and so is the group: who has stopped may go whole, since
 * nvr-record makes room by the same order. */
static int
judge_room(
    struct nvr_retaining *x, const struct nvr_streams *streams, int64_t roomed)
{
	struct nvr_group g = {.kind = KIND,
	    .name = "segments of all cameras, for room on the disk,",
	    .id = ROOM,
	    .due = roomed,
	    .sudden = roomed};
	int rc = 0;

	if (roomed <= NVR_GROUP_FEW / 2)
		return 0;
	for (size_t i = 0; rc == 0 && i < streams->n; i++)
		rc = count_all(x, &streams->e[i], &g);
	for (size_t i = 0; rc == 0 && nvr_group_trips(&g) && i < streams->n;
	     i++)
		rc = take_off(x, &streams->e[i], g.sudden, &g);
	if (rc == 0)
		nvr_retaining_brake(x, &g);
	return rc;
}

/* Footage of removed cameras is left out with them: where only footage is asked
 * for, they are looked at all the same. */
static int
judge_cameras(struct nvr_retaining *x)
{
	struct nvr_retained mine = {.nkinds = 1, .kind[0].kind = "cameras"};
	struct nvr_retaining look = *x;
	bool proven;
	int rc = nvr_clock_since(x->s, "cameras", x->now, x->r->today != NULL,
	    &look.since, &proven, x->err);

	look.ret = &mine;
	look.kind = 0;
	look.quiet = true;
	nvr_retaining_group(&look, "cameras", 0, 0);
	if (rc == 0)
		rc = nvr_retain_cameras_plan(&look);
	nvr_retaining_group(&look, "", 0, 0);
	x->held = look.held;
	x->nheld = look.nheld;
	x->unjudged = look.unjudged;
	return rc;
}

int
nvr_retain_footage_brake(struct nvr_retaining *x,
    const struct nvr_streams *streams, const struct nvr_counted c[],
    int64_t roomed)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < streams->n; i++)
		rc = judge_stream(x, &streams->e[i], &c[i]);
	if (rc == 0)
		rc = judge_room(x, streams, roomed);
	return rc == 0 && x->r->only != NULL ? judge_cameras(x) : rc;
}
