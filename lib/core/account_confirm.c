/* What the links of letters confirm; see account.h. */
#include <string.h>

#include "core/account_int.h"
#include "core/log.h"
#include "core/token.h"
#include "seal/digest.h"

static const struct {
	const char *purpose;
	enum nvr_confirmed what;
} purposes[] = {
    {"verify", NVR_CONFIRMED},
    {"address", NVR_CONFIRMED_NEW},
    {"undo-address", NVR_CONFIRMED_UNDO},
};

struct confirming {
	struct nvr_token token;
	enum nvr_confirmed what;
};

static int
find(struct nvr_state *s, const char *text, struct confirming *c,
    struct nvr_error *err)
{
	int rc = NVR_E_PERMISSION;

	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]) &&
			   rc == NVR_E_PERMISSION;
	     i++) {
		rc = nvr_token_find(
		    s, text, purposes[i].purpose, &c->token, err);
		c->what = purposes[i].what;
	}
	return rc;
}

static int
verify(struct nvr_edit *e)
{
	e->same = e->a->verified_at != 0;
	if (e->same)
		return 0;
	e->a->verified_at = e->now;
	return nvr_log_append(e->s, e->a->id, "account.verified", NULL, e->err);
}

/*
 * Who moved the account away may have made another one of its old address, so
 * that it cannot come back.  That one was never confirmed, and the link proves
 * whose address it is: it is found by it no more, and ends.
 */
static int
displace(struct nvr_edit *e, const struct nvr_address *to)
{
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	struct nvr_account *other = NULL;
	int rc = nvr_account_lookup(e->s, to, lookup, e->err);

	if (rc == 0)
		rc = nvr_account_look_up(e->s->store, lookup, &other, e->err);
	if (rc != 0)
		return rc == NVR_E_NOENT ? 0 : rc;
	if (other->id != e->a->id && other->verified_at == 0) {
		other->changed_at = e->now;
		if (other->deleted_at == 0)
			other->deleted_at = e->now;
		rc = nvr_random(other->lookup, sizeof(other->lookup), e->err);
		if (rc == 0)
			rc = nvr_account_update(e->s->store, other, e->err);
		if (rc == 0)
			rc = nvr_account_close(e->s, other->id, 0, e->err);
		if (rc == 0)
			rc =
			    nvr_token_revoke(e->s, other->id, "verify", e->err);
		if (rc == 0)
			rc = nvr_log_append(
			    e->s, other->id, "account.displaced", NULL, e->err);
	}
	nvr_account_free(other);
	return rc;
}

static int
confirm(struct nvr_edit *e, void *ctx)
{
	struct confirming *c = ctx;
	struct nvr_address to;
	int rc = nvr_token_use(e->s, c->token.id, e->err);

	if (rc == 0 && c->what == NVR_CONFIRMED)
		return verify(e);
	if (rc == 0)
		rc = nvr_address_parse(
		    c->token.data.data != NULL ? c->token.data.data : "", &to,
		    e->err);
	if (rc == 0 && c->what == NVR_CONFIRMED_UNDO)
		rc = displace(e, &to);
	if (rc == 0)
		rc = nvr_account_move(e, &to, c->what == NVR_CONFIRMED_UNDO);
	/* Who undoes it says that somebody else did it. */
	if (rc == 0 && c->what == NVR_CONFIRMED_UNDO)
		rc = nvr_account_close(e->s, e->a->id, 0, e->err);
	return rc;
}

int
nvr_account_confirm(struct nvr_state *s, const char *token, int64_t *id,
    enum nvr_confirmed *what, struct nvr_error *err)
{
	struct confirming c = {0};
	int rc = find(s, token, &c, err);

	if (rc == 0)
		rc = nvr_account_edit(s, c.token.account, confirm, &c, err);
	if (rc == 0) {
		*id = c.token.account;
		*what = c.what;
	}
	nvr_buf_wipe(&c.token.data);
	return rc;
}
