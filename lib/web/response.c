/* What is answered; see response.h. */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "base/time.h"
#include "web/response.h"

#define TOKEN                                                            \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
	"!#$%&'*+-.^_`|~"

/*
 * The policy (CSP3) allows style sheets and pictures of the portal itself and
 * nothing else; scripts, frames and plug-ins of nobody.  A referrer of `none`
 * would have browsers send `Origin: null` with a form, by which the portal
 * tells its own; so it is `same-origin`.
 */
static const char ALWAYS[] =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: same-origin\r\n"
    "X-Content-Type-Options: nosniff\r\n";
static const char NEVER[] = "Cache-Control: no-store\r\n";
static const char LASTS[] =
    "Cache-Control: public, max-age=31536000, immutable\r\n";
/* RFC 6797; it is not to be sent without TLS. */
static const char HSTS[] = "Strict-Transport-Security: max-age=31536000\r\n";

static const struct {
	int status;
	const char *words;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {303, "See Other"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
};

const char *
nvr_web_status(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].words;
	return "Error";
}

void
nvr_web_response_release(struct nvr_web_response *rs)
{
	nvr_buf_wipe(&rs->head);
	nvr_buf_wipe(&rs->body);
	*rs = (struct nvr_web_response){0};
}

/* Which the format writes itself, and what would end the message elsewhere. */
static bool
is_ours(const char *name)
{
	static const char *const ours[] = {"Status", "Content-Type",
	    "Content-Length", "Transfer-Encoding", "Connection",
	    "Cache-Control", "Content-Security-Policy",
	    "Strict-Transport-Security"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcasecmp(ours[i], name) == 0)
			return true;
	return false;
}

int
nvr_web_response_header(struct nvr_web_response *rs, const char *name,
    const char *value, struct nvr_error *err)
{
	if (name[0] == '\0' || name[strspn(name, TOKEN)] != '\0' ||
	    is_ours(name))
		return nvr_fail(err, NVR_E_BUG, "that is no header to be set");
	for (const char *p = value; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return nvr_fail(err, NVR_E_BUG,
			    "the header %s would have characters that none "
			    "has",
			    name);
	return nvr_buf_addf(&rs->head, err, "%s: %s\r\n", name, value);
}

int
nvr_web_response_retry(
    struct nvr_web_response *rs, int64_t us, struct nvr_error *err)
{
	int64_t s = us / NVR_SECOND + (us % NVR_SECOND > 0);

	return nvr_buf_addf(
	    &rs->head, err, "Retry-After: %" PRId64 "\r\n", s > 0 ? s : 1);
}

/* `,"name":"text"` */
static int
member(struct nvr_buf *b, const char *name, const char *text,
    struct nvr_error *err)
{
	int rc;

	if (text == NULL)
		return 0;
	rc = nvr_buf_addf(b, err, ",\"%s\":\"", name);
	if (rc == 0)
		rc = nvr_json_chars(b, text, strlen(text), err);
	return rc == 0 ? nvr_buf_add(b, "\"", 1, err) : rc;
}

int
nvr_web_response_problem(struct nvr_web_response *rs,
    const struct nvr_web_problem *p, struct nvr_error *err)
{
	const char *title =
	    p->title != NULL ? p->title : nvr_web_status(p->status);
	int rc;

	nvr_buf_wipe(&rs->body);
	rs->status = p->status;
	rs->type = "application/problem+json";
	rc = nvr_buf_addf(&rs->body, err, "{\"status\":%d", p->status);
	if (rc == 0)
		rc = member(&rs->body, "title", title, err);
	if (rc == 0)
		rc = member(&rs->body, "code", p->code, err);
	if (rc == 0)
		rc = member(&rs->body, "detail", p->detail, err);
	if (rc == 0)
		rc = member(&rs->body, "reference", p->reference, err);
	return rc == 0 ? nvr_buf_add(&rs->body, "}\n", 2, err) : rc;
}

int
nvr_web_response_format(const struct nvr_web_response *rs, bool secure,
    bool bare, struct nvr_buf *out, struct nvr_error *err)
{
	int status = rs->status != 0 ? rs->status : 500;
	int rc = nvr_buf_addf(out, err, "Status: %d %s\r\n%s%s%s", status,
	    nvr_web_status(status), ALWAYS, rs->lasts ? LASTS : NEVER,
	    secure ? HSTS : "");

	if (rc == 0)
		rc = nvr_buf_add(out, rs->head.data, rs->head.len, err);
	if (rc == 0 && rs->type != NULL)
		rc = nvr_buf_addf(out, err,
		    "Content-Type: %s\r\nContent-Length: %zu\r\n", rs->type,
		    rs->body.len);
	if (rc == 0)
		rc = nvr_buf_add(out, "\r\n", 2, err);
	if (rc == 0 && rs->type != NULL && !bare)
		rc = nvr_buf_add(out, rs->body.data, rs->body.len, err);
	return rc;
}
