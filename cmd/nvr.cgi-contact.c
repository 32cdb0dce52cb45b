/*
 * The link in each alert by mail (RFC 8058).  Looking at it changes nothing, as
 * scanners of mail do, and tells nothing: whoever's it is, and whether it is
 * anybody's, page and answer are the same.  It has 256 bits, so nobody finds
 * one by trying, however long an answer takes.
 */
#include <string.h>

#include "core/contact.h"
#include "nvr.cgi-page.h"

#define FIELD "List-Unsubscribe"
#define VALUE "One-Click"

int
portal_unsubscribe_page(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	(void)r;
	return portal_text(ctx, "unsubscribe",
	    json_pack("{ss}", "title", "Alerts by mail"), rs, err);
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
	return rc == 0
		   ? portal_text(p, "unsubscribed",
			 json_pack("{ss}", "title", "Alerts by mail"), rs, err)
		   : rc;
}
