/*
 * What people asked for under their rights, and what they object to, as rows.
 * The rules are in core/request.h and core/objection.h.
 */
#ifndef NVR_STORE_REQUEST_H
#define NVR_STORE_REQUEST_H

#include "store/account.h"

struct nvr_request {
	int64_t id, account; /* account 0: of someone without one */
	const char *kind;    /* access, correction, … */
	const char *channel;
	struct nvr_blob person, note, answer;		   /* sealed */
	int64_t received_at, due_at, extended_at, done_at; /* 0: not yet */
	const char *outcome; /* granted, partly, refused; NULL: none yet */
};

int nvr_request_insert(
    struct nvr_store *st, const struct nvr_request *r, struct nvr_error *err);
/* Note, due_at, extended_at, done_at, outcome and answer. */
int nvr_request_update(
    struct nvr_store *st, const struct nvr_request *r, struct nvr_error *err);

/* Which of them; 0: no such bound.  With an id it is that one, whatever the
 * others say. */
struct nvr_request_filter {
	int64_t id, since; /* since: received_at */
	bool done;	   /* the done ones too */
};
/* By due_at; borrowed for the call. */
int nvr_request_each(struct nvr_store *st, const struct nvr_request_filter *f,
    int (*row)(void *ctx, const struct nvr_request *r), void *ctx,
    struct nvr_error *err);

struct nvr_objection {
	int64_t id, account;
	const char *purpose;
	struct nvr_blob why;	  /* sealed */
	int64_t at, withdrawn_at; /* 0: it holds */
};

int nvr_objection_insert(
    struct nvr_store *st, const struct nvr_objection *o, struct nvr_error *err);
/* Those to the purpose that hold are withdrawn; *n says how many. */
int nvr_objection_end(struct nvr_store *st, int64_t account,
    const char *purpose, int64_t now, int *n, struct nvr_error *err);
int nvr_objection_holds(struct nvr_store *st, int64_t account,
    const char *purpose, bool *ret, struct nvr_error *err);
/* Of an account, oldest first. */
int nvr_objection_each(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_objection *o), void *ctx,
    struct nvr_error *err);

/* What privacy_column calls a legitimate interest, each once. */
int nvr_purpose_each(struct nvr_store *st,
    int (*row)(void *ctx, const char *purpose), void *ctx,
    struct nvr_error *err);

#endif
