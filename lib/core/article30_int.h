/* What the files of the record of processing activities share. */
#ifndef NVR_CORE_ARTICLE30_INT_H
#define NVR_CORE_ARTICLE30_INT_H

#include "core/article30.h"
#include "store/privacy.h"

/* Whose data a table is. */
enum {
	NVR_SUBJECT_USERS = 1,	   /* people who sign in */
	NVR_SUBJECT_SEEN = 2,	   /* people whom the cameras see */
	NVR_SUBJECT_OPERATORS = 4, /* people who run it, or are asked for it */
};
extern const char *const nvr_subject_words[]; /* by bit; NULL ends */

struct nvr_table_words {
	const char *table, *words;
	unsigned subjects;
};
/* Its own name and all subjects for one that is not known; borrowed from `of`
 * or constant. */
struct nvr_table_words nvr_table_words(const char *of);

/* 6(1)(b) of what privacy_column calls contract; constant. */
const char *nvr_article6(const char *basis);

/* Whether the column's value is sealed. */
bool nvr_privacy_is_sealed(const struct nvr_privacy_column *c);

/* What is in force for the rows of a table that a rule ends: `30d free, 90d
 * premium, 90d owner`.  Returns buf. */
#define NVR_IN_FORCE 192
const char *nvr_in_force(const struct nvr_rules *r, const char *table,
    const char *rule, char buf[NVR_IN_FORCE]);

/* Which rule of nvr-retain that is, or what the rows go with; constant, or
 * rule. */
const char *nvr_rule_words(const char *rule);

struct nvr_record {
	struct nvr_state *s;
	const struct nvr_article30 *a;
	struct nvr_paper p;
	struct nvr_privacy_counts counts;
	struct nvr_error *err;
};

/* The parts; what fails is returned, or shows in r->p.rc. */
int nvr_record_data(struct nvr_record *r);	 /* 30(1)(b), (c) */
int nvr_record_recipients(struct nvr_record *r); /* (d), (e) */
int nvr_record_places(struct nvr_record *r);	 /* (e): sites */
int nvr_record_limits(struct nvr_record *r);	 /* (f) */

#endif
