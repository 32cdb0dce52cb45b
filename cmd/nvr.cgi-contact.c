/*
 * The link in each alert by mail (RFC 8058).  Looking at it changes nothing, as
 * scanners of mail do, and tells nothing: whoever's it is, and whether it is
 * anybody's, page and answer are the same.  It has 256 bits, so nobody finds
 * one by trying, however long an answer takes.
 */
#include <string.h>

#include "base/escape.h"
#include "core/contact.h"
#include "nvr.cgi.h"

#define FIELD "List-Unsubscribe"
#define VALUE "One-Click"

/* html is ours. */
static int
page(const struct portal *p, const char *html, struct nvr_web_response *rs,
    struct nvr_error *err)
{
	const char *title = p->cli->conf.rules.title;
	struct nvr_buf *b = &rs->body;
	int rc = nvr_buf_addf(b, err,
	    "<!DOCTYPE html>\n"
	    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width\">"
	    "<meta name=\"robots\" content=\"noindex\"><title>");

	for (int i = 0; rc == 0 && i < 2; i++) {
		rc = nvr_html_text(b, title[0] != '\0' ? title : "nvr", err);
		if (rc == 0)
			rc = nvr_buf_addf(b, err, "%s",
			    i == 0 ? "</title></head>\n<body><h1>" : "</h1>\n");
	}
	if (rc == 0)
		rc = nvr_buf_addf(b, err, "%s</body></html>\n", html);
	rs->status = 200;
	rs->type = "text/html; charset=utf-8";
	return rc;
}

int
portal_unsubscribe_page(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	(void)r;
	return page(ctx,
	    "<p>You came here by a link in an alert.</p>\n"
	    "<form method=\"post\"><input type=\"hidden\" name=\"" FIELD
	    "\" value=\"" VALUE "\">"
	    "<button>Send no more alerts there</button></form>\n",
	    rs, err);
}

/* Receivers of mail send it as form data, and may as a form; of the former
 * nothing else is read. */
static bool
is_asked(const struct nvr_web_request *r)
{
	const char *value = nvr_web_field(&r->form, FIELD);
	const struct nvr_buf *b = &r->body;

	if (strcmp(r->type, NVR_WEB_FORM) == 0)
		return value != NULL && strcmp(value, VALUE) == 0;
	return b->len > 0 &&
	       memmem(b->data, b->len, FIELD, strlen(FIELD)) != NULL &&
	       memmem(b->data, b->len, VALUE, strlen(VALUE)) != NULL;
}

static int
unsubscribe(
    struct portal *p, const struct nvr_web_request *r, struct nvr_error *err)
{
	struct nvr_state *s;
	int rc = portal_open(p, r, &s, err);

	/* Who was told that it is over is not told more after a power cut. */
	if (rc == 0)
		rc = nvr_store_durable(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_contact_unsubscribe(s, r->arg[0], err);
	return rc == NVR_E_NOENT ? 0 : rc;
}

int
portal_unsubscribe(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	const struct nvr_web_problem wrong = {.status = 400,
	    .code = "malformed",
	    .detail = "the body is to be " FIELD "=" VALUE};
	struct portal *p = ctx;
	int rc;

	if (!is_asked(r))
		return nvr_web_response_problem(rs, &wrong, err);
	rc = unsubscribe(p, r, err);
	portal_done(p, rc);
	portal_close(p);
	return rc == 0 ? page(p,
			     "<p>No more alerts go where this link was sent. "
			     "Letters that have to be sent still are.</p>\n",
			     rs, err)
		       : rc;
}
