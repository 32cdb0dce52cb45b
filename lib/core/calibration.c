/*
 * How far a model's confidence can be believed; see calibration.h.
 *
 * Sources: Platt, Probabilistic Outputs for Support Vector Machines (1999),
 * for the line and its smoothed targets; Lin, Lin, Weng, A Note on Platt's
 * Probabilistic Outputs (2007), for the way to fit it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/calibration.h"

#define LOW 0.001 /* confidences are cut to LOW .. 1 - LOW */
#define FOLDS 10
#define STEPS 100
#define RIDGE 1e-12 /* keeps the Hessian of a flat curve invertible */

/* A person's verdict on a finding that did not abstain. */
struct sample {
	double p; /* the confidence; NaN: none */
	double x; /* its log-odds */
	bool right;
};

/* All of one model, prompt and label. */
struct group {
	char *model, *prompt_sha256, *label;
	struct sample *sample;
	size_t n, room;
	int64_t abstained;
};

struct groups {
	struct group *item;
	size_t n;
	struct nvr_error *err;
};

static double
log_odds(double p)
{
	if (p < LOW)
		p = LOW;
	if (p > 1 - LOW)
		p = 1 - LOW;
	return log(p / (1 - p));
}

double
nvr_calibrated(double p, double slope, double intercept)
{
	return 1 / (1 + exp(-(slope * log_odds(p) + intercept)));
}

/* The line that is fitted: a x + b, where x is the log-odds less their mean,
 * so that the two are apart even where all the x are one. */
struct line {
	const struct sample *s;
	size_t n;
	size_t without;		/* the fold that is left out; FOLDS: none */
	double mean, hit, miss; /* the targets */
	double a, b;
};

/* Folds are stretches of time: what was labelled together is alike. */
static bool
is_in(const struct line *l, size_t i)
{
	return i * FOLDS / l->n != l->without;
}

/* Minus the logarithm of the likelihood of a and b. */
static double
cost(const struct line *l, double a, double b)
{
	double sum = 0;

	for (size_t i = 0; i < l->n; i++) {
		double t = l->s[i].right ? l->hit : l->miss;
		double z = a * (l->s[i].x - l->mean) + b;

		if (!is_in(l, i))
			continue;
		/* log(1 + exp(-z)) without overflow */
		sum += z >= 0 ? (1 - t) * z + log1p(exp(-z))
			      : -t * z + log1p(exp(z));
	}
	return sum;
}

/* Mean and targets; the beginning is a flat line at the share of right ones. */
static void
prepare(struct line *l)
{
	double right = 0, wrong = 0;

	l->mean = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (!is_in(l, i))
			continue;
		l->mean += l->s[i].x;
		right += l->s[i].right;
		wrong += !l->s[i].right;
	}
	l->mean /= right + wrong;
	l->hit = (right + 1) / (right + 2);
	l->miss = 1 / (wrong + 2);
	l->a = 0;
	l->b = log((right + 1) / (wrong + 1));
}

/* Newton's step at the line, and the slope g of the cost along it. */
static void
newton(const struct line *l, double *da, double *db, double *g)
{
	double haa = RIDGE, hbb = RIDGE, hab = 0, ga = 0, gb = 0, det;

	for (size_t i = 0; i < l->n; i++) {
		double x = l->s[i].x - l->mean;
		double q = 1 / (1 + exp(-(l->a * x + l->b)));
		double d = q - (l->s[i].right ? l->hit : l->miss);

		if (!is_in(l, i))
			continue;
		haa += x * x * q * (1 - q);
		hab += x * q * (1 - q);
		hbb += q * (1 - q);
		ga += x * d;
		gb += d;
	}
	det = haa * hbb - hab * hab;
	*da = -(hbb * ga - hab * gb) / det;
	*db = -(haa * gb - hab * ga) / det;
	*g = ga * *da + gb * *db;
}

static void
fit(struct line *l)
{
	double at, da, db, g;

	prepare(l);
	at = cost(l, l->a, l->b);
	for (int i = 0; i < STEPS; i++) {
		double step = 1, to;

		newton(l, &da, &db, &g);
		if (!(g < -1e-12))
			return; /* as good as it gets */
		while ((to = cost(l, l->a + step * da, l->b + step * db)) >
			   at + 1e-4 * step * g &&
		       step > 1e-10)
			step /= 2;
		if (step <= 1e-10)
			return;
		l->a += step * da;
		l->b += step * db;
		at = to;
	}
}

/* Mean (p - right)^2 of what a line, fitted without it, makes of each. */
static double
brier_across(const struct sample *s, size_t n)
{
	double sum = 0;

	for (size_t fold = 0; fold < FOLDS; fold++) {
		struct line l = {.s = s, .n = n, .without = fold};

		fit(&l);
		for (size_t i = 0; i < n; i++) {
			double p =
			    nvr_calibrated(s[i].p, l.a, l.b - l.a * l.mean);

			if (!is_in(&l, i))
				sum += (p - s[i].right) * (p - s[i].right);
		}
	}
	return sum / (double)n;
}

static double
brier(const struct sample *s, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (s[i].p - s[i].right) * (s[i].p - s[i].right);
	return sum / (double)n; /* NaN where there is none */
}

static int
by_confidence(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->p < y->p) - (x->p > y->p);
}

/*
 * The share of wrong ones among the most confident n of the sorted samples.
 * Of those that are equally confident at the end, any may be among them: they
 * count by their share.
 */
static double
risk_of(const struct sample *s, size_t all, size_t n)
{
	size_t from = n, to = n, wrong = 0, tied = 0;

	while (from > 0 && s[from - 1].p <= s[n - 1].p)
		from--;
	while (to < all && s[to].p >= s[n - 1].p)
		to++;
	for (size_t i = 0; i < to; i++)
		*(i < from ? &wrong : &tied) += !s[i].right;
	return ((double)wrong +
		   (double)tied * (double)(n - from) / (double)(to - from)) /
	       (double)n;
}

/* Sorts the samples. */
static void
measure_risk(struct sample *s, size_t n, double risk[NVR_RISK_STEPS])
{
	if (n > 1)
		qsort(s, n, sizeof(*s), by_confidence);
	for (size_t i = 0; i < NVR_RISK_STEPS; i++) {
		size_t most =
		    (n * (i + 1) + NVR_RISK_STEPS - 1) / NVR_RISK_STEPS;

		risk[i] = n > 0 ? risk_of(s, n, most) : NAN;
	}
}

/* What a group comes to; what has no confidence counts, and no more. */
static void
judge(struct group *g, struct nvr_reliability *r, size_t *fitted)
{
	struct sample *s = g->sample;
	size_t n = 0, right = 0;

	*r = (struct nvr_reliability){.model = g->model,
	    .prompt_sha256 = g->prompt_sha256,
	    .label = g->label,
	    .labels = (int64_t)g->n + g->abstained,
	    .abstained = g->abstained,
	    .brier_calibrated = NAN,
	    .slope = NAN,
	    .intercept = NAN};
	for (size_t i = 0; i < g->n; i++) {
		r->right += s[i].right;
		if (isnan(s[i].p))
			continue;
		right += s[i].right;
		s[n++] = s[i];
	}
	*fitted = 0;
	if (n >= NVR_CALIBRATION_LABELS && right > 0 && right < n) {
		struct line l = {.s = s, .n = n, .without = FOLDS};

		fit(&l);
		r->slope = l.a;
		r->intercept = l.b - l.a * l.mean;
		r->brier_calibrated = brier_across(s, n);
		*fitted = n;
	}
	r->brier = brier(s, n);
	measure_risk(s, n, r->risk);
}

static bool
is_of(const struct group *g, const struct nvr_label *l)
{
	return strcmp(g->model, l->model) == 0 &&
	       strcmp(g->prompt_sha256, l->prompt_sha256) == 0 &&
	       strcmp(g->label, l->label) == 0;
}

static struct group *
add_group(struct groups *all, const struct nvr_label *l)
{
	struct group *g =
	    reallocarray(all->item, all->n + 1, sizeof(*all->item));

	if (g == NULL)
		return NULL;
	all->item = g;
	g += all->n;
	*g = (struct group){strdup(l->model), strdup(l->prompt_sha256),
	    strdup(l->label), NULL, 0, 0, 0};
	all->n++;
	return g->model != NULL && g->prompt_sha256 != NULL && g->label != NULL
		   ? g
		   : NULL;
}

/* Labels come in the order of their groups. */
static int
add_label(void *ctx, const struct nvr_label *l)
{
	struct groups *all = ctx;
	struct group *g = all->n > 0 ? &all->item[all->n - 1] : NULL;
	struct sample *s;

	if (g == NULL || !is_of(g, l))
		g = add_group(all, l);
	if (g == NULL)
		return nvr_fail_nomem(all->err);
	if (strcmp(l->verdict, "cannot_determine") == 0) {
		g->abstained++;
		return 0;
	}
	if (g->n == g->room) {
		s = reallocarray(g->sample, g->room * 2 + 64, sizeof(*s));
		if (s == NULL)
			return nvr_fail_nomem(all->err);
		g->sample = s;
		g->room = g->room * 2 + 64;
	}
	g->sample[g->n++] = (struct sample){l->confidence,
	    log_odds(l->confidence), strcmp(l->verdict, l->truth) == 0};
	return 0;
}

static int
store(struct nvr_state *s, const struct nvr_reliability *r, size_t n,
    int64_t now, struct nvr_error *err)
{
	struct nvr_calibration c = {r->model, r->prompt_sha256, r->label,
	    r->slope, r->intercept, (int64_t)n, now};

	return n > 0 ? nvr_calibration_put(s->store, &c, err) : 0;
}

int
nvr_calibrate(struct nvr_state *s, int64_t now,
    int (*row)(void *ctx, const struct nvr_reliability *r), void *ctx,
    struct nvr_error *err)
{
	struct groups all = {.err = err};
	struct nvr_reliability r;
	size_t n;
	int rc = nvr_label_each(s->store, add_label, &all, err);

	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		judge(&all.item[i], &r, &n);
		rc = store(s, &r, n, now, err);
		if (rc == 0)
			rc = row(ctx, &r);
	}
	/* What there are too few labels for by now: some were erased, or their
	 * account objects. */
	if (rc == 0)
		rc = nvr_calibrations_drop(s->store, now, err);
	for (size_t i = 0; i < all.n; i++) {
		free(all.item[i].model);
		free(all.item[i].prompt_sha256);
		free(all.item[i].label);
		free(all.item[i].sample);
	}
	free(all.item);
	return rc;
}
