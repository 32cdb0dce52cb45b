/* What recorders report of themselves, as rows; see telemetry.h. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "store/db.h"
#include "store/telemetry.h"

static const char PUT[] =
    "INSERT INTO telemetry (recorder_id, at, account_id, received_at, cpu,"
    " memory, disk_free, disk_free_bytes, temperature, cameras, cameras_down,"
    " agent, sequence, late, load, uptime_us, clock_us, backlog, overdue)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULLIF(?8, -1), ?9,"
    " NULLIF(?10, -1), NULLIF(?11, -1), ?12, ?13, ?14, ?15, NULLIF(?16, -1),"
    " CASE WHEN ?17 > -9000000000000000000 THEN ?17 END, NULLIF(?18, -1),"
    " NULLIF(?19, -1)) ON CONFLICT (recorder_id, at) DO NOTHING";
/* Where an hour or a day begins, of any time. */
#define FLOOR(at, us) at " - (" at " % " us " + " us ") % " us
#define HOUR(at) FLOOR(at, "3600000000")
#define DAY(at) FLOOR(at, "86400000000")
static const char OLDEST[] =
    "SELECT t.at FROM telemetry t WHERE t.at >= ?1 AND t.at < ?2 AND"
    " +t.received_at <= ?3" NVR_LOSABLE("t") " ORDER BY t.at LIMIT 1";
static const char OLDEST_HOUR[] =
    "SELECT t.at FROM telemetry_sum t WHERE t.period = 'hour' AND t.at >= ?1"
    " AND t.at < ?2" NVR_LOSABLE("t") " ORDER BY t.at LIMIT 1";
/* The unary plus keeps the planner at the index of `at`. */
static const char WHOSE[] =
    "SELECT t.recorder_id, COUNT(*) FROM telemetry t WHERE t.at >= ?1 AND t.at"
    " < ?2 AND +t.received_at <= ?3 AND +t.recorder_id > ?4" NVR_LOSABLE(
	"t") " GROUP BY t.recorder_id ORDER BY t.recorder_id LIMIT ?5";
/* clang-format off */
static const char WHOSE_HOURS[] =
    "SELECT h.recorder_id, COUNT(*) FROM (SELECT t.recorder_id, t.at"
    " FROM telemetry_sum t WHERE t.period = 'hour' AND t.at >= ?1 AND t.at <"
    " ?2 AND +t.recorder_id > ?4" NVR_LOSABLE("t")
    " UNION SELECT t.recorder_id, " HOUR("t.at") " FROM"
    " telemetry t WHERE t.at >= ?1 AND t.at < ?6 AND +t.received_at"
    " <= ?3 AND +t.recorder_id > ?4" NVR_LOSABLE("t")
    ") h GROUP BY h.recorder_id ORDER BY h.recorder_id LIMIT ?5";
/* And here at that of received_at. */
static const char LATE[] =
    "SELECT DISTINCT +t.recorder_id, " HOUR("t.at") " FROM telemetry t"
    " WHERE t.received_at > ?3 AND +t.at >= ?1 AND +t.at < ?2 AND"
    " (+t.recorder_id > ?4 OR (+t.recorder_id = ?4 AND +t.at >= ?6))"
    NVR_LOSABLE("t") " ORDER BY 1, 2 LIMIT ?5";
/* clang-format on */
static const char RECEIVED[] = "SELECT MAX(received_at) FROM telemetry";

/*
 * Each account's reports are summed up apart: a recorder may change hands
 * within the hour.  Reports come and do not change, so a sum of as many is the
 * same: it is not written again but for the last time.
 */
/* clang-format off */
#define SUM_INTO							\
	"INSERT INTO telemetry_sum (recorder_id, period, at, account_id,"\
	" made_at, settled, reports,"					\
	" cpu, cpu_max, cpu_reports,"					\
	" memory, memory_max, memory_reports,"				\
	" disk_free_min, disk_free_bytes_min,"				\
	" temperature, temperature_max, temperature_reports,"		\
	" cameras, cameras_down_max)"
#define ANEW(f) " " f " = excluded." f ","
#define SUM_ANEW							\
	" GROUP BY t.recorder_id, t.account_id"				\
	" ON CONFLICT (recorder_id, period, at, account_id)"		\
	" DO UPDATE SET"						\
	ANEW("made_at") ANEW("settled") ANEW("reports")			\
	ANEW("cpu") ANEW("cpu_max") ANEW("cpu_reports")			\
	ANEW("memory") ANEW("memory_max") ANEW("memory_reports")	\
	ANEW("disk_free_min") ANEW("disk_free_bytes_min")		\
	ANEW("temperature") ANEW("temperature_max")			\
	ANEW("temperature_reports")					\
	ANEW("cameras")							\
	" cameras_down_max = excluded.cameras_down_max"			\
	" WHERE telemetry_sum.settled = 0 AND (excluded.settled = 1"	\
	" OR excluded.reports <> telemetry_sum.reports)"		\
	NVR_LOSABLE("telemetry_sum")

/*
 * What cannot be counts as not told, whatever a hostile store says: nothing
 * overflows, and no infinity stays for good.
 */
#define CPU "BETWEEN 0 AND 1000000"
#define PERCENT "BETWEEN 0 AND 100"
#define DEGREES "BETWEEN -10000 AND 10000"
#define IF(f, can_be) "CASE WHEN t." f " " can_be " THEN t." f " END"
/* Of reports that have the figure, and how many those are. */
#define FIGURE(f, can_be)						\
	" AVG(" IF(f, can_be) "), MAX(" IF(f, can_be) "),"		\
	" COUNT(" IF(f, can_be) "),"
static const char SUM_HOUR[] = SUM_INTO
    " SELECT t.recorder_id, 'hour', ?2, t.account_id, ?4, ?5, COUNT(*),"
    FIGURE("cpu", CPU)
    FIGURE("memory", PERCENT)
    " MIN(t.disk_free), MIN(t.disk_free_bytes),"
    FIGURE("temperature", DEGREES)
    " MAX(t.cameras), MAX(t.cameras_down)"
    " FROM telemetry t WHERE t.recorder_id = ?1"
    " AND t.at >= ?2 AND t.at < ?3"
    NVR_LOSABLE("t") SUM_ANEW;

/* Each hour counts by those. */
#define REPORTS(f) "CASE WHEN t." f " BETWEEN 0 AND 1000000000000"	\
	" THEN t." f " ELSE 0 END"
#define HAD(f, can_be)							\
	"SUM(CASE WHEN t." f " " can_be					\
	" THEN " REPORTS(f "_reports") " ELSE 0 END)"
#define MEAN(f, can_be)							\
	" SUM(" IF(f, can_be) " * " REPORTS(f "_reports") ")"		\
	" / NULLIF(" HAD(f, can_be) ", 0),"				\
	" MAX(" IF(f "_max", can_be) "), " HAD(f, can_be) ","
static const char SUM_DAY[] = SUM_INTO
    " SELECT t.recorder_id, 'day', ?2, t.account_id, ?4, ?5,"
    " SUM(CASE WHEN t.reports BETWEEN 1 AND 1000000000000"
    " THEN t.reports ELSE 1 END),"
    MEAN("cpu", CPU)
    MEAN("memory", PERCENT)
    " MIN(t.disk_free_min), MIN(t.disk_free_bytes_min),"
    MEAN("temperature", DEGREES)
    " MAX(t.cameras), MAX(t.cameras_down_max)"
    " FROM telemetry_sum t WHERE t.recorder_id = ?1 AND t.period = 'hour'"
    " AND t.at >= ?2 AND t.at < ?3"
    NVR_LOSABLE("t") SUM_ANEW;
/* clang-format on */
/* As they are told: hours that have reports, days that have hours. */
static const char COUNT[] =
    "SELECT COUNT(*) FROM (SELECT DISTINCT recorder_id, " HOUR(
	"at") " FROM telemetry) t";
static const char COUNT_HOURS[] =
    "SELECT COUNT(*) FROM (SELECT DISTINCT recorder_id, " DAY(
	"at") " FROM telemetry_sum WHERE period = 'hour') t";
static const char DROP[] =
    "DELETE FROM telemetry WHERE recorder_id = ?1 AND at >= ?2 AND at < "
    "?3" NVR_LOSABLE("telemetry");
static const char DROP_HOURS[] =
    "DELETE FROM telemetry_sum WHERE recorder_id = ?1 AND period = 'hour' AND"
    " at >= ?2 AND at < ?3" NVR_LOSABLE("telemetry_sum");

/* Of a time to come. */
#define AHEAD_IN(table, kind)                                             \
	"SELECT +t.recorder_id, MIN(t.at), COUNT(*) FROM " table          \
	" t WHERE " kind "t.at > ?1 AND +t.recorder_id > ?2" NVR_LOSABLE( \
	    "t") " GROUP BY +t.recorder_id ORDER BY 1 LIMIT ?3"
static const char AHEAD[] = AHEAD_IN("telemetry", "");
static const char AHEAD_SUMS[] =
    AHEAD_IN("telemetry_sum", "t.period IN ('hour', 'day') AND ");
#define PIECE 256
#define LIMIT_PIECE " LIMIT 256)"
static const char DROP_AHEAD[] =
    "DELETE FROM telemetry WHERE recorder_id = ?1 AND at IN (SELECT t.at"
    " FROM telemetry t WHERE t.recorder_id = ?1 AND t.at > ?2" NVR_LOSABLE("t")
	LIMIT_PIECE;
static const char DROP_AHEAD_SUMS[] =
    "DELETE FROM telemetry_sum WHERE (recorder_id, period, at, account_id) IN"
    " (SELECT t.recorder_id, t.period, t.at, t.account_id FROM telemetry_sum t"
    " WHERE t.recorder_id = ?1 AND t.period IN ('hour', 'day') AND t.at > "
    "?2" NVR_LOSABLE("t") LIMIT_PIECE;

static bool
is_within(double v, double least, double most)
{
	return isnan(v) || (v >= least && v <= most);
}

static bool
is_count(int64_t v, int64_t most)
{
	return v >= -1 && v <= most;
}

static const char *
wrong_figure(const struct nvr_telemetry *t)
{
	const char *agent = nvr_or_empty(t->agent);

	if (t->recorder <= 0)
		return "recorder";
	if (t->at < 0 || t->at > t->received_at + NVR_TELEMETRY_AHEAD)
		return "time";
	if (!is_within(t->cpu, 0, 1e6))
		return "cpu";
	if (!is_within(t->memory, 0, 100))
		return "memory";
	if (!is_within(t->disk_free, 0, 100) ||
	    !is_count(t->disk_free_bytes, INT64_C(1) << 60))
		return "free disk";
	if (!is_within(t->temperature, -1e4, 1e4))
		return "temperature";
	if (!is_count(t->cameras, 1000000) ||
	    !is_count(t->cameras_down, 1000000))
		return "cameras";
	if (!is_within(t->load, 0, 1e6))
		return "load";
	if (!is_count(t->uptime, INT64_C(1) << 60) ||
	    !is_count(t->backlog, INT64_C(1) << 60) ||
	    !is_count(t->overdue, INT64_C(1) << 60))
		return "uptime or backlog";
	if (t->sequence > INT64_MAX)
		return "sequence";
	if (strlen(agent) > NVR_TELEMETRY_AGENT || !nvr_text_printable(agent))
		return "agent";
	return NULL;
}

int
nvr_telemetry_put(
    struct nvr_store *st, const struct nvr_telemetry *t, struct nvr_error *err)
{
	const char *wrong = wrong_figure(t);

	if (wrong != NULL)
		return nvr_fail(err, NVR_E_DATA,
		    "a report whose %s cannot be is refused", wrong);
	return nvr_db_run(st, PUT, err, "iiiirrririitsiriiii", t->recorder,
	    t->at, t->account, t->received_at, t->cpu, t->memory, t->disk_free,
	    t->disk_free_bytes, t->temperature, t->cameras, t->cameras_down,
	    nvr_or_empty(t->agent), (int64_t)t->sequence, (int64_t)t->late,
	    t->load, t->uptime, t->clock, t->backlog, t->overdue);
}

int
nvr_telemetry_oldest(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t since, int64_t until, int64_t received, int64_t *at,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = kind == NVR_TELEMETRY_RAW ? nvr_db_query(st, &q, OLDEST, err,
						 "iii", since, until, received)
					   : nvr_db_query(st, &q, OLDEST_HOUR,
						 err, "ii", since, until);

	if (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		*at = nvr_db_int(&q, 0);
	nvr_db_done(&q);
	return rc;
}

int
nvr_telemetry_whose(struct nvr_store *st, enum nvr_telemetry_kind kind,
    const struct nvr_telemetry_span *span, int64_t after,
    struct nvr_telemetry_of ret[NVR_TELEMETRY_MANY], size_t *n,
    struct nvr_error *err)
{
	int64_t many = NVR_TELEMETRY_MANY;
	struct nvr_query q;
	int rc =
	    kind == NVR_TELEMETRY_RAW
		? nvr_db_query(st, &q, WHOSE, err, "iiiii", span->since,
		      span->until, span->received, after, many)
		: nvr_db_query(st, &q, WHOSE_HOURS, err, "iiiiii", span->since,
		      span->until, span->received, after, many, span->raw);

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		ret[(*n)++] = (struct nvr_telemetry_of){
		    nvr_db_int(&q, 0), span->since, nvr_db_int(&q, 1)};
		rc = 0;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_telemetry_late(struct nvr_store *st, const struct nvr_telemetry_span *span,
    const struct nvr_telemetry_of *last,
    struct nvr_telemetry_of ret[NVR_TELEMETRY_MANY], size_t *n,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, LATE, err, "iiiiii", span->since,
	    span->until, span->received, last->recorder,
	    (int64_t)NVR_TELEMETRY_MANY, last->at + NVR_HOUR);

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		ret[(*n)++] = (struct nvr_telemetry_of){
		    nvr_db_int(&q, 0), nvr_db_int(&q, 1), 0};
		rc = 0;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_telemetry_received(
    struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, RECEIVED, ret, err, "");
}

int
nvr_telemetry_sum(struct nvr_store *st, enum nvr_telemetry_kind of,
    int64_t recorder, int64_t at, int64_t now, bool settle,
    struct nvr_error *err)
{
	bool raw = of == NVR_TELEMETRY_RAW;

	return nvr_db_run(st, raw ? SUM_HOUR : SUM_DAY, err, "iiiii", recorder,
	    at, at + (raw ? NVR_HOUR : NVR_DAY), now, (int64_t)settle);
}

int
nvr_telemetry_drop(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t recorder, int64_t since, int64_t until, struct nvr_error *err)
{
	return nvr_db_run(st, kind == NVR_TELEMETRY_RAW ? DROP : DROP_HOURS,
	    err, "iii", recorder, since, until);
}

int
nvr_telemetry_ahead(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t later, int64_t after,
    struct nvr_telemetry_of ret[NVR_TELEMETRY_MANY], size_t *n,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc =
	    nvr_db_query(st, &q, kind == NVR_TELEMETRY_RAW ? AHEAD : AHEAD_SUMS,
		err, "iii", later, after, (int64_t)NVR_TELEMETRY_MANY);

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		ret[(*n)++] = (struct nvr_telemetry_of){
		    nvr_db_int(&q, 0), nvr_db_int(&q, 1), nvr_db_int(&q, 2)};
		rc = 0;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_telemetry_drop_ahead(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t recorder, int64_t later, bool *more, struct nvr_error *err)
{
	int rc = nvr_db_run(st,
	    kind == NVR_TELEMETRY_RAW ? DROP_AHEAD : DROP_AHEAD_SUMS, err, "ii",
	    recorder, later);

	*more = rc == 0 && nvr_db_changes(st) == PIECE;
	return rc;
}

int
nvr_telemetry_count(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(
	    st, kind == NVR_TELEMETRY_RAW ? COUNT : COUNT_HOURS, ret, err, "");
}
