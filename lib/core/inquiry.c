/* An audit that asks a model; see inquiry.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/inquiry.h"
#include "seal/digest.h"
#include "store/restrict.h"

#define STEP_MOST 65536

struct picture {
	int64_t size;
	char sha256[2 * NVR_SHA256_LEN + 1];
};

struct nvr_inquiry {
	struct nvr_inquiry_options o;
	struct nvr_chat *chat;
	struct picture *picture; /* those that the next request holds */
	int npicture;
	int attempts, departures, steps; /* rows so far */
	char model[128];		 /* that answered; "" */

	/* The question that is open. */
	const char *purpose;
	struct nvr_buf body;
	char body_sha256[2 * NVR_SHA256_LEN + 1];
	int64_t estimate;	       /* of the tokens in, as gpt-4o counts */
	int64_t tokens_in, tokens_out; /* as expected */
	struct nvr_attempt attempt;
	nvr_inquiry_done *done;
	void *ctx;
	struct nvr_error err; /* of the store, or the limit */
	enum nvr_bar bar;     /* store/restrict.h */
};

int
nvr_inquiry_open(const struct nvr_inquiry_options *o, struct nvr_inquiry **ret,
    struct nvr_error *err)
{
	struct nvr_inquiry *q = calloc(1, sizeof(*q));

	if (q != NULL)
		q->chat = nvr_chat_new();
	if (q == NULL || q->chat == NULL) {
		free(q);
		return nvr_fail_nomem(err);
	}
	q->o = *o;
	*ret = q;
	return 0;
}

void
nvr_inquiry_close(struct nvr_inquiry *q)
{
	if (q == NULL)
		return;
	nvr_chat_free(q->chat);
	nvr_buf_release(&q->body);
	free(q->picture);
	free(q);
}

struct nvr_chat *
nvr_inquiry_chat(struct nvr_inquiry *q)
{
	return q->chat;
}

const struct nvr_budget *
nvr_inquiry_budget(const struct nvr_inquiry *q)
{
	return &q->o.budget;
}

int
nvr_inquiry_attempts(const struct nvr_inquiry *q)
{
	return q->attempts;
}

const char *
nvr_inquiry_model(const struct nvr_inquiry *q)
{
	return q->model[0] != '\0' ? q->model
				   : nvr_host_model(q->o.host)->model;
}

static int
hex_sha256(const void *data, size_t len, char hex[2 * NVR_SHA256_LEN + 1],
    struct nvr_error *err)
{
	uint8_t sha[NVR_SHA256_LEN];
	int rc = nvr_sha256(data, len, sha, err);

	nvr_hex(sha, sizeof(sha), hex);
	return rc;
}

int
nvr_inquiry_step(struct nvr_inquiry *q, const char *kind, const char *name,
    const char *text, struct nvr_error *err)
{
	struct nvr_step step = {nvr_time_now(), kind, name, text};
	size_t most = STEP_MOST;
	char *cut = NULL;
	int rc;

	if (strlen(text) > most) {
		while ((text[most] & 0xc0) == 0x80) /* whole characters */
			most--;
		step.text = cut = strndup(text, most);
		if (cut == NULL)
			return nvr_fail_nomem(err);
	}
	rc = nvr_step_put(q->o.s->store, q->o.audit_id, ++q->steps, &step, err);
	free(cut);
	return rc;
}

int
nvr_inquiry_picture(struct nvr_inquiry *q, const char *what, const void *jpeg,
    size_t len, struct nvr_error *err)
{
	struct picture *p =
	    reallocarray(q->picture, (size_t)q->npicture + 1, sizeof(*p));
	char text[128];
	int rc;

	if (p == NULL)
		return nvr_fail_nomem(err);
	q->picture = p;
	p += q->npicture;
	p->size = (int64_t)len;
	rc = hex_sha256(jpeg, len, p->sha256, err);
	if (rc == 0)
		rc = nvr_chat_picture(q->chat, jpeg, len, err);
	if (rc != 0)
		return rc;
	q->npicture++;
	snprintf(text, sizeof(text), "%zu bytes, SHA-256 %s", len, p->sha256);
	return nvr_inquiry_step(q, "picture", what, text, err);
}

void
nvr_inquiry_forget_pictures(struct nvr_inquiry *q, int keep)
{
	struct picture *p = q->picture + 1;
	int drop = q->npicture - 1 - keep;

	nvr_chat_forget_pictures(q->chat, keep);
	if (drop <= 0)
		return;
	memmove(p, p + drop, (size_t)keep * sizeof(*p));
	q->npicture -= drop;
}

/* What the attempt sets aside, and the rows that tell of it. */
static int
enter_attempt(struct nvr_inquiry *q, int64_t now, struct nvr_error *err)
{
	struct nvr_store *st = q->o.s->store;
	const char *host = nvr_host_name(q->o.host);
	int rc = nvr_barred(st, q->o.budget.account_id, &q->bar, err);

	if (rc == 0 && q->bar != NVR_BAR_NONE)
		return nvr_fail(
		    err, NVR_E_PERMISSION, "%s", nvr_bar_reason(q->bar));
	if (rc == 0)
		rc = nvr_budget_reserve(
		    &q->o.budget, st, now, q->tokens_in, q->tokens_out, err);
	if (rc != 0)
		return rc;
	q->attempt = (struct nvr_attempt){.at = now,
	    .purpose = q->purpose,
	    .status = "unfinished",
	    .request_sha256 = q->body_sha256,
	    .tokens_in = -1,
	    .tokens_out = -1,
	    .tokens_cached = -1,
	    .cost_micros = -1,
	    .reserved_tokens = q->o.budget.reserved_tokens,
	    .reserved_micros = q->o.budget.reserved_micros};
	rc = nvr_attempt_put(
	    st, q->o.audit_id, q->attempts + 1, &q->attempt, err);
	for (int i = 0; rc == 0 && i < q->npicture; i++) {
		struct nvr_departure d = {
		    now, host, q->picture[i].size, q->picture[i].sha256};

		rc = nvr_departure_put(
		    st, q->o.audit_id, q->departures + i + 1, &d, err);
	}
	return rc;
}

static int
before(void *ctx, struct nvr_error *err)
{
	struct nvr_inquiry *q = ctx;
	struct nvr_budget was = q->o.budget;
	int64_t now = nvr_time_now();
	int rc = nvr_store_begin(q->o.s->store, err);

	if (rc != 0) {
		q->err = *err;
		return rc;
	}
	rc = enter_attempt(q, now, err);
	if (rc == 0)
		rc = nvr_store_commit(q->o.s->store, err);
	if (rc == 0) {
		q->attempts++;
		q->departures += q->npicture;
		return 0;
	}
	nvr_store_rollback(q->o.s->store);
	q->o.budget = was;
	q->err = *err;
	return rc;
}

static int
after(void *ctx, const struct nvr_tried *t, struct nvr_error *err)
{
	struct nvr_inquiry *q = ctx;
	struct nvr_store *st = q->o.s->store;
	int rc = nvr_store_begin(st, err);

	if (rc != 0)
		goto out;
	q->attempt.latency_us = t->latency_us;
	q->attempt.status = t->status;
	q->attempt.error = t->error;
	q->attempt.http_status = t->http;
	q->attempt.request_id = t->request_id;
	q->attempt.model = t->model;
	q->attempt.tokens_in = t->tokens_in;
	q->attempt.tokens_out = t->tokens_out;
	q->attempt.tokens_cached = t->tokens_cached;
	/* An error that was answered costs nothing; no answer at all may. */
	rc = nvr_budget_settle(&q->o.budget, st,
	    t->http >= 300 ? 0 : t->tokens_in,
	    t->http >= 300 ? 0 : t->tokens_out, !t->sent,
	    &q->attempt.cost_micros, err);
	if (rc == 0)
		rc = nvr_attempt_put(
		    st, q->o.audit_id, q->attempts, &q->attempt, err);
	if (rc == 0 && !t->sent) {
		q->departures -= q->npicture;
		rc = nvr_departure_drop(st, q->o.audit_id, q->departures, err);
	}
	rc = nvr_store_end(st, rc, err);
out:
	if (rc != 0)
		q->err = *err;
	nvr_host_learn(q->o.host, q->estimate, t->tokens_in);
	if (t->model != NULL)
		strlcpy(q->model, t->model, sizeof(q->model));
	return rc;
}

/* What the model said, and called, for the trace. */
static int
enter_answer(struct nvr_inquiry *q, const struct nvr_chat_answer *a,
    struct nvr_error *err)
{
	char *calls;
	int rc = 0;

	if (a->content != NULL)
		rc = nvr_inquiry_step(q, "said", q->purpose, a->content, err);
	if (rc != 0 || a->calls == NULL)
		return rc;
	calls = json_dumps(a->calls, JSON_COMPACT);
	if (calls == NULL)
		return nvr_fail_nomem(err);
	rc = nvr_inquiry_step(q, "said", "tool_calls", calls, err);
	free(calls);
	return rc;
}

static int
enter_limit(struct nvr_inquiry *q, struct nvr_error *err)
{
	struct nvr_store *st = q->o.s->store;
	int rc = nvr_store_begin(st, err);

	if (rc == 0)
		rc = nvr_budget_event(
		    &q->o.budget, st, nvr_time_now(), q->err.text, err);
	return nvr_store_end(st, rc, err);
}

static void
done(void *ctx, int rc, const struct nvr_chat_answer *answer)
{
	struct nvr_inquiry *q = ctx;
	struct nvr_chat_answer budget = {.status = "budget",
	    .why = q->err,
	    .tokens_in = -1,
	    .tokens_out = -1,
	    .tokens_cached = -1};
	/* Of its own, the exchange runs out of memory at most. */
	struct nvr_error err = q->err.code != 0 ? q->err : answer->why;

	nvr_buf_release(&q->body);
	if (rc == NVR_E_PERMISSION || rc == NVR_E_CONFIG) {
		if (q->bar != NVR_BAR_NONE)
			budget.status = "error";
		rc = q->bar != NVR_BAR_NONE ? 0 : enter_limit(q, &err);
		answer = &budget;
	} else if (rc == 0) {
		rc = enter_answer(q, answer, &err);
	}
	q->done(q->ctx, rc, answer, &err);
}

int64_t
nvr_inquiry_expect(const struct nvr_inquiry *q, const struct nvr_chat_ask *ask)
{
	return nvr_host_expect(q->o.host,
	    nvr_chat_estimate(q->chat, ask) - ask->model->max_tokens);
}

int
nvr_inquiry_ask(struct nvr_inquiry *q, const struct nvr_chat_ask *ask,
    const char *purpose, int64_t deadline, nvr_inquiry_done *call, void *ctx,
    struct nvr_error *err)
{
	struct nvr_exchange_request req = {.host = q->o.host,
	    .deadline = deadline,
	    .before = before,
	    .after = after,
	    .done = done,
	    .ctx = q};
	int rc;

	q->err = (struct nvr_error){0};
	q->purpose = purpose;
	q->done = call;
	q->ctx = ctx;
	q->tokens_out = ask->model->max_tokens;
	q->estimate = nvr_chat_estimate(q->chat, ask) - q->tokens_out;
	q->tokens_in = nvr_host_expect(q->o.host, q->estimate);
	rc = nvr_chat_body(q->chat, ask, &q->body, err);
	if (rc == 0)
		rc = hex_sha256(q->body.data, q->body.len, q->body_sha256, err);
	req.body = q->body.data;
	req.len = q->body.len;
	if (rc == 0)
		rc = nvr_exchange_start(q->o.loop, &req, err);
	if (rc != 0)
		nvr_buf_release(&q->body);
	return rc;
}
