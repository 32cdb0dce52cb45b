/* Where a JPEG ends; see jpeg_stream.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "still/jpeg_stream.h"
#include "still/picture.h"

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

/* Markers without a segment: TEM, RSTn, a stuffed zero. */
static int
stands_alone(unsigned marker)
{
	return marker <= 1 || (marker >= 0xd0 && marker <= 0xd7);
}

/*
 * Moves *at past one marker and its segment.  1: moved, 0: more bytes are
 * needed, negative: this cannot be.
 */
static int
skip_segment(
    const unsigned char *p, size_t len, size_t *at, struct nvr_error *err)
{
	unsigned marker = p[*at + 1];
	size_t size;

	if (marker == SOI)
		return nvr_fail(err, NVR_E_DATA,
		    "a JPEG is cut short: another begins in it");
	if (marker == 0xff || stands_alone(marker)) {
		*at += marker == 0xff ? 1 : 2;
		return 1;
	}
	if (*at + 3 >= len)
		return 0;
	size = (size_t)p[*at + 2] << 8 | p[*at + 3];
	if (size < 2)
		return not_jpeg(err);
	if (*at + 2 + size > len)
		return 0;
	*at += 2 + size;
	return 1;
}

long
nvr_jpeg_length(
    const void *data, size_t len, size_t *resume, struct nvr_error *err)
{
	const unsigned char *p = data;
	size_t at = *resume > 0 ? *resume : 2;
	int moved = 1;

	if (len < 3)
		return len >= 1 && p[0] != 0xff ? not_jpeg(err) : 0;
	if (p[0] != 0xff || p[1] != SOI || p[2] != 0xff)
		return not_jpeg(err);
	while (moved == 1 && at + 1 < len) {
		/* Only a scan may hold bytes that are no marker. */
		if (p[at] != 0xff)
			at = skip_scan(p, at, len);
		if (at + 1 >= len || p[at] != 0xff)
			break;
		if (p[at + 1] == EOI)
			return (long)(at + 2);
		moved = skip_segment(p, len, &at, err);
	}
	*resume = at;
	return moved < 0 ? moved : 0;
}

/* SOF0 to SOF15 without DHT, JPG and DAC, which stand among them. */
static int
is_frame_header(unsigned marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
	       marker != 0xc8 && marker != 0xcc;
}

int
nvr_jpeg_size(const void *data, size_t len, int *width, int *height,
    struct nvr_error *err)
{
	const unsigned char *p = data;
	size_t at = 2;

	if (len < 4 || p[0] != 0xff || p[1] != SOI)
		return not_jpeg(err);
	while (at + 9 < len && p[at] == 0xff && !is_frame_header(p[at + 1]))
		if (skip_segment(p, len, &at, err) != 1)
			return not_jpeg(err);
	if (at + 9 >= len || p[at] != 0xff)
		return not_jpeg(err);
	*height = p[at + 5] << 8 | p[at + 6];
	*width = p[at + 7] << 8 | p[at + 8];
	if (*width < 1 || *height < 1 || *width > NVR_PICTURE_MAX_SIDE ||
	    *height > NVR_PICTURE_MAX_SIDE ||
	    (long long)*width * *height > NVR_PICTURE_MAX_PIXELS)
		return nvr_fail(err, NVR_E_DATA,
		    "a picture of %d x %d pixels is refused", *width, *height);
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
