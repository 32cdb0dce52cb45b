/* Where a JPEG ends; see jpeg.h. */
#include <stdbool.h>
#include <string.h>

#include "base/jpeg.h"

#define SOI 0xd8
#define EOI 0xd9
#define SOS 0xda
#define APP0 0xe0
#define APP14 0xee
#define JFIF_SIZE 18 /* of APP0 without a thumbnail, its marker counted */

static int
not_jpeg(struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_DATA, "it is not a JPEG");
}

static int
cut_short(struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_DATA, "the JPEG is cut short");
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
	return 0;
}

/*
 * Copies a segment if a decoder needs it: tables, frames, scans, restarts, and
 * how the colours are meant (JFIF without its thumbnail, Adobe).
 */
static int
put_needed(struct nvr_buf *ret, const unsigned char *p, size_t size,
    struct nvr_error *err)
{
	static const unsigned char jfif[] = {0xff, APP0, 0, JFIF_SIZE - 2};
	static const unsigned char none[] = {0, 0};
	unsigned m = p[1];
	int rc;

	if (m == APP0 && size >= JFIF_SIZE && memcmp(p + 4, "JFIF", 5) == 0) {
		rc = nvr_buf_add(ret, jfif, sizeof(jfif), err);
		if (rc == 0)
			rc = nvr_buf_add(ret, p + 4, JFIF_SIZE - 6, err);
		return rc == 0 ? nvr_buf_add(ret, none, 2, err) : rc;
	}
	if ((m >= 0xc0 && m <= 0xcf && m != 0xc8) || (m >= SOS && m <= 0xdd) ||
	    (m == APP14 && size >= 9 && memcmp(p + 4, "Adobe", 5) == 0))
		return nvr_buf_add(ret, p, size, err);
	return 0;
}

int
nvr_jpeg_strip(
    const void *data, size_t len, struct nvr_buf *ret, struct nvr_error *err)
{
	const unsigned char *p = data;
	size_t at = 2, begin;
	bool scan = false;
	int moved, rc;

	if (len < 3 || p[0] != 0xff || p[1] != SOI || p[2] != 0xff)
		return not_jpeg(err);
	rc = nvr_buf_reserve(ret, len, err);
	if (rc == 0)
		rc = nvr_buf_add(ret, p, 2, err);
	while (rc == 0 && at + 1 < len) {
		begin = at;
		if (scan || p[at] != 0xff)
			at = skip_scan(p, at, len);
		if (scan)
			rc = nvr_buf_add(ret, p + begin, at - begin, err);
		if (rc != 0 || at + 1 >= len || p[at] != 0xff)
			break;
		if (p[at + 1] == EOI)
			return nvr_buf_add(ret, p + at, 2, err);
		begin = at;
		moved = skip_segment(p, len, &at, err);
		if (moved != 1)
			return moved < 0 ? moved : cut_short(err);
		/* What stands behind a marker that is no segment is no scan. */
		scan = at - begin >= 4 && p[begin + 1] == SOS;
		if (at - begin >= 4)
			rc = put_needed(ret, p + begin, at - begin, err);
	}
	return rc != 0 ? rc : cut_short(err);
}
