/* What may be deleted of each stream, and in which order. */
#include "retain_help.h"

static struct nvr_streams x;

static void
load(void)
{
	nvr_streams_free(&x);
	must(nvr_streams_load(s, 0, the_time, &x, &err));
}

/* The ids of the kind, of the stream of that index: `1 2 3`. */
static const char *
ids(size_t of, enum nvr_going which)
{
	static char text[256];
	struct nvr_segment seg;
	char one[24];
	int rc;

	text[0] = '\0';
	while ((rc = nvr_streams_next(s, &x.e[of], which, &seg, &err)) == 1) {
		snprintf(one, sizeof(one), "%s%lld", text[0] != '\0' ? " " : "",
		    (long long)seg.id);
		strlcat(text, one, sizeof(text));
	}
	must(rc);
	return text;
}

static int
count(size_t of, enum nvr_going which)
{
	struct nvr_segment seg;
	int n = 0, rc;

	while ((rc = nvr_streams_next(s, &x.e[of], which, &seg, &err)) == 1)
		n++;
	must(rc);
	return n;
}

static const char *
victims(int most)
{
	static char text[256];
	struct nvr_victims *v;
	struct nvr_segment seg;
	char one[24];
	size_t of;
	int rc = 1;

	text[0] = '\0';
	must(nvr_victims_open(s, &x, &v, &err));
	while (most-- > 0 && (rc = nvr_victims_next(v, &seg, &of, &err)) == 1) {
		assert_int_equal(x.e[of].cam->id, seg.camera_id);
		assert_int_equal(x.e[of].stream, seg.stream);
		snprintf(one, sizeof(one), "%s%lld", text[0] != '\0' ? " " : "",
		    (long long)seg.id);
		strlcat(text, one, sizeof(text));
	}
	assert_true(rc >= 0);
	nvr_victims_close(v);
	return text;
}

static void
each_stream_has_its_own_rule_else_its_sites_else_that_of_nvr_conf(void **unused)
{
	(void)unused;
	rules.keep.footage = 1 * NVR_DAY;
	rules.keep.footage_bytes = 1000;
	add_account(7);
	add_site(8, 7, 2 * NVR_DAY, 2000);
	add_camera(1, "gate");
	add_camera(2, "yard");
	set_camera(2, "site_id", 8);
	set_camera(2, "retain_us", 3 * NVR_DAY);
	set_camera(2, "retain_sub_bytes", 3000);
	set_camera(2, "retain_events_us", 90 * NVR_DAY);
	add_segment(11, 1, NVR_MAIN, NOW, NOW, 1);
	add_segment(12, 2, NVR_MAIN, NOW, NOW, 2);
	add_segment(13, 2, NVR_SUB, NOW, NOW, 3);
	add_segment(14, 2, NVR_SUB, NOW, NOW, 4);
	load();
	assert_int_equal(x.n, 3);
	assert_string_equal(x.e[0].cam->name, "gate");
	assert_int_equal(x.e[0].rule.us, 1 * NVR_DAY);
	assert_int_equal(x.e[0].rule.bytes, 1000);
	assert_int_equal(x.e[0].rule.events_us, 0);
	assert_int_equal(x.e[1].stream, NVR_MAIN);
	assert_int_equal(x.e[1].rule.us, 3 * NVR_DAY);
	assert_int_equal(x.e[1].rule.bytes, 2000);
	assert_int_equal(x.e[1].rule.events_us, 90 * NVR_DAY);
	assert_int_equal(x.e[2].stream, NVR_SUB);
	assert_int_equal(x.e[2].rule.us, 2 * NVR_DAY);
	assert_int_equal(x.e[2].rule.bytes, 3000);
	assert_int_equal(x.e[2].segments, 2);
	assert_int_equal(x.e[2].bytes, 7);

	/* What a removed site said holds on. */
	sql("UPDATE site SET removed_at = 1");
	load();
	assert_int_equal(x.e[1].rule.us, 3 * NVR_DAY);
	assert_int_equal(x.e[1].rule.bytes, 2000);
	assert_int_equal(x.e[2].rule.us, 2 * NVR_DAY);
}

static void
without_a_limit_there_is_none(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	add_minutes(1, 1, NVR_MAIN, 0, 3);
	load();
	assert_int_equal(x.e[0].rule.us, 0);
	assert_int_equal(x.e[0].rule.bytes, 0);
	assert_string_equal(ids(0, NVR_GOING_DUE), "");
	assert_string_equal(ids(0, NVR_GOING_FINDINGS), "");
	assert_false(nvr_streams_above(&x.e[0]));
	/* Only the disk can run out. */
	assert_string_equal(ids(0, NVR_GOING_REST), "1 2 3");
}

static void
a_limit_beyond_all_time_is_none(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", INT64_MAX);
	set_camera(1, "retain_bytes", INT64_MAX);
	set_camera(1, "retain_events_us", INT64_MAX);
	rules.keep.around = INT64_MAX;
	rules.keep.cameras = INT64_MAX;
	add_incident(1, NOW);
	add_incident(1, INT64_MAX - 1);
	add_incident(1, INT64_MIN + 1);
	add_minutes(1, 1, NVR_MAIN, 0, 2);
	load();
	assert_string_equal(ids(0, NVR_GOING_DUE), "");
	assert_false(nvr_streams_above(&x.e[0]));
	assert_string_equal(ids(0, NVR_GOING_FINDINGS), "1 2");
}

static void
streams_without_footage_are_none(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	load();
	assert_int_equal(x.n, 0);
	assert_string_equal(victims(9), "");
	/* Nor is one whose total says otherwise; one without a total is. */
	sql("INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)"
	    " VALUES (1, 'main', 5, 50)");
	add_minutes(1, 1, NVR_SUB, NOW, 2);
	sql("DELETE FROM footage_sum WHERE stream = 'sub'");
	load();
	assert_int_equal(x.n, 1);
	assert_int_equal(x.e[0].segments, 2);
	assert_int_equal(x.e[0].bytes, 20);
}

static void
of_restricted_accounts_nothing_goes_of_deleted_ones_it_does(void **unused)
{
	(void)unused;
	add_account(7);
	add_account(8);
	add_camera(1, "gate");
	add_camera(2, "yard");
	set_camera(1, "account_id", 7);
	set_camera(2, "account_id", 8);
	add_minutes(1, 1, NVR_MAIN, NOW, 1);
	add_minutes(2, 2, NVR_MAIN, NOW, 1);
	sql("UPDATE account SET restricted_at = 1, deleted_at = 1"
	    " WHERE account_id = 7");
	sql("UPDATE account SET deleted_at = 1 WHERE account_id = 8");
	load();
	assert_int_equal(x.n, 1);
	assert_string_equal(x.e[0].cam->name, "yard");
	/* Its holds hold all the same. */
	add_hold(1, 2, NOW, NOW + 1);
	load();
	assert_string_equal(ids(0, NVR_GOING_REST), "");
}

static void
a_segment_is_due_once_its_end_is_as_old(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	add_segment(1, 1, NVR_MAIN, NOW - 70 * M, NOW - 60 * M, 1);
	add_segment(2, 1, NVR_MAIN, NOW - 61 * M, NOW - 60 * M + 1, 1);
	load();
	assert_string_equal(ids(0, NVR_GOING_DUE), "1");
	assert_string_equal(ids(0, NVR_GOING_REST), "2");
	the_time++;
	load();
	assert_string_equal(ids(0, NVR_GOING_DUE), "1 2");
	/* Each is given once. */
	assert_string_equal(ids(0, NVR_GOING_DUE), "");
	assert_string_equal(ids(0, NVR_GOING_REST), "");
}

/* The clock was set back: a long one that is not due lies before one that
 * is. */
static void
segments_that_overlap_are_looked_at_one_by_one(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	add_segment(9, 1, NVR_MAIN, NOW - 100 * M, NOW - 45 * M, 1);
	add_segment(8, 1, NVR_MAIN, NOW - 99 * M, NOW - 98 * M, 1);
	add_segment(7, 1, NVR_MAIN, NOW - 99 * M, NOW - 97 * M, 1);
	add_segment(6, 1, NVR_MAIN, NOW + 99 * M, NOW + 100 * M, 1);
	load();
	assert_string_equal(ids(0, NVR_GOING_DUE), "7 8");
	assert_string_equal(ids(0, NVR_GOING_REST), "9 6");

	/* The long one is young enough to be kept for what was found. */
	set_camera(1, "retain_us", 40 * M);
	set_camera(1, "retain_events_us", 60 * M);
	rules.keep.around = 30 * M;
	add_incident(1, NOW - 75 * M);
	load();
	assert_string_equal(ids(0, NVR_GOING_FINDINGS), "9");
	assert_string_equal(ids(0, NVR_GOING_DUE), "7 8");

	/* A hold that begins with one keeps not what ends there. */
	add_segment(10, 1, NVR_MAIN, NOW - 99 * M, NOW - 99 * M, 1);
	add_hold(1, 1, NOW - 99 * M, NOW - 98 * M);
	load();
	assert_string_equal(ids(0, NVR_GOING_DUE), "10");
}

static void
any_number_may_begin_at_once(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	for (int i = 1; i <= 100; i++)
		add_segment(i, 1, NVR_MAIN, NOW - 90 * M, NOW - 90 * M + i, 1);
	load();
	assert_int_equal(count(0, NVR_GOING_DUE), 100);
}

static void
n4_holds_keep_all_that_they_touch_until_they_are_released(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	add_camera(2, "yard");
	set_camera(1, "retain_us", 60 * M);
	add_minutes(10, 1, NVR_MAIN, NOW - 200 * M, 10);
	add_minutes(30, 1, NVR_SUB, NOW - 200 * M, 2);
	add_hold(1, 1, NOW - 199 * M, NOW - 198 * M);	      /* exactly 11 */
	add_hold(2, 1, NOW - 197 * M + 5, NOW - 197 * M + 6); /* 13 */
	add_hold(3, 1, NOW - 197 * M, NOW - 196 * M);	      /* overlaps */
	add_hold(4, 1, NOW - 196 * M, NOW - 195 * M + 1);     /* 14, 15 */
	add_hold(5, 2, NOW - 300 * M, NOW);		      /* not ours */
	load();
	assert_string_equal(ids(0, NVR_GOING_DUE), "10 12 16 17 18 19");
	assert_string_equal(ids(1, NVR_GOING_REST), "30");
	assert_string_equal(ids(0, NVR_GOING_REST), "");
	sql("UPDATE hold SET released_at = %lld, released_by = 'x'"
	    " WHERE id = 1",
	    (long long)NOW);
	load();
	assert_string_equal(ids(0, NVR_GOING_DUE), "10 11 12 16 17 18 19");
	/* What was released since had not been, by then. */
	nvr_streams_free(&x);
	must(nvr_streams_load(s, 1, NOW - 1, &x, &err));
	assert_string_equal(ids(0, NVR_GOING_DUE), "10 12 16 17 18 19");
	add_hold(6, 1, INT64_MIN + 1, INT64_MAX);
	load();
	for (int i = 0; i < NVR_GOINGS; i++)
		assert_string_equal(ids(0, (enum nvr_going)i), "");
	assert_string_equal(victims(9), "");
}

static void
a_hold_that_comes_while_one_goes_through_is_heeded(void **unused)
{
	struct nvr_segment seg;

	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	add_minutes(1, 1, NVR_MAIN, NOW - 400 * M, 300);
	load();
	assert_int_equal(
	    nvr_streams_next(s, &x.e[0], NVR_GOING_DUE, &seg, &err), 1);
	add_hold(1, 1, NOW - 300 * M, NOW - 200 * M);
	assert_int_equal(count(0, NVR_GOING_DUE), 199);
}

/* Of another program, which has a connection of its own. */
static void
a_hold_of_somebody_else_is_heeded_as_well(void **unused)
{
	struct nvr_state *other = NULL, *mine = s;
	struct nvr_segment seg;

	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	add_minutes(1, 1, NVR_MAIN, NOW - 400 * M, 300);
	load();
	assert_int_equal(
	    nvr_streams_next(s, &x.e[0], NVR_GOING_DUE, &seg, &err), 1);
	must(nvr_state_open(dir, 0, &other, &err));
	s = other;
	add_hold(1, 1, NOW - 300 * M, NOW - 200 * M);
	s = mine;
	nvr_state_close(other);
	assert_int_equal(count(0, NVR_GOING_DUE), 199);
}

/* Else it would be given again and again. */
static void
fractions_of_a_hostile_store_are_passed(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	add_minutes(1, 1, NVR_MAIN, NOW - 400 * M, 100);
	sql("UPDATE segment SET start_at = start_at + 0.5 WHERE id = 1");
	load();
	assert_int_equal(count(0, NVR_GOING_DUE), 100);
	sql("UPDATE segment SET start_at = 1.5, id = 200.5 WHERE id = 1");
	sql("UPDATE segment SET start_at = -1.5 WHERE id = 2");
	load();
	assert_int_equal(count(0, NVR_GOING_DUE), 100);
}

static void
sizes_of_a_hostile_store_do_not_stop_it(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_bytes", 50);
	add_minutes(1, 1, NVR_MAIN, NOW - 10 * M, 10);
	add_hold(1, 1, NOW - 10 * M, NOW - 5 * M);
	sql("UPDATE segment SET size_bytes = 9223372036854775807");
	load();
	assert_int_equal(count(0, NVR_GOING_REST), 5);
	sql("DELETE FROM footage_sum");
	load();
	assert_true(nvr_streams_above(&x.e[0]));
	assert_string_equal(victims(9), "6 7 8 9 10");
}

static void
what_is_held_counts_against_no_limit(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_bytes", 50);
	add_minutes(1, 1, NVR_MAIN, NOW - 10 * M, 10);
	add_hold(1, 1, NOW - 10 * M, NOW - 8 * M);
	add_hold(2, 1, NOW - 8 * M - 1, NOW - 7 * M); /* the 2nd, 3rd */
	add_hold(3, 1, NOW - 7 * M, NOW - 6 * M - 2);
	add_hold(4, 1, NOW - 6 * M - 1, NOW - 6 * M); /* of the 4th as well */
	load();
	assert_int_equal(x.e[0].held_bytes, 40);
	assert_true(nvr_streams_above(&x.e[0]));
	set_camera(1, "retain_bytes", 60);
	load();
	assert_false(nvr_streams_above(&x.e[0]));
	/* Within the limit nobody adds up. */
	set_camera(1, "retain_bytes", 100);
	load();
	assert_int_equal(x.e[0].held_bytes, 0);
}

static void
in_the_past_what_came_later_is_not_there(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_bytes", 50);
	add_minutes(1, 1, NVR_MAIN, NOW - 10 * M, 10);
	nvr_streams_free(&x);
	must(nvr_streams_load(s, 0, NOW - 4 * M, &x, &err));
	assert_int_equal(x.e[0].bytes, 60);
	assert_true(nvr_streams_above(&x.e[0]));
	assert_string_equal(ids(0, NVR_GOING_REST), "1 2 3 4 5 6");
}

static void
around_findings_footage_is_kept_for_longer(void **unused)
{
	(void)unused;
	rules.keep.around = 2 * M;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	set_camera(1, "retain_events_us", 300 * M);
	add_minutes(100, 1, NVR_MAIN, NOW - 400 * M, 400);
	add_audit(1, 1, NOW - 190 * M, NOW - 200 * M, "yes");
	add_audit(2, 1, NOW - 180 * M, 0, "yes");
	add_audit(3, 1, NOW - 170 * M, 0, "no");
	add_audit(4, 1, NOW - 160 * M, 0, "cannot_determine");
	add_audit(5, 1, NOW - 301 * M, 0, "yes"); /* all but what is too old */
	add_incident(1, NOW - 150 * M + 1);
	load();
	/* What only touches the two minutes is kept as well. */
	assert_string_equal(ids(0, NVR_GOING_FINDINGS),
	    "200 201 297 298 299 300 301 302 317 318 319 320 321 322 "
	    "348 349 350 351 352");
	/* 340 are old enough. */
	assert_int_equal(count(0, NVR_GOING_DUE), 340 - 19);
	assert_int_equal(count(0, NVR_GOING_REST), 60);
	/* As none of it is younger than that. */
	set_camera(1, "retain_events_us", 100 * M);
	load();
	assert_string_equal(ids(0, NVR_GOING_FINDINGS), "");
}

/* Of a picture that was looked at late, or by a wrong clock. */
static void
findings_may_be_in_any_order(void **unused)
{
	(void)unused;
	rules.keep.around = 5 * M;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	set_camera(1, "retain_events_us", 900 * M);
	add_minutes(1, 1, NVR_MAIN, NOW - 300 * M, 100);
	add_audit(1, 1, 1, NOW - 250 * M, "yes");
	add_audit(2, 1, 2, NOW - 245 * M, "yes");
	for (int i = 0; i < 7; i++)
		add_audit(3 + i, 1, 3 + i, NOW - (280 - 7 * i) * M, "yes");
	load();
	/* From -285 to -233, and what touches it. */
	assert_int_equal(count(0, NVR_GOING_DUE), 100 - 54);
	assert_int_equal(count(0, NVR_GOING_FINDINGS), 54);
}

static void
what_is_due_goes_first_findings_last_and_within_the_limit_late(void **unused)
{
	(void)unused;
	rules.keep.around = 0;
	add_camera(1, "gate");
	add_camera(2, "yard");
	add_camera(3, "door");
	set_camera(1, "retain_us", 100 * M);
	set_camera(1, "retain_bytes", 1000);
	set_camera(2, "retain_events_us", 300 * M);
	set_camera(3, "retain_bytes", 15);
	add_segment(10, 1, NVR_MAIN, NOW - 101 * M, NOW - 100 * M, 9);
	add_minutes(11, 1, NVR_MAIN, NOW - 95 * M, 3); /* within */
	add_minutes(20, 2, NVR_MAIN, NOW - 90 * M, 3); /* no limit */
	add_minutes(30, 3, NVR_SUB, NOW - 89 * M, 2);  /* no limit of bytes */
	add_minutes(35, 3, NVR_MAIN, NOW - 88 * M, 3); /* above, for two */
	add_incident(2, NOW - 90 * M + M / 2);
	add_incident(2, NOW - 10 * M);
	add_hold(1, 3, NOW - 88 * M + 1, NOW - 88 * M + 2);
	load();
	assert_string_equal(victims(99), "10 21 30 22 36 11 12 13 37 20");
	load();
	assert_string_equal(victims(3), "10 21 30");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup(name, clean)
	const struct CMUnitTest tests[] = {
	    T(each_stream_has_its_own_rule_else_its_sites_else_that_of_nvr_conf),
	    T(without_a_limit_there_is_none),
	    T(a_limit_beyond_all_time_is_none),
	    T(streams_without_footage_are_none),
	    T(of_restricted_accounts_nothing_goes_of_deleted_ones_it_does),
	    T(a_segment_is_due_once_its_end_is_as_old),
	    T(segments_that_overlap_are_looked_at_one_by_one),
	    T(any_number_may_begin_at_once),
	    T(n4_holds_keep_all_that_they_touch_until_they_are_released),
	    T(a_hold_that_comes_while_one_goes_through_is_heeded),
	    T(fractions_of_a_hostile_store_are_passed),
	    T(sizes_of_a_hostile_store_do_not_stop_it),
	    T(a_hold_of_somebody_else_is_heeded_as_well),
	    T(what_is_held_counts_against_no_limit),
	    T(in_the_past_what_came_later_is_not_there),
	    T(around_findings_footage_is_kept_for_longer),
	    T(findings_may_be_in_any_order),
	    T(what_is_due_goes_first_findings_last_and_within_the_limit_late),
	};
	int rc = cmocka_run_group_tests(tests, set_up, tear_down);

	nvr_streams_free(&x);
	return rc;
}
