/* Deleting files: what goes, what stays, and what is never touched. */
#include "discard_help.h"

#include <errno.h>
#include <sys/wait.h>

#include "core/keep.h"
#include "core/retain.h"
#include "core/room.h"
#include "store/event.h"

#define NOBODY 65534

static bool failing; /* fsync, as on a dying disk */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int
__wrap_fsync(int fd)
{
	if (!failing)
		return __real_fsync(fd);
	errno = EIO;
	return -1;
}

/* None is free, and what lies here would do. */
static struct nvr_rules rules;

int __wrap_nvr_room_free(
    struct nvr_state *st, int64_t *ret, struct nvr_error *e);
int
__wrap_nvr_room_free(struct nvr_state *st, int64_t *ret, struct nvr_error *e)
{
	(void)st, (void)e;
	*ret = 0;
	return 0;
}

static void
set_floor(int64_t bytes)
{
	rules.keep.floor = bytes;
	s->rules = &rules;
}

static int racing; /* that many folders go once they were made */

int __real_nvr_dir_make(const char *path, mode_t mode, struct nvr_error *e);
int __wrap_nvr_dir_make(const char *path, mode_t mode, struct nvr_error *e);
int
__wrap_nvr_dir_make(const char *path, mode_t mode, struct nvr_error *e)
{
	int rc = __real_nvr_dir_make(path, mode, e);

	if (rc == 0 && racing > 0) {
		assert_int_equal(rmdir(path), 0);
		racing--;
	}
	return rc;
}

static int
garbage(void)
{
	return (int)count("nvr.db", "SELECT COUNT(*) FROM garbage", 0);
}

static void
run_sql(const char *sql)
{
	sqlite3 *db = raw("nvr.db");

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void
discard(const char *path)
{
	ok(nvr_garbage_add(s->store, path, 1, &err));
}

static void
rows_files_and_days_go_together(void **state)
{
	char stream[PATH_MAX];

	(void)state;
	strlcpy(stream, day_of(&seg[0]), sizeof(stream));
	*strrchr(stream, '/') = '\0';
	/* In whatever order they are asked for. */
	struct nvr_segment first = seg[0];
	seg[0] = seg[SEGMENTS - 1];
	seg[SEGMENTS - 1] = first;
	assert_int_equal(discard_all(), SEGMENTS);
	for (int i = 0; i < SEGMENTS; i++) {
		assert_false(has_row(&seg[i]));
		assert_false(is_there(path_of(&seg[i])));
		assert_int_not_equal(access(day_of(&seg[i]), F_OK), 0);
	}
	assert_int_equal(access(stream, F_OK), 0);
	assert_int_equal(garbage(), 0);
	assert_int_equal(failures, 0);
	assert_totals();
	/* They are gone already. */
	assert_int_equal(discard_all(), 0);
	assert_totals();
}

static void
a_hold_that_came_in_between_keeps_rows_and_files(void **state)
{
	const struct nvr_hold h = {.id = nvr_id_new(),
	    .camera_id = gate,
	    .since = seg[4].start_at + 1,
	    .until = seg[4].end_at - 1,
	    .why = "court",
	    .held_by = "jane",
	    .held_at = 1};

	(void)state;
	ok(nvr_hold_add(s->store, &h, &err));
	assert_int_equal(discard_all(), SEGMENTS - 1);
	assert_false(gone[4]);
	assert_true(has_row(&seg[4]) && is_there(path_of(&seg[4])));
	assert_int_equal(garbage(), 0);
	assert_totals();
}

/* The folder is moved out of the store, and a link put in its place. */
static void
move_out(const char *folder, char out[PATH_MAX])
{
	full_path("outside", out);
	assert_int_equal(rename(folder, out), 0);
	assert_int_equal(symlink(out, folder), 0);
}

static void
a_linked_day_is_not_followed(void **state)
{
	char out[PATH_MAX], file[PATH_MAX];

	(void)state;
	move_out(day_of(&seg[3]), out);
	assert_int_equal(discard_all(), SEGMENTS - PER_DAY);
	assert_int_equal(failures, PER_DAY);
	assert_non_null(strstr(why.text, "not followed"));
	for (int i = 0; i < SEGMENTS; i++) {
		bool stays = i / PER_DAY == 1;

		assert_int_equal(gone[i], !stays);
		assert_int_equal(has_row(&seg[i]), stays);
	}
	snprintf(file, sizeof(file), "outside/%s",
	    strrchr(path_of(&seg[3]), '/') + 1);
	assert_true(is_there(file));
	/* Nor where only the garbage row is left. */
	discard(path_of(&seg[3]));
	assert_int_equal(sweep(), 0);
	assert_true(is_there(file) && is_garbage(path_of(&seg[3])));
	assert_totals();
}

static void
no_linked_folder_above_it_is_followed(void **state)
{
	char folder[PATH_MAX], out[PATH_MAX];

	(void)state;
	full_path("media/footage", folder);
	move_out(folder, out);
	assert_int_equal(discard_all(), 0);
	assert_int_equal(failures, SEGMENTS);
	for (int i = 0; i < SEGMENTS; i++) {
		snprintf(folder, sizeof(folder), "outside/%s",
		    path_of(&seg[i]) + strlen("media/footage/"));
		assert_true(is_there(folder));
	}
}

static void
the_media_folder_may_be_a_link(void **state)
{
	char media[PATH_MAX], out[PATH_MAX];

	(void)state;
	full_path("media", media);
	move_out(media, out);
	assert_int_equal(discard_all(), SEGMENTS);
	assert_true(is_there("outside/nvr-media"));
}

static void
a_link_goes_and_what_it_points_to_stays(void **state)
{
	char file[PATH_MAX], target[PATH_MAX];

	(void)state;
	for (int i = 0; i < 2; i++) {
		full_path(path_of(&seg[i]), file);
		full_path(i == 0 ? "precious" : "not-there", target);
		assert_int_equal(unlink(file), 0);
		assert_int_equal(symlink(target, file), 0);
	}
	make_file("precious");
	assert_int_equal(discard_all(), SEGMENTS);
	assert_true(is_there("precious"));
	assert_false(is_there(path_of(&seg[0])) || is_there(path_of(&seg[1])));
}

static void
what_is_open_or_gone_already_goes(void **state)
{
	char file[PATH_MAX], text[8] = "";
	int fd;

	(void)state;
	full_path(path_of(&seg[0]), file);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	full_path(path_of(&seg[1]), file);
	unlink(file);
	for (int i = 3; i < 6; i++) { /* the whole day */
		full_path(path_of(&seg[i]), file);
		unlink(file);
	}
	assert_int_equal(rmdir(day_of(&seg[3])), 0);
	assert_int_equal(discard_all(), SEGMENTS);
	assert_int_equal(failures, 0);
	assert_int_equal(garbage(), 0);
	assert_int_equal(read(fd, text, 7), 7); /* who plays it reads on */
	assert_string_equal(text, "footage");
	close(fd);
}

/* Becomes nobody, who may write to all folders but that of the second day. */
static void
become_nobody(void)
{
	static const char *const open[] = {"", "media", "media/footage"};
	char path[PATH_MAX];

	full_path("media/nvr-media", path);
	chmod(path, 0644);
	for (size_t i = 0; i < 3; i++) {
		full_path(open[i], path);
		chmod(path, 0755);
	}
	for (int i = 0; i < DAYS; i++)
		chmod(day_of(&seg[i * PER_DAY]), i == 1 ? 0555 : 0777);
	if (getuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
}

static void
a_folder_without_permission_stays_and_the_others_go(void **state)
{
	char old[NVR_SEGMENT_PATH + 4];
	int n;

	(void)state;
	snprintf(old, sizeof(old), "%s.old", path_of(&seg[5]));
	discard(old);
	become_nobody();
	n = discard_all();
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	chmod(day_of(&seg[3]), 0755);
	assert_int_equal(n, SEGMENTS - PER_DAY);
	assert_int_equal(failures, PER_DAY);
	assert_int_equal(why.code, NVR_E_PERMISSION);
	for (int i = 0; i < SEGMENTS; i++)
		assert_int_equal(has_row(&seg[i]), i / PER_DAY == 1);
	assert_totals();
	assert_int_equal(sweep(), 1);
}

static void
one_bad_folder_does_not_keep_room_from_being_made(void **state)
{
	struct nvr_room room;
	int rc[2];

	(void)state;
	discard(path_of(&seg[3]));
	discard(path_of(&seg[8]));
	run_sql("DELETE FROM segment WHERE id IN (SELECT id FROM segment"
		" ORDER BY id LIMIT 1 OFFSET 3) OR id = (SELECT MAX(id) FROM"
		" segment)");
	become_nobody();
	rc[0] = nvr_room_sweep(s, &err);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(rc[0], 0);
	assert_true(is_garbage(path_of(&seg[3])));
	assert_false(is_there(path_of(&seg[8])));
	/* As root goes the folder that a link stands for. */
	char out[PATH_MAX];
	move_out(day_of(&seg[3]), out);
	set_floor(7 * SEGMENTS);
	rc[1] = nvr_room_make(s, &room, &err);
	assert_int_equal(rc[1], 0);
	assert_false(room.enough);
	for (int i = 0; i < SEGMENTS; i++)
		assert_int_equal(has_row(&seg[i]), i / PER_DAY == 1 && i != 3);
}

/* What reads cameras has no keys, which the security log would need. */
static void
room_is_made_without_keys_and_told_as_an_event(void **state)
{
	struct nvr_room room;

	(void)state;
	reopen();
	set_floor(7 * SEGMENTS);
	ok(nvr_room_make(s, &room, &err));
	assert_int_equal(room.segments, SEGMENTS);
	assert_null(s->keys);
	assert_int_equal(
	    count("nvr.db",
		"SELECT SUM(CAST(substr(detail, 11, instr(detail, ',') - 11)"
		" AS BIGINT)) FROM event WHERE kind = 'deleted'"
		" AND detail LIKE 'segments: %free' AND camera_id = ?1",
		gate),
	    SEGMENTS);
}

static void
a_dying_disk_costs_one_row_at_a_time(void **state)
{
	struct nvr_room room;

	(void)state;
	set_floor(7);
	for (int i = 1; i <= 3; i++) {
		failing = true;
		nvr_room_make(s, &room, &err);
		failing = false;
		assert_int_equal(room.segments, 0);
		assert_int_equal(garbage(), i);
		assert_int_equal(
		    count("nvr.db", "SELECT COUNT(*) FROM segment", 0),
		    SEGMENTS - i);
	}
	/* All of it is found again once the disk is. */
	assert_int_equal(sweep(), 3);
	assert_int_equal(garbage(), 0);
}

static void
another_disk_is_not_touched(void **state)
{
	struct nvr_discard *d = NULL;
	int64_t n = 0;

	(void)state;
	discard(path_of(&seg[0]));
	put("media/nvr-media", "01234567-89ab-4cde-8f01-23456789abcd\n", "w");
	assert_int_equal(
	    nvr_discard_open(s, NULL, NULL, &d, &err), NVR_E_UNAVAILABLE);
	assert_null(d);
	assert_int_equal(nvr_room_sweep(s, &err), NVR_E_UNAVAILABLE);
	assert_true(is_there(path_of(&seg[0])));
	assert_int_equal(n, 0);
}

static void
hostile_paths_are_refused(void **state)
{
	static const char *const bad[] = {"/", "media", "media/", "media//x",
	    "precious", "/etc/hostname", "media/nvr-media", "media/../precious",
	    "media/footage/../../precious", "media/footage/..",
	    "media/footage/./x", "media/footage//x", "media/footage/",
	    "media//footage/x", "../precious", "./media/footage/x",
	    "keys/master", "media/foo\ntage/x", "media/\xff\xfe/x",
	    "media/foo\xe2\x80\xaetage/x", "mediaX/y/z", "media/.", NULL};
	char deep[400] = "media", full[PATH_MAX];
	int n = 0;

	(void)state;
	make_file("precious");
	for (int i = 0; i < 150; i++)
		strlcat(deep, "/d", sizeof(deep));
	for (; bad[n] != NULL; n++)
		discard(bad[n]);
	discard(deep);
	discard("media/footage/zz"); /* in place, and not there */
	run_sql("INSERT INTO garbage (path, added_at) VALUES"
		" ('media/footage/a' || char(0) || '/x', 1),"
		" (x'6d656469612f612f62', 1), (x'ff', 1)");
	assert_int_equal(discard_all(), SEGMENTS);
	assert_int_equal(failures, 0);
	sweep();
	assert_int_equal(
	    failures, n + 2); /* deep, and a blob that is no text */
	assert_int_equal(garbage(), n + 1 + 3);
	assert_false(is_garbage("media/footage/zz"));
	assert_true(is_there("precious") && is_there("media/nvr-media") &&
		    is_there("keys/master"));
	/* A folder is none of our files. */
	make_file("media/footage/folder/x");
	discard("media/footage/folder");
	sweep();
	full_path("media/footage/folder/x", full);
	assert_int_equal(access(full, F_OK), 0);
	assert_true(is_garbage("media/footage/folder"));
}

static void
any_number_of_garbage_goes_past_what_cannot(void **state)
{
	char path[64];

	(void)state;
	make_file("media/footage/a");
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < 2 * NVR_DISCARD_BATCH + 10; i++) {
		snprintf(path, sizeof(path), "media/footage/a/%d", i);
		discard(path);
		snprintf(path, sizeof(path), "media/footage/b/%d", i);
		discard(path);
	}
	ok(nvr_store_commit(s->store, &err));
	make_file("media/footage/b/7");
	assert_int_equal(sweep(), 2 * NVR_DISCARD_BATCH + 10);
	assert_int_equal(failures, 2 * NVR_DISCARD_BATCH + 10);
	assert_false(is_there("media/footage/b/7"));
	assert_true(is_there("media/footage/a"));
}

static void
two_at_once_delete_each_thing_once(void **state)
{
	int status, n, here[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(here), 0);
	pid = fork();
	if (pid == 0) {
		struct nvr_state *mine = s;

		s = NULL;
		(void)mine; /* the parent's connection is not for two */
		reopen();
		(void)!write(here[1], "x", 1);
		_exit(discard_all());
	}
	assert_int_equal(read(here[0], &n, 1), 1);
	n = discard_all();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(n + WEXITSTATUS(status), SEGMENTS);
	for (int i = 0; i < SEGMENTS; i++)
		assert_false(is_there(path_of(&seg[i])) || has_row(&seg[i]));
	assert_int_equal(garbage(), 0);
	assert_totals();
	close(here[0]);
	close(here[1]);
}

static void
totals_that_differ_are_put_right(void **state)
{
	int64_t yard = add_camera("yard");
	int n = 0;

	(void)state;
	add_segment(yard, 9, 0);
	assert_totals();
	run_sql("DELETE FROM segment WHERE start_at >= 1700086400000000");
	run_sql(
	    "UPDATE footage_sum SET segments = 5, size_bytes = -1"
	    " WHERE camera_id = (SELECT id FROM camera WHERE name = 'yard')");
	ok(nvr_footage_mend(s->store, &n, &err));
	assert_int_equal(n, 2);
	assert_totals();
	assert_int_equal(
	    count("nvr.db",
		"SELECT segments <> 0 OR size_bytes <> 0 FROM footage_sum"
		" WHERE camera_id = ?1",
		yard),
	    0);
	run_sql("DELETE FROM footage_sum");
	ok(nvr_footage_mend(s->store, &n, &err));
	assert_int_equal(n, 1);
	assert_totals();
}

/* Each hears of the difference, and neither adds it to what the other did. */
static void
totals_are_put_right_by_two_at_once(void **state)
{
	int here[2], n = 0, status;
	pid_t pid;

	(void)state;
	for (int i = 0; i < 10; i++) {
		run_sql("UPDATE footage_sum SET segments = 1, size_bytes = 1");
		assert_int_equal(pipe(here), 0);
		pid = fork();
		if (pid == 0) {
			reopen();
			(void)!write(here[1], "x", 1);
			_exit(nvr_footage_mend(s->store, &n, &err) != 0);
		}
		assert_int_equal(read(here[0], &n, 1), 1);
		ok(nvr_footage_mend(s->store, &n, &err));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_totals();
		close(here[0]);
		close(here[1]);
	}
}

static void
sizes_of_a_hostile_store_are_added_up(void **state)
{
	struct nvr_footage_sum sum;
	int64_t bytes;
	int n = 0;

	(void)state;
	run_sql("UPDATE segment SET size_bytes = 9223372036854775807,"
		" end_at = 9223372036854775807, frames = 9223372036854775807");
	ok(nvr_footage_mend(s->store, &n, &err));
	assert_int_equal(n, 1);
	ok(nvr_footage_mend(s->store, &n, &err));
	assert_int_equal(n, 0);
	ok(nvr_footage_sum(s->store, gate, NVR_MAIN, 0, &sum, &err));
	assert_int_equal(sum.bytes, SEGMENTS * (INT64_C(1) << 40));
	run_sql("INSERT INTO footage_sum (camera_id, stream, segments,"
		" size_bytes) SELECT camera_id, 'sub', 1, 9223372036854775807"
		" FROM footage_sum");
	run_sql("UPDATE footage_sum SET size_bytes = 9223372036854775807");
	ok(nvr_footage_bytes_all(s->store, &bytes, &err));
	run_sql("UPDATE segment SET size_bytes = 7.5, end_at = start_at + 1");
	ok(nvr_footage_mend(s->store, &n, &err));
	assert_int_equal(n, 2);
	ok(nvr_footage_mend(s->store, &n, &err));
	assert_int_equal(n, 0);
}

/* Its last file was deleted just then. */
static void
a_day_that_goes_while_a_segment_begins_is_made_again(void **state)
{
	struct nvr_track video = {.video = true,
	    .codec = "mjpeg",
	    .clock_rate = 90000,
	    .width = 320,
	    .height = 240};
	const struct nvr_mp4_track track = {&video, 0};
	struct nvr_segment_plan plan = {.camera = "gate",
	    .camera_id = gate,
	    .run_id = 1,
	    .start_at = nvr_time_now(),
	    .tracks = &track,
	    .ntracks = 1};
	struct nvr_segment_file *f = NULL;
	struct nvr_torn torn;

	(void)state;
	racing = 1;
	ok(nvr_segment_create(s, &plan, &f, &err));
	assert_int_equal(racing, 0);
	nvr_segment_abandon(f, &torn);
	/* Not without end. */
	racing = 9;
	plan.stream = NVR_SUB;
	assert_int_equal(nvr_segment_create(s, &plan, &f, &err), NVR_E_CREATE);
	racing = 0;
	assert_int_equal(
	    count("nvr.db", "SELECT COUNT(*) FROM open_segment", 0), 1);
}

static void
add_still(int64_t id, const char *path, int64_t expires_at)
{
	static const char sha[] = "0123456789abcdef0123456789abcdef"
				  "0123456789abcdef0123456789abcdef";
	const struct nvr_still_row row = {
	    id, gate, 1, expires_at, path, 7, sha};
	char full[300];

	ok(nvr_still_insert(s->store, &row, &err));
	snprintf(full, sizeof(full), "media/%s", path);
	if (strstr(path, "..") == NULL)
		make_file(full);
}

static void
expired_stills_go_and_a_bad_one_stops_none(void **state)
{
	const struct nvr_still_row again = {
	    1, gate, 1, 9, "stills/a/1.jpg", 7, "x"};
	int n = 0;

	(void)state;
	add_still(1, "stills/../../precious", 10);
	add_still(2, "stills/a/2.jpg", 20);
	add_still(3, "stills/a/3.jpg", 30);
	add_still(4, "stills/a/4.jpg", 40);
	make_file("precious");
	assert_int_equal(nvr_keep_sweep(s, 30, &n, &err), NVR_E_DATA);
	assert_int_equal(n, 2);
	assert_true(is_there("precious") && is_there("media/stills/a/4.jpg"));
	assert_false(is_there("media/stills/a/2.jpg") ||
		     is_there("media/stills/a/3.jpg"));
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM still", 0), 2);
	/* What a sweeper may delete yet is not made again. */
	discard("media/stills/a/1.jpg");
	assert_int_equal(
	    nvr_still_insert(s->store, &again, &err), NVR_E_CREATE);
}

static void
a_still_that_was_extended_in_between_stays(void **state)
{
	const struct nvr_still_row row = {
	    .id = 2, .expires_at = 20, .path = "stills/a/2.jpg"};
	struct nvr_discard *d = begin();
	bool there, went = true;

	(void)state;
	add_still(2, "stills/a/2.jpg", 20);
	ok(nvr_still_extend(s->store, 2, 50, &there, &err));
	ok(nvr_discard_stills(d, &row, 1, &went, &err));
	assert_false(went);
	assert_true(is_there("media/stills/a/2.jpg"));
	nvr_discard_close(d);
}

/* A store that something else has written to. */
static void
what_a_row_still_names_is_no_garbage(void **state)
{
	char own[NVR_SEGMENT_PATH], part[NVR_SEGMENT_PATH + 8];

	(void)state;
	add_still(2, "stills/a/2.jpg", 20);
	discard("media/stills/a/2.jpg");
	discard(path_of(&seg[0]));
	strlcpy(own, path_of(&seg[1]), sizeof(own));
	snprintf(part, sizeof(part), "%s.part", own);
	run_sql("INSERT INTO open_segment (id, camera_id, stream, run_id,"
		" start_at, media_start_us) SELECT id, camera_id, stream, 1, 1,"
		" 0 FROM segment ORDER BY id LIMIT 1 OFFSET 1; DELETE FROM"
		" segment WHERE id IN (SELECT id FROM open_segment)");
	make_file(part);
	discard(part);
	/* Nor is a file of another name than the row says. */
	snprintf(part, sizeof(part), "%s.mine", path_of(&seg[2]));
	make_file(part);
	discard(part);
	assert_int_equal(sweep(), 1);
	assert_int_equal(failures, 3);
	assert_non_null(strstr(why.text, "a row of the store names"));
	assert_false(is_there(part));
	snprintf(part, sizeof(part), "%s.part", own);
	assert_true(is_there(part) && is_there("media/stills/a/2.jpg"));
	assert_true(is_there(path_of(&seg[0])) && has_row(&seg[0]));
	assert_int_equal(garbage(), 3);
	run_sql("DELETE FROM open_segment; DELETE FROM segment");
	assert_int_equal(sweep(), 2);
}

static void
a_still_that_names_footage_takes_none_along(void **state)
{
	int n = 0;

	(void)state;
	add_still(1, path_of(&seg[0]) + strlen("media/"), 10);
	assert_int_equal(nvr_keep_sweep(s, 30, &n, &err), NVR_E_DATA);
	assert_non_null(strstr(err.text, "no kept still"));
	assert_true(n == 0 && is_there(path_of(&seg[0])));
	/* Its account is erased, say. */
	discard(path_of(&seg[0]));
	assert_int_equal(sweep(), 0);
	assert_true(is_there(path_of(&seg[0])));
}

static int told;

static void
see_due(void *ctx, const struct nvr_leaving *due)
{
	(void)ctx;
	assert_string_equal(due->promise, "C18");
	assert_string_equal(due->object, path_of(&seg[0]));
	assert_true(due->at == 1);
	told++;
}

static void
retention_ends_what_was_not_finished(void **state)
{
	struct nvr_retain r = {.now = 100, .only = "garbage", .tell = see_due};
	struct nvr_retained done;
	struct nvr_error stop;

	(void)state;
	run_sql("DELETE FROM segment");
	discard(path_of(&seg[0]));
	ok(nvr_garbage_add(s->store, "media/footage/later", 101, &err));
	ok(nvr_retain_plan(s, &r, &done, &stop, &err));
	assert_int_equal(told, 1);
	assert_true(is_there(path_of(&seg[0])));
	ok(nvr_retain_verify(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 1);
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 1);
	assert_int_equal(done.kind[0].oldest, 1);
	assert_int_equal(done.kind[0].failed, 0);
	assert_false(is_there(path_of(&seg[0])));
	assert_true(is_garbage("media/footage/later"));
	ok(nvr_retain_verify(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 0);
	discard("precious");
	r.tell = NULL;
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].failed, 1);
	assert_int_equal(done.why.code, NVR_E_DATA);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_filled, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(rows_files_and_days_go_together),
	    T(a_hold_that_came_in_between_keeps_rows_and_files),
	    T(a_linked_day_is_not_followed),
	    T(no_linked_folder_above_it_is_followed),
	    T(the_media_folder_may_be_a_link),
	    T(a_link_goes_and_what_it_points_to_stays),
	    T(what_is_open_or_gone_already_goes),
	    T(a_folder_without_permission_stays_and_the_others_go),
	    T(one_bad_folder_does_not_keep_room_from_being_made),
	    T(room_is_made_without_keys_and_told_as_an_event),
	    T(a_dying_disk_costs_one_row_at_a_time),
	    T(another_disk_is_not_touched),
	    T(hostile_paths_are_refused),
	    T(any_number_of_garbage_goes_past_what_cannot),
	    T(two_at_once_delete_each_thing_once),
	    T(totals_that_differ_are_put_right),
	    T(a_day_that_goes_while_a_segment_begins_is_made_again),
	    T(totals_are_put_right_by_two_at_once),
	    T(sizes_of_a_hostile_store_are_added_up),
	    T(expired_stills_go_and_a_bad_one_stops_none),
	    T(a_still_that_was_extended_in_between_stays),
	    T(what_a_row_still_names_is_no_garbage),
	    T(a_still_that_names_footage_takes_none_along),
	    T(retention_ends_what_was_not_finished),
	};

	return cmocka_run_group_tests_name("discard", tests, NULL, NULL);
}
