/* A new password for who forgot the old one; see reset.h. */
#include <string.h>

#include "core/account_int.h"
#include "core/reset.h"
#include "core/token.h"

/* Whose token it is; that must still be so. */
static int
find(struct nvr_state *s, const char *text, struct nvr_token *t,
    struct nvr_error *err)
{
	struct nvr_account *a = NULL;
	int rc = nvr_token_find(s, text, "reset", t, err);

	if (rc == 0)
		rc = nvr_account_get(s->store, t->account, &a, err);
	if (rc == 0 && a->deleted_at != 0)
		rc = nvr_fail(err, NVR_E_PERMISSION, "this account is deleted");
	nvr_account_free(a);
	return rc;
}

/* In the transaction. */
static int
enter(struct nvr_state *s, const struct nvr_token *t,
    const struct nvr_new_password *p, char device[NVR_DEVICE_TEXT],
    struct nvr_error *err)
{
	struct nvr_account *a = NULL;
	int rc = nvr_token_use(s, t->id, err);

	if (rc == 0)
		rc = nvr_account_password_reset(s, t->account, p, err);
	if (rc == 0)
		rc = nvr_account_get(s->store, t->account, &a, err);
	if (rc == 0)
		rc = nvr_device_make(s, a, 0, nvr_time_now(), device, err);
	nvr_account_free(a);
	return rc;
}

int
nvr_reset_set(struct nvr_state *s, const char *token, const char *password,
    char device[NVR_DEVICE_TEXT], struct nvr_error *err)
{
	struct nvr_new_password p = {0};
	struct nvr_token t = {0};
	bool rights = nvr_state_rights(s, true); /* a way in is one */
	int rc = find(s, token, &t, err);

	if (rc == 0)
		rc = nvr_account_password_make(s, t.account, password, &p, err);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0)
		rc =
		    nvr_store_end(s->store, enter(s, &t, &p, device, err), err);
	nvr_state_rights(s, rights);
	nvr_buf_wipe(&t.data);
	explicit_bzero(&p, sizeof(p));
	if (rc != 0)
		device[0] = '\0';
	return rc;
}
