/*
 * One JPEG from a camera's HTTP(S) URL: a picture, or the first whole one of a
 * Motion JPEG stream, after which the connection is closed.
 */
#ifndef NVR_NET_HTTP_H
#define NVR_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct nvr_http_request {
	const char *url;	 /* without user and password */
	const char *user;	 /* NULL: none */
	const char *password;	 /* NULL: none */
	const char *tls_ca_file; /* PEM; NULL: the system's */
	bool tls_insecure;	 /* take any certificate */
	int tls_min;		 /* 12 or 13 (1.2, 1.3); 0: 13 */
	int64_t timeout;	 /* microseconds, for everything */
	size_t max_bytes;	 /* what a JPEG may have */
};

/*
 * GETs it into jpeg, which must be empty and stays so on failure; SOI to EOI,
 * what follows is cut off.  taken_at is when it began to arrive, microseconds
 * since 1970.  At most three redirects are followed, never from https to
 * http, and the password goes only to the host of the URL.
 *
 *	NVR_E_USAGE		a URL that cannot be used
 *	NVR_E_UNAVAILABLE	nobody answers, or not as a camera does
 *	NVR_E_AGAIN		timed out, or the camera is busy (429, 503)
 *	NVR_E_PERMISSION	401, 403, or the certificate is refused
 *	NVR_E_NOENT		404, 410
 *	NVR_E_DATA		something else than a whole JPEG, or too large
 */
int nvr_http_jpeg(const struct nvr_http_request *req, struct nvr_buf *jpeg,
    int64_t *taken_at, struct nvr_error *err);

#endif
