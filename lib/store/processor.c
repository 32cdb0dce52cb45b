/* Who receives data, as rows; see processor.h. */
#include "store/db.h"
#include "store/processor.h"

static const char INSERT[] =
    "INSERT INTO processor (id, name, purpose, data, jurisdiction, safeguard,"
    " host, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char END[] =
    "UPDATE processor SET until = ?3 WHERE name = ?1 AND until IS NULL"
    " AND (CAST(?2 AS TEXT) IS NULL OR host = ?2)";
static const char EACH[] =
    "SELECT id, name, purpose, data, jurisdiction, safeguard, host, since,"
    " until FROM processor ORDER BY name, id";
static const char DESTINATIONS[] =
    "SELECT destination, COUNT(*), MIN(at), MAX(at) FROM departure"
    " GROUP BY destination ORDER BY destination";

int
nvr_processor_insert(
    struct nvr_store *st, const struct nvr_processor *p, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "itttttti", p->id, p->name,
	    p->purpose, p->data, p->jurisdiction, p->safeguard, p->host,
	    p->since);
}

int
nvr_processor_until(struct nvr_store *st, const char *name, const char *host,
    int64_t now, int *n, struct nvr_error *err)
{
	int rc = nvr_db_run(st, END, err, "tti", name, host, now);

	if (rc == 0)
		*n = nvr_db_changes(st);
	return rc;
}

int
nvr_processor_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_processor *p), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_processor p = {
		    .id = nvr_db_int(&q, 0),
		    .name = nvr_db_text(&q, 1),
		    .purpose = nvr_db_text(&q, 2),
		    .data = nvr_db_text(&q, 3),
		    .jurisdiction = nvr_db_text(&q, 4),
		    .safeguard = nvr_db_text(&q, 5),
		    .host = nvr_db_text(&q, 6),
		    .since = nvr_db_int(&q, 7),
		    .until = nvr_db_int(&q, 8),
		};

		rc = row(ctx, &p);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_destination_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_destination *d), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, DESTINATIONS, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_destination d = {
		    .host = nvr_db_text(&q, 0),
		    .pictures = nvr_db_int(&q, 1),
		    .first = nvr_db_int(&q, 2),
		    .last = nvr_db_int(&q, 3),
		};

		rc = row(ctx, &d);
	}
	nvr_db_done(&q);
	return rc;
}
