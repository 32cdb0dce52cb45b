/*
 * The health of a camera, judged from single stills against its own past: is
 * it black, over-exposed, covered, moved, blurred or frozen, or has its scene
 * changed?  Nothing here reads a file, a clock or a store.
 *
 * A caller keeps one baseline for each camera, resolution and mode, and does
 * for each still:
 *
 *     nvr_features_measure(luma, &f);
 *     nvr_health_judge(b, &f, &report);
 *     nvr_baseline_look(b, &f);
 *     if (nvr_health_may_learn(&report))
 *             nvr_baseline_learn(b, &f);
 *
 * Which mode, nvr_luma_is_infrared tells.  While the infrared baseline is
 * learning, judge by that of the day as well: the structure is the same, and
 * something grey held before the lens must not pass for the first night.
 *
 * What a baseline holds of what the camera saw is a map of 160 x 90 cells of
 * 16 strengths of structure, slowly following the median, so that what merely
 * passes by fades; a few numbers of each of the last stills; and a hash for
 * each block of the last still.  No picture can be made of it.
 */
#ifndef NVR_CORE_HEALTH_H
#define NVR_CORE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "core/health_features.h"

/* In the order of the report: what comes first hides what comes later. */
enum nvr_health_label {
	NVR_HEALTH_BLACK,
	NVR_HEALTH_OVER_EXPOSED,
	NVR_HEALTH_COVERED,
	NVR_HEALTH_MOVED,
	NVR_HEALTH_BLURRED,
	NVR_HEALTH_FROZEN,
	NVR_HEALTH_SCENE_CHANGED,
	NVR_HEALTH_LABELS
};

enum nvr_health_verdict {
	NVR_VERDICT_NO,
	NVR_VERDICT_YES,
	NVR_VERDICT_UNKNOWN
};

/* Why a verdict could not be had. */
enum nvr_uncertainty {
	NVR_UNSURE_NONE,
	NVR_UNSURE_LEARNING,	/* too few healthy stills so far */
	NVR_UNSURE_DARK,	/* it is black */
	NVR_UNSURE_BRIGHT,	/* it is over-exposed */
	NVR_UNSURE_OCCLUDED,	/* it is covered */
	NVR_UNSURE_OUT_OF_VIEW, /* it has moved */
	NVR_UNSURE_BLURRED,	/* it is blurred */
	NVR_UNSURE_AMBIGUOUS,	/* the scene has too little to go by */
};

/* One measure beside its threshold. */
struct nvr_health_test {
	const char *name; /* static: "edges gone", "ncc", … */
	double value, threshold;
	bool over;     /* met when the value is over the threshold */
	double margin; /* -1..1, positive when met; see confidence */
};

#define NVR_HEALTH_MAX_TESTS 4

struct nvr_health_check {
	enum nvr_health_verdict verdict;
	enum nvr_uncertainty uncertainty;
	/*
	 * By the method `margin`: the distance of the deciding measure from
	 * its threshold, as a share of how far it could be on that side;
	 * 0.5 at the threshold, 1 at the end of its range, 0 when unknown.
	 * It orders verdicts by how clear they are and is no probability.
	 */
	double confidence;
	int decided; /* which test the verdict hangs on */
	int ntests;
	struct nvr_health_test test[NVR_HEALTH_MAX_TESTS];
};

#define NVR_HEALTH_CONFIDENCE_METHOD "margin"

struct nvr_health_report {
	struct nvr_health_check check[NVR_HEALTH_LABELS];
	/*
	 * How far the picture lies from the baseline's, in per cent of its
	 * width and height, right and down positive, and turned by how many
	 * degrees, clockwise positive; 0 unless found.
	 */
	double shift_x, shift_y;
	int turn;
	bool shift_found;
};

/* `black`, `over_exposed`, …; `yes`, `no`, `cannot_determine`; `dark`, … */
const char *nvr_health_label_name(enum nvr_health_label label);
const char *nvr_verdict_name(enum nvr_health_verdict verdict);
const char *nvr_uncertainty_name(enum nvr_uncertainty uncertainty);

/* Below so many healthy stills only the absolute rules judge. */
#define NVR_BASELINE_READY 8
/* Medians are of so many. */
#define NVR_BASELINE_RECENT 20

struct nvr_baseline;

int nvr_baseline_new(struct nvr_baseline **ret, struct nvr_error *err);
void nvr_baseline_free(struct nvr_baseline *b);

/* Healthy stills learnt so far. */
uint32_t nvr_baseline_samples(const struct nvr_baseline *b);

/*
 * Learns from a still that was found healthy.  The reference is taken by
 * itself at NVR_BASELINE_READY samples and stays as it is.
 */
void nvr_baseline_learn(struct nvr_baseline *b, const struct nvr_features *f);

/*
 * Remembers a still, healthy or not, for the next verdict on `frozen`.
 */
void nvr_baseline_look(struct nvr_baseline *b, const struct nvr_features *f);

/*
 * Makes the present baseline the reference, once someone has looked at the
 * camera and found that it drifted for a good reason.  After a camera was
 * turned or its scene rebuilt on purpose, reset instead: what is not healthy
 * is not learnt.  NVR_E_USAGE while it is learning.
 */
int nvr_baseline_accept(struct nvr_baseline *b, struct nvr_error *err);

/* Appends the baseline as bytes, NVR_BASELINE_BYTES of them. */
#define NVR_BASELINE_BYTES 15312
int nvr_baseline_encode(
    const struct nvr_baseline *b, struct nvr_buf *out, struct nvr_error *err);
/* NVR_E_DATA for anything that encode cannot have written. */
int nvr_baseline_decode(const void *data, size_t len, struct nvr_baseline **ret,
    struct nvr_error *err);

void nvr_health_judge(const struct nvr_baseline *b,
    const struct nvr_features *f, struct nvr_health_report *ret);

/* No check says yes, and none but for want of learning was left open. */
bool nvr_health_may_learn(const struct nvr_health_report *report);

/*
 * The measures of one check as a line of text, such as `edges gone 0.62 over
 * 0.30, ncc 0.12 under 0.35`; cut to fit, always ended.
 */
void nvr_health_evidence(const struct nvr_health_report *report,
    enum nvr_health_label label, char *text, size_t size);

#endif
