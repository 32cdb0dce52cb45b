/* What a run of retention left, held to the model. */
#ifndef TESTS_RETAIN_CHECK_H
#define TESTS_RETAIN_CHECK_H

#include "retain_run.h"

/* Whether the row of a thing is there. */
static bool
there(sqlite3_stmt *q, int64_t id)
{
	bool yes;

	sqlite3_bind_int64(q, 1, id);
	yes = sqlite3_step(q) == SQLITE_ROW;
	sqlite3_reset(q);
	return yes;
}

static sqlite3_stmt *
prepare(const char *text)
{
	sqlite3_stmt *q;

	if (sqlite3_prepare_v2(db, text, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	return q;
}

static int64_t
number(const char *text)
{
	return ask(db, text, 0);
}

static const char *
key_of(enum what what)
{
	return what == USAGE	   ? "substr(model, 2)"
	       : what == TELEMETRY ? "recorder_id"
				   : "id";
}

static void
check_things(enum what what, const enum fate fate[THINGS])
{
	char text[256], id[NVR_ID_TEXT], at[NVR_TIME_TEXT];
	sqlite3_stmt *q;
	int64_t left = 0;

	snprintf(text, sizeof(text),
	    "SELECT 1 FROM %s WHERE %s = CAST(?1 AS %s)", tables[what],
	    key_of(what), what == USAGE ? "TEXT" : "INTEGER");
	q = prepare(text);
	for (int i = 0; i < m.things; i++) {
		struct thing *t = &m.thing[i];
		bool is;

		if (t->what != what)
			continue;
		is = there(q, t->id);
		left += is;
		if (fate[i] == MAY)
			t->gone = !is;
		if (fate[i] == (is ? GOES : STAYS))
			say("%s %s of camera %d (%s), %s: %s", tables[what],
			    nvr_id_format(t->id, id), t->camera, stream_of(t),
			    nvr_time_format(t->at, at),
			    is ? "kept, and is not to be"
			       : "lost, and was promised");
	}
	sqlite3_finalize(q);
	snprintf(text, sizeof(text), "SELECT COUNT(*) FROM %s", tables[what]);
	if (number(text) != left)
		say("%s: rows that nobody made", tables[what]);
}

/* What is gone of what there was: of that kind, and due. */
static void
check_only(const enum fate fate[THINGS], int what)
{
	char text[256], id[NVR_ID_TEXT];

	for (int w = 0; w < WHATS; w++) {
		sqlite3_stmt *q;

		snprintf(text, sizeof(text),
		    "SELECT 1 FROM %s WHERE %s = CAST(?1 AS %s)", tables[w],
		    key_of((enum what)w), w == USAGE ? "TEXT" : "INTEGER");
		q = prepare(text);
		for (int i = 0; i < m.things; i++) {
			struct thing *t = &m.thing[i];

			if (t->what != (enum what)w || t->gone ||
			    there(q, t->id))
				continue;
			if (fate[i] == STAYS || (what != WHATS && what != w))
				say("%s %s went, of the wrong kind or early",
				    tables[w], nvr_id_format(t->id, id));
			t->gone = true;
		}
		sqlite3_finalize(q);
	}
}

static void
check_rows(const char *table, const char *key, int n, int64_t (*id)(int i),
    bool (*gone)(int i))
{
	char text[128];
	sqlite3_stmt *q;

	snprintf(
	    text, sizeof(text), "SELECT 1 FROM %s WHERE %s = ?1", table, key);
	q = prepare(text);
	for (int i = 0; i < n; i++)
		if (there(q, id(i)) == gone(i))
			say("%s %d: %s", table, i,
			    gone(i) ? "kept, and is not to be"
				    : "lost, and was promised");
	sqlite3_finalize(q);
}

#define FIELDS(of)                       \
	static int64_t of##_id_of(int i) \
	{                                \
		return m.of[i].id;       \
	}                                \
	static bool of##_gone(int i)     \
	{                                \
		return m.of[i].gone;     \
	}
FIELDS(account)
FIELDS(site)
FIELDS(camera)

static int files_found;

static int
count_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if (type == FTW_F && strcmp(strrchr(path, '/'), "/nvr-media") != 0)
		files_found++;
	return 0;
}

static void
check_files(void)
{
	char path[PATH_MAX], full[PATH_MAX + 96];
	int files = 0;

	for (int i = 0; i < m.things; i++) {
		const struct thing *t = &m.thing[i];
		struct stat sb;

		path_of(t, path);
		if (path[0] == '\0' || t->gone)
			continue;
		snprintf(full, sizeof(full), "%s/%s", dir, path);
		if (stat(full, &sb) != 0)
			say("lost, and was promised: %s", path);
		files++;
	}
	files_found = 0;
	snprintf(full, sizeof(full), "%s/media", dir);
	nftw(full, count_file, 16, FTW_PHYS);
	if (files_found != files)
		say("%d files, and %d are to be there", files_found, files);
}

static const struct {
	const char *count, *what;
} never[] = {
    {"SELECT COUNT(*) FROM garbage", "garbage is left"},
    {"SELECT COUNT(*) FROM (SELECT camera_id, stream, COUNT(*) AS n,"
     " SUM(size_bytes) AS b FROM segment GROUP BY camera_id, stream) x"
     " LEFT JOIN footage_sum f ON f.camera_id = x.camera_id AND f.stream ="
     " x.stream WHERE f.segments IS NOT n OR f.size_bytes IS NOT b",
	"footage_sum is not what there is"},
    {"SELECT COUNT(*) FROM footage_sum f WHERE (segments <> 0 OR size_bytes"
     " <> 0) AND NOT EXISTS (SELECT 1 FROM segment s WHERE s.camera_id ="
     " f.camera_id AND s.stream = f.stream)",
	"footage_sum of what is gone"},
    {"SELECT COUNT(*) FROM segment WHERE run_id NOT IN (SELECT id FROM run)",
	"a segment without its run"},
    /* The newest may be about to get its first; and among others' footage
     * nobody looks for them. */
    {"SELECT COUNT(*) FROM run r WHERE id NOT IN (SELECT run_id FROM segment)"
     " AND id NOT IN (SELECT run_id FROM open_segment) AND EXISTS (SELECT 1"
     " FROM run n WHERE n.camera_id = r.camera_id AND n.stream = r.stream"
     " AND n.id > r.id AND n.started_at > r.started_at) AND NOT EXISTS (SELECT "
     "1 FROM"
     " segment g WHERE g.camera_id = r.camera_id AND g.stream = r.stream"
     " AND g.start_at <= r.started_at) AND camera_id NOT IN"
     " (SELECT c.id FROM camera c JOIN account a ON a.account_id ="
     " c.account_id WHERE a.restricted_at IS NOT NULL)",
	"a run without a segment"},
    {"SELECT COUNT(*) FROM finding WHERE audit_id NOT IN (SELECT id FROM"
     " audit)",
	"a finding without its audit"},
    {"SELECT COUNT(*) FROM audit WHERE id NOT IN (SELECT audit_id FROM"
     " finding) OR id NOT IN (SELECT audit_id FROM attempt)",
	"an audit without its findings"},
    {"SELECT COUNT(*) FROM breach_note WHERE breach_id NOT IN (SELECT id FROM"
     " breach)",
	"a note without its breach"},
    {"SELECT COUNT(*) FROM pragma_foreign_key_check", "a row of nothing"},
};

/* The window of the log: what is younger is there. */
static int64_t log_at[THINGS];
static int64_t logged;

static void
check_log(void)
{
	sqlite3_stmt *q = prepare("SELECT seq, at FROM log ORDER BY seq");
	int64_t first = 0;

	while (sqlite3_step(q) == SQLITE_ROW) {
		int64_t seq = sqlite3_column_int64(q, 0);

		assert_true(seq < THINGS);
		log_at[seq] = sqlite3_column_int64(q, 1);
		first = first == 0 ? seq : first;
		logged = seq > logged ? seq : logged;
	}
	sqlite3_finalize(q);
	/* Up to the first of a restricted account, which stays. */
	if (first != 0 && log_at[first] < m.now - rules.log_keep &&
	    number("SELECT COUNT(*) FROM log JOIN account USING (account_id)"
		   " WHERE seq = (SELECT MIN(seq) FROM log) AND restricted_at"
		   " IS NOT NULL") == 0)
		say("the log goes too far back");
	for (int64_t seq = 1; seq < (first ? first : logged + 1); seq++)
		if (log_at[seq] >= m.now - rules.log_keep)
			say("the log lost a row that was promised");
}

/* A report that is gone is in the sums of its hour or its day, unless its
 * account is erased. */
static void
check_sums(void)
{
	sqlite3_stmt *q = prepare("SELECT 1 FROM telemetry_sum WHERE"
				  " recorder_id = ?1 AND reports = 1 AND"
				  " cpu = 10 AND cpu_max = 10");

	for (int i = 0; i < m.things; i++) {
		const struct thing *t = &m.thing[i];
		bool erased =
		    t->account != NOBODY && m.account[t->account].gone;

		if (t->what != TELEMETRY || !t->gone)
			continue;
		if (there(q, t->id) == erased)
			say("a report of telemetry is %s the sums",
			    erased ? "erased and in" : "gone and not in");
	}
	sqlite3_finalize(q);
}

/* What there is, held to the model; "" or what is wrong. */
static const char *
check_world(const enum fate fate[THINGS])
{
	for (int w = 0; w < WHATS; w++)
		check_things((enum what)w, fate);
	check_rows(
	    "account", "account_id", m.accounts, account_id_of, account_gone);
	check_rows("site", "id", m.sites, site_id_of, site_gone);
	check_rows("camera", "id", m.cameras, camera_id_of, camera_gone);
	check_files();
	check_log();
	check_sums();
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (number(never[i].count) != 0)
			say("%s", never[i].what);
	return report->text;
}

#endif
