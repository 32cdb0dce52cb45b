/* What the parts of an import share; see import.h. */
#ifndef NVR_CORE_IMPORT_INT_H
#define NVR_CORE_IMPORT_INT_H

#include "core/archive_int.h"
#include "core/import.h"

#define NVR_IMPORT_LINE ((size_t)1 << 20) /* bytes of a row */
#define NVR_IMPORT_SOME 10000		  /* sites, cameras, schedules */

struct nvr_import_ids {
	int64_t *id;
	size_t n;
};

/* The archive while it is looked at. */
#define NVR_IMPORT_OTHERS 64
struct nvr_import_reading {
	const struct nvr_import *o;
	struct nvr_age_identity key; /* of what waits */
	struct nvr_stash table[NVR_IMPORT_TABLES];
	bool there[NVR_IMPORT_TABLES];
	struct nvr_stash *into; /* the file that is open; NULL: not for us */
	char other[NVR_IMPORT_OTHERS][64]; /* tables that stay where they are */
	int nothers;
	int64_t pictures;
	size_t line;	      /* bytes of the one that has no end yet */
	uint64_t came, total; /* bytes that were read; that wait */
	uint64_t looked;      /* total, as the disk was looked at last */
};

/* Of a name; -1: it is not one of those that are taken. */
int nvr_import_table(const char *name);
/* Reads all of it and holds it to its manifest and signature. */
int nvr_import_look(struct nvr_import_reading *g,
    struct nvr_import_summary *ret, struct nvr_error *err);

struct nvr_importing {
	struct nvr_state *s;
	const struct nvr_import *o;
	struct nvr_import_summary *sum;
	struct nvr_import_ids sites, cameras, schedules;
	struct nvr_import_pair {
		int64_t schedule, camera;
	} * pair;
	size_t npairs;
	int64_t audit;	  /* the last that was looked for, and is ours */
	int64_t homeless; /* audits of cameras that did not come */
	bool begun;	  /* some of it is committed */
	struct nvr_error *err;
};

/* A row as it came.  What is wrong with one of its members is in rc, from
 * where on all members are 0 or "". */
struct nvr_import_row {
	json_t *o;
	int rc;
	struct nvr_error *err;
};

/* max: bytes.  A word has none of the control characters, prose may have. */
const char *nvr_row_word(
    struct nvr_import_row *r, const char *name, size_t max);
const char *nvr_row_prose(
    struct nvr_import_row *r, const char *name, size_t max);
/* NULL where it is null, or not there. */
const char *nvr_row_word_or_null(
    struct nvr_import_row *r, const char *name, size_t max);
const char *nvr_row_prose_or_null(
    struct nvr_import_row *r, const char *name, size_t max);
/* One of these, NULL at their end. */
const char *nvr_row_one_of(struct nvr_import_row *r, const char *name,
    const char *const *words, bool need);
int64_t nvr_row_int(
    struct nvr_import_row *r, const char *name, int64_t min, int64_t max);
int64_t nvr_row_int_or(struct nvr_import_row *r, const char *name, int64_t min,
    int64_t max, int64_t none);
double nvr_row_real(struct nvr_import_row *r, const char *name); /* NaN */
bool nvr_row_flag(struct nvr_import_row *r, const char *name);
int64_t nvr_row_id(struct nvr_import_row *r, const char *name);
int64_t nvr_row_id_or_0(struct nvr_import_row *r, const char *name);
/* Not later than `latest`. */
int64_t nvr_row_time(
    struct nvr_import_row *r, const char *name, int64_t latest);
int64_t nvr_row_time_or_0(
    struct nvr_import_row *r, const char *name, int64_t latest);

/* Latest time that a clock which is a little ahead may have entered. */
#define NVR_IMPORT_LATEST(x) ((x)->o->now + NVR_DAY)

int nvr_import_id(
    struct nvr_importing *x, struct nvr_import_ids *ids, int64_t id);
bool nvr_import_has(const struct nvr_import_ids *ids, int64_t id);

__attribute__((format(printf, 3, 4))) void nvr_import_left(
    struct nvr_importing *x, const char *what, const char *fmt, ...);

/* Rows of each table: 1: taken, 0: left out. */
int nvr_import_account(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_consent(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_site(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_camera(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_recipient(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_pairs(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_schedule(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_audit(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_finding(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_attempt(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_departure(struct nvr_importing *x, struct nvr_import_row *r);
int nvr_import_step(struct nvr_importing *x, struct nvr_import_row *r);

#endif
