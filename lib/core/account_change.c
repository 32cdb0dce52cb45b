/* Corrections, and addresses that move; see account.h. */
#include <string.h>

#include "base/unicode.h"
#include "core/account_int.h"
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

/* Before anything of it is promised; the index has the last word. */
static int
check_free(struct nvr_edit *e, const struct nvr_address *to)
{
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	struct nvr_account *other = NULL;
	int rc = nvr_account_lookup(e->s, to, lookup, e->err);

	if (rc != 0)
		return rc;
	rc = nvr_account_look_up(e->s->store, lookup, &other, e->err);
	if (rc == NVR_E_NOENT)
		return 0;
	if (rc == 0 && other->id != e->a->id)
		rc = nvr_fail(e->err, NVR_E_CREATE,
		    "there is an account of that address already");
	nvr_account_free(other);
	return rc;
}

/* Asks at the new address. */
static int
ask(struct nvr_edit *e, const struct nvr_address *to)
{
	json_t *detail;
	int rc;

	if (!nvr_letter_ready(e->s))
		return nvr_fail(e->err, NVR_E_CONFIG,
		    "the new address cannot be asked to confirm, as nvr.conf's "
		    "[portal] has no url and mail-from; --verified takes it as "
		    "it is");
	rc = nvr_token_revoke(e->s, e->a->id, "address", e->err);
	if (rc == 0)
		rc = nvr_account_link(e->s, e->a->id, "address", to->mail,
		    e->s->rules->verify, "address-confirm", to->mail, e->err);
	if (rc != 0)
		return rc;
	detail = json_pack("{s:s}", "new", to->mail);
	return detail != NULL ? nvr_log_append(e->s, e->a->id,
				    "account.address-asked", detail, e->err)
			      : nvr_fail_nomem(e->err);
}

static int
put_email(struct nvr_edit *e, struct change *x)
{
	int rc;

	if (x->c->email == NULL ||
	    strcmp(x->address.mail, e->person.email) == 0)
		return 0;
	rc = check_free(e, &x->address);
	if (rc != 0)
		return rc;
	x->changed |= x->c->verified ? NVR_CHANGED_EMAIL : NVR_CHANGED_ASKED;
	return x->c->verified ? nvr_account_move(e, &x->address, 0)
			      : ask(e, &x->address);
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
