/*
 * Audits of a time, as a report wants them: counted, or each with its
 * findings, newest first.  Nothing is held but the row at hand, which is
 * borrowed for the call; a callback that returns other than 0 ends it.
 */
#ifndef NVR_STORE_REPORT_H
#define NVR_STORE_REPORT_H

#include "store/audit.h"

/* since <= at < until. */
struct nvr_report_span {
	int64_t camera_id; /* 0: stills that only bore that name */
	const char *name;
	int64_t since, until;
};

/* Of one camera and status. */
struct nvr_report_count {
	int64_t camera_id;
	const char *name; /* of today; of its audit, where it is no camera */
	bool removed;
	const char *status;
	int64_t audits, alarmed; /* of which with an alarm */
	int64_t alarms, unknown; /* findings: yes, cannot_determine */
	int64_t first, last;
};

/* By name; span's camera is not looked at. */
int nvr_report_counts(struct nvr_store *st, const struct nvr_report_span *span,
    int (*row)(void *ctx, const struct nvr_report_count *c), void *ctx,
    struct nvr_error *err);

/*
 * Each audit with each of its findings, or with NULL where it has none; or
 * only those findings that are alarms: `yes` to anything but an object; without
 * `alarms` a span of neither camera nor name is of all.  Its prompt's hash,
 * schema version and parts are left out of the audit.
 */
int nvr_report_findings(struct nvr_store *st,
    const struct nvr_report_span *span, bool alarms,
    int (*row)(
	void *ctx, const struct nvr_audit *a, const struct nvr_finding *f),
    void *ctx, struct nvr_error *err);

/* Audits that examined nothing, by reason; the most frequent `limit`. */
struct nvr_report_failure {
	const char *status, *error; /* error NULL: none */
	int64_t audits, first, last;
};
int nvr_report_failures(struct nvr_store *st,
    const struct nvr_report_span *span, int64_t limit,
    int (*row)(void *ctx, const struct nvr_report_failure *f), void *ctx,
    struct nvr_error *err);

/* What the attempts of audits took, by profile, else by analyzer. */
struct nvr_report_cost {
	const char *model;
	int64_t requests, unreported; /* of which nobody told the usage */
	int64_t tokens_in, tokens_out, micros;
	int64_t reserved_micros; /* set aside for those with no cost told */
};
int nvr_report_costs(struct nvr_store *st, const struct nvr_report_span *span,
    int (*row)(void *ctx, const struct nvr_report_cost *c), void *ctx,
    struct nvr_error *err);

/* Pictures that left, by destination. */
struct nvr_report_departure {
	const char *destination;
	int64_t pictures, bytes;
};
int nvr_report_departures(struct nvr_store *st,
    const struct nvr_report_span *span,
    int (*row)(void *ctx, const struct nvr_report_departure *d), void *ctx,
    struct nvr_error *err);

/* How many stills of audits with alarms are kept and not expired by `now`. */
int nvr_report_stills(struct nvr_store *st, const struct nvr_report_span *span,
    int64_t now, int64_t *ret, struct nvr_error *err);

#endif
