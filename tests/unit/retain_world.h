/*
 * The model of retain_model.h as a store with files, and the one held to the
 * other.  Link with --wrap=nvr_time_now: the clock is the test's.
 */
#ifndef TESTS_RETAIN_WORLD_H
#define TESTS_RETAIN_WORLD_H

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/retain.h"
#include "core/segment.h"
#include "erase_help.h"
#include "retain_model.h"

#define START (INT64_C(1800000000) * NVR_SECOND) /* 2027-01-15 */

/* Not every test needs all of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

static struct model m;
static sqlite3 *db;
static struct nvr_rules rules = {
    .restore = 30 * NVR_DAY,
    .log_keep = 365 * NVR_DAY,
    .session = 30 * NVR_DAY,
    .idle = 7 * NVR_DAY,
    .hashes = 2,
    .cost = 4,
    .url = "https://nvr.example.org",
    .title = "nvr",
    .mail_from = "nvr@example.org",
    .keep = {.around = 5 * NVR_MINUTE,
	.audits = {90 * NVR_DAY, 30 * NVR_DAY, 90 * NVR_DAY},
	.stills = NVR_DAY,
	.stills_free = NVR_DAY,
	.cameras = 30 * NVR_DAY,
	.events = 90 * NVR_DAY,
	.accesses = 365 * NVR_DAY,
	.holds = 365 * NVR_DAY,
	.outbox = 30 * NVR_DAY,
	.usage = 730 * NVR_DAY,
	.requests = 1095 * NVR_DAY,
	.registers = 3650 * NVR_DAY,
	.telemetry = 90 * NVR_DAY,
	.hours = 730 * NVR_DAY,
	.recorders = 30 * NVR_DAY,
	.grace = 0},
};

int64_t __wrap_nvr_time_now(void);
int64_t
__wrap_nvr_time_now(void)
{
	return m.now;
}

static const char *const tables[WHATS] = {"segment", "still", "audit", "event",
    "access", "hold", "usage", "outbox", "session", "request", "disclosure",
    "breach", "processor", "telemetry"};

/* SQL of the test: %lld alone, so that nothing needs to be bound. */
static void sql(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void
sql(const char *format, ...)
{
	char text[2048], *why = NULL;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
}

/* Ids sort by the time at which they were made. */
static int64_t ids;
static int64_t
id_at(int64_t at)
{
	int64_t ms = at / NVR_MILLISECOND - INT64_C(1577836800000);

	return (ms > 0 ? ms : 0) << 22 | (++ids & 0x3fffff);
}

static long long
account_id(int account)
{
	return account == NOBODY ? 0 : m.account[account].id;
}

static int
add_account(int tier)
{
	char email[64];
	int a = m.accounts++;

	snprintf(email, sizeof(email), "%s-%d@example.org", dir + 10, a);
	m.account[a] = (struct an_account){.id = person(email), .tier = tier};
	if (tier == NVR_TIER_PREMIUM)
		sql("UPDATE account SET tier = 'premium' WHERE account_id ="
		    " %lld",
		    (long long)m.account[a].id);
	return a;
}

static int
add_site(int account, int64_t us, int64_t bytes)
{
	int i = m.sites++;

	m.site[i] = (struct a_site){
	    .id = id_at(m.now), .account = account, .us = us, .bytes = bytes};
	sql("INSERT INTO site (id, account_id, lookup, name, jurisdiction,"
	    " retain_us, retain_bytes, created_at, changed_at) VALUES (%lld,"
	    " %lld, randomblob(32), x'00', 'GDPR', %lld, %lld, %lld, %lld)",
	    (long long)m.site[i].id, account_id(account), (long long)us,
	    (long long)bytes, (long long)m.now, (long long)m.now);
	return i;
}

static int
add_camera(int account, int site)
{
	int i = m.cameras++;

	m.camera[i] = (struct a_camera){
	    .id = id_at(m.now), .account = account, .site = site};
	sql("INSERT INTO camera (id, account_id, name, url, recipient,"
	    " created_at, changed_at, site_id) VALUES (%lld, %lld, 'c%d',"
	    " 'rtsp://127.0.0.1/', 'age1', %lld, %lld, NULLIF(%lld, 0))",
	    (long long)m.camera[i].id, account_id(account), i, (long long)m.now,
	    (long long)m.now,
	    (long long)(site == NOBODY ? 0 : m.site[site].id));
	return i;
}

/* What of it there is in the media folder; else "". */
static void
path_of(const struct thing *t, char path[PATH_MAX])
{
	char camera[NVR_ID_TEXT], id[NVR_ID_TEXT];

	path[0] = '\0';
	if (t->what == SEGMENT)
		nvr_segment_path(m.camera[t->camera].id,
		    t->stream == 0 ? NVR_MAIN : NVR_SUB, t->id, t->sealed,
		    path);
	else if (t->what == STILL)
		snprintf(path, PATH_MAX, "media/stills/%s/%s.jpg",
		    nvr_id_format(m.camera[t->camera].id, camera),
		    nvr_id_format(t->id, id));
}

static void
write_file(const struct thing *t)
{
	char path[PATH_MAX], full[PATH_MAX + 96], *slash;
	int fd;

	path_of(t, path);
	if (path[0] == '\0')
		return;
	snprintf(full, sizeof(full), "%s/%s", dir, path);
	slash = strrchr(full, '/');
	*slash = '\0';
	ok(nvr_dir_make(full, 0700, &err));
	*slash = '/';
	fd = open(full, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, t->bytes), 0);
	close(fd);
}

static const char *
stream_of(const struct thing *t)
{
	return t->stream == 0 ? "main" : "sub";
}

static void
insert_of_camera(const struct thing *t, long long id, long long camera,
    long long account, long long at, long long until)
{
	switch (t->what) {
	case SEGMENT:
		sql("INSERT INTO run (id, camera_id, stream, started_at,"
		    " monotonic_us, reason, video, width, height) VALUES"
		    " (%lld, %lld, '%s', %lld, 0, 'start', 'h264', 1, 1);"
		    "INSERT INTO segment (id, camera_id, stream, run_id,"
		    " start_at, end_at, media_start_us, media_us, frames,"
		    " size_bytes, sha256, sealed) VALUES (%lld, %lld, '%s',"
		    " %lld, %lld, %lld, 0, %lld, 1, %lld, zeroblob(32), %d);"
		    "INSERT INTO footage_sum (camera_id, stream, segments,"
		    " size_bytes) VALUES (%lld, '%s', 1, %lld) ON CONFLICT DO"
		    " UPDATE SET segments = segments + 1, size_bytes ="
		    " size_bytes + excluded.size_bytes",
		    id, camera, stream_of(t), at, id, camera, stream_of(t), id,
		    at, until, until - at, (long long)t->bytes, t->sealed,
		    camera, stream_of(t), (long long)t->bytes);
		return;
	case STILL: {
		char path[PATH_MAX];

		path_of(t, path);
		sql("INSERT INTO still (id, account_id, camera_id, taken_at,"
		    " expires_at, path, size_bytes, sha256) VALUES (%lld, %lld,"
		    " %lld, %lld, %lld, '%s', %lld, '%064d')",
		    id, account, camera, at, until, path + strlen("media/"),
		    (long long)t->bytes, 0);
		return;
	}
	case AUDIT:
		sql("INSERT INTO audit (id, account_id, camera_id, camera_name,"
		    " at, taken_at, duration_us, type, origin, analyzer,"
		    " schema_version, status) VALUES (%lld, %lld, %lld, 'c',"
		    " %lld, %lld, 1, 'regular', 'cli', 'local', 1, 'ok');"
		    "INSERT INTO attempt (audit_id, ordinal, account_id, at,"
		    " latency_us, status) VALUES (%lld, 1, %lld, %lld, 1, "
		    "'ok');"
		    "INSERT INTO finding (audit_id, ordinal, account_id, label,"
		    " verdict, evidence) VALUES (%lld, 1, %lld, 'black', '%s',"
		    " 'x')",
		    id, account, camera, at, at, id, account, at, id, account,
		    t->found ? "yes" : "no");
		return;
	case EVENT:
		sql("INSERT INTO event (id, camera_id, stream, at, kind) VALUES"
		    " (%lld, %lld, 'main', %lld, 'lost')",
		    id, camera, at);
		return;
	case ACCESS:
		sql("INSERT INTO access (id, at, who, action, camera_id,"
		    " camera_name, since, until) VALUES (%lld, %lld, 'x',"
		    " 'clip', %lld, 'c', %lld, %lld)",
		    id, at, camera, at, at);
		return;
	case HOLD:
		sql("INSERT INTO hold (id, camera_id, since, until, why,"
		    " held_by, held_at) VALUES (%lld, %lld, %lld, %lld, 'x',"
		    " 'x', %lld)",
		    id, camera, at, until, (long long)m.now);
		return;
	default:
		sql("INSERT INTO usage (account_id, day, camera_id, model)"
		    " VALUES (%lld, %lld, %lld, 'm%lld')",
		    account, at / (long long)NVR_DAY, camera, id);
	}
}

static void
insert_of_account(const struct thing *t, long long id, long long account,
    long long at, long long until)
{
	switch (t->what) {
	case OUTBOX:
		sql("INSERT INTO outbox (id, account_id, channel, kind,"
		    " recipient, message, created_at, next_at) VALUES (%lld,"
		    " %lld, 'mail', 'x', x'00', x'00', %lld, %lld)",
		    id, account, at, at);
		return;
	case SESSION:
		sql("INSERT INTO session (id, account_id, hash, factor,"
		    " address, agent, created_at, confirmed_at, active_at,"
		    " expires_at) VALUES (%lld, %lld, randomblob(32),"
		    " 'password', x'00', x'00', %lld, %lld, %lld, %lld)",
		    id, account, at, at, until, until);
		return;
	case REQUEST:
		sql("INSERT INTO request (id, account_id, kind, channel,"
		    " received_at, due_at) VALUES (%lld, %lld, 'access', 'x',"
		    " %lld, %lld)",
		    id, account, at, until);
		return;
	case DISCLOSURE:
		sql("INSERT INTO disclosure (id, authority, basis,"
		    " reviewed_by, what, at) VALUES (%lld, x'00', x'00',"
		    " x'00', x'00', %lld)",
		    id, at);
		return;
	case BREACH:
		sql("INSERT INTO breach (id, title, known_at, due_at,"
		    " opened_at) VALUES (%lld, x'00', %lld, %lld, %lld);"
		    "INSERT INTO breach_note (id, breach_id, at, who, text)"
		    " VALUES (%lld, %lld, %lld, 'x', x'00')",
		    id, at, until, at, id, id, at);
		return;
	case PROCESSOR:
		sql("INSERT INTO processor (id, name, purpose, data,"
		    " jurisdiction, safeguard, since) VALUES (%lld, 'p%lld',"
		    " 'x', 'x', 'GDPR', 'x', %lld)",
		    id, id, at);
		return;
	default:
		sql("INSERT INTO telemetry (recorder_id, at, account_id,"
		    " received_at, cpu) VALUES (%lld, %lld, %lld, %lld, 10)",
		    id, at, account, (long long)m.now);
	}
}

/* Into the model and the store; `t` without an id. */
static struct thing *
add(const struct thing *like)
{
	struct thing *t = &m.thing[m.things++];

	assert_true(m.things < THINGS);
	*t = *like;
	t->id = id_at(t->at);
	if (t->what == AUDIT && t->found) {
		m.finding[m.findings].camera = t->camera;
		m.finding[m.findings].audit = m.things - 1;
		m.finding[m.findings].account = t->account;
		m.finding[m.findings++].at = t->at;
	}
	write_file(t);
	if (t->what <= USAGE)
		insert_of_camera(t, t->id, m.camera[t->camera].id,
		    account_id(t->account), t->at, t->until);
	else
		insert_of_account(
		    t, t->id, account_id(t->account), t->at, t->until);
	return t;
}

/* It ends now: a hold is released, a letter sent, a case closed. */
static void
end(struct thing *t)
{
	static const char *const how[WHATS] = {[HOLD] = "released_by = 'x',"
							" released_at",
	    [OUTBOX] = "next_at = NULL, sent_at",
	    [REQUEST] = "done_at",
	    [BREACH] = "closed_at",
	    [PROCESSOR] = "until"};

	t->ended = m.now;
	sql("UPDATE %s SET %s = %lld WHERE id = %lld", tables[t->what],
	    how[t->what], (long long)m.now, (long long)t->id);
}

#endif
