/* Deletes files of the media folder; see discard.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "core/discard_int.h"
#include "core/segment.h"
#include "store/garbage.h"

int
nvr_discard_open(struct nvr_state *s,
    void (*failed)(void *ctx, const char *path, const struct nvr_error *why),
    void *ctx, struct nvr_discard **ret, struct nvr_error *err)
{
	char path[PATH_MAX];
	struct nvr_discard *d = calloc(1, sizeof(*d));
	struct stat here, there;
	int rc;

	if (d == NULL)
		return nvr_fail_nomem(err);
	d->s = s;
	d->failed = failed;
	d->ctx = ctx;
	d->end = INT64_MAX;
	snprintf(path, sizeof(path), "%s/media", s->dir);
	d->media = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = nvr_state_media(s, err);
	if (rc == 0 && (d->media < 0 || fstat(d->media, &here) != 0 ||
			   stat(path, &there) != 0))
		rc = nvr_fail_errno(err, 0, "cannot open '%s'", path);
	/* What is not there counts as deleted: it must not be another disk. */
	if (rc == 0 &&
	    (here.st_dev != there.st_dev || here.st_ino != there.st_ino))
		rc = nvr_fail(err, NVR_E_UNAVAILABLE,
		    "something is being mounted at '%s'; try again", path);
	if (rc == 0)
		rc = nvr_store_durable(s->store, err);
	if (rc == 0)
		*ret = d;
	else
		nvr_discard_close(d);
	return rc;
}

void
nvr_discard_close(struct nvr_discard *d)
{
	if (d == NULL)
		return;
	if (d->media >= 0)
		close(d->media);
	free(d);
}

void
nvr_discard_why(struct nvr_discard *d, const char *why)
{
	d->why = why;
}

void
nvr_discard_heed(struct nvr_discard *d,
    int (*may)(void *ctx, int64_t camera, enum nvr_stream stream, bool *ret,
	struct nvr_error *err),
    void *ctx)
{
	d->may = may;
	d->may_ctx = ctx;
}

void
nvr_discard_keyless(struct nvr_discard *d)
{
	d->keyless = true;
}

void
nvr_discard_until(struct nvr_discard *d, int64_t end)
{
	d->end = end;
}

static void
refuse(struct nvr_discard *d, const char *path, const char *what)
{
	struct nvr_error err;

	nvr_fail(&err, NVR_E_DATA,
	    "a file that is to be deleted is %s; the store was changed by "
	    "something else",
	    what);
	nvr_discard_failed(d, path, &err);
}

static void
add(struct nvr_discard *d, const char *path, size_t of, int64_t added_at)
{
	struct nvr_discard_entry *e;

	if (!nvr_discard_ours(path)) {
		refuse(d, path, "none of the media folder's, by its path");
		return;
	}
	e = &d->e[d->n++];
	*e = (struct nvr_discard_entry){.of = of, .added_at = added_at};
	strlcpy(e->path, path, sizeof(e->path));
}

/* The files of the entries, whose rows are gone; then their garbage rows. */
static int
remove_all(struct nvr_discard *d, struct nvr_error *err)
{
	int rc;

	nvr_discard_files(d);
	rc = nvr_store_begin(d->s->store, err);
	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < d->n; i++)
		if (d->e[i].gone)
			rc = nvr_garbage_drop(d->s->store, d->e[i].path, err);
	return nvr_store_end(d->s->store, rc, err);
}

static int
discard(struct nvr_discard *d, const void *rows, size_t n, bool gone[],
    int (*drop)(struct nvr_discard *d, const void *rows, bool dropped[],
	struct nvr_error *err),
    int (*tell)(struct nvr_discard *d, const void *rows, struct nvr_error *err),
    struct nvr_error *err)
{
	bool dropped[NVR_DISCARD_BATCH];
	size_t left = 0;
	int rc;

	memset(gone, 0, n * sizeof(*gone));
	nvr_discard_sort(d);
	nvr_discard_check(d);
	if (d->n == 0)
		return 0;
	rc = nvr_store_begin(d->s->store, err);
	if (rc != 0)
		return rc;
	rc = drop(d, rows, dropped, err);
	for (size_t i = 0; rc == 0 && i < d->n; i++) {
		if (!dropped[i])
			continue;
		d->e[left] = d->e[i];
		rc = nvr_garbage_add(
		    d->s->store, d->e[left].path, d->e[left].added_at, err);
		left++;
	}
	d->n = left;
	if (rc == 0 && left > 0)
		rc = tell(d, rows, err);
	rc = nvr_store_end(d->s->store, rc, err);
	if (rc != 0 || left == 0)
		return rc;
	rc = remove_all(d, err);
	for (size_t i = 0; i < d->n; i++) {
		gone[d->e[i].of] = d->e[i].gone;
		d->left += !d->e[i].gone;
	}
	return rc;
}

int64_t
nvr_discard_left(const struct nvr_discard *d)
{
	return d->left;
}

/* Those of the entries: by path, so those of a stream are together. */
static void
listed(const struct nvr_discard *d, const struct nvr_segment *seg,
    const struct nvr_segment *list[NVR_DISCARD_BATCH])
{
	for (size_t i = 0; i < d->n; i++)
		list[i] = &seg[d->e[i].of];
}

static int
drop_segments(struct nvr_discard *d, const void *rows, bool dropped[],
    struct nvr_error *err)
{
	const struct nvr_segment *seg = rows, *list[NVR_DISCARD_BATCH];
	size_t n;
	int rc = 0;

	memset(dropped, 0, d->n * sizeof(*dropped));
	/* By path, so those of a stream are together. */
	for (size_t i = 0; rc == 0 && i < d->n; i += n) {
		bool may = true;

		for (n = 0; i + n < d->n; n++) {
			list[n] = &seg[d->e[i + n].of];
			if (list[n]->camera_id != list[0]->camera_id ||
			    list[n]->stream != list[0]->stream)
				break;
		}
		if (d->may != NULL)
			rc = d->may(d->may_ctx, list[0]->camera_id,
			    list[0]->stream, &may, err);
		if (rc == 0 && may)
			rc = nvr_segments_drop(
			    d->s->store, list, n, &dropped[i], err);
	}
	return rc;
}

static int
tell_segments(struct nvr_discard *d, const void *rows, struct nvr_error *err)
{
	const struct nvr_segment *list[NVR_DISCARD_BATCH];

	listed(d, rows, list);
	return nvr_discard_log_segments(d, list, d->n, err);
}

int
nvr_discard_segments(struct nvr_discard *d, const struct nvr_segment *seg,
    size_t n, bool gone[], struct nvr_error *err)
{
	char path[NVR_SEGMENT_PATH];
	int64_t now = nvr_time_now();

	if (n > NVR_DISCARD_BATCH)
		return nvr_fail(err, NVR_E_USAGE, "too many at once");
	d->n = 0;
	for (size_t i = 0; i < n; i++) {
		nvr_segment_path(seg[i].camera_id, seg[i].stream, seg[i].id,
		    seg[i].sealed, path);
		add(d, path, i, now);
	}
	return discard(d, seg, n, gone, drop_segments, tell_segments, err);
}

struct torn {
	int64_t id;
	struct nvr_segment as; /* as it is told of */
};

static int
drop_torn(struct nvr_discard *d, const void *rows, bool dropped[],
    struct nvr_error *err)
{
	const struct torn *t = rows;
	bool gone = false;
	int rc =
	    nvr_open_segment_lose(d->s->store, t->id, t->as.end_at, &gone, err);

	for (size_t i = 0; i < d->n; i++)
		dropped[i] = gone;
	return rc;
}

/* Whose file was never made, nobody misses. */
static int
tell_torn(struct nvr_discard *d, const void *rows, struct nvr_error *err)
{
	const struct torn *t = rows;
	const struct nvr_segment *one = &t->as;

	return one->size_bytes >= 0 ? nvr_discard_log_segments(d, &one, 1, err)
				    : 0;
}

int
nvr_discard_torn(struct nvr_discard *d, const struct nvr_torn *torn,
    int64_t end, int64_t size, bool *gone, struct nvr_error *err)
{
	static const char *const ends[] = {"", ".part", ".fix"};
	const struct nvr_open_segment *o = &torn->open;
	const struct torn t = {o->id, {.camera_id = o->camera_id,
					  .stream = o->stream,
					  .start_at = o->start_at,
					  .end_at = end,
					  .size_bytes = size}};
	char path[NVR_SEGMENT_PATH], file[NVR_SEGMENT_PATH + 8];
	int64_t now = nvr_time_now();
	bool each[3];
	int rc;

	nvr_segment_path(o->camera_id, o->stream, o->id, torn->sealed, path);
	d->n = 0;
	for (size_t i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		add(d, file, i, now);
	}
	rc = discard(d, &t, 3, each, drop_torn, tell_torn, err);
	*gone = each[0] && each[1] && each[2];
	return rc;
}

static int
drop_stills(struct nvr_discard *d, const void *rows, bool dropped[],
    struct nvr_error *err)
{
	const struct nvr_still_row *row = rows;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->n; i++)
		rc = nvr_still_drop_due(d->s->store, row[d->e[i].of].id,
		    row[d->e[i].of].expires_at, &dropped[i], err);
	return rc;
}

int
nvr_discard_stills(struct nvr_discard *d, const struct nvr_still_row *row,
    size_t n, bool gone[], struct nvr_error *err)
{
	char path[NVR_DISCARD_PATH + 8];
	int64_t now = nvr_time_now();

	if (n > NVR_DISCARD_BATCH)
		return nvr_fail(err, NVR_E_USAGE, "too many at once");
	d->n = 0;
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "media/%s", row[i].path);
		if (strncmp(path, NVR_STILLS_PATH, strlen(NVR_STILLS_PATH)) ==
		    0)
			add(d, path, i, now);
		else
			refuse(d, path, "no kept still, by its path");
	}
	return discard(
	    d, row, n, gone, drop_stills, nvr_discard_log_stills, err);
}

/* What a batch of garbage is read into. */
struct reading {
	struct nvr_discard *d;
	struct nvr_buf last; /* the greatest path of all so far */
	struct nvr_error *err;
};

static int
take_garbage(void *ctx, const struct nvr_garbage *g)
{
	struct reading *r = ctx;
	bool named = false;
	int rc = 0;

	if (r->last.len == 0 || strcmp(g->path, r->last.data) > 0) {
		r->last.len = 0;
		rc =
		    nvr_buf_add(&r->last, g->path, strlen(g->path) + 1, r->err);
	}
	if (rc == 0)
		rc = nvr_discard_named(r->d->s, g->path, &named, r->err);
	if (rc == 0 && named)
		refuse(r->d, g->path, "one that a row of the store names");
	else if (rc == 0)
		add(r->d, g->path, 0, g->added_at);
	return rc == 0 ? r->d->n == NVR_DISCARD_BATCH : rc;
}

int
nvr_discard_garbage(struct nvr_discard *d, int64_t until, int64_t later,
    void (*gone)(void *ctx, const char *path, int64_t added_at), void *ctx,
    struct nvr_error *err)
{
	struct reading r = {.d = d, .err = err};
	int rc = 1;

	while (rc == 1) {
		int more;

		d->n = 0;
		rc = more = nvr_garbage_each(d->s->store,
		    r.last.len > 0 ? r.last.data : "", until, later,
		    take_garbage, &r, err);
		nvr_discard_sort(d);
		if (rc >= 0 && d->n > 0)
			rc = remove_all(d, err);
		for (size_t i = 0; i < d->n; i++) {
			if (d->e[i].gone && gone != NULL)
				gone(ctx, d->e[i].path, d->e[i].added_at);
		}
		rc = rc < 0 ? rc : more;
		if (rc == 1 && nvr_time_monotonic() > d->end)
			rc = 0;
	}
	nvr_buf_release(&r.last);
	return rc;
}
