/* Requests and objections, as rows; see request.h. */
#include "store/db.h"
#include "store/request.h"

static const char INSERT[] =
    "INSERT INTO request (id, account_id, kind, channel, person, note,"
    " received_at, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char UPDATE[] =
    "UPDATE request SET note = ?2, due_at = ?3, extended_at = ?4,"
    " done_at = ?5, outcome = ?6, answer = ?7 WHERE id = ?1";
#define SELECT                                                       \
	"SELECT id, account_id, kind, channel, received_at, due_at," \
	" extended_at, done_at, outcome, person, note, answer FROM request"
static const char ONE[] = SELECT " WHERE id = ?1";
static const char OPEN[] =
    SELECT " WHERE done_at IS NULL AND received_at >= ?1 ORDER BY due_at, id";
static const char ALL[] = SELECT " WHERE received_at >= ?1 ORDER BY due_at, id";
static const char OBJECT[] =
    "INSERT INTO objection (id, account_id, purpose, why, at)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";
static const char END[] =
    "UPDATE objection SET withdrawn_at = ?3 WHERE account_id = ?1"
    " AND purpose = ?2 AND withdrawn_at IS NULL";
static const char HOLDS[] =
    "SELECT COUNT(*) FROM objection WHERE account_id = ?1 AND purpose = ?2"
    " AND withdrawn_at IS NULL";
static const char OBJECTIONS[] =
    "SELECT id, account_id, purpose, at, withdrawn_at, why FROM objection"
    " WHERE account_id = ?1 ORDER BY id";
static const char PURPOSES[] =
    "SELECT DISTINCT purpose FROM privacy_column"
    " WHERE legal_basis = 'legitimate' ORDER BY purpose";

int
nvr_request_insert(
    struct nvr_store *st, const struct nvr_request *r, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "iittbbii", r->id, r->account,
	    r->kind, r->channel, r->person.data, r->person.len, r->note.data,
	    r->note.len, r->received_at, r->due_at);
}

int
nvr_request_update(
    struct nvr_store *st, const struct nvr_request *r, struct nvr_error *err)
{
	return nvr_db_run(st, UPDATE, err, "ibisstb", r->id, r->note.data,
	    r->note.len, r->due_at, r->extended_at, r->done_at, r->outcome,
	    r->answer.data, r->answer.len);
}

int
nvr_request_each(struct nvr_store *st, const struct nvr_request_filter *f,
    int (*row)(void *ctx, const struct nvr_request *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = f->id != 0 ? nvr_db_query(st, &q, ONE, err, "i", f->id)
			    : nvr_db_query(st, &q, f->done ? ALL : OPEN, err,
				  "i", f->since);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_request r = {
		    .id = nvr_db_int(&q, 0),
		    .account = nvr_db_int(&q, 1),
		    .kind = nvr_db_text(&q, 2),
		    .channel = nvr_db_text(&q, 3),
		    .received_at = nvr_db_int(&q, 4),
		    .due_at = nvr_db_int(&q, 5),
		    .extended_at = nvr_db_int(&q, 6),
		    .done_at = nvr_db_int(&q, 7),
		    .outcome = nvr_db_text(&q, 8),
		    .person = nvr_db_bytes(&q, 9),
		    .note = nvr_db_bytes(&q, 10),
		    .answer = nvr_db_bytes(&q, 11),
		};

		rc = row(ctx, &r);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_objection_insert(
    struct nvr_store *st, const struct nvr_objection *o, struct nvr_error *err)
{
	return nvr_db_run(st, OBJECT, err, "iitbi", o->id, o->account,
	    o->purpose, o->why.data, o->why.len, o->at);
}

int
nvr_objection_end(struct nvr_store *st, int64_t account, const char *purpose,
    int64_t now, int *n, struct nvr_error *err)
{
	int rc = nvr_db_run(st, END, err, "iti", account, purpose, now);

	if (rc == 0)
		*n = nvr_db_changes(st);
	return rc;
}

int
nvr_objection_holds(struct nvr_store *st, int64_t account, const char *purpose,
    bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, HOLDS, &n, err, "it", account, purpose);

	if (rc == 0)
		*ret = n > 0;
	return rc;
}

int
nvr_objection_each(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_objection *o), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, OBJECTIONS, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_objection o = {
		    .id = nvr_db_int(&q, 0),
		    .account = nvr_db_int(&q, 1),
		    .purpose = nvr_db_text(&q, 2),
		    .at = nvr_db_int(&q, 3),
		    .withdrawn_at = nvr_db_int(&q, 4),
		    .why = nvr_db_bytes(&q, 5),
		};

		rc = row(ctx, &o);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_purpose_each(struct nvr_store *st,
    int (*row)(void *ctx, const char *purpose), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, PURPOSES, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_text(&q, 0));
	nvr_db_done(&q);
	return rc;
}
