/* Pictures of an account; see export.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/jpeg.h"
#include "core/export_media_int.h"
#include "core/footage.h"
#include "seal/digest.h"

#define PIECE ((size_t)128 * 1024)
#define TOLD 100 /* gaps that the page has room for */

int
nvr_media_gap(struct nvr_media *m, const char *what, const char *why, ...)
{
	struct nvr_exporting *x = m->x;
	char text[256];
	va_list ap;

	va_start(ap, why);
	vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	return x->nmissing < TOLD
		   ? nvr_export_missing(x, what, "%s", text)
		   : nvr_archive_gap(x->a, what, x->err, "%s", text);
}

/* What it is called is only told to whose it is. */
int
nvr_media_camera(struct nvr_media *m, int64_t id)
{
	struct nvr_exporting *x = m->x;
	struct nvr_error ignored;
	bool own;
	int rc;

	if (m->camera_id == id)
		return 0;
	nvr_age_identity_wipe(&m->key);
	nvr_camera_free(m->camera);
	m->camera = NULL;
	m->have_key = false;
	m->camera_id = 0;
	nvr_archive_name("", id, m->name);
	rc = nvr_camera_get_any(x->s->store, id, &m->camera, x->err);
	if (rc != 0 && rc != NVR_E_NOENT)
		return rc;
	m->camera_id = id;
	if (rc != 0)
		return x->o->sealed ? nvr_media_gap(m, m->name,
					  "the camera is gone, and with it "
					  "what opens its files")
				    : 0;
	own = m->camera->account_id == x->o->account ||
	      m->camera->account_id == 0;
	if (own)
		nvr_archive_name(m->camera->name, id, m->name);
	else
		m->camera->name = m->name; /* clips have it inside */
	m->have_key = nvr_footage_key(x->s, m->camera, &m->key, &ignored) == 0;
	return 0;
}

/* What cannot be read any more is zeros, so that its hash is another. */
static int
copy_open(struct nvr_media *m, int fd, uint64_t size, char hex[NVR_SHA256_HEX])
{
	struct nvr_error *err = m->x->err;
	uint8_t sum[NVR_SHA256_LEN];
	struct nvr_sha256 *sha = NULL;
	char *piece = malloc(PIECE);
	int rc =
	    piece != NULL ? nvr_sha256_open(&sha, err) : nvr_fail_nomem(err);

	while (rc == 0 && size > 0) {
		size_t want = size < PIECE ? (size_t)size : PIECE;
		ssize_t n = read(fd, piece, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			memset(piece, 0, want);
			n = (ssize_t)want;
		}
		rc = nvr_sha256_update(sha, piece, (size_t)n, err);
		if (rc == 0)
			rc = nvr_archive_write(m->x->a, piece, (size_t)n, err);
		size -= (uint64_t)n;
	}
	free(piece);
	if (rc == 0)
		rc = nvr_sha256_final(sha, sum, err);
	nvr_sha256_free(sha);
	if (rc == 0)
		nvr_hex(sum, sizeof(sum), hex);
	return rc;
}

int
nvr_media_copy(
    struct nvr_media *m, const char *file, const char *path, const char *sha256)
{
	char full[PATH_MAX + NVR_ARCHIVE_PATH], hex[NVR_SHA256_HEX] = "";
	struct nvr_exporting *x = m->x;
	struct stat sb;
	int fd, rc;

	snprintf(full, sizeof(full), "%s/%s", x->s->dir, file);
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return nvr_media_gap(m, path, "%s", strerror(errno));
	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		close(fd);
		return nvr_media_gap(m, path, "it is no file");
	}
	rc = nvr_archive_begin(x->a, path, (uint64_t)sb.st_size, x->err);
	if (rc == 0)
		rc = copy_open(m, fd, (uint64_t)sb.st_size, hex);
	if (rc == 0)
		rc = nvr_archive_end(x->a, x->err);
	close(fd);
	if (rc == 0 && strcmp(hex, sha256) != 0)
		rc = nvr_media_gap(m, path,
		    "it is not what was recorded: its SHA-256 is another");
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
read_still(struct nvr_media *m, const struct nvr_media_item *t, bool sealed,
    struct nvr_buf *jpeg, struct nvr_error *err)
{
	char full[PATH_MAX + NVR_ARCHIVE_PATH], hex[NVR_SHA256_HEX];
	struct nvr_buf file = {0};
	uint8_t sha[NVR_SHA256_LEN];
	int rc;

	snprintf(full, sizeof(full), "%s/media/%s", m->x->s->dir, t->path);
	rc = nvr_file_read(full, NVR_JPEG_MAX_BYTES, &file, err);
	if (rc == 0)
		rc = nvr_sha256(file.data, file.len, sha, err);
	if (rc == 0) {
		nvr_hex(sha, sizeof(sha), hex);
		if (strcmp(hex, t->sha256) != 0)
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

int
nvr_media_still(struct nvr_media *m, const struct nvr_media_item *t)
{
	struct nvr_exporting *x = m->x;
	char path[NVR_ARCHIVE_PATH], file[NVR_ARCHIVE_PATH + 8];
	char at[NVR_ARCHIVE_NAME], id[NVR_ID_TEXT];
	struct nvr_buf jpeg = {0};
	struct nvr_error why = {0};
	size_t len = strlen(t->path);
	bool sealed = len > 4 && strcmp(t->path + len - 4, ".age") == 0;
	int rc;

	nvr_archive_time(t->start_at, at);
	snprintf(path, sizeof(path), "stills/%s/%s-%s.jpg%s", m->name, at,
	    nvr_id_format(t->id, id), sealed && x->o->sealed ? ".age" : "");
	if (!is_still_path(t->path))
		return nvr_media_gap(m, path, "its row names no still");
	if (x->o->sealed) {
		snprintf(file, sizeof(file), "media/%s", t->path);
		return nvr_media_copy(m, file, path, t->sha256);
	}
	rc = read_still(m, t, sealed, &jpeg, &why);
	if (rc == 0)
		rc = nvr_archive_add(
		    x->a, path, jpeg.data, jpeg.len, -1, x->err);
	else if (rc == NVR_E_NOMEM)
		rc = nvr_fail_nomem(x->err);
	else
		rc = nvr_media_gap(m, path, "%s", why.text);
	nvr_buf_wipe(&jpeg);
	return rc;
}
