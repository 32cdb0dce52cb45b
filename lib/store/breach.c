/* The register of breaches, as rows; see breach.h. */
#include "store/breach.h"
#include "store/db.h"

static const char INSERT[] =
    "INSERT INTO breach (id, title, known_at, due_at, opened_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";
static const char UPDATE[] =
    "UPDATE breach SET reported_at = ?2, closed_at = ?3 WHERE id = ?1";
static const char EACH[] =
    "SELECT id, title, known_at, due_at, opened_at, reported_at, closed_at"
    " FROM breach WHERE ?1 = 0 OR id = ?1 ORDER BY id";
static const char NOTE[] =
    "INSERT INTO breach_note (id, breach_id, at, who, text)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";
static const char NOTES[] =
    "SELECT id, breach_id, at, who, text FROM breach_note"
    " WHERE breach_id = ?1 ORDER BY id";

int
nvr_breach_insert(
    struct nvr_store *st, const struct nvr_breach *b, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "ibiii", b->id, b->title.data,
	    b->title.len, b->known_at, b->due_at, b->opened_at);
}

int
nvr_breach_update(
    struct nvr_store *st, const struct nvr_breach *b, struct nvr_error *err)
{
	return nvr_db_run(
	    st, UPDATE, err, "iss", b->id, b->reported_at, b->closed_at);
}

int
nvr_breach_each(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_breach *b), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "i", id);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_breach b = {
		    .id = nvr_db_int(&q, 0),
		    .title = nvr_db_bytes(&q, 1),
		    .known_at = nvr_db_int(&q, 2),
		    .due_at = nvr_db_int(&q, 3),
		    .opened_at = nvr_db_int(&q, 4),
		    .reported_at = nvr_db_int(&q, 5),
		    .closed_at = nvr_db_int(&q, 6),
		};

		rc = row(ctx, &b);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_breach_note_insert(struct nvr_store *st, const struct nvr_breach_note *n,
    struct nvr_error *err)
{
	return nvr_db_run(st, NOTE, err, "iiitb", n->id, n->breach, n->at,
	    n->who, n->text.data, n->text.len);
}

int
nvr_breach_note_each(struct nvr_store *st, int64_t breach,
    int (*row)(void *ctx, const struct nvr_breach_note *n), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, NOTES, err, "i", breach);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_breach_note n = {
		    .id = nvr_db_int(&q, 0),
		    .breach = nvr_db_int(&q, 1),
		    .at = nvr_db_int(&q, 2),
		    .who = nvr_db_text(&q, 3),
		    .text = nvr_db_bytes(&q, 4),
		};

		rc = row(ctx, &n);
	}
	nvr_db_done(&q);
	return rc;
}
