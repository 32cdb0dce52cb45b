/*
 * An audit that asks a model: its conversation, and the rows that tell what
 * was asked, sent, answered and paid.  Each row is written before what it
 * tells of happens, so that kill -9 hides nothing that left the machine.
 */
#ifndef NVR_CORE_INQUIRY_H
#define NVR_CORE_INQUIRY_H

#include "core/budget.h"
#include "core/exchange.h"
#include "core/state.h"
#include "store/audit.h"

struct nvr_inquiry_options {
	struct nvr_state *s;
	struct nvr_loop *loop;
	struct nvr_host *host;
	int64_t audit_id; /* whose row is there */
	struct nvr_budget budget;
};

struct nvr_inquiry;

int nvr_inquiry_open(const struct nvr_inquiry_options *o,
    struct nvr_inquiry **ret, struct nvr_error *err);
/* Not while a question is open. */
void nvr_inquiry_close(struct nvr_inquiry *q);

struct nvr_chat *nvr_inquiry_chat(struct nvr_inquiry *q);
const struct nvr_budget *nvr_inquiry_budget(const struct nvr_inquiry *q);
int nvr_inquiry_attempts(const struct nvr_inquiry *q);	    /* that were sent */
const char *nvr_inquiry_model(const struct nvr_inquiry *q); /* that answered */

/* Adds a picture to the user's message; `what` it is: current, reference … */
int nvr_inquiry_picture(struct nvr_inquiry *q, const char *what,
    const void *jpeg, size_t len, struct nvr_error *err);

/* All but the first and the newest `keep` are taken out: see
 * nvr_chat_forget_pictures. */
void nvr_inquiry_forget_pictures(struct nvr_inquiry *q, int keep);

/* What the question is likely to take in, in tokens. */
int64_t nvr_inquiry_expect(
    const struct nvr_inquiry *q, const struct nvr_chat_ask *ask);

/* Enters a step of the trace; the text is cut to 64 KiB. */
int nvr_inquiry_step(struct nvr_inquiry *q, const char *kind, const char *name,
    const char *text, struct nvr_error *err);

/*
 * Asks: done is called once, never from here, with the answer, borrowed for
 * the call; its status is `budget` where a limit did not allow it, or the
 * deadline (see nvr_exchange_request; 0: none).  rc is not 0 when the store
 * failed, with what err says.  What the model said is a step.
 */
typedef void nvr_inquiry_done(void *ctx, int rc,
    const struct nvr_chat_answer *answer, const struct nvr_error *err);
int nvr_inquiry_ask(struct nvr_inquiry *q, const struct nvr_chat_ask *ask,
    const char *purpose, int64_t deadline, nvr_inquiry_done *done, void *ctx,
    struct nvr_error *err);

#endif
