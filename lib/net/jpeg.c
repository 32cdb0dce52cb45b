/* Where a JPEG ends; see jpeg.h. */
#include <stdint.h>
#include <string.h>

#include "net/jpeg.h"

enum { RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda };

/* The next marker in coded data: FF and neither a stuffed 0 nor a restart. */
static size_t
skip_scan(const uint8_t *p, size_t at, size_t len)
{
	const uint8_t *ff;

	while (at < len && (ff = memchr(p + at, 0xff, len - at)) != NULL) {
		at = (size_t)(ff - p);
		if (at + 1 < len && p[at + 1] != 0 &&
		    (p[at + 1] < RST0 || p[at + 1] > RST7))
			return at;
		at += 2;
	}
	return len;
}

size_t
nvr_jpeg_length(const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t at = 2;

	if (len < 4 || p[0] != 0xff || p[1] != SOI || p[2] != 0xff)
		return 0;
	while (at + 1 < len && p[at] == 0xff) {
		uint8_t marker = p[at + 1];

		if (marker == 0xff) { /* a fill byte */
			at++;
			continue;
		}
		if (marker == EOI)
			return at + 2;
		if (len - at < 4)
			break;
		at += 2 + (size_t)(p[at + 2] << 8 | p[at + 3]);
		if (marker == SOS)
			at = skip_scan(p, at, len);
	}
	return 0;
}
