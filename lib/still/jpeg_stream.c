/* One JPEG after another; see jpeg_stream.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "still/jpeg_stream.h"

#define READ_SIZE 65536

/* Reads more; 0 at the end of the input, NVR_E_AGAIN where that would wait. */
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
		return nvr_fail_errno(err,
		    errno == EAGAIN ? NVR_E_AGAIN : NVR_E_IO, "cannot read");
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

/* Drops what is broken, up to the next SOI.  1: there is one, 0: none. */
static int
resync(struct nvr_jpeg_stream *s, struct nvr_error *err)
{
	char *soi;
	int rc;

	for (;;) {
		advance(s);
		soi = s->buf.len > 2
			  ? memmem(s->buf.data, s->buf.len, "\xff\xd8\xff", 3)
			  : NULL;
		if (soi != NULL) {
			s->used = (size_t)(soi - s->buf.data);
			s->broken = false;
			return 1;
		}
		/* Its first two bytes may be here already. */
		s->used = s->buf.len > 2 ? s->buf.len - 2 : 0;
		rc = fill(s, err);
		if (rc <= 0)
			return rc;
	}
}

/* The length of the JPEG that the buffer begins with, 0 at the end. */
static long
whole(struct nvr_jpeg_stream *s, struct nvr_error *err)
{
	long n = 0;
	int rc;

	for (;;) {
		if (s->used > 0)
			s->resume = 0;
		if (s->resume == 0)
			advance(s);
		if (s->buf.len > 0)
			n = nvr_jpeg_length(
			    s->buf.data, s->buf.len, &s->resume, err);
		if (n != 0)
			return n;
		if (s->buf.len > NVR_JPEG_MAX_BYTES)
			return nvr_fail(err, NVR_E_DATA,
			    "a JPEG of more than %zu bytes is refused",
			    NVR_JPEG_MAX_BYTES);
		rc = fill(s, err);
		if (rc < 0)
			return rc;
		if (rc == 0 && s->buf.len == 0 && s->count > 0)
			return 0;
		if (rc == 0) {
			s->count++;
			return nvr_fail(err, NVR_E_DATA,
			    s->buf.len == 0 ? "it is empty (zero bytes)"
					    : "the JPEG is cut short");
		}
	}
}

int
nvr_jpeg_stream_next(struct nvr_jpeg_stream *s, const void **data, size_t *len,
    struct nvr_error *err)
{
	long n;
	int rc = s->broken ? resync(s, err) : 1;

	if (rc <= 0)
		return rc;
	n = whole(s, err);
	if (n <= 0) {
		s->broken = n == NVR_E_DATA;
		if (s->broken) { /* it is sought behind the SOI of this one */
			s->used = s->buf.len > 0;
			s->resume = 0;
		}
		return (int)n;
	}
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
