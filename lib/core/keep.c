/* Kept stills; see keep.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/jpeg.h"
#include "core/discard.h"
#include "core/footage.h"
#include "core/keep.h"
#include "core/room.h"
#include "seal/digest.h"
#include "store/outbox.h"
#include "store/still.h"

static int
seal(struct nvr_state *s, const struct nvr_camera *cam, const void *jpeg,
    size_t len, struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_age_recipient to[NVR_AGE_MAX_RECIPIENTS];
	size_t n;
	int rc = nvr_inventory_recipients(s, cam, to, &n, err);

	return rc == 0 ? nvr_age_seal(to, n, jpeg, len, out, err) : rc;
}

static int
write_file(struct nvr_state *s, struct nvr_still_row *row, const void *data,
    size_t len, struct nvr_error *err)
{
	char path[PATH_MAX + 64];
	char *slash;
	int rc;

	snprintf(path, sizeof(path), "%s/media/%s", s->dir, row->path);
	slash = strrchr(path, '/');
	*slash = '\0';
	rc = nvr_dir_make(path, 0700, err);
	*slash = '/';
	return rc == 0 ? nvr_file_write(path, data, len, 0600, 1, err) : rc;
}

/* What became of the file is not known: it goes as one that has expired. */
static void
take_back(struct nvr_state *s, const struct nvr_still_row *row)
{
	struct nvr_discard *d = NULL;
	struct nvr_error ignored;
	bool gone;

	if (nvr_discard_open(s, NULL, NULL, &d, &ignored) == 0)
		nvr_discard_stills(d, row, 1, &gone, &ignored);
	nvr_discard_close(d);
}

int
nvr_keep_still(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_keep *k, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	char camera[NVR_ID_TEXT], id[NVR_ID_TEXT], path[64];
	char hex[2 * NVR_SHA256_LEN + 1];
	uint8_t sha[NVR_SHA256_LEN];
	struct nvr_buf sealed = {0};
	struct nvr_still_row row = {.id = k->id,
	    .camera_id = cam->id,
	    .taken_at = k->taken_at,
	    .expires_at = k->expires_at,
	    .path = path,
	    .sha256 = hex};
	bool there = false;
	int rc = nvr_state_media(s, err);

	if (rc == 0)
		rc = nvr_still_extend(
		    s->store, k->id, k->expires_at, &there, err);
	if (there)
		return 0;
	if (rc == 0 && k->seal)
		rc = seal(s, cam, jpeg, len, &sealed, err);
	if (rc != 0)
		goto out;
	if (k->seal) {
		jpeg = sealed.data;
		len = sealed.len;
	}
	snprintf(path, sizeof(path), "stills/%s/%s.jpg%s",
	    nvr_id_format(cam->id, camera), nvr_id_format(k->id, id),
	    k->seal ? ".age" : "");
	row.size_bytes = (int64_t)len;
	rc = nvr_sha256(jpeg, len, sha, err);
	nvr_hex(sha, sizeof(sha), hex);
	/*
	 * The row first: a file without one would outlive its promise, while
	 * a row without a file goes when its time is over.
	 */
	if (rc == 0)
		rc = nvr_still_insert(s->store, &row, err);
	if (rc == NVR_E_CREATE && nvr_room_sweep(s, err) == 0)
		rc = nvr_still_insert(s->store, &row, err);
	if (rc == 0) {
		rc = write_file(s, &row, jpeg, len, err);
		if (rc != 0)
			take_back(s, &row);
	}
out:
	nvr_buf_release(&sealed);
	return rc;
}

struct load {
	struct nvr_state *s;
	int64_t now;
	struct nvr_buf *jpeg;
	int64_t *expires;
	struct nvr_error *err;
};

static int
open_seal(struct nvr_state *s, int64_t camera, const struct nvr_buf *file,
    struct nvr_buf *jpeg, struct nvr_error *err)
{
	struct nvr_age_identity key;
	struct nvr_camera *cam;
	int rc = nvr_camera_get(s->store, camera, &cam, err);

	if (rc != 0)
		return rc;
	rc = nvr_footage_key(s, cam, &key, err);
	if (rc == 0)
		rc = nvr_age_open(&key, file->data, file->len, jpeg, err);
	nvr_age_identity_wipe(&key);
	nvr_camera_free(cam);
	return rc;
}

static int
load_file(void *ctx, const struct nvr_still_row *row)
{
	struct load *l = ctx;
	struct nvr_buf file = {0};
	char path[PATH_MAX + 64], hex[2 * NVR_SHA256_LEN + 1];
	uint8_t sha[NVR_SHA256_LEN];
	const char *dot = strrchr(row->path, '.');
	int rc;

	if (row->expires_at <= l->now)
		return nvr_fail(l->err, NVR_E_NOENT, "the still has expired");
	*l->expires = row->expires_at;
	snprintf(path, sizeof(path), "%s/media/%s", l->s->dir, row->path);
	rc = nvr_file_read(path, NVR_JPEG_MAX_BYTES, &file, l->err);
	if (rc == 0)
		rc = nvr_sha256(file.data, file.len, sha, l->err);
	if (rc == 0) {
		nvr_hex(sha, sizeof(sha), hex);
		if (strcmp(hex, row->sha256) != 0)
			rc = nvr_fail(l->err, NVR_E_DATA,
			    "'%s' is not what was kept", path);
	}
	if (rc == 0 && dot != NULL && strcmp(dot, ".age") == 0)
		rc = open_seal(l->s, row->camera_id, &file, l->jpeg, l->err);
	else if (rc == 0)
		rc = nvr_buf_add(l->jpeg, file.data, file.len, l->err);
	nvr_buf_release(&file);
	return rc;
}

int
nvr_keep_load(struct nvr_state *s, int64_t id, int64_t now,
    struct nvr_buf *jpeg, int64_t *expires, struct nvr_error *err)
{
	struct load l = {s, now, jpeg, expires, err};
	int rc = nvr_state_media(s, err);

	return rc == 0 ? nvr_still_get(s->store, id, load_file, &l, err) : rc;
}

#define PATH_TEXT 256

/* A batch of those that have expired. */
struct sweep {
	struct nvr_still_row row[NVR_DISCARD_BATCH];
	char path[NVR_DISCARD_BATCH][PATH_TEXT];
	bool gone[NVR_DISCARD_BATCH];
	size_t n;
	struct nvr_error why; /* the first that could not be deleted */
};

static int
take_expired(void *ctx, const struct nvr_still_row *row)
{
	struct sweep *w = ctx;
	size_t i = w->n++;

	/* One that is longer is none of ours, and is refused as it is then. */
	strlcpy(w->path[i], row->path, sizeof(w->path[i]));
	w->row[i] = (struct nvr_still_row){
	    .id = row->id, .expires_at = row->expires_at, .path = w->path[i]};
	return w->n == NVR_DISCARD_BATCH;
}

static void
remember(void *ctx, const char *path, const struct nvr_error *why)
{
	struct sweep *w = ctx;

	(void)path;
	if (w->why.code == 0)
		w->why = *why;
}

static int
sweep(struct nvr_state *s, int64_t now, struct sweep *w, int *n,
    struct nvr_error *err)
{
	struct nvr_still_row last = {0};
	struct nvr_discard *d = NULL;
	int more = 1, rc = nvr_discard_open(s, remember, w, &d, err);

	for (bool any = false; rc == 0 && more == 1; any = true) {
		w->n = 0;
		more = nvr_still_each_expired(
		    s->store, now, any ? &last : NULL, take_expired, w, err);
		if (more < 0)
			rc = more;
		if (rc == 0 && w->n > 0) {
			last = w->row[w->n - 1];
			rc = nvr_discard_stills(d, w->row, w->n, w->gone, err);
		}
		for (size_t i = 0; rc == 0 && i < w->n; i++)
			*n += w->gone[i];
	}
	nvr_discard_close(d);
	return rc == 0 && w->why.code != 0
		   ? nvr_fail(err, w->why.code, "%s", w->why.text)
		   : rc;
}

int
nvr_keep_sweep(struct nvr_state *s, int64_t now, int *n, struct nvr_error *err)
{
	struct sweep *w = calloc(1, sizeof(*w));
	int rc = w != NULL ? nvr_outbox_expire(s->store, now, err)
			   : nvr_fail_nomem(err);

	*n = 0;
	if (rc == 0)
		rc = sweep(s, now, w, n, err);
	free(w);
	return rc;
}
