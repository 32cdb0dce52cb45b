/* Schedules of audits, as rows; see schedule.h. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/db.h"
#include "store/schedule.h"

#define COLUMNS                                                            \
	"id, name, every_us, cron, zone, all_cameras, analyzer, model, "   \
	"prompt,"                                                          \
	" agentic, skip_unchanged, samples, keep_us, next_at, created_at," \
	" changed_at, ran_at"

/* Of one name the recorder's own comes first. */
static const char FIND[] =
    "SELECT " COLUMNS " FROM schedule"
    " WHERE name = ?1" NVR_USABLE("schedule") " ORDER BY account_id LIMIT 1";
static const char GET[] = "SELECT " COLUMNS " FROM schedule"
			  " WHERE id = ?1" NVR_USABLE("schedule");
static const char EACH[] =
    "SELECT " COLUMNS " FROM schedule"
    " WHERE id > 0" NVR_USABLE("schedule") " ORDER BY name, account_id";
/* Each has its index; with OR it would read them all. */
static const char EACH_DUE[] =
    "SELECT id FROM schedule WHERE id IN"
    " (SELECT id FROM schedule WHERE next_at <= ?1"
    " UNION SELECT id FROM schedule WHERE ran_at > ?1"
    " UNION SELECT id FROM schedule WHERE changed_at > ?1)" NVR_USABLE(
	"schedule") " ORDER BY next_at";
/*
 * A schedule for all cameras has none of its own: an account's is for the
 * account's cameras, the recorder's for everybody's.
 */
static const char EACH_CAMERA[] =
    "SELECT c.id, c.name FROM schedule_camera s"
    " JOIN camera c ON c.id = s.camera_id"
    " WHERE s.schedule_id = ?1 AND c.removed_at IS NULL" NVR_USABLE(
	"c") " UNION ALL SELECT c.id, c.name FROM schedule s"
	     " JOIN camera c ON s.account_id IN (0, c.account_id)"
	     " WHERE s.id = ?1 AND s.all_cameras = 1 AND c.removed_at IS "
	     "NULL" NVR_USABLE("c") " ORDER BY 2";
static const char EACH_ACCOUNT[] =
    "SELECT DISTINCT c.account_id FROM schedule_camera s"
    " JOIN camera c ON c.id = s.camera_id"
    " WHERE s.schedule_id = ?1" NVR_USABLE("c");
static const char INSERT[] =
    "INSERT INTO schedule (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
    " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, NULL)";
static const char UPDATE[] =
    "UPDATE schedule SET name = ?2, every_us = ?3, cron = ?4, zone = ?5,"
    " all_cameras = ?6, analyzer = ?7, model = ?8, prompt = ?9, agentic = ?10,"
    " skip_unchanged = ?11, samples = ?12, keep_us = ?13, next_at = ?14,"
    " changed_at = ?16 WHERE id = ?1 AND created_at = ?15";
static const char REMOVE[] = "DELETE FROM schedule WHERE id = ?1";
static const char DROP_CAMERAS[] =
    "DELETE FROM schedule_camera WHERE schedule_id = ?1";
static const char ADD_CAMERA[] =
    "INSERT INTO schedule_camera (schedule_id, camera_id, account_id)"
    " VALUES (?1, ?2, (SELECT account_id FROM camera WHERE id = ?2))"
    " ON CONFLICT (schedule_id, camera_id) DO NOTHING";
static const char ANSWERED[] =
    "SELECT 1 FROM audit"
    " WHERE schedule_id = ?1 AND slot_at = ?2 AND camera_id = ?3";
static const char RAN[] =
    "UPDATE schedule SET ran_at = COALESCE(?3, ran_at),"
    " next_at = CASE WHEN next_at = ?2 THEN ?4 ELSE next_at END"
    " WHERE id = ?1";

/* The row under the query, borrowed. */
static void
read_row(struct nvr_query *q, struct nvr_schedule *s)
{
	*s = (struct nvr_schedule){
	    .id = nvr_db_int(q, 0),
	    .name = nvr_db_text(q, 1),
	    .every_us = nvr_db_int(q, 2),
	    .cron = nvr_db_text(q, 3),
	    .zone = nvr_db_text(q, 4),
	    .all_cameras = nvr_db_int(q, 5) != 0,
	    .analyzer = nvr_db_text(q, 6),
	    .model = nvr_db_text(q, 7),
	    .prompt = nvr_db_text(q, 8),
	    .agentic = nvr_db_int(q, 9) != 0,
	    .skip_unchanged = nvr_db_int(q, 10) != 0,
	    .samples = nvr_db_int(q, 11),
	    .keep_us = nvr_db_int(q, 12),
	    .next_at = nvr_db_int(q, 13),
	    .created_at = nvr_db_int(q, 14),
	    .changed_at = nvr_db_int(q, 15),
	    .ran_at = nvr_db_int(q, 16),
	};
}

/* One allocation holds the struct and its texts. */
static struct nvr_schedule *
copy(const struct nvr_schedule *s)
{
	const char *const from[] = {
	    s->name, s->cron, s->zone, s->analyzer, s->model, s->prompt};
	size_t size = sizeof(*s), n = sizeof(from) / sizeof(from[0]), len;
	struct nvr_schedule *c;
	char *at;

	for (size_t i = 0; i < n; i++)
		size += strlen(nvr_or_empty(from[i])) + 1;
	c = malloc(size);
	if (c == NULL)
		return NULL;
	*c = *s;
	at = (char *)(c + 1);
	const char **to[] = {
	    &c->name, &c->cron, &c->zone, &c->analyzer, &c->model, &c->prompt};
	for (size_t i = 0; i < n; i++) {
		len = strlen(nvr_or_empty(from[i])) + 1;
		memcpy(at, nvr_or_empty(from[i]), len);
		*to[i] = from[i] != NULL ? at : NULL;
		at += len;
	}
	return c;
}

/* The row that the started query gives, if any: 1, else 0. */
static int
take_one(struct nvr_query *q, struct nvr_schedule **ret, struct nvr_error *err)
{
	struct nvr_schedule row, *c;
	int rc = nvr_db_step(q, err);

	if (rc == 1) {
		read_row(q, &row);
		c = copy(&row);
		if (c == NULL)
			rc = nvr_fail_nomem(err);
		else
			*ret = c;
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_schedule_find(struct nvr_store *st, const char *name,
    struct nvr_schedule **ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, FIND, err, "t", name);

	if (rc == 0)
		rc = take_one(&q, ret, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_NOENT, "no schedule '%s'", name);
	return rc < 0 ? rc : 0;
}

int
nvr_schedule_get(struct nvr_store *st, int64_t id, struct nvr_schedule **ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	if (rc == 0)
		rc = take_one(&q, ret, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_NOENT, "no schedule has that id");
	return rc < 0 ? rc : 0;
}

void
nvr_schedule_free(struct nvr_schedule *s)
{
	free(s);
}

static int
write_row(struct nvr_store *st, const char *sql, const struct nvr_schedule *s,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, sql, err, "itsttitttiiiisii", s->id, s->name,
	    s->every_us, s->cron, s->zone, (int64_t)s->all_cameras, s->analyzer,
	    s->model, s->prompt, (int64_t)s->agentic,
	    (int64_t)s->skip_unchanged, s->samples, s->keep_us, s->next_at,
	    s->created_at, s->changed_at);

	if (rc == NVR_E_CREATE)
		return nvr_fail(err, NVR_E_CREATE,
		    "there is a schedule '%s' already", s->name);
	return rc;
}

int
nvr_schedule_insert(
    struct nvr_store *st, const struct nvr_schedule *s, struct nvr_error *err)
{
	return write_row(st, INSERT, s, err);
}

int
nvr_schedule_update(
    struct nvr_store *st, const struct nvr_schedule *s, struct nvr_error *err)
{
	int rc = write_row(st, UPDATE, s, err);

	if (rc == 0 && nvr_db_changes(st) != 1)
		return nvr_fail(
		    err, NVR_E_NOENT, "schedule '%s' is gone", s->name);
	return rc;
}

int
nvr_schedule_remove(struct nvr_store *st, int64_t id, struct nvr_error *err)
{
	int rc = nvr_db_run(st, REMOVE, err, "i", id);

	if (rc == 0 && nvr_db_changes(st) != 1)
		return nvr_fail(err, NVR_E_NOENT, "the schedule is gone");
	return rc;
}

int
nvr_schedule_cameras(struct nvr_store *st, int64_t id, const int64_t *cameras,
    int n, struct nvr_error *err)
{
	int rc = nvr_db_run(st, DROP_CAMERAS, err, "i", id);

	for (int i = 0; rc == 0 && i < n; i++)
		rc = nvr_db_run(st, ADD_CAMERA, err, "ii", id, cameras[i]);
	return rc;
}

int
nvr_schedule_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_schedule *s), void *ctx,
    struct nvr_error *err)
{
	struct nvr_schedule s;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_row(&q, &s);
		rc = row(ctx, &s);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_schedule_each_due(struct nvr_store *st, int64_t now,
    int (*row)(void *ctx, int64_t id), void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_DUE, err, "i", now);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_int(&q, 0));
	nvr_db_done(&q);
	return rc;
}

int
nvr_schedule_each_camera(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, int64_t camera, const char *name), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_CAMERA, err, "i", id);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_int(&q, 0), nvr_db_text(&q, 1));
	nvr_db_done(&q);
	return rc;
}

int
nvr_schedule_each_account(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, int64_t account), void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_ACCOUNT, err, "i", id);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_int(&q, 0));
	nvr_db_done(&q);
	return rc;
}

int
nvr_schedule_answered(struct nvr_store *st, int64_t id, int64_t slot,
    int64_t camera, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, ANSWERED, &n, err, "iii", id, slot, camera);

	*ret = n != 0;
	return rc;
}

int
nvr_schedule_ran(struct nvr_store *st, int64_t id, int64_t was_next,
    int64_t slot, int64_t next, struct nvr_error *err)
{
	return nvr_db_run(st, RAN, err, "iiss", id, was_next, slot, next);
}
