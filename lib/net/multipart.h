/*
 * The first part of a multipart/x-mixed-replace body (RFC 2046, 5.1), which is
 * how cameras send Motion JPEG over HTTP.  It is pushed in as it arrives, in
 * pieces of any size.
 *
 * Cameras read the RFC loosely, so: lines may end in LF alone, the boundary
 * may be announced with the dashes of its delimiter, a part needs no
 * Content-Length, and empty parts are passed over.
 */
#ifndef NVR_NET_MULTIPART_H
#define NVR_NET_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct nvr_multipart {
	char boundary[80]; /* without leading dashes */
	size_t max;	   /* bytes a part may have */
	enum {
		NVR_MULTIPART_PREAMBLE,
		NVR_MULTIPART_HEADER,
		NVR_MULTIPART_BODY,
		NVR_MULTIPART_DONE
	} state;
	char line[256]; /* so far, cut off where it is longer */
	size_t line_len;
	size_t skipped; /* bytes before the part */
	bool has_length;
	size_t length; /* Content-Length, when it has one */
	size_t seen;   /* bytes of the part searched for its end */
};

/*
 * Takes the boundary from the value of Content-Type; without one, any line
 * that begins with two dashes is a delimiter.
 */
void nvr_multipart_init(
    struct nvr_multipart *m, const char *content_type, size_t max);

/*
 * Takes the next bytes; the part's own are added to `part`.  The state is
 * NVR_MULTIPART_DONE once it is whole, and what follows is ignored.
 * NVR_E_DATA: the part is longer than max, or does not begin.
 */
int nvr_multipart_push(struct nvr_multipart *m, const void *data, size_t len,
    struct nvr_buf *part, struct nvr_error *err);

#endif
