/* From a request to its answer; see router.h. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "web/router.h"

#define ALLOW 128
/* When to come back: others hold the store for moments, a disk stays full. */
#define SOON (5 * NVR_SECOND)
#define LATER NVR_MINUTE

/* The words for programs of what a request is refused for. */
static const char *
word_of(int status)
{
	switch (status) {
	case 404:
		return "not-found";
	case 405:
		return "method";
	case 411:
		return "length";
	case 413:
		return "too-large";
	case 415:
		return "type";
	case 421:
		return "host";
	default:
		return "malformed";
	}
}

static bool
answers(const struct nvr_web_route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(method, "HEAD") == 0 &&
		   strcmp(route->method, "GET") == 0);
}

/* r->arg is what stands for each `*`, where it does. */
static bool
matches(const char *route, struct nvr_web_request *r)
{
	char *p, *end[NVR_WEB_ARGS];
	int n = 0;

	memset(r->arg, 0, sizeof(r->arg));
	strlcpy(r->args, r->path, sizeof(r->args));
	p = r->args;
	for (; *route != '\0'; route++) {
		size_t len = *route == '*' ? strcspn(p, "/") : *route == *p;

		if (len == 0 || (*route == '*' && n == NVR_WEB_ARGS))
			return false;
		if (*route == '*') {
			r->arg[n] = p;
			end[n++] = p + len;
		}
		p += len;
	}
	if (*p != '\0')
		return false;
	while (n > 0)
		*end[--n] = '\0';
	return true;
}

/* NULL with the status, and for 405 what there is of that path. */
static const struct nvr_web_route *
find(const struct nvr_web_route *routes, struct nvr_web_request *r,
    char allow[ALLOW], int *status)
{
	*status = 404;
	allow[0] = '\0';
	for (; routes->method != NULL; routes++) {
		if (!matches(routes->path, r))
			continue;
		if (answers(routes, r->method))
			return routes;
		*status = 405;
		if (allow[0] != '\0')
			strlcat(allow, ", ", ALLOW);
		strlcat(allow, routes->method, ALLOW);
		if (strcmp(routes->method, "GET") == 0)
			strlcat(allow, ", HEAD", ALLOW);
	}
	return NULL;
}

/* For people as a page, where one can be made. */
static int
tell(const struct nvr_web *w, const struct nvr_web_request *r,
    const struct nvr_web_problem *p, struct nvr_web_response *rs,
    struct nvr_error *err)
{
	if (w->page != NULL && strncmp(r->path, "/api/", 5) != 0 &&
	    w->page(w->ctx, r, p, rs, err) == 0)
		return 0;
	return nvr_web_response_problem(rs, p, err);
}

static int
refuse(const struct nvr_web *w, const struct nvr_web_request *r,
    struct nvr_web_response *rs, int status, const char *why,
    struct nvr_error *err)
{
	const struct nvr_web_problem p = {
	    .status = status, .code = word_of(status), .detail = why};

	return tell(w, r, &p, rs, err);
}

/* The client gets a number, which it can tell who can read what it is of. */
static int
trouble(const struct nvr_web *w, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	const struct nvr_error why = *err;
	bool again = why.code == NVR_E_AGAIN || why.code == NVR_E_IO ||
		     why.code == NVR_E_NOMEM || why.code == NVR_E_UNAVAILABLE;
	char reference[NVR_ID_TEXT], what[NVR_WEB_PATH + 16];
	const struct nvr_web_problem p = {
	    .status = again ? 503 : 500,
	    .code = again ? "busy" : "internal",
	    .reference = nvr_id_format(nvr_id_new(), reference),
	};
	int rc = 0;

	snprintf(what, sizeof(what), "%s %s", r->method, r->route->path);
	w->trouble(w->ctx, reference, what, &why);
	nvr_web_response_release(rs);
	if (again)
		rc = nvr_web_response_retry(
		    rs, why.code == NVR_E_AGAIN ? SOON : LATER, err);
	return rc == 0 ? tell(w, r, &p, rs, err) : rc;
}

/* The route's own answer, or why it is not asked. */
static int
serve(const struct nvr_web *w, struct nvr_web_request *r,
    const struct nvr_web_source *body, struct nvr_web_response *rs,
    struct nvr_error *err)
{
	const struct nvr_web_route *route;
	char allow[ALLOW];
	int status, rc;

	r->route = route = find(w->routes, r, allow, &status);
	if (route == NULL) {
		rc = status == 405
			 ? nvr_web_response_header(rs, "Allow", allow, err)
			 : 0;
		return rc == 0 ? refuse(w, r, rs, status, NULL, err) : rc;
	}
	if (r->query.n > 0 && !route->query)
		return refuse(w, r, rs, 400, "there is to be no query", err);
	rc = nvr_web_request_body(r, route->type, route->limit, body, err);
	if (rc == NVR_E_DATA)
		return refuse(w, r, rs, r->refused, err->text, err);
	if (rc == 0)
		rc = route->handle(w->ctx, r, rs, err);
	return rc == 0 ? 0 : trouble(w, r, rs, err);
}

int
nvr_web_answer(const struct nvr_web *w, char *const *env,
    const struct nvr_web_source *body, struct nvr_buf *out,
    struct nvr_error *err)
{
	struct nvr_web_response rs = {0};
	struct nvr_web_request r;
	int rc = nvr_web_request_init(&r, w->site, env, err);

	if (rc == 0)
		rc = serve(w, &r, body, &rs, err);
	else if (rc == NVR_E_DATA)
		rc = refuse(w, &r, &rs, r.refused, err->text, err);
	if (rc == 0)
		rc = nvr_web_response_format(
		    &rs, r.secure, strcmp(r.method, "HEAD") == 0, out, err);
	nvr_web_request_release(&r);
	nvr_web_response_release(&rs);
	return rc;
}
