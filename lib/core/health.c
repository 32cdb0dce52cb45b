/*
 * Verdicts on the health of a camera; see health.h.
 *
 * Every check is a list of measures that must all be past their thresholds.
 * How far each one is gives a margin, the smallest margin decides, and where
 * there are two ways to the same finding the better one is reported.
 *
 * The thresholds were chosen with tests/bench/accuracy, which also prints how
 * they do on scenes that they were not chosen on.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/health.h"
#include "core/health_baseline.h"

/*
 * Luma is 0..255; shares and correlations are 0..1.  The absolute rules start
 * from FFmpeg's blackdetect, which calls luma under 10 % dark as well.
 */
#define BLACK_DARK 0.70 /* share of dark pixels */
#define BLACK_SIGMA 12	/* deviation of luma */
#define BLACK_NCC 0.40	/* a scene seen by little light has more */
/* Darker than this, what is not seen may be there all the same. */
#define DIM_MEAN 36

#define OVER_MEAN 205
#define OVER_SIGMA 20
#define OVER_BRIGHT 0.50 /* share of nearly white pixels */
#define OVER_USUAL 15	 /* luma above the usual: not so of a white wall */

#define EVEN_SIGMA 4 /* covered, before anything is learnt */

/* Covered: flat where there was structure … */
#define COVERED_GONE 0.50
#define COVERED_FLAT 0.50 /* share of the structured blocks */
#define COVERED_NCC 0.55
/* … or nothing known, and too near to be in focus. */
#define COVERED_SHARPNESS 0.65 /* of the usual */

/* The scene is lost when so much of its structure is, */
#define LOST_GONE 0.62
#define LOST_NCC 0.50
/* and elsewhere when nothing is where it was, */
#define ELSEWHERE_GONE 0.85
/* but proves nothing in rain, snow or noise, which are sharp everywhere. */
#define SPECKLED 3 /* sharpness of the usual */

/* Moved: another place fits so much better, and well. */
#define MOVED_GAIN 0.15
#define MOVED_NCC 0.40
#define MOVED_SEARCH 0.65 /* a better fit than this needs no search */

/* Drifted from the reference, which is stricter: it is old. */
#define DRIFTED_GONE 0.70
#define DRIFTED_NCC 0.35

#define BLURRED_SHARPNESS 0.55 /* of the usual */
#define BLURRED_NCC 0.30

/* A scene with fewer structured blocks gives too little to go by. */
#define MIN_BLOCKS 8

/* What there is to go by. */
struct view {
	const struct nvr_baseline *b;
	const struct nvr_features *f;
	bool ready, dim;
	struct nvr_match match, reference;
	struct nvr_shift far; /* the best other place */
	double gain;	      /* of the correlation there, 0 for none */
	double sharpness;     /* over the usual */
	double usual_mean;
};

static const char *const label_names[NVR_HEALTH_LABELS] = {"black",
    "over_exposed", "covered", "moved", "blurred", "frozen", "scene_changed"};
static const char *const verdict_names[] = {"no", "yes", "cannot_determine"};
static const char *const uncertainty_names[] = {"none", "learning", "dark",
    "bright", "occluded", "out_of_view", "blurred", "ambiguous"};

const char *
nvr_health_label_name(enum nvr_health_label label)
{
	return label_names[label];
}

const char *
nvr_verdict_name(enum nvr_health_verdict verdict)
{
	return verdict_names[verdict];
}

const char *
nvr_uncertainty_name(enum nvr_uncertainty uncertainty)
{
	return uncertainty_names[uncertainty];
}

/* A measure that is met over the threshold; `end` is the end of its range. */
static struct nvr_health_test
over(const char *name, double value, double threshold, double end)
{
	struct nvr_health_test t = {name, value, threshold, true, 0};
	double room = value > threshold ? end - threshold : threshold;

	t.margin = fmax(-1, fmin(1, (value - threshold) / room));
	return t;
}

/* The same for one that is met under it. */
static struct nvr_health_test
under(const char *name, double value, double threshold, double end)
{
	struct nvr_health_test t = over(name, value, threshold, end);

	t.over = false;
	t.margin = -t.margin;
	return t;
}

/* Adds a test that must be met as well. */
static void
require(struct nvr_health_check *c, struct nvr_health_test t)
{
	if (c->ntests == 0 || t.margin < c->test[c->decided].margin)
		c->decided = c->ntests;
	c->test[c->ntests++] = t;
}

static bool
met(const struct nvr_health_check *c)
{
	return c->ntests > 0 && c->test[c->decided].margin > 0;
}

static struct nvr_health_check
better(struct nvr_health_check a, struct nvr_health_check b)
{
	return a.test[a.decided].margin >= b.test[b.decided].margin ? a : b;
}

static void
settle(struct nvr_health_check *c)
{
	c->verdict = met(c) ? NVR_VERDICT_YES : NVR_VERDICT_NO;
	c->uncertainty = NVR_UNSURE_NONE;
	c->confidence = 0.5 + 0.5 * fabs(c->test[c->decided].margin);
}

static void
leave_open(struct nvr_health_check *c, enum nvr_uncertainty why)
{
	c->verdict = NVR_VERDICT_UNKNOWN;
	c->uncertainty = why;
	c->confidence = 0;
}

static struct nvr_health_check
check_black(const struct view *v)
{
	struct nvr_health_check c = {0};

	require(&c, over("dark pixels", v->f->dark, BLACK_DARK, 1));
	require(&c, under("deviation", v->f->sigma, BLACK_SIGMA, 128));
	if (v->ready)
		require(&c, under("ncc", v->match.near.ncc, BLACK_NCC, 1));
	settle(&c);
	return c;
}

static struct nvr_health_check
check_over_exposed(const struct view *v)
{
	struct nvr_health_check pale = {0}, white = {0};
	struct nvr_health_test unusual = over("above the usual",
	    fmax(0, v->f->mean - v->usual_mean), OVER_USUAL, 255);

	require(&pale, over("mean", v->f->mean, OVER_MEAN, 255));
	require(&pale, under("deviation", v->f->sigma, OVER_SIGMA, 128));
	require(&white, over("white pixels", v->f->bright, OVER_BRIGHT, 1));
	if (v->ready) {
		require(&pale, unusual);
		require(&white, unusual);
	}
	pale = better(white, pale);
	settle(&pale);
	return pale;
}

/* Before anything is learnt. */
static struct nvr_health_check
check_even(const struct view *v)
{
	struct nvr_health_check c = {0};

	require(&c, under("deviation", v->f->sigma, EVEN_SIGMA, 128));
	settle(&c);
	if (c.verdict == NVR_VERDICT_NO)
		leave_open(&c, NVR_UNSURE_LEARNING);
	return c;
}

static const char gained[] = "ncc gained by a move";

/* Flat where there was structure, or out of focus and nothing known in it. */
static struct nvr_health_check
check_covered(const struct view *v)
{
	struct nvr_health_check flat = {0}, near = {0};

	require(&flat, over("edges gone", v->match.gone, COVERED_GONE, 1));
	require(&flat, under("ncc", v->match.near.ncc, COVERED_NCC, 1));
	require(&flat, over("flat blocks", v->match.flat, COVERED_FLAT, 1));
	require(&near, over("edges gone", v->match.gone, LOST_GONE, 1));
	require(&near, under("ncc", v->match.near.ncc, LOST_NCC, 1));
	require(&near,
	    under("sharpness", v->sharpness, COVERED_SHARPNESS, SPECKLED));
	require(&flat, under(gained, v->gain, MOVED_GAIN, 1));
	require(&near, under(gained, v->gain, MOVED_GAIN, 1));
	flat = better(flat, near);
	settle(&flat);
	return flat;
}

static struct nvr_health_check
check_shifted(const struct view *v)
{
	struct nvr_health_check c = {0};

	require(&c, over(gained, v->gain, MOVED_GAIN, 1));
	settle(&c);
	return c;
}

static struct nvr_health_check
check_elsewhere(const struct view *v)
{
	struct nvr_health_check c = {0};

	require(&c, over("edges gone", v->match.gone, ELSEWHERE_GONE, 1));
	require(&c, under("ncc", v->match.near.ncc, LOST_NCC, 1));
	settle(&c);
	return c;
}

static struct nvr_health_check
check_drifted(const struct view *v)
{
	struct nvr_health_check c = {0};

	require(&c, over("edges of the reference gone", v->reference.gone,
			DRIFTED_GONE, 1));
	require(
	    &c, under("ncc with it", v->reference.near.ncc, DRIFTED_NCC, 1));
	settle(&c);
	return c;
}

/*
 * Found elsewhere; or not found at all; or no more where the reference has it,
 * which a slow drift leads to.
 */
static struct nvr_health_check
check_moved(const struct view *v)
{
	struct nvr_health_check shifted = check_shifted(v);
	struct nvr_health_check lost = check_elsewhere(v);

	if (met(&shifted))
		return shifted;
	if (v->match.gone < LOST_GONE)
		lost = better(lost, check_drifted(v));
	if (lost.verdict == NVR_VERDICT_YES && v->sharpness > SPECKLED)
		leave_open(&lost, NVR_UNSURE_AMBIGUOUS);
	return lost;
}

static struct nvr_health_check
check_blurred(const struct view *v)
{
	struct nvr_health_check c = {0};

	require(
	    &c, under("sharpness", v->sharpness, BLURRED_SHARPNESS, SPECKLED));
	require(&c, over("ncc", v->match.near.ncc, BLURRED_NCC, 1));
	settle(&c);
	return c;
}

static struct nvr_health_check
check_frozen(const struct view *v)
{
	struct nvr_health_check c = {0};
	int counted;
	double same = nvr_baseline_unchanged(v->b, v->f, &counted);
	double looks = same > NVR_FROZEN_UNCHANGED ? v->b->alike + 2.0 : 1;

	require(&c, over("blocks unchanged", same, NVR_FROZEN_UNCHANGED, 1));
	require(&c, over("looks alike", looks, 2, 10));
	settle(&c);
	if (counted < NVR_FROZEN_BLOCKS)
		leave_open(&c, NVR_UNSURE_AMBIGUOUS);
	return c;
}

/* Most of it is new, but some is where it was. */
static struct nvr_health_check
check_scene(const struct view *v)
{
	struct nvr_health_check c = {0};

	require(&c, over("edges gone", v->match.gone, LOST_GONE, 1));
	settle(&c);
	if (c.verdict == NVR_VERDICT_YES && v->sharpness > SPECKLED)
		leave_open(&c, NVR_UNSURE_AMBIGUOUS);
	return c;
}

/* 0..15 to the middle of what it stands for; nothing stays nothing. */
static void
unpack(const uint8_t *level, uint8_t *map)
{
	for (int i = 0; i < NVR_CELLS; i++)
		map[i] = (uint8_t)(level[i] * 16 + (level[i] > 0 ? 8 : 0));
}

static void
take_view(
    const struct nvr_baseline *b, const struct nvr_features *f, struct view *v)
{
	uint8_t map[NVR_CELLS], reference[NVR_CELLS];
	struct nvr_shift here;

	*v = (struct view){.b = b, .f = f, .sharpness = 1};
	v->ready = b->samples >= NVR_BASELINE_READY;
	v->dim = f->mean < DIM_MEAN && f->sigma < BLACK_SIGMA;
	if (!v->ready)
		return;
	unpack(b->map, map);
	unpack(b->reference, reference);
	nvr_map_match(f->map, map, &v->match);
	nvr_map_match(f->map, reference, &v->reference);
	if (v->match.near.ncc < MOVED_SEARCH) {
		nvr_map_search(f->map, map, &here, &v->far);
		if (v->far.ncc > MOVED_NCC)
			v->gain = v->far.ncc - here.ncc;
	}
	v->usual_mean = nvr_baseline_typical(b, NVR_METRIC_MEAN).median;
	v->sharpness =
	    f->sharpness /
	    fmax(1e-6, nvr_baseline_typical(b, NVR_METRIC_SHARPNESS).median);
}

/* What a finding leaves open of the checks after it. */
static void
hide(struct nvr_health_report *r, enum nvr_health_label label,
    enum nvr_uncertainty why)
{
	if (r->check[label].verdict != NVR_VERDICT_YES)
		return;
	for (int i = label + 1; i < NVR_HEALTH_LABELS; i++)
		if (i != NVR_HEALTH_FROZEN || label < NVR_HEALTH_COVERED)
			leave_open(&r->check[i], why);
}

static void
leave_scene_open(struct nvr_health_report *r, enum nvr_uncertainty why)
{
	leave_open(&r->check[NVR_HEALTH_COVERED], why);
	leave_open(&r->check[NVR_HEALTH_MOVED], why);
	leave_open(&r->check[NVR_HEALTH_BLURRED], why);
	leave_open(&r->check[NVR_HEALTH_SCENE_CHANGED], why);
}

/* The checks that need a baseline. */
static void
judge_scene(const struct view *v, struct nvr_health_report *r)
{
	if (v->match.blocks < MIN_BLOCKS) {
		leave_scene_open(r, NVR_UNSURE_AMBIGUOUS);
		return;
	}
	r->check[NVR_HEALTH_COVERED] = check_covered(v);
	r->check[NVR_HEALTH_MOVED] = check_moved(v);
	r->check[NVR_HEALTH_BLURRED] = check_blurred(v);
	r->check[NVR_HEALTH_SCENE_CHANGED] = check_scene(v);
	if (v->dim && v->match.gone > COVERED_GONE) {
		leave_scene_open(r, NVR_UNSURE_DARK);
	} else if (v->gain > MOVED_GAIN) {
		r->shift_found = true;
		r->shift_x = v->far.x * 100.0 / NVR_CELLS_X;
		r->shift_y = v->far.y * 100.0 / NVR_CELLS_Y;
		r->turn = v->far.turn;
	}
}

void
nvr_health_judge(const struct nvr_baseline *b, const struct nvr_features *f,
    struct nvr_health_report *ret)
{
	struct view v;
	struct nvr_health_report r = {0};

	take_view(b, f, &v);
	r.check[NVR_HEALTH_BLACK] = check_black(&v);
	r.check[NVR_HEALTH_OVER_EXPOSED] = check_over_exposed(&v);
	r.check[NVR_HEALTH_FROZEN] = check_frozen(&v);
	if (v.ready) {
		judge_scene(&v, &r);
	} else {
		leave_scene_open(&r, NVR_UNSURE_LEARNING);
		r.check[NVR_HEALTH_COVERED] = check_even(&v);
	}
	/* from the last to the first, so that the first reason stays */
	hide(&r, NVR_HEALTH_BLURRED, NVR_UNSURE_BLURRED);
	hide(&r, NVR_HEALTH_MOVED, NVR_UNSURE_OUT_OF_VIEW);
	hide(&r, NVR_HEALTH_COVERED, NVR_UNSURE_OCCLUDED);
	hide(&r, NVR_HEALTH_OVER_EXPOSED, NVR_UNSURE_BRIGHT);
	hide(&r, NVR_HEALTH_BLACK, NVR_UNSURE_DARK);
	*ret = r;
}

bool
nvr_health_may_learn(const struct nvr_health_report *report)
{
	for (int i = 0; i < NVR_HEALTH_LABELS; i++) {
		const struct nvr_health_check *c = &report->check[i];

		if (c->verdict == NVR_VERDICT_YES)
			return false;
		if (c->verdict == NVR_VERDICT_UNKNOWN &&
		    c->uncertainty != NVR_UNSURE_LEARNING &&
		    i != NVR_HEALTH_FROZEN)
			return false;
	}
	return true;
}

void
nvr_health_evidence(const struct nvr_health_report *report,
    enum nvr_health_label label, char *text, size_t size)
{
	const struct nvr_health_check *c = &report->check[label];
	size_t used = 0;

	if (size > 0)
		text[0] = '\0';
	for (int i = 0; i < c->ntests && used < size; i++) {
		const struct nvr_health_test *t = &c->test[i];
		int n = snprintf(text + used, size - used, "%s%s %.2f %s %.2f",
		    i > 0 ? ", " : "", t->name, t->value,
		    t->value > t->threshold ? "over" : "under", t->threshold);

		used += n > 0 ? (size_t)n : 0;
	}
}
