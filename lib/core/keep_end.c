/* Kept stills end; see keep.h. */
#include <stdlib.h>
#include <string.h>

#include "core/aging.h"
#include "core/discard.h"
#include "core/keep.h"
#include "store/outbox.h"

#define TEXT 256 /* of a path or a name; longer ones are none of ours */

const enum nvr_aged nvr_keep_ends[3] = {
    NVR_AGED_STILLS_EXPIRED, NVR_AGED_STILLS_FREE, NVR_AGED_STILLS_CAMERA};

struct ending {
	struct nvr_state *s;
	const struct nvr_keep_end *e;
	struct nvr_discard *d;
	enum nvr_aged what;
	struct nvr_aged_by by;
	/* A batch of them, past those that could not be deleted. */
	struct nvr_aged_row row[NVR_DISCARD_BATCH];
	char path[NVR_DISCARD_BATCH][TEXT], camera[NVR_DISCARD_BATCH][TEXT];
	size_t n, seen, stuck;
};

struct nvr_aged_by
nvr_keep_due(struct nvr_state *s, int64_t now, int64_t camera)
{
	struct nvr_aged_by by = {.now = now, .camera = camera};

	by.before = nvr_aged_before(
	    now, s->rules != NULL ? s->rules->keep.stills_free : 0);
	by.other = by.before;
	return by;
}

static int
collect(void *ctx, const struct nvr_aged_row *r)
{
	struct ending *w = ctx;
	struct nvr_aged_row *to = &w->row[w->n];

	if (w->e->stays != NULL && w->e->stays(w->e->ctx, w->what, r))
		return 0;
	if (w->seen++ < w->stuck)
		return 0;
	*to = *r;
	to->word = "";
	to->path = w->path[w->n];
	strlcpy(w->path[w->n], r->path, TEXT);
	if (r->camera != NULL) {
		to->camera = w->camera[w->n];
		strlcpy(w->camera[w->n], r->camera, TEXT);
	}
	return ++w->n == NVR_DISCARD_BATCH;
}

/* Their files and rows; those that went are the first w->n afterwards. */
static int
discard(struct ending *w, struct nvr_error *err)
{
	struct nvr_still_row still[NVR_DISCARD_BATCH];
	bool gone[NVR_DISCARD_BATCH];
	int64_t left = nvr_discard_left(w->d);
	size_t went = 0;
	int rc;

	for (size_t i = 0; i < w->n; i++)
		still[i] = (struct nvr_still_row){.id = w->row[i].id,
		    .taken_at = w->row[i].at,
		    .expires_at = w->row[i].expires_at,
		    .path = w->row[i].path,
		    .size_bytes = w->row[i].size_bytes};
	rc = nvr_discard_stills(w->d, still, w->n, gone, err);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < w->n; i++)
		if (gone[i])
			w->row[went++] = w->row[i];
	/* Of these the rows are still there. */
	w->stuck += w->n - went - (size_t)(nvr_discard_left(w->d) - left);
	w->n = went;
	return 0;
}

static int
end_by(struct ending *w, enum nvr_aged what, struct nvr_error *err)
{
	int rc, more;

	w->what = what;
	nvr_discard_why(w->d,
	    what == NVR_AGED_STILLS_EXPIRED  ? "expired"
	    : what == NVR_AGED_STILLS_FREE   ? "older than without premium"
	    : what == NVR_AGED_STILLS_CAMERA ? "older than its camera keeps"
					     : "with its camera");
	w->by = nvr_keep_due(w->s, w->e->now, w->e->camera);
	w->stuck = 0;
	do {
		w->n = w->seen = 0;
		more =
		    nvr_aged_each(w->s->store, what, &w->by, collect, w, err);
		rc = more < 0 ? more : 0;
		/* Accounts ahead of this one have no more. */
		if (rc == 0 && w->n > 0 && w->stuck == 0)
			w->by.from = w->row[0].account_id;
		if (rc == 0 && w->n > 0)
			rc = discard(w, err);
		if (rc == 0 && w->n > 0 && w->e->gone != NULL)
			rc = w->e->gone(w->e->ctx, what, w->row, w->n);
	} while (rc == 0 && more == 1);
	return rc;
}

int
nvr_keep_end(
    struct nvr_state *s, const struct nvr_keep_end *e, struct nvr_error *err)
{
	struct ending *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		return nvr_fail_nomem(err);
	w->s = s;
	w->e = e;
	rc = nvr_discard_open(s, e->failed, e->ctx, &w->d, err);
	if (e->all && rc == 0)
		rc = end_by(w, NVR_AGED_STILLS_ALL, err);
	for (int i = 0; !e->all && rc == 0 && i < 3; i++)
		rc = end_by(w, nvr_keep_ends[i], err);
	nvr_discard_close(w->d);
	free(w);
	return rc;
}

struct sweep {
	int n;
	struct nvr_error why; /* the first that could not be deleted */
};

static int
count(void *ctx, enum nvr_aged what, const struct nvr_aged_row *row, size_t n)
{
	struct sweep *w = ctx;

	(void)what, (void)row;
	w->n += (int)n;
	return 0;
}

static void
remember(void *ctx, const char *path, const struct nvr_error *why)
{
	struct sweep *w = ctx;

	(void)path;
	if (w->why.code == 0)
		w->why = *why;
}

int
nvr_keep_sweep(struct nvr_state *s, int64_t now, int *n, struct nvr_error *err)
{
	struct sweep w = {0};
	const struct nvr_keep_end e = {
	    .now = now, .gone = count, .failed = remember, .ctx = &w};
	int rc = nvr_outbox_expire(s->store, now, err);

	if (rc == 0)
		rc = nvr_keep_end(s, &e, err);
	*n = w.n;
	return rc == 0 && w.why.code != 0
		   ? nvr_fail(err, w.why.code, "%s", w.why.text)
		   : rc;
}
