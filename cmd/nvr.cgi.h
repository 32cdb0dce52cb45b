/* For cmd/nvr.cgi*.c alone. */
#ifndef NVR_CMD_CGI_H
#define NVR_CMD_CGI_H

#include <sys/stat.h>

#include "cli/cli.h"
#include "core/state.h"
#include "web/router.h"

struct portal {
	struct nvr_cli *cli;
	struct nvr_web_site site;
	struct nvr_state *state; /* open from one request to the next; NULL */
	struct stat store;	 /* of its file; of size 0: it never was open */
	char agent[256];	 /* of the client at hand, printable */
};

/*
 * The store, for that request: it is open already, or is opened.  What fails
 * with it is told by portal_done, so that the next request has it anew; keys
 * are let go of after each.
 */
int portal_open(struct portal *p, const struct nvr_web_request *r,
    struct nvr_state **s, struct nvr_error *err);
int portal_done(struct portal *p, int rc);
void portal_close(struct portal *p);

/* For who runs the portal: what the client knows by that number alone. */
void portal_tell(void *ctx, const char *reference, const char *what,
    const struct nvr_error *err);

/* The routes of recorders: NVR_BEAT_MAX bytes of JSON each. */
int portal_enrol(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err);
int portal_hear(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err);

/* The link that ends alerts by mail (RFC 8058): a page that asks, and the form
 * that does it, which programs send as well. */
#define PORTAL_UNSUBSCRIBE_MAX 4096
int portal_unsubscribe_page(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err);
int portal_unsubscribe(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err);

#endif
