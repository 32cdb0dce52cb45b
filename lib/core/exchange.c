/* A request to a model and its retries; see exchange.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/exchange_int.h"
#include "net/wait.h"

#define ATTEMPTS 3
#define WAIT_MAX (120 * NVR_SECOND)
#define BACKOFF_FIRST (500 * NVR_MILLISECOND)
#define BACKOFF_MAX (8 * NVR_SECOND)

struct exchange {
	struct nvr_loop *loop;
	struct nvr_exchange_request req;
	int ordinal; /* of the attempt that is under way */
	int64_t at;  /* when it began, nvr_time_now */
	bool cut;    /* its timeout, to the deadline */
};

static void attempt(void *ctx);

static struct nvr_chat_answer
failed(const struct nvr_error *why)
{
	return (struct nvr_chat_answer){.status = "error",
	    .why = *why,
	    .tokens_in = -1,
	    .tokens_out = -1,
	    .tokens_cached = -1};
}

static void
finish(struct exchange *x, int rc, struct nvr_chat_answer *c)
{
	struct nvr_exchange_request req = x->req;

	free(x);
	req.done(req.ctx, rc, c);
	nvr_chat_answer_release(c);
}

static void
finish_failed(struct exchange *x, int rc, const struct nvr_error *why)
{
	struct nvr_chat_answer c = failed(why);

	finish(x, rc, &c);
}

/*
 * Up to a quarter is added to each wait, never taken off, so that those who
 * were sent away together do not all come back together.
 */
static int
wait_for(struct exchange *x, int64_t wait, struct nvr_error *err)
{
	int64_t at = nvr_time_monotonic() + wait;

	if (wait > 0)
		at += (int64_t)arc4random_uniform((uint32_t)(wait / 4) + 1);
	return nvr_loop_at(x->loop, at, attempt, x, err);
}

/* Whether that wait, with what wait_for adds, leaves no time to ask. */
static bool
is_too_late(const struct exchange *x, int64_t wait)
{
	int64_t at = nvr_time_monotonic() + wait + wait / 4;

	return x->req.deadline != 0 && at >= x->req.deadline;
}

static void
end_by_deadline(struct nvr_chat_answer *c)
{
	c->status = "budget";
	nvr_prefix(&c->why, "its time was used up");
}

/* No further call to the host before that has passed. */
static void
hold(struct nvr_host *h, int64_t wait)
{
	int64_t until;

	if (wait <= 0)
		return;
	until = nvr_time_monotonic() + (wait < WAIT_MAX ? wait : WAIT_MAX);
	if (until > h->held)
		h->held = until;
}

/*
 * What the answer says of the next calls; those by one profile are much alike,
 * so each will take about the tokens that the last one took.  Without a quota
 * that can come back there is nothing to wait for.
 */
static void
pace(struct nvr_host *h, const struct nvr_loop_answer *a,
    const struct nvr_chat_answer *c, int64_t after)
{
	int64_t left = nvr_wait_count(a->remaining_tokens);

	if (c->billing)
		return;
	if (c->tokens_in >= 0 && c->tokens_out >= 0)
		h->tokens = c->tokens_in + c->tokens_out;
	if (a->http >= 300)
		hold(h, after);
	if (nvr_wait_count(a->remaining_requests) == 0)
		hold(h, nvr_wait_reset(a->reset_requests));
	if (left == 0 || (left > 0 && left < h->tokens))
		hold(h, nvr_wait_reset(a->reset_tokens));
}

/* What to do about a refusal: nothing is known of any other. */
static void
add_advice(const struct exchange *x, long http, struct nvr_error *why)
{
	static const char *const quirks[] = {"temperature", "store",
	    "response_format", "json_schema", "max_tokens",
	    "max_completion_tokens", "tool_choice", "reasoning"};
	const char *name = x->req.host->model.name;
	char advice[160] = "";
	size_t i = 0;

	while (i < sizeof(quirks) / sizeof(quirks[0]) &&
	       strstr(why->text, quirks[i]) == NULL)
		i++;
	if (http == 400 && i < sizeof(quirks) / sizeof(quirks[0]))
		snprintf(advice, sizeof(advice), "; see quirks in nvr.conf(5)");
	else if (http == 401 || http == 403)
		snprintf(advice, sizeof(advice),
		    "; is key-file of [model %s] right?", name);
	else if (http == 404)
		snprintf(advice, sizeof(advice),
		    "; 'nvr-audit models %s' shows what there is", name);
	strlcat(why->text, advice, sizeof(why->text));
}

static void
add_hint(const struct exchange *x, const struct nvr_loop_answer *a,
    struct nvr_error *why)
{
	const struct nvr_host *h = x->req.host;
	char hint[160] = "";

	if (nvr_loop_closing(x->loop))
		return;
	if (a->unknown_ca)
		snprintf(hint, sizeof(hint),
		    "; tls-ca of [model %s] can name a file with the authority "
		    "that signed it",
		    h->model.name);
	else if (!a->sent &&
		 (a->code == NVR_E_UNAVAILABLE || a->code == NVR_E_AGAIN))
		snprintf(hint, sizeof(hint),
		    "; is it running, and url of [model %s] right",
		    h->model.name);
	strlcat(why->text, hint, sizeof(why->text));
}

/* What came back, whatever it is, as an answer. */
static void
read_answer(const struct exchange *x, const struct nvr_loop_answer *a,
    const struct nvr_error *err, struct nvr_chat_answer *c)
{
	const struct nvr_host *h = x->req.host;
	struct nvr_error why = *err;

	if (a->code != 0) {
		add_hint(x, a, &why);
		*c = failed(&why);
	} else if (a->http >= 300 && a->http < 400) {
		nvr_fail(&why, NVR_E_UNAVAILABLE,
		    "%s: HTTP %ld: it redirects to %s, which is not followed; "
		    "url of [model %s] must be where it ends",
		    h->name, a->http,
		    a->redirect != NULL ? a->redirect : "nowhere",
		    h->model.name);
		*c = failed(&why);
	} else {
		nvr_chat_read(a->http, a->content_type, a->body, a->len, c);
		if (c->why.code != 0)
			nvr_prefix(&c->why, "%s", h->name);
	}
	add_advice(x, a->http, &c->why);
}

static bool
is_passing(const struct nvr_loop_answer *a, const struct nvr_chat_answer *c)
{
	const char *should = a->should_retry;

	if (a->code != 0)
		return a->code == NVR_E_UNAVAILABLE || a->code == NVR_E_AGAIN;
	if (a->http < 400 || c->billing)
		return false;
	switch (a->http) {
	case 400:
	case 401:
	case 403:
	case 404:
	case 422:
		return false;
	default:
		break;
	}
	if (should != NULL && strcasecmp(should, "false") == 0)
		return false;
	if (should != NULL && strcasecmp(should, "true") == 0)
		return true;
	return a->http == 408 || a->http == 409 || a->http == 429 ||
	       a->http >= 500;
}

/* How long until another attempt, or -1 for none, which c says why. */
static int64_t
next_wait(const struct exchange *x, const struct nvr_loop_answer *a,
    struct nvr_chat_answer *c, int64_t after)
{
	int64_t backoff = BACKOFF_FIRST << (x->ordinal - 1);
	char when[NVR_TIME_TEXT], text[96];

	if (x->ordinal >= ATTEMPTS || nvr_loop_closing(x->loop) ||
	    !is_passing(a, c))
		return -1;
	if (after > WAIT_MAX) {
		snprintf(text, sizeof(text), "; it wants no call before %s",
		    nvr_time_format(nvr_time_now() + after, when));
		strlcat(c->why.text, text, sizeof(c->why.text));
		return -1;
	}
	if (after > 0)
		return after;
	return backoff < BACKOFF_MAX ? backoff : BACKOFF_MAX;
}

static int
tell(const struct exchange *x, const struct nvr_loop_answer *a,
    const struct nvr_chat_answer *c, bool again, struct nvr_error *err)
{
	const struct nvr_tried t = {
	    .ordinal = x->ordinal,
	    .status = c->status,
	    .error = c->why.code != 0 ? c->why.text : NULL,
	    .http = a->http,
	    .request_id = a->request_id,
	    .at = x->at,
	    .latency_us = a->latency_us,
	    .tokens_in = c->tokens_in,
	    .tokens_out = c->tokens_out,
	    .tokens_cached = c->tokens_cached,
	    .model = c->model,
	    .sent = a->sent,
	    .again = again,
	};

	return x->req.after != NULL ? x->req.after(x->req.ctx, &t, err) : 0;
}

static void
answered(
    void *ctx, const struct nvr_loop_answer *a, const struct nvr_error *why)
{
	struct exchange *x = ctx;
	struct nvr_host *h = x->req.host;
	int64_t wait, after;
	struct nvr_chat_answer c;
	struct nvr_error err = {0};
	bool late;
	int rc;

	after =
	    nvr_wait_after(a->retry_after_ms, a->retry_after, nvr_time_now());
	read_answer(x, a, why, &c);
	pace(h, a, &c, after);
	wait = next_wait(x, a, &c, after);
	late =
	    wait >= 0 ? is_too_late(x, wait) : x->cut && a->code == NVR_E_AGAIN;
	if (late)
		wait = -1;
	rc = tell(x, a, &c, wait >= 0, &err);
	if (rc == 0 && late)
		end_by_deadline(&c);
	if (rc == 0 && wait < 0) {
		finish(x, 0, &c);
		return;
	}
	nvr_chat_answer_release(&c);
	if (rc == 0)
		rc = wait_for(x, wait, &err);
	if (rc != 0)
		finish_failed(x, rc, &err);
}

/* A request that could not even be made is an attempt that was not sent. */
static void
send_attempt(struct exchange *x)
{
	struct nvr_loop_answer nothing = {0};
	struct nvr_loop_request req;
	struct nvr_error err = {0};
	int64_t left = x->req.deadline - nvr_time_monotonic();
	int rc;

	x->at = nvr_time_now();
	rc = nvr_host_request(x->req.host, "/chat/completions", x->req.body,
	    x->req.len, &req, &err);
	x->cut = rc == 0 && x->req.deadline != 0 && left < req.timeout;
	if (x->cut) /* 0 would be no timeout at all */
		req.timeout = left > NVR_MILLISECOND ? left : NVR_MILLISECOND;
	if (rc == 0)
		rc = nvr_loop_send(x->loop, &req, answered, x, &err);
	if (rc != 0) {
		nothing.code = rc;
		answered(x, &nothing, &err);
	}
}

/* Without a further attempt. */
static void
finish_late(struct exchange *x)
{
	struct nvr_error err = {0};
	struct nvr_chat_answer c;

	nvr_fail(&err, NVR_E_AGAIN, "%s was not asked", x->req.host->name);
	c = failed(&err);
	end_by_deadline(&c);
	finish(x, 0, &c);
}

static void
attempt(void *ctx)
{
	struct exchange *x = ctx;
	int64_t wait = x->req.host->held - nvr_time_monotonic();
	struct nvr_error err = {0};
	int rc;

	if (nvr_loop_closing(x->loop)) {
		nvr_fail(&err, NVR_E_UNAVAILABLE, "given up");
		finish_failed(x, 0, &err);
		return;
	}
	if (is_too_late(x, wait > 0 ? wait : 0)) {
		finish_late(x);
		return;
	}
	if (wait > 0) {
		rc = wait_for(x, wait, &err);
	} else {
		x->ordinal++;
		rc =
		    x->req.before != NULL ? x->req.before(x->req.ctx, &err) : 0;
		if (rc == 0) {
			send_attempt(x);
			return;
		}
	}
	if (rc != 0)
		finish_failed(x, rc, &err);
}

int
nvr_exchange_start(struct nvr_loop *loop,
    const struct nvr_exchange_request *req, struct nvr_error *err)
{
	struct exchange *x = malloc(sizeof(*x));
	int rc;

	if (x == NULL)
		return nvr_fail_nomem(err);
	*x = (struct exchange){.loop = loop, .req = *req};
	rc = wait_for(x, 0, err);
	if (rc != 0)
		free(x);
	return rc;
}
