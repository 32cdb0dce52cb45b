/* What the parts of an export of footage share; see export.h. */
#ifndef NVR_CORE_EXPORT_FOOTAGE_INT_H
#define NVR_CORE_EXPORT_FOOTAGE_INT_H

#include "core/archive_int.h"
#include "core/export_int.h"
#include "store/footage.h"

/* A run of which there is something. */
struct nvr_evidence_run {
	int64_t id;
	int64_t start, end; /* of its first segment in that time; its last's */
	char *why;	    /* there is no clip of it; NULL: there is */
};

/* What was recorded then and cannot be shown; why is constant. */
struct nvr_evidence_lost {
	int64_t start, end;
	const char *why;
	size_t order; /* in which they were found */
};

struct nvr_evidence {
	struct nvr_exporting x; /* for tables and the log */
	struct nvr_export_account account;
	const struct nvr_export_footage *o;
	/* The camera's own identity, where it is kept here. */
	struct nvr_age_identity key;
	bool have_key;
	struct nvr_stash list;	      /* of struct nvr_segment */
	struct nvr_evidence_run *run; /* in order of time */
	size_t nruns;
	struct nvr_evidence_lost *lost;
	size_t nlost;
	int64_t segments, bytes, differ; /* whole ones; missing or changed */
	int64_t clips, originals;
	bool log;	 /* there are rows of it */
	unsigned tables; /* of which there are rows: bits, in their order */
	int64_t access;	 /* of this export itself, which is not in it */
};

/* A gap, of which the page tells the first few. */
int nvr_evidence_gap(struct nvr_evidence *e, const char *what, const char *why,
    ...) __attribute__((format(printf, 3, 4)));

/* Takes the folder of the state out of a text: it is nobody else's business. */
void nvr_evidence_hide(const struct nvr_evidence *e, char *text);

/* A line of JSON; takes the object. */
int nvr_evidence_line(
    struct nvr_evidence *e, struct nvr_archive_file *f, json_t *line);

/* Puts a table of JSON, also an empty one: the page names it. */
int nvr_evidence_put(struct nvr_evidence *e, struct nvr_archive_file *f,
    const char *path, int64_t rows);

/* Tables of the register, of which there are the camera's rows; NULL ends. */
extern const char *const nvr_evidence_tables[];

/* A stretch for nvr_evidence_gaps to tell; of what overlaps, the first. */
int nvr_evidence_lose(
    struct nvr_evidence *e, int64_t start, int64_t end, const char *why);

/* Which segments and runs there are, and what else is known of that time: of
 * one moment. */
int nvr_evidence_list(struct nvr_evidence *e);
int nvr_evidence_data(struct nvr_evidence *e);
/* Each segment held to its hash, originals; clips.  In no transaction, as
 * whoever reads the archive may take days. */
int nvr_evidence_segments(struct nvr_evidence *e);
int nvr_evidence_clips(struct nvr_evidence *e);
int nvr_evidence_gaps(struct nvr_evidence *e);
int nvr_evidence_clock(struct nvr_evidence *e);
int nvr_evidence_page(struct nvr_evidence *e);

#endif
