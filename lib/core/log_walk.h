/* What a walk along the security log knows; for core/log_*.c alone. */
#ifndef NVR_CORE_LOG_WALK_H
#define NVR_CORE_LOG_WALK_H

#include "core/log_int.h"

#define NVR_LOG_BAD 64

/*
 * A row that does not fit.  What happened to it is said at the end, when those
 * are known that it may have been exchanged with.
 */
struct nvr_log_bad {
	struct nvr_log_row row; /* without sealed */
	char type[NVR_LOG_TYPE + 1];
	uint8_t ahead[NVR_LOG_HASH]; /* of the row ahead of it */
	bool linked;		     /* its hash is right */
	bool opens;		     /* what is sealed in it is right */
	bool keyless;		     /* its account has no key */
	int64_t from; /* it was sealed as this row; 0: that is not known */
};

/* Rows, by the numbers that they were sealed under. */
struct nvr_log_ranges {
	struct nvr_log_range {
		int64_t first, last;
	} * r;
	size_t n, room;
};

struct nvr_log_walk {
	struct nvr_state *s;
	struct nvr_log_opener *opener;
	struct nvr_hasher *hasher;
	const struct nvr_log_watch *watch;
	struct nvr_log_summary *sum;
	struct nvr_error *err;
	int rc; /* of what failed in a place that cannot say so */

	int64_t expect; /* the number of the row to come */
	/* A row with the number seq was seq + shift when it was chained, and
	 * seq + moved when it was sealed: 0 but where rows were renumbered. */
	int64_t shift, moved;
	/* What the hash ahead may be; two where it is the row ahead that does
	 * not fit: as it stands there, and as it would be right. */
	uint8_t prev[2][NVR_LOG_HASH];
	int nprev;
	/* The first of the rows right ahead that do not link, and the hash
	 * ahead of it; 0: the last one did. */
	int64_t run;
	uint8_t run_ahead[NVR_LOG_HASH];
	int64_t opened;	    /* the last row whose payload fitted */
	int64_t strayed;    /* the first of those that opened only as … */
	int64_t strayed_by; /* … rows so much further on; 0: none */
	int64_t last_at;
	const struct nvr_buf *text; /* salt and payload that opened last */
	/* Without a payload, said by `account.erased` to have lost it, and not
	 * there. */
	struct nvr_log_ranges blank, claimed, missing;

	struct nvr_log_bad bad[NVR_LOG_BAD];
	int nbad;

	struct nvr_log_sight {
		int64_t seq, at;
		uint8_t hash[NVR_LOG_HASH];
	} * sight;		    /* heads, by seq */
	int nsights, next;	    /* the next one to meet */
	struct nvr_log_sight start; /* where it was pruned; seq 0: nowhere */
};

/* A finding, with its text; last 0: of one row. */
void nvr_log_say(struct nvr_log_walk *w, const char *kind, int64_t seq,
    int64_t last, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Holds a row to the one ahead of it and to what is sealed in it. */
void nvr_log_check(struct nvr_log_walk *w, const struct nvr_log_row *row);

/* Takes up what a row says that was erased: one that opened and is linked. */
void nvr_log_claim(struct nvr_log_walk *w, const struct nvr_log_row *row);
/* Behind the others, or anywhere. */
void nvr_log_range_add(struct nvr_log_walk *w, struct nvr_log_ranges *l,
    int64_t first, int64_t last);
/* Holds what is blank to what was said of it. */
void nvr_log_resolve_erased(struct nvr_log_walk *w);

/* Says what is left to say of rows that did not fit. */
void nvr_log_resolve(struct nvr_log_walk *w);

/* `row 5`, or `rows 5 to 7`. */
const char *nvr_log_rows(int64_t first, int64_t last, char buf[64]);

#endif
