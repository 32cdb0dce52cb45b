/*
 * Deleting, killed at each thing that it does to the disk: there is never a row
 * without its file, nor a file without a row of either kind, and whoever comes
 * next finishes.
 */
#include "discard_help.h"

#include "core/keep.h"
#include "core/log.h"
#include "core/room.h"
#include "kill_help.h"

int __real_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags);
int
__wrap_unlinkat(int at, const char *name, int flags)
{
	int rc;

	step();
	rc = __real_unlinkat(at, name, flags);
	step();
	return rc;
}

#define STILL "media/stills/a/1.jpg"

static void
add_still(void)
{
	static const struct nvr_still_row row = {1, 0, 1, 10, "stills/a/1.jpg",
	    7,
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
	struct nvr_still_row of_gate = row;

	of_gate.camera_id = gate;
	ok(nvr_still_insert(s->store, &of_gate, &err));
	make_file(STILL);
}

/* In the child, which has a connection of its own. */
static int
delete_all(void *ctx)
{
	int n;

	s = NULL;
	reopen();
	arm();
	die_at = *(int *)ctx;
	if (nvr_keep_sweep(s, 10, &n, &err) != 0)
		return 2;
	if (discard_all() != SEGMENTS)
		return 3;
	return 0;
}

/* What the log says that went, of a kind. */
struct logged {
	const char *kind;
	int64_t objects, bytes;
};

static int
add_logged(void *ctx, const struct nvr_log_entry *e)
{
	json_t *detail = json_object_get(e->payload, "detail");
	struct logged *l = ctx;

	if (strcmp(json_string_value(json_object_get(detail, "kind")),
		l->kind) != 0)
		return 0;
	l->objects += json_integer_value(json_object_get(detail, "objects"));
	l->bytes += json_integer_value(json_object_get(detail, "size_bytes"));
	return 0;
}

static void
assert_logged(const char *kind, int64_t objects)
{
	const struct nvr_log_filter f = {.type = "retain.deleted"};
	struct logged l = {.kind = kind};

	ok(nvr_log_each(s, &f, add_logged, &l, &err));
	assert_int_equal(l.objects, objects);
	assert_int_equal(l.bytes, 7 * objects);
}

static int filled, stills; /* how often */

static void
assert_whole(void)
{
	bool kept = count("nvr.db", "SELECT COUNT(*) FROM still", 0) == 1;

	for (int i = 0; i < SEGMENTS; i++) {
		const char *path = path_of(&seg[i]);

		if (has_row(&seg[i]))
			assert_true(is_there(path) && !is_garbage(path));
		else
			assert_true(is_garbage(path) || !is_there(path));
	}
	assert_true(
	    kept ? is_there(STILL) : is_garbage(STILL) || !is_there(STILL));
	assert_totals();
	/* A row that went is on record, whatever became of its file. */
	assert_logged("recordings",
	    filled * SEGMENTS -
		count("nvr.db", "SELECT COUNT(*) FROM segment", 0));
	assert_logged("stills", stills - kept);
}

static void
it_can_be_killed_anywhere_and_the_next_run_finishes(void **state)
{
	int status = -1, n, at;

	(void)state;
	filled = 1;
	for (at = 1; status != 0; at++) {
		if (!is_there(path_of(&seg[0]))) {
			fill();
			filled++;
		}
		if (!is_there(STILL)) {
			add_still();
			stills++;
		}
		shut();
		status = child(delete_all, &at);
		if (status != 0)
			assert_true(
			    WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		reopen();
		assert_whole();
		/* Retention as it runs next: what is due, then what is left. */
		ok(nvr_keep_sweep(s, 10, &n, &err));
		discard_all();
		ok(nvr_room_sweep(s, &err));
		for (int i = 0; i < SEGMENTS; i++)
			assert_false(is_there(path_of(&seg[i])));
		assert_false(is_there(STILL));
		assert_int_equal(
		    count("nvr.db", "SELECT COUNT(*) FROM garbage", 0), 0);
		assert_totals();
		assert_true(at < 500);
	}
	print_message("killed at %d places\n", at - 2);
	/* Rows, nine files, three folders, a still, and their transactions. */
	assert_true(at > 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		it_can_be_killed_anywhere_and_the_next_run_finishes,
		make_filled, unmake),
	};

	return cmocka_run_group_tests_name("discard kill", tests, NULL, NULL);
}
