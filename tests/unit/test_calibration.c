/* How far a model's confidence can be believed.  The numbers were computed by
 * another program, by nested bisection of the gradient. */
#include <math.h>
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
#include "core/calibration.h"
#include "store/db.h"

static char path[64];
static struct nvr_state state;
static struct nvr_error err;

static int
set_up(void **unused)
{
	(void)unused;
	strlcpy(path, "/tmp/nvr-calibration-XXXXXX", sizeof(path));
	close(mkstemp(path));
	unlink(path);
	return nvr_store_open(path, NVR_STORE_CREATE, &state.store, &err) !=
		   0 ||
	       nvr_store_begin(state.store, &err) != 0;
}

static int
tear_down(void **unused)
{
	char side[80];

	(void)unused;
	nvr_store_rollback(state.store);
	nvr_store_close(state.store);
	snprintf(side, sizeof(side), "%s-wal", path);
	unlink(side);
	snprintf(side, sizeof(side), "%s-shm", path);
	unlink(side);
	return unlink(path);
}

static void
put(const char *label, const char *verdict, double p, bool right)
{
	static int64_t at;
	struct nvr_label l = {.id = nvr_id_new(),
	    .label = label,
	    .model = "gpt-4o-2024-11-20",
	    .prompt_sha256 = "abc",
	    .verdict = verdict,
	    .confidence = p,
	    .truth = right == (strcmp(verdict, "yes") == 0) ? "yes" : "no",
	    .labelled_by = "jane",
	    .labelled_at = ++at};

	assert_int_equal(nvr_label_put(state.store, &l, &err), 0);
}

static struct nvr_reliability last;
static int rows;

static int
keep(void *ctx, const struct nvr_reliability *r)
{
	(void)ctx;
	last = *r;
	last.model = last.prompt_sha256 = last.label = NULL;
	rows++;
	return 0;
}

/* What all labels, of one kind, come to. */
static struct nvr_reliability
judge(void)
{
	rows = 0;
	assert_int_equal(nvr_calibrate(&state, 1, keep, NULL, &err), 0);
	assert_int_equal(rows, 1);
	return last;
}

static int
stored(const char *label, double *slope, double *intercept)
{
	return nvr_calibration_get(state.store, "gpt-4o-2024-11-20", "abc",
	    label, slope, intercept, &err);
}

static void
near(double is, double should, double by)
{
	if (!(fabs(is - should) <= by))
		fail_msg("%.9f and not %.9f", is, should);
}

/* The truth follows a line of slope 0.5 and intercept -0.3. */
static void
put_overconfident(void)
{
	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 20; k++) {
			double p = 0.5 + 0.025 * k;
			double q =
			    1 / (1 + exp(-(0.5 * log(p / (1 - p)) - 0.3)));

			put("fire_exit", k % 2 != 0 ? "yes" : "no", p,
			    (int)((i + 1) * q) != (int)(i * q));
		}
	}
}

static void
the_line_behind_the_confidences_is_found(void **unused)
{
	static const double risk[] = {
	    0.255, 0.31625, 0.360833333, 0.398125, 0.4305};
	struct nvr_reliability r;
	double slope, intercept;

	(void)unused;
	put_overconfident();
	r = judge();
	assert_int_equal(r.labels, 2000);
	assert_int_equal(r.abstained, 0);
	assert_int_equal(r.right, 1139);
	near(r.slope, 0.497582912, 1e-6);
	near(r.intercept, -0.318607328, 1e-6);
	near(r.brier, 0.2630875, 1e-9);
	near(r.brier_calibrated, 0.233055045, 1e-6);
	for (int i = 0; i < NVR_RISK_STEPS; i++)
		near(r.risk[i], risk[i], 1e-6);
	assert_int_equal(stored("fire_exit", &slope, &intercept), 1);
	near(slope, r.slope, 0);
	near(intercept, r.intercept, 0);
	near(nvr_calibrated(0.9, slope, intercept), 0.684535441, 1e-6);
}

static void
what_tells_right_from_wrong_at_once_stays_finite(void **unused)
{
	struct nvr_reliability r;

	(void)unused;
	for (int i = 0; i < 60; i++) {
		put("open", "yes", 0.9, true);
		put("open", "yes", 0.6, false);
	}
	r = judge();
	near(r.slope, 4.588644776, 1e-5);
	near(r.intercept, -5.971409214, 1e-5);
	near(r.brier_calibrated, 0.000318878, 1e-8);
	near(r.risk[2], 12 / 72.0, 1e-9);
	near(r.risk[4], 0.5, 1e-9);
}

static void
one_confidence_for_all_is_worth_the_share_of_right_ones(void **unused)
{
	static const double p[] = {0.8, 0, 1};
	static const char *const label[] = {"a", "b", "c"};
	double slope, intercept;

	(void)unused;
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < 200; i++)
			put(label[k], "yes", p[k], i % 4 != 0);
	assert_int_equal(nvr_calibrate(&state, 1, keep, NULL, &err), 0);
	for (int k = 0; k < 3; k++) {
		assert_int_equal(stored(label[k], &slope, &intercept), 1);
		near(slope, 0, 1e-6);
		assert_true(isfinite(intercept));
		near(nvr_calibrated(p[k], slope, intercept), 0.75, 0.01);
	}
	near(last.risk[0], 0.25, 1e-9); /* equals are not put in order */
	near(last.brier_calibrated, 0.1875, 0.005);
	/* What is not fitted any more, as its labels are gone, goes too. */
	assert_int_equal(nvr_db_run(state.store,
			     "DELETE FROM label WHERE label = 'a'", &err, ""),
	    0);
	assert_int_equal(nvr_calibrate(&state, 2, keep, NULL, &err), 0);
	assert_int_equal(stored("a", &slope, &intercept), 0);
	assert_int_equal(stored("b", &slope, &intercept), 1);
}

static void
nothing_is_fitted_where_all_is_right_or_little_is_known(void **unused)
{
	struct nvr_reliability r;
	double slope, intercept;

	(void)unused;
	for (int i = 0; i < 99; i++)
		put("open", "no", 0.7, i % 2 != 0);
	for (int i = 0; i < 50; i++)
		put("open", "cannot_determine", 0.7, false);
	for (int i = 0; i < 50; i++)
		put("open", "yes", NAN, true);
	r = judge();
	assert_int_equal(r.labels, 199);
	assert_int_equal(r.abstained, 50);
	assert_int_equal(r.right, 49 + 50);
	near(r.brier, 49 / 99.0 * 0.09 + 50 / 99.0 * 0.49, 1e-9);
	assert_true(isnan(r.slope) && isnan(r.brier_calibrated));
	assert_int_equal(stored("open", &slope, &intercept), 0);
	put("open", "yes", 0.7, true); /* the hundredth */
	assert_true(isfinite(judge().slope));
	assert_int_equal(stored("open", &slope, &intercept), 1);
	for (int i = 0; i < 200; i++)
		put("right", "no", 0.9, true);
	assert_int_equal(nvr_calibrate(&state, 1, keep, NULL, &err), 0);
	assert_true(isnan(last.slope));
	near(last.brier, 0.01, 1e-9);
	near(last.risk[4], 0, 0);
	assert_int_equal(stored("right", &slope, &intercept), 0);
}

static void
nothing_is_known_of_what_only_abstains(void **unused)
{
	struct nvr_reliability r;

	(void)unused;
	put("open", "cannot_determine", 0.5, false);
	r = judge();
	assert_int_equal(r.labels, 1);
	assert_true(isnan(r.brier) && isnan(r.risk[0]) && isnan(r.slope));
	assert_true(isnan(nvr_calibrated(NAN, 1, 0)));
}

static void
the_surest_confidence_is_not_beyond_doubt(void **unused)
{
	(void)unused;
	near(nvr_calibrated(1, 1, 0), 0.999, 1e-9);
	near(nvr_calibrated(0, 1, 0), 0.001, 1e-9);
	near(nvr_calibrated(0.5, 100, -1000), 0, 1e-9);
}

int
main(void)
{
#define IN_STORE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    IN_STORE(the_line_behind_the_confidences_is_found),
	    IN_STORE(what_tells_right_from_wrong_at_once_stays_finite),
	    IN_STORE(one_confidence_for_all_is_worth_the_share_of_right_ones),
	    IN_STORE(nothing_is_fitted_where_all_is_right_or_little_is_known),
	    IN_STORE(nothing_is_known_of_what_only_abstains),
	    cmocka_unit_test(the_surest_confidence_is_not_beyond_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
