/* A portal's store with recorders in it, contacts that only listen, and a clock
 * of its own. */
#ifndef TESTS_ALERT_HELP_H
#define TESTS_ALERT_HELP_H

#include <math.h>
#include <stdarg.h>

#include "account_help.h"
#include "core/alert_int.h"
#include "store/db.h"

#define START (INT64_C(1800057600) * NVR_SECOND) /* 2027-01-16T00:00:00Z */
#define LISTENERS 4

static int64_t now;
static struct nvr_alert_done done;
static struct nvr_contact listener[LISTENERS];
static int nlisteners;

/* What was told, in order. */
static struct said {
	int64_t contact, alert, at;
	char kind[32], what[16], subject[64], why[128];
	int message;
	bool essential;
} said[65536];
static int nsaid, messages;

static inline int64_t
sqlf(const char *fmt, ...)
{
	char text[2048];
	sqlite3_stmt *q;
	int64_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (sqlite3_prepare_v2(s->store->db, text, -1, &q, NULL) != 0)
		fail_msg("%s: %s", text, sqlite3_errmsg(s->store->db));
	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	if (sqlite3_finalize(q) != 0)
		fail_msg("%s: %s", text, sqlite3_errmsg(s->store->db));
	return n;
}

static int
listen(struct nvr_state *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *e)
{
	int rc = 0;

	(void)st, (void)e;
	for (int i = 0; rc == 0 && i < nlisteners; i++)
		if (listener[i].account_id == account)
			rc = row(ctx, &listener[i]);
	return rc;
}

/* As core/contact.h's it is part of the transaction. */
static int
hear(struct nvr_state *st, const struct nvr_contact *c,
    const struct nvr_alert_news *news, size_t n, bool essential, int64_t *id,
    struct nvr_error *e)
{
	(void)st, (void)e;
	for (size_t i = 0; i < n; i++) {
		struct said *t = &said[nsaid++];

		assert_true((size_t)nsaid < sizeof(said) / sizeof(said[0]));
		t->contact = c->id;
		t->alert = news[i].alert;
		t->at = now;
		t->message = messages;
		t->essential = essential;
		strlcpy(t->kind, news[i].kind, sizeof(t->kind));
		strlcpy(t->what, news[i].what, sizeof(t->what));
		strlcpy(t->subject, news[i].subject, sizeof(t->subject));
		strlcpy(t->why, news[i].why, sizeof(t->why));
	}
	*id = ++messages;
	return 0;
}
static const struct nvr_alert_post ears = {listen, hear};

static inline struct nvr_contact *
add_listener(int64_t account)
{
	struct nvr_contact *c = &listener[nlisteners++];

	*c = (struct nvr_contact){.id = nlisteners,
	    .account_id = account,
	    .channel = "mail",
	    .least = NVR_INFO,
	    .kinds = "",
	    .quiet = "",
	    .zone = "UTC",
	    .created_at = START};
	return c;
}

static inline int
make_portal(void **state)
{
	int rc = make(state);

	rules.alert = (struct nvr_alerting){.interval = NVR_MINUTE,
	    .camera = NVR_MINUTE,
	    .space = 5,
	    .space_left = 3 * NVR_DAY,
	    .clock = 2 * NVR_MINUTE,
	    .request = 7 * NVR_DAY,
	    .remind = NVR_DAY};
	now = START;
	nsaid = messages = nlisteners = 0;
	add_listener(0);
	return rc;
}

/* Each at a site of its own. */
static inline void
add_recorder(int64_t id, int64_t account)
{
	sqlf("INSERT INTO recorder (id, account_id, site_id, state, public_key,"
	     " box, fingerprint, interval_us, created_at, seen_at) VALUES"
	     " (%lld, %lld, %lld, 'active', randomblob(32), 'age1x',"
	     " zeroblob(32), 60000000, 1, %lld)",
	    (long long)id, (long long)account, (long long)id, (long long)now);
}

static inline void
add_camera(int64_t id, int64_t recorder, const char *name)
{
	sqlf("INSERT INTO recorder_camera (recorder_id, camera_id, account_id,"
	     " name, state, changed_at) SELECT id, %lld, account_id, '%s',"
	     " 'recording', 1 FROM recorder WHERE id = %lld",
	    (long long)id, name, (long long)recorder);
}

static const char BEAT[] = "UPDATE recorder SET seen_at = ?1,"
			   " sequence = sequence + 1 WHERE id = ?2";
static inline void
beat(int64_t recorder)
{
	ok(nvr_db_run(s->store, BEAT, &err, "ii", now, recorder));
}

static inline void
state_of(int64_t camera, const char *state)
{
	sqlf("UPDATE recorder_camera SET state = '%s' WHERE camera_id = %lld",
	    state, (long long)camera);
}

static inline void
judge_now(void)
{
	int64_t n;

	ok(nvr_alert_evaluate(s, now, &done, &err));
	ok(nvr_alert_tell(s, &ears, now, &n, &err));
}

/* Minutes in which recorders 1 to n are heard, from the first bit on. */
static inline void
minutes_of(int n, int recorders, unsigned heard)
{
	for (int i = 0; i < n; i++) {
		now += NVR_MINUTE;
		for (int r = 1; r <= recorders; r++)
			if ((heard >> (r - 1) & 1) != 0)
				beat(r);
		judge_now();
	}
}

static inline int
count(const char *kind, const char *what)
{
	int n = 0;

	for (int i = 0; i < nsaid; i++)
		n += (kind == NULL || strcmp(said[i].kind, kind) == 0) &&
		     (what == NULL || strcmp(said[i].what, what) == 0);
	return n;
}

static inline int64_t
events(const char *what)
{
	return sqlf("SELECT COUNT(*) FROM alert_event WHERE what = '%s'", what);
}

#endif
