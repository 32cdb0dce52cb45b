/* How a page of the portal is answered: who asks, what it shows, what a form
 * does; see nvr.cgi-page.h. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/account.h"
#include "core/keys.h"
#include "nvr.cgi-page.h"
#include "seal/digest.h"
#include "web/browser.h"
#include "web/template.h"

int
portal_put(struct portal_call *c, const char *name, json_t *value)
{
	return json_object_set_new(c->view, name, value) == 0
		   ? 0
		   : nvr_fail_nomem(c->err);
}

const char *
portal_field(const struct portal_call *c, const char *name)
{
	const char *v = nvr_web_field(&c->r->form, name);

	return v != NULL ? v : "";
}

void
portal_to(struct portal_call *c, const char *path, const char *done)
{
	snprintf(c->to, sizeof(c->to), "%s%s%s%s", path,
	    done == NULL		? ""
	    : strchr(path, '?') != NULL ? "&"
					: "?",
	    done != NULL ? "done=" : "", done != NULL ? done : "");
}

int
portal_account(struct portal_call *c, struct nvr_account **ret)
{
	return nvr_account_get(c->s->store, c->session.account, ret, c->err);
}

int
portal_sign_in(struct portal_call *c, const char *token)
{
	return nvr_web_set_cookie(c->rs, c->r, PORTAL_COOKIE, token, 0, c->err);
}

int
portal_sign_out(struct portal_call *c)
{
	return nvr_web_set_cookie(c->rs, c->r, PORTAL_COOKIE, "", -1, c->err);
}

/*
 * A form is bound to the session, and to what it does: the HMAC of both.  Who
 * has no session gets a cookie to bind it to, so that nobody can be signed in
 * as somebody else by a form on another site.
 */
static int
token_of(
    void *ctx, const char *action, struct nvr_buf *out, struct nvr_error *err)
{
	struct portal_call *c = ctx;
	uint8_t key[NVR_ACCOUNT_KEY_LEN], mac[NVR_SHA256_LEN];
	char text[NVR_SHA256_HEX], bound[NVR_TOKEN_TEXT + NVR_WEB_PATH];
	int n = snprintf(bound, sizeof(bound), "%s %s", c->token, action);
	int rc = nvr_service_key(c->s, "forms", key, err);

	if (rc == 0)
		rc = nvr_hmac(key, sizeof(key), bound, (size_t)n, mac, err);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(bound, sizeof(bound));
	if (rc != 0)
		return rc;
	nvr_hex(mac, sizeof(mac), text);
	return nvr_buf_add(out, text, strlen(text), err);
}

static int
check_form(struct portal_call *c)
{
	const char *is = portal_field(c, "csrf");
	struct nvr_buf want = {0};
	int rc;

	if (!nvr_web_is_own(c->r))
		return nvr_fail(c->err, NVR_E_PERMISSION,
		    "the form was not sent by a page of this portal");
	rc = token_of(c, c->r->route->path, &want, c->err);
	if (rc == 0 &&
	    (strlen(is) != want.len || !nvr_same(is, want.data, want.len)))
		rc = nvr_fail(c->err, NVR_E_PERMISSION,
		    "the form is too old, or of somebody else: send it once "
		    "more");
	nvr_buf_release(&want);
	return rc;
}

/* Whoever has no session gets a random token instead, once. */
static int
be_stranger(struct portal_call *c)
{
	uint8_t raw[32];
	int rc;

	if (nvr_web_cookie(c->r, PORTAL_STRANGER, c->cookie) &&
	    strlen(c->cookie) == NVR_TOKEN_TEXT - 1) {
		strlcpy(c->token, c->cookie, sizeof(c->token));
		return 0;
	}
	rc = nvr_random(raw, sizeof(raw), c->err);
	nvr_hex(raw, sizeof(raw), c->token);
	return rc == 0 ? nvr_web_set_cookie(
			     c->rs, c->r, PORTAL_STRANGER, c->token, 0, c->err)
		       : rc;
}

static int
see_who(struct portal_call *c)
{
	int rc;

	if (!nvr_web_cookie(c->r, PORTAL_COOKIE, c->cookie))
		return be_stranger(c);
	strlcpy(c->token, c->cookie, sizeof(c->token));
	rc = nvr_session_check(c->s, c->token, c->now, &c->session, c->err);
	if (rc == NVR_E_PERMISSION)
		return be_stranger(c);
	c->s->actor.session = c->session.id;
	return rc;
}

/* What was typed, and what is wrong with it. */
static int
put_form(struct portal_call *c, int code)
{
	const struct nvr_web_fields *f = &c->r->form;
	json_t *form = json_object(), *errors = json_object();
	int bad = 0, rc;

	for (int i = 0; i < f->n; i++)
		if (strstr(f->field[i].name, "password") == NULL)
			bad |= json_object_set_new(form, f->field[i].name,
			    json_string(f->field[i].value));
	bad |= json_object_set_new(errors, c->wrong != NULL ? c->wrong : "form",
	    json_string(c->err->text));
	rc = portal_put(c, "form", form);
	if (rc == 0)
		rc = portal_put(c, "errors", errors);
	c->rs->status = code == NVR_E_PERMISSION ? 403
			: code == NVR_E_CREATE	 ? 409
			: code == NVR_E_AGAIN	 ? 429
						 : 400;
	return rc == 0 && bad != 0 ? nvr_fail_nomem(c->err) : rc;
}

static bool
is_theirs(int rc)
{
	return rc == NVR_E_USAGE || rc == NVR_E_CREATE ||
	       rc == NVR_E_PERMISSION || rc == NVR_E_AGAIN ||
	       rc == NVR_E_CONFIG;
}

static int
render(struct portal_call *c, const char *body)
{
	const struct portal *p = c->portal;
	const struct nvr_web_view view = {.values = c->view,
	    .body = body,
	    .base = p->site.base,
	    .now = c->now,
	    .token = token_of,
	    .ctx = c};

	if (c->rs->status == 0)
		c->rs->status = 200;
	c->rs->type = "text/html; charset=utf-8";
	return nvr_web_render("page", &view, &c->rs->body, c->err);
}

static int
put_shell(struct portal_call *c)
{
	const char *done = nvr_web_field(&c->r->query, "done");
	const char *name = c->portal->cli->conf.rules.title;
	int rc = portal_put(c, "portal", json_string(name));

	if (rc == 0 && json_object_get(c->view, "title") == NULL)
		rc = portal_put(c, "title", json_string(c->page->title));
	if (rc == 0)
		rc = portal_put(c, "signed_in", json_boolean(c->session.id));
	if (rc == 0)
		rc = portal_put(
		    c, "done", json_string(done != NULL ? done : ""));
	return rc;
}

static int
show(struct portal_call *c)
{
	int rc = c->page->show != NULL ? c->page->show(c) : 0;

	if (rc == 0)
		rc = put_shell(c);
	return rc == 0 ? render(c, c->page->text) : rc;
}

/* 0 with c->to empty: the page is to be shown, with what is wrong. */
static int
act(struct portal_call *c)
{
	int rc = check_form(c);

	/* Who was told that it is done is not told otherwise after a power
	 * cut. */
	if (rc == 0)
		rc = nvr_store_durable(c->s->store, c->err);
	if (rc == 0)
		rc = c->page->act(c);
	if (!is_theirs(rc))
		return rc;
	c->to[0] = '\0';
	return put_form(c, rc);
}

/* After signing in it goes on where it was meant to. */
static int
ask_to_sign_in(struct portal_call *c)
{
	char to[NVR_WEB_PATH + 16];

	if (strcmp(c->r->method, "GET") != 0 || strcmp(c->r->path, "/") == 0)
		strlcpy(to, "/signin", sizeof(to));
	else
		snprintf(to, sizeof(to), "/signin?to=%s",
		    c->r->target + strlen(c->portal->site.base));
	return nvr_web_redirect(c->rs, c->portal->site.base, to, c->err);
}

static int
answer(struct portal_call *c)
{
	int rc = see_who(c);

	if (rc != 0)
		return rc;
	if (c->page->who == PORTAL_SIGNED_IN && c->session.id == 0)
		return ask_to_sign_in(c);
	nvr_state_rights(c->s, c->page->rights);
	if (strcmp(c->r->method, "POST") == 0)
		rc = act(c);
	if (rc == 0 && c->to[0] != '\0')
		return nvr_web_redirect(
		    c->rs, c->portal->site.base, c->to, c->err);
	if (rc == 0)
		rc = show(c);
	if (rc == NVR_E_NOENT) {
		const struct nvr_web_problem none = {.status = 404};

		rc = portal_problem(c->portal, c->r, &none, c->rs, c->err);
	}
	return rc;
}

int
portal_page(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	struct portal_call c = {.portal = ctx,
	    .r = r,
	    .rs = rs,
	    .page = r->route->of,
	    .now = nvr_time_now(),
	    .err = err};
	int rc = portal_open(ctx, r, &c.s, err);

	c.view = json_object();
	if (rc == 0 && c.view == NULL)
		rc = nvr_fail_nomem(err);
	if (rc == 0)
		rc = answer(&c);
	if (c.s != NULL)
		nvr_state_rights(c.s, false);
	json_decref(c.view);
	explicit_bzero(c.token, sizeof(c.token));
	explicit_bzero(c.cookie, sizeof(c.cookie));
	rc = portal_done(ctx, rc);
	if (strcmp(r->method, "POST") == 0)
		portal_close(ctx);
	return rc;
}

int
portal_text(struct portal *p, const char *text, json_t *values,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	const struct nvr_web_view view = {.values = values,
	    .body = text,
	    .base = p->site.base,
	    .now = nvr_time_now()};
	const char *name = p->cli->conf.rules.title;
	int rc = json_object_set_new(values, "portal", json_string(name)) == 0
		     ? 0
		     : nvr_fail_nomem(err);

	nvr_buf_wipe(&rs->body);
	if (rs->status == 0)
		rs->status = 200;
	rs->type = "text/html; charset=utf-8";
	if (rc == 0)
		rc = nvr_web_render("page", &view, &rs->body, err);
	json_decref(values);
	return rc;
}

int
portal_problem(void *ctx, const struct nvr_web_request *r,
    const struct nvr_web_problem *p, struct nvr_web_response *rs,
    struct nvr_error *err)
{
	const char *title =
	    p->title != NULL ? p->title : nvr_web_status(p->status);

	(void)r;
	rs->status = p->status;
	return portal_text(ctx, "problem",
	    json_pack("{ss ss* ss*}", "title", title, "detail", p->detail,
		"reference", p->reference),
	    rs, err);
}

int
portal_style(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	const char *text = nvr_web_text("style");

	(void)ctx, (void)r;
	rs->status = 200;
	rs->type = "text/css; charset=utf-8";
	rs->lasts = true;
	return nvr_buf_add(&rs->body, text, strlen(text), err);
}
