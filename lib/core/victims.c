/* Whose footage goes first when the disk is full; see streams.h. */
#include <stdlib.h>

#include "core/streams.h"

struct nvr_victims {
	struct nvr_state *s;
	struct nvr_streams *x;
	int which; /* of enum nvr_going */
	struct head {
		enum { UNKNOWN, THERE, NONE } is;
		struct nvr_segment
		    seg; /* the stream's next, where it is THERE */
	} * head;
};

int
nvr_victims_open(struct nvr_state *s, struct nvr_streams *x,
    struct nvr_victims **ret, struct nvr_error *err)
{
	struct nvr_victims *v = calloc(1, sizeof(*v));

	if (v != NULL)
		v->head = calloc(x->n + 1, sizeof(*v->head));
	if (v == NULL || v->head == NULL) {
		nvr_victims_close(v);
		return nvr_fail_nomem(err);
	}
	v->s = s;
	v->x = x;
	*ret = v;
	return 0;
}

void
nvr_victims_close(struct nvr_victims *v)
{
	if (v != NULL)
		free(v->head);
	free(v);
}

static bool
within_its_own(const struct nvr_stream_of *x)
{
	return x->rule.bytes != 0 && !nvr_streams_above(x);
}

static bool
before(const struct nvr_victims *v, size_t a, size_t b)
{
	const struct nvr_segment *x = &v->head[a].seg, *y = &v->head[b].seg;
	bool x_within = within_its_own(&v->x->e[a]);
	bool y_within = within_its_own(&v->x->e[b]);

	if (x_within != y_within)
		return y_within;
	return x->start_at != y->start_at ? x->start_at < y->start_at
					  : x->id < y->id;
}

/* The stream whose turn it is; x->n: none has any of that kind. */
static int
choose(struct nvr_victims *v, size_t *ret, struct nvr_error *err)
{
	*ret = v->x->n;
	for (size_t i = 0; i < v->x->n; i++) {
		struct head *h = &v->head[i];
		int rc;

		if (h->is == UNKNOWN) {
			rc = nvr_streams_next(v->s, &v->x->e[i],
			    (enum nvr_going)v->which, &h->seg, err);
			if (rc < 0)
				return rc;
			h->is = rc == 1 ? THERE : NONE;
		}
		if (h->is == THERE && (*ret == v->x->n || before(v, i, *ret)))
			*ret = i;
	}
	return 0;
}

int
nvr_victims_next(struct nvr_victims *v, struct nvr_segment *ret, size_t *of,
    struct nvr_error *err)
{
	for (; v->which < NVR_GOINGS; v->which++) {
		int rc = choose(v, of, err);

		if (rc != 0)
			return rc;
		if (*of < v->x->n) {
			*ret = v->head[*of].seg;
			v->head[*of].is = UNKNOWN;
			v->x->e[*of].bytes -= ret->size_bytes;
			return 1;
		}
		for (size_t i = 0; i < v->x->n; i++)
			v->head[i].is = UNKNOWN;
	}
	return 0;
}

void
nvr_victims_skip(struct nvr_victims *v, size_t of, int64_t to)
{
	struct head *h = &v->head[of];

	if (v->which >= NVR_GOINGS)
		return;
	nvr_streams_skip(&v->x->e[of], (enum nvr_going)v->which, to);
	if (h->is == THERE && h->seg.start_at < to)
		h->is = UNKNOWN;
}

int
nvr_victims_bytes(struct nvr_state *s, struct nvr_streams *x, int64_t enough,
    int64_t *ret, struct nvr_error *err)
{
	int rc = 0;

	*ret = 0;
	for (size_t i = 0; rc == 0 && i < x->n && *ret < enough; i++) {
		rc = nvr_streams_hold(s, &x->e[i], err);
		if (rc == 0 && __builtin_add_overflow(*ret,
				   x->e[i].bytes - x->e[i].held_bytes, ret))
			*ret = INT64_MAX;
	}
	return rc;
}
