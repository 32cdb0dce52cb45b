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

/* How many a stream has that are there by then, and of them those that came
 * since the last run: as many may go for those. */
static int
count_stream(struct nvr_retaining *x, const struct nvr_stream_of *e,
    int64_t *all, int64_t *came)
{
	const struct nvr_stream_total t = {
	    .camera_id = e->cam->id, .stream = e->stream};
	int64_t later = 0;
	int rc = 0;

	if (e->ends != INT64_MAX)
		rc = nvr_stream_count(x->s->store, &t, e->ends, &later, x->err);
	if (rc == 0)
		rc = nvr_stream_count(x->s->store, &t, x->since, came, x->err);
	*all = e->segments - later;
	*came -= later;
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
	int64_t came = 0;
	int rc = 0;

	if (e->rule.removed || c->sudden == 0)
		return 0;
	snprintf(g.name, sizeof(g.name), "segments of %s (%s)", e->cam->name,
	    nvr_stream_names[e->stream]);
	g.all = e->segments;
	/* Mostly nothing would be held, and none of it need be counted. */
	if (nvr_group_trips(&g) || e->ends != INT64_MAX) {
		rc = count_stream(x, e, &g.all, &came);
		g.sudden -= c->above < came ? c->above : came;
	}
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
	int64_t all, came = 0;
	int rc = 0;

	for (size_t i = 0; i < streams->n; i++)
		g.all += streams->e[i].segments;
	if (!nvr_group_trips(&g))
		return 0;
	for (size_t i = 0; rc == 0 && i < streams->n; i++) {
		rc = count_stream(x, &streams->e[i], &all, &came);
		g.sudden -= came;
	}
	if (rc == 0)
		nvr_retaining_brake(x, &g);
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
	return rc == 0 ? judge_room(x, streams, roomed) : rc;
}
