/* Audits with their findings, attempts and departures, as rows. */
#ifndef NVR_STORE_AUDIT_H
#define NVR_STORE_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

#define NVR_AUDIT_SCHEMA 1 /* share/schema/audit.json */

struct nvr_finding {
	const char *label;   /* covered, person, … */
	const char *verdict; /* yes, no, cannot_determine */
	const char *evidence;
	double confidence;	       /* 0..1; NaN: none */
	const char *confidence_method; /* NULL: none */
	const char *uncertainty;       /* why it cannot tell; NULL: it can */
	const char *region; /* where in the picture; NULL: all of it */
};

/* One try of an analyzer that is asked over a pipe or a network. */
struct nvr_attempt {
	int64_t at, latency_us;
	const char *status; /* an audit's status */
	const char *error;  /* NULL: none */
};

/* A picture that left this program, and for whom. */
struct nvr_departure {
	int64_t at;
	const char *destination; /* a host, or exec:PROGRAM */
	int64_t size_bytes;
	const char *sha256;
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
	const char *model;	   /* NULL: none */
	const char *prompt;	   /* NULL: none */
	const char *prompt_sha256; /* NULL: none */
	int64_t schema_version;
	const char *status;	  /* ok, learning, error, invalid, … */
	const char *error;	  /* NULL: none */
	int64_t width, height;	  /* 0: not decoded */
	const char *still_sha256; /* NULL: there was no still */
	int64_t still_id;	  /* 0: not kept */
	const struct nvr_finding *findings;
	size_t nfindings;
	const struct nvr_attempt *attempts;
	size_t nattempts;
	const struct nvr_departure *departures;
	size_t ndepartures;
};

/* Writes all of it; run it inside a transaction. */
int nvr_audit_insert(
    struct nvr_store *st, const struct nvr_audit *a, struct nvr_error *err);

/* An empty filter is every audit. */
struct nvr_audit_filter {
	const char *camera;   /* its name at that time; NULL: any */
	int64_t camera_id;    /* or this one, whatever its name was */
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

#endif
