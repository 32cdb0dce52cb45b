/* Accounts that are deleted, come back, or are only kept; see account.h. */
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/account_int.h"
#include "core/erasure.h"
#include "core/log.h"

#define WHY_MAX 1024 /* bytes */

static int
check_why(const char *why, struct nvr_error *err)
{
	if (why == NULL)
		return 0;
	if (strnlen(why, WHY_MAX + 1) > WHY_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "the reason is longer than %d bytes", WHY_MAX);
	if (!nvr_text_printable(why))
		return nvr_fail(err, NVR_E_USAGE,
		    "the reason has control characters or is not UTF-8");
	return 0;
}

/* In the log with its reason, and told to the person. */
static int
record(struct nvr_edit *e, const char *type, const char *why,
    const char *letter, int64_t until)
{
	json_t *detail = why != NULL ? json_pack("{s:s}", "why", why) : NULL;
	int rc;

	if (why != NULL && detail == NULL)
		return nvr_fail_nomem(e->err);
	rc = nvr_log_append(e->s, e->a->id, type, detail, e->err);
	return rc == 0 ? nvr_account_letter(e->s, e->a->id, letter,
			     e->person.email, until, NULL, e->err)
		       : rc;
}

/* The context of each is its reason. */
static const char *
reason(void *ctx)
{
	return *(const char *const *)ctx;
}

static int delete (struct nvr_edit *e, void *ctx)
{
	int rc;

	if (e->a->deleted_at != 0)
		return nvr_fail(e->err, NVR_E_USAGE,
		    "the account is deleted already; 'restore' brings it back, "
		    "'delete --now' erases it");
	e->a->deleted_at = e->now;
	rc = nvr_account_close(e->s, e->a->id, 0, e->err);
	return rc == 0 ? record(e, "account.deleted", reason(ctx), "deleted",
			     e->now + e->s->rules->restore)
		       : rc;
}

/* What is to keep its data must not come after its end has begun. */
static int
check_lasting(struct nvr_edit *e)
{
	bool begun = false;
	int rc = nvr_erasure_begun(e->s, e->a->id, &begun, e->err);

	return rc == 0 && begun ? nvr_fail(e->err, NVR_E_NOENT,
				      "the account is being erased")
				: rc;
}

static int
restore(struct nvr_edit *e, void *ctx)
{
	int rc = check_lasting(e);

	if (rc != 0)
		return rc;
	if (e->a->deleted_at == 0)
		return nvr_fail(e->err, NVR_E_NOENT,
		    "the account is not deleted: 'nvr-account list --deleted' "
		    "shows those that are");
	if (e->now - e->a->deleted_at >= e->s->rules->restore)
		return nvr_fail(e->err, NVR_E_PERMISSION,
		    "the account was deleted too long ago: it is about to be "
		    "erased");
	e->a->deleted_at = 0;
	return record(e, "account.restored", reason(ctx), "restored", 0);
}

static int
restrict_it(struct nvr_edit *e, void *ctx)
{
	const char *why = reason(ctx);
	int rc = check_lasting(e);

	if (rc != 0)
		return rc;
	if (e->a->restricted_at != 0)
		return nvr_fail(
		    e->err, NVR_E_USAGE, "the account is restricted already");
	e->a->restricted_at = e->now;
	if (why != NULL &&
	    nvr_account_seal(e->s, e->a->id, "restricted_why", why,
		&e->sealed[0], &e->a->restricted_why, e->err) != 0)
		return e->err->code;
	return record(e, "account.restricted", why, "restricted", 0);
}

static int
unrestrict(struct nvr_edit *e, void *ctx)
{
	if (e->a->restricted_at == 0)
		return nvr_fail(
		    e->err, NVR_E_USAGE, "the account is not restricted");
	e->a->restricted_at = 0;
	e->a->restricted_why = (struct nvr_blob){NULL, 0};
	return record(
	    e, "account.unrestricted", reason(ctx), "unrestricted", 0);
}

static int
end(struct nvr_state *s, int64_t id, int (*how)(struct nvr_edit *e, void *ctx),
    const char *why, struct nvr_error *err)
{
	if (check_why(why, err) != 0)
		return err->code;
	return nvr_account_edit(s, id, how, &why, err);
}

int
nvr_account_active(const struct nvr_account *a, struct nvr_error *err)
{
	return a->deleted_at == 0
		   ? 0
		   : nvr_fail(err, NVR_E_PERMISSION,
			 "the account is deleted: 'nvr-account restore' brings "
			 "it back");
}

int
nvr_account_delete(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err)
{
	return end(s, id, delete, why, err);
}

int
nvr_account_restore(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err)
{
	return end(s, id, restore, why, err);
}

int
nvr_account_restrict(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err)
{
	return end(s, id, restrict_it, why, err);
}

int
nvr_account_unrestrict(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err)
{
	return end(s, id, unrestrict, why, err);
}
