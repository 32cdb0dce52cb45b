/* The course of an agentic audit, and its bounds; see agent.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/agent_int.h"

#define CALLS_MAX 16 /* of one answer */
#define NAME_MAX_BYTES 64

int
nvr_agent_stop(struct nvr_agent *a, const char *status, const char *fmt, ...)
{
	va_list ap;

	a->end.status = status;
	va_start(ap, fmt);
	vsnprintf(a->end.why.text, sizeof(a->end.why.text), fmt, ap);
	va_end(ap);
	return 0;
}

/* The last question is cut off at the deadline, so it gets some time more. */
int64_t
nvr_agent_latest(const struct nvr_agent *a)
{
	return a->deadline - a->slowest - a->o.time / 8;
}

/* Not to a tool's call: some templates take no two messages of the user's. */
static int
say(struct nvr_agent *a, const char *text)
{
	int rc = a->user ? nvr_chat_text(a->chat, text, &a->err)
			 : nvr_chat_user(a->chat, text, &a->err);

	a->user = true;
	return rc == 0 ? nvr_inquiry_step(
			     a->o.inquiry, "told", "user", text, &a->err)
		       : rc;
}

static const char *
call_text(const json_t *call, const char *key)
{
	return json_string_value(
	    json_object_get(json_object_get(call, "function"), key));
}

/* Every call has to be answered, by its id. */
int
nvr_agent_tell(struct nvr_agent *a, const char *text)
{
	int64_t time = nvr_agent_latest(a) - nvr_time_monotonic();
	struct nvr_buf b = {0};
	size_t i;
	json_t *call;
	int rc =
	    nvr_buf_addf(&b, &a->err, "%s\n(left: %d steps, %d pictures, %d s)",
		text, a->o.steps - a->step, a->o.stills - a->nimage,
		time > 0 ? (int)(time / NVR_SECOND) : 0);

	json_array_foreach(a->calls, i, call)
	{
		const char *id = json_string_value(json_object_get(call, "id"));

		if (rc == 0)
			rc = nvr_chat_told(a->chat, nvr_or_empty(id),
			    i == 0 ? b.data
				   : "error: one call at a time; this one was "
				     "not run",
			    &a->err);
	}
	a->user = false;
	if (rc == 0)
		rc = nvr_inquiry_step(
		    a->o.inquiry, "told", a->name, b.data, &a->err);
	nvr_buf_release(&b);
	return rc;
}

int
nvr_agent_tell_json(struct nvr_agent *a, json_t *eaten)
{
	char *text = eaten != NULL ? json_dumps(eaten, JSON_COMPACT) : NULL;
	int rc =
	    text != NULL ? nvr_agent_tell(a, text) : nvr_fail_nomem(&a->err);

	free(text);
	json_decref(eaten);
	return rc;
}

int
nvr_agent_refuse(struct nvr_agent *a, const char *why)
{
	char text[640];

	if (a->bound[0] != '\0')
		return nvr_agent_stop(a, "invalid", "%s: %s", a->bound, why);
	if (++a->invalid > 1)
		return nvr_agent_stop(
		    a, "invalid", "a second invalid call: %s", why);
	snprintf(text, sizeof(text), "error: %s", why);
	return nvr_agent_tell(a, text);
}

/* What of a limit is left, were the next two calls as large as this one. */
static bool
suffices(int64_t used, int64_t limit, int64_t call)
{
	return limit < 0 || call < 0 || used + 2 * call <= limit;
}

/* Which bound makes the next question the last one, if any does. */
static void
find_bound(struct nvr_agent *a, const struct nvr_chat_ask *q, int64_t now)
{
	const struct nvr_budget *b = nvr_inquiry_budget(a->o.inquiry);
	int64_t in = nvr_inquiry_expect(a->o.inquiry, q);
	int64_t out = a->model->max_tokens, tokens = in + out;
	int64_t cost = nvr_model_cost(a->model, in, out);
	char text[NVR_TIME_TEXT];

	a->bound[0] = '\0';
	if (a->step + 1 >= a->o.steps)
		snprintf(a->bound, sizeof(a->bound),
		    "its %d steps were used up", a->o.steps);
	else if (now + a->slowest > nvr_agent_latest(a))
		snprintf(a->bound, sizeof(a->bound), "its time of %s was up",
		    nvr_duration_format(a->o.time, text));
	else if (!suffices(b->tokens, b->max_tokens, tokens) ||
		 !suffices(b->tokens, b->tier->tokens_audit, tokens))
		strlcpy(a->bound, "its tokens were used up", sizeof(a->bound));
	else if (!suffices(b->micros, b->max_micros, cost) ||
		 !suffices(b->micros, b->tier->cost_audit, cost))
		strlcpy(a->bound, "its money was used up", sizeof(a->bound));
}

static void answered(void *ctx, int rc, const struct nvr_chat_answer *answer,
    const struct nvr_error *err);

static int
ask(struct nvr_agent *a)
{
	struct nvr_chat_ask question = {.model = a->model, .tools = a->tools};
	char text[NVR_TIME_TEXT];
	int rc = 0;

	a->asked = nvr_time_monotonic();
	if (a->asked >= a->deadline)
		return nvr_agent_stop(a, "budget", "its time of %s was up",
		    nvr_duration_format(a->o.time, text));
	find_bound(a, &question, a->asked);
	if (a->bound[0] != '\0') {
		question.tools = a->last_tools;
		question.must_call = "finish";
		rc = say(a,
		    "This is the last call: call finish, with what is known "
		    "by now.");
	}
	a->step++;
	return rc == 0 ? nvr_inquiry_ask(a->o.inquiry, &question, "step",
			     a->deadline, answered, a, &a->err)
		       : rc;
}

static void
end(struct nvr_agent *a, int rc)
{
	int failed;

	nvr_agent_forget(a);
	if (rc == 0) {
		failed = nvr_inquiry_step(a->o.inquiry, "end", a->end.status,
		    a->end.why.text, &a->err);
		rc = failed;
	}
	if (rc != 0) {
		a->end.rc = rc;
		a->end.status = "error";
		a->end.why = a->err;
	}
	a->done(a->ctx, &a->end);
}

void
nvr_agent_resume(struct nvr_agent *a, int rc)
{
	if (rc == 0 && a->end.status == NULL && !a->waiting)
		rc = ask(a);
	if (rc != 0 || a->end.status != NULL)
		end(a, rc); /* which may have freed it */
}

/* Calls that can be answered, and told to the server again. */
static bool
well_formed(const json_t *calls)
{
	size_t i;
	json_t *call;

	if (!json_is_array(calls) || json_array_size(calls) == 0 ||
	    json_array_size(calls) > CALLS_MAX)
		return false;
	json_array_foreach(calls, i, call)
	{
		const char *name = call_text(call, "name");

		if (name == NULL || strlen(name) > NAME_MAX_BYTES ||
		    !nvr_text_printable(name) ||
		    call_text(call, "arguments") == NULL)
			return false;
	}
	return true;
}

static int
take_words(struct nvr_agent *a, const char *content)
{
	int rc = nvr_chat_said(a->chat, nvr_or_empty(content), NULL, &a->err);

	a->user = false;
	if (rc != 0)
		return rc;
	if (a->bound[0] != '\0')
		return nvr_agent_stop(a, "budget",
		    "%s, and the model did not call finish", a->bound);
	if (++a->invalid > 1)
		return nvr_agent_stop(
		    a, "invalid", "a second invalid call: no tool was called");
	return say(a, "error: call one of the tools; finish ends the audit.");
}

/* Whether it is the call of before once more; remembers it. */
static int
compare(struct nvr_agent *a, const json_t *arguments, bool *again)
{
	char *text = json_dumps(arguments, JSON_COMPACT | JSON_SORT_KEYS);
	char *call = NULL;

	if (text == NULL || asprintf(&call, "%s %s", a->name, text) < 0)
		call = NULL;
	free(text);
	if (call == NULL)
		return nvr_fail_nomem(&a->err);
	*again = a->before != NULL && strcmp(call, a->before) == 0;
	free(a->before);
	a->before = call;
	return 0;
}

static int
run(struct nvr_agent *a)
{
	const char *text = a->arguments[0] != '\0' ? a->arguments : "{}";
	json_t *arguments = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	bool again = false;
	int rc;

	if (!json_is_object(arguments)) {
		json_decref(arguments);
		return nvr_agent_refuse(a, "the arguments are no JSON object");
	}
	rc = compare(a, arguments, &again);
	if (rc == 0 && again)
		rc = nvr_agent_stop(
		    a, "invalid", "%s was called twice the same way", a->name);
	else if (rc == 0)
		rc = nvr_agent_call(a, arguments);
	json_decref(arguments);
	return rc;
}

static int
take_calls(struct nvr_agent *a, const struct nvr_chat_answer *answer)
{
	const json_t *call;
	int rc;

	json_decref(a->calls);
	a->calls = json_incref(answer->calls);
	call = json_array_get(a->calls, 0);
	a->name = call_text(call, "name");
	a->arguments = call_text(call, "arguments");
	a->user = false;
	rc = nvr_chat_said(a->chat, answer->content, a->calls, &a->err);
	if (rc == 0)
		rc = nvr_inquiry_step(
		    a->o.inquiry, "call", a->name, a->arguments, &a->err);
	if (rc != 0)
		return rc;
	if (a->bound[0] != '\0' && strcmp(a->name, "finish") != 0)
		return nvr_agent_stop(a, "budget",
		    "%s, and the model did not call finish", a->bound);
	return run(a);
}

static void
answered(void *ctx, int rc, const struct nvr_chat_answer *answer,
    const struct nvr_error *err)
{
	struct nvr_agent *a = ctx;
	int64_t took = nvr_time_monotonic() - a->asked;

	if (took > a->slowest)
		a->slowest = took;
	if (rc != 0)
		a->err = *err;
	else if (strcmp(answer->status, "ok") != 0)
		nvr_agent_stop(a, answer->status, "%s", answer->why.text);
	else if (well_formed(answer->calls))
		rc = take_calls(a, answer);
	else
		rc = take_words(a, answer->content);
	nvr_agent_resume(a, rc);
}

static void
begin(void *ctx)
{
	nvr_agent_resume(ctx, 0);
}

/* What the model is told first. */
static int
introduce(struct nvr_agent *a)
{
	const struct nvr_camera *cam = a->o.camera[0];
	char text[512], at[NVR_TIME_TEXT] = "at an unknown time";
	struct nvr_buf more = {0};
	int rc = nvr_chat_system(a->chat, nvr_prompt_agent, &a->err);

	if (a->o.taken_at != 0)
		nvr_time_format(a->o.taken_at, at);
	snprintf(text, sizeof(text),
	    "CURRENT picture, image_id 1, camera %s, taken %s:", cam->name, at);
	if (rc == 0)
		rc = nvr_chat_user(a->chat, text, &a->err);
	a->user = true;
	if (rc == 0)
		rc = nvr_agent_first(a);
	if (rc == 0 && a->o.health != NULL)
		rc = nvr_buf_addf(
		    &more, &a->err, "Measured by a program: %s\n", a->o.health);
	if (rc == 0)
		rc = nvr_checks_text(a->o.checks, &more, &a->err);
	if (rc == 0)
		rc = nvr_chat_text(a->chat, more.data, &a->err);
	nvr_buf_release(&more);
	return rc;
}

static int
allocate(struct nvr_agent *a)
{
	a->look = calloc((size_t)a->o.ncamera, sizeof(*a->look));
	a->image = calloc((size_t)a->o.stills, sizeof(*a->image));
	if (a->look == NULL || a->image == NULL)
		return nvr_fail_nomem(&a->err);
	a->tools = nvr_agent_tools(a, NULL);
	a->last_tools = nvr_agent_tools(a, "finish");
	if (a->tools == NULL || a->last_tools == NULL)
		return nvr_fail_nomem(&a->err);
	return 0;
}

int
nvr_agent_start(const struct nvr_agent_options *o,
    void (*done)(void *ctx, struct nvr_outcome *outcome), void *ctx,
    struct nvr_agent **ret, struct nvr_error *err)
{
	struct nvr_agent *a;
	int64_t now = nvr_time_monotonic();
	int rc;

	if (o->ncamera < 1 || o->steps < 1 || o->stills < 1 || o->time < 1)
		return nvr_fail(
		    err, NVR_E_USAGE, "an agentic audit needs its bounds");
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return nvr_fail_nomem(err);
	a->o = *o;
	a->done = done;
	a->ctx = ctx;
	a->model = nvr_inquiry_budget(o->inquiry)->model;
	a->chat = nvr_inquiry_chat(o->inquiry);
	a->deadline = now + o->time;
	rc = allocate(a);
	if (rc == 0)
		rc = introduce(a);
	if (rc == 0)
		rc = nvr_loop_at(o->loop, now, begin, a, &a->err);
	if (rc != 0) {
		*err = a->err;
		nvr_agent_close(a);
		return rc;
	}
	*ret = a;
	return 0;
}

void
nvr_agent_close(struct nvr_agent *a)
{
	if (a == NULL)
		return;
	/* One that has ended has nothing in the loop, which may be gone. */
	if (a->end.status == NULL) {
		nvr_loop_cancel(a->o.loop, begin, a);
		nvr_agent_forget(a);
	}
	nvr_verdict_release(&a->end.verdict);
	for (int i = 0; i < a->nimage; i++)
		nvr_buf_release(&a->image[i].own);
	free(a->image);
	free(a->look);
	free(a->before);
	json_decref(a->calls);
	json_decref(a->tools);
	json_decref(a->last_tools);
	free(a);
}
