/* What the parts of an export of footage share; see export.h. */
#ifndef NVR_CORE_EXPORT_FOOTAGE_INT_H
#define NVR_CORE_EXPORT_FOOTAGE_INT_H

#include "core/archive_int.h"
#include "core/export_int.h"
#include "still/mask.h"
#include "store/footage.h"

/* A run of which there is something. */
struct nvr_evidence_run {
	int64_t id;
	int64_t start, end; /* of its first segment in that time; its last's */
};

struct nvr_evidence {
	struct nvr_exporting x; /* for tables and the log */
	struct nvr_export_account account;
	const struct nvr_export_footage *o;
	/* The camera's own identity, where it is kept here. */
	struct nvr_age_identity key;
	bool have_key;
	struct nvr_mask painted;      /* where o->mask is not NULL */
	struct nvr_stash list;	      /* of struct nvr_segment */
	struct nvr_evidence_run *run; /* in order of time */
	size_t nruns;
	int64_t segments, bytes, differ; /* whole ones; missing or changed */
	int64_t clips, originals;
	bool log;	/* there are rows of it, and its head */
	int64_t access; /* of this export itself, which is not in it */
};

/* A gap, of which the page tells the first few. */
int nvr_evidence_gap(struct nvr_evidence *e, const char *what, const char *why,
    ...) __attribute__((format(printf, 3, 4)));

/* A line of JSON; takes the object. */
int nvr_evidence_line(
    struct nvr_evidence *e, struct nvr_archive_file *f, json_t *line);

/* Which segments and runs there are, and what else is known of that time: of
 * one moment. */
int nvr_evidence_list(struct nvr_evidence *e);
int nvr_evidence_data(struct nvr_evidence *e);
/* Each segment held to its hash, originals; clips.  In no transaction, as
 * whoever reads the archive may take days. */
int nvr_evidence_segments(struct nvr_evidence *e);
int nvr_evidence_clips(struct nvr_evidence *e);
int nvr_evidence_clock(struct nvr_evidence *e);
int nvr_evidence_page(struct nvr_evidence *e);

#endif
