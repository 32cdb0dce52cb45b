/*
 * accuracy [-v] [FOLDER...]: how often the health analyzer alarms where it
 * should not and misses what it should find, over a set of pictures made from
 * drawn scenes and, where folders of stills are given, from views of them.
 * Each trial goes through a real JPEG.  With -v every wrong verdict is shown.
 *
 * Exits 1 when more than 1 % of the nuisances alarm or fewer than 97 % of the
 * tampers are found, among the scenes held out or among the others.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "core/health.h"
#include "scene.h"
#include "spoil.h"

#define MAX_FALSE_ALARMS 0.01
#define MIN_DETECTION 0.97
#define FIRST_TRIAL 20 /* frames before it are for baselines */
#define MAX_CLASSES 64

/* How a class of trials fared. */
struct tally {
	char name[32];
	bool tamper;
	int n, alarms, right, open;
};

/* One half of the set. */
struct results {
	const char *name;
	struct tally class[MAX_CLASSES];
	int nclasses;
};

struct bench {
	struct nvr_luma_reader *reader;
	struct image image;
	struct nvr_luma luma;
	struct nvr_features features;
	struct results half[2];
	bool verbose;
};

static struct tally *
tally_of(struct results *r, const char *name, bool tamper)
{
	for (int i = 0; i < r->nclasses; i++)
		if (strcmp(r->class[i].name, name) == 0)
			return &r->class[i];
	if (r->nclasses == MAX_CLASSES)
		errx(1, "too many classes");
	snprintf(
	    r->class[r->nclasses].name, sizeof(r->class[0].name), "%s", name);
	r->class[r->nclasses].tamper = tamper;
	return &r->class[r->nclasses++];
}

/* The present image, as the analyzer gets it. */
static void
measure(struct bench *b, int quality)
{
	struct nvr_error e;
	size_t len;
	uint8_t *jpeg = image_encode(&b->image, quality, &len);

	if (nvr_luma_read(b->reader, jpeg, len, &b->luma, &e) != 0)
		errx(1, "%s", e.text);
	nvr_features_measure(&b->luma, &b->features);
	tjFree(jpeg);
}

static struct nvr_baseline *
learn(struct bench *b, const struct scene *s, int n)
{
	struct nvr_error e;
	struct nvr_baseline *base;

	if (nvr_baseline_new(&base, &e) != 0)
		errx(1, "%s", e.text);
	for (int i = 0; i < n; i++) {
		scene_frame(s, i, &b->image);
		measure(b, 80);
		nvr_baseline_look(base, &b->features);
		nvr_baseline_learn(base, &b->features);
	}
	return base;
}

static void
explain(const struct scene *s, const struct tally *t, double strength,
    const struct nvr_health_report *r)
{
	char text[200];

	printf("wrong: %s, %s %g:", s->name, t->name, strength);
	for (int i = 0; i < NVR_HEALTH_LABELS; i++) {
		const struct nvr_health_check *c = &r->check[i];

		if (c->verdict == NVR_VERDICT_NO && !t->tamper)
			continue;
		nvr_health_evidence(
		    r, (enum nvr_health_label)i, text, sizeof(text));
		printf(" [%s %s/%s: %s]", nvr_health_label_name(i),
		    nvr_verdict_name(c->verdict),
		    nvr_uncertainty_name(c->uncertainty), text);
	}
	putchar('\n');
}

static void
record(struct bench *b, const struct scene *s, struct tally *t, double strength,
    enum nvr_health_label label, const struct nvr_health_report *r)
{
	bool alarm = false, open = false;

	for (int i = 0; i < NVR_HEALTH_LABELS; i++) {
		alarm = alarm || r->check[i].verdict == NVR_VERDICT_YES;
		open = open || r->check[i].verdict == NVR_VERDICT_UNKNOWN;
	}
	t->n++;
	t->alarms += alarm;
	t->open += open && !alarm;
	t->right += t->tamper && r->check[label].verdict == NVR_VERDICT_YES;
	if (b->verbose && alarm != t->tamper)
		explain(s, t, strength, r);
}

static void
try_spoils(
    struct bench *b, const struct scene *s, const struct nvr_baseline *base)
{
	struct nvr_health_report r;
	int frame = FIRST_TRIAL;

	for (int i = 0; i < nspoils; i++) {
		const struct spoil *p = &spoils[i];
		struct tally *t =
		    tally_of(&b->half[s->held_out], p->name, p->tamper);

		for (int k = 0; k < 6 && p->strength[k] != 0; k++) {
			struct rng rng = {
			    s->seed * 100003 + (uint64_t)(i * 101 + k)};

			scene_frame(s, frame++, &b->image);
			p->apply(&b->image, &rng, p->strength[k]);
			measure(b, p->quality > 0 ? p->quality : 80);
			nvr_health_judge(base, &b->features, &r);
			record(b, s, t, p->strength[k], p->label, &r);
		}
	}
}

enum looks { SAME_BYTES, RUNNING_CLOCK, NOISY };

/* Four looks at a picture that stands still; the last one is judged. */
static void
try_looks(struct bench *b, const struct scene *s, struct nvr_baseline *base,
    const char *name, enum looks how)
{
	struct tally *t = tally_of(&b->half[s->held_out], name, how != NOISY);
	struct nvr_health_report r;
	struct rng rng = {s->seed + 99};

	for (int i = 0; i < 4; i++) {
		scene_frame(s, FIRST_TRIAL + 3, &b->image);
		for (int d = 0; d < 8 && how == RUNNING_CLOCK; d++) {
			double level = rng_uniform(&rng, 0, 255);
			struct paint digit = {{level, level, level}, 0, 1, 0};

			draw_rect(&b->image, 40 + d * 24, 30, 16, 28, &digit);
		}
		if (how == NOISY)
			image_noise(&b->image, &rng, 1);
		measure(b, 80);
		nvr_health_judge(base, &b->features, &r);
		nvr_baseline_look(base, &b->features);
	}
	record(b, s, t, 0, NVR_HEALTH_FROZEN, &r);
}

static void
try_scene(struct bench *b, const struct scene *s, int nlearn)
{
	struct nvr_baseline *base = learn(b, s, nlearn);

	try_spoils(b, s, base);
	try_looks(b, s, base, "still, sensor noise", NOISY);
	try_looks(b, s, base, "frozen", SAME_BYTES);
	try_looks(b, s, base, "frozen but for a clock", RUNNING_CLOCK);
	nvr_baseline_free(base);
}

static double
rate(int part, int whole)
{
	return whole > 0 ? (double)part / whole : 0;
}

/* Prints one half; false when it is worse than it should be. */
static bool
print_results(const struct results *r)
{
	int n[2] = {0}, alarms[2] = {0}, right = 0;

	printf("%-24s %5s %7s %7s %7s %7s\n", r->name, "n", "alarms", "rate",
	    "label", "open");
	for (int i = 0; i < r->nclasses; i++) {
		const struct tally *t = &r->class[i];

		printf("%-24s %5d %7d %6.1f%%", t->name, t->n, t->alarms,
		    100 * rate(t->alarms, t->n));
		if (t->tamper)
			printf(" %6.1f%%", 100 * rate(t->right, t->n));
		else
			printf(" %7s", "-");
		printf(" %7d\n", t->open);
		n[t->tamper] += t->n;
		alarms[t->tamper] += t->alarms;
		right += t->right;
	}
	printf("false alarms %.2f %% of %d, detection %.2f %% of %d, "
	       "right label %.1f %%\n\n",
	    100 * rate(alarms[0], n[0]), n[0], 100 * rate(alarms[1], n[1]),
	    n[1], 100 * rate(right, n[1]));
	return rate(alarms[0], n[0]) <= MAX_FALSE_ALARMS &&
	       rate(alarms[1], n[1]) >= MIN_DETECTION;
}

int
main(int argc, char **argv)
{
	static struct bench b;
	struct nvr_error e;
	struct scene *s;
	bool good;
	int n;

	if (argc > 1 && strcmp(argv[1], "-v") == 0) {
		b.verbose = true;
		argc--;
		argv++;
	}
	if (nvr_luma_reader_new(&b.reader, &e) != 0)
		errx(1, "%s", e.text);
	b.half[0].name = "scenes tuned on";
	b.half[1].name = "scenes held out";
	n = scene_all(argv + 1, argc - 1, &s);
	for (int i = 0; i < n; i++)
		try_scene(&b, &s[i], 8 + i * 5 % 13);
	nvr_luma_reader_free(b.reader);
	good = print_results(&b.half[0]);
	good = print_results(&b.half[1]) && good;
	return good ? 0 : 1;
}
