/* Pictures of an account; see export.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/jpeg.h"
#include "core/archive_int.h"
#include "core/export_media_int.h"
#include "core/footage.h"
#include "seal/digest.h"

#define PIECE ((size_t)128 * 1024)

int
nvr_media_camera(struct nvr_media *m, int64_t id)
{
	struct nvr_error ignored;
	int rc;

	if (m->camera_id == id)
		return 0;
	nvr_age_identity_wipe(&m->key);
	nvr_camera_free(m->camera);
	m->camera = NULL;
	m->have_key = false;
	m->camera_id = id;
	rc = nvr_camera_get_any(m->s->store, id, &m->camera, m->err);
	if (rc != 0)
		return rc;
	nvr_archive_name(m->camera->name, id, m->name);
	m->have_key = nvr_footage_key(m->s, m->camera, &m->key, &ignored) == 0;
	return 0;
}

static int
copy_open(struct nvr_media *m, int fd, uint64_t size, const char *path)
{
	char *piece = malloc(PIECE);
	int rc = piece != NULL ? nvr_archive_begin(m->a, path, size, m->err)
			       : nvr_fail_nomem(m->err);

	while (rc == 0 && size > 0) {
		ssize_t n = read(fd, piece, size < PIECE ? size : PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			rc = nvr_fail(
			    m->err, NVR_E_IO, "'%s' cannot be read", path);
		else
			rc = nvr_archive_write(m->a, piece, (size_t)n, m->err);
		size -= n > 0 ? (uint64_t)n : 0;
	}
	free(piece);
	return rc == 0 ? nvr_archive_end(m->a, m->err) : rc;
}

int
nvr_media_copy(struct nvr_media *m, const char *file, const char *path)
{
	char full[PATH_MAX + NVR_ARCHIVE_PATH];
	struct stat sb;
	int fd, rc;

	snprintf(full, sizeof(full), "%s/%s", m->s->dir, file);
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return nvr_archive_gap(
		    m->a, path, m->err, "%s", strerror(errno));
	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode))
		rc = nvr_archive_gap(m->a, path, m->err, "it is no file");
	else
		rc = copy_open(m, fd, (uint64_t)sb.st_size, path);
	close(fd);
	return rc;
}

/* Below the media folder, whatever the row says. */
static bool
is_still_path(const char *path)
{
	return strncmp(path, "stills/", 7) == 0 && strstr(path, "..") == NULL &&
	       strlen(path) < NVR_ARCHIVE_PATH - 16;
}

static int
read_still(struct nvr_media *m, const struct nvr_still_row *row, bool sealed,
    struct nvr_buf *jpeg, struct nvr_error *err)
{
	char full[PATH_MAX + NVR_ARCHIVE_PATH], hex[NVR_SHA256_HEX];
	struct nvr_buf file = {0};
	uint8_t sha[NVR_SHA256_LEN];
	int rc;

	snprintf(full, sizeof(full), "%s/media/%s", m->s->dir, row->path);
	rc = nvr_file_read(full, NVR_JPEG_MAX_BYTES, &file, err);
	if (rc == 0)
		rc = nvr_sha256(file.data, file.len, sha, err);
	if (rc == 0) {
		nvr_hex(sha, sizeof(sha), hex);
		if (strcmp(hex, row->sha256) != 0)
			rc = nvr_fail(
			    err, NVR_E_DATA, "it is not what was kept");
	}
	if (rc == 0 && sealed && !m->have_key)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "what opens it is kept elsewhere: ask for --sealed");
	else if (rc == 0 && sealed)
		rc = nvr_age_open(&m->key, file.data, file.len, jpeg, err);
	else if (rc == 0)
		rc = nvr_buf_add(jpeg, file.data, file.len, err);
	nvr_buf_wipe(&file);
	return rc;
}

static int
put_still(void *ctx, const struct nvr_still_row *row)
{
	struct nvr_media *m = ctx;
	char path[NVR_ARCHIVE_PATH], file[NVR_ARCHIVE_PATH];
	char at[NVR_ARCHIVE_NAME], id[NVR_ID_TEXT];
	struct nvr_buf jpeg = {0};
	struct nvr_error why = {0};
	size_t len = strlen(row->path);
	bool sealed = len > 4 && strcmp(row->path + len - 4, ".age") == 0;
	int rc = nvr_media_camera(m, row->camera_id);

	if (rc != 0)
		return rc;
	nvr_archive_time(row->taken_at, at);
	snprintf(path, sizeof(path), "stills/%s/%s-%s.jpg%s", m->name, at,
	    nvr_id_format(row->id, id), sealed && m->o->sealed ? ".age" : "");
	if (!is_still_path(row->path))
		return nvr_archive_gap(
		    m->a, path, m->err, "its row names no still");
	if (m->o->sealed) {
		snprintf(file, sizeof(file), "media/%s", row->path);
		return nvr_media_copy(m, file, path);
	}
	rc = read_still(m, row, sealed, &jpeg, &why);
	if (rc == 0)
		rc = nvr_archive_add(
		    m->a, path, jpeg.data, jpeg.len, -1, m->err);
	else if (rc == NVR_E_NOMEM)
		rc = nvr_fail_nomem(m->err);
	else
		rc = nvr_archive_gap(m->a, path, m->err, "%s", why.text);
	nvr_buf_wipe(&jpeg);
	return rc;
}

/* What opens that camera's files, unless it would open somebody else's. */
static int
put_key(void *ctx, int64_t camera, bool shared)
{
	struct nvr_media *m = ctx;
	char path[NVR_ARCHIVE_PATH];
	struct nvr_buf text = {0};
	int rc = nvr_media_camera(m, camera);

	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "keys/%s.txt", m->name);
	if (shared)
		return nvr_archive_gap(m->a, path, m->err,
		    "it opens another account's pictures, too: ask for them "
		    "without --sealed");
	if (!m->have_key)
		return nvr_archive_gap(m->a, path, m->err,
		    "it is kept elsewhere, by who gave the camera its "
		    "recipient");
	rc = nvr_inventory_identity(m->s, m->camera, &text, m->err);
	if (rc == 0)
		rc = nvr_archive_add(
		    m->a, path, text.data, text.len, -1, m->err);
	nvr_buf_wipe(&text);
	return rc;
}

int
nvr_export_media(struct nvr_state *s, const struct nvr_export_account *o,
    struct nvr_archive *a, struct nvr_error *err)
{
	struct nvr_media m = {
	    .s = s, .o = o, .a = a, .temp = a->o.temp, .err = err};
	int rc;

	if (!o->stills && !o->footage)
		return 0;
	rc = nvr_state_media(s, err);
	if (rc == NVR_E_UNAVAILABLE)
		return nvr_archive_gap(a,
		    o->stills ? (o->footage ? "stills/, footage/" : "stills/")
			      : "footage/",
		    err, "the media folder is not there");
	if (rc == 0 && o->stills)
		rc =
		    nvr_export_stills(s->store, o->account, put_still, &m, err);
	if (rc == 0 && o->footage)
		rc = nvr_media_footage(&m);
	if (rc == 0 && o->sealed)
		rc = nvr_export_cameras(s->store, o->account, put_key, &m, err);
	nvr_age_identity_wipe(&m.key);
	nvr_camera_free(m.camera);
	return rc;
}
