/* Addresses that move, and come back; see account.h. */
#include <string.h>

#include "core/account_int.h"
#include "core/contact.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/token_int.h"
#include "seal/digest.h"

#define UNDO "undo-address"

struct looking {
	struct nvr_edit *e;
	const struct nvr_address *to;
	int64_t since;
};

static int
look(void *ctx, const struct nvr_token_row *row)
{
	struct nvr_column at = {"token", "data", row->id};
	struct looking *l = ctx;
	struct nvr_address left;
	struct nvr_buf data = {0};
	int rc = nvr_sealed_get(l->e->s, row->account_id, &at, row->data,
	    row->data_len, &data, l->e->err);

	if (rc == 0)
		rc = nvr_address_parse(data.data, &left, l->e->err);
	if (rc == 0 && strcmp(left.key, l->to->key) == 0 &&
	    (l->since == 0 || row->created_at < l->since))
		l->since = row->created_at;
	nvr_buf_wipe(&data);
	explicit_bzero(&left, sizeof(left));
	return rc;
}

/* When the account left that address, where that can still be undone. */
static int
left_at(struct nvr_edit *e, const struct nvr_address *to, int64_t *ret)
{
	struct looking l = {.e = e, .to = to};
	int rc =
	    nvr_token_of(e->s->store, e->a->id, UNDO, e->now, look, &l, e->err);

	*ret = l.since;
	return rc;
}

/*
 * What was sent to the old address is for it alone.  Each address that was left
 * can still be gone back to; once that is done, none of those that came after
 * it, since whoever had them may be who took the account.
 */
static int
revoke_links(struct nvr_edit *e, int64_t since)
{
	static const char *const purpose[] = {"verify", "address", "reset"};
	int rc = 0;

	for (int i = 0; rc == 0 && i < 3; i++)
		rc = nvr_token_revoke(e->s, e->a->id, purpose[i], e->err);
	return rc == 0 && since != 0
		   ? nvr_token_drop(e->s->store, e->a->id, UNDO, since, e->err)
		   : rc;
}

int
nvr_account_move(
    struct nvr_edit *e, const struct nvr_address *to, int64_t since)
{
	struct nvr_account *a = e->a;
	const char *from = e->person.email;
	int rc = nvr_account_lookup(e->s, to, a->lookup, e->err);

	if (rc == 0)
		rc = nvr_account_seal(e->s, a->id, "email", to->mail,
		    &e->sealed[2], &a->email, e->err);
	a->verified_at = e->now;
	if (rc == 0 && since == 0)
		rc = left_at(e, to, &since);
	if (rc == 0)
		rc = revoke_links(e, since);
	if (rc == 0)
		rc = nvr_contact_moved(e->s, a->id, from, to->mail, e->err);
	if (rc == 0)
		rc = nvr_account_log_change(e, "email", from, to->mail);
	if (rc != 0)
		return rc;
	return since != 0
		   ? nvr_account_letter(
			 e->s, a->id, "address-left", from, 0, NULL, e->err)
		   : nvr_account_link(e->s, a->id, UNDO, from,
			 e->s->rules->undo, "address-changed", from, e->err);
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

int
nvr_account_move_back(
    struct nvr_edit *e, const struct nvr_address *to, int64_t since)
{
	struct nvr_account *a = e->a;
	int rc = displace(e, to);

	if (rc == 0)
		rc = nvr_account_move(e, to, since);
	/* Who undoes it says that somebody else did it. */
	if (rc == 0)
		rc = nvr_account_close(e->s, a->id, 0, e->err);
	if (rc == 0)
		rc = nvr_factor_strip(e->s, a->id, since, e->err);
	a->password = (struct nvr_blob){NULL, 0};
	a->password_at = 0;
	if (rc == 0)
		rc = nvr_log_append(e->s, a->id, "account.password",
		    json_pack("{s:s}", "by", "undo"), e->err);
	if (rc == 0 && a->deleted_at == 0)
		rc = nvr_account_link(e->s, a->id, "reset", NULL,
		    e->s->rules->reset, "reset", to->mail, e->err);
	return rc;
}
