/* JPEG; see jpeg.h. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "still/jpeg.h"

#define SOI 0xd8
#define EOI 0xd9
#define READ_SIZE 65536

static int
not_jpeg(struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_DATA, "it is not a JPEG");
}

/* Past the entropy-coded bytes: the next marker that is not part of them. */
static size_t
skip_scan(const unsigned char *p, size_t at, size_t len)
{
	while (at + 1 < len) {
		const unsigned char *ff = memchr(p + at, 0xff, len - at - 1);

		if (ff == NULL)
			return len - 1;
		at = (size_t)(ff - p);
		if (p[at + 1] == 0xff)
			at++;
		else if (p[at + 1] == 0 ||
		    (p[at + 1] >= 0xd0 && p[at + 1] <= 0xd7))
			at += 2; /* a stuffed 0xff, or a restart marker */
		else
			return at;
	}
	return at;
}

long
nvr_jpeg_length(
    const void *data, size_t len, size_t *resume, struct nvr_error *err)
{
	const unsigned char *p = data;
	size_t at = *resume;

	if (len < 3)
		return len >= 1 && p[0] != 0xff ? not_jpeg(err) : 0;
	if (p[0] != 0xff || p[1] != SOI || p[2] != 0xff)
		return not_jpeg(err);
	if (at == 0)
		at = 2;
	while (at + 1 < len) {
		size_t size;

		if (p[at] != 0xff) {
			/* Only a scan may hold bytes that are no marker. */
			*resume = at;
			at = skip_scan(p, at, len);
			if (at + 1 >= len || p[at] != 0xff) {
				*resume = at < *resume ? *resume : at;
				return 0;
			}
			continue;
		}
		if (p[at + 1] == EOI)
			return (long)(at + 2);
		if (p[at + 1] == 0xff) {
			at++;
			continue;
		}
		if (p[at + 1] == 0 || p[at + 1] == 1 ||
		    (p[at + 1] >= 0xd0 && p[at + 1] <= 0xd7)) {
			at += 2; /* markers that stand alone */
			continue;
		}
		if (p[at + 1] == SOI)
			return nvr_fail(err, NVR_E_DATA,
			    "a JPEG is cut short: another begins in it");
		*resume = at;
		if (at + 3 >= len)
			return 0;
		size = (size_t)p[at + 2] << 8 | p[at + 3];
		if (size < 2)
			return not_jpeg(err);
		if (at + 2 + size > len)
			return 0;
		at += 2 + size;
	}
	*resume = at;
	return 0;
}

/* Reads more; 0 at the end of the input. */
static int
fill(struct nvr_jpeg_stream *s, struct nvr_error *err)
{
	ssize_t n;
	int rc = nvr_buf_reserve(&s->buf, READ_SIZE, err);

	if (rc != 0)
		return rc;
	do {
		n = read(s->fd, s->buf.data + s->buf.len, READ_SIZE);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return nvr_fail_errno(err, NVR_E_IO, "cannot read");
	s->buf.len += (size_t)n;
	return n > 0;
}

/* Drops the JPEG of the last call and what may stand between two. */
static void
advance(struct nvr_jpeg_stream *s)
{
	size_t n = s->used;

	while (n < s->buf.len &&
	    (s->buf.data[n] == '\0' || s->buf.data[n] == '\r' ||
		s->buf.data[n] == '\n'))
		n++;
	if (n > 0) {
		memmove(s->buf.data, s->buf.data + n, s->buf.len - n);
		s->buf.len -= n;
	}
	s->used = 0;
}

int
nvr_jpeg_stream_next(struct nvr_jpeg_stream *s, const void **data, size_t *len,
    struct nvr_error *err)
{
	long n = 0;
	int rc;

	s->resume = 0;
	for (;;) {
		if (s->resume == 0)
			advance(s);
		if (s->buf.len > 0)
			n = nvr_jpeg_length(
			    s->buf.data, s->buf.len, &s->resume, err);
		if (n != 0)
			break;
		if (s->buf.len > NVR_JPEG_MAX_BYTES)
			return nvr_fail(err, NVR_E_DATA,
			    "a JPEG of more than %zu bytes is refused",
			    NVR_JPEG_MAX_BYTES);
		rc = fill(s, err);
		if (rc < 0)
			return rc;
		if (rc == 0 && s->buf.len == 0 && s->count > 0)
			return 0;
		if (rc == 0)
			return nvr_fail(err, NVR_E_DATA,
			    s->buf.len == 0 ? "it is empty (zero bytes)"
					    : "the JPEG is cut short");
	}
	if (n < 0)
		return (int)n;
	s->used = (size_t)n;
	s->count++;
	*data = s->buf.data;
	*len = (size_t)n;
	return 1;
}

void
nvr_jpeg_stream_release(struct nvr_jpeg_stream *s)
{
	nvr_buf_release(&s->buf);
}

static int
read_header(tjhandle tj, const void *data, size_t len, int *width, int *height,
    int *subsamp, struct nvr_error *err)
{
	int space;

	if (len == 0)
		return nvr_fail(err, NVR_E_DATA, "it is empty (zero bytes)");
	if (tjDecompressHeader3(tj, data, (unsigned long)len, width, height,
		subsamp, &space) != 0)
		return nvr_fail(err, NVR_E_DATA, "it is not a JPEG: %s",
		    tjGetErrorStr2(tj));
	if (*width < 1 || *height < 1 || *width > NVR_PICTURE_MAX_SIDE ||
	    *height > NVR_PICTURE_MAX_SIDE ||
	    (long long)*width * *height > NVR_PICTURE_MAX_PIXELS)
		return nvr_fail(err, NVR_E_DATA,
		    "a picture of %d x %d pixels is refused", *width, *height);
	if (space != TJCS_YCbCr && space != TJCS_GRAY && space != TJCS_RGB)
		return nvr_fail(err, NVR_E_DATA,
		    "the JPEG is neither grey nor in colours of a camera");
	return 0;
}

int
nvr_jpeg_size(const void *data, size_t len, int *width, int *height,
    struct nvr_error *err)
{
	tjhandle tj = tjInitDecompress();
	int subsamp, rc;

	if (tj == NULL)
		return nvr_fail_nomem(err);
	rc = read_header(tj, data, len, width, height, &subsamp, err);
	tjDestroy(tj);
	return rc;
}

/* A picture whose chroma is not 4:2:0 goes by way of RGB. */
static int
decode_by_rgb(tjhandle tj, const void *data, size_t len,
    struct nvr_picture *pic)
{
	unsigned char *rgb;
	tjhandle enc;
	int rc = -1;

	rgb = malloc((size_t)pic->width * (size_t)pic->height * 3);
	enc = tjInitCompress();
	if (rgb != NULL && enc != NULL) {
		rc = tjDecompress2(tj, data, (unsigned long)len, rgb,
		    pic->width, 0, pic->height, TJPF_RGB, TJFLAG_LIMITSCANS);
		if (rc == 0 || tjGetErrorCode(tj) == TJERR_WARNING)
			rc |= tjEncodeYUVPlanes(enc, rgb, pic->width, 0,
			    pic->height, TJPF_RGB, pic->plane, pic->stride,
			    TJSAMP_420, 0);
	}
	free(rgb);
	if (enc != NULL)
		tjDestroy(enc);
	return rc;
}

/*
 * libjpeg-turbo invents what is missing and warns.  Missing data is refused;
 * a harmless oddity in a camera's JPEG is not.
 */
static int
check_warning(tjhandle tj, struct nvr_error *err)
{
	const char *text = tjGetErrorStr2(tj);

	if (tjGetErrorCode(tj) == TJERR_WARNING &&
	    strcasestr(text, "premature end") == NULL &&
	    strcasestr(text, "corrupt") == NULL)
		return 0;
	return nvr_fail(err, NVR_E_DATA, "the JPEG is damaged: %s", text);
}

int
nvr_jpeg_decode(const void *data, size_t len, struct nvr_picture **ret,
    struct nvr_error *err)
{
	tjhandle tj = tjInitDecompress();
	struct nvr_picture *pic = NULL;
	int width, height, subsamp, rc, tjrc;

	if (tj == NULL)
		return nvr_fail_nomem(err);
	rc = read_header(tj, data, len, &width, &height, &subsamp, err);
	if (rc == 0)
		rc = nvr_picture_new(width, height, &pic, err);
	if (rc != 0)
		goto out;
	if (subsamp == TJSAMP_GRAY) {
		size_t chroma = (size_t)pic->stride[1] *
		    (size_t)((height + 1) / 2);

		memset(pic->plane[1], 128, 2 * chroma);
	}
	if (subsamp == TJSAMP_420 || subsamp == TJSAMP_GRAY)
		tjrc = tjDecompressToYUVPlanes(tj, data, (unsigned long)len,
		    pic->plane, width, pic->stride, height, TJFLAG_LIMITSCANS);
	else
		tjrc = decode_by_rgb(tj, data, len, pic);
	if (tjrc != 0)
		rc = check_warning(tj, err);
	if (rc == 0) {
		*ret = pic;
		pic = NULL;
	}
out:
	nvr_picture_free(pic);
	tjDestroy(tj);
	return rc;
}

int
nvr_jpeg_encode(const struct nvr_picture *pic, int quality,
    struct nvr_buf *out, struct nvr_error *err)
{
	const unsigned char *planes[3] = {
	    pic->plane[0], pic->plane[1], pic->plane[2]};
	unsigned long size =
	    tjBufSize(pic->width, pic->height, TJSAMP_420);
	unsigned char *to;
	tjhandle tj;
	int rc;

	rc = nvr_buf_reserve(out, size, err);
	if (rc != 0)
		return rc;
	tj = tjInitCompress();
	if (tj == NULL)
		return nvr_fail_nomem(err);
	to = (unsigned char *)out->data + out->len;
	if (tjCompressFromYUVPlanes(tj, planes, pic->width, pic->stride,
		pic->height, TJSAMP_420, &to, &size, quality,
		TJFLAG_NOREALLOC) == 0)
		out->len += size;
	else
		rc = nvr_fail(err, NVR_E_BUG, "cannot encode a JPEG: %s",
		    tjGetErrorStr2(tj));
	out->data[out->len] = '\0';
	tjDestroy(tj);
	return rc;
}
