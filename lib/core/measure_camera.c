/* How each camera fares; see measure.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/coverage.h"
#include "core/measure_int.h"
#include "core/station.h"

struct listing {
	struct nvr_state *s;
	struct nvr_measured *m;
	struct nvr_error *err;
};

/* By station: worse ones are behind. */
static const struct {
	const char *word;
	int rank;
	bool down;
} states[] = {
    [NVR_STATION_RECORDING] = {"recording", 1, false},
    [NVR_STATION_CONNECTING] = {"connecting", 2, false},
    [NVR_STATION_RESTRICTED] = {"restricted", 3, false},
    [NVR_STATION_STOPPED] = {"stopped", 4, true},
    [NVR_STATION_LOST] = {"offline", 5, true},
    [NVR_STATION_FULL] = {"full", 6, true},
    [NVR_STATION_MEDIA] = {"no-media", 7, true},
};

/* Up to when footage is durable, by its rows and by who records. */
static int
find_newest(struct nvr_state *s, const struct nvr_station_page *page,
    struct nvr_beat_camera *c, enum nvr_stream stream, struct nvr_error *err)
{
	struct nvr_segment seg = {0};
	int rc = nvr_segment_newest(s->store, c->id, stream, &seg, err);

	if (rc != 0 && rc != NVR_E_NOENT)
		return rc;
	c->newest = rc == 0 ? seg.end_at : 0;
	if (page->pid != 0 && page->durable_at > c->newest)
		c->newest = page->durable_at;
	return 0;
}

struct latest {
	struct nvr_state *s;
	int64_t now, begun, end; /* of the segment that is being written */
};

static int
take_open(void *ctx, const struct nvr_open_segment *o)
{
	struct latest *l = ctx;

	if (o->start_at > l->begun) {
		l->begun = o->start_at;
		l->end = nvr_open_end(l->s, o, l->now);
	}
	return 0;
}

/*
 * As core/coverage.h has them, without reading each segment of the day: ahead
 * of each run, and what is missing up to now.
 */
static int
count_gaps(struct nvr_state *s, struct nvr_beat_camera *c,
    enum nvr_stream stream, int64_t now, struct nvr_error *err)
{
	struct latest l = {.s = s, .now = now};
	struct nvr_segment seg = {0};
	int rc = nvr_footage_breaks(
	    s->store, c->id, stream, now - NVR_DAY, NVR_GAP_MIN, &c->gaps, err);

	if (rc == 0)
		rc = nvr_segment_newest(s->store, c->id, stream, &seg, err);
	if (rc != 0 && rc != NVR_E_NOENT)
		return rc;
	rc = nvr_open_segment_each(s->store, c->id, stream, take_open, &l, err);
	if (l.begun != 0 && seg.end_at != 0)
		c->gaps += l.begun - seg.end_at >= NVR_GAP_MIN;
	if (l.end < seg.end_at)
		l.end = seg.end_at;
	c->gaps += l.end != 0 && now - l.end >= NVR_GAP_MIN;
	return rc;
}

static int
look(struct nvr_state *s, const struct nvr_camera *cam, int64_t now,
    struct nvr_beat_camera *c, bool *down, struct nvr_error *err)
{
	struct nvr_station_page page;
	enum nvr_stream first = NVR_STREAMS;
	struct nvr_error ignored;
	int rc = 0, rank = 0;

	c->id = cam->id;
	c->state = "off";
	for (int i = 0; rc == 0 && i < NVR_STREAMS; i++) {
		if (!nvr_camera_records(cam, (enum nvr_stream)i))
			continue;
		if (nvr_station_read(s->dir, cam->id, (enum nvr_stream)i, &page,
			&ignored) != 0)
			page = (struct nvr_station_page){0};
		if (states[page.state].rank > rank) {
			rank = states[page.state].rank;
			c->state = states[page.state].word;
			*down = states[page.state].down;
		}
		if (first == NVR_STREAMS) {
			first = (enum nvr_stream)i;
			rc = find_newest(s, &page, c, first, err);
		}
	}
	if (rc == 0 && first != NVR_STREAMS)
		rc = count_gaps(s, c, first, now, err);
	return rc;
}

static int
copy(const char *text, const char **ret, struct nvr_error *err)
{
	*ret = strdup(text != NULL ? text : "");
	return *ret != NULL ? 0 : nvr_fail_nomem(err);
}

/* What of it changes seldom. */
static int
describe(const struct nvr_camera *cam, struct nvr_beat_inventory *i,
    struct nvr_error *err)
{
	void *secrets = NULL;
	int rc = copy(cam->name, &i->name, err);

	i->id = cam->id;
	if (rc == 0)
		rc = copy(cam->zone, &i->zone, err);
	if (rc == 0)
		rc = copy(cam->manufacturer, &i->manufacturer, err);
	if (rc == 0)
		rc = copy(cam->model, &i->model, err);
	if (rc != 0 || cam->secrets == NULL)
		return rc;
	secrets = malloc(cam->secrets_len > 0 ? cam->secrets_len : 1);
	if (secrets == NULL)
		return nvr_fail_nomem(err);
	memcpy(secrets, cam->secrets, cam->secrets_len);
	i->secrets = secrets;
	i->secrets_len = cam->secrets_len;
	return 0;
}

static int
list(void *ctx, const struct nvr_camera *cam)
{
	struct listing *l = ctx;
	struct nvr_measured *m = l->m;
	bool down = false;
	size_t n = m->ncameras;
	int rc;

	m->report.cameras++;
	if (n == NVR_BEAT_CAMERAS) {
		m->beyond++;
		return 0;
	}
	m->inventory[n] = (struct nvr_beat_inventory){0};
	m->camera[n] = (struct nvr_beat_camera){0};
	m->ncameras++;
	rc = describe(cam, &m->inventory[n], l->err);
	if (rc == 0)
		rc =
		    look(l->s, cam, m->report.at, &m->camera[n], &down, l->err);
	m->report.cameras_down += down;
	return rc;
}

int
nvr_measure_cameras(
    struct nvr_state *s, struct nvr_measured *m, struct nvr_error *err)
{
	struct listing l = {s, m, err};

	m->camera = calloc(NVR_BEAT_CAMERAS, sizeof(*m->camera));
	m->inventory = calloc(NVR_BEAT_CAMERAS, sizeof(*m->inventory));
	if (m->camera == NULL || m->inventory == NULL)
		return nvr_fail_nomem(err);
	m->report.cameras = m->report.cameras_down = 0;
	return nvr_camera_each(s->store, false, list, &l, err);
}

void
nvr_measure_release(struct nvr_measured *m)
{
	for (size_t i = 0; i < m->ncameras; i++) {
		const struct nvr_beat_inventory *v = &m->inventory[i];
		const void *own[] = {
		    v->name, v->zone, v->manufacturer, v->model, v->secrets};

		for (size_t k = 0; k < sizeof(own) / sizeof(own[0]); k++)
			free((void *)(uintptr_t)own[k]);
	}
	free(m->camera);
	free(m->inventory);
	*m = (struct nvr_measured){0};
}
