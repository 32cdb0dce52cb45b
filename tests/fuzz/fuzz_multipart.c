/*
 * Multipart bodies in pieces, and the end of a JPEG.  The first byte is the
 * size of the pieces, the rest up to the first new line the Content-Type.
 * Whatever the pieces, the result must be that of the whole body.
 */
#include <assert.h>
#include <stdint.h>

#include "net/multipart.h"

#define MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int
push(const char *type, const uint8_t *p, size_t len, size_t piece,
    struct nvr_buf *part, bool *done)
{
	struct nvr_error err = {0};
	struct nvr_multipart m;
	int rc = 0;

	nvr_multipart_init(&m, type, MAX);
	while (rc == 0 && len > 0) {
		size_t n = piece < len ? piece : len;

		rc = nvr_multipart_push(&m, p, n, part, &err);
		p += n;
		len -= n;
	}
	*done = m.state == NVR_MULTIPART_DONE;
	assert(rc != 0 || !*done || part->len <= MAX);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct nvr_buf whole = {0}, pieces = {0};
	bool whole_done, pieces_done;
	char type[100] = "";
	const uint8_t *nl;
	size_t piece;
	int rc;

	if (len < 2 || (nl = memchr(data, '\n', len)) == NULL ||
	    (size_t)(nl - data) > sizeof(type))
		return 0;
	piece = 1 + data[0] % 64;
	if (nl > data)
		memcpy(type, data + 1, (size_t)(nl - data) - 1);
	len -= (size_t)(nl + 1 - data);
	rc = push(type, nl + 1, len, len, &whole, &whole_done);
	assert(push(type, nl + 1, len, piece, &pieces, &pieces_done) == rc);
	assert(whole_done == pieces_done);
	if (rc == 0 && whole_done) {
		assert(whole.len == pieces.len);
		assert(whole.len == 0 ||
		       memcmp(whole.data, pieces.data, whole.len) == 0);
	}
	nvr_buf_release(&whole);
	nvr_buf_release(&pieces);
	return 0;
}
