/* What the links of letters confirm; see account.h. */
#include <string.h>

#include "core/account_int.h"
#include "core/log.h"
#include "core/token.h"

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
	if (rc == 0 && c->what == NVR_CONFIRMED_NEW)
		return nvr_account_move(e, &to, 0);
	if (rc == 0)
		rc = nvr_account_move_back(e, &to, c->token.created_at);
	if (e->a->deleted_at != 0)
		c->what = NVR_CONFIRMED_DELETED;
	return rc;
}

int
nvr_account_confirm(struct nvr_state *s, const char *token, int64_t *id,
    enum nvr_confirmed *what, struct nvr_error *err)
{
	struct confirming c = {0};
	/* What letters promise holds while data is restricted. */
	bool rights = nvr_state_rights(s, true);
	int rc = find(s, token, &c, err);

	if (rc == 0)
		rc = nvr_account_edit(s, c.token.account, confirm, &c, err);
	if (rc == 0) {
		*id = c.token.account;
		*what = c.what;
	}
	nvr_state_rights(s, rights);
	nvr_buf_wipe(&c.token.data);
	return rc;
}
