/* Statements: kept, and prepared anew where there are more than are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/db.h"

#define MANY 1000

/* Each of them is a constant of its own, by its address. */
static char text[MANY][32];
static char dir[] = "/tmp/nvr-test-db-XXXXXX";
static struct nvr_store *st;
static struct nvr_error err;

static int
make(void **state)
{
	char path[64];

	(void)state;
	for (int i = 0; i < MANY; i++)
		snprintf(text[i], sizeof(text[i]), "SELECT %d + ?1", i);
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	return nvr_store_open(path, NVR_STORE_CREATE, &st, &err);
}

static int
end(void **state)
{
	char command[128];

	(void)state;
	nvr_store_close(st);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return (system)(command);
}

static int
kept(void)
{
	int n = 0;

	for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(st->db, s));)
		n++;
	return n;
}

static void
run(int i)
{
	int64_t n = -1;

	if (nvr_db_number(st, text[i], &n, &err, "i", (int64_t)7) != 0)
		fail_msg("%d: %s", i, err.text);
	assert_int_equal(n, i + 7);
}

static void
more_statements_than_are_kept_all_run(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < MANY; i++)
			run(i);
	assert_true(kept() <= NVR_DB_STATEMENTS);
}

static void
one_that_is_used_often_stays_prepared(void **state)
{
	sqlite3_stmt *was;
	struct nvr_query q;

	(void)state;
	assert_int_equal(
	    nvr_db_query(st, &q, text[3], &err, "i", (int64_t)1), 0);
	was = q.stmt;
	nvr_db_done(&q);
	for (int i = 4; i < MANY; i++) {
		run(i);
		run(3);
	}
	assert_int_equal(
	    nvr_db_query(st, &q, text[3], &err, "i", (int64_t)1), 0);
	assert_ptr_equal(q.stmt, was);
	nvr_db_done(&q);
}

/* All at once, and each still has what was bound to it. */
static void
queries_in_queries_keep_their_rows(void **state)
{
	static struct nvr_query q[MANY], same;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(
		    nvr_db_query(st, &q[i], text[i], &err, "i", (int64_t)i), 0);
		assert_int_equal(nvr_db_step(&q[i], &err), 1);
	}
	assert_int_equal(
	    nvr_db_query(st, &same, text[5], &err, "i", (int64_t)90), 0);
	assert_int_equal(nvr_db_step(&same, &err), 1);
	assert_int_equal(nvr_db_int(&same, 0), 95);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(nvr_db_int(&q[i], 0), 2 * i);
		nvr_db_done(&q[i]);
		nvr_db_done(&q[i]);
	}
	nvr_db_done(&same);
	assert_true(kept() <= NVR_DB_STATEMENTS);
	for (int i = 0; i < MANY; i++)
		run(i);
}

static void
a_text_that_is_none_takes_no_place(void **state)
{
	static const char bad[] = "SELEKT 1";
	int n = kept();

	(void)state;
	assert_int_equal(nvr_db_run(st, bad, &err, ""), NVR_E_IO);
	assert_int_equal(nvr_db_run(st, bad, &err, ""), NVR_E_IO);
	assert_int_equal(kept(), n);
	run(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(more_statements_than_are_kept_all_run),
	    cmocka_unit_test(one_that_is_used_often_stays_prepared),
	    cmocka_unit_test(queries_in_queries_keep_their_rows),
	    cmocka_unit_test(a_text_that_is_none_takes_no_place),
	};

	return cmocka_run_group_tests_name("statements", tests, make, end);
}
