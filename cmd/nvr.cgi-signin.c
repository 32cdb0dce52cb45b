/* Pages: signing in, its second step, and out (core/signin.h). */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/signin.h"
#include "nvr.cgi-page.h"

#define STEP "nvr-step" /* cookie: the token between the two steps */
#define STEP_LASTS 600	/* seconds */

/* Where it goes on: never away from here. */
static const char *
going(const struct portal_call *c)
{
	const char *to = nvr_web_field(&c->r->form, "to");

	if (to == NULL)
		to = nvr_web_field(&c->r->query, "to");
	return to != NULL && nvr_web_is_local(to) ? to : "/";
}

static int
show_signin(struct portal_call *c)
{
	return portal_put(c, "to", json_string(going(c)));
}

static void
who_asks(struct portal_call *c, struct nvr_signin *in)
{
	in->address = c->s->actor.address;
	in->agent = c->s->actor.agent;
	if (nvr_web_cookie(c->r, PORTAL_DEVICE, c->cookie))
		in->device = c->cookie;
}

/* The session is the browser's from here on. */
static int
enter(struct portal_call *c, const struct nvr_signed *in)
{
	int rc = portal_sign_in(c, in->token);

	if (rc == 0)
		rc = nvr_web_set_cookie(c->rs, c->r, PORTAL_DEVICE, in->device,
		    NVR_DEVICE_LASTS / NVR_SECOND, c->err);
	portal_to(c, going(c), NULL);
	return rc;
}

static int
ask_code(struct portal_call *c, const struct nvr_signed *in)
{
	char to[NVR_WEB_PATH];

	snprintf(to, sizeof(to), "/signin/code?%s%sto=%s",
	    in->factors.totp ? "totp=1&" : "", in->factors.sms ? "sms=1&" : "",
	    going(c));
	portal_to(c, to, NULL);
	return nvr_web_set_cookie(
	    c->rs, c->r, STEP, in->token, STEP_LASTS, c->err);
}

static int
act_signin(struct portal_call *c)
{
	struct nvr_signin in = {.email = portal_field(c, "email"),
	    .password = portal_field(c, "password")};
	struct nvr_signed ret;
	int rc;

	who_asks(c, &in);
	rc = nvr_signin(c->s, &in, &ret, c->err);
	if (rc == 0)
		rc = ret.session != 0 ? enter(c, &ret) : ask_code(c, &ret);
	explicit_bzero(&ret, sizeof(ret));
	return rc;
}

static int
show_code(struct portal_call *c)
{
	const struct nvr_web_fields *q = &c->r->query;
	int rc = show_signin(c);

	if (rc == 0)
		rc = portal_put(
		    c, "totp", json_boolean(nvr_web_field(q, "totp") != NULL));
	return rc == 0 ? portal_put(c, "sms",
			     json_boolean(nvr_web_field(q, "sms") != NULL))
		       : rc;
}

/* The token of the first step; NVR_E_PERMISSION: it is over. */
static int
step(struct portal_call *c, char token[NVR_TOKEN_TEXT])
{
	char cookie[NVR_WEB_COOKIE];
	bool have = nvr_web_cookie(c->r, STEP, cookie) &&
		    strlen(cookie) < NVR_TOKEN_TEXT;

	if (have)
		strlcpy(token, cookie, NVR_TOKEN_TEXT);
	explicit_bzero(cookie, sizeof(cookie));
	return have ? 0
		    : nvr_fail(c->err, NVR_E_PERMISSION,
			  "that took too long: begin signing in again");
}

static int
act_code(struct portal_call *c)
{
	char token[NVR_TOKEN_TEXT];
	struct nvr_signin in = {0};
	struct nvr_signed ret = {0};
	int rc = step(c, token);

	c->wrong = "code";
	who_asks(c, &in);
	if (rc == 0)
		rc = nvr_signin_code(
		    c->s, token, portal_field(c, "code"), &in, &ret, c->err);
	if (rc == 0)
		rc = nvr_web_set_cookie(c->rs, c->r, STEP, "", -1, c->err);
	if (rc == 0)
		rc = enter(c, &ret);
	explicit_bzero(token, sizeof(token));
	explicit_bzero(&ret, sizeof(ret));
	return rc;
}

static int
act_sms(struct portal_call *c)
{
	char token[NVR_TOKEN_TEXT], to[NVR_WEB_PATH];
	int rc = step(c, token);

	if (rc == 0)
		rc = nvr_factor_sms_send(c->s, token, c->err);
	explicit_bzero(token, sizeof(token));
	snprintf(to, sizeof(to), "/signin/code?sms=1&to=%s", going(c));
	if (rc == 0)
		portal_to(c, to, "sent");
	return rc;
}

static int
act_signout(struct portal_call *c)
{
	int rc = nvr_signout(c->s, c->token, c->err);

	if (rc == 0 || rc == NVR_E_PERMISSION)
		rc = portal_sign_out(c);
	portal_to(c, "/signin", "signed-out");
	return rc;
}

const struct portal_page page_signin = {
    "signin", "Sign in", PORTAL_ANYONE, show_signin, act_signin};
const struct portal_page page_signin_code = {
    "signin-code", "Second step", PORTAL_ANYONE, show_code, act_code};
const struct portal_page page_signin_sms = {
    "signin-code", "Second step", PORTAL_ANYONE, show_code, act_sms};
const struct portal_page page_signout = {
    "signin", "Sign in", PORTAL_SIGNED_IN, show_signin, act_signout};
