/*
 * Requests of people under their rights (GDPR, articles 15 to 22), each with
 * the day by which it has to be answered.  See register.h.
 */
#ifndef NVR_CORE_REQUEST_H
#define NVR_CORE_REQUEST_H

#include "core/state.h"
#include "store/request.h"

#define NVR_REQUEST_SOON (7 * NVR_DAY) /* it is time to warn */

/*
 * So many calendar months later, at the same time of day in UTC: on the same
 * day, or on the last one where the month has no such (Regulation 1182/71,
 * article 3).
 */
int64_t nvr_months_after(int64_t t, int months);

/* By when a request is answered: a month (article 12(3)), and 30 days at the
 * most, as we promise. */
int64_t nvr_request_due(int64_t received);

/* A request as it comes in: the texts are not sealed yet. */
struct nvr_request_new {
	int64_t account;     /* 0: of `person`, who has none */
	const char *person;  /* NULL for an account */
	const char *kind;    /* access, correction, … */
	const char *channel; /* NULL: that of s->actor */
	const char *note;    /* NULL: none */
	int64_t received;    /* 0: now */
};

/*
 * Enters it, and posts a letter to the account's address where letters can be
 * posted.  NVR_E_USAGE for what is no such request.
 */
int nvr_request_add(struct nvr_state *s, const struct nvr_request_new *n,
    int64_t *id, struct nvr_error *err);

/*
 * Answered: outcome granted, partly or refused, with an answer in words or
 * NULL; a refusal needs its reasons (article 12(4)).  With a letter, as above.
 * NVR_E_NOENT; NVR_E_USAGE when it was answered already.
 */
int nvr_request_done(struct nvr_state *s, int64_t id, const char *outcome,
    const char *answer, struct nvr_error *err);
/* The same, granted, by who tells the account in a letter of his own. */
int nvr_request_grant(struct nvr_state *s, int64_t id, struct nvr_error *err);

/*
 * Two further months, once, and decided ahead of the day that it is due
 * (article 12(3)); why goes into its note and into the letter.
 */
int nvr_request_extend(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err);

/* What is sealed of a request, opened. */
struct nvr_request_texts {
	struct nvr_buf person, note, answer; /* "" for none */
};
int nvr_request_open(struct nvr_state *s, const struct nvr_request *r,
    struct nvr_request_texts *ret, struct nvr_error *err);
void nvr_request_wipe(struct nvr_request_texts *t);

#endif
