/* For lib/web/request*.c and fields.c alone. */
#ifndef NVR_WEB_REQUEST_INT_H
#define NVR_WEB_REQUEST_INT_H

#include "web/request.h"

/* The value of a meta-variable; NULL where there is none. */
const char *nvr_web_meta(const struct nvr_web_request *r, const char *name);

/* Sets `refused`, and text and code of the error. */
int nvr_web_refuse(struct nvr_web_request *r, int status, const char *why,
    struct nvr_error *err);

/* Percent-decodes len bytes to `to`, which has room for len + 1; plus: `+` is a
 * blank.  The length; -1 for what is no escape, and for one of a NUL. */
ssize_t nvr_web_decode(char *to, const char *text, size_t len, bool plus);

/* target and path. */
int nvr_web_request_path(struct nvr_web_request *r,
    const struct nvr_web_site *site, struct nvr_error *err);

#endif
