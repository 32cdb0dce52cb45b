/* The media folder against the store; see verify.h. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "core/discard.h"
#include "core/footage.h"
#include "core/verify.h"
#include "seal/digest.h"
#include "store/garbage.h"
#include "store/still.h"

#define CURSOR "verify_after"
#define BATCH 256 /* no reader holds the store for longer than that takes */

struct check {
	struct nvr_state *s;
	const struct nvr_verify *v;
	struct nvr_verify_result *r;
	struct nvr_error *err;
	/* The identity of the camera that was last asked for. */
	int64_t camera;
	bool have_key;
	struct nvr_age_identity key;
	int64_t total; /* segments to look at */
};

static void fault(struct check *c, const char *path, int64_t segment,
    const char *what, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

static void
fault(struct check *c, const char *path, int64_t segment, const char *what,
    const char *fmt, ...)
{
	char text[400];
	struct nvr_verify_fault f = {path, segment, what, text};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->r->faults++;
	c->v->fault(c->v->ctx, &f);
}

/* The camera's identity, if it is to be had. */
static const struct nvr_age_identity *
key_of(struct check *c, int64_t camera)
{
	struct nvr_camera *cam = NULL;
	struct nvr_error ignored;

	if (c->camera != camera) {
		nvr_age_identity_wipe(&c->key);
		c->camera = camera;
		c->have_key =
		    nvr_camera_get_any(c->s->store, camera, &cam, &ignored) ==
			0 &&
		    nvr_footage_key(c->s, cam, &c->key, &ignored) == 0;
		nvr_camera_free(cam);
	}
	return c->have_key ? &c->key : NULL;
}

static int
digest(
    int fd, uint8_t out[NVR_SHA256_LEN], int64_t *size, struct nvr_error *err)
{
	struct nvr_sha256 *sha = NULL;
	char buf[65536];
	ssize_t n = 0;
	int rc = nvr_sha256_open(&sha, err);

	*size = 0;
	while (rc == 0 && (n = read(fd, buf, sizeof(buf))) > 0) {
		rc = nvr_sha256_update(sha, buf, (size_t)n, err);
		*size += n;
	}
	if (rc == 0 && n < 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot be read");
	if (rc == 0)
		rc = nvr_sha256_final(sha, out, err);
	nvr_sha256_free(sha);
	return rc;
}

/* Opens every chunk. */
static int
open_all(struct check *c, const struct nvr_segment *seg,
    const struct nvr_age_identity *key, struct nvr_error *err)
{
	struct nvr_footage *f = NULL;
	char buf[65536];
	int rc = nvr_footage_open(c->s, seg, key, &f, err);

	if (rc == 0) {
		const struct nvr_bytes *b = nvr_footage_bytes(f);

		for (uint64_t at = 0; rc == 0 && at < b->size;) {
			size_t n = b->size - at < sizeof(buf) ? b->size - at
							      : sizeof(buf);

			rc = b->pread(b->ctx, buf, n, at, err);
			at += n;
		}
	}
	nvr_footage_close(f);
	return rc;
}

/* Its row can have gone while we looked: then nothing is wrong. */
static bool
still_there(struct check *c, int64_t id)
{
	struct nvr_segment again;
	struct nvr_error ignored;

	return nvr_segment_get(c->s->store, id, &again, &ignored) == 0;
}

static void
check_segment(struct check *c, const struct nvr_segment *seg)
{
	const struct nvr_age_identity *key = NULL;
	char path[NVR_SEGMENT_PATH], full[PATH_MAX + NVR_SEGMENT_PATH];
	uint8_t sha[NVR_SHA256_LEN];
	struct nvr_error err = {0};
	int64_t size = 0;
	int fd;

	nvr_segment_path(
	    seg->camera_id, seg->stream, seg->id, seg->sealed, path);
	snprintf(full, sizeof(full), "%s/%s", c->s->dir, path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		int why = errno;

		if (still_there(c, seg->id))
			fault(c, path, seg->id,
			    why == ENOENT ? "missing" : "unreadable", "%s",
			    strerror(why));
		return;
	}
	if (digest(fd, sha, &size, &err) != 0)
		fault(c, path, seg->id, "unreadable", "%s", err.text);
	else if (size != seg->size_bytes)
		fault(c, path, seg->id, "size", "has %lld bytes, not %lld",
		    (long long)size, (long long)seg->size_bytes);
	else if (memcmp(sha, seg->sha256, sizeof(sha)) != 0)
		fault(c, path, seg->id, "sha256", "its SHA-256 is another");
	else if (seg->sealed && (key = key_of(c, seg->camera_id)) == NULL)
		c->r->unopened++;
	else if (open_all(c, seg, key, &err) != 0)
		fault(c, path, seg->id, "sealed", "%s", err.text);
	close(fd);
	c->r->bytes += size;
}

struct batch {
	struct nvr_segment seg[BATCH];
	int n;
};

static int
collect(void *ctx, const struct nvr_segment *seg)
{
	struct batch *b = ctx;

	b->seg[b->n++] = *seg;
	return b->n == BATCH;
}

/* Each camera has its own, and the whole has one. */
static const char *
cursor(const struct check *c, char name[48])
{
	char id[NVR_ID_TEXT];

	snprintf(name, 48, "%s%s%s", CURSOR, c->v->camera != 0 ? " " : "",
	    c->v->camera != 0 ? nvr_id_format(c->v->camera, id) : "");
	return name;
}

static void
remember(struct check *c, int64_t id)
{
	struct nvr_error ignored;
	char text[NVR_ID_TEXT], name[48];

	nvr_setting_put(c->s->store, cursor(c, name),
	    id != 0 ? nvr_id_format(id, text) : "", &ignored);
}

static int64_t
recall(struct check *c)
{
	char text[NVR_SETTING_TEXT], name[48];
	struct nvr_error ignored;
	int64_t id;

	if (!c->v->resume ||
	    nvr_setting_get(c->s->store, cursor(c, name), text, &ignored) !=
		0 ||
	    nvr_id_parse(text, &id, &ignored) != 0)
		return 0;
	return id;
}

static bool
is_asked_for(const struct nvr_verify *v, const struct nvr_segment *seg)
{
	return seg->end_at > v->since &&
	       (v->until == 0 || seg->start_at < v->until);
}

static int
check_segments(struct check *c)
{
	struct batch *b = calloc(1, sizeof(*b));
	int64_t at = recall(c), seen = 0;
	int rc = b != NULL ? 1 : nvr_fail_nomem(c->err);

	while (rc == 1 && !c->r->stopped) {
		b->n = 0;
		rc = nvr_segment_scan(
		    c->s->store, c->v->camera, at, collect, b, c->err);
		for (int i = 0; rc >= 0 && i < b->n && !c->r->stopped; i++) {
			if (is_asked_for(c->v, &b->seg[i])) {
				check_segment(c, &b->seg[i]);
				c->r->segments++;
			}
			at = b->seg[i].id;
			c->v->progress(c->v->ctx, ++seen, c->total);
			c->r->stopped = *c->v->stop;
		}
		remember(c, c->r->stopped ? at : 0);
	}
	free(b);
	return rc;
}

static bool
is_known(struct check *c, const char *path)
{
	struct nvr_error ignored;
	bool known = strcmp(path, "media/nvr-media") == 0;

	return known ||
	       (nvr_discard_named(c->s, path, &known, &ignored) == 0 &&
		   known) ||
	       (nvr_garbage_has(c->s->store, path, &known, &ignored) == 0 &&
		   known);
}

static int
check_files(struct check *c)
{
	char root[PATH_MAX], id[NVR_ID_TEXT];
	char *roots[] = {root, NULL};
	int how = FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV;
	FTS *fts;
	FTSENT *e;

	snprintf(root, sizeof(root), "%s/media", c->s->dir);
	if (c->v->camera != 0)
		snprintf(root, sizeof(root), "%s/media/footage/%s", c->s->dir,
		    nvr_id_format(c->v->camera, id));
	if (access(root, F_OK) != 0)
		return 0; /* nothing of that camera yet */
	/* The folder itself may be a link to another disk; nothing in it. */
	if (c->v->camera == 0)
		how |= FTS_COMFOLLOW;
	fts = fts_open(roots, how, NULL);
	if (fts == NULL)
		return nvr_fail_errno(c->err, NVR_E_IO, "'%s'", root);
	while (!*c->v->stop && (e = fts_read(fts)) != NULL) {
		const char *path = e->fts_path + strlen(c->s->dir) + 1;

		if (e->fts_info == FTS_D || e->fts_info == FTS_DP)
			continue;
		c->r->files++;
		/* Seen, then without a row, and still there: nobody's. */
		if (!is_known(c, path) && access(e->fts_path, F_OK) == 0)
			fault(c, path, 0, "unknown",
			    "no row of the store names it");
	}
	c->r->stopped = c->r->stopped || *c->v->stop;
	fts_close(fts);
	return 0;
}

static int
count(void *ctx, const char *name, int64_t rows)
{
	if (strcmp(name, "segment") == 0)
		*(int64_t *)ctx = rows;
	return 0;
}

int
nvr_verify(struct nvr_state *s, const struct nvr_verify *v,
    struct nvr_verify_result *ret, struct nvr_error *err)
{
	struct check c = {.s = s, .v = v, .r = ret, .err = err};
	int rc = nvr_state_media(s, err);

	*ret = (struct nvr_verify_result){0};
	if (rc == 0 && v->camera == 0)
		rc = nvr_store_each_table(s->store, count, &c.total, err);
	if (rc == 0)
		rc = check_segments(&c);
	if (rc == 0 && !ret->stopped)
		rc = check_files(&c);
	nvr_age_identity_wipe(&c.key);
	return rc;
}
