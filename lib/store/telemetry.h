/*
 * What recorders report of themselves, as rows, and its sums of hours and of
 * days, which begin at full ones in UTC.  core/telemetry.h says when what is
 * summed up, and when it goes.  What is of a restricted account is left alone.
 */
#ifndef NVR_STORE_TELEMETRY_H
#define NVR_STORE_TELEMETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* NAN and -1, of the clock INT64_MIN: the recorder cannot tell.  Figures that
 * no machine has are refused. */
struct nvr_telemetry {
	int64_t recorder, account;
	int64_t at, received_at;
	double cpu;		  /* percent; more than 100 on many cores */
	double memory, disk_free; /* percent */
	int64_t disk_free_bytes;
	double temperature; /* degrees Celsius */
	int64_t cameras, cameras_down;
	const char *agent; /* version; NULL: none */
	uint64_t sequence; /* 0: none */
	bool late;	   /* it came after its recorder was away */
	double load;
	int64_t uptime;		  /* microseconds */
	int64_t clock;		  /* microseconds ahead of true time */
	int64_t backlog, overdue; /* bytes to upload; objects past their time */
};

/* A report is refused that is this much ahead of us: its clock is wrong. */
#define NVR_TELEMETRY_AHEAD (5 * NVR_MINUTE)
#define NVR_TELEMETRY_AGENT 128 /* bytes of an agent's version at the most */

/*
 * Enters a report; one that is there already stays as it is.  received_at is
 * best taken in the transaction that enters it, since what came since is told
 * by it.  NVR_E_DATA names the figure that cannot be.
 */
int nvr_telemetry_put(
    struct nvr_store *st, const struct nvr_telemetry *t, struct nvr_error *err);

enum nvr_telemetry_kind { NVR_TELEMETRY_RAW, NVR_TELEMETRY_HOURS };

/* The oldest from since up to until, received by then.  1: *at, 0: none. */
int nvr_telemetry_oldest(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t since, int64_t until, int64_t received, int64_t *at,
    struct nvr_error *err);

/*
 * Whose there are from since up to until, of recorders beyond `after`: up to
 * NVR_TELEMETRY_MANY.  Among hours count those that will come of reports
 * before `raw`, received by then.
 */
#define NVR_TELEMETRY_MANY 256
struct nvr_telemetry_of {
	int64_t recorder;
	int64_t at; /* nvr_telemetry_late: the hour */
	int64_t n;  /* reports, or hours */
};
struct nvr_telemetry_span {
	int64_t since, until, received, raw;
};
int nvr_telemetry_whose(struct nvr_store *st, enum nvr_telemetry_kind kind,
    const struct nvr_telemetry_span *span, int64_t after,
    struct nvr_telemetry_of ret[NVR_TELEMETRY_MANY], size_t *n,
    struct nvr_error *err);

/*
 * Hours from since up to until of which something was received after
 * span->received, sorted by recorder and hour: those beyond *last, up to
 * NVR_TELEMETRY_MANY.
 */
int nvr_telemetry_late(struct nvr_store *st,
    const struct nvr_telemetry_span *span, const struct nvr_telemetry_of *last,
    struct nvr_telemetry_of ret[NVR_TELEMETRY_MANY], size_t *n,
    struct nvr_error *err);

/* When the last one was received; 0: there is none. */
int nvr_telemetry_received(
    struct nvr_store *st, int64_t *ret, struct nvr_error *err);

/*
 * The sums, one of each account's, of a recorder's hour, from all of its
 * reports, or of its day, from all of its hours: made, or made anew unless it
 * is settled.  With `settle` it is from now on, since what it is made of is
 * about to go.
 */
int nvr_telemetry_sum(struct nvr_store *st, enum nvr_telemetry_kind of,
    int64_t recorder, int64_t at, int64_t now, bool settle,
    struct nvr_error *err);

/* How many hours of recorders have reports, or how many of their days have
 * hours. */
int nvr_telemetry_count(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t *ret, struct nvr_error *err);

/* Deletes the reports of an hour, or the hours of a day. */
int nvr_telemetry_drop(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t recorder, int64_t since, int64_t until, struct nvr_error *err);

/* What is of a time later than that, of recorders beyond `after`: up to
 * NVR_TELEMETRY_MANY, with the first moment of each. */
int nvr_telemetry_ahead(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t later, int64_t after,
    struct nvr_telemetry_of ret[NVR_TELEMETRY_MANY], size_t *n,
    struct nvr_error *err);
/* Deletes some of it; hours go with days. */
int nvr_telemetry_drop_ahead(struct nvr_store *st, enum nvr_telemetry_kind kind,
    int64_t recorder, int64_t later, bool *more, struct nvr_error *err);

#endif
