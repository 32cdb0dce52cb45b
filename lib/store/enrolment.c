/* The portal of a recorder, as rows; see enrolment.h. */
#include <string.h>

#include "base/text.h"
#include "store/alert.h"
#include "store/db.h"
#include "store/enrolment.h"

static const char GET[] =
    "SELECT url, pin, tls_ca, recorder_id, sequence, inventory, version,"
    " retain_us, retain_bytes, late, enrolled_at, sent_at, tried_at,"
    " wait_until, error, replaces, inherited FROM enrolment WHERE id = 1";
static const char PUT[] =
    "INSERT INTO enrolment (id, url, pin, tls_ca, recorder_id, sequence,"
    " inventory, version, retain_us, retain_bytes, late, enrolled_at, sent_at,"
    " tried_at, wait_until, error, replaces, inherited) VALUES (1, ?1, ?2, ?3,"
    " ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
    " ON CONFLICT (id) DO UPDATE SET"
    " url = excluded.url, pin = excluded.pin, tls_ca = excluded.tls_ca,"
    " recorder_id = excluded.recorder_id, sequence = excluded.sequence,"
    " inventory = excluded.inventory, version = excluded.version,"
    " retain_us = excluded.retain_us, retain_bytes = excluded.retain_bytes,"
    " late = excluded.late, enrolled_at = excluded.enrolled_at,"
    " sent_at = excluded.sent_at, tried_at = excluded.tried_at,"
    " wait_until = excluded.wait_until, error = excluded.error,"
    " replaces = excluded.replaces, inherited = excluded.inherited";
static const char DROP[] = "DELETE FROM enrolment";
static const char RETENTION[] =
    "SELECT retain_us, retain_bytes FROM enrolment WHERE id = 1";

static const char ADD_UNSENT[] =
    "INSERT INTO unsent (sequence, at, report) VALUES (?1, ?2, ?3)";
static const char EACH_UNSENT[] =
    "SELECT sequence, report FROM unsent WHERE sequence <> ?1"
    " ORDER BY sequence LIMIT ?2";
static const char DROP_UNSENT[] = "DELETE FROM unsent WHERE sequence = ?1";
static const char DROP_ALL_UNSENT[] = "DELETE FROM unsent";
/* A row's own bytes, and about what the tree has of it. */
static const char SIZE[] =
    "SELECT COUNT(*), COALESCE(SUM(LENGTH(report) + 48), 0) FROM unsent";
static const char OLD[] = "DELETE FROM unsent WHERE at < ?1";
static const char DROP_OLDEST[] =
    "DELETE FROM unsent WHERE sequence = (SELECT MIN(sequence) FROM unsent)";
static const char THIN[] =
    "DELETE FROM unsent WHERE sequence IN (SELECT x.sequence FROM (SELECT"
    " u.sequence AS sequence, ROW_NUMBER() OVER (ORDER BY u.sequence) AS n"
    " FROM unsent u) x WHERE x.n <= ?1 AND x.n % 2 = 0)";

static void
take(struct nvr_query *q, int column, char *to, size_t size)
{
	strlcpy(to, nvr_or_empty(nvr_db_text(q, column)), size);
}

static void
read_row(struct nvr_query *q, struct nvr_enrolment *e)
{
	struct nvr_blob hash = nvr_db_bytes(q, 5);

	*e = (struct nvr_enrolment){.recorder = nvr_db_int(q, 3),
	    .sequence = (uint64_t)nvr_db_int(q, 4),
	    .version = nvr_db_int(q, 6),
	    .retain_us = nvr_db_int(q, 7),
	    .retain_bytes = nvr_db_int(q, 8),
	    .late = nvr_db_int(q, 9),
	    .enrolled_at = nvr_db_int(q, 10),
	    .sent_at = nvr_db_int(q, 11),
	    .tried_at = nvr_db_int(q, 12),
	    .wait_until = nvr_db_int(q, 13),
	    .replaces = nvr_db_int(q, 15) != 0,
	    .inherited = nvr_db_int(q, 16)};
	take(q, 0, e->url, sizeof(e->url));
	take(q, 1, e->pin, sizeof(e->pin));
	take(q, 2, e->tls_ca, sizeof(e->tls_ca));
	take(q, 14, e->error, sizeof(e->error));
	e->told = hash.data != NULL && hash.len == sizeof(e->inventory);
	if (e->told)
		memcpy(e->inventory, hash.data, hash.len);
}

int
nvr_enrolment_get(
    struct nvr_store *st, struct nvr_enrolment *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "");

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		read_row(&q, ret);
	else if (rc == 0)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "this recorder is not enrolled at a portal: nvr-heartbeat "
		    "enrol does it");
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_enrolment_put(
    struct nvr_store *st, const struct nvr_enrolment *e, struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "tttiibiiiiissstii", e->url, e->pin,
	    e->tls_ca, e->recorder, (int64_t)e->sequence,
	    e->told ? e->inventory : NULL, e->told ? sizeof(e->inventory) : 0,
	    e->version, e->retain_us, e->retain_bytes, e->late, e->enrolled_at,
	    e->sent_at, e->tried_at, e->wait_until, e->error,
	    (int64_t)e->replaces, e->inherited);
}

int
nvr_enrolment_drop(struct nvr_store *st, struct nvr_error *err)
{
	int rc = nvr_db_run(st, DROP_ALL_UNSENT, err, "");

	if (rc == 0)
		rc = nvr_enrolment_rule_put_all(st, NULL, 0, err);
	return rc == 0 ? nvr_db_run(st, DROP, err, "") : rc;
}

/* Two numbers of the one row there is; 0 where there is none. */
static int
pair(struct nvr_store *st, const char *sql, int64_t *a, int64_t *b,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, sql, err, "");

	*a = *b = 0;
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		*a = nvr_db_int(&q, 0);
		*b = nvr_db_int(&q, 1);
	}
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_enrolment_retention(
    struct nvr_store *st, int64_t *us, int64_t *bytes, struct nvr_error *err)
{
	return pair(st, RETENTION, us, bytes, err);
}

int
nvr_unsent_put(struct nvr_store *st, uint64_t sequence, int64_t at,
    const char *report, struct nvr_error *err)
{
	return nvr_db_run(
	    st, ADD_UNSENT, err, "iit", (int64_t)sequence, at, report);
}

int
nvr_unsent_each(struct nvr_store *st, uint64_t but, int64_t limit,
    int (*row)(void *ctx, uint64_t sequence, const char *report), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc =
	    nvr_db_query(st, &q, EACH_UNSENT, err, "ii", (int64_t)but, limit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, (uint64_t)nvr_db_int(&q, 0),
		    nvr_or_empty(nvr_db_text(&q, 1)));
	nvr_db_done(&q);
	return rc;
}

int
nvr_unsent_drop(struct nvr_store *st, uint64_t sequence, struct nvr_error *err)
{
	return nvr_db_run(st, DROP_UNSENT, err, "i", (int64_t)sequence);
}

int
nvr_unsent_count(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	int64_t bytes;

	return pair(st, SIZE, ret, &bytes, err);
}

int
nvr_unsent_bytes(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	int64_t rows;

	return pair(st, SIZE, &rows, ret, err);
}

int
nvr_unsent_trim(
    struct nvr_store *st, int64_t before, int64_t most, struct nvr_error *err)
{
	int64_t rows, bytes;
	int rc = nvr_db_run(st, OLD, err, "i", before);

	if (rc == 0)
		rc = pair(st, SIZE, &rows, &bytes, err);
	while (rc == 0 && bytes > most && rows > 1) {
		/* Of two the older one goes. */
		rc = rows < 4 ? nvr_db_run(st, DROP_OLDEST, err, "")
			      : nvr_db_run(st, THIN, err, "i", rows / 2);
		if (rc == 0)
			rc = pair(st, SIZE, &rows, &bytes, err);
	}
	return rc;
}
