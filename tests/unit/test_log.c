/* The security log, and what is done to it behind its back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/time.h"
#include "core/keys.h"
#include "core/log_int.h"
#include "store/db.h"

#define ROWS 20
#define JANE INT64_C(0x1234567)
#define JOE INT64_C(0x1234568)
#define START (INT64_C(1767225600) * NVR_SECOND) /* 2026-01-01 */

static char dir[] = "/tmp/nvr-test-log-XXXXXX";
static struct nvr_state *s;
static struct nvr_error err;
static struct nvr_log_summary sum;
static char said[65536];

static const char *
tester(void)
{
	return "tester";
}

static void
ok(int rc)
{
	if (rc != 0)
		fail_msg("%d %s", rc, err.text);
}

static void
append(int64_t at, int64_t account, const char *type, json_t *detail)
{
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append_at(s, at, account, type, detail, &err));
	ok(nvr_store_commit(s->store, &err));
}

static void
sql(const char *text)
{
	char *why = NULL;

	if (sqlite3_exec(s->store->db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
}

/* A log of 20 rows, a minute each, of two people and the store itself. */
static int
make(void **state)
{
	static const int64_t who[] = {JANE, JOE, 0};

	(void)state;
	sql("DELETE FROM log; DELETE FROM log_tail; DELETE FROM log_mark;"
	    "DELETE FROM erasure; DROP TABLE IF EXISTS kept;"
	    "DROP TABLE IF EXISTS kept_tail");
	ok(nvr_log_know_anew(s, &err));
	for (int i = 0; i < 2; i++) {
		ok(nvr_keys_destroy(s, who[i], &err));
		ok(nvr_keys_add(s, who[i], &err));
	}
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < ROWS; i++)
		ok(nvr_log_append_at(s, START + i * NVR_MINUTE, who[i % 3],
		    "test.row", json_pack("{s:i}", "n", i), &err));
	ok(nvr_store_commit(s->store, &err));
	return 0;
}

static int
make_store(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	s->actor.who = tester;
	return 0;
}

static int
remove_store(void **state)
{
	char command[128];

	(void)state;
	nvr_state_close(s);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return (system)(command);
}

static void
hear(void *ctx, const struct nvr_log_finding *f)
{
	(void)ctx;
	strlcat(said, f->trouble ? "" : "note: ", sizeof(said));
	strlcat(said, f->text, sizeof(said));
	strlcat(said, "\n", sizeof(said));
}

static void
verify_against(const struct nvr_log_head *kept)
{
	const struct nvr_log_watch watch = {.finding = hear};

	said[0] = '\0';
	ok(nvr_log_verify(s, kept, &watch, &sum, &err));
}

static void
expect(const char *want)
{
	verify_against(NULL);
	assert_string_equal(said, want);
}

static void
expect_good(int rows)
{
	expect("");
	assert_int_equal(sum.rows, rows);
	assert_int_equal(sum.troubles, 0);
}

static void
what_was_appended_verifies(void **state)
{
	(void)state;
	expect_good(ROWS);
	assert_int_equal(sum.from, START);
	assert_int_equal(sum.until, START + (ROWS - 1) * NVR_MINUTE);
	assert_int_equal(sum.erased, 0);
	sql("DELETE FROM log; DELETE FROM log_tail");
	expect_good(0);
}

static void
a_changed_row_is_named(void **state)
{
	static const char *const change[] = {
	    "UPDATE log SET at = at + 1 WHERE seq = 17",
	    "UPDATE log SET type = 'test.other' WHERE seq = 17",
	    ("UPDATE log SET type = CAST(x'746573742e726f77ff' AS TEXT)"
	     " WHERE seq = 17"),
	    "UPDATE log SET hash = randomblob(32) WHERE seq = 17",
	};

	(void)state;
	sql("CREATE TABLE kept AS SELECT * FROM log");
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		sql(change[i]);
		expect("row 17 was changed, or row 16 and its hash with it\n");
		sql("DELETE FROM log; INSERT INTO log SELECT * FROM kept");
	}
	sql("UPDATE log SET commitment = randomblob(32) WHERE seq = 17");
	expect("row 17 was changed: its payload is not what was sealed "
	       "there\n");
}

static void
a_changed_payload_is_named(void **state)
{
	static const char says[] = "row 5 was changed: its payload is not "
				   "what was sealed there\n";

	(void)state;
	sql("CREATE TABLE kept AS SELECT * FROM log");
	sql("UPDATE log SET sealed = randomblob(200) WHERE seq = 5");
	expect(says);
	sql("UPDATE log SET sealed = x'01' WHERE seq = 5");
	expect(says);
	sql("UPDATE log SET sealed = zeroblob(20000000) WHERE seq = 5");
	expect(says);
	sql("UPDATE log SET sealed = (SELECT sealed FROM kept WHERE seq = 8)"
	    " WHERE seq = 5");
	expect(says);
	sql("UPDATE log SET sealed = NULL WHERE seq = 5");
	expect("row 5 lost its payload\n");
	sql("UPDATE log SET account_id = 0 WHERE seq = 5");
	expect("row 5 lost its payload\n");
	/* Anyone could have written that. */
	sql("INSERT INTO erasure SELECT account_id, 1, "
	    "zeroblob(32) FROM log WHERE seq = 4");
	sql("INSERT INTO erasure SELECT account_id, 1, "
	    "zeroblob(32) FROM log WHERE seq = 8");
	sql("UPDATE log SET sealed = NULL, account_id = 0 WHERE seq IN"
	    " (4, 8, 9)");
	expect("rows 4 to 5 lost their payloads\n"
	       "rows 8 to 9 lost their payloads\n");
}

static void
a_row_given_to_another_account_is_named(void **state)
{
	char text[128];

	(void)state;
	snprintf(text, sizeof(text),
	    "UPDATE log SET account_id = %lld WHERE seq = 4", (long long)JOE);
	sql(text);
	expect("row 4 was changed: its payload is not what was sealed "
	       "there\n");
	sql("UPDATE log SET account_id = 0 WHERE seq = 4");
	expect("row 4 was changed: its payload is not what was sealed "
	       "there\n");
	sql("UPDATE log SET account_id = 99 WHERE seq = 4");
	expect("row 4 was changed: its account has no key, and was not "
	       "erased\n");
}

static void
missing_rows_are_named(void **state)
{
	(void)state;
	sql("DELETE FROM log WHERE seq BETWEEN 5 AND 7 OR seq = 12");
	expect("rows 5 to 7 are missing\nrow 12 is missing\n");
	sql("DELETE FROM log WHERE seq < 5");
	expect("rows 1 to 7 are missing\nrow 12 is missing\n");
	sql("DELETE FROM log WHERE seq > 17");
	expect("rows 1 to 7 are missing\nrow 12 is missing\n"
	       "the last 3 rows are cut off: the tail says 20\n");
	sql("DELETE FROM log");
	expect("the last 20 rows are cut off: the tail says 20\n");
}

static void
rows_cut_off_at_the_end_stay_missed_when_it_goes_on(void **state)
{
	(void)state;
	sql("DELETE FROM log WHERE seq = 20");
	expect("the last row is cut off: the tail says 20\n");
	append(START + NVR_HOUR, JANE, "test.row", NULL);
	expect("row 20 is missing\nrow 21 tells that the log did not end "
	       "where it was written last\n");
}

static void
a_tail_that_was_written_to_fit_is_found_and_stays_found(void **state)
{
	(void)state;
	sql("DELETE FROM log WHERE seq > 17; UPDATE log_tail SET seq = 17,"
	    " hash = (SELECT hash FROM log WHERE seq = 17)");
	expect("the tail of the log, which says 17, was not written with this "
	       "store's key\n");
	append(START + NVR_HOUR, JANE, "test.row", NULL);
	expect("row 18 tells that the log did not end where it was written "
	       "last\n");
	sql("DELETE FROM log_tail");
	expect("row 18 tells that the log did not end where it was written "
	       "last\nthe tail of the log is gone\n");
	append(START + NVR_HOUR, JANE, "test.row", NULL);
	expect("row 18 tells that the log did not end where it was written "
	       "last\nrow 20 tells that the log did not end where it was "
	       "written last\n");
}

static void
rows_behind_the_tail_are_named(void **state)
{
	(void)state;
	sql("DELETE FROM log_tail;"
	    "INSERT INTO log_tail (id, seq, hash, mac) VALUES (1,"
	    " 9223372036854775807, zeroblob(32), zeroblob(32))");
	expect("the tail of the log, which says 9223372036854775807, was not "
	       "written with this store's key\n");
	sql("INSERT INTO log SELECT 9223372036854775807, account_id, at, type,"
	    " sealed, commitment, hash FROM log WHERE seq = 20");
	ok(nvr_store_begin(s->store, &err));
	assert_int_equal(
	    nvr_log_append(s, JANE, "test.row", NULL, &err), NVR_E_DATA);
	nvr_store_rollback(s->store);
	verify_against(NULL);
	assert_non_null(strstr(said, "row 9223372036854775807 was inserted"));
}

static void
exchanged_rows_are_named(void **state)
{
	(void)state;
	sql("UPDATE log SET seq = 1000 WHERE seq = 8;"
	    "UPDATE log SET seq = 8 WHERE seq = 9;"
	    "UPDATE log SET seq = 9 WHERE seq = 1000");
	expect("row 9 stands where row 8 was: swapped\n"
	       "row 8 stands where row 9 was: swapped\n");
	sql("UPDATE log SET seq = 1000 WHERE seq = 3;"
	    "UPDATE log SET seq = 3 WHERE seq = 15;"
	    "UPDATE log SET seq = 15 WHERE seq = 1000");
	expect("row 15 stands where row 3 was: swapped\n"
	       "row 9 stands where row 8 was: swapped\n"
	       "row 8 stands where row 9 was: swapped\n"
	       "row 3 stands where row 15 was: swapped\n");
}

/* What somebody can do who has the program, but not the keys. */
static void
chain_anew(void)
{
	static const char PUT[] = "UPDATE log SET hash = ?1 WHERE seq = ?2";
	static const char GET[] =
	    "SELECT seq, at, type, commitment FROM log ORDER BY seq";
	uint8_t prev[NVR_LOG_HASH] = {0};
	struct nvr_log_row row = {0};
	struct nvr_query q;
	size_t len;
	int rc = nvr_db_query(s->store, &q, GET, &err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, &err)) == 1) {
		row.seq = nvr_db_int(&q, 0);
		row.at = nvr_db_int(&q, 1);
		row.type = nvr_db_text(&q, 2);
		memcpy(row.commitment, nvr_db_blob(&q, 3, &len), NVR_LOG_HASH);
		ok(nvr_log_hash(NULL, prev, row.seq, &row, row.hash, &err));
		memcpy(prev, row.hash, sizeof(prev));
		ok(nvr_db_run(s->store, PUT, &err, "bi", row.hash,
		    sizeof(row.hash), row.seq));
		rc = 0;
	}
	nvr_db_done(&q);
}

static void
make_room(void)
{
	sql("UPDATE log SET seq = seq + 1000 WHERE seq >= 12;"
	    "UPDATE log SET seq = seq - 999 WHERE seq > 1000;"
	    "INSERT INTO log SELECT 12, account_id, at, 'test.false', sealed,"
	    " commitment, hash FROM log WHERE seq = 11");
}

static void
close_up(void)
{
	sql("DELETE FROM log WHERE seq = 5;"
	    "UPDATE log SET seq = seq + 1000 WHERE seq > 5;"
	    "UPDATE log SET seq = seq - 1001 WHERE seq > 1000");
}

static void
an_inserted_row_is_named(void **state)
{
	(void)state;
	make_room();
	expect("row 12 was inserted\n");
}

static void
a_row_inserted_into_a_chain_made_anew_is_named(void **state)
{
	(void)state;
	make_room();
	chain_anew();
	expect("row 12 was inserted: the chain was made anew behind that\n"
	       "row 21 was inserted: the tail says 20\n");
	sql("DELETE FROM log_tail");
	verify_against(NULL);
	assert_non_null(strstr(said, "the tail of the log is gone"));
}

static void
a_row_taken_out_of_rows_numbered_anew_is_named(void **state)
{
	(void)state;
	close_up();
	expect("row 5 is missing: those behind it were numbered anew\n");
	chain_anew();
	expect("row 5 is missing: the chain was made anew behind that\n"
	       "the last row is cut off: the tail says 20\n");
}

static void
a_changed_time_in_a_chain_made_anew_is_found_by_the_tail(void **state)
{
	(void)state;
	sql("UPDATE log SET at = at - 1000 WHERE seq = 10");
	chain_anew();
	expect("row 20 is not the one that the tail was written for: the "
	       "chain was made anew\n");
}

static void
swapped_rows_in_a_chain_made_anew_are_named(void **state)
{
	(void)state;
	sql("UPDATE log SET seq = 1000 WHERE seq = 8;"
	    "UPDATE log SET seq = 8 WHERE seq = 9;"
	    "UPDATE log SET seq = 9 WHERE seq = 1000");
	chain_anew();
	expect("row 20 is not the one that the tail was written for: the "
	       "chain was made anew\n"
	       "row 9 stands where row 8 was: swapped\n"
	       "row 8 stands where row 9 was: swapped\n");
}

static void
an_older_state_put_back_is_found_by_a_kept_head(void **state)
{
	struct nvr_log_head kept;
	struct nvr_buf head = {0};

	(void)state;
	sql("CREATE TABLE kept AS SELECT * FROM log;"
	    "CREATE TABLE kept_tail AS SELECT * FROM log_tail");
	append(START + NVR_HOUR, JANE, "test.row", NULL);
	ok(nvr_log_head(s, &head, &err));
	ok(nvr_log_head_parse(head.data, &kept, &err));
	assert_int_equal(kept.seq, 21);
	verify_against(&kept);
	assert_string_equal(said, "");
	assert_int_equal(sum.heads, 1);
	sql("DELETE FROM log; INSERT INTO log SELECT * FROM kept;"
	    "DELETE FROM log_tail; INSERT INTO log_tail SELECT * FROM"
	    " kept_tail; DELETE FROM log_mark");
	/* keys.db knows of it, unless that was put back as well. */
	verify_against(NULL);
	assert_non_null(strstr(said, "at row 21, is not of this chain: the "
				     "chain ends at row 20\n"));
	assert_int_equal(nvr_log_sound(s, &err), NVR_E_DATA);
	ok(nvr_log_know_anew(s, &err));
	ok(nvr_log_sound(s, &err));
	expect_good(20);
	verify_against(&kept);
	assert_non_null(strstr(said, "at row 21, is not of this chain: the "
				     "chain ends at row 20\n"));
	/* Another row in its place, with the keys of the store. */
	append(START + NVR_HOUR, JOE, "test.row", NULL);
	expect_good(21);
	verify_against(&kept);
	assert_non_null(strstr(said, "at row 21, is not of this chain: it was "
				     "signed of another row 21\n"));
	nvr_buf_release(&head);
}

static void
a_head_that_is_not_ours_is_named(void **state)
{
	struct nvr_buf head = {0}, mail = {0};
	struct nvr_log_head kept;
	char *p;

	(void)state;
	ok(nvr_log_head(s, &head, &err));
	/* As a mail program may save it. */
	ok(nvr_buf_addf(&mail, &err, "To: x\r\n\r\nnvr log head\r\nnvr log "));
	for (p = head.data + 8; *p != '\0'; p++)
		ok(nvr_buf_addf(
		    &mail, &err, "%s%c", *p == '\n' ? "\r" : "", *p));
	ok(nvr_buf_addf(&mail, &err, "-- \r\nbye\r\n"));
	ok(nvr_log_head_parse(mail.data, &kept, &err));
	verify_against(&kept);
	assert_string_equal(said, "");
	kept.hash[0] ^= 1;
	verify_against(&kept);
	assert_non_null(strstr(said, "is not signed with this store's key"));
	kept.store[0] = 'x';
	verify_against(&kept);
	assert_non_null(strstr(said, "is of another store"));
	sql("UPDATE log_mark SET at = at + 1000");
	verify_against(NULL);
	assert_non_null(strstr(said, "is not signed with this store's key"));
	for (size_t i = 0; i + 1 < head.len; i++) {
		char c = head.data[i];

		head.data[i] = '\0';
		if (nvr_log_head_parse(head.data, &kept, &err) == 0)
			fail_msg("cut at %zu it is a head", i);
		head.data[i] = c;
	}
	nvr_buf_release(&head);
	nvr_buf_release(&mail);
}

static void
a_broken_end_is_not_signed(void **state)
{
	struct nvr_buf head = {0};

	(void)state;
	sql("DELETE FROM log WHERE seq = 20");
	assert_int_equal(nvr_log_head(s, &head, &err), NVR_E_DATA);
	sql("DELETE FROM log; DELETE FROM log_tail");
	assert_int_equal(nvr_log_head(s, &head, &err), NVR_E_NOENT);
	assert_int_equal(head.len, 0);
	nvr_buf_release(&head);
}

/* As the next program finds it. */
static void
reopen(void)
{
	nvr_state_close(s);
	ok(nvr_state_open(dir, 0, &s, &err));
	s->actor.who = tester;
}

static void
a_log_that_is_wiped_away_is_missed(void **state)
{
	(void)state;
	reopen();
	sql("DELETE FROM log; DELETE FROM log_tail");
	verify_against(NULL);
	assert_non_null(strstr(said, "the log is gone: there was one at 20"));
	assert_int_equal(nvr_log_sound(s, &err), NVR_E_DATA);
	append(START + NVR_HOUR, JANE, "test.row", NULL);
	append(START + NVR_HOUR, JANE, "test.row", NULL);
	verify_against(NULL);
	assert_string_equal(said,
	    "row 1 tells that the log did not end where it was written last\n");
	assert_int_equal(sum.rows, 3);
}

/* What was rolled back is no log that could be missed. */
static void
a_first_row_that_was_never_committed_is_not_missed(void **state)
{
	(void)state;
	sql("DELETE FROM log; DELETE FROM log_tail");
	ok(nvr_log_know_anew(s, &err));
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(s, JANE, "test.row", NULL, &err));
	reopen();
	expect_good(0);
}

static void
marks_taken_away_with_what_is_behind_are_missed(void **state)
{
	struct nvr_buf head = {0};

	(void)state;
	ok(nvr_log_head(s, &head, &err));
	nvr_buf_release(&head);
	append(START + NVR_HOUR, JOE, "test.row", NULL);
	expect_good(21);
	sql("DELETE FROM log_mark");
	expect_good(21);
	sql("DELETE FROM log; DELETE FROM log_tail");
	append(START + NVR_HOUR, JOE, "test.row", NULL);
	verify_against(NULL);
	assert_non_null(strstr(said, "at row 20, is not of this chain"));
}

static void
erase(int64_t account)
{
	char text[256];
	bool always = true;
	int more;

	snprintf(text, sizeof(text),
	    "INSERT INTO erasure VALUES (%lld, 1, zeroblob(32))",
	    (long long)account);
	sql(text);
	do {
		ok(nvr_store_begin(s->store, &err));
		more = nvr_log_erase(s, account, always, &err);
		assert_in_range(more, 0, 1);
		ok(nvr_store_commit(s->store, &err));
		always = false;
	} while (more == 1);
}

static void
an_erased_account_leaves_a_chain_that_verifies(void **state)
{
	(void)state;
	erase(JANE);
	ok(nvr_keys_destroy(s, JANE, &err));
	expect_good(ROWS + 1);
	assert_int_equal(sum.erased, 7);
	/* The key goes first, then the rows. */
	ok(nvr_keys_destroy(s, JOE, &err));
	sql("INSERT INTO erasure VALUES (19088744, 1, zeroblob(32))");
	expect_good(ROWS + 1);
	assert_int_equal(sum.erased, 14);
	sql("DELETE FROM log WHERE seq = 4");
	expect("row 4 is missing\n");
}

static void
an_erasure_hides_no_other_rows(void **state)
{
	(void)state;
	erase(JANE);
	sql("UPDATE log SET sealed = NULL, account_id = 0 WHERE seq < 6");
	expect("rows 2 to 3 lost their payloads\n"
	       "row 5 lost its payload\n");
	assert_int_equal(sum.erased, 7);
	/* What told of the erasure, too. */
	sql("UPDATE log SET sealed = NULL, account_id = 0");
	expect("rows 1 to 21 lost their payloads\n");
	assert_int_equal(sum.erased, 0);
}

static void
what_comes_back_of_the_erased_is_named(void **state)
{
	(void)state;
	sql("CREATE TABLE kept AS SELECT * FROM log");
	erase(JANE);
	ok(nvr_keys_destroy(s, JANE, &err));
	expect_good(ROWS + 1);
	sql("UPDATE log SET (sealed, account_id) = (SELECT sealed, account_id"
	    " FROM kept WHERE seq = 4) WHERE seq = 4");
	expect("row 4 has a payload that was erased\n");
}

static void
long_erasures_are_told_in_several_rows(void **state)
{
	int64_t n = 0;

	(void)state;
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < 6000; i++)
		ok(nvr_log_append_at(s, START + NVR_HOUR, i % 2 ? JOE : JANE,
		    "test.row", NULL, &err));
	ok(nvr_store_commit(s->store, &err));
	erase(JANE);
	ok(nvr_db_number(s->store,
	    "SELECT COUNT(*) FROM log WHERE type = 'account.erased'", &n, &err,
	    ""));
	assert_true(n > 1 && n < 5);
	expect_good(ROWS + 6000 + (int)n);
	assert_int_equal(sum.erased, 3007);
	/* Pruned with some of what they tell of, they tell of the rest. */
	ok(nvr_log_prune(s, START + NVR_HOUR, false, &n, &err));
	expect("");
	sql("UPDATE log SET sealed = NULL WHERE seq = 6016");
	expect("row 6016 lost its payload\n");
}

static void
pruning_leaves_a_mark_that_the_chain_hangs_on(void **state)
{
	struct nvr_buf head = {0};
	int64_t n = -1;

	(void)state;
	ok(nvr_log_head(s, &head, &err));
	ok(nvr_log_prune(s, START, false, &n, &err));
	assert_int_equal(n, 0);
	ok(nvr_log_prune(s, START + 5 * NVR_MINUTE, true, &n, &err));
	assert_int_equal(n, 5);
	expect_good(20);
	ok(nvr_log_prune(s, START + 5 * NVR_MINUTE, false, &n, &err));
	assert_int_equal(n, 5);
	expect_good(16);
	assert_int_equal(sum.from, START + 5 * NVR_MINUTE);
	ok(nvr_log_prune(s, START + NVR_DAY, false, &n, &err));
	assert_int_equal(n, 15);
	expect_good(2);
	ok(nvr_db_number(
	    s->store, "SELECT count(*) FROM log_mark", &n, &err, ""));
	assert_int_equal(n, 2); /* the head of row 20, which is the last gone */
	sql("DELETE FROM log WHERE seq = 21");
	expect("row 21 is missing\n");
	sql("UPDATE log_mark SET hash = zeroblob(32) WHERE kind = 'pruned'");
	verify_against(NULL);
	assert_non_null(strstr(said, "the mark of pruning"));
	assert_non_null(strstr(said, "rows 1 to 21 are missing"));
	nvr_buf_release(&head);
}

static void
rows_put_back_ahead_of_the_mark_are_named(void **state)
{
	int64_t n;

	(void)state;
	sql("CREATE TABLE kept AS SELECT * FROM log WHERE seq = 3");
	ok(nvr_log_prune(s, START + 5 * NVR_MINUTE, false, &n, &err));
	sql("INSERT INTO log SELECT * FROM kept");
	expect("row 3 stands ahead of where the log was pruned\n");
}

static void
a_clock_that_ran_back_is_a_note(void **state)
{
	(void)state;
	append(START + 19 * NVR_MINUTE - NVR_HOUR, JANE, "test.row", NULL);
	expect("note: the clock ran back by 1h ahead of row 21\n");
	assert_int_equal(sum.troubles, 0);
}

static void
clocks_that_were_wrong_neither_stop_pruning_nor_drop_all(void **state)
{
	static const int64_t year = 365 * NVR_DAY;
	int64_t n = -1;

	(void)state;
	/* The first row is of 2099; so is one that is not to go. */
	sql("DELETE FROM log; DELETE FROM log_tail");
	append(START + 73 * year, JANE, "test.row", NULL);
	for (int i = 0; i < 10; i++)
		append(START + i * NVR_DAY, JANE, "test.row", NULL);
	append(START + 73 * year, JANE, "test.row", NULL);
	append(START + 10 * NVR_DAY, JANE, "test.row", NULL);
	/* The last is of 1970: it makes no others old. */
	append(NVR_DAY, JANE, "test.row", NULL);
	ok(nvr_log_prune(s, START, false, &n, &err));
	assert_int_equal(n, 0);
	ok(nvr_log_prune(s, START + 3 * NVR_DAY, false, &n, &err));
	assert_int_equal(n, 4);
	ok(nvr_log_prune(s, START + 10 * NVR_DAY, false, &n, &err));
	assert_int_equal(n, 7);
	verify_against(NULL);
	assert_int_equal(sum.troubles, 0);
}

static int
show(void *ctx, const struct nvr_log_entry *e)
{
	char *text = e->payload != NULL
			 ? json_dumps(e->payload, JSON_COMPACT | JSON_SORT_KEYS)
			 : NULL;
	char line[1024];

	(void)ctx;
	snprintf(line, sizeof(line), "%d %s %d %s\n", (int)e->seq, e->type,
	    (int)e->state, text != NULL ? text : "");
	strlcat(said, line, sizeof(said));
	free(text);
	return 0;
}

static void
list(struct nvr_log_filter f)
{
	said[0] = '\0';
	ok(nvr_log_each(s, &f, show, NULL, &err));
}

static void
rows_are_listed_by_account_time_and_type(void **state)
{
	char id[NVR_ID_TEXT], want[256];

	(void)state;
	append(START + NVR_HOUR, JOE, "other.row", NULL);
	list((struct nvr_log_filter){.limit = 1});
	snprintf(want, sizeof(want),
	    "21 other.row 0 {\"account\":\"%s\",\"who\":\"tester\"}\n",
	    nvr_id_format(JOE, id));
	assert_string_equal(said, want);
	list((struct nvr_log_filter){.account = JANE, .limit = 2});
	nvr_id_format(JANE, id);
	snprintf(want, sizeof(want),
	    "16 test.row 0 {\"account\":\"%s\",\"detail\":{\"n\":15},\"who\":"
	    "\"tester\"}\n"
	    "19 test.row 0 {\"account\":\"%s\",\"detail\":{\"n\":18},\"who\":"
	    "\"tester\"}\n",
	    id, id);
	assert_string_equal(said, want);
	list((struct nvr_log_filter){.type = "other."});
	assert_ptr_equal(strstr(said, "21 "), said);
	list((struct nvr_log_filter){
	    .since = START + 2 * NVR_MINUTE, .until = START + 3 * NVR_MINUTE});
	assert_string_equal(said, "3 test.row 0 {\"detail\":{\"n\":2},\"who\":"
				  "\"tester\"}\n");
}

static void
rows_that_do_not_open_do_not_stop_the_list(void **state)
{
	(void)state;
	erase(JANE);
	sql("UPDATE log SET sealed = randomblob(99) WHERE seq = 18");
	sql("UPDATE log SET sealed = NULL WHERE seq = 17");
	list((struct nvr_log_filter){.limit = 5});
	assert_non_null(strstr(said, "17 test.row 3 \n"));
	assert_non_null(strstr(said, "18 test.row 2 \n19 test.row 1 \n20 "));
}

static void
rows_of_the_erased_are_listed_as_such(void **state)
{
	(void)state;
	erase(JANE);
	sql("UPDATE log SET account_id = 0 WHERE sealed IS NULL");
	list((struct nvr_log_filter){.limit = 3});
	assert_ptr_equal(strstr(said, "19 test.row 1 \n20 "), said);
}

static void
hostile_types_and_texts_are_bounded(void **state)
{
	static const char *const bad[] = {"", "Upper", "a b", "a\tb", "a'b",
	    "\xff", "a\xe2\x80\xae",
	    ("0123456789012345678901234567890123456789"
	     "0123456789012345678901234")};
	char agent[5000];
	char *big = calloc(1, NVR_LOG_DETAIL + 1);

	(void)state;
	ok(nvr_store_begin(s->store, &err));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(nvr_log_append(s, JANE, bad[i],
				     json_pack("{s:i}", "n", 1), &err),
		    NVR_E_BUG);
	memset(big, 'x', NVR_LOG_DETAIL);
	assert_int_equal(nvr_log_append(s, JANE, "test.row",
			     json_pack("{s:s}", "text", big), &err),
	    NVR_E_USAGE);
	nvr_store_rollback(s->store);
	free(big);
	memset(agent, 'y', sizeof(agent));
	agent[sizeof(agent) - 1] = '\0';
	memcpy(agent, "\x1b[31m\xff\xe2\x80\xae\n\"", 11);
	s->actor.agent = agent;
	append(START + NVR_HOUR, JANE, "test.row", NULL);
	s->actor.agent = NULL;
	expect_good(ROWS + 1);
	list((struct nvr_log_filter){.limit = 1});
	assert_null(strpbrk(said, "\x1b\xff"));
	assert_non_null(strstr(said, "\"agent\":\"?[31m"));
	assert_true(strlen(said) < 700);
}

static void
outside_a_transaction_nothing_is_appended(void **state)
{
	(void)state;
	assert_int_equal(
	    nvr_log_append(s, 0, "test.row", NULL, &err), NVR_E_BUG);
	expect_good(ROWS);
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(s, 0, "test.row", NULL, &err));
	nvr_store_rollback(s->store);
	expect_good(ROWS);
}

static void
every_row_changed_is_said_without_end(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		append(START + NVR_HOUR, JANE, "test.row", NULL);
	sql("UPDATE log SET sealed = randomblob(100), hash = randomblob(32),"
	    " commitment = x'' WHERE seq > 0 AND 0");
	sql("PRAGMA ignore_check_constraints = 1; UPDATE log SET sealed ="
	    " randomblob(100), hash = randomblob(32), commitment = x'01'");
	verify_against(NULL);
	assert_int_equal(sum.rows, 120);
	assert_true(sum.troubles >= 120);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, make)
	const struct CMUnitTest tests[] = {
	    T(what_was_appended_verifies),
	    T(a_changed_row_is_named),
	    T(a_changed_payload_is_named),
	    T(a_row_given_to_another_account_is_named),
	    T(missing_rows_are_named),
	    T(rows_cut_off_at_the_end_stay_missed_when_it_goes_on),
	    T(a_tail_that_was_written_to_fit_is_found_and_stays_found),
	    T(rows_behind_the_tail_are_named),
	    T(exchanged_rows_are_named),
	    T(an_inserted_row_is_named),
	    T(a_row_inserted_into_a_chain_made_anew_is_named),
	    T(a_row_taken_out_of_rows_numbered_anew_is_named),
	    T(a_changed_time_in_a_chain_made_anew_is_found_by_the_tail),
	    T(swapped_rows_in_a_chain_made_anew_are_named),
	    T(an_older_state_put_back_is_found_by_a_kept_head),
	    T(a_head_that_is_not_ours_is_named),
	    T(a_broken_end_is_not_signed),
	    T(a_log_that_is_wiped_away_is_missed),
	    T(a_first_row_that_was_never_committed_is_not_missed),
	    T(marks_taken_away_with_what_is_behind_are_missed),
	    T(an_erased_account_leaves_a_chain_that_verifies),
	    T(an_erasure_hides_no_other_rows),
	    T(what_comes_back_of_the_erased_is_named),
	    T(long_erasures_are_told_in_several_rows),
	    T(clocks_that_were_wrong_neither_stop_pruning_nor_drop_all),
	    T(pruning_leaves_a_mark_that_the_chain_hangs_on),
	    T(rows_put_back_ahead_of_the_mark_are_named),
	    T(a_clock_that_ran_back_is_a_note),
	    T(rows_are_listed_by_account_time_and_type),
	    T(rows_that_do_not_open_do_not_stop_the_list),
	    T(rows_of_the_erased_are_listed_as_such),
	    T(hostile_types_and_texts_are_bounded),
	    T(outside_a_transaction_nothing_is_appended),
	    T(every_row_changed_is_said_without_end),
	};
	return cmocka_run_group_tests_name(
	    "log", tests, make_store, remove_store);
}
