/*
 * Makes whole segments of what a crash left; see segment.h.
 *
 * The whole file is made beside the torn one, as a copy up to the end of its
 * last whole fragment, and takes its name at the end: a crash in between
 * leaves the torn one as it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/time.h"
#include "core/footage.h"
#include "media/mp4.h"
#include "seal/digest.h"
#include "store/garbage.h"

/* What the whole fragments hold. */
struct content {
	uint64_t end; /* of the last one */
	int64_t frames, length_us;
};

static int
index_content(struct nvr_footage *f, struct content *c, struct nvr_error *err)
{
	const struct nvr_mp4_sample *s;
	struct nvr_mp4 *m = NULL;
	int64_t first = -1;
	size_t n;
	int rc = nvr_mp4_open(nvr_footage_bytes(f), &m, err);

	*c = (struct content){0};
	if (rc != 0)
		return rc == NVR_E_DATA ? 0 : rc; /* not even a moov: nothing */
	while ((rc = nvr_mp4_next(m, &s, &n, err)) == 1) {
		c->end = nvr_mp4_end(m);
		for (size_t i = 0; i < n; i++) {
			const struct nvr_mp4_track_info *t =
			    nvr_mp4_track(m, s[i].track);
			int64_t end;

			if (!t->video)
				continue;
			end = nvr_ticks_us(
			    s[i].dts + s[i].duration, t->timescale);
			if (first < 0)
				first = nvr_ticks_us(s[i].dts, t->timescale);
			c->frames++;
			if (end - first > c->length_us)
				c->length_us = end - first;
		}
	}
	nvr_mp4_free(m);
	return rc == NVR_E_DATA ? 0 : rc; /* what is behind it is not ours */
}

struct copy {
	int fd;
	struct nvr_sha256 *sha;
	int64_t bytes;
};

static int
write_copy(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct copy *c = ctx;
	int rc = nvr_write_all(c->fd, data, len, err);

	if (rc == 0)
		rc = nvr_sha256_update(c->sha, data, len, err);
	c->bytes += (int64_t)len;
	return rc;
}

/* The whole copy, durable, under the last name. */
static int
make_whole(struct nvr_footage *f, const struct nvr_torn *torn, uint64_t end,
    struct copy *c, struct nvr_error *err)
{
	const struct nvr_sink sink = {write_copy, c};
	char path[PATH_MAX + 8], fix[PATH_MAX + 8];
	int rc;

	strlcpy(path, nvr_footage_path(f), sizeof(path));
	path[strlen(path) - strlen(".part")] = '\0';
	snprintf(fix, sizeof(fix), "%s.fix", path);
	/* One that was not finished; and no link is followed. */
	unlink(fix);
	c->fd = open(fix, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (c->fd < 0)
		return nvr_fail_errno(
		    err, NVR_E_CREATE, "cannot create '%s'", fix);
	rc = nvr_footage_cut(f, torn, end, &sink, err);
	if (rc == 0 && fsync(c->fd) != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot flush '%s'", fix);
	close(c->fd);
	if (rc == 0 && rename(fix, path) != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot rename '%s'", fix);
	if (rc != 0)
		unlink(fix); /* it would take up room */
	*strrchr(path, '/') = '\0';
	return rc == 0 ? nvr_dir_sync(path, err) : rc;
}

/* A file that got its last name, but not its row. */
static int
digest_whole(struct nvr_footage *f, struct copy *c, struct nvr_error *err)
{
	char buf[65536];
	ssize_t n;
	int rc = 0;

	c->fd = open(nvr_footage_path(f), O_RDONLY | O_CLOEXEC);
	if (c->fd < 0)
		return nvr_fail_errno(
		    err, 0, "cannot open '%s'", nvr_footage_path(f));
	while (rc == 0 && (n = read(c->fd, buf, sizeof(buf))) > 0) {
		rc = nvr_sha256_update(c->sha, buf, (size_t)n, err);
		c->bytes += n;
	}
	if (rc == 0 && n < 0)
		rc = nvr_fail_errno(
		    err, NVR_E_IO, "cannot read '%s'", nvr_footage_path(f));
	close(c->fd);
	return rc;
}

/* What was deleted in the file's folder stays deleted. */
static int
sync_folder(const char *file, struct nvr_error *err)
{
	char path[PATH_MAX + 8];

	strlcpy(path, file, sizeof(path));
	*strrchr(path, '/') = '\0';
	return nvr_dir_sync(path, err);
}

/* Nothing of it can be watched: the file goes, and its row with it. */
static int
forget(struct nvr_state *s, const struct nvr_torn *torn,
    const struct nvr_footage *f, struct nvr_error *err)
{
	const char *file = nvr_footage_path(f),
		   *path = file + strlen(s->dir) + 1;
	int rc = nvr_segment_discard(s->store, torn->open.id, path, err);

	if (rc == 0 && unlink(file) != 0 && errno != ENOENT)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot delete '%s'", file);
	if (rc == 0)
		rc = sync_folder(file, err);
	return rc == 0 ? nvr_garbage_drop(s->store, path, err) : rc;
}

/* The torn file, and a copy that was not completed. */
static int
clear_rest(const struct nvr_footage *f, struct nvr_error *err)
{
	static const char *const ends[] = {".part", ".fix"};
	char path[PATH_MAX + 8];
	size_t len = strlcpy(path, nvr_footage_path(f), sizeof(path));

	if (!nvr_footage_whole(f))
		len -= strlen(".part");
	for (int i = 0; i < 2; i++) {
		strlcpy(path + len, ends[i], sizeof(path) - len);
		if (unlink(path) != 0 && errno != ENOENT)
			return nvr_fail_errno(
			    err, NVR_E_IO, "cannot delete '%s'", path);
	}
	return sync_folder(path, err);
}

static int
mend(struct nvr_state *s, const struct nvr_torn *torn, struct nvr_footage *f,
    struct nvr_mended *m, struct nvr_error *err)
{
	const struct nvr_open_segment *o = &torn->open;
	struct copy c = {-1, NULL, 0};
	struct content has;
	int rc = index_content(f, &has, err);

	if (rc == 0 && has.frames == 0 && nvr_footage_whole(f))
		return nvr_fail(err, NVR_E_DATA,
		    "'%s' is damaged, and left as it is", nvr_footage_path(f));
	if (rc == 0 && has.frames == 0)
		return forget(s, torn, f, err);
	if (rc == 0)
		rc = nvr_sha256_open(&c.sha, err);
	if (rc == 0)
		rc = nvr_footage_whole(f)
			 ? digest_whole(f, &c, err)
			 : make_whole(f, torn, has.end, &c, err);
	if (rc == 0)
		rc = clear_rest(f, err);
	m->row = (struct nvr_segment){.id = o->id,
	    .camera_id = o->camera_id,
	    .run_id = o->run_id,
	    .stream = o->stream,
	    .start_at = o->start_at,
	    .end_at = o->start_at + has.length_us,
	    .media_start_us = o->media_start_us,
	    .media_us = has.length_us,
	    .frames = has.frames,
	    .size_bytes = c.bytes,
	    .sealed = torn->sealed};
	if (rc == 0)
		rc = nvr_sha256_final(c.sha, m->row.sha256, err);
	if (rc == 0)
		rc = nvr_segment_close(s->store, &m->row, err);
	m->saved = rc == 0;
	nvr_sha256_free(c.sha);
	return rc;
}

int
nvr_mend_one(struct nvr_state *s, const struct nvr_torn *torn,
    struct nvr_mended *ret, struct nvr_error *err)
{
	struct nvr_footage *f = NULL;
	int rc = nvr_state_media(s, err);

	*ret = (struct nvr_mended){.id = torn->open.id};
	if (rc != 0)
		return rc;
	rc = nvr_footage_open_torn(s, torn, &f, err);
	if (rc == NVR_E_NOENT) /* the crash came ahead of the file */
		return nvr_segment_forget(s->store, torn->open.id, err);
	if (rc == 0)
		rc = mend(s, torn, f, ret, err);
	nvr_footage_close(f);
	return rc;
}

struct row {
	struct nvr_torn torn;
	struct nvr_error why; /* its key cannot be opened; code 0: it can */
};

struct rows {
	struct nvr_state *s;
	struct row *row;
	size_t n;
	struct nvr_error *err;
};

static int
collect(void *ctx, const struct nvr_open_segment *o)
{
	struct rows *r = ctx;
	struct row *row = reallocarray(r->row, r->n + 1, sizeof(*row));
	char id[NVR_ID_TEXT];

	if (row == NULL)
		return nvr_fail_nomem(r->err);
	r->row = row;
	row += r->n++;
	*row = (struct row){.torn.open = *o};
	if (nvr_torn_key(r->s, o, &row->torn, &row->why) != 0)
		nvr_prefix(&row->why, "the journal of segment %s",
		    nvr_id_format(o->id, id));
	return 0;
}

int
nvr_mend_all(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    void (*tell)(void *ctx, const struct nvr_mended *m, int rc,
	const struct nvr_error *why),
    void *ctx, struct nvr_error *err)
{
	struct rows r = {.s = s, .err = err};
	int rc =
	    nvr_open_segment_each(s->store, camera, stream, collect, &r, err);

	for (size_t i = 0; rc == 0 && i < r.n; i++) {
		struct nvr_mended m = {.id = r.row[i].torn.open.id};
		struct nvr_error why = r.row[i].why;
		int mended = why.code;

		if (mended == 0)
			mended = nvr_mend_one(s, &r.row[i].torn, &m, &why);
		tell(ctx, &m, mended, &why);
		/* A folder that is not there is nothing to go on with. */
		if (mended == NVR_E_UNAVAILABLE || mended == NVR_E_AGAIN)
			rc = nvr_fail(err, mended, "%s", why.text);
	}
	if (r.row != NULL)
		explicit_bzero(r.row, r.n * sizeof(*r.row));
	free(r.row);
	return rc;
}
