/* Pages: one's account, where one is signed in, and its end (N20, C22). */
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/account.h"
#include "core/signin.h"
#include "nvr.cgi-page.h"

struct listing {
	struct portal_call *c;
	json_t *sessions;
};

static int
add_session(void *ctx, const struct nvr_session *x, const char *address,
    const char *agent)
{
	struct listing *l = ctx;
	char id[NVR_ID_TEXT];

	return json_array_append_new(
		   l->sessions, json_pack("{ss sb ss ss sI sI}", "id",
				    nvr_id_format(x->id, id), "this",
				    x->id == l->c->session.id, "address",
				    address != NULL ? address : "", "agent",
				    agent != NULL ? agent : "", "created_at",
				    (json_int_t)x->created_at, "active_at",
				    (json_int_t)x->active_at)) == 0
		   ? 0
		   : nvr_fail_nomem(l->c->err);
}

static int
put_sessions(struct portal_call *c)
{
	struct listing l = {c, json_array()};
	int rc = nvr_session_list(
	    c->s, c->session.account, c->now, add_session, &l, c->err);

	/* One that cannot be opened is there, without its address. */
	if (rc == 0 || rc == NVR_E_DATA)
		return portal_put(c, "sessions", l.sessions);
	json_decref(l.sessions);
	return rc;
}

static int
put_person(struct portal_call *c, const struct nvr_account *a)
{
	struct nvr_person p = {0};
	int rc = nvr_person_open(c->s, a, &p, c->err);

	if (rc == 0 && json_object_get(c->view, "form") == NULL)
		rc = portal_put(c, "form",
		    json_pack(
			"{ss ss}", "name", p.name, "business", p.business));
	if (rc == 0)
		rc = portal_put(c, "email", json_string(p.email));
	nvr_person_wipe(&p);
	return rc;
}

static int
show(struct portal_call *c)
{
	struct nvr_account *a = NULL;
	int rc = portal_account(c, &a);

	if (rc == 0)
		rc = put_person(c, a);
	if (rc == 0)
		rc = portal_put(
		    c, "verified", json_boolean(a->verified_at != 0));
	if (rc == 0)
		rc = portal_put(
		    c, "restore", json_integer(c->s->rules->restore));
	nvr_account_free(a);
	return rc == 0 ? put_sessions(c) : rc;
}

static int
act_profile(struct portal_call *c)
{
	const struct nvr_account_change change = {
	    .name = portal_field(c, "name"),
	    .business = portal_field(c, "business")};
	unsigned changed = 0;

	c->wrong = "name";
	portal_to(c, "/account", "saved");
	return nvr_account_change(
	    c->s, c->session.account, &change, &changed, c->err);
}

/* Whoever finds a browser that is signed in has no password. */
static int
confirm(struct portal_call *c, const char *field)
{
	struct nvr_account *a = NULL;
	int rc = portal_account(c, &a);

	c->wrong = field;
	if (rc == 0)
		rc = nvr_signin_again(c->s, a, portal_field(c, field), c->err);
	if (rc == 0)
		c->wrong = NULL;
	nvr_account_free(a);
	return rc;
}

/* All other sessions end, and this one goes on by another token. */
static int
put_password(struct portal_call *c, const struct nvr_new_password *p)
{
	char fresh[NVR_TOKEN_TEXT];
	int rc = nvr_store_begin(c->s->store, c->err);

	if (rc != 0)
		return rc;
	rc = nvr_account_password_put(
	    c->s, c->session.account, p, c->session.id, c->err);
	if (rc == 0)
		rc = nvr_session_rotate(
		    c->s, c->token, NULL, c->now, fresh, c->err);
	rc = nvr_store_end(c->s->store, rc, c->err);
	if (rc == 0)
		rc = portal_sign_in(c, fresh);
	explicit_bzero(fresh, sizeof(fresh));
	return rc;
}

static int
act_password(struct portal_call *c)
{
	struct nvr_new_password p = {0};
	int rc = confirm(c, "password");

	if (rc == 0) {
		c->wrong = "new-password";
		rc = nvr_account_password_make(c->s, c->session.account,
		    portal_field(c, "new-password"), &p, c->err);
	}
	if (rc == 0)
		rc = put_password(c, &p);
	explicit_bzero(&p, sizeof(p));
	portal_to(c, "/account", "password");
	return rc;
}

static int
act_revoke(struct portal_call *c)
{
	int64_t id = 0;
	int n = 0, rc;

	if (nvr_id_parse(c->r->arg[0], &id, c->err) != 0)
		return NVR_E_NOENT;
	rc = nvr_store_begin(c->s->store, c->err);
	if (rc != 0)
		return rc;
	rc = nvr_session_revoke(c->s, c->session.account, id, 0, &n, c->err);
	portal_to(c, "/account", "revoked");
	return nvr_store_end(c->s->store, rc, c->err);
}

/* C22 */
static int
act_delete(struct portal_call *c)
{
	int rc = confirm(c, "delete-password");

	if (rc == 0)
		rc = nvr_account_delete(c->s, c->session.account, NULL, c->err);
	if (rc == 0)
		rc = portal_sign_out(c);
	portal_to(c, "/signin", "deleted");
	return rc;
}

#define PAGE(name, act)                   \
	const struct portal_page name = { \
	    "account", "Account", PORTAL_SIGNED_IN, show, act, .rights = true}
PAGE(page_account, act_profile);
PAGE(page_password, act_password);
PAGE(page_revoke, act_revoke);
PAGE(page_delete, act_delete);
