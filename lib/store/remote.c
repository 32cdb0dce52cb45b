/* Recorders elsewhere and their invitations, as rows; see remote.h. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/db.h"
#include "store/remote.h"
#include "store/telemetry.h"

#define COLUMNS                                                        \
	"e.id, e.account_id, e.site_id, e.state, e.public_key, e.box," \
	" e.fingerprint, e.moved, e.moved_at, e.replaces, e.doubts,"   \
	" e.doubted_at, e.cloned_at, e.sequence, e.interval_us, e.at," \
	" e.seen_at, e.started_at, e.agent, e.overdue, e.backlog,"     \
	" e.clock_us, e.skew_us, e.settings, e.stale, e.created_at,"   \
	" e.approved_at, e.revoked_at"
#define FROM_RECORDER " FROM recorder e"
/* What is not told is no number at all. */
#define TOLD(p) "CASE WHEN " p " > -9000000000000000000 THEN " p " END"

static const char EACH[] =
    "SELECT " COLUMNS FROM_RECORDER
    " WHERE (?1 = 0 OR e.account_id = ?1)" NVR_USABLE("e") " ORDER BY e.id";
/* A recorder's time is that of its newest report. */
#define OVERVIEW                                                            \
	"SELECT " COLUMNS ", (SELECT COUNT(*) FROM recorder_camera c WHERE" \
	" c.recorder_id = e.id), t.at, t.received_at, t.cpu, t.memory,"     \
	" t.disk_free, t.disk_free_bytes, t.temperature, t.cameras,"        \
	" t.cameras_down, t.load, t.uptime_us FROM recorder e LEFT JOIN"    \
	" telemetry t ON t.recorder_id = e.id AND t.at = e.at AND"          \
	" t.account_id = e.account_id" NVR_USABLE(                          \
	    "e") " WHERE (CAST(?2 AS BIGINT) = 0 OR e.site_id = ?2)"
static const char OVERVIEW_ALL[] =
    OVERVIEW " AND CAST(?1 AS BIGINT) = 0 ORDER BY e.id";
static const char OVERVIEW_OF[] =
    OVERVIEW " AND e.account_id = ?1 ORDER BY e.id";
static const char GET[] = "SELECT " COLUMNS FROM_RECORDER " WHERE e.id = ?1";
static const char BY_KEY[] =
    "SELECT " COLUMNS FROM_RECORDER " WHERE e.public_key = ?1";
static const char INSERT[] =
    "INSERT INTO recorder (id, account_id, site_id, state, public_key, box,"
    " fingerprint, replaces, sequence, interval_us, agent, created_at,"
    " approved_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
    " ?13)";
/* clang-format off */
static const char UPDATE[] =
    "UPDATE recorder SET state = ?2, fingerprint = ?3, moved = ?4,"
    " moved_at = ?5, replaces = ?6, doubts = ?7, doubted_at = ?8,"
    " cloned_at = ?9, sequence = ?10, interval_us = ?11, at = ?12,"
    " seen_at = ?13, started_at = ?14, agent = ?15,"
    " overdue = NULLIF(?16, -1), backlog = NULLIF(?17, -1),"
    " clock_us = " TOLD("?18") ", skew_us = " TOLD("?19") ","
    " settings = ?20, stale = ?21, approved_at = ?22, revoked_at = ?23"
    " WHERE id = ?1";
/* clang-format on */
static const char OF_SITE[] = "SELECT COUNT(*) FROM recorder"
			      " WHERE site_id = ?1 AND state <> 'revoked'";

static void
copy_bytes(struct nvr_query *q, int column, void *to, size_t len)
{
	struct nvr_blob b = nvr_db_bytes(q, column);

	if (b.len == len)
		memcpy(to, b.data, len);
}

/* The row under the query; texts are borrowed. */
static void
read_row(struct nvr_query *q, struct nvr_remote *r)
{
	*r = (struct nvr_remote){
	    .id = nvr_db_int(q, 0),
	    .account_id = nvr_db_int(q, 1),
	    .site_id = nvr_db_int(q, 2),
	    .state = nvr_or_empty(nvr_db_text(q, 3)),
	    .box = nvr_or_empty(nvr_db_text(q, 5)),
	    .has_moved = nvr_db_bytes(q, 7).len == sizeof(r->moved),
	    .moved_at = nvr_db_int(q, 8),
	    .replaces = nvr_db_int(q, 9),
	    .doubts = nvr_db_int(q, 10),
	    .doubted_at = nvr_db_int(q, 11),
	    .cloned_at = nvr_db_int(q, 12),
	    .sequence = nvr_db_int(q, 13),
	    .interval = nvr_db_int(q, 14),
	    .at = nvr_db_int(q, 15),
	    .seen_at = nvr_db_int(q, 16),
	    .started_at = nvr_db_int(q, 17),
	    .agent = nvr_or_empty(nvr_db_text(q, 18)),
	    .overdue = nvr_db_int_or(q, 19, -1),
	    .backlog = nvr_db_int_or(q, 20, -1),
	    .clock = nvr_db_int_or(q, 21, INT64_MIN),
	    .skew = nvr_db_int_or(q, 22, INT64_MIN),
	    .settings = nvr_db_int(q, 23),
	    .stale = nvr_db_int(q, 24),
	    .created_at = nvr_db_int(q, 25),
	    .approved_at = nvr_db_int(q, 26),
	    .revoked_at = nvr_db_int(q, 27),
	};
	copy_bytes(q, 4, r->key, sizeof(r->key));
	copy_bytes(q, 6, r->fingerprint, sizeof(r->fingerprint));
	copy_bytes(q, 7, r->moved, sizeof(r->moved));
}

int
nvr_remote_each(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_remote *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_remote r;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_row(&q, &r);
		rc = row(ctx, &r);
	}
	nvr_db_done(&q);
	return rc;
}

/* The rest of it, behind read_row's. */
static void
read_newest(
    struct nvr_query *q, const struct nvr_remote *r, struct nvr_telemetry *t)
{
	*t = (struct nvr_telemetry){.recorder = r->id,
	    .account = r->account_id,
	    .at = nvr_db_int(q, 29),
	    .received_at = nvr_db_int(q, 30),
	    .cpu = nvr_db_real(q, 31),
	    .memory = nvr_db_real(q, 32),
	    .disk_free = nvr_db_real(q, 33),
	    .disk_free_bytes = nvr_db_int_or(q, 34, -1),
	    .temperature = nvr_db_real(q, 35),
	    .cameras = nvr_db_int_or(q, 36, -1),
	    .cameras_down = nvr_db_int_or(q, 37, -1),
	    .agent = r->agent,
	    .load = nvr_db_real(q, 38),
	    .uptime = nvr_db_int_or(q, 39, -1),
	    .clock = r->clock,
	    .backlog = r->backlog,
	    .overdue = r->overdue};
}

int
nvr_remote_overview(struct nvr_store *st, int64_t account, int64_t site,
    int (*row)(void *ctx, const struct nvr_remote_now *n), void *ctx,
    struct nvr_error *err)
{
	struct nvr_telemetry t;
	struct nvr_remote_now n;
	struct nvr_remote r;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, account == 0 ? OVERVIEW_ALL : OVERVIEW_OF,
	    err, "ii", account, site);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_row(&q, &r);
		read_newest(&q, &r, &t);
		n = (struct nvr_remote_now){
		    &r, nvr_db_int(&q, 28), t.at != 0 ? &t : NULL};
		rc = row(ctx, &n);
	}
	nvr_db_done(&q);
	return rc;
}

/* One allocation holds the struct and its texts. */
static struct nvr_remote *
copy(const struct nvr_remote *r)
{
	const char *const from[] = {r->state, r->box, r->agent};
	size_t size[3], all = sizeof(*r);
	struct nvr_remote *c;
	char *at;

	for (int i = 0; i < 3; i++)
		all += size[i] = strlen(from[i]) + 1;
	c = malloc(all);
	if (c == NULL)
		return NULL;
	*c = *r;
	at = (char *)(c + 1);
	const char **to[] = {&c->state, &c->box, &c->agent};
	for (int i = 0; i < 3; i++) {
		*to[i] = memcpy(at, from[i], size[i]);
		at += size[i];
	}
	return c;
}

static int
take_one(
    struct nvr_query *q, int rc, struct nvr_remote **ret, struct nvr_error *err)
{
	struct nvr_remote row, *c = NULL;

	if (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		read_row(q, &row);
		c = copy(&row);
		rc = c != NULL ? 1 : nvr_fail_nomem(err);
	}
	nvr_db_done(q);
	if (rc == 0)
		return nvr_fail(err, NVR_E_NOENT, "there is no such recorder");
	if (rc < 0)
		return rc;
	*ret = c;
	return 0;
}

int
nvr_remote_get(struct nvr_store *st, int64_t id, struct nvr_remote **ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	return take_one(&q, rc, ret, err);
}

int
nvr_remote_by_key(struct nvr_store *st, const uint8_t key[NVR_REMOTE_KEY],
    struct nvr_remote **ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc =
	    nvr_db_query(st, &q, BY_KEY, err, "b", key, (size_t)NVR_REMOTE_KEY);

	return take_one(&q, rc, ret, err);
}

void
nvr_remote_free(struct nvr_remote *r)
{
	free(r);
}

int
nvr_remote_insert(
    struct nvr_store *st, const struct nvr_remote *r, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "iiitbtbsiitis", r->id,
	    r->account_id, r->site_id, r->state, r->key, sizeof(r->key), r->box,
	    r->fingerprint, sizeof(r->fingerprint), r->replaces, r->sequence,
	    r->interval, r->agent, r->created_at, r->approved_at);
}

int
nvr_remote_update(
    struct nvr_store *st, const struct nvr_remote *r, struct nvr_error *err)
{
	const void *moved = r->has_moved ? r->moved : NULL;

	return nvr_db_run(st, UPDATE, err, "itbbssissiissstiiiiiiss", r->id,
	    r->state, r->fingerprint, sizeof(r->fingerprint), moved,
	    sizeof(r->moved), r->moved_at, r->replaces, r->doubts,
	    r->doubted_at, r->cloned_at, r->sequence, r->interval, r->at,
	    r->seen_at, r->started_at, r->agent, r->overdue, r->backlog,
	    r->clock, r->skew, r->settings, r->stale, r->approved_at,
	    r->revoked_at);
}

int
nvr_remote_of_site(
    struct nvr_store *st, int64_t site, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, OF_SITE, ret, err, "i", site);
}
