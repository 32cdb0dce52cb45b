/* Exports that were asked for, as rows; see offer.h. */
#include "store/db.h"
#include "store/offer.h"

static const char INSERT[] =
    "INSERT INTO export (id, account_id, state, format, language, include,"
    " asked_at, expires_at, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '')";
static const char UPDATE[] =
    "UPDATE export SET state = ?2, ready_at = ?3, expires_at = ?4,"
    " taken_at = ?5, size_bytes = ?6, gaps = ?7, error = ?8, identity = ?9"
    " WHERE id = ?1";
static const char DELETE[] = "DELETE FROM export WHERE id = ?1";
static const char DELETE_ALL[] = "DELETE FROM export";
#define SELECT                                                         \
	"SELECT id, account_id, state, format, language, include,"     \
	" asked_at, expires_at, ready_at, taken_at, size_bytes, gaps," \
	" error, identity FROM export"
#define ORDER " ORDER BY asked_at, id"
static const char GET[] = SELECT " WHERE id = ?1";
static const char OF[] = SELECT " WHERE account_id = ?1" ORDER;
static const char OVER[] = SELECT " WHERE expires_at <= ?1" ORDER;
static const char ALL[] = SELECT ORDER;
static const char NEXT[] =
    "SELECT id FROM export WHERE state IN ('asked', 'making')"
    " AND expires_at > ?1 ORDER BY state, asked_at, id LIMIT 1";

int
nvr_offer_insert(
    struct nvr_store *st, const struct nvr_offer *o, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "iitttiii", o->id, o->account,
	    o->state, o->format, o->language, (int64_t)o->include, o->asked_at,
	    o->expires_at);
}

int
nvr_offer_update(
    struct nvr_store *st, const struct nvr_offer *o, struct nvr_error *err)
{
	return nvr_db_run(st, UPDATE, err, "itsisiitb", o->id, o->state,
	    o->ready_at, o->expires_at, o->taken_at, o->size_bytes, o->gaps,
	    o->error, o->identity.data, o->identity.len);
}

int
nvr_offer_delete(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err)
{
	return nvr_db_changed(st, nvr_db_run(st, DELETE, err, "i", id), ret);
}

int
nvr_offer_delete_all(struct nvr_store *st, struct nvr_error *err)
{
	return nvr_db_run(st, DELETE_ALL, err, "");
}

static int
query(struct nvr_store *st, struct nvr_query *q,
    const struct nvr_offer_filter *f, struct nvr_error *err)
{
	if (f->id != 0)
		return nvr_db_query(st, q, GET, err, "i", f->id);
	if (f->account != 0)
		return nvr_db_query(st, q, OF, err, "i", f->account);
	if (f->until != 0)
		return nvr_db_query(st, q, OVER, err, "i", f->until);
	return nvr_db_query(st, q, ALL, err, "");
}

static bool
passes(const struct nvr_offer_filter *f, const struct nvr_offer *o)
{
	return (f->account == 0 || o->account == f->account) &&
	       (f->until == 0 || o->expires_at <= f->until);
}

int
nvr_offer_each(struct nvr_store *st, const struct nvr_offer_filter *f,
    int (*row)(void *ctx, const struct nvr_offer *o), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = query(st, &q, f, err);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_offer o = {
		    .id = nvr_db_int(&q, 0),
		    .account = nvr_db_int(&q, 1),
		    .state = nvr_db_text(&q, 2),
		    .format = nvr_db_text(&q, 3),
		    .language = nvr_db_text(&q, 4),
		    .include = (int)nvr_db_int(&q, 5),
		    .asked_at = nvr_db_int(&q, 6),
		    .expires_at = nvr_db_int(&q, 7),
		    .ready_at = nvr_db_int(&q, 8),
		    .taken_at = nvr_db_int(&q, 9),
		    .size_bytes = nvr_db_int(&q, 10),
		    .gaps = nvr_db_int(&q, 11),
		    .error = nvr_db_text(&q, 12),
		    .identity = nvr_db_bytes(&q, 13),
		};

		rc = passes(f, &o) ? row(ctx, &o) : 0;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_offer_next(
    struct nvr_store *st, int64_t now, int64_t *id, struct nvr_error *err)
{
	return nvr_db_number(st, NEXT, id, err, "i", now);
}
