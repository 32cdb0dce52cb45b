/* Passwords of accounts; see account.h. */
#include <string.h>

#include "core/account_int.h"
#include "core/log.h"
#include "core/password_rules.h"
#include "core/pepper.h"
#include "core/session.h"
#include "core/slots.h"
#include "core/token.h"

struct entry {
	const struct nvr_new_password *password;
	int64_t but;
	bool reset; /* by a link */
};

static int
hash(struct nvr_state *s, const char *taken, struct nvr_new_password *ret,
    struct nvr_error *err)
{
	struct nvr_new_password p = {0};
	uint8_t pepper[NVR_PEPPER_LEN];
	int slot = -1;
	int rc = nvr_pepper_current(s, &p.pepper, pepper, err);
	long long highest;

	if (rc == 0)
		rc = nvr_cost_highest(s, s->rules->cost, &highest, err);
	if (rc == 0)
		rc = nvr_slot_take(s, &slot, err);
	if (rc == 0)
		rc = nvr_password_hash(
		    pepper, (int)s->rules->cost, taken, p.hash, err);
	nvr_slot_leave(slot);
	explicit_bzero(pepper, sizeof(pepper));
	if (rc == 0)
		*ret = p;
	explicit_bzero(&p, sizeof(p));
	return rc;
}

int
nvr_password_prepare(struct nvr_state *s, const char *password,
    const char *const *about, int n, struct nvr_new_password *ret,
    struct nvr_error *err)
{
	char taken[NVR_PASSWORD_TEXT];
	int rc = nvr_password_take(password, taken, err);

	if (rc == 0)
		rc = nvr_password_rules(taken, about, n, err);
	if (rc == 0)
		rc = hash(s, taken, ret, err);
	explicit_bzero(taken, sizeof(taken));
	return rc;
}

int
nvr_account_password_make(struct nvr_state *s, int64_t id, const char *password,
    struct nvr_new_password *ret, struct nvr_error *err)
{
	struct nvr_account *a = NULL;
	struct nvr_person p = {0};
	int rc = nvr_account_get(s->store, id, &a, err);

	if (rc == 0)
		rc = nvr_person_open(s, a, &p, err);
	if (rc == 0)
		rc = nvr_password_prepare(s, password,
		    (const char *[]){
			p.email, p.name, p.business, s->rules->title},
		    4, ret, err);
	nvr_person_wipe(&p);
	nvr_account_free(a);
	return rc;
}

/* The mailbox is proved; until now anybody could have made the account. */
static int
claim(struct nvr_edit *e)
{
	int rc = nvr_token_revoke(e->s, e->a->id, "verify", e->err);

	if (rc == 0)
		rc = nvr_token_revoke(e->s, e->a->id, "undo-address", e->err);
	if (rc == 0)
		rc = nvr_factor_strip(e->s, e->a->id, 0, e->err);
	e->a->verified_at = e->now;
	return rc == 0 ? nvr_log_append(e->s, e->a->id, "account.verified",
			     json_pack("{s:s}", "by", "reset"), e->err)
		       : rc;
}

static int
put(struct nvr_edit *e, void *ctx)
{
	const struct entry *x = ctx;
	int rc = nvr_account_seal(e->s, e->a->id, "password", x->password->hash,
	    &e->sealed[0], &e->a->password, e->err);

	e->a->pepper = x->password->pepper;
	e->a->password_at = e->now;
	if (rc == 0)
		rc = nvr_account_close(e->s, e->a->id, x->but, e->err);
	if (rc == 0 && x->reset && e->a->verified_at == 0)
		rc = claim(e);
	if (rc == 0)
		rc = nvr_log_append(e->s, e->a->id, "account.password",
		    x->reset ? json_pack("{s:s}", "by", "reset") : NULL,
		    e->err);
	if (rc == 0)
		rc = nvr_account_letter(e->s, e->a->id, "password-changed",
		    e->person.email, 0, NULL, e->err);
	return rc;
}

int
nvr_account_password_put(struct nvr_state *s, int64_t id,
    const struct nvr_new_password *p, int64_t but, struct nvr_error *err)
{
	struct entry x = {p, but, false};

	return nvr_account_edit_in(s, id, put, &x, err);
}

int
nvr_account_password_reset(struct nvr_state *s, int64_t id,
    const struct nvr_new_password *p, struct nvr_error *err)
{
	struct entry x = {p, 0, true};

	return nvr_account_edit_in(s, id, put, &x, err);
}

int
nvr_account_password(struct nvr_state *s, int64_t id, const char *password,
    struct nvr_error *err)
{
	struct nvr_new_password p;
	struct entry x = {&p, 0, false};
	int rc = nvr_account_password_make(s, id, password, &p, err);

	if (rc == 0)
		rc = nvr_account_edit(s, id, put, &x, err);
	explicit_bzero(&p, sizeof(p));
	return rc;
}
