/* The newest row; see newest.h. */
#include "store/db.h"
#include "store/newest.h"

/* A segment's id tells when it was begun, so the last is as new as any. */
static const char NEWEST[] =
    "SELECT MAX(n.at) FROM (SELECT MAX(end_at) AS at FROM segment WHERE id ="
    " (SELECT MAX(id) FROM segment)"
    " UNION ALL SELECT MAX(at) FROM audit"
    " UNION ALL SELECT MAX(taken_at) FROM still"
    " UNION ALL SELECT MAX(at) FROM log"
    " UNION ALL SELECT MAX(at) FROM event"
    " UNION ALL SELECT MAX(received_at) FROM telemetry) AS n";

/* Of footage and kept stills when it began, of the others when it was. */
static const char AHEAD[] =
    "SELECT (SELECT COUNT(*) FROM segment WHERE start_at > ?1)"
    " + (SELECT COUNT(*) FROM still WHERE taken_at > ?1)"
    " + (SELECT COUNT(*) FROM audit WHERE at > ?1)"
    " + (SELECT COUNT(*) FROM event WHERE at > ?1)"
    " + (SELECT COUNT(*) FROM access WHERE at > ?1)"
    " + (SELECT COUNT(*) FROM log WHERE at > ?1)"
    " + (SELECT COUNT(*) FROM telemetry WHERE received_at > ?1)";

int
nvr_newest(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, NEWEST, ret, err, "");
}

int
nvr_rows_ahead(
    struct nvr_store *st, int64_t after, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, AHEAD, ret, err, "i", after);
}
