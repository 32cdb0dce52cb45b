/* What the files of the report share. */
#ifndef NVR_CORE_REPORT_INT_H
#define NVR_CORE_REPORT_INT_H

#include "base/time.h"
#include "core/report.h"
#include "store/report.h"

enum { NVR_STATUSES = 11 };

/* What a status means to a reader. */
struct nvr_status_word {
	const char *status;
	const char *says; /* of the camera, in a report */
	bool examined;
};
extern const struct nvr_status_word nvr_status_words[NVR_STATUSES];

/* Counts of a camera, or of all. */
struct nvr_report_tally {
	int64_t id;
	char *name;
	char
	    *label; /* what it is shown by: with its id, where that is needed */
	bool removed;
	int64_t audits, blind; /* of which examined nothing */
	int64_t alarmed, alarms, unknown;
	int64_t status[NVR_STATUSES];
	int64_t first, last;
};

struct nvr_report_sum {
	char *name; /* of a model or a destination */
	struct nvr_report_cost cost;
	struct nvr_report_departure left;
};

/* Pictures of a mail: they go elsewhere, the page names them by cid:. */
struct nvr_report_pictures {
	const char *domain; /* behind the @ of a cid */
	int (*add)(void *ctx, const char *cid, const void *jpeg, size_t len,
	    struct nvr_error *err);
	void *ctx;
};

struct nvr_report {
	struct nvr_state *s;
	const struct nvr_report_options *o;
	const struct nvr_sink *to;
	const struct nvr_report_pictures *pictures; /* NULL: data: URIs */
	bool stills;	       /* show those that are kept */
	int64_t alarms;	       /* at most so many a camera; 0: all */
	const char *left_out;  /* what that comes to, in words; NULL */
	struct nvr_error *err; /* of rc */
	int rc;		       /* the first that failed: nothing follows */
	int64_t expires;       /* the first of the stills; 0: there is none */
	struct nvr_buf buf;    /* on its way to the sink */

	struct nvr_report_tally *camera, total;
	size_t ncameras;
	struct nvr_report_sum *cost, *left;
	size_t ncosts, nleft;
};

/* Fills the counts; release frees them. */
int nvr_report_collect(struct nvr_report *r);
void nvr_report_release(struct nvr_report *r);

/* The span of one of the cameras. */
struct nvr_report_span nvr_report_span(
    const struct nvr_report *r, const struct nvr_report_tally *camera);

/* Writes a whole report, whose counts are there. */
int nvr_report_run(struct nvr_report *r, enum nvr_report_format format);

/* The formats; failures are in r->rc. */
void nvr_report_html(struct nvr_report *r);
void nvr_report_html_camera(
    struct nvr_report *r, const struct nvr_report_tally *camera, size_t number);
void nvr_report_text(struct nvr_report *r);
void nvr_report_csv(struct nvr_report *r);
void nvr_report_jsonl(struct nvr_report *r);
/* Each audit with each of its findings, newest first; camera by camera where
 * some were asked for.  Nothing is counted ahead of it. */
int nvr_report_each(struct nvr_report *r,
    int (*row)(
	void *ctx, const struct nvr_audit *a, const struct nvr_finding *f),
    void *ctx);

/* Our own words; text of others goes through base/escape.h. */
void nvr_put(struct nvr_report *r, const char *text);
void nvr_putf(struct nvr_report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void nvr_put_html(struct nvr_report *r, const char *text); /* between tags */
void nvr_put_attr(struct nvr_report *r, const char *text); /* in quotes */

static inline const char *
nvr_plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* `340 audits of 3 cameras. No alarm.` */
#define NVR_SUMMARY_TEXT 160
const char *nvr_summary_text(
    const struct nvr_report *r, char buf[NVR_SUMMARY_TEXT]);

/* `2026-11-21 08:00:00`, UTC, as people read it. */
const char *nvr_moment(int64_t t, char buf[NVR_TIME_TEXT]);

/* `confidence 0.93 (margin), calibrated 0.81, 3 of 4 samples agree, left`;
 * of it, method and region are text of others. */
#define NVR_CONFIDENCE_TEXT 512
const char *nvr_confidence_text(
    const struct nvr_finding *f, char buf[NVR_CONFIDENCE_TEXT]);

/* `local`, or the model or program that found it; text of others. */
const char *nvr_finder_text(const struct nvr_audit *a,
    const struct nvr_finding *f, char buf[NVR_CONFIDENCE_TEXT]);

/* Of what each label came to over the time. */
#define NVR_CHART_LABELS 32
#define NVR_CHART_COLUMNS 96

struct nvr_chart_cell {
	uint32_t yes, no, unknown;
};

struct nvr_chart_row {
	char label[65]; /* text of others */
	bool object, local;
	int64_t yes, no, unknown;
	int64_t first, last; /* of the yes */
	struct nvr_chart_cell cell[NVR_CHART_COLUMNS];
};

struct nvr_chart {
	int64_t since, until;
	struct nvr_chart_row row[NVR_CHART_LABELS];
	int n;
	int64_t others;		     /* findings of labels beyond those */
	struct nvr_chart_row health; /* of the local findings together */
	/* Audits: yes are those that examined something, no the others. */
	struct nvr_chart_row examined;
	int64_t audit; /* the last that was counted */
};

int nvr_chart_collect(struct nvr_report *r,
    const struct nvr_report_tally *camera, struct nvr_chart **ret);
/* As SVG inside HTML, whose ids end in the number. */
void nvr_chart_svg(struct nvr_report *r, const struct nvr_report_tally *camera,
    const struct nvr_chart *chart, size_t number);

#endif
