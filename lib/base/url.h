/*
 * URLs (RFC 3986), as far as cameras need it: taking one apart to keep its
 * secrets out of sight.  Nothing is fetched or resolved.
 */
#ifndef NVR_BASE_URL_H
#define NVR_BASE_URL_H

#include <stdbool.h>

#include "base/buf.h"

struct nvr_url {
	char scheme[16]; /* lower case */
	char *user;	 /* percent-decoded; NULL: none */
	char *password;	 /* the same */
	char *bare;	 /* the URL without user and password */
};

/*
 * NVR_E_USAGE when it is no `scheme://…`, or lacks the host that its scheme
 * needs (file and v4l2 need none), or holds blanks or control characters.
 */
int nvr_url_parse(const char *text, struct nvr_url *ret, struct nvr_error *err);
/* Wipes what it frees. */
void nvr_url_release(struct nvr_url *url);

/*
 * Its host, with the port where it names one and without user and password,
 * printable and cut to fit; "" where it has none.  Returns buf.
 */
const char *nvr_url_host(const char *url, char *buf, size_t size);

/*
 * Its scheme, host and port, `rtsp://192.0.2.7:554/`, which hold no secret:
 * wherever else of a URL cameras take passwords and tokens.  "" where it is no
 * URL.  Returns buf.
 */
#define NVR_URL_ORIGIN 320
const char *nvr_url_origin(const char *url, char *buf, size_t size);

/* Whether that is this machine: localhost, 127.0.0.0/8 or ::1, as it stands. */
bool nvr_url_is_loopback(const char *url);

/*
 * Whether a parameter of the path or query looks like a secret:
 * `…?user=admin&pwd=1234`, `/user=admin_password=1234_channel=1`.  shown, when
 * not NULL, receives the URL with those values replaced by `***` and without
 * fragment, for people here; nvr_url_origin() is for what leaves.
 */
int nvr_url_redact(const char *bare, bool *secret, struct nvr_buf *shown,
    struct nvr_error *err);

/* The path of a file or v4l2 URL, percent-decoded, appended to path. */
int nvr_url_path(const char *url, struct nvr_buf *path, struct nvr_error *err);

#endif
