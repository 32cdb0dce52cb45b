/* Corrections, and addresses that move; see account.h. */
#include <string.h>

#include "base/unicode.h"
#include "core/account_int.h"
#include "core/factor_int.h"
#include "core/letter.h"
#include "core/log.h"
#include "core/token.h"

struct change {
	const struct nvr_account_change *c;
	struct nvr_address address;
	char name[NVR_NAME_TEXT], business[NVR_NAME_TEXT];
	unsigned changed;
};

int
nvr_tier_check(const char *tier, struct nvr_error *err)
{
	if (strcmp(tier, "free") == 0 || strcmp(tier, "premium") == 0)
		return 0;
	return nvr_fail(err, NVR_E_USAGE, "the tier is free or premium");
}

static int
put_name(struct nvr_edit *e, struct change *x)
{
	if (x->c->name == NULL || strcmp(x->name, e->person.name) == 0)
		return 0;
	x->changed |= NVR_CHANGED_NAME;
	if (nvr_account_seal(e->s, e->a->id, "name", x->name, &e->sealed[0],
		&e->a->name, e->err) != 0)
		return e->err->code;
	return nvr_account_log_change(e, "name", e->person.name, x->name);
}

static int
put_business(struct nvr_edit *e, struct change *x)
{
	if (x->c->business == NULL ||
	    strcmp(x->business, e->person.business) == 0)
		return 0;
	x->changed |= NVR_CHANGED_BUSINESS;
	e->a->business = (struct nvr_blob){NULL, 0};
	if (x->business[0] != '\0' &&
	    nvr_account_seal(e->s, e->a->id, "business", x->business,
		&e->sealed[1], &e->a->business, e->err) != 0)
		return e->err->code;
	return nvr_account_log_change(
	    e, "business", e->person.business, x->business);
}

/* Another account that has the address; *ret NULL: there is none. */
static int
find_holder(
    struct nvr_edit *e, const struct nvr_address *to, struct nvr_account **ret)
{
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	int rc = nvr_account_lookup(e->s, to, lookup, e->err);

	if (rc == 0)
		rc = nvr_account_look_up(e->s->store, lookup, ret, e->err);
	if (rc == 0 && (*ret)->id == e->a->id) {
		nvr_account_free(*ret);
		*ret = NULL;
	}
	return rc == NVR_E_NOENT ? 0 : rc;
}

/* Whose address it is learns that somebody gave it, and who gave it nothing. */
static int
tell_holder(struct nvr_edit *e, const struct nvr_account *holder)
{
	bool rights = nvr_state_rights(e->s, true);
	struct nvr_person p = {0};
	int rc = nvr_person_open(e->s, holder, &p, e->err);

	if (rc == 0)
		rc = nvr_account_letter(e->s, holder->id, "address-taken",
		    p.email, 0, NULL, e->err);
	nvr_person_wipe(&p);
	nvr_state_rights(e->s, rights);
	return rc;
}

/* Asks at the new address. */
static int
ask(struct nvr_edit *e, const struct nvr_address *to,
    const struct nvr_account *holder)
{
	char token[NVR_TOKEN_TEXT];
	json_t *detail;
	int64_t lasts = e->s->rules->verify;
	int rc = nvr_token_revoke(e->s, e->a->id, "address", e->err);

	/* One that nobody is told opens nothing. */
	if (rc == 0)
		rc = nvr_token_make(e->s, e->a->id, "address", to->mail,
		    strlen(to->mail), lasts, token, e->err);
	if (rc == 0)
		rc = holder != NULL
			 ? tell_holder(e, holder)
			 : nvr_account_letter(e->s, e->a->id, "address-confirm",
			       to->mail, e->now + lasts, token, e->err);
	explicit_bzero(token, sizeof(token));
	if (rc != 0)
		return rc;
	detail = json_pack("{s:s}", "new", to->mail);
	return detail != NULL ? nvr_log_append(e->s, e->a->id,
				    "account.address-asked", detail, e->err)
			      : nvr_fail_nomem(e->err);
}

/* Who runs the service is told what it knows; who changes an account of one's
 * own does not learn who else has one. */
static int
put_email(struct nvr_edit *e, struct change *x)
{
	bool self = e->s->actor.who == NULL && !x->c->verified;
	struct nvr_account *holder = NULL;
	int rc;

	if (x->c->email == NULL ||
	    strcmp(x->address.mail, e->person.email) == 0)
		return 0;
	x->changed |= x->c->verified ? NVR_CHANGED_EMAIL : NVR_CHANGED_ASKED;
	/* Before anything of it is promised; the index has the last word. */
	rc = find_holder(e, &x->address, &holder);
	if (rc == 0 && holder != NULL && !self)
		rc = nvr_fail(e->err, NVR_E_CREATE,
		    "there is an account of that address already");
	if (rc == 0)
		rc = x->c->verified ? nvr_account_move(e, &x->address, 0)
				    : ask(e, &x->address, holder);
	nvr_account_free(holder);
	return rc;
}

/* Whether somebody may be asked, and has not been too often. */
static int
may_ask(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	int64_t wait;

	if (!nvr_letter_ready(s))
		return nvr_fail(err, NVR_E_CONFIG,
		    "the new address cannot be asked to confirm, as nvr.conf's "
		    "[portal] has no url and mail-from; --verified takes it as "
		    "it is");
	return nvr_factor_take(
	    s, id, "address", &s->rules->message, &wait, err);
}

static int
put_verified(struct nvr_edit *e, struct change *x)
{
	if (!x->c->verified || e->a->verified_at != 0)
		return 0;
	x->changed |= NVR_CHANGED_VERIFIED;
	e->a->verified_at = e->now;
	if (nvr_token_revoke(e->s, e->a->id, "verify", e->err) != 0)
		return e->err->code;
	return nvr_log_append(e->s, e->a->id, "account.verified", NULL, e->err);
}

static int
change(struct nvr_edit *e, void *ctx)
{
	struct change *x = ctx;
	int rc = nvr_account_active(e->a, e->err);

	if (rc == 0)
		rc = put_name(e, x);
	if (rc == 0)
		rc = put_business(e, x);
	if (rc == 0)
		rc = put_email(e, x);
	if (rc == 0)
		rc = put_verified(e, x);
	e->same = (x->changed & ~NVR_CHANGED_ASKED) == 0;
	return rc;
}

int
nvr_account_change(struct nvr_state *s, int64_t id,
    const struct nvr_account_change *c, unsigned *changed,
    struct nvr_error *err)
{
	struct change x = {.c = c};
	int rc = 0;

	if (c->name != NULL)
		rc = nvr_name_take("the name", c->name, x.name, err);
	if (rc == 0 && c->business != NULL && c->business[0] != '\0')
		rc = nvr_name_take(
		    "the name of the business", c->business, x.business, err);
	if (rc == 0 && c->email != NULL)
		rc = nvr_address_parse(c->email, &x.address, err);
	if (rc == 0 && c->email != NULL && !c->verified)
		rc = may_ask(s, id, err);
	if (rc == 0)
		rc = nvr_account_edit(s, id, change, &x, err);
	if (rc == 0)
		*changed = x.changed;
	explicit_bzero(&x, sizeof(x));
	return rc;
}

static int
change_tier(struct nvr_edit *e, void *ctx)
{
	const char *tier = *(const char *const *)ctx, *before = e->a->tier;

	if (nvr_account_active(e->a, e->err) != 0)
		return e->err->code;
	e->same = strcmp(before, tier) == 0;
	if (e->same)
		return 0;
	e->a->tier = tier;
	return nvr_account_log_change(e, "tier", before, tier);
}

int
nvr_account_tier(
    struct nvr_state *s, int64_t id, const char *tier, struct nvr_error *err)
{
	if (nvr_tier_check(tier, err) != 0)
		return err->code;
	return nvr_account_edit(s, id, change_tier, &tier, err);
}
