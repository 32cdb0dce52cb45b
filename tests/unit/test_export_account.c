/* Everything about an account, and nothing about another. */
#include "base/text.h"

#include "export_help.h"

#include <jansson.h>

#include "core/export_int.h"
#include "core/export_words.h"
#include "core/log_int.h"
#include "seal/digest.h"
#include "seal/sshsig.h"

/* The n-th line of a file as JSON. */
static json_t *
line_of(const struct nvr_archive *a, const char *path, int n)
{
	const char *text = archived(a, path);
	json_error_t why;
	json_t *row;

	if (text == NULL)
		fail_msg("there is no %s", path);
	while (n-- > 0 && text != NULL)
		text =
		    strchr(text, '\n') != NULL ? strchr(text, '\n') + 1 : NULL;
	if (text == NULL || *text == '\0')
		return NULL;
	row = json_loadb(text, strcspn(text, "\n"), JSON_ALLOW_NUL, &why);
	if (row == NULL)
		fail_msg("%s: %s: %.200s", path, why.text, text);
	return row;
}

static json_t *
table_line(const struct nvr_archive *a, const char *table, int n)
{
	char path[128];

	snprintf(path, sizeof(path), "data/%s.jsonl", table);
	return line_of(a, path, n);
}

struct holding {
	struct nvr_archive *a;
	int64_t account;
	sqlite3 *db;
	int columns;
};

static void
assert_sealed(const struct holding *h, const struct nvr_export_table *t,
    const struct nvr_export_column *c, const json_t *value)
{
	char want[128];

	/* Those of person() are what it sealed there, till seal_all. */
	snprintf(want, sizeof(want), "%s.%s of ", t->name, c->name);
	if (!json_is_string(value) ||
	    strncmp(json_string_value(value), want, strlen(want)) != 0)
		fail_msg(
		    "%s.%s: '%s'", t->name, c->name, json_string_value(value));
	snprintf(want, sizeof(want), " of %lld", (long long)h->account);
	assert_non_null(strstr(json_string_value(value), want));
}

static void
assert_value(const struct holding *h, const struct nvr_export_table *t,
    const struct nvr_export_column *c, sqlite3_stmt *q, const json_t *value)
{
	int64_t n = sqlite3_column_int64(q, 0), at;
	char text[2 * 64 + 1];
	struct nvr_error e;

	if (sqlite3_column_type(q, 0) == SQLITE_NULL) {
		assert_true(json_is_null(value));
		return;
	}
	switch (c->kind) {
	case NVR_EXPORT_TEXT:
		assert_string_equal(json_string_value(value),
		    (const char *)sqlite3_column_text(q, 0));
		break;
	case NVR_EXPORT_BYTES:
		nvr_hex(sqlite3_column_blob(q, 0),
		    (size_t)sqlite3_column_bytes(q, 0), text);
		assert_string_equal(json_string_value(value), text);
		break;
	case NVR_EXPORT_SEALED:
		assert_sealed(h, t, c, value);
		break;
	case NVR_EXPORT_REAL:
		assert_true(
		    json_real_value(value) == sqlite3_column_double(q, 0));
		break;
	case NVR_EXPORT_BOOL:
		assert_true(json_is_boolean(value));
		assert_int_equal(json_is_true(value), n != 0);
		break;
	case NVR_EXPORT_TIME:
		assert_int_equal(
		    nvr_time_parse(json_string_value(value), 0, &at, &e), 0);
		assert_int_equal(at, n);
		break;
	case NVR_EXPORT_ID:
		assert_string_equal(
		    json_string_value(value), nvr_id_format(n, text));
		break;
	default:
		assert_true(json_is_integer(value));
		assert_int_equal(json_integer_value(value), n);
	}
}

static void
assert_column(struct holding *h, const struct nvr_export_table *t, int i,
    const json_t *row)
{
	const struct nvr_export_column *c = &t->column[i];
	const json_t *value = json_object_get(row, c->name);
	sqlite3_stmt *q;
	char sql[512];

	if (c->of[0] != '\0')
		snprintf(sql, sizeof(sql),
		    "SELECT %s IS NOT NULL FROM %s WHERE account_id = %lld",
		    c->of, t->name, (long long)h->account);
	else
		snprintf(sql, sizeof(sql),
		    "SELECT %s FROM %s WHERE account_id = %lld", c->name,
		    t->name, (long long)h->account);
	assert_int_equal(sqlite3_prepare_v2(h->db, sql, -1, &q, NULL), 0);
	if (sqlite3_step(q) == SQLITE_ROW) {
		if (value == NULL)
			fail_msg("%s has no %s", t->name, c->name);
		assert_value(h, t, c, q, value);
		h->columns++;
	}
	sqlite3_finalize(q);
}

/* Of the register, as the schema and the data have it. */
static void
assert_schema(const struct holding *h, const char *table, const json_t *row)
{
	char path[128];
	const char *text;
	json_t *schema, *properties, *p;
	const char *key;
	json_t *value;

	snprintf(path, sizeof(path), "schema/%s.json", table);
	text = archived(h->a, path);
	assert_non_null(text);
	schema = json_loads(text, 0, NULL);
	assert_non_null(schema);
	properties = json_object_get(schema, "properties");
	json_object_foreach((json_t *)row, key, value)
	{
		p = json_object_get(properties, key);
		if (p == NULL)
			fail_msg("%s does not tell of %s", path, key);
		assert_true(
		    json_string_length(json_object_get(p, "description")) > 0);
	}
	/* And those of the row, but for what may not be read. */
	assert_int_equal(
	    json_object_size(properties), json_object_size(row) + 1);
	json_decref(schema);
}

static int
assert_table(void *ctx, const struct nvr_export_table *t)
{
	struct holding *h = ctx;
	json_t *row;

	if (t->n == 0 || strcmp(t->name, "log") == 0)
		return 0;
	row = table_line(h->a, t->name, 0);
	if (row == NULL)
		fail_msg("%s has no row", t->name);
	for (int i = 0; i < t->n; i++)
		assert_column(h, t, i, row);
	assert_int_equal(json_object_size(row), t->n);
	assert_schema(h, t->name, row);
	json_decref(row);
	return 0;
}

static void
every_column_that_is_exported_appears_and_no_other(void **state)
{
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};
	struct holding h = {&a, id, raw("nvr.db")};

	(void)state;
	ok(export_of(id, &a));
	for (int64_t i = 0; i < a.gaps; i++)
		fail_msg("%s", a.gap[i]);
	ok(nvr_export_tables(s->store, assert_table, &h, &err));
	assert_true(h.columns > 250);
	sqlite3_close(h.db);
	/* Texts of columns that stay. */
	assert_null(archive_has(&a, "secrets-"));
	assert_null(archive_has(&a, "identity-"));
	assert_null(archive_has(&a, "payload_key-"));
	assert_null(archive_has(&a, "path-"));
	assert_null(archive_has(&a, "camera.secrets"));
	assert_null(archive_has(&a, "factor.secret of"));
	assert_null(archive_has(&a, "account.password of"));
	assert_null(archive_has(&a, "token.data of"));
	assert_null(archive_has(&a, "disclosure.reviewed_by"));
	archive_drop(&a);
}

/* N20: a file for spreadsheets beside those that people open there. */
static void
sheets_have_a_head_and_as_many_rows(void **state)
{
	static const char *const sheets[] = {"camera", "site", "audit",
	    "finding", "session", "log", "consent", "usage", "access",
	    "request"};
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};
	char path[128];
	const char *text;

	(void)state;
	ok(export_of(id, &a));
	for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++) {
		int lines = 0;

		snprintf(path, sizeof(path), "data/%s.csv", sheets[i]);
		text = archived(&a, path);
		if (text == NULL)
			fail_msg("there is no %s", path);
		for (const char *p = text; (p = strstr(p, "\r\n")) != NULL;
		     p += 2)
			lines++;
		assert_int_equal(lines, 2);
	}
	assert_null(archived(&a, "data/step.csv"));
	archive_drop(&a);
}

/* Texts and ids of the account's rows that the other one has not. */
static void
assert_none_of(const struct nvr_archive *a, int64_t other, int64_t own)
{
	sqlite3 *db = raw("nvr.db");
	sqlite3_stmt *t, *q;
	char sql[256], id[NVR_ID_TEXT];
	int n = 0;

	sqlite3_prepare_v2(db, TABLES, -1, &t, NULL);
	while (sqlite3_step(t) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(t, 0);

		/* Who works for the store is named to everybody. */
		if (strcmp(table, "processor") == 0)
			continue;
		snprintf(sql, sizeof(sql),
		    "SELECT * FROM %s WHERE account_id = ?1", table);
		sqlite3_prepare_v2(db, sql, -1, &q, NULL);
		sqlite3_bind_int64(q, 1, other);
		while (sqlite3_step(q) == SQLITE_ROW)
			for (int i = 0; i < sqlite3_column_count(q); i++) {
				const char *text =
				    (const char *)sqlite3_column_text(q, i);

				if (sqlite3_column_type(q, i) != SQLITE_TEXT ||
				    strncmp(text, "shared", 6) == 0)
					continue;
				if (archive_has(a, text) != NULL)
					fail_msg("%s has '%s' of %s",
					    archive_has(a, text), text, table);
				n++;
			}
		sqlite3_finalize(q);
	}
	sqlite3_finalize(t);
	sqlite3_prepare_v2(
	    db, "SELECT id FROM camera WHERE account_id = ?1", -1, &q, NULL);
	sqlite3_bind_int64(q, 1, other);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	nvr_id_format(sqlite3_column_int64(q, 0), id);
	sqlite3_finalize(q);
	sqlite3_close(db);
	assert_null(archive_has(a, id));
	assert_null(archive_has(a, nvr_id_format(other, id)));
	assert_non_null(archive_has(a, nvr_id_format(own, id)));
	snprintf(sql, sizeof(sql), " of %lld", (long long)other);
	assert_null(archive_has(a, sql));
	assert_true(n > 60);
}

/* Both call and name things alike, and come from the same network. */
static void
share(int64_t a, int64_t b)
{
	sqlf("UPDATE camera SET name = 'shared gate'");
	sqlf("UPDATE audit SET camera_name = 'shared gate'");
	sqlf("UPDATE event SET kind = 'shared', stream = 'shared'");
	(void)a, (void)b;
}

static void
N20_an_archive_has_nothing_of_another_account(void **state)
{
	static const char *const nobodys[] = {"run", "segment", "event", "hold",
	    "access", "baseline", "asked", "camera_recipient", "open_segment"};
	int64_t a = whole_person("jane@example.org");
	int64_t b = whole_person("jane@example.net");
	struct nvr_archive x = {.n = 0};

	(void)state;
	share(a, b);
	ok(export_of(a, &x));
	assert_none_of(&x, b, a);
	assert_null(archive_has(&x, "jane@example.net"));
	archive_drop(&x);
	ok(export_of(b, &x));
	assert_none_of(&x, a, b);
	archive_drop(&x);
	/* As recorders write them: nobody's, of either's cameras. */
	for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++)
		sqlf("UPDATE %s SET account_id = 0", nobodys[i]);
	ok(export_of(b, &x));
	assert_none_of(&x, a, b);
	assert_non_null(archived(&x, "data/segment.jsonl"));
	archive_drop(&x);
}

static void
N20_the_same_store_and_time_give_the_same_bytes(void **state)
{
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0}, b = {.n = 0};

	(void)state;
	ok(export_of(id, &a));
	/* What the first one left on record is taken back. */
	sqlf("DELETE FROM log WHERE type = 'export.made'; UPDATE log_tail SET"
	     " seq = (SELECT MAX(seq) FROM log), hash = (SELECT hash FROM log"
	     " ORDER BY seq DESC LIMIT 1)");
	ok(export_of(id, &b));
	assert_true(b.gaps == 1); /* the end was cut off, and that is told */
	for (size_t i = 0; i < a.n; i++) {
		const char *path = a.file[i]->path;

		if (!a.file[i]->taken || strncmp(path, "data/log-", 9) == 0 ||
		    strcmp(path, "README.html") == 0)
			continue;
		assert_string_equal(
		    archived(&a, path), nvr_or_empty(archived(&b, path)));
	}
	archive_drop(&a);
	archive_drop(&b);
}

static int
count_made(void *ctx, const struct nvr_log_entry *e)
{
	(void)e;
	++*(int *)ctx;
	return 0;
}

static void
an_export_is_logged_ahead_and_not_part_of_itself(void **state)
{
	int64_t id = whole_person("a@example.org");
	const struct nvr_log_filter f = {
	    .account = id, .type = "export.made", .limit = 10};
	struct nvr_archive a = {.n = 0};
	int made = 0;

	(void)state;
	ok(export_of(id, &a));
	assert_null(archive_has(&a, "export.made"));
	ok(nvr_log_each(s, &f, count_made, &made, &err));
	assert_int_equal(made, 1);
	archive_drop(&a);
	ok(export_of(id, &a)); /* that of before is history */
	assert_non_null(archive_has(&a, "export.made"));
	archive_drop(&a);
}

static void
unhex(const json_t *value, uint8_t ret[32])
{
	const char *hex = json_string_value(value);

	assert_non_null(hex);
	assert_int_equal(strlen(hex), 64);
	assert_true(nvr_log_read_hash(hex, ret));
}

static void
big_endian(uint64_t n, uint8_t to[8])
{
	for (int i = 0; i < 8; i++)
		to[i] = (uint8_t)(n >> (8 * (7 - i)));
}

/* By what stands in the line alone. */
static void
assert_hashes(const json_t *row)
{
	const char *payload =
	    json_string_value(json_object_get(row, "payload"));
	const char *type = json_string_value(json_object_get(row, "type"));
	uint8_t salt[32], text[32 + 16 + 64 + 32], got[32], want[32];
	size_t len = strlen(type);

	unhex(json_object_get(row, "salt"), salt);
	ok(nvr_hmac(salt, 32, payload, strlen(payload), got, &err));
	unhex(json_object_get(row, "commitment"), want);
	assert_memory_equal(got, want, 32);
	unhex(json_object_get(row, "previous"), text);
	big_endian(json_integer_value(json_object_get(row, "seq")), text + 32);
	big_endian(
	    json_integer_value(json_object_get(row, "at_us")), text + 40);
	memcpy(text + 48, type, len);
	memcpy(text + 48 + len, want, 32);
	ok(nvr_sha256(text, 48 + len + 32, got, &err));
	unhex(json_object_get(row, "hash"), want);
	assert_memory_equal(got, want, 32);
}

static void
each_row_of_the_log_can_be_held_to_its_hash(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_archive x = {.n = 0};
	json_t *row;
	int n = 0;

	(void)state;
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < 5; i++) {
		ok(nvr_log_append(s, i % 2 ? b : a, "test.done",
		    json_pack("{ss}", "word", i % 2 ? "bob's" : "\u202e\"x\n"),
		    &err));
	}
	ok(nvr_store_commit(s->store, &err));
	ok(export_of(a, &x));
	for (; (row = table_line(&x, "log", n)) != NULL; n++) {
		assert_hashes(row);
		json_decref(row);
	}
	assert_int_equal(n, 3);
	assert_int_equal(x.gaps, 0);
	assert_null(archive_has(&x, "bob's"));
	assert_non_null(strstr(archived(&x, "data/log-head.txt"), "\nseq 5\n"));
	assert_non_null(archived(&x, "data/log-signer"));
	archive_drop(&x);
}

/* Of whatever name, in path, query or fragment, and rows of former days. */
static void
what_follows_a_cameras_host_stays_here(void **state)
{
	static const char *const urls[] = {
	    "rtsp://h:554/user=a&password=hunter&channel=1",
	    "rtsp://h:554/user=a_password=hunter_x",
	    "rtsp://h:554/;pass=hunter", "rtsp://h:554?u=a&p=hunter",
	    "rtsp://h:554/#hunter", "rtsp://h:554/live/hunter"};
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};
	json_t *row;

	(void)state;
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(
	    s, id, "camera.added", json_pack("{ss}", "url", urls[5]), &err));
	ok(nvr_log_append(s, id, "camera.added",
	    json_pack("{ss}", "url", "rtsp://h:554/"), &err));
	ok(nvr_store_commit(s->store, &err));
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		sqlf("UPDATE camera SET url = '%s', sub_url = url,"
		     " snapshot_url = '' WHERE account_id = %lld",
		    urls[i], (long long)id);
		sqlf("UPDATE camera SET sub_url = url");
		ok(export_of(id, &a));
		assert_null(archive_has(&a, "hunter"));
		row = table_line(&a, "camera", 0);
		assert_string_equal(
		    json_string_value(json_object_get(row, "url")),
		    "rtsp://h:554/");
		assert_string_equal(
		    json_string_value(json_object_get(row, "sub_url")),
		    "rtsp://h:554/");
		assert_string_equal(
		    json_string_value(json_object_get(row, "snapshot_url")),
		    "");
		json_decref(row);
		assert_int_equal(a.gaps, 0);
		row = table_line(&a, "log", 1);
		assert_true(json_is_null(json_object_get(row, "payload")));
		assert_true(json_is_null(json_object_get(row, "salt")));
		assert_int_equal(
		    json_array_size(json_object_get(row, "withheld")), 2);
		json_decref(row);
		row = table_line(&a, "log", 2);
		assert_hashes(row);
		json_decref(row);
		archive_drop(&a);
	}
}

static void
a_head_that_is_not_one_to_sign_is_a_gap(void **state)
{
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};

	(void)state;
	sqlf("UPDATE log_tail SET hash = zeroblob(32)");
	ok(export_of(id, &a));
	assert_null(archived(&a, "data/log-head.txt"));
	assert_int_equal(a.gaps, 1);
	assert_non_null(strstr(a.gap[0], "data/log-head.txt: "));
	archive_drop(&a);
}

static const char HOSTILE[] = "line\nbreak \"quoted\" \\ \u202egnp.exe\u202c"
			      " \U0001f4f7 \x01\x7f =cmd()|'/c calc'!A0";

static void
hostile_names_come_out_as_they_were(void **state)
{
	static const char *const names[] = {HOSTILE, "../../etc/passwd",
	    "=cmd()|'/C calc'!A0", "</script><script>alert(1)</script>",
	    "x\r\n,y", ""};
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};
	json_t *row;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *sql = sqlite3_mprintf("UPDATE camera SET name = %Q;"
					    "UPDATE departure SET destination ="
					    " %Q",
		    names[i], names[i]);

		sqlf("%s", sql);
		sqlite3_free(sql);
		ok(export_of(id, &a));
		row = table_line(&a, "camera", 0);
		assert_string_equal(
		    json_string_value(json_object_get(row, "name")), names[i]);
		json_decref(row);
		assert_int_equal(a.gaps, 0);
		/* Nothing that steers a terminal, a page, a spreadsheet. */
		assert_null(archive_has(&a, "\u202e"));
		assert_null(archive_has(&a, "\x01"));
		assert_null(strstr(archived(&a, "README.html"), "<script"));
		assert_null(strstr(archived(&a, "data/camera.csv"), ",\"=cmd"));
		for (size_t k = 0; k < a.n; k++)
			assert_null(strstr(a.file[k]->path, ".."));
		archive_drop(&a);
	}
}

static void
nulls_and_zeroes_are_told_apart(void **state)
{
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};
	json_t *row;

	(void)state;
	sqlf("UPDATE camera SET removed_at = NULL, retain_us = NULL, secrets ="
	     " NULL; UPDATE account SET business = NULL, signin_at = 0;"
	     "UPDATE usage SET camera_id = 0, audits = 0;"
	     "UPDATE finding SET confidence = NULL, uncertainty = ''");
	ok(export_of(id, &a));
	assert_int_equal(a.gaps, 0);
	row = table_line(&a, "camera", 0);
	assert_true(json_is_null(json_object_get(row, "removed_at")));
	assert_true(json_is_null(json_object_get(row, "retain_us")));
	assert_true(json_is_false(json_object_get(row, "has_credentials")));
	assert_true(json_is_true(json_object_get(row, "has_identity")));
	json_decref(row);
	row = table_line(&a, "account", 0);
	assert_true(json_is_null(json_object_get(row, "business")));
	assert_string_equal(
	    json_string_value(json_object_get(row, "signin_at")),
	    "1970-01-01T00:00:00.000000Z");
	json_decref(row);
	row = table_line(&a, "usage", 0);
	assert_true(json_is_null(json_object_get(row, "camera_id")));
	assert_int_equal(json_integer_value(json_object_get(row, "audits")), 0);
	json_decref(row);
	row = table_line(&a, "finding", 0);
	assert_true(json_is_null(json_object_get(row, "confidence")));
	assert_string_equal(
	    json_string_value(json_object_get(row, "uncertainty")), "");
	json_decref(row);
	archive_drop(&a);
}

/* What a store that came from elsewhere may hold. */
static void
what_cannot_be_read_is_a_gap_that_is_named(void **state)
{
	static const struct {
		const char *sql, *table, *column;
	} bad[] = {
	    {"UPDATE camera SET name = CAST(x'ff41fe' AS TEXT)", "camera",
		"name"},
	    {"UPDATE camera SET zone = x'0001'", "camera", "zone"},
	    {"UPDATE audit SET at = 'yesterday'", "audit", "at"},
	    {"UPDATE audit SET at = 9223372036854775807", "audit", "at"},
	    {"UPDATE audit SET at = -9223372036854775807 - 1", "audit", "at"},
	    {"UPDATE audit SET width = 1e300", "audit", "width"},
	    {"UPDATE audit SET schedule_id = -5", "audit", "schedule_id"},
	    {"UPDATE camera SET audio = 7", "camera", "audio"},
	    {"UPDATE finding SET confidence = 9e999", "finding", "confidence"},
	    {"UPDATE finding SET confidence = 'high'", "finding", "confidence"},
	    {"UPDATE segment SET sha256 = zeroblob(100000)", "segment",
		"sha256"},
	    {"UPDATE site SET name = x'0102'", "site", "name"},
	    {"UPDATE site SET name = 'plain'", "site", "name"},
	    {"UPDATE step SET text = CAST(zeroblob(9000000) AS TEXT)", "step",
		"text"},
	    {"UPDATE session SET agent = address", "session", "agent"},
	};
	struct nvr_archive a = {.n = 0};
	char want[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t id;
		json_t *row, *lost;

		unmake(NULL);
		make(NULL);
		id = whole_person("a@example.org");
		sqlf("%s", bad[i].sql);
		ok(export_of(id, &a));
		snprintf(want, sizeof(want), "data/%s.jsonl: %s: 1 of 1 ",
		    bad[i].table, bad[i].column);
		if (a.gaps != 1 || strncmp(a.gap[0], want, strlen(want)) != 0)
			fail_msg("%s: %lld gaps: '%s'", bad[i].sql,
			    (long long)a.gaps, a.gap[0]);
		row = table_line(&a, bad[i].table, 0);
		assert_true(json_is_null(json_object_get(row, bad[i].column)));
		lost = json_object_get(row, "unreadable");
		assert_string_equal(
		    json_string_value(json_array_get(lost, 0)), bad[i].column);
		json_decref(row);
		assert_non_null(
		    strstr(archived(&a, "README.html"), bad[i].column));
		archive_drop(&a);
	}
}

static void
long_texts_come_whole(void **state)
{
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};
	json_t *row;
	size_t len;

	(void)state;
	/* 3 bytes each, so that pieces end within one. */
	sqlf("UPDATE step SET text = replace(hex(zeroblob(500000)), '00',"
	     " '\u20ac'); UPDATE audit SET error = 'a' || char(0) || 'b'");
	ok(export_of(id, &a));
	assert_int_equal(a.gaps, 0);
	row = table_line(&a, "step", 0);
	len = json_string_length(json_object_get(row, "text"));
	assert_int_equal(len, 1500000);
	json_decref(row);
	row = table_line(&a, "audit", 0);
	assert_int_equal(json_string_length(json_object_get(row, "error")), 3);
	json_decref(row);
	assert_non_null(strstr(archived(&a, "data/audit.csv"), "\"a?b\""));
	archive_drop(&a);
}

static void
an_account_without_anything_has_an_archive(void **state)
{
	int64_t id = person("a@example.org");
	struct nvr_archive a = {.n = 0};

	(void)state;
	ok(export_of(id, &a));
	assert_non_null(archived(&a, "data/account.jsonl"));
	assert_null(archived(&a, "data/audit.jsonl"));
	assert_null(archived(&a, "data/audit.csv"));
	assert_null(archived(&a, "schema/audit.json"));
	assert_null(archived(&a, "data/log.jsonl"));
	assert_non_null(strstr(
	    archived(&a, "README.html"), "nothing of these: Your cameras "));
	assert_int_equal(a.gaps, 0);
	archive_drop(&a);
}

static int
assert_kind(void *ctx, const struct nvr_export_table *t)
{
	const struct nvr_export_words *w = ctx;
	const struct nvr_export_kind_words *k = nvr_export_kind(w, t->name);
	bool personal = false, held = false;

	for (int i = 0; i < t->all; i++) {
		bool of_person = strcmp(t->column[i].basis, "none") != 0;

		personal |= of_person;
		held |= of_person && i >= t->n &&
			strcmp(t->column[i].name, "account_id") != 0 &&
			strcmp(t->column[i].purpose, "names the row") != 0;
	}
	if (personal && k == NULL)
		fail_msg("there are no words for '%s'", t->name);
	/* Of the log, its own file tells the rest. */
	if (strcmp(t->name, "log") != 0 && k != NULL &&
	    held != (k->held != NVR_HELD_NOT))
		fail_msg("what of '%s' is not exported", t->name);
	return 0;
}

static void
N20_the_page_has_words_for_every_kind_of_data(void **state)
{
	const struct nvr_export_words *w;

	(void)state;
	ok(nvr_export_words_in("en", &w, &err));
	ok(nvr_export_tables(
	    s->store, assert_kind, (void *)(uintptr_t)w, &err));
	for (int i = NVR_HELD_NOT + 1; i < NVR_HELDS; i++)
		assert_non_null(w->helds[i].middle);
}

/* A procedure may forbid, for a time or for good, that the person is told. */
static void
C12_a_disclosure_is_named_from_when_the_law_lets_it_be(void **state)
{
	static const char *const never[] = {
	    "NULL", "1790000000000001", "9223372036854775807", "'now'"};
	int64_t id = whole_person("a@example.org");
	int64_t other = whole_person("b@example.org");
	struct nvr_archive a = {.n = 0};
	char want[64];

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		sqlf("UPDATE disclosure SET tell_at = %s", never[i]);
		ok(export_of(id, &a));
		assert_null(archived(&a, "data/disclosure.jsonl"));
		assert_null(archived(&a, "schema/disclosure.json"));
		assert_null(archive_has(&a, "disclosure.authority of"));
		assert_null(strstr(archived(&a, "README.html"),
		    "What authorities were given</"));
		assert_int_equal(a.gaps, 0);
		archive_drop(&a);
	}
	sqlf("UPDATE disclosure SET tell_at = %lld", (long long)NOW);
	ok(export_of(id, &a));
	assert_non_null(archive_has(&a, "disclosure.authority of"));
	assert_non_null(archived(&a, "schema/disclosure.json"));
	snprintf(want, sizeof(want), " of %lld", (long long)other);
	assert_null(archive_has(&a, want));
	archive_drop(&a);
}

static void
restricted_and_deleted_accounts_are_exported_too(void **state)
{
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};

	(void)state;
	sqlf("UPDATE account SET restricted_at = 5, deleted_at = 6");
	ok(export_of(id, &a));
	assert_non_null(archived(&a, "data/audit.jsonl"));
	archive_drop(&a);
}

static void
it_is_refused_without_rights_words_or_an_account(void **state)
{
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};
	struct nvr_export_account o = {
	    .account = id, .now = NOW, .language = "tlh"};

	(void)state;
	assert_int_equal(nvr_export_account(s, &o, &a, &err), NVR_E_USAGE);
	assert_non_null(strstr(err.text, "there is en"));
	assert_int_equal(export_of(4711, &a), NVR_E_NOENT);
	s->rights = false;
	assert_int_equal(export_of(id, &a), NVR_E_BUG);
	s->rights = true;
	assert_int_equal(a.n, 0);
}

/* C26: whose law holds where a site is; C21: rights and who answers. */
static void
C21_C26_the_page_tells_of_rights_and_places(void **state)
{
	struct nvr_rules rules = {.controller = "Gatehouse <GmbH>",
	    .contact = "privacy@example.org",
	    .restore = 30 * NVR_DAY};
	int64_t id = whole_person("a@example.org");
	struct nvr_archive a = {.n = 0};
	const char *page;
	int headings = 0;

	(void)state;
	sqlf("UPDATE site SET jurisdiction = 'DE', removed_at = NULL;"
	     "INSERT INTO processor (id, name, purpose, data, jurisdiction,"
	     " safeguard, since) VALUES (1, 'Eyes <Inc>', 'looks', 'stills',"
	     " 'US', 'SCC', 1)");
	s->rules = &rules;
	ok(export_of(id, &a));
	s->rules = NULL;
	page = archived(&a, "README.html");
	assert_non_null(page);
	assert_non_null(strstr(page, "<html lang=\"en\">"));
	assert_non_null(strstr(page, "Gatehouse &lt;GmbH&gt;"));
	assert_non_null(strstr(page, "Eyes &lt;Inc&gt;"));
	assert_non_null(strstr(page, "site.name of"));
	assert_non_null(strstr(page, "DE"));
	assert_non_null(strstr(page, "destination-"));
	assert_non_null(strstr(page, "ssh-keygen -Y verify"));
	assert_non_null(strstr(page, "Passwords, codes and keys"));
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "http://"));
	for (const char *p = page; (p = strstr(p, "<h2>")) != NULL; p++)
		headings++;
	assert_int_equal(headings, 7);
	archive_drop(&a);
}

/* Each comes alone, and what is longer than any of ours not at all. */
static void
long_values_come_one_at_a_time(void **state)
{
	struct nvr_archive a = {0};
	int64_t id = whole_person("jane@example.org");
	const char *json, *csv;

	(void)state;
	sqlf("UPDATE camera SET zone = '=' || replace(hex(zeroblob(100000)),"
	     " '00', char(34) || '\xc3\xa9'), manufacturer = 'short',"
	     " model = hex(zeroblob(4194300)), mask = hex(zeroblob(4194305))"
	     " WHERE account_id = %lld",
	    (long long)id);
	ok(export_of(id, &a));
	json = archived(&a, "data/camera.jsonl");
	csv = archived(&a, "data/camera.csv");
	assert_non_null(strstr(json, "\"zone\":\"=\\\"\xc3\xa9\\\"\xc3\xa9"));
	assert_non_null(strstr(json, "\"manufacturer\":\"short\""));
	assert_non_null(strstr(json, "\"mask\":null"));
	assert_non_null(strstr(json, "\"unreadable\":[\"mask\"]"));
	assert_in_range(strlen(json), 400000 + 8388600, 410000 + 8388600);
	if (csv != NULL)
		assert_non_null(strstr(csv, "\"'=\"\"\xc3\xa9\"\"\xc3\xa9"));
	assert_int_equal(a.gaps, 1);
	assert_non_null(strstr(a.gap[0], "longer than 8 MiB"));
	archive_drop(&a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_column_that_is_exported_appears_and_no_other),
	    TEST(sheets_have_a_head_and_as_many_rows),
	    TEST(N20_an_archive_has_nothing_of_another_account),
	    TEST(N20_the_same_store_and_time_give_the_same_bytes),
	    TEST(an_export_is_logged_ahead_and_not_part_of_itself),
	    TEST(each_row_of_the_log_can_be_held_to_its_hash),
	    TEST(what_follows_a_cameras_host_stays_here),
	    TEST(a_head_that_is_not_one_to_sign_is_a_gap),
	    TEST(hostile_names_come_out_as_they_were),
	    TEST(nulls_and_zeroes_are_told_apart),
	    TEST(what_cannot_be_read_is_a_gap_that_is_named),
	    TEST(long_texts_come_whole),
	    TEST(an_account_without_anything_has_an_archive),
	    TEST(N20_the_page_has_words_for_every_kind_of_data),
	    TEST(C12_a_disclosure_is_named_from_when_the_law_lets_it_be),
	    TEST(restricted_and_deleted_accounts_are_exported_too),
	    TEST(it_is_refused_without_rights_words_or_an_account),
	    TEST(C21_C26_the_page_tells_of_rights_and_places),
	    TEST(long_values_come_one_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
