/*
 * What a browser sends and keeps: cookies (RFC 6265), and where a form comes
 * from.
 */
#ifndef NVR_WEB_BROWSER_H
#define NVR_WEB_BROWSER_H

#include "web/request.h"
#include "web/response.h"

#define NVR_WEB_COOKIE 256 /* bytes of a value, with its NUL */

/*
 * The value of a cookie of ours; false: there is none, or two of the name.
 * Over TLS names are `__Host-NAME`, which no other host or path can have set
 * (RFC 6265bis, 4.1.3.2).
 */
bool nvr_web_cookie(const struct nvr_web_request *r, const char *name,
    char value[NVR_WEB_COOKIE]);

/*
 * Sets one: for this host alone, out of reach of scripts, and not sent with
 * what other sites embed or post (SameSite=Lax).  age in seconds; 0: until the
 * browser ends, -1: it goes.  NVR_E_BUG for a value that needs quotes.
 */
int nvr_web_set_cookie(struct nvr_web_response *rs,
    const struct nvr_web_request *r, const char *name, const char *value,
    int64_t age, struct nvr_error *err);

/*
 * Whether a page of the portal itself sent the request: the browser says so
 * (Sec-Fetch-Site), or names the portal as its origin (RFC 6454).  Neither: it
 * is not.
 */
bool nvr_web_is_own(const struct nvr_web_request *r);

/*
 * Whether a path leads to the portal: it begins with one slash, and no browser
 * takes what follows for a host.
 */
bool nvr_web_is_local(const char *path);

/* Sends the browser to that path of the portal, by GET (303). */
int nvr_web_redirect(struct nvr_web_response *rs, const char *base,
    const char *path, struct nvr_error *err);

#endif
