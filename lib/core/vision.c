/* A still and a few questions; see vision.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jpeg.h"
#include "base/time.h"
#include "core/vision.h"
#include "still/send.h"

#define QUALITY 85 /* of what is scaled: what a model sees no less in */
#define SAMPLE_TEMPERATURE 0.7

enum phase { ASK, REPAIR, SAMPLE };
enum vote { YES, NO, CANNOT, VOTES };

static const char *const words[VOTES] = {"yes", "no", "cannot_determine"};

struct nvr_vision {
	struct nvr_vision_options o;
	json_t *schema;
	size_t asked; /* the conversation up to the question */
	enum phase phase;
	int samples; /* valid ones, the first among them */
	int left;    /* still to be asked */
	int vote[NVR_CHECKS_MAX][VOTES];
	struct nvr_finding first[NVR_CHECKS_MAX][VOTES]; /* that said so */
	struct nvr_outcome outcome;
	void (*done)(void *ctx, struct nvr_outcome *outcome);
	void *ctx;
};

static void answered(void *ctx, int rc, const struct nvr_chat_answer *answer,
    const struct nvr_error *err);

int
nvr_vision_prepare(const void *jpeg, size_t len, enum nvr_detail detail,
    struct nvr_buf *ret, struct nvr_error *err)
{
	struct nvr_send how = {.quality = QUALITY};
	int width, height, rc = nvr_jpeg_size(jpeg, len, &width, &height, err);

	if (rc != 0)
		return rc;
	how.to_width = width;
	how.to_height = height;
	nvr_chat_picture_size(detail, &how.to_width, &how.to_height);
	if (how.to_width == width && how.to_height == height)
		how.to_width = how.to_height = 0;
	return nvr_send_still(jpeg, len, &how, ret, err);
}

static int
add_picture(struct nvr_vision *v, const char *what, const void *jpeg,
    size_t len, struct nvr_error *err)
{
	struct nvr_buf small = {0};
	int rc = nvr_vision_prepare(jpeg, len, v->o.model->detail, &small, err);

	if (rc == 0)
		rc = nvr_inquiry_picture(
		    v->o.inquiry, what, small.data, small.len, err);
	nvr_buf_release(&small);
	return rc;
}

/* The question: system text, pictures with their names, checks. */
static int
compose(struct nvr_vision *v, struct nvr_error *err)
{
	struct nvr_chat *chat = nvr_inquiry_chat(v->o.inquiry);
	char text[256], when[NVR_TIME_TEXT] = "at an unknown time";
	struct nvr_buf checks = {0};
	int rc = nvr_chat_system(chat, nvr_prompt_audit, err);

	if (v->o.taken_at != 0)
		nvr_time_format(v->o.taken_at, when);
	snprintf(text, sizeof(text),
	    "CURRENT picture, camera %s, taken %s:", v->o.camera, when);
	if (rc == 0 && v->o.reference != NULL) {
		rc = nvr_chat_user(chat,
		    "REFERENCE picture, of the same camera as it should be; do "
		    "not report on it:",
		    err);
		if (rc == 0)
			rc = add_picture(v, "reference", v->o.reference,
			    v->o.reference_len, err);
		if (rc == 0)
			rc = nvr_chat_text(chat, text, err);
	} else if (rc == 0) {
		rc = nvr_chat_user(chat, text, err);
	}
	if (rc == 0)
		rc = add_picture(v, "current", v->o.jpeg, v->o.len, err);
	if (rc == 0)
		rc = nvr_checks_text(v->o.checks, &checks, err);
	if (rc == 0)
		rc = nvr_chat_text(chat, checks.data, err);
	nvr_buf_release(&checks);
	v->asked = nvr_chat_mark(chat);
	return rc;
}

static int
ask(struct nvr_vision *v, struct nvr_error *err)
{
	static const char *const purpose[] = {"ask", "repair", "sample"};
	struct nvr_chat_ask a = {.model = v->o.model,
	    .schema_name = NVR_VERDICT_SCHEMA,
	    .schema = v->schema,
	    .temperature = v->phase == SAMPLE ? SAMPLE_TEMPERATURE : 0};

	return nvr_inquiry_ask(
	    v->o.inquiry, &a, purpose[v->phase], 0, answered, v, err);
}

int
nvr_vision_start(const struct nvr_vision_options *o,
    void (*done)(void *ctx, struct nvr_outcome *outcome), void *ctx,
    struct nvr_vision **ret, struct nvr_error *err)
{
	struct nvr_vision *v = calloc(1, sizeof(*v));
	int rc;

	if (v == NULL)
		return nvr_fail_nomem(err);
	v->o = *o;
	v->done = done;
	v->ctx = ctx;
	v->schema = nvr_verdict_schema(o->checks);
	rc = v->schema != NULL ? compose(v, err) : nvr_fail_nomem(err);
	if (rc == 0)
		rc = ask(v, err);
	/* The chat has its own copies. */
	v->o.jpeg = v->o.reference = NULL;
	if (rc == 0)
		*ret = v;
	else
		nvr_vision_close(v);
	return rc;
}

void
nvr_vision_close(struct nvr_vision *v)
{
	if (v == NULL)
		return;
	nvr_verdict_release(&v->outcome.verdict);
	json_decref(v->schema);
	free(v);
}

/* Adds what an answer says of each check; whether any of it is doubtful. */
static bool
count_votes(struct nvr_vision *v, const struct nvr_verdict *verdict)
{
	bool doubtful = false;

	for (size_t i = 0; i < verdict->findings.n; i++) {
		const struct nvr_finding *f = &verdict->findings.item[i];

		for (int c = 0; c < v->o.checks->n; c++) {
			if (strcmp(f->kind, "check") != 0 ||
			    strcmp(f->label, v->o.checks->item[c].id) != 0)
				continue;
			for (int w = 0; w < VOTES; w++)
				if (strcmp(f->verdict, words[w]) == 0 &&
				    v->vote[c][w]++ == 0)
					v->first[c][w] = *f;
			doubtful |= strcmp(f->verdict, "no") != 0;
		}
	}
	v->samples++;
	return doubtful;
}

/* How the samples were divided, as a text that the verdict owns. */
static const char *
divided(struct nvr_vision *v, int check)
{
	char key[NVR_CHECK_ID + 8], text[96] = "";
	json_t *s;

	for (int w = 0; w < VOTES; w++) {
		size_t n = strlen(text);

		if (v->vote[check][w] > 0 && n == 0)
			snprintf(text, sizeof(text), "%d of %d %s",
			    v->vote[check][w], v->samples, words[w]);
		else if (v->vote[check][w] > 0)
			snprintf(text + n, sizeof(text) - n, ", %d %s",
			    v->vote[check][w], words[w]);
	}
	snprintf(key, sizeof(key), "check %s", v->o.checks->item[check].id);
	s = json_string(text);
	return json_object_set_new(v->outcome.verdict.findings.json, key, s) ==
		       0
		   ? json_string_value(s)
		   : "the samples were divided";
}

/*
 * The verdict of most samples, and why the first of them said so; where two
 * have as many, it cannot be told.
 */
static void
apply_votes(struct nvr_vision *v, int check, struct nvr_finding *f)
{
	const int *vote = v->vote[check];
	const struct nvr_finding *first;
	enum vote most = YES;
	bool tie = false;

	for (int w = NO; w < VOTES; w++)
		if (vote[w] > vote[most])
			most = (enum vote)w;
	for (int w = 0; w < VOTES; w++)
		tie |= w != (int)most && vote[w] == vote[most];
	if (tie)
		most = CANNOT;
	first = &v->first[check][most];
	f->samples = v->samples;
	f->agreed = vote[most];
	if (v->samples == 1)
		return; /* no other could be had: it is what it was */
	f->evidence = tie ? divided(v, check) : first->evidence;
	f->region = tie ? NULL : first->region;
	f->uncertainty = tie		  ? "ambiguous"
			 : most == CANNOT ? first->uncertainty
					  : NULL;
	f->verdict = words[most];
	f->confidence = (vote[most] + 1.0) / (v->samples + 2.0);
	f->confidence_method = "agreement";
}

static void
finish(struct nvr_vision *v)
{
	struct nvr_findings *f = &v->outcome.verdict.findings;

	for (size_t i = 0; v->phase == SAMPLE && i < f->n; i++)
		for (int c = 0; c < v->o.checks->n; c++)
			if (strcmp(f->item[i].kind, "check") == 0 &&
			    strcmp(f->item[i].label, v->o.checks->item[c].id) ==
				0)
				apply_votes(v, c, &f->item[i]);
	v->done(v->ctx, &v->outcome);
}

static void
fail(struct nvr_vision *v, int rc, const char *status,
    const struct nvr_error *why)
{
	v->outcome.rc = rc;
	v->outcome.status = status;
	v->outcome.why = *why;
	finish(v);
}

static int
ask_to_repair(struct nvr_vision *v, const char *content,
    const struct nvr_error *wrong, struct nvr_error *err)
{
	struct nvr_chat *chat = nvr_inquiry_chat(v->o.inquiry);
	char text[768];
	int rc = nvr_chat_said(chat, content, NULL, err);

	snprintf(text, sizeof(text),
	    "That answer is not valid: %s.  Answer again, with one JSON object "
	    "that follows the schema and nothing around it.",
	    wrong->text);
	if (rc == 0)
		rc = nvr_chat_user(chat, text, err);
	v->phase = REPAIR;
	return rc == 0 ? ask(v, err) : rc;
}

/* The first valid answer: is there any need to ask again? */
static int
take_first(
    struct nvr_vision *v, struct nvr_verdict *verdict, struct nvr_error *err)
{
	bool doubtful = count_votes(v, verdict);

	v->outcome.verdict = *verdict;
	v->outcome.status = "ok";
	nvr_chat_return(nvr_inquiry_chat(v->o.inquiry), v->asked);
	v->left = doubtful ? v->o.samples - 1 : 0;
	if (v->left > 0) {
		v->phase = SAMPLE;
		return ask(v, err);
	}
	finish(v);
	return 0;
}

/*
 * A further sample, of which only a valid answer counts.  Its texts are to
 * last as long as the verdict that they may be taken for.
 */
static int
take_sample(struct nvr_vision *v, struct nvr_verdict *verdict,
    const char *status, struct nvr_error *err)
{
	json_t *all = v->outcome.verdict.findings.json;
	char key[32];

	snprintf(key, sizeof(key), "sample %d", v->samples);
	if (verdict != NULL &&
	    json_object_set(all, key, verdict->findings.json) != 0)
		return nvr_fail_nomem(err);
	if (verdict != NULL)
		count_votes(v, verdict);
	if (--v->left > 0 && strcmp(status, "budget") != 0 &&
	    strcmp(status, "error") != 0)
		return ask(v, err);
	finish(v);
	return 0;
}

static void
answered(void *ctx, int rc, const struct nvr_chat_answer *answer,
    const struct nvr_error *err)
{
	struct nvr_vision *v = ctx;
	struct nvr_verdict verdict = {0};
	struct nvr_error why = *err;
	bool valid = false;

	if (rc != 0) {
		fail(v, rc, "error", &why);
		return;
	}
	if (strcmp(answer->status, "ok") == 0) {
		nvr_fail(&why, NVR_E_DATA, "it answered without a text");
		valid = answer->content != NULL &&
			nvr_verdict_read(
			    v->o.checks, answer->content, &verdict, &why) == 0;
	}
	if (v->phase == SAMPLE && !valid)
		rc = nvr_inquiry_step(v->o.inquiry, "end", "sample",
		    strcmp(answer->status, "ok") == 0 ? why.text
						      : answer->why.text,
		    &why);
	if (rc == 0 && v->phase == SAMPLE) {
		rc = take_sample(
		    v, valid ? &verdict : NULL, answer->status, &why);
		nvr_verdict_release(&verdict);
	} else if (rc == 0 && valid) {
		rc = take_first(v, &verdict, &why);
	} else if (rc == 0 && strcmp(answer->status, "ok") != 0) {
		fail(v, 0, answer->status, &answer->why);
	} else if (rc == 0 && v->phase == ASK && answer->content != NULL) {
		rc = ask_to_repair(v, answer->content, &why, &why);
	} else if (rc == 0) {
		fail(v, 0, "invalid", &why);
	}
	if (rc != 0)
		fail(v, rc, "error", &why);
}
