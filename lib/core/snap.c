/* Taking one still; see snap.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "core/snap_int.h"
#include "media/video.h"
#include "net/http.h"
#include "still/exif.h"
#include "still/jpeg.h"
#include "still/jpeg_stream.h"
#include "still/mask.h"

static bool
starts_with(const char *s, const char *start)
{
	return strncmp(s, start, strlen(start)) == 0;
}

static const char *
or_null(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

static int
from_http(const struct nvr_camera *cam, const struct nvr_secrets *x,
    const char *url, const struct nvr_snap_options *o, struct nvr_shot *shot,
    struct nvr_error *err)
{
	struct nvr_http_request req = {
	    .url = url,
	    .user = or_null(x->user),
	    .password = or_null(x->password),
	    .tls_ca_file = or_null(cam->tls_ca),
	    .tls_insecure = !cam->tls_verify,
	    .tls_min = o->tls12 ? 12 : 13,
	    .timeout = o->timeout,
	    .max_bytes = NVR_JPEG_MAX_BYTES,
	};

	return nvr_http_jpeg(&req, &shot->jpeg, &shot->taken_at, err);
}

static int
from_video(const struct nvr_camera *cam, const struct nvr_secrets *x,
    const struct nvr_snap_options *o, struct nvr_shot *shot,
    struct nvr_error *err)
{
	struct nvr_video_request req = {
	    .url = x->url,
	    .user = or_null(x->user),
	    .password = or_null(x->password),
	    .udp = strcmp(cam->transport, "udp") == 0,
	    .tls_ca_file = or_null(cam->tls_ca),
	    .tls_insecure = !cam->tls_verify,
	    .timeout = o->timeout,
	    .width = cam->mask[0] == '\0' ? o->width : 0,
	};
	struct nvr_video_jpeg jpeg = {{0}, 0};
	int rc;

	req.jpeg = &jpeg;
	rc = nvr_video_still(&req, &shot->picture, err);
	if (rc == 0)
		shot->taken_at = shot->picture != NULL ? shot->picture->taken_at
						       : jpeg.taken_at;
	shot->jpeg = jpeg.data;
	return rc;
}

/* Cuts off what follows the picture; one that is not whole is refused. */
static int
trim(struct nvr_buf *jpeg, struct nvr_error *err)
{
	size_t resume = 0;
	long len = nvr_jpeg_length(jpeg->data, jpeg->len, &resume, err);

	if (len == 0)
		return nvr_fail(err, NVR_E_DATA, "the JPEG is cut short");
	if (len < 0)
		return (int)len;
	jpeg->len = (size_t)len;
	return 0;
}

/* 1: the file is a JPEG and has been read. */
static int
from_jpeg_file(const char *url, struct nvr_shot *shot, struct nvr_error *err)
{
	unsigned char magic[2] = {0};
	struct nvr_buf path = {0};
	struct stat sb;
	int fd, rc = nvr_url_path(url, &path, err);

	if (rc != 0)
		return rc;
	fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    read(fd, magic, 2) == 2 && magic[0] == 0xff && magic[1] == 0xd8) {
		rc = nvr_file_read(
		    path.data, NVR_JPEG_MAX_BYTES, &shot->jpeg, err);
		if (rc == 0)
			rc = trim(&shot->jpeg, err);
	}
	if (fd >= 0)
		close(fd);
	nvr_buf_release(&path);
	shot->taken_at = nvr_time_now();
	return rc != 0 ? rc : shot->jpeg.len > 0;
}

static int
take(const struct nvr_camera *cam, const struct nvr_secrets *x,
    const struct nvr_snap_options *o, struct nvr_shot *shot,
    struct nvr_error *err)
{
	int rc;

	if (x->snapshot_url[0] != '\0') {
		rc = from_http(cam, x, x->snapshot_url, o, shot, err);
		return rc == 0 ? 0 : nvr_prefix(err, "%s", cam->snapshot_url);
	}
	if (starts_with(x->url, "http://") || starts_with(x->url, "https://"))
		rc = from_http(cam, x, x->url, o, shot, err);
	else if (!starts_with(x->url, "file://") ||
		 (rc = from_jpeg_file(x->url, shot, err)) == 0)
		rc = from_video(cam, x, o, shot, err);
	/* The URL as anyone may see it: the real one can hold a password. */
	return rc >= 0 ? 0 : nvr_prefix(err, "%s", cam->url);
}

/* Masks and size; leaves shot->jpeg encoded. */
static int
develop(const struct nvr_camera *cam, const struct nvr_snap_options *o,
    struct nvr_shot *shot, struct nvr_error *err)
{
	struct nvr_picture *small = NULL;
	struct nvr_mask mask;
	int width, height, rc = nvr_mask_parse(cam->mask, &mask, err);

	if (rc != 0)
		return nvr_prefix(err, "no still without its mask");
	if (shot->picture == NULL) {
		rc = nvr_jpeg_size(
		    shot->jpeg.data, shot->jpeg.len, &width, &height, err);
		if (rc == 0)
			rc = nvr_picture_check(width, height, err);
		if (rc != 0 || (mask.npolygons == 0 &&
				   (o->width == 0 || o->width >= width)))
			return rc;
		rc = nvr_jpeg_decode(
		    shot->jpeg.data, shot->jpeg.len, &shot->picture, err);
		if (rc != 0)
			return rc;
	}
	nvr_mask_paint(&mask, shot->picture);
	if (o->width > 0 && o->width < shot->picture->width) {
		rc = nvr_picture_shrink(shot->picture, o->width, &small, err);
		if (rc != 0)
			return rc;
		nvr_picture_free(shot->picture);
		shot->picture = small;
	}
	nvr_buf_release(&shot->jpeg);
	return nvr_jpeg_encode(shot->picture, o->quality, &shot->jpeg, err);
}

int
nvr_snap_finish(const struct nvr_camera *cam, const struct nvr_snap_options *o,
    struct nvr_shot *shot, int rc, struct nvr_still *ret, struct nvr_error *err)
{
	struct nvr_buf out = {0};
	struct nvr_exif exif = {.camera_id = cam->id, .still_id = nvr_id_new()};

	if (rc == 0)
		rc = develop(cam, o, shot, err);
	if (rc == 0) {
		strlcpy(exif.camera, cam->name, sizeof(exif.camera));
		strlcpy(exif.make, cam->manufacturer, sizeof(exif.make));
		strlcpy(exif.model, cam->model, sizeof(exif.model));
		exif.taken_at = shot->taken_at;
		rc = nvr_exif_put(
		    shot->jpeg.data, shot->jpeg.len, &exif, &out, err);
	}
	if (rc == 0)
		*ret = (struct nvr_still){exif.still_id, shot->taken_at, out};
	else
		nvr_buf_release(&out);
	nvr_picture_free(shot->picture);
	nvr_buf_release(&shot->jpeg);
	return rc;
}

int
nvr_snap_take(const struct nvr_camera *cam, const struct nvr_secrets *x,
    const struct nvr_snap_options *o, struct nvr_still *ret,
    struct nvr_error *err)
{
	struct nvr_shot shot = {{0}, NULL, 0};
	int rc = take(cam, x, o, &shot, err);

	return nvr_snap_finish(cam, o, &shot, rc, ret, err);
}
