/* The security log. */
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
#include "core/keys.h"
#include "core/log_int.h"

static char dir[] = "/tmp/nvr-test-log-XXXXXX";
static struct nvr_state *s;
static struct nvr_error err;

static void
ok(int rc)
{
	if (rc != 0)
		fail_msg("%s", err.text);
}

static void
a_row_is_appended_in_a_transaction(void **state)
{
	struct nvr_log_end tail, last;

	(void)state;
	assert_int_equal(
	    nvr_log_append(s, 0, "store.made", NULL, &err), NVR_E_BUG);
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(s, 0, "store.made", json_pack("{s:i}", "n", 1), &err));
	ok(nvr_log_append(s, 0, "store.made", NULL, &err));
	ok(nvr_store_commit(s->store, &err));
	ok(nvr_log_tail(s->store, &tail, &err));
	ok(nvr_log_last(s->store, &last, &err));
	assert_int_equal(tail.seq, 2);
	assert_int_equal(last.seq, 2);
	assert_memory_equal(tail.hash, last.hash, sizeof(last.hash));
}

static int
make(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ||
	       nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_row_is_appended_in_a_transaction),
	};
	return cmocka_run_group_tests(tests, make, NULL);
}
