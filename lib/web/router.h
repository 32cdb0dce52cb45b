/*
 * From a request to its answer: the table of routes, and what is answered where
 * there is none, where the request is not as it has to be, and where something
 * goes wrong here.
 */
#ifndef NVR_WEB_ROUTER_H
#define NVR_WEB_ROUTER_H

#include "web/request.h"
#include "web/response.h"

struct nvr_web_route {
	const char *method; /* GET answers HEAD as well; NULL ends the table */
	const char *path;   /* `*` is any one segment that is not empty */
	const char *type;   /* of the body, as nvr_web_request_body has it */
	size_t limit;	    /* of the body, bytes */
	bool query; /* it may have one; where not, none is let through */
	/*
	 * 0: rs is the answer.  A negative code is trouble of ours: rs is put
	 * aside, the client gets a number, and who runs the portal the text.
	 */
	int (*handle)(void *ctx, const struct nvr_web_request *r,
	    struct nvr_web_response *rs, struct nvr_error *err);
	const void *of; /* for the handler */
};

struct nvr_web {
	const struct nvr_web_site *site;
	const struct nvr_web_route *routes;
	void *ctx; /* of the handlers and what follows */
	/*
	 * Told of what failed: reference is what the client got, what is
	 * `POST /api/v1/heartbeat`.
	 */
	void (*trouble)(void *ctx, const char *reference, const char *what,
	    const struct nvr_error *err);
	/*
	 * Puts a page in the place of a problem, for people: what is under
	 * /api/ never is.  NULL, and where it fails: problem details as JSON.
	 */
	int (*page)(void *ctx, const struct nvr_web_request *r,
	    const struct nvr_web_problem *p, struct nvr_web_response *rs,
	    struct nvr_error *err);
	/*
	 * By FastCGI, ahead of each request: whether to end and to leave it to
	 * the process that is started next; NULL: never.
	 */
	bool (*is_over)(void *ctx);
};

/*
 * One request, all of it: the whole response is appended to out.  It fails only
 * for want of memory.
 */
int nvr_web_answer(const struct nvr_web *w, char *const *env,
    const struct nvr_web_source *body, struct nvr_buf *out,
    struct nvr_error *err);

#endif
