/* Recordings go by age, by bytes and for free space, and never what is held. */
#include <fcntl.h>

#include "base/file.h"
#include "core/retain_int.h"
#include "core/segment.h"
#include "retain_help.h"

#define MOST 512

/* What was told. */
static struct {
	int64_t id, bytes;
	char why[NVR_WHY_TEXT];
} told[MOST];
static int ntold;
static struct nvr_retained done;
static struct nvr_error brake;
static const struct nvr_camera *only;
static int failures; /* that are expected */

static void
on_tell(void *ctx, const struct nvr_leaving *d)
{
	(void)ctx;
	assert_string_equal(d->kind, "recordings");
	assert_non_null(d->camera);
	assert_true(ntold < MOST);
	told[ntold].id = d->id;
	told[ntold].bytes = d->bytes;
	strlcpy(told[ntold++].why, d->why, NVR_WHY_TEXT);
	assert_string_equal(
	    d->promise, strncmp(d->why, "camera", 6) == 0 ? "N14" : "C18");
}

static void
go(int64_t now, bool apply)
{
	const struct nvr_retain r = {
	    .now = now, .camera = only, .tell = on_tell};
	struct nvr_retaining x = {.s = s,
	    .r = &r,
	    .now = now,
	    .ret = &done,
	    .since = now - NVR_DAY,
	    .braking = !apply,
	    .err = &err};

	ntold = 0;
	memset(&done, 0, sizeof(done));
	memset(&brake, 0, sizeof(brake));
	done.nkinds = 1;
	done.kind[0].kind = "recordings";
	done.kind[0].promise = "C18";
	nvr_retaining_group(&x, "recordings", 0, 0);
	must(
	    apply ? nvr_retain_footage_apply(&x) : nvr_retain_footage_plan(&x));
	assert_int_equal(done.kind[0].failed, failures);
	nvr_retaining_group(&x, "", 0, 0);
	must(nvr_retaining_judge(&x));
	brake = done.brake;
	nvr_retaining_release(&x);
}

/* `1 2 above 3 4`: ids, and a word of why as it changes. */
static const char *
told_text(void)
{
	static char text[1024];
	char one[96];

	text[0] = '\0';
	for (int i = 0; i < ntold; i++) {
		snprintf(one, sizeof(one), "%lld", (long long)told[i].id);
		strlcat(text, one, sizeof(text));
		if (i + 1 == ntold ||
		    strcmp(told[i].why, told[i + 1].why) != 0) {
			snprintf(one, sizeof(one), " (%s)%s", told[i].why,
			    i + 1 < ntold ? " " : "");
			strlcat(text, one, sizeof(text));
		} else {
			strlcat(text, " ", sizeof(text));
		}
	}
	return text;
}

static const char *
plan(void)
{
	go(the_time, false);
	return told_text();
}

/* Which ids are left. */
static const char *
left(void)
{
	static char text[1024];
	char one[24];
	sqlite3_stmt *q;

	text[0] = '\0';
	sqlite3_prepare_v2(
	    s->store->db, "SELECT id FROM segment ORDER BY id", -1, &q, NULL);
	while (sqlite3_step(q) == SQLITE_ROW) {
		snprintf(one, sizeof(one), "%s%lld", text[0] ? " " : "",
		    (long long)sqlite3_column_int64(q, 0));
		strlcat(text, one, sizeof(text));
	}
	sqlite3_finalize(q);
	return text;
}

static void
c18_recordings_go_by_age(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 30 * NVR_DAY);
	set_camera(1, "retain_sub_us", 7 * NVR_DAY);
	add_minutes(10, 1, NVR_MAIN, NOW - 30 * NVR_DAY - 2 * M, 3);
	add_minutes(20, 1, NVR_SUB, NOW - 7 * NVR_DAY - M, 2);
	assert_string_equal(
	    plan(), "10 11 (older than 30d) 20 (older than 7d)");
	assert_int_equal(done.kind[0].objects, 3);
	assert_int_equal(done.kind[0].bytes, 30);
	assert_int_equal(done.kind[0].oldest, NOW - 30 * NVR_DAY - M);
	assert_string_equal(left(), "10 11 12 20 21");
	go(NOW, true);
	assert_string_equal(
	    told_text(), "10 11 (older than 30d) 20 (older than 7d)");
	assert_string_equal(left(), "12 21");
	assert_string_equal(plan(), "");
}

static void
c18_recordings_go_by_bytes_the_oldest_first(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_bytes", 1024);
	set_camera(1, "retain_sub_bytes", 25);
	add_segment(1, 1, NVR_MAIN, NOW - 9 * M, NOW - 8 * M, 1000);
	add_segment(2, 1, NVR_MAIN, NOW - 10 * M, NOW - 9 * M, 20);
	add_segment(3, 1, NVR_MAIN, NOW - 8 * M, NOW - 7 * M, 10);
	add_minutes(20, 1, NVR_SUB, NOW - 3 * M, 3);
	assert_string_equal(plan(), "2 (above 1K) 20 (above 25)");
	go(NOW, true);
	assert_string_equal(left(), "1 3 21 22");
	assert_int_equal(number("SELECT SUM(size_bytes) FROM segment"), 1030);
	assert_string_equal(plan(), "");
	/* Exactly so much is not more. */
	add_segment(4, 1, NVR_MAIN, NOW, NOW, 14);
	assert_string_equal(plan(), "");
}

static void
c18_the_first_rule_that_bites_wins(void **unused)
{
	(void)unused;
	rules.keep.floor = 100;
	capacity = 100 + 60; /* of 80 that there are */
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	set_camera(1, "retain_bytes", 70);
	add_minutes(1, 1, NVR_MAIN, NOW - 61 * M, 8);
	/* By age one goes, which leaves 70; for the floor another. */
	assert_string_equal(plan(), "1 (older than 1h) 2 (less than 100 free)");
	set_camera(1, "retain_bytes", 65);
	assert_string_equal(plan(), "1 (older than 1h) 2 (above 65)");
	set_camera(1, "retain_us", 59 * M);
	set_camera(1, "retain_bytes", 59);
	rules.keep.floor = 120;
	assert_string_equal(
	    plan(), "1 2 (older than 59m) 3 (above 59) 4 (less than 120 free)");
	go(NOW, true);
	assert_string_equal(left(), "5 6 7 8");
	assert_string_equal(plan(), "");
}

static void
c18_who_is_within_its_limit_is_not_robbed_by_who_is_not(void **unused)
{
	(void)unused;
	rules.keep.floor = 1000;
	add_camera(1, "gate");
	add_camera(2, "yard");
	set_camera(1, "retain_bytes", 100);
	add_minutes(10, 1, NVR_MAIN, NOW - 60 * M, 5);
	add_minutes(20, 2, NVR_MAIN, NOW - 20 * M, 5);
	capacity = 1000 + 100 - 35;
	assert_string_equal(plan(), "20 21 22 23 (less than 1000 free)");
	/* Only when there is nothing else, and no more than it takes. */
	capacity = 1000 + 100 - 61;
	go(NOW, true);
	assert_string_equal(
	    told_text(), "20 21 22 23 24 10 11 (less than 1000 free)");
	assert_string_equal(left(), "12 13 14");
}

/* A slip in nvr.conf, or other programs' files: all footage would not do.  What
 * is due otherwise goes all the same. */
static void
room_that_cannot_be_made_is_not_tried(void **unused)
{
	(void)unused;
	rules.keep.floor = 2048;
	capacity = 1900;
	add_camera(1, "gate");
	add_camera(2, "yard");
	set_camera(1, "retain_us", 58 * M);
	set_camera(2, "retain_bytes", 20);
	add_minutes(1, 1, NVR_MAIN, NOW - 60 * M, 9);
	add_minutes(20, 2, NVR_MAIN, NOW - 60 * M, 3);
	assert_string_equal(plan(), "1 2 (older than 58m) 20 (above 20)");
	assert_string_equal(done.vain.text,
	    "min-free is 2K, and with everything that may be deleted only 1.8K "
	    "would be free: nothing is deleted for it");
	go(NOW, true);
	assert_string_equal(left(), "3 4 5 6 7 8 9 21 22");
	assert_int_equal(done.vain.code, NVR_E_IO);
	/* What is held is not among what may be deleted. */
	capacity = 2048 + 10;
	add_hold(1, 1, NOW - 56 * M, NOW - 54 * M);
	go(NOW, true);
	assert_string_equal(left(), "3 4 5 6 7 8 9 21 22");
	assert_int_equal(done.vain.code, NVR_E_IO);
	capacity = 2048 + 20;
	go(NOW, true);
	assert_string_equal(left(), "5 6");
	assert_int_equal(done.vain.code, 0);
}

static void
room_is_made_neither_for_one_camera_nor_in_the_past(void **unused)
{
	struct nvr_camera *cam;

	(void)unused;
	rules.keep.floor = 1000;
	capacity = 1000;
	add_camera(1, "gate");
	add_camera(2, "yard");
	set_camera(1, "retain_us", 60 * M);
	set_camera(2, "retain_us", 60 * M);
	add_minutes(10, 1, NVR_MAIN, NOW - 62 * M, 3);
	add_minutes(20, 2, NVR_MAIN, NOW - 62 * M, 3);
	go(NOW - M, false);
	assert_string_equal(told_text(), "10 20 (older than 1h)");
	go(NOW + M, false);
	assert_string_equal(told_text(), "10 11 12 20 21 22 (older than 1h)");
	go(NOW - M + 1, false);
	assert_int_equal(ntold, 6);
	must(nvr_camera_get_any(s->store, 2, &cam, &err));
	only = cam;
	assert_string_equal(plan(), "20 21 (older than 1h)");
	go(NOW, true);
	assert_string_equal(left(), "10 11 12 22");
	only = NULL;
	nvr_camera_free(cam);
}

static void
n4_what_is_held_never_goes(void **unused)
{
	(void)unused;
	rules.keep.floor = 1000;
	capacity = 1000;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	set_camera(1, "retain_bytes", 1);
	set_camera(1, "removed_at", 1);
	add_minutes(1, 1, NVR_MAIN, NOW - 90 * M, 9);
	add_hold(1, 1, NOW - 88 * M, NOW - 84 * M);
	go(NOW, true);
	assert_string_equal(left(), "3 4 5 6");
	set_camera(1, "removed_at", NOW);
	go(NOW, true);
	assert_string_equal(left(), "3 4 5 6");
	sql("UPDATE hold SET since = 0, until = %lld", (long long)NOW);
	assert_string_equal(plan(), "");
}

static void
n14_of_a_camera_removed_long_ago_all_goes(void **unused)
{
	(void)unused;
	rules.keep.around = 5 * M;
	add_camera(1, "gate");
	/* In this very microsecond it can still be restored. */
	set_camera(1, "removed_at", NOW - 30 * NVR_DAY);
	set_camera(1, "retain_us", 365 * NVR_DAY);
	set_camera(1, "retain_events_us", 365 * NVR_DAY);
	add_minutes(1, 1, NVR_MAIN, NOW - 31 * NVR_DAY, 15);
	add_segment(77, 1, NVR_SUB, NOW + 7 * NVR_DAY, NOW + 8 * NVR_DAY, 1);
	add_incident(1, NOW - 31 * NVR_DAY);
	add_run(1, 1, NVR_MAIN, NOW - 31 * NVR_DAY);
	assert_string_equal(plan(), "");
	go(NOW, true);
	assert_int_equal(number("SELECT COUNT(*) FROM segment"), 16);
	assert_int_equal(number("SELECT COUNT(*) FROM run"), 1);
	set_camera(1, "removed_at", NOW - 30 * NVR_DAY - 1);
	plan();
	assert_int_equal(ntold, 16);
	assert_string_equal(told[15].why, "camera removed longer ago than 30d");
	assert_int_equal(brake.code, 0); /* it is to go whole */
	go(NOW, true);
	assert_string_equal(left(), "");
	/* Its row can go then. */
	assert_int_equal(number("SELECT COUNT(*) FROM run"), 0);
	sql("DELETE FROM camera");
	/* Without such a limit it stays. */
	add_camera(1, "gate");
	set_camera(1, "removed_at", 1);
	add_minutes(1, 1, NVR_MAIN, NOW - M, 1);
	rules.keep.cameras = 0;
	assert_string_equal(plan(), "");
}

static void
footage_around_findings_is_kept_for_longer_and_goes_last(void **unused)
{
	(void)unused;
	rules.keep.around = M / 2;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	set_camera(1, "retain_events_us", 90 * M);
	add_minutes(1, 1, NVR_MAIN, NOW - 92 * M, 4);
	add_minutes(5, 1, NVR_MAIN, NOW - 61 * M, 3);
	add_audit(1, 1, NOW, NOW - 90 * M, "yes");
	add_incident(1, NOW - 58 * M - M / 2 + 1);
	assert_string_equal(plan(), "1 2 4 5 (older than 1h)");
	set_camera(1, "retain_bytes", 25);
	assert_string_equal(plan(), "1 2 4 5 (older than 1h) 6 (above 25)");
	set_camera(1, "retain_bytes", 19);
	assert_string_equal(plan(), "1 2 4 5 (older than 1h) 6 3 (above 19)");
	set_camera(1, "retain_bytes", 1);
	assert_string_equal(plan(), "1 2 4 5 (older than 1h) 6 3 7 (above 1)");
	sql("UPDATE camera SET retain_bytes = NULL");
	rules.keep.floor = 1000;
	capacity = 1000 + 70 - 60;
	assert_string_equal(
	    plan(), "1 2 4 5 (older than 1h) 6 3 (less than 1000 free)");
}

static void
moments_that_keep_nothing_any_more_are_forgotten(void **unused)
{
	const int64_t late = NVR_SEGMENT_MAX + 5 * M;

	(void)unused;
	rules.keep.around = 5 * M;
	add_camera(1, "gate");
	add_camera(2, "yard");
	add_camera(3, "door");
	add_account(7);
	set_camera(1, "retain_events_us", 90 * NVR_DAY);
	set_camera(3, "account_id", 7);
	add_incident(1, NOW - 90 * NVR_DAY - late);
	add_incident(1, NOW - 90 * NVR_DAY - late + 1);
	for (int i = 0; i < 600; i++)
		add_incident(2, NOW + i);
	add_incident(3, 1);
	sql("UPDATE account SET restricted_at = 1");
	plan();
	assert_int_equal(number("SELECT COUNT(*) FROM incident"), 603);
	go(NOW, true);
	assert_int_equal(number("SELECT COUNT(*) FROM incident"), 2);
	assert_int_equal(
	    number("SELECT COUNT(*) FROM incident WHERE camera_id = 2"), 0);
	sql("UPDATE account SET restricted_at = NULL");
	go(NOW, true);
	assert_int_equal(number("SELECT COUNT(*) FROM incident"), 1);
}

static void
runs_without_segments_go_but_not_the_newest(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	/* 1 begins a run that lasts; 2 and 3 are over; 4 is the newest. */
	for (int i = 1; i <= 4; i++)
		add_run(i, 1, NVR_MAIN, NOW - (100 - i) * M);
	add_run(5, 1, NVR_SUB, NOW - 100 * M);
	add_minutes(1, 1, NVR_MAIN, NOW - 99 * M, 50);
	go(NOW, true);
	assert_int_equal(number("SELECT COUNT(*) FROM run"), 3);
	assert_int_equal(number("SELECT SUM(id) FROM run"), 1 + 4 + 5);
	/* One that is being written is in use, whatever its time. */
	add_run(6, 1, NVR_MAIN, NOW - 99 * M);
	add_run(7, 1, NVR_MAIN, NOW - 98 * M);
	sql("INSERT INTO open_segment (id, camera_id, stream, run_id, start_at,"
	    " media_start_us) VALUES (99, 1, 'main', 4, 1, 0)");
	go(NOW, true);
	assert_int_equal(number("SELECT SUM(id) FROM run"), 1 + 4 + 5 + 7);
	/* The clock was set back: 7 may be the one in use. */
	sql("DELETE FROM segment");
	sql("DELETE FROM open_segment");
	go(NOW, true);
	assert_int_equal(number("SELECT SUM(id) FROM run"), 4 + 5 + 7);
}

static void
more_than_half_of_a_stream_is_not_deleted_unasked(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 3 * NVR_DAY);
	add_minutes(1, 1, NVR_MAIN, NOW - 4 * NVR_DAY - 80 * M, 10);
	add_minutes(11, 1, NVR_MAIN, NOW - 2 * NVR_DAY, 10);
	plan();
	assert_int_equal(ntold, 10);
	assert_int_equal(brake.code, 0);
	/* By whichever rules together. */
	set_camera(1, "retain_bytes", 90);
	plan();
	assert_int_equal(ntold, 11);
	assert_int_equal(brake.code, NVR_E_PERMISSION);
	assert_string_equal(brake.text,
	    "left out: 11 of 20 segments of gate (main) would go, which is "
	    "more than half: look at 'nvr-retain -n', and if that is right, "
	    "say --yes-delete-most 11");
	/* Of a stream: that others have more does not help. */
	add_minutes(100, 1, NVR_SUB, NOW - 2 * NVR_DAY, 100);
	plan();
	assert_int_equal(brake.code, NVR_E_PERMISSION);
	/* What came since makes room for itself. */
	add_minutes(21, 1, NVR_MAIN, NOW - 10 * M, 2);
	plan();
	assert_int_equal(ntold, 13);
	assert_int_equal(brake.code, 0);
}

static void
more_than_half_of_all_is_not_deleted_for_room_unasked(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	add_camera(2, "yard");
	add_minutes(1, 1, NVR_MAIN, NOW - 4 * NVR_DAY, 20);
	add_minutes(100, 2, NVR_MAIN, NOW - 2 * NVR_DAY, 100);
	rules.keep.floor = 1000;
	/* One of them may go whole. */
	capacity = 1000 + 1200 - 600;
	plan();
	assert_int_equal(ntold, 60);
	assert_int_equal(brake.code, 0);
	capacity--;
	plan();
	assert_int_equal(ntold, 61);
	if (strstr(brake.text,
		"61 of 120 segments of all cameras, for room on the disk, "
		"would go") == NULL)
		fail_msg("%s", brake.text);
	/* What came since makes room for itself. */
	add_minutes(200, 2, NVR_MAIN, NOW - 10 * M, 5);
	plan();
	assert_int_equal(ntold, 66);
	assert_int_equal(brake.code, 0);
}

/* As if it were that time: what came later is not counted either. */
static void
a_stream_has_what_it_had_by_then(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", NVR_DAY);
	add_minutes(1, 1, NVR_MAIN, NOW - 9 * NVR_DAY, 12);
	add_minutes(20, 1, NVR_MAIN, NOW - 5 * NVR_DAY - 20 * M, 10);
	add_minutes(100, 1, NVR_MAIN, NOW - 60 * M, 50);
	go(NOW - 5 * NVR_DAY, false);
	assert_int_equal(ntold, 12);
	assert_non_null(strstr(brake.text, "12 of 22 segments of gate"));
	set_camera(1, "retain_us", 30 * NVR_DAY);
	set_camera(1, "retain_bytes", 90);
	go(NOW - 5 * NVR_DAY, false);
	assert_int_equal(ntold, 13);
	assert_int_equal(brake.code, 0);
	set_camera(1, "retain_bytes", 19);
	go(NOW - 5 * NVR_DAY, false);
	assert_int_equal(ntold, 21);
	assert_int_equal(brake.code, 0);
	go(NOW - 4 * NVR_DAY - M, false);
	assert_int_equal(ntold, 21);
	assert_non_null(strstr(brake.text, "21 of 22 segments of gate"));
}

/* Else it would stand there until somebody said that it may go. */
static void
the_last_day_of_a_camera_that_has_stopped_goes(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	add_minutes(1, 1, NVR_MAIN, NOW - NVR_DAY - 50 * M, 100);
	plan();
	assert_int_equal(ntold, 100);
	assert_int_equal(brake.code, 0);
	/* One kept around a finding is no older than it should be, either. */
	set_camera(1, "retain_events_us", 30 * NVR_DAY);
	rules.keep.around = NVR_HOUR;
	add_minutes(201, 1, NVR_MAIN, NOW - 30 * NVR_DAY - 100 * M, 100);
	sql("INSERT INTO incident (camera_id, at) VALUES (1, %lld)",
	    (long long)(NOW - 30 * NVR_DAY - 50 * M));
	sql("DELETE FROM segment WHERE id < 200");
	sql("DELETE FROM footage_sum"); /* they are counted */
	plan();
	assert_int_equal(ntold, 100);
	assert_int_equal(brake.code, 0);
	sql("DELETE FROM incident");
	plan();
	assert_int_equal(brake.code, NVR_E_PERMISSION);
}

/* 2100-02-28 and after; and the end of 2016, which was a second longer. */
static void
times_are_utc_and_go_far(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", NVR_DAY);
	the_time = INT64_C(4107542400) * NVR_SECOND;
	add_minutes(1, 1, NVR_MAIN, the_time - NVR_DAY - M, 2);
	assert_string_equal(plan(), "1 (older than 1d)");
	sql("DELETE FROM segment");
	the_time = (INT64_C(1483228800) + 86400) * NVR_SECOND;
	add_minutes(1, 1, NVR_MAIN, the_time - NVR_DAY - M, 2);
	assert_string_equal(plan(), "1 (older than 1d)");
}

static void
a_batch_is_no_limit(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 600 * M);
	add_minutes(1, 1, NVR_MAIN, NOW - 1000 * M, 1000);
	plan();
	assert_int_equal(ntold, 400);
	go(NOW, true);
	assert_int_equal(ntold, 400);
	assert_int_equal(number("SELECT MIN(id) FROM segment"), 401);
	assert_int_equal(number("SELECT COUNT(*) FROM segment"), 600);
}

/* Where the segment's file lies. */
static const char *
path_of(int64_t id, const char *add)
{
	static char text[256];
	char path[NVR_SEGMENT_PATH];

	nvr_segment_path(1, NVR_MAIN, id, true, path);
	snprintf(text, sizeof(text), "%s/%s%s", dir, path, add);
	return text;
}

static void
put_file(int64_t id)
{
	char path[256], *slash;
	int fd;

	strlcpy(path, path_of(id, ""), sizeof(path));
	slash = strrchr(path, '/');
	*slash = '\0';
	must(nvr_dir_make(path, 0700, &err));
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void
c18_in_place_of_a_file_that_stays_no_other_goes(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_bytes", 80);
	rules.keep.floor = 1000;
	capacity = 1000 + 100 - 30; /* of 100: three are to go in all */
	add_minutes(1, 1, NVR_MAIN, NOW - 10 * M, 10);
	for (int i = 2; i <= 10; i++)
		put_file(i);
	must(nvr_dir_make(path_of(1, "/x"), 0700, &err));
	failures = 1;
	go(NOW, true);
	failures = 0;
	assert_string_equal(
	    told_text(), "2 (above 80) 3 (less than 1000 free)");
	assert_string_equal(left(), "4 5 6 7 8 9 10");
	assert_int_equal(access(path_of(2, ""), F_OK), -1);
	assert_int_equal(access(path_of(3, ""), F_OK), -1);
	assert_int_equal(access(path_of(4, ""), F_OK), 0);
	assert_int_equal(number("SELECT COUNT(*) FROM garbage"), 1);
	assert_int_equal(rmdir(path_of(1, "/x")), 0);
	assert_int_equal(rmdir(path_of(1, "")), 0);
}

/*
 * The same by a plain model of the rules.
 */
#define CAMERAS 3
#define SEGMENTS 40
#define FEW 4

static struct world {
	struct {
		int64_t us[NVR_STREAMS], bytes[NVR_STREAMS], events, removed;
	} cam[CAMERAS];
	struct model_segment {
		int64_t id, start, end, bytes;
		int cam, stream;
		bool due;
	} seg[SEGMENTS];
	struct {
		int cam;
		int64_t since, until, released;
	} hold[FEW];
	struct {
		int cam;
		int64_t at;
	} found[FEW];
	int nseg, nhold, nfound;
	int64_t now, expect[SEGMENTS];
	int nexpect;
	char why[SEGMENTS]; /* a, b, f, r */
} w;

static uint64_t seed;

static int64_t
any(int64_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((seed >> 33) % (uint64_t)n);
}

static void
make_world(void)
{
	memset(&w, 0, sizeof(w));
	rules.keep.around = any(3) * M / 2;
	rules.keep.footage = any(2) * any(70) * M;
	rules.keep.footage_bytes = any(2) * any(60);
	rules.keep.floor = any(2) * 1000;
	rules.keep.cameras = 20 * M;
	w.now = any(3) == 0 ? NOW - any(50) * M : NOW;
	for (int c = 0; c < CAMERAS; c++) {
		for (int i = 0; i < NVR_STREAMS; i++) {
			w.cam[c].us[i] = any(2) * any(80) * M;
			w.cam[c].bytes[i] = any(2) * any(80);
		}
		w.cam[c].events = any(2) * any(100) * M;
		w.cam[c].removed = any(5) == 0 ? NOW - any(50) * M : 0;
	}
	w.nseg = (int)any(SEGMENTS + 1);
	for (int i = 0; i < w.nseg; i++) {
		struct model_segment *g = &w.seg[i];

		g->id = i + 1;
		g->cam = (int)any(CAMERAS);
		g->stream = (int)any(4) == 0;
		g->start = NOW - any(90) * M + any(5) * M / 2;
		g->end = g->start + any(8) * M / 2;
		if (any(10) == 0)
			g->end = g->start + any(60) * M;
		g->bytes = 1 + any(20);
	}
	w.nhold = (int)any(FEW + 1);
	for (int i = 0; i < w.nhold; i++) {
		w.hold[i].cam = (int)any(CAMERAS);
		w.hold[i].since = NOW - any(180) * M / 2;
		w.hold[i].until = w.hold[i].since + 1 + any(40) * M / 2;
		w.hold[i].released = any(3) == 0 ? NOW - any(60) * M : 0;
	}
	w.nfound = (int)any(FEW + 1);
	for (int i = 0; i < w.nfound; i++) {
		w.found[i].cam = (int)any(CAMERAS);
		w.found[i].at = NOW - any(180) * M / 2;
	}
	capacity = 1000 + any(300);
}

static void
store_world(void)
{
	for (int c = 0; c < CAMERAS; c++) {
		char name[8];

		snprintf(name, sizeof(name), "c%d", c);
		add_camera(c + 1, name);
		sql("UPDATE camera SET retain_us = NULLIF(%lld, 0),"
		    " retain_sub_us = NULLIF(%lld, 0),"
		    " retain_bytes = NULLIF(%lld, 0),"
		    " retain_sub_bytes = NULLIF(%lld, 0),"
		    " retain_events_us = NULLIF(%lld, 0),"
		    " removed_at = NULLIF(%lld, 0) WHERE id = %d",
		    (long long)w.cam[c].us[0], (long long)w.cam[c].us[1],
		    (long long)w.cam[c].bytes[0], (long long)w.cam[c].bytes[1],
		    (long long)w.cam[c].events, (long long)w.cam[c].removed,
		    c + 1);
	}
	for (int i = 0; i < w.nseg; i++)
		add_segment(w.seg[i].id, w.seg[i].cam + 1,
		    (enum nvr_stream)w.seg[i].stream, w.seg[i].start,
		    w.seg[i].end, w.seg[i].bytes);
	for (int i = 0; i < w.nhold; i++) {
		add_hold(
		    i + 1, w.hold[i].cam + 1, w.hold[i].since, w.hold[i].until);
		sql("UPDATE hold SET released_at = NULLIF(%lld, 0)"
		    " WHERE id = %d",
		    (long long)w.hold[i].released, i + 1);
	}
	for (int i = 0; i < w.nfound; i++) {
		if (i % 2 == 0)
			add_audit(i + 1, w.found[i].cam + 1, NOW, w.found[i].at,
			    "yes");
		else
			sql("INSERT INTO incident (camera_id, at) VALUES"
			    " (%d, %lld) ON CONFLICT DO NOTHING",
			    w.found[i].cam + 1, (long long)w.found[i].at);
	}
}

static bool
is_there(const struct model_segment *g)
{
	return w.now >= NOW - M || g->end <= w.now;
}

static bool
is_held(const struct model_segment *g)
{
	for (int i = 0; i < w.nhold; i++)
		if (w.hold[i].cam == g->cam &&
		    (w.hold[i].released == 0 || w.hold[i].released > w.now) &&
		    w.hold[i].since < g->end && w.hold[i].until > g->start)
			return true;
	return false;
}

static bool
is_removed(const struct model_segment *g)
{
	return w.cam[g->cam].removed != 0 &&
	       w.cam[g->cam].removed < w.now - 20 * M;
}

static bool
is_found(const struct model_segment *g)
{
	if (w.cam[g->cam].events == 0 || g->end <= w.now - w.cam[g->cam].events)
		return false;
	for (int i = 0; i < w.nfound; i++)
		if (w.found[i].cam == g->cam &&
		    g->start <= w.found[i].at + rules.keep.around &&
		    g->end >= w.found[i].at - rules.keep.around)
			return true;
	return false;
}

static int64_t
limit_us(int cam, int stream)
{
	return w.cam[cam].us[stream] != 0 ? w.cam[cam].us[stream]
					  : rules.keep.footage;
}

static int64_t
limit_bytes(int cam, int stream)
{
	return w.cam[cam].bytes[stream] != 0 ? w.cam[cam].bytes[stream]
					     : rules.keep.footage_bytes;
}

/* What counts against it. */
static int64_t
counted(int cam, int stream)
{
	int64_t n = 0;

	for (int i = 0; i < w.nseg; i++)
		if (w.seg[i].cam == cam && w.seg[i].stream == stream &&
		    is_there(&w.seg[i]) && !is_held(&w.seg[i]) && !w.seg[i].due)
			n += w.seg[i].bytes;
	return n;
}

static void
expect(struct model_segment *g, char why)
{
	g->due = true;
	w.why[w.nexpect] = why;
	w.expect[w.nexpect++] = g->id;
}

/* The first by the lesser key; of a stream, or of all with cam -1. */
static struct model_segment *
least(
    int cam, int stream, bool (*may)(const struct model_segment *g), bool fair)
{
	struct model_segment *best = NULL;
	int64_t key[4], best_key[4] = {0};

	for (int i = 0; i < w.nseg; i++) {
		struct model_segment *g = &w.seg[i];
		int64_t limit = limit_bytes(g->cam, g->stream);

		if ((cam >= 0 && (g->cam != cam || g->stream != stream)) ||
		    g->due || !is_there(g) || is_held(g) || !may(g))
			continue;
		key[0] = is_found(g) && !is_removed(g) ? 1 : 0;
		key[1] =
		    fair && limit != 0 && counted(g->cam, g->stream) <= limit;
		key[2] = g->start;
		key[3] = g->id;
		for (int k = 0; k < 4; k++) {
			if (best != NULL && key[k] > best_key[k])
				break;
			if (best == NULL || key[k] < best_key[k] || k == 3) {
				best = g;
				memcpy(best_key, key, sizeof(key));
				break;
			}
		}
	}
	return best;
}

static bool
may_by_age(const struct model_segment *g)
{
	int64_t us = limit_us(g->cam, g->stream);

	return is_removed(g) ||
	       (us != 0 && g->end <= w.now - us && !is_found(g));
}

static bool
may_at_all(const struct model_segment *g)
{
	(void)g;
	return true;
}

static void
run_model(void)
{
	struct model_segment *g;
	int64_t avail = capacity, kept = 0;

	for (int c = 0; c < CAMERAS; c++) {
		for (int t = 0; t < NVR_STREAMS; t++) {
			while ((g = least(c, t, may_by_age, false)) != NULL)
				expect(g, is_removed(g) ? 'c' : 'o');
			while (limit_bytes(c, t) != 0 &&
			       counted(c, t) > limit_bytes(c, t))
				expect(least(c, t, may_at_all, false), 'a');
		}
	}
	for (int i = 0; i < w.nseg; i++) {
		avail -= w.seg[i].due ? 0 : w.seg[i].bytes;
		kept +=
		    w.seg[i].due || !is_held(&w.seg[i]) ? 0 : w.seg[i].bytes;
	}
	while (rules.keep.floor != 0 && w.now == NOW &&
	       rules.keep.floor <= capacity - kept &&
	       avail < rules.keep.floor &&
	       (g = least(-1, 0, may_at_all, true)) != NULL) {
		expect(g, 'l');
		avail += g->bytes;
	}
}

static void
compare(void)
{
	assert_int_equal(ntold, w.nexpect);
	for (int i = 0; i < ntold; i++) {
		assert_int_equal(told[i].id, w.expect[i]);
		assert_int_equal(told[i].why[0], w.why[i]);
	}
}

static void
random_worlds_are_as_a_plain_model_says(void **unused)
{
	const char *rounds = getenv("NVR_ROUNDS");
	int n = rounds != NULL ? (int)strtonum(rounds, 1, 1000000, NULL) : 300;
	int64_t total = 0;

	for (int i = 0; i < n; i++) {
		seed = (uint64_t)i;
		clean(unused);
		make_world();
		store_world();
		run_model();
		go(w.now, false);
		compare();
		assert_int_equal(
		    number("SELECT COUNT(*) FROM segment"), w.nseg);
		go(w.now, true);
		compare();
		assert_int_equal(
		    number("SELECT COUNT(*) FROM segment"), w.nseg - w.nexpect);
		total += ntold;
		go(w.now, true);
		assert_int_equal(ntold, 0);
	}
	assert_true(total > 5 * n);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup(name, clean)
	const struct CMUnitTest tests[] = {
	    T(c18_recordings_go_by_age),
	    T(c18_recordings_go_by_bytes_the_oldest_first),
	    T(c18_the_first_rule_that_bites_wins),
	    T(c18_who_is_within_its_limit_is_not_robbed_by_who_is_not),
	    T(room_that_cannot_be_made_is_not_tried),
	    T(room_is_made_neither_for_one_camera_nor_in_the_past),
	    T(n4_what_is_held_never_goes),
	    T(n14_of_a_camera_removed_long_ago_all_goes),
	    T(footage_around_findings_is_kept_for_longer_and_goes_last),
	    T(moments_that_keep_nothing_any_more_are_forgotten),
	    T(runs_without_segments_go_but_not_the_newest),
	    T(more_than_half_of_a_stream_is_not_deleted_unasked),
	    T(more_than_half_of_all_is_not_deleted_for_room_unasked),
	    T(a_stream_has_what_it_had_by_then),
	    T(the_last_day_of_a_camera_that_has_stopped_goes),
	    T(times_are_utc_and_go_far),
	    T(a_batch_is_no_limit),
	    T(c18_in_place_of_a_file_that_stays_no_other_goes),
	    T(random_worlds_are_as_a_plain_model_says),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
