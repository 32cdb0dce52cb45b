/* A still and a few questions: repairs, samples and how they are counted. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/auditor.h"
#include "core/inventory.h"
#include "core/vision.h"
#include "still/jpeg.h"

#include "model_help.h"

static char dir[] = "/tmp/nvr-vision-XXXXXX";
static char store[256];
static struct nvr_buf still;
static struct nvr_state *s;
static struct nvr_camera *gate;

/* One audit. */
static struct {
	struct model_server server;
	struct nvr_model model;
	struct nvr_tier tier;
	struct nvr_loop *loop;
	struct nvr_host *host;
	struct nvr_inquiry *inquiry;
	struct nvr_checks checks;
	struct nvr_vision *vision;
	int64_t id;
	bool ended;
	struct nvr_outcome outcome;
	char purposes[128];
	int64_t reserved; /* by the newest attempt */
} t;

static void
ok(int rc, const struct nvr_error *err)
{
	if (rc != 0)
		fail_msg("%d: %s", rc, err->text);
}

static void
draw(void)
{
	struct nvr_picture *pic;
	struct nvr_error err;

	ok(nvr_picture_new(320, 240, &pic, &err), &err);
	for (int i = 0; i < 240 * pic->stride[0]; i++)
		pic->plane[0][i] = (uint8_t)(i / 8 * 7 % 200);
	memset(pic->plane[1], 128, 2 * (size_t)pic->stride[1] * 120);
	ok(nvr_jpeg_encode(pic, 90, &still, &err), &err);
	nvr_picture_free(pic);
}

static int
set_up(void **state)
{
	struct nvr_camera_change c = NVR_CAMERA_NO_CHANGE;
	struct nvr_error err;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(store, sizeof(store), "%s/store", dir);
	ok(nvr_state_open(store, NVR_STATE_CREATE, &s, &err), &err);
	c.name = "gate";
	c.url = "rtsp://192.0.2.1/stream";
	ok(nvr_inventory_add(s, &c, &err), &err);
	ok(nvr_inventory_find(s, "gate", &gate, &err), &err);
	draw();
	return 0;
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
tear_down(void **state)
{
	(void)state;
	nvr_camera_free(gate);
	nvr_state_close(s);
	nvr_buf_release(&still);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static int
begin(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	model_start(&t.server);
	t.model = (struct nvr_model){.name = "test",
	    .model = "model-1",
	    .detail = NVR_DETAIL_LOW,
	    .max_tokens = 500,
	    .timeout = 10 * NVR_SECOND,
	    .price_in = NVR_PRICE_UNKNOWN,
	    .price_out = NVR_PRICE_UNKNOWN,
	    .cost = -1};
	snprintf(t.model.url, sizeof(t.model.url), "http://127.0.0.1:%d/v1",
	    t.server.port);
	t.tier = (struct nvr_tier){"test", -1, -1, -1, -1, -1, -1, -1, -1};
	return 0;
}

static int
end(void **state)
{
	(void)state;
	nvr_verdict_release(&t.outcome.verdict);
	nvr_checks_release(&t.checks);
	model_release(&t.server);
	return 0;
}

static void
done(void *ctx, struct nvr_outcome *outcome)
{
	(void)ctx;
	t.ended = true;
	t.outcome = *outcome;
	outcome->verdict = (struct nvr_verdict){0};
}

static void
enter_audit(void)
{
	struct nvr_error err;
	struct nvr_audit audit = {.id = t.id = nvr_id_new(),
	    .camera_id = gate->id,
	    .camera_name = gate->name,
	    .at = nvr_time_now(),
	    .type = "regular",
	    .origin = "command",
	    .analyzer = "model",
	    .schema_version = NVR_AUDIT_SCHEMA,
	    .status = "unfinished"};

	ok(nvr_audit_insert(s->store, &audit, &err), &err);
}

static void
start(int samples)
{
	struct nvr_error err;
	struct nvr_vision_options o = {.model = &t.model,
	    .checks = &t.checks,
	    .camera = "gate",
	    .jpeg = still.data,
	    .len = still.len,
	    .samples = samples};
	struct nvr_inquiry_options io = {.s = s,
	    .budget = {.tier = &t.tier,
		.model = &t.model,
		.camera_id = gate->id,
		.max_tokens = -1,
		.max_micros = -1}};

	ok(nvr_checks_parse("open: Is it open?", &t.checks, &err), &err);
	ok(nvr_loop_open(&t.loop, &err), &err);
	ok(nvr_host_open(&t.model, &t.host, &err), &err);
	enter_audit();
	io.loop = t.loop;
	io.host = t.host;
	io.audit_id = t.id;
	ok(nvr_inquiry_open(&io, &t.inquiry, &err), &err);
	o.inquiry = t.inquiry;
	ok(nvr_vision_start(&o, done, NULL, &t.vision, &err), &err);
}

static int
add_purpose(void *ctx, const struct nvr_attempt *a)
{
	(void)ctx;
	strlcat(t.purposes, a->purpose, sizeof(t.purposes));
	strlcat(t.purposes, " ", sizeof(t.purposes));
	t.reserved = a->reserved_tokens;
	return 0;
}

/* Runs it to its end; the verdict outlives what made it. */
static void
finish(const char *status)
{
	struct nvr_error err;

	while (!t.ended)
		ok(nvr_loop_turn(t.loop, 5 * NVR_MILLISECOND, &err), &err);
	nvr_vision_close(t.vision);
	nvr_inquiry_close(t.inquiry);
	nvr_host_close(t.host);
	nvr_loop_close(t.loop);
	model_stop(&t.server);
	ok(nvr_attempt_each(s->store, t.id, add_purpose, NULL, &err), &err);
	assert_string_equal(t.outcome.status, status);
}

static void
says(const char *words)
{
	model_says(&t.server,
	    json_pack("{s:s, s:s}", "role", "assistant", "content", words));
}

static void
judges(const char *verdict, const char *uncertainty, const char *evidence)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "{\"scene\":\"a yard\",\"image_quality\":\"good\",\"objects\":[],"
	    "\"checks\":[{\"id\":\"open\",\"evidence\":\"%s\",\"verdict\":"
	    "\"%s\",\"uncertainty\":\"%s\",\"confidence\":0.9}],"
	    "\"visible_text\":[],\"limitations\":[]}",
	    evidence, verdict, uncertainty);
	says(text);
}

static const struct nvr_finding *
found(const char *verdict, const char *uncertainty, const char *evidence)
{
	const struct nvr_finding *f = &t.outcome.verdict.findings.item[0];

	assert_int_equal(t.outcome.rc, 0);
	assert_int_equal(t.outcome.verdict.findings.n, 1);
	assert_string_equal(f->verdict, verdict);
	assert_string_equal(
	    f->uncertainty != NULL ? f->uncertainty : "none", uncertainty);
	assert_string_equal(f->evidence, evidence);
	return f;
}

static void
an_answer_that_is_none_is_asked_for_once_more(void **state)
{
	(void)state;
	says("It is open.");
	judges("yes", "none", "a gap");
	start(1);
	finish("ok");
	found("yes", "none", "a gap");
	assert_string_equal(t.purposes, "ask repair ");
	end(state);
	begin(state);
	says("It is open.");
	says("Really.");
	start(3);
	finish("invalid");
	assert_int_equal(t.outcome.verdict.findings.n, 0);
	assert_true(t.outcome.why.text[0] != '\0');
}

static void
a_clear_answer_needs_no_samples(void **state)
{
	(void)state;
	judges("no", "none", "a closed gate");
	start(5);
	finish("ok");
	assert_int_equal(found("no", "none", "a closed gate")->samples, 0);
	assert_string_equal(t.purposes, "ask ");
}

static void
the_verdict_of_most_samples_comes_with_its_own_evidence(void **state)
{
	const struct nvr_finding *f;

	(void)state;
	judges("cannot_determine", "dark", "all is dark");
	judges("no", "none", "a closed gate");
	judges("no", "occluded", "another closed gate");
	start(3);
	finish("ok");
	f = found("no", "none", "a closed gate");
	assert_int_equal(f->samples, 3);
	assert_int_equal(f->agreed, 2);
	end(state);
	begin(state);
	judges("yes", "none", "a gap");
	judges("cannot_determine", "dark", "all is dark");
	judges("cannot_determine", "out_of_view", "nowhere");
	start(3);
	finish("ok");
	found("cannot_determine", "dark", "all is dark");
}

static void
a_tie_tells_how_the_samples_were_divided(void **state)
{
	const struct nvr_finding *f;

	(void)state;
	judges("yes", "none", "a gap");
	judges("no", "none", "a closed gate");
	judges("yes", "none", "a gap");
	judges("no", "none", "a closed gate");
	start(4);
	finish("ok");
	f = found("cannot_determine", "ambiguous", "2 of 4 yes, 2 no");
	assert_int_equal(f->agreed, 0);
	end(state);
	begin(state);
	judges("cannot_determine", "dark", "all is dark");
	judges("yes", "none", "a gap");
	start(2);
	finish("ok");
	found(
	    "cannot_determine", "ambiguous", "1 of 2 yes, 1 cannot_determine");
}

static void
an_error_ends_the_sampling(void **state)
{
	const struct nvr_finding *f;

	(void)state;
	judges("yes", "none", "a gap");
	judges("yes", "none", "a gap");
	start(5); /* the third one is HTTP 400 */
	finish("ok");
	f = found("yes", "none", "a gap");
	assert_int_equal(f->samples, 2);
	assert_int_equal(t.server.served, 3);
	assert_string_equal(t.purposes, "ask sample sample ");
}

static void
an_answer_that_is_none_is_no_sample(void **state)
{
	const struct nvr_finding *f;

	(void)state;
	judges("yes", "none", "a gap");
	says("Hm.");
	judges("yes", "none", "a gap");
	start(3);
	finish("ok");
	f = found("yes", "none", "a gap");
	assert_int_equal(f->samples, 2);
	assert_int_equal(f->agreed, 2);
}

static void
what_the_last_answer_took_in_is_set_aside_for_the_next(void **state)
{
	(void)state;
	t.server.tokens_in = 20000;
	judges("yes", "none", "a gap");
	judges("yes", "none", "a gap");
	start(2);
	finish("ok");
	assert_int_equal(t.reserved, 20000 + t.model.max_tokens);
}

static void
a_store_that_is_busy_is_told(void **state)
{
	struct nvr_state *other;
	struct nvr_error err;

	(void)state;
	judges("no", "none", "a closed gate");
	ok(nvr_state_open(store, 0, &other, &err), &err);
	nvr_store_patience(s->store, 20);
	start(1);
	ok(nvr_store_begin(other->store, &err), &err);
	while (!t.ended)
		ok(nvr_loop_turn(t.loop, 5 * NVR_MILLISECOND, &err), &err);
	nvr_store_rollback(other->store);
	nvr_state_close(other);
	nvr_store_patience(s->store, 5000);
	finish("error");
	assert_int_equal(t.outcome.rc, NVR_E_AGAIN);
	assert_int_equal(t.outcome.why.code, NVR_E_AGAIN);
	assert_non_null(strstr(t.outcome.why.text, "locked"));
	assert_int_equal(t.server.served, 0);
	assert_string_equal(t.purposes, "");
}

/* Of an auditor. */
static int
examined(void *ctx, const struct nvr_audit *a)
{
	(void)ctx;
	t.ended = true;
	strlcpy(t.purposes, a->status, sizeof(t.purposes));
	strlcpy(t.outcome.why.text, nvr_or_empty(a->error),
	    sizeof(t.outcome.why.text));
	return 0;
}

static void *
let_go(void *other)
{
	usleep(300000);
	nvr_store_rollback(((struct nvr_state *)other)->store);
	return NULL;
}

/* Examines the still, with a store that is busy for a while when it asks. */
static int64_t
examine(struct nvr_asking *q, struct nvr_state *other)
{
	struct nvr_auditor_options o = {.jobs = 1, .done = examined};
	struct nvr_auditor *a;
	struct nvr_error err;
	int64_t began;
	pthread_t thread;

	q->analyzer = "openai";
	q->model = &t.model;
	q->tier = &t.tier;
	q->origin = "file";
	q->samples = 1;
	q->max_tokens = q->max_micros = -1;
	ok(nvr_auditor_open(s, &o, &a, &err), &err);
	ok(nvr_asking_open(a, q, &err), &err);
	ok(nvr_auditor_examine(a, q, gate, still.data, still.len, &err), &err);
	began = nvr_time_monotonic();
	if (other != NULL) {
		ok(nvr_store_begin(other->store, &err), &err);
		pthread_create(&thread, NULL, let_go, other);
	}
	while (!t.ended)
		ok(nvr_auditor_turn(a, NVR_SECOND, &err), &err);
	if (other != NULL)
		pthread_join(thread, NULL);
	assert_int_equal(nvr_auditor_open_questions(a), 0);
	nvr_asking_release(q);
	nvr_auditor_close(a);
	model_stop(&t.server);
	return nvr_time_monotonic() - began;
}

static void
a_question_that_cannot_be_put_is_over_at_once(void **state)
{
	struct nvr_asking q = {.agentic = true}; /* without its bounds */

	(void)state;
	assert_true(examine(&q, NULL) < NVR_SECOND / 2);
	assert_string_equal(t.purposes, "error");
	assert_non_null(strstr(t.outcome.why.text, "bounds"));
}

static void
a_store_that_is_busy_fails_one_question_alone(void **state)
{
	struct nvr_asking q = {.prompt = "open: Is it open?"};
	struct nvr_state *other;
	struct nvr_error err;

	(void)state;
	judges("no", "none", "a closed gate");
	ok(nvr_state_open(store, 0, &other, &err), &err);
	nvr_store_patience(s->store, 200); /* once is not enough */
	examine(&q, other);
	nvr_store_patience(s->store, 5000);
	nvr_state_close(other);
	assert_string_equal(t.purposes, "error");
	assert_non_null(strstr(t.outcome.why.text, "locked"));
	assert_int_equal(t.server.served, 0);
}

int
main(void)
{
#define IT(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    IT(an_answer_that_is_none_is_asked_for_once_more),
	    IT(a_clear_answer_needs_no_samples),
	    IT(the_verdict_of_most_samples_comes_with_its_own_evidence),
	    IT(a_tie_tells_how_the_samples_were_divided),
	    IT(an_error_ends_the_sampling),
	    IT(an_answer_that_is_none_is_no_sample),
	    IT(what_the_last_answer_took_in_is_set_aside_for_the_next),
	    IT(a_store_that_is_busy_is_told),
	    IT(a_question_that_cannot_be_put_is_over_at_once),
	    IT(a_store_that_is_busy_fails_one_question_alone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
