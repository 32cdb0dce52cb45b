/*
 * A request to a model and its retries: 408, 409, 429, 5xx and a network that
 * fails are tried again, twice at most, as the server says (x-should-retry,
 * retry-after-ms, Retry-After up to 120 s) or after 0.5 s, 1 s, … 8 s; never
 * 400, 401, 403, 404, 422, a redirect or a quota that is used up.  As OpenAI's
 * own clients do (openai-python, _base_client.py), but for the jitter: up to a
 * quarter is added to each wait, so none is shorter than the server wants.
 *
 * x-ratelimit-* and Retry-After hold back all further calls to the profile,
 * for 120 s at most.
 */
#ifndef NVR_CORE_EXCHANGE_H
#define NVR_CORE_EXCHANGE_H

#include "core/chat.h"
#include "net/loop.h"

/* A profile that is used: its key, and when the next call may go out. */
struct nvr_host;

/*
 * Reads the key.  NVR_E_CONFIG for a URL that is not https (http is for this
 * machine, and for the quirk plain-http), a key file that is not there or
 * that others can read (0440 of root's is how systemd hands over credentials,
 * and taken), or that holds no key.
 */
int nvr_host_open(const struct nvr_model *model, struct nvr_host **ret,
    struct nvr_error *err);
/* Wipes the key.  Not while an exchange is open. */
void nvr_host_close(struct nvr_host *host);
const struct nvr_model *nvr_host_model(const struct nvr_host *host);
/* Of the server, with the port where its URL has one. */
const char *nvr_host_name(const struct nvr_host *host);

/*
 * Models count pictures in their own ways: what a question that was estimated
 * at that many tokens took in, or -1, and what the next one is to be expected
 * to take.  That is in proportion to it, and never less than the estimate.
 */
void nvr_host_learn(struct nvr_host *host, int64_t estimate, int64_t took);
int64_t nvr_host_expect(const struct nvr_host *host, int64_t estimate);

/* One attempt, as it went. */
struct nvr_tried {
	int ordinal;		/* from 1 */
	const char *status;	/* as an answer's */
	const char *error;	/* NULL: none */
	long http;		/* 0: none */
	const char *request_id; /* NULL: none */
	int64_t at, latency_us;
	int64_t tokens_in, tokens_out, tokens_cached; /* -1: not reported */
	const char *model;			      /* NULL: did not say */
	bool sent;				      /* it may be billed */
	bool again;				      /* another one follows */
};

/*
 * Fills in a request to that path of the host: URL, headers with the key, TLS,
 * limits.  What it points to is the host's and lasts until the next call.
 * body NULL: GET.
 */
int nvr_host_request(struct nvr_host *host, const char *path, const char *body,
    size_t len, struct nvr_loop_request *ret, struct nvr_error *err);

struct nvr_exchange_request {
	struct nvr_host *host;
	const char *body; /* borrowed until done */
	size_t len;
	/*
	 * A moment of nvr_time_monotonic, or 0: no attempt and no wait goes on
	 * beyond it.  The answer of what ends by it has the status `budget`.
	 */
	int64_t deadline;
	/*
	 * Ahead of each attempt: what it may cost is set aside and its row
	 * written.  Non-zero: it is not sent, and the exchange ends with that
	 * code (NVR_E_PERMISSION: the budget does not allow it).  NULL: none.
	 */
	int (*before)(void *ctx, struct nvr_error *err);
	/* After each attempt.  Non-zero ends the exchange.  NULL: none. */
	int (*after)(
	    void *ctx, const struct nvr_tried *t, struct nvr_error *err);
	/*
	 * Once, with the last answer, which is borrowed; rc is what before or
	 * after returned (or NVR_E_NOMEM), and the answer's status `error`
	 * then.  So it is, with rc 0, where the loop is closed meanwhile.
	 */
	void (*done)(void *ctx, int rc, const struct nvr_chat_answer *answer);
	void *ctx;
};

/* Begins it; done is never called from here. */
int nvr_exchange_start(struct nvr_loop *loop,
    const struct nvr_exchange_request *req, struct nvr_error *err);

#endif
