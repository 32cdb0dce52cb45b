/* Accounts, as rows; see account.h. */
#include <stdlib.h>
#include <string.h>

#include "store/account.h"
#include "store/db.h"

#define COLUMNS                                                                \
	"account_id, lookup, email, name, business, tier, adult_how,"          \
	" password, pepper, password_at, created_at, changed_at, verified_at," \
	" signin_at, deleted_at, restricted_at, restricted_why"
/* Those of a span, by its index. */
#define SPAN "created_at >= ?1 AND created_at < ?2"

static const char GET[] =
    "SELECT " COLUMNS " FROM account WHERE account_id = ?1";
static const char LOOK_UP[] =
    "SELECT " COLUMNS " FROM account WHERE lookup = ?1";
static const char EACH[] = "SELECT " COLUMNS " FROM account WHERE " SPAN
			   " ORDER BY created_at, account_id";
/* Few, by their own indices, whose order is not that of created_at. */
static const char EACH_DELETED[] =
    "SELECT " COLUMNS " FROM account WHERE account_id"
    " IN (SELECT account_id FROM account WHERE deleted_at > 0)"
    " AND " SPAN " ORDER BY created_at, account_id";
static const char EACH_RESTRICTED[] =
    "SELECT " COLUMNS " FROM account WHERE account_id"
    " IN (SELECT account_id FROM account WHERE restricted_at > 0)"
    " AND " SPAN " ORDER BY created_at, account_id";
static const char NEWEST[] =
    "SELECT " COLUMNS " FROM account ORDER BY created_at DESC LIMIT ?1";
static const char INSERT[] =
    "INSERT INTO account (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
    " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
static const char UPDATE[] =
    "UPDATE account SET lookup = ?2, email = ?3, name = ?4, business = ?5,"
    " tier = ?6, adult_how = ?7, password = ?8, pepper = ?9, password_at = ?10,"
    " changed_at = ?12, verified_at = ?13, signin_at = ?14, deleted_at = ?15,"
    " restricted_at = ?16, restricted_why = ?17"
    " WHERE account_id = ?1 AND created_at = ?11";
static const char COUNT[] =
    "SELECT (SELECT COUNT(*) FROM session"
    " WHERE account_id = ?1 AND expires_at > ?2),"
    " (SELECT COUNT(*) FROM factor WHERE account_id = ?1 AND kind = 'totp'"
    " AND confirmed_at IS NOT NULL),"
    " (SELECT COUNT(*) FROM factor WHERE account_id = ?1 AND kind = 'sms'"
    " AND confirmed_at IS NOT NULL),"
    " (SELECT COUNT(*) FROM recovery_code"
    " WHERE account_id = ?1 AND used_at IS NULL),"
    " (SELECT COUNT(*) FROM site"
    " WHERE account_id = ?1 AND removed_at IS NULL),"
    " (SELECT COUNT(*) FROM request"
    " WHERE account_id = ?1 AND done_at IS NULL),"
    " (SELECT COUNT(*) FROM objection"
    " WHERE account_id = ?1 AND withdrawn_at IS NULL)";

static const char PEPPERS[] =
    "SELECT DISTINCT pepper FROM account WHERE pepper > 0 ORDER BY pepper";

/* The row under the query, borrowed. */
static void
read_row(struct nvr_query *q, struct nvr_account *a)
{
	struct nvr_blob lookup = nvr_db_bytes(q, 1);

	*a = (struct nvr_account){
	    .id = nvr_db_int(q, 0),
	    .email = nvr_db_bytes(q, 2),
	    .name = nvr_db_bytes(q, 3),
	    .business = nvr_db_bytes(q, 4),
	    .tier = nvr_db_text(q, 5),
	    .adult_how = nvr_db_text(q, 6),
	    .password = nvr_db_bytes(q, 7),
	    .pepper = nvr_db_int(q, 8),
	    .password_at = nvr_db_int(q, 9),
	    .created_at = nvr_db_int(q, 10),
	    .changed_at = nvr_db_int(q, 11),
	    .verified_at = nvr_db_int(q, 12),
	    .signin_at = nvr_db_int(q, 13),
	    .deleted_at = nvr_db_int(q, 14),
	    .restricted_at = nvr_db_int(q, 15),
	    .restricted_why = nvr_db_bytes(q, 16),
	};
	/* The schema's CHECK holds it to this length. */
	if (lookup.len == sizeof(a->lookup))
		memcpy(a->lookup, lookup.data, lookup.len);
}

/* One allocation holds the struct, its texts and its blobs. */
static struct nvr_account *
copy(const struct nvr_account *a)
{
	size_t tier = strlen(a->tier) + 1, how = strlen(a->adult_how) + 1;
	size_t size = sizeof(*a) + tier + how + a->email.len + a->name.len +
		      a->business.len + a->password.len + a->restricted_why.len;
	struct nvr_account *c = malloc(size);
	char *at;

	if (c == NULL)
		return NULL;
	*c = *a;
	at = (char *)(c + 1);
	c->tier = memcpy(at, a->tier, tier);
	at += tier;
	c->adult_how = memcpy(at, a->adult_how, how);
	at += how;
	struct nvr_blob *const blobs[] = {&c->email, &c->name, &c->business,
	    &c->password, &c->restricted_why};
	for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++) {
		if (blobs[i]->data == NULL)
			continue;
		blobs[i]->data = memcpy(at, blobs[i]->data, blobs[i]->len);
		at += blobs[i]->len;
	}
	return c;
}

/* The row that the started query gives. */
static int
take_one(struct nvr_query *q, struct nvr_account **ret, const char *missing,
    struct nvr_error *err)
{
	struct nvr_account row, *c;
	int rc = nvr_db_step(q, err);

	if (rc == 0)
		rc = nvr_fail(err, NVR_E_NOENT, "%s", missing);
	if (rc == 1) {
		read_row(q, &row);
		c = copy(&row);
		rc = c != NULL ? 0 : nvr_fail_nomem(err);
		if (c != NULL)
			*ret = c;
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_account_get(struct nvr_store *st, int64_t id, struct nvr_account **ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	return rc == 0 ? take_one(&q, ret, "no account has that id", err) : rc;
}

int
nvr_account_look_up(struct nvr_store *st,
    const uint8_t lookup[NVR_ACCOUNT_LOOKUP], struct nvr_account **ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, LOOK_UP, err, "b", (const void *)lookup,
	    (size_t)NVR_ACCOUNT_LOOKUP);

	return rc == 0 ? take_one(&q, ret, "no account has that address", err)
		       : rc;
}

void
nvr_account_free(struct nvr_account *a)
{
	free(a);
}

static int
write_row(struct nvr_store *st, const char *sql, const struct nvr_account *a,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, sql, err, "ibbbbttbisiissssb", a->id,
	    (const void *)a->lookup, sizeof(a->lookup), a->email.data,
	    a->email.len, a->name.data, a->name.len, a->business.data,
	    a->business.len, a->tier, a->adult_how, a->password.data,
	    a->password.len, a->pepper, a->password_at, a->created_at,
	    a->changed_at, a->verified_at, a->signin_at, a->deleted_at,
	    a->restricted_at, a->restricted_why.data, a->restricted_why.len);

	/* What its CHECKs want is core's business: this leaves the address. */
	return rc == NVR_E_CREATE
		   ? nvr_fail(
			 err, rc, "there is an account of that address already")
		   : rc;
}

int
nvr_account_insert(
    struct nvr_store *st, const struct nvr_account *a, struct nvr_error *err)
{
	return write_row(st, INSERT, a, err);
}

int
nvr_account_update(
    struct nvr_store *st, const struct nvr_account *a, struct nvr_error *err)
{
	int rc = write_row(st, UPDATE, a, err);

	if (rc == 0 && nvr_db_changes(st) != 1)
		return nvr_fail(err, NVR_E_NOENT, "the account is gone");
	return rc;
}

static int
each_row(struct nvr_query *q, int rc, bool restricted,
    int (*row)(void *ctx, const struct nvr_account *a), void *ctx,
    struct nvr_error *err)
{
	struct nvr_account a;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		read_row(q, &a);
		rc = restricted && a.restricted_at == 0 ? 0 : row(ctx, &a);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_account_newest(struct nvr_store *st, int64_t n,
    int (*row)(void *ctx, const struct nvr_account *a), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, NEWEST, err, "i", n);

	return each_row(&q, rc, false, row, ctx, err);
}

int
nvr_account_each(struct nvr_store *st, const struct nvr_account_filter *f,
    int (*row)(void *ctx, const struct nvr_account *a), void *ctx,
    struct nvr_error *err)
{
	const char *sql = f->deleted	  ? EACH_DELETED
			  : f->restricted ? EACH_RESTRICTED
					  : EACH;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, sql, err, "ii", f->since,
	    f->until != 0 ? f->until : INT64_MAX);

	return each_row(&q, rc, f->restricted, row, ctx, err);
}

int
nvr_account_peppers(struct nvr_store *st,
    int (*each)(void *ctx, int64_t version), void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, PEPPERS, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = each(ctx, nvr_db_int(&q, 0));
	nvr_db_done(&q);
	return rc;
}

int
nvr_account_count(struct nvr_store *st, int64_t id, int64_t now,
    struct nvr_account_counts *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, COUNT, err, "ii", id, now);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		*ret =
		    (struct nvr_account_counts){.sessions = nvr_db_int(&q, 0),
			.totp = nvr_db_int(&q, 1),
			.sms = nvr_db_int(&q, 2),
			.recovery_codes = nvr_db_int(&q, 3),
			.sites = nvr_db_int(&q, 4),
			.requests_open = nvr_db_int(&q, 5),
			.objections = nvr_db_int(&q, 6)};
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}
