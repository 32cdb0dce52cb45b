/* Audits with their findings, attempts and departures, as rows. */
#ifndef NVR_STORE_AUDIT_H
#define NVR_STORE_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

#define NVR_AUDIT_SCHEMA 1 /* share/schema/audit.json */

struct nvr_finding {
	const char *source;  /* local, model; NULL: the audit's analyzer */
	const char *kind;    /* check, object; NULL: the camera's own health */
	const char *label;   /* covered, person, … */
	const char *verdict; /* yes, no, cannot_determine */
	const char *evidence;
	double confidence;	       /* 0..1; NaN: none */
	const char *confidence_method; /* NULL: none */
	double calibrated;	       /* within 0..1; 0: none */
	int64_t count;		       /* of objects; 0: none */
	int64_t samples, agreed;       /* times asked, of which so; 0: once */
	const char *uncertainty;       /* why it cannot tell; NULL: it can */
	const char *region; /* where in the picture; NULL: all of it */
};

/*
 * One try of an analyzer that is asked over a pipe or a network.  Of numbers,
 * -1 is what nobody told.
 */
struct nvr_attempt {
	int64_t at, latency_us;
	const char *purpose; /* ask, repair, sample, step; NULL: none */
	const char *status;  /* an audit's status */
	const char *error;   /* NULL: none */
	int64_t http_status; /* 0: none */
	const char *request_id, *request_sha256, *model; /* NULL: none */
	int64_t tokens_in, tokens_out, tokens_cached;
	int64_t cost_micros;
	int64_t reserved_tokens, reserved_micros; /* beforehand */
};

/* A picture that left this program, and for whom. */
struct nvr_departure {
	int64_t at;
	const char *destination; /* a host, or exec:PROGRAM */
	int64_t size_bytes;
	const char *sha256;
};

/* A step of an audit's course; see the table `step`. */
struct nvr_step {
	int64_t at;
	const char *kind; /* picture, said, call, told, end */
	const char *name; /* of the tool; what the picture is */
	const char *text;
};

struct nvr_audit {
	int64_t id;
	int64_t camera_id; /* 0: no camera of this store */
	const char *camera_name;
	int64_t at;	  /* when it was examined */
	int64_t taken_at; /* when the still was taken; 0: unknown */
	int64_t duration_us;
	const char *type;   /* regular, scheduled, agentic */
	const char *origin; /* what asked for it: command, pipe, file */
	const char *analyzer;
	const char *profile;	   /* [model NAME]; NULL: none */
	const char *model;	   /* NULL: none */
	const char *prompt;	   /* NULL: none */
	const char *prompt_sha256; /* NULL: none */
	int64_t schema_version;
	const char *status;	      /* ok, learning, error, invalid, … */
	const char *error;	      /* NULL: none */
	int64_t width, height;	      /* 0: not decoded */
	const char *still_sha256;     /* NULL: there was no still */
	int64_t still_id;	      /* 0: not kept */
	int64_t schedule_id, slot_at; /* 0: none */
	const struct nvr_finding *findings;
	size_t nfindings;
	const struct nvr_attempt *attempts;
	size_t nattempts;
	const struct nvr_departure *departures;
	size_t ndepartures;
};

/*
 * Writes all of it; run it inside a transaction.  NVR_E_CREATE: the slot of
 * the schedule has its audit of that camera.
 */
int nvr_audit_insert(
    struct nvr_store *st, const struct nvr_audit *a, struct nvr_error *err);

/*
 * An audit that takes long is inserted as `unfinished`, its parts are written
 * as they come, an attempt ahead of its request, and its status, error, model,
 * duration and further findings (those behind the first `written`) at the end.
 * Ordinals count from 1.
 */
int nvr_audit_finish(struct nvr_store *st, const struct nvr_audit *a,
    size_t written, struct nvr_error *err);
int nvr_finding_put(struct nvr_store *st, int64_t audit, int64_t ordinal,
    const struct nvr_finding *f, struct nvr_error *err);
int nvr_attempt_put(struct nvr_store *st, int64_t audit, int64_t ordinal,
    const struct nvr_attempt *a, struct nvr_error *err);
int nvr_departure_put(struct nvr_store *st, int64_t audit, int64_t ordinal,
    const struct nvr_departure *d, struct nvr_error *err);
/* Takes back those behind the first `kept`: nothing was sent. */
int nvr_departure_drop(
    struct nvr_store *st, int64_t audit, int64_t kept, struct nvr_error *err);
int nvr_step_put(struct nvr_store *st, int64_t audit, int64_t ordinal,
    const struct nvr_step *step, struct nvr_error *err);

/* An empty filter is every audit. */
struct nvr_audit_filter {
	const char *camera;   /* its name at that time, */
	int64_t camera_id;    /* or this one by any name; NULL and 0: all */
	int64_t since, until; /* until 0: no end */
	const char *status;   /* NULL: any */
	int64_t limit;	      /* the newest so many; 0: all */
};

/*
 * Newest first, without findings (their arrays are empty): see
 * nvr_finding_each.  Rows are borrowed for the call.
 */
int nvr_audit_each(struct nvr_store *st, const struct nvr_audit_filter *f,
    int (*row)(void *ctx, const struct nvr_audit *a), void *ctx,
    struct nvr_error *err);
/* Whose it is; -1: it is not there. */
int nvr_audit_owner(
    struct nvr_store *st, int64_t id, int64_t *ret, struct nvr_error *err);
/* Makes one that is of no camera the account's, ahead of its parts. */
int nvr_audit_own(
    struct nvr_store *st, int64_t id, int64_t account, struct nvr_error *err);
int nvr_audit_get(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_audit *a), void *ctx,
    struct nvr_error *err);
int nvr_finding_each(struct nvr_store *st, int64_t audit,
    int (*row)(void *ctx, const struct nvr_finding *f), void *ctx,
    struct nvr_error *err);
int nvr_attempt_each(struct nvr_store *st, int64_t audit,
    int (*row)(void *ctx, const struct nvr_attempt *a), void *ctx,
    struct nvr_error *err);
int nvr_departure_each(struct nvr_store *st, int64_t audit,
    int (*row)(void *ctx, const struct nvr_departure *d), void *ctx,
    struct nvr_error *err);
int nvr_step_each(struct nvr_store *st, int64_t audit,
    int (*row)(void *ctx, const struct nvr_step *step), void *ctx,
    struct nvr_error *err);

/*
 * An audit takes its rows along, which may be too many for one transaction:
 * then they go first.  1: this one has lasted long enough, and there are more.
 */
int nvr_audit_heavy(
    struct nvr_store *st, int64_t audit, bool *ret, struct nvr_error *err);
int nvr_audit_lighten(
    struct nvr_store *st, int64_t audit, struct nvr_error *err);

#endif
