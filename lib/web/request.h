/*
 * What a web server says of a request: CGI/1.1 (RFC 3875), in the environment
 * of a process or in the parameters of FastCGI.  All of it may be hostile, and
 * is taken in one form only: what a server or a browser has no reason to send
 * is refused with the HTTP status in `refused`, not mended.
 *
 * Nothing is read of a body until a route has said how much it takes.
 */
#ifndef NVR_WEB_REQUEST_H
#define NVR_WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

#define NVR_WEB_HOST 256
#define NVR_WEB_HOSTS 16
#define NVR_WEB_PATH 1024 /* bytes of one, with its NUL */
#define NVR_WEB_ARGS 2

/* By which names the portal is reached, and nothing else is answered. */
struct nvr_web_site {
	char host[NVR_WEB_HOSTS][NVR_WEB_HOST]; /* as `authority` below */
	int nhosts;
	bool tls;		 /* its url is https: so has a request to be */
	char base[NVR_WEB_PATH]; /* what paths begin with: "", or `/nvr` */
};

/*
 * From nvr.conf's [portal]: url, which nvr_portal_check has seen, and hosts,
 * further names with blanks in between.  NVR_E_CONFIG names the key; without a
 * url there is no portal.
 */
int nvr_web_site_init(struct nvr_web_site *site, const char *url,
    const char *hosts, struct nvr_error *err);

#define NVR_WEB_FIELDS 64
#define NVR_WEB_NAME 64	   /* bytes of a name */
#define NVR_WEB_VALUE 8192 /* of a value, decoded */
#define NVR_WEB_QUERY 16384

/* What a query or a form says (application/x-www-form-urlencoded). */
struct nvr_web_fields {
	int n;
	struct {
		const char *name, *value;
	} field[NVR_WEB_FIELDS];
	struct nvr_buf text; /* holds them */
};

/*
 * NVR_E_DATA for more fields or longer ones than these, a name that is there
 * twice or has other characters than A-Z a-z 0-9 - _ . and escapes that are
 * none.  Values are UTF-8 without control characters other than tabs and line
 * ends, which become LF.  Released also where it fails.
 */
int nvr_web_fields_parse(struct nvr_web_fields *f, const char *text, size_t len,
    struct nvr_error *err);
/* NULL: there is none of that name. */
const char *nvr_web_field(const struct nvr_web_fields *f, const char *name);
void nvr_web_fields_release(struct nvr_web_fields *f);

struct nvr_web_route;

struct nvr_web_request {
	char *const *env; /* NAME=value, NULL at its end; borrowed */
	char method[16];
	/* The host, with a port that is not its scheme's own, lower case (RFC
	 * 9421, 2.2.3): one of the site's. */
	char authority[NVR_WEB_HOST];
	char target[NVR_WEB_PATH]; /* the path as it came, without a query */
	char path[NVR_WEB_PATH];   /* decoded, after the site's base */
	/* What stood for each `*` of the route's path. */
	const char *arg[NVR_WEB_ARGS];
	char args[NVR_WEB_PATH]; /* holds them */
	char type[128];		 /* of the body: `application/json` */
	char address[64];	 /* of the client */
	bool secure;		 /* by TLS */
	bool has_length;
	size_t length;			   /* that the body is said to have */
	const struct nvr_web_route *route; /* NULL: there is none */
	struct nvr_web_fields query, form;
	struct nvr_buf body; /* with a NUL behind it, that is not counted */
	int refused;	     /* with this HTTP status; 0: it is not */
};

/*
 * All but the body.  NVR_E_DATA with `refused`; the text of the error can be
 * told to the client.  Released also where it fails.
 */
int nvr_web_request_init(struct nvr_web_request *r,
    const struct nvr_web_site *site, char *const *env, struct nvr_error *err);
void nvr_web_request_release(struct nvr_web_request *r); /* wipes it */

/* Reads up to len bytes; 0: there are no more, -1: errno. */
struct nvr_web_source {
	ssize_t (*read)(void *ctx, void *buf, size_t len);
	void *ctx;
};

/*
 * The body, of at most limit bytes and of that media type, or of one of several
 * with a blank in between (NULL: no body).  A form becomes r->form.  Before a
 * byte is read it is NVR_E_DATA for one that is larger (413), of another type
 * (415) or of no length (411); afterwards for one that ends early (400).
 */
int nvr_web_request_body(struct nvr_web_request *r, const char *type,
    size_t limit, const struct nvr_web_source *from, struct nvr_error *err);

#define NVR_WEB_JSON "application/json"
#define NVR_WEB_FORM "application/x-www-form-urlencoded"
#define NVR_WEB_FORM_DATA "multipart/form-data" /* is not parsed */

/*
 * The value of a header, as `Content-Digest`; several of one name are one
 * value with commas (RFC 3875, 4.1.18).  NULL: none, or it has control
 * characters.  There is no `Proxy`: programs took HTTP_PROXY for a setting
 * (CVE-2016-5385).
 */
const char *nvr_web_request_header(
    const struct nvr_web_request *r, const char *name);

#endif
