/* Kept stills; see keep.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/jpeg.h"
#include "base/time.h"
#include "core/discard.h"
#include "core/footage.h"
#include "core/keep.h"
#include "core/room.h"
#include "seal/digest.h"
#include "store/garbage.h"
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

/* Whatever there is of the file is garbage.  Should that fail as well, it goes
 * when its time is over. */
static void
take_back(struct nvr_state *s, const struct nvr_still_row *row)
{
	char path[PATH_MAX];
	struct nvr_error ignored;
	bool gone;
	int rc = nvr_store_begin(s->store, &ignored);

	if (rc != 0)
		return;
	snprintf(path, sizeof(path), "media/%s", row->path);
	rc = nvr_still_drop_due(
	    s->store, row->id, row->expires_at, &gone, &ignored);
	if (rc == 0 && gone)
		rc = nvr_garbage_add(s->store, path, nvr_time_now(), &ignored);
	if (nvr_store_end(s->store, rc, &ignored) == 0)
		nvr_room_sweep(s, &ignored);
}

/* Not for longer than it may be. */
static int
limit(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_still_row *row, struct nvr_error *err)
{
	int64_t asked = row->expires_at;
	int rc = nvr_keep_until(s, cam->account_id, cam->retain_stills,
	    row->taken_at, &row->expires_at, err);

	if (rc == 0 && row->expires_at < asked &&
	    row->expires_at <= nvr_time_now())
		rc = nvr_fail(err, NVR_E_PERMISSION,
		    "the still is older than stills of '%s' are kept",
		    cam->name);
	return rc;
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
		rc = limit(s, cam, &row, err);
	if (rc == 0)
		rc = nvr_still_extend(
		    s->store, k->id, row.expires_at, &there, err);
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

/* Until when it is kept, as things are by now. */
static int
until(struct nvr_state *s, const struct nvr_still_row *row, int64_t *ret,
    struct nvr_error *err)
{
	struct nvr_camera *cam = NULL;
	int rc = nvr_camera_get_any(s->store, row->camera_id, &cam, err);

	*ret = row->expires_at;
	if (rc == 0)
		rc = nvr_keep_until(s, row->account_id, cam->retain_stills,
		    row->taken_at, ret, err);
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

	rc = until(l->s, row, l->expires, l->err);
	if (rc != 0)
		return rc;
	if (*l->expires <= l->now)
		return nvr_fail(l->err, NVR_E_NOENT, "the still has expired");
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
