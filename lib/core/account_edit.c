/* How accounts are changed; see account_int.h. */
#include <string.h>

#include "base/time.h"
#include "core/account_int.h"
#include "core/letter.h"
#include "core/log.h"
#include "core/session.h"
#include "core/token.h"

int
nvr_account_edit_in(struct nvr_state *s, int64_t id,
    int (*change)(struct nvr_edit *e, void *ctx), void *ctx,
    struct nvr_error *err)
{
	struct nvr_edit e = {.s = s, .now = nvr_time_now(), .err = err};
	int rc = nvr_account_get(s->store, id, &e.a, err);

	if (rc == 0)
		rc = nvr_person_open(s, e.a, &e.person, err);
	if (rc == 0)
		rc = change(&e, ctx);
	if (rc == 0 && !e.same) {
		e.a->changed_at = e.now;
		rc = nvr_account_update(s->store, e.a, err);
	}
	nvr_person_wipe(&e.person);
	nvr_account_free(e.a);
	for (size_t i = 0; i < sizeof(e.sealed) / sizeof(e.sealed[0]); i++)
		nvr_buf_release(&e.sealed[i]);
	return rc;
}

int
nvr_account_edit(struct nvr_state *s, int64_t id,
    int (*change)(struct nvr_edit *e, void *ctx), void *ctx,
    struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_account_edit_in(s, id, change, ctx, err);
	return nvr_store_end(s->store, rc, err);
}

int
nvr_account_log_change(struct nvr_edit *e, const char *field,
    const char *before, const char *after)
{
	json_t *detail = json_pack(
	    "{s:s, s:s, s:s}", "field", field, "old", before, "new", after);

	return detail != NULL ? nvr_log_append(e->s, e->a->id,
				    "account.changed", detail, e->err)
			      : nvr_fail_nomem(e->err);
}

int
nvr_account_letter(struct nvr_state *s, int64_t account, const char *text,
    const char *to, int64_t expires, const char *token, struct nvr_error *err)
{
	struct nvr_letter l = {
	    .account = account, .text = text, .to = to, .expires = expires};
	int64_t id;

	if (token != NULL) {
		l.value[0].name = "token";
		l.value[0].value = token;
	}
	return nvr_letter_ready(s) ? nvr_letter_post(s, &l, &id, err) : 0;
}

int
nvr_account_link(struct nvr_state *s, int64_t account, const char *purpose,
    const char *data, int64_t lasts, const char *text, const char *to,
    struct nvr_error *err)
{
	char token[NVR_TOKEN_TEXT];
	int rc;

	if (!nvr_letter_ready(s))
		return 0;
	rc = nvr_token_make(s, account, purpose, data,
	    data != NULL ? strlen(data) : 0, lasts, token, err);
	if (rc == 0)
		rc = nvr_account_letter(
		    s, account, text, to, nvr_time_now() + lasts, token, err);
	explicit_bzero(token, sizeof(token));
	return rc;
}

int
nvr_account_close(
    struct nvr_state *s, int64_t account, int64_t but, struct nvr_error *err)
{
	static const char *const purpose[] = {
	    "reset", "second-factor", "address"};
	int n, rc = nvr_session_revoke(s, account, 0, but, &n, err);

	for (int i = 0; rc == 0 && i < 3; i++)
		rc = nvr_token_revoke(s, account, purpose[i], err);
	return rc;
}
