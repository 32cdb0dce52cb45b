/* Kept stills and removed cameras end when their promise does (N3, N4, N14). */
#include "aging_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "core/erasure.h"
#include "core/keep.h"
#include "core/station.h"

static char path[256];

/* Its file and its row.  Returns its id. */
static int64_t
add_still(int64_t account, int64_t camera, int64_t taken, int64_t expires)
{
	char cam[NVR_ID_TEXT], id[NVR_ID_TEXT];
	int64_t n = nvr_id_new();

	snprintf(path, sizeof(path), "%s/media/stills/%s", dir,
	    nvr_id_format(camera, cam));
	ok(nvr_dir_make(path, 0700, &err));
	snprintf(path, sizeof(path), "%s/media/stills/%s/%s.jpg", dir, cam,
	    nvr_id_format(n, id));
	ok(nvr_file_write(path, "x", 1, 0600, 0, &err));
	sqlf("INSERT INTO still (id, account_id, camera_id, taken_at,"
	     " expires_at, path, size_bytes, sha256) VALUES (%lld, %lld, %lld,"
	     " %lld, %lld, 'stills/%s/%s.jpg', 1, printf('%%064d', 0))",
	    (long long)n, (long long)account, (long long)camera,
	    (long long)taken, (long long)expires, cam, id);
	return n;
}

/* The same of so many at once, a microsecond apart. */
static void
add_stills(
    int64_t account, int64_t camera, int n, int64_t taken, int64_t expires)
{
	char cam[NVR_ID_TEXT];

	snprintf(path, sizeof(path), "%s/media/stills/%s", dir,
	    nvr_id_format(camera, cam));
	ok(nvr_dir_make(path, 0700, &err));
	for (int i = 1; i <= n; i++) {
		snprintf(path, sizeof(path), "%s/media/stills/%s/%d.jpg", dir,
		    cam, i);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	sqlf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	     " WHERE i < %d) INSERT INTO still (id, account_id, camera_id,"
	     " taken_at, expires_at, path, size_bytes, sha256) SELECT i + "
	     "(SELECT"
	     " COUNT(*) FROM still), %lld, %lld, %lld + i, %lld, printf("
	     "'stills/%s/%%d.jpg', i), 1, printf('%%064d', 0) FROM n",
	    n, (long long)account, (long long)camera, (long long)taken,
	    (long long)expires, cam);
}

/* Row and file are both there, or neither. */
static bool
still_there(int64_t camera, int64_t id)
{
	char cam[NVR_ID_TEXT], text[NVR_ID_TEXT];
	bool row = sqlf("SELECT COUNT(*) FROM still WHERE id = %lld",
		       (long long)id) == 1;

	snprintf(path, sizeof(path), "%s/media/stills/%s/%s.jpg", dir,
	    nvr_id_format(camera, cam), nvr_id_format(id, text));
	assert_int_equal(access(path, F_OK) == 0, row);
	return row;
}

static void
stills_end_when_they_expire(void **state)
{
	int64_t cam = add_camera("gate", 0);
	int64_t at = add_still(0, cam, T0, T0 + NVR_HOUR);
	int64_t later = add_still(0, cam, T0, T0 + NVR_HOUR + 1);

	(void)state;
	assert_int_equal(ends("stills", T0 + NVR_HOUR - 1), 0);
	assert_int_equal(ends("stills", T0 + NVR_HOUR), 1);
	assert_false(still_there(cam, at));
	assert_true(still_there(cam, later));
	run_rule("stills", T0 + NVR_HOUR + 1, 0, false);
	assert_true(heard("stills|media/stills/"));
	assert_true(heard(".jpg|gate|expired|N4"));
	assert_int_equal(done.kind[0].bytes, 1);
	assert_int_equal(ends("stills", T0 + NVR_HOUR + 1), 1);
	assert_int_equal(count("garbage"), 0);
}

static void
a_free_account_keeps_none_for_more_than_a_day(void **state)
{
	int64_t free = add_account("free"), premium = add_account("premium");
	int64_t far = T0 + 90 * NVR_DAY;
	const int64_t account[] = {free, premium, 0};
	int64_t cam[3], id[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		cam[i] = add_camera("gate", account[i]);
		id[i] = add_still(account[i], cam[i], T0, far);
	}
	assert_int_equal(ends("stills", T0 + NVR_DAY), 0);
	run_rule("stills", T0 + NVR_DAY + 1, 0, false);
	assert_true(heard("older than 1d"));
	assert_int_equal(ends("stills", T0 + NVR_DAY + 1), 1);
	assert_false(still_there(cam[0], id[0]));
	/* Whoever leaves premium keeps them no longer either. */
	set_account(premium, "tier = 'free'");
	assert_int_equal(ends("stills", T0 + NVR_DAY), 0);
	assert_int_equal(ends("stills", T0 + NVR_DAY + 1), 1);
	assert_false(still_there(cam[1], id[1]));
	assert_true(still_there(cam[2], id[2]));
	assert_int_equal(ends("stills", far - 1), 0);
	assert_int_equal(ends("stills", far), 1);
}

static void
a_camera_says_for_how_long(void **state)
{
	int64_t free = add_account("free"), premium = add_account("premium");
	const int64_t account[] = {free, premium, 0};
	int64_t cam[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		cam[i] = add_camera("gate", account[i]);
		sqlf("UPDATE camera SET retain_stills_us = %lld WHERE id ="
		     " %lld",
		    (long long)(2 * NVR_DAY), (long long)cam[i]);
		add_still(account[i], cam[i], T0, T0 + 90 * NVR_DAY);
	}
	assert_int_equal(ends("stills", T0 + NVR_DAY + 1), 1); /* free */
	assert_int_equal(ends("stills", T0 + 2 * NVR_DAY), 0);
	run_rule("stills", T0 + 2 * NVR_DAY + 1, 0, false);
	assert_true(heard("older than its camera keeps stills"));
	assert_int_equal(ends("stills", T0 + 2 * NVR_DAY + 1), 2);
	/* It counts on the free tier, too, where it is less. */
	sqlf("UPDATE camera SET retain_stills_us = %lld", (long long)NVR_HOUR);
	add_still(free, cam[0], T0, T0 + 90 * NVR_DAY);
	assert_int_equal(ends("stills", T0 + NVR_HOUR), 0);
	assert_int_equal(ends("stills", T0 + NVR_HOUR + 1), 1);
	/* Whatever it is due by, it is one. */
	add_still(free, cam[0], T0, T0 + 1);
	assert_int_equal(ends("stills", T0 + 90 * NVR_DAY), 1);
}

static void
stills_of_restricted_accounts_stay(void **state)
{
	int64_t ann = add_account("free"), cam = add_camera("gate", ann);
	int64_t id = add_still(ann, cam, 1, 2);

	(void)state;
	set_account(ann, "restricted_at = 1, deleted_at = 1");
	assert_int_equal(ends("stills", T0), 0);
	assert_true(still_there(cam, id));
	set_account(ann, "restricted_at = NULL");
	assert_int_equal(ends("stills", T0), 1);
	assert_false(still_there(cam, id));
}

static void
many_stills_and_bad_dates(void **state)
{
	int64_t cam = add_camera("gate", 0), ann = add_account("free");
	int64_t hers = add_camera("gate", ann);

	(void)state;
	add_stills(0, cam, 300, 1, 2);
	add_still(0, cam, INT64_MIN, INT64_MIN);
	add_still(0, cam, INT64_MAX, INT64_MAX);
	add_still(ann, hers, INT64_MIN, INT64_MAX);
	add_still(ann, hers, INT64_MAX, INT64_MAX);
	sqlf("UPDATE camera SET retain_stills_us = %lld", (long long)INT64_MAX);
	assert_int_equal(run_rule("stills", T0, 0, true), 302);
	assert_int_equal(count("still"), 2);
	assert_int_equal(count("garbage"), 0);
}

static void
what_cannot_be_deleted_is_told_and_the_rest_goes(void **state)
{
	int64_t cam = add_camera("gate", 0), other = add_camera("yard", 0);
	int64_t id = add_still(0, cam, 1, 2);

	(void)state;
	/* No file of ours: a path that leads out of the folder. */
	sqlf("UPDATE still SET path = '../keys/box.age' WHERE id = %lld",
	    (long long)id);
	add_stills(0, cam, 150, 1, 2);
	add_stills(0, other, 150, 1, 2);
	assert_int_equal(run_rule("stills", T0, 0, true), 300);
	assert_int_equal(done.kind[0].failed, 1);
	assert_int_equal(count("still"), 1);
	snprintf(path, sizeof(path), "%s/keys/box.age", dir);
	assert_int_equal(access(path, F_OK), 0);
}

static void
of_one_camera_alone(void **state)
{
	int64_t a = add_camera("a", 0), b = add_camera("b", 0);
	int64_t one = add_still(0, a, 1, 2), two = add_still(0, b, 1, 2);

	(void)state;
	assert_int_equal(run_rule("stills", T0, a, false), 1);
	assert_int_equal(run_rule("stills", T0, a, true), 1);
	assert_false(still_there(a, one));
	assert_true(still_there(b, two));
}

/* N4: nobody need run nvr-retain for it. */
static void
keeping_another_sweeps(void **state)
{
	int64_t ann = add_account("free"), cam = add_camera("gate", ann);
	int n = 0;

	(void)state;
	add_still(ann, cam, T0, T0 + 90 * NVR_DAY);
	add_still(ann, cam, T0, T0 + 1);
	ok(nvr_keep_sweep(s, T0 + NVR_DAY, &n, &err));
	assert_int_equal(n, 1);
	ok(nvr_keep_sweep(s, T0 + NVR_DAY + 1, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(count("still"), 0);
}

static struct nvr_camera *
camera(int64_t id)
{
	struct nvr_camera *cam = NULL;

	ok(nvr_camera_get_any(s->store, id, &cam, &err));
	return cam;
}

static void
assert_most(int64_t id, int64_t us, const char *says)
{
	struct nvr_camera *cam = camera(id);

	ok(nvr_keep_check(s, cam, us, &err));
	assert_fails(nvr_keep_check(s, cam, us + 1, &err), NVR_E_USAGE, says);
	nvr_camera_free(cam);
}

static void
the_limit_of_keeping_is_named(void **state)
{
	int64_t own = add_camera("own", 0),
		free = add_camera("free", add_account("free")),
		premium = add_camera("premium", add_account("premium"));

	(void)state;
	rules.keep.stills = 10 * NVR_DAY;
	assert_most(own, 10 * NVR_DAY, "for 10d at the most, as keep-max");
	assert_most(free, NVR_DAY, "for 1d at the most, as stills-free");
	assert_most(premium, 10 * NVR_DAY, "keep-max of nvr.conf");
	rules.keep.stills = NVR_HOUR;
	assert_most(free, NVR_HOUR, "keep-max of nvr.conf");
	sqlf("UPDATE camera SET retain_stills_us = %lld",
	    (long long)(2 * NVR_HOUR));
	assert_most(own, 2 * NVR_HOUR, "the camera's retain-stills");
	assert_most(free, NVR_HOUR, "keep-max of nvr.conf");
	assert_most(premium, 2 * NVR_HOUR, "the camera's retain-stills");
	rules.keep.stills = 0;
	sqlf("UPDATE camera SET retain_stills_us = NULL");
	assert_most(own, 0, "keep-max of nvr.conf");
}

static void
none_is_kept_for_longer_than_it_may(void **state)
{
	int64_t ann = add_account("free"), id = add_camera("gate", ann);
	struct nvr_camera *cam = camera(id);
	int64_t now = nvr_time_now(), expires = 0;
	struct nvr_keep k = {nvr_id_new(), now, now + 90 * NVR_DAY, false};
	struct nvr_buf jpeg = {0};

	(void)state;
	ok(nvr_keep_still(s, cam, &k, "x", 1, &err));
	assert_int_equal(sqlf("SELECT expires_at FROM still"), now + NVR_DAY);
	ok(nvr_keep_still(s, cam, &k, "x", 1, &err)); /* again: no longer */
	assert_int_equal(sqlf("SELECT expires_at FROM still"), now + NVR_DAY);
	/* One that was entered before it left premium. */
	sqlf("UPDATE still SET expires_at = %lld",
	    (long long)(now + 90 * NVR_DAY));
	ok(nvr_keep_load(s, k.id, now + NVR_DAY - 1, &jpeg, &expires, &err));
	assert_int_equal(expires, now + NVR_DAY);
	assert_fails(
	    nvr_keep_load(s, k.id, now + NVR_DAY, &jpeg, &expires, &err),
	    NVR_E_NOENT, "expired");
	k = (struct nvr_keep){
	    nvr_id_new(), now - 2 * NVR_DAY, now + NVR_DAY, false};
	assert_fails(nvr_keep_still(s, cam, &k, "x", 1, &err), NVR_E_PERMISSION,
	    "older than stills of 'gate' are kept");
	assert_int_equal(count("still"), 1);
	nvr_buf_release(&jpeg);
	nvr_camera_free(cam);
}

static void
remove_camera(int64_t id, int64_t at)
{
	sqlf("UPDATE camera SET removed_at = %lld WHERE id = %lld",
	    (long long)at, (long long)id);
}

/* A row in every table that has one by the camera. */
static void
furnish(int64_t cam, int64_t account)
{
	const long long c = cam, a = account;

	add_stills(account, cam, 300, T0 + 29 * NVR_DAY, INT64_MAX);
	sqlf("INSERT INTO camera_recipient VALUES (%lld, 0, 'age1x', 1)", c);
	sqlf("INSERT INTO baseline (camera_id, width, height, mode, samples,"
	     " data, updated_at, still_id) SELECT %lld, 1, 1, 'day', 1, x'00',"
	     " 1, MIN(id) FROM still",
	    c);
	sqlf("INSERT INTO asked VALUES (%lld, 'x', 0, 1, x'00')", c);
	sqlf("INSERT INTO incident VALUES (%lld, 1, 0)", c);
	sqlf("INSERT INTO footage_sum VALUES (%lld, 'main', 0, 0, 0)", c);
	sqlf("INSERT INTO schedule (id, name, every_us, created_at,"
	     " changed_at) VALUES (1, 'x', 1, 1, 1)");
	sqlf("INSERT INTO schedule_camera VALUES (1, %lld, 0)", c);
	sqlf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	     " WHERE i < 250) INSERT INTO run (id, camera_id, stream,"
	     " started_at, monotonic_us, reason, video, width, height)"
	     " SELECT i, %lld, 'main', 1, 1, 'start', 'h264', 1, 1 FROM n",
	    c);
	sqlf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	     " WHERE i < 250) INSERT INTO event (id, camera_id, stream, at,"
	     " kind) SELECT i, %lld, 'main', %lld, 'lost' FROM n",
	    c, (long long)T0);
	sqlf("INSERT INTO hold (id, camera_id, since, until, why, held_by,"
	     " held_at, released_at) VALUES (1, %lld, 1, 2, 'x', 'x', 1, %lld)",
	    c, (long long)T0);
	sqlf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	     " WHERE i < 250) INSERT INTO audit (id, account_id, camera_id,"
	     " camera_name, at, duration_us, type, origin, analyzer,"
	     " schema_version, status) SELECT i, %lld, %lld, 'gate', %lld, 1,"
	     " 'regular', 'command', 'local', 1, 'ok' FROM n",
	    a, c, (long long)T0);
	sqlf("INSERT INTO access (id, at, who, action, camera_id, camera_name,"
	     " since, until) VALUES (1, %lld, 'x', 'clip', %lld, 'gate', 1, 2)",
	    (long long)T0, c);
	sqlf("INSERT INTO usage (account_id, day, camera_id, model) VALUES"
	     " (0, 1, %lld, '')",
	    c);
}

static void
a_removed_camera_goes_for_good(void **state)
{
	static const char *const tables[] = {"camera", "still", "run", "event",
	    "hold", "audit", "camera_recipient", "baseline", "asked",
	    "incident", "footage_sum", "schedule_camera", "garbage"};
	int64_t ann = add_account("free"), cam = add_camera("gate", ann);

	(void)state;
	furnish(cam, ann);
	assert_int_equal(ends("cameras", NVR_TIME_MAX), 0); /* in use */
	remove_camera(cam, T0);
	assert_int_equal(ends("cameras", T0 + 30 * NVR_DAY), 0);
	assert_int_equal(
	    run_rule("cameras", T0 + 30 * NVR_DAY + 1, 0, false), 1);
	assert_string_equal(told[0], "cameras|gate|gate|older than 30d|N14");
	assert_int_equal(ends("cameras", T0 + 30 * NVR_DAY + 1), 1);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (count(tables[i]) != 0)
			fail_msg("%s is left", tables[i]);
	/* These have a promise of their own. */
	assert_int_equal(
	    count("access") + count("usage") + count("schedule"), 3);
	assert_int_equal(
	    logged(ann, "camera.erased", "\"camera\":\"gate\""), 1);
}

static void
footage_goes_first(void **state)
{
	int64_t cam = add_camera("gate", 0);

	(void)state;
	remove_camera(cam, T0);
	sqlf("INSERT INTO segment (id, camera_id, stream, run_id, start_at,"
	     " end_at, media_start_us, media_us, frames, size_bytes, sha256,"
	     " sealed) VALUES (1, %lld, 'main', 1, 1, 2, 0, 1, 1, 1,"
	     " zeroblob(32), 1)",
	    (long long)cam);
	add_still(0, cam, T0, INT64_MAX);
	assert_int_equal(run_rule("cameras", NVR_TIME_MAX, 0, false), 1);
	assert_int_equal(run_rule("cameras", NVR_TIME_MAX, 0, true), 0);
	assert_int_equal(done.kind[0].failed, 1);
	assert_non_null(strstr(err.text, "once its footage has gone"));
	assert_int_equal(count("still"), 1);
	sqlf("DELETE FROM segment");
	sqlf("INSERT INTO open_segment (id, camera_id, stream, run_id,"
	     " start_at, media_start_us) VALUES (1, %lld, 'main', 1, 1, 0)",
	    (long long)cam);
	assert_int_equal(run_rule("cameras", NVR_TIME_MAX, 0, true), 0);
	sqlf("DELETE FROM open_segment");
	assert_int_equal(ends("cameras", NVR_TIME_MAX), 1);
}

static void
held_and_restricted_cameras_stay(void **state)
{
	int64_t ann = add_account("free"), held = add_camera("held", 0);
	int64_t hers = add_camera("hers", ann), sold = add_camera("sold", 0);

	(void)state;
	remove_camera(held, 1);
	remove_camera(hers, 1);
	remove_camera(sold, 1);
	sqlf("INSERT INTO hold (id, camera_id, since, until, why, held_by,"
	     " held_at) VALUES (1, %lld, 1, 2, 'x', 'x', 1)",
	    (long long)held);
	add_still(ann, sold, 1, INT64_MAX); /* made while it was hers */
	set_account(ann, "restricted_at = 1, deleted_at = 1");
	assert_int_equal(ends("cameras", T0), 0);
	set_account(ann, "restricted_at = NULL");
	assert_int_equal(ends("cameras", T0), 2);
	sqlf("UPDATE hold SET released_at = 1");
	assert_int_equal(ends("cameras", T0), 1);
	assert_int_equal(count("camera"), 0);
}

static void
add_footage(int64_t cam)
{
	sqlf("INSERT INTO segment (id, camera_id, stream, run_id, start_at,"
	     " end_at, media_start_us, media_us, frames, size_bytes, sha256,"
	     " sealed) VALUES (%lld, %lld, 'main', 1, 1, 2, 0, 1, 1, 1,"
	     " zeroblob(32), 1)",
	    (long long)cam, (long long)cam);
}

static void
C20_an_adopted_camera_ends_with_its_footage(void **state)
{
	int64_t ann = add_account("free"), month;
	char name[32], id[NVR_ID_TEXT];
	int64_t cam[3];

	(void)state;
	rules.restore = 30 * NVR_DAY;
	for (int i = 0; i < 3; i++) {
		cam[i] = add_camera(i == 0   ? "bed"
				    : i == 1 ? "bath"
					     : "gate",
		    ann);
		add_footage(cam[i]);
	}
	ok(nvr_erase(s, ann, &err));
	assert_int_equal(count("camera"), 3);
	assert_int_equal(ends("cameras", NVR_TIME_MAX), 0);
	assert_int_equal(ends("cameras", NVR_TIME_MAX), 0);
	sqlf("INSERT INTO hold (id, camera_id, since, until, why, held_by,"
	     " held_at) VALUES (1, %lld, 1, 2, 'x', 'x', 1)",
	    (long long)cam[1]);
	sqlf("UPDATE camera SET url = 'rtsp://x/' WHERE id = %lld",
	    (long long)cam[2]); /* the owner's own now */
	sqlf("DELETE FROM segment");
	run_rule("cameras", nvr_time_now(), 0, true);
	month = nvr_time_now() + 30 * NVR_DAY + 1;
	assert_int_equal(run_rule("cameras", month - NVR_HOUR, 0, false), 0);
	assert_int_equal(run_rule("cameras", month, 0, true), 1);
	snprintf(name, sizeof(name), "|adopted-%s|", nvr_id_format(cam[0], id));
	assert_true(heard(name));
	sqlf("UPDATE hold SET released_at = 1");
	run_rule("cameras", nvr_time_now(), 0, true);
	assert_int_equal(ends("cameras", NVR_TIME_MAX), 1);
	assert_int_equal(count("camera"), 1);
	assert_int_equal(ends("cameras", NVR_TIME_MAX), 0);
}

static int
stations(void)
{
	char text[256];
	int n = 0;

	for (int64_t id = 1; id < 4; id++) {
		char name[NVR_ID_TEXT];

		snprintf(text, sizeof(text), "%s/run/%s-main", dir,
		    nvr_id_format(id, name));
		n += access(text, F_OK) == 0;
	}
	return n;
}

static pid_t
record_elsewhere(int64_t camera)
{
	struct nvr_station *st;
	int told_by[2];
	char c = 1;
	pid_t pid;

	assert_int_equal(pipe(told_by), 0);
	pid = fork();
	if (pid == 0) {
		if (nvr_station_take(s, camera, NVR_MAIN, &st, &err) == 0)
			(void)!write(told_by[1], &c, 1);
		close(told_by[1]);
		pause();
		_exit(0);
	}
	close(told_by[1]);
	assert_int_equal(read(told_by[0], &c, 1), 1);
	close(told_by[0]);
	return pid;
}

static void
what_said_how_a_camera_is_recorded_goes_with_it(void **state)
{
	struct nvr_station *st;
	int64_t ann = add_account("free");
	pid_t pid;

	(void)state;
	for (int64_t id = 1; id < 4; id++) {
		ok(nvr_station_take(s, id, NVR_MAIN, &st, &err));
		nvr_station_leave(st);
		sqlf("INSERT INTO camera (id, account_id, name, url, recipient,"
		     " created_at, changed_at) VALUES (%lld, %lld, 'c%lld',"
		     " 'rtsp://x/', 'age1', 0, 0)",
		    (long long)id, (long long)(id == 3 ? ann : 0),
		    (long long)id);
	}
	assert_int_equal(stations(), 3);
	remove_camera(2, 1);
	assert_int_equal(ends("cameras", T0), 1);
	assert_int_equal(stations(), 2);
	ok(nvr_erase(s, ann, &err));
	assert_int_equal(stations(), 1);
	sqlf("DELETE FROM camera");
	/* Unless somebody is recording it still. */
	pid = record_elsewhere(1);
	ok(nvr_station_sweep(s, &err));
	assert_int_equal(stations(), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(path, sizeof(path), "%s/run/0000000000009-main.txt", dir);
	ok(nvr_file_write(path, "x", 1, 0600, 0, &err));
	ok(nvr_station_sweep(s, &err));
	assert_int_equal(stations(), 0);
	assert_int_equal(access(path, F_OK), 0);
}

static void
a_still_that_stays_keeps_its_camera(void **state)
{
	int64_t cam = add_camera("gate", 0);

	(void)state;
	remove_camera(cam, 1);
	add_still(0, cam, 1, INT64_MAX);
	sqlf("UPDATE still SET path = '../../x'");
	assert_int_equal(run_rule("cameras", T0, 0, true), 0);
	assert_true(done.kind[0].failed > 0);
	assert_int_equal(count("camera"), 1);
}

/* The clock was set back, or somebody wrote it. */
static void
garbage_of_the_future_goes(void **state)
{
	int64_t now = nvr_time_now();

	(void)state;
	sqlf("INSERT INTO garbage (path, added_at) VALUES"
	     " ('media/footage/1/main/2020-01-01/a', 9000000000000000000),"
	     " ('media/footage/1/main/2020-01-01/b', 1)");
	/* By then it was not there. */
	assert_int_equal(run_rule("garbage", now - NVR_DAY, 0, false), 1);
	assert_int_equal(run_rule("garbage", now, 0, false), 2);
	assert_int_equal(ends("garbage", now - NVR_DAY), 1);
	assert_int_equal(ends("garbage", now), 1);
	assert_int_equal(count("garbage"), 0);
}

/* Whatever stops it on the way, the next run finishes. */
static void
the_next_run_finishes_a_camera(void **state)
{
	static const char *const at[] = {
	    "still", "audit", "event", "run", "hold", "baseline", "camera"};
	int64_t cam = add_camera("gate", 0);

	(void)state;
	furnish(cam, 0);
	remove_camera(cam, 1);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		sqlf("CREATE TRIGGER stop BEFORE DELETE ON %s"
		     " BEGIN SELECT RAISE(ABORT, 'stop'); END",
		    at[i]);
		assert_int_equal(run_rule("cameras", T0, 0, true), 0);
		assert_int_equal(done.kind[0].failed, 1);
		assert_int_equal(count("camera"), 1);
		assert_int_equal(logged(0, "camera.erased", ""), 0);
		sqlf("DROP TRIGGER stop");
	}
	assert_int_equal(ends("cameras", T0), 1);
	assert_int_equal(count("camera"), 0);
	assert_int_equal(logged(0, "camera.erased", ""), 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_retaining, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(stills_end_when_they_expire),
	    T(a_free_account_keeps_none_for_more_than_a_day),
	    T(a_camera_says_for_how_long),
	    T(stills_of_restricted_accounts_stay),
	    T(many_stills_and_bad_dates),
	    T(what_cannot_be_deleted_is_told_and_the_rest_goes),
	    T(of_one_camera_alone),
	    T(keeping_another_sweeps),
	    T(the_limit_of_keeping_is_named),
	    T(none_is_kept_for_longer_than_it_may),
	    T(a_removed_camera_goes_for_good),
	    T(footage_goes_first),
	    T(held_and_restricted_cameras_stay),
	    T(C20_an_adopted_camera_ends_with_its_footage),
	    T(what_said_how_a_camera_is_recorded_goes_with_it),
	    T(a_still_that_stays_keeps_its_camera),
	    T(garbage_of_the_future_goes),
	    T(the_next_run_finishes_a_camera),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
