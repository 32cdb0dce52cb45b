/* The agentic audit, against a server, a store and an nvr-snap of the test's.
 */
#include <math.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/inventory.h"
#include "core/agent.h"
#include "core/path.h"
#include "net/loop.h"
#include "still/jpeg.h"

#include "model_help.h"

#define VERDICT                                                            \
	"{\"scene\":\"a yard\",\"image_quality\":\"good\",\"objects\":[]," \
	"\"checks\":[{\"id\":\"open\",\"evidence\":\"a gap\",\"verdict\":" \
	"\"yes\",\"uncertainty\":\"none\",\"confidence\":0.9}],"           \
	"\"visible_text\":[],\"limitations\":[]}"

/* The clock runs that much faster, so that waiting costs little. */
int64_t __real_nvr_time_monotonic(void);
int64_t __wrap_nvr_time_monotonic(void);
static int speed = 1;

int64_t
__wrap_nvr_time_monotonic(void)
{
	return speed * __real_nvr_time_monotonic();
}

static char dir[] = "/tmp/nvr-agent-XXXXXX";
static char snap[NVR_PATH_TEXT];
static struct nvr_buf still; /* that it begins with */
static struct nvr_state *s;
static struct nvr_camera *gate, *yard, *hidden;

/* One audit. */
static struct {
	struct model_server server;
	struct nvr_model model;
	struct nvr_tier tier;
	struct nvr_loop *loop;
	struct nvr_host *host;
	struct nvr_inquiry *inquiry;
	struct nvr_checks checks;
	struct nvr_agent *agent;
	struct nvr_agent_options o;
	int64_t id;
	int64_t ended_at;
	bool ended, hold; /* hold: it is not closed when it ends */
	char status[32];
	struct nvr_error why;
	struct nvr_verdict verdict;
	char *trace; /* `kind name: text` lines */
} t;

static void
ok(int rc, const struct nvr_error *err)
{
	if (rc != 0)
		fail_msg("%d: %s", rc, err->text);
}

static struct nvr_buf
picture(int width, int height, int contrast)
{
	struct nvr_picture *pic;
	struct nvr_error err;
	struct nvr_buf out = {0};

	ok(nvr_picture_new(width, height, &pic, &err), &err);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			pic->plane[0][y * pic->stride[0] + x] =
			    (uint8_t)(contrast * (x / 8 * 7 + y / 8 * 13) %
				      200);
	memset(pic->plane[1], 128,
	    2 * (size_t)pic->stride[1] * (size_t)((height + 1) / 2));
	ok(nvr_jpeg_encode(pic, 90, &out, &err), &err);
	nvr_picture_free(pic);
	return out;
}

static void
put_file(const char *path, const void *data, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* The still as if it were red, green and blue: Adobe's marker says so. */
static void
put_odd_file(void)
{
	static const char adobe[] = "\xff\xd8\xff\xee\0\x0e"
				    "Adobe\0\x64\0\0\0\0\0";
	char path[256];
	struct nvr_buf odd = {0};
	struct nvr_error err;

	/* Instead of JFIF's, of 18 bytes. */
	assert_memory_equal(still.data + 2, "\xff\xe0\0\x10JFIF", 8);
	ok(nvr_buf_add(&odd, adobe, sizeof(adobe) - 1, &err), &err);
	ok(nvr_buf_add(&odd, still.data + 20, still.len - 20, &err), &err);
	snprintf(path, sizeof(path), "%s/odd", dir);
	put_file(path, odd.data, odd.len, 0600);
	nvr_buf_release(&odd);
}

/* What nvr-snap is going to do: `cat FILE`, `hang`, `fail`. */
static void
snapper_does(const char *what)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, what);
	setenv("FAKE_SNAP", path, 1);
}

static struct nvr_camera *
add_camera(const char *name, const char *zone)
{
	struct nvr_camera_change c = NVR_CAMERA_NO_CHANGE;
	struct nvr_camera *cam;
	struct nvr_error err;

	c.name = name;
	c.zone = zone;
	c.url = "rtsp://192.0.2.1/stream";
	ok(nvr_inventory_add(s, &c, &err), &err);
	ok(nvr_inventory_find(s, name, &cam, &err), &err);
	return cam;
}

static int
set_up(void **state)
{
	static const char script[] =
	    "#!/bin/sh\ncase $FAKE_SNAP in\n"
	    "*/hang) exec sleep 60;;\n"
	    "*/fail) echo 'nvr-snap: gate: 192.0.2.1: refused' >&2; exit 1;;\n"
	    "*) exec cat \"$FAKE_SNAP\";;\nesac\n";
	struct nvr_buf dark;
	struct nvr_error err;
	char path[256];

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/store", dir);
	ok(nvr_state_open(path, NVR_STATE_CREATE, &s, &err), &err);
	gate = add_camera("gate", "front");
	yard = add_camera("yard", "");
	hidden = add_camera("hidden", "");
	nvr_tool_path("snap", snap);
	put_file(snap, script, sizeof(script) - 1, 0700);
	still = picture(640, 480, 1);
	snprintf(path, sizeof(path), "%s/still", dir);
	put_file(path, still.data, still.len, 0600);
	dark = picture(640, 480, 0);
	snprintf(path, sizeof(path), "%s/black", dir);
	put_file(path, dark.data, dark.len, 0600);
	nvr_buf_release(&dark);
	put_odd_file();
	return 0;
}

static int
tear_down(void **state)
{
	char *const argv[] = {(char *)"rm", (char *)"-r", dir, NULL};
	int status = -1;
	pid_t pid;

	(void)state;
	unlink(snap);
	nvr_camera_free(gate);
	nvr_camera_free(yard);
	nvr_camera_free(hidden);
	nvr_state_close(s);
	nvr_buf_release(&still);
	if (posix_spawnp(&pid, "rm", NULL, NULL, argv, NULL) == 0)
		waitpid(pid, &status, 0);
	return status;
}

/* An audit with bounds that nothing comes near to. */
static int
begin(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	speed = 1;
	snapper_does("still");
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
	t.o.steps = 8;
	t.o.stills = 8;
	t.o.time = 60 * NVR_SECOND;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	nvr_verdict_release(&t.verdict);
	nvr_checks_release(&t.checks);
	model_release(&t.server);
	free(t.trace);
	return 0;
}

static int64_t
enter_audit(const struct nvr_camera *cam, const char *status,
    const struct nvr_finding *f, size_t n)
{
	struct nvr_error err;
	struct nvr_audit audit = {.id = nvr_id_new(),
	    .camera_id = cam->id,
	    .camera_name = cam->name,
	    .at = nvr_time_now(),
	    .type = "agentic",
	    .origin = "command",
	    .analyzer = "model",
	    .schema_version = NVR_AUDIT_SCHEMA,
	    .status = status,
	    .findings = f,
	    .nfindings = n};

	ok(nvr_audit_insert(s->store, &audit, &err), &err);
	return audit.id;
}

static void
done(void *ctx, struct nvr_outcome *outcome)
{
	(void)ctx;
	t.ended = true;
	t.ended_at = nvr_time_monotonic();
	if (t.hold)
		return;
	ok(outcome->rc, &outcome->why);
	strlcpy(t.status, outcome->status, sizeof(t.status));
	t.why = outcome->why;
	t.verdict = outcome->verdict;
	outcome->verdict = (struct nvr_verdict){0};
	nvr_agent_close(t.agent); /* that is a good moment for it */
	t.agent = NULL;
}

static void
start(void)
{
	static const struct nvr_camera *cameras[2];
	struct nvr_error err;
	struct nvr_inquiry_options io = {.s = s,
	    .budget = {.tier = &t.tier,
		.model = &t.model,
		.camera_id = gate->id,
		.max_tokens = t.model.tokens > 0 ? t.model.tokens : -1,
		.max_micros = t.model.cost}};

	cameras[0] = gate;
	cameras[1] = yard;
	ok(nvr_checks_parse("open: Is it open?", &t.checks, &err), &err);
	ok(nvr_loop_open(&t.loop, &err), &err);
	ok(nvr_host_open(&t.model, &t.host, &err), &err);
	io.loop = t.loop;
	io.host = t.host;
	io.audit_id = t.id = enter_audit(gate, "unfinished", NULL, 0);
	ok(nvr_inquiry_open(&io, &t.inquiry, &err), &err);
	t.o.s = s;
	t.o.loop = t.loop;
	t.o.inquiry = t.inquiry;
	t.o.checks = &t.checks;
	t.o.camera = cameras;
	t.o.ncamera = 2;
	t.o.store = dir;
	t.o.jpeg = still.data;
	t.o.len = still.len;
	t.o.taken_at = nvr_time_now();
	t.o.health = "nothing wrong";
	ok(nvr_agent_start(&t.o, done, NULL, &t.agent, &err), &err);
}

static int
add_step(void *ctx, const struct nvr_step *step)
{
	char *line = NULL;

	(void)ctx;
	assert_true(asprintf(&line, "%s%s %s: %s\n", nvr_or_empty(t.trace),
			step->kind, step->name, step->text) > 0);
	free(t.trace);
	t.trace = line;
	return 0;
}

static void
stop(void)
{
	struct nvr_error err;

	assert_int_equal(nvr_loop_pending(t.loop), 0);
	nvr_inquiry_close(t.inquiry);
	nvr_host_close(t.host);
	nvr_loop_close(t.loop);
	model_stop(&t.server);
	ok(nvr_step_each(s->store, t.id, add_step, NULL, &err), &err);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

/* Runs it to its end. */
static void
audit(const char *status)
{
	struct nvr_error err;

	start();
	while (!t.ended)
		ok(nvr_loop_turn(t.loop, 5 * NVR_MILLISECOND, &err), &err);
	stop();
	assert_string_equal(t.status, status);
}

static void
has(const char *text, const char *part)
{
	if (text == NULL || strstr(text, part) == NULL)
		fail_msg("no '%s' in: %.3000s", part, nvr_or_empty(text));
}

static void
lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("'%s' in: %.3000s", part, text);
}

/* What the newest tool message of the n-th question says. */
static const char *
told(int n)
{
	static char text[8192];
	json_t *body = json_loads(t.server.asked[n], 0, NULL), *m;
	size_t i;

	text[0] = '\0';
	json_array_foreach(json_object_get(body, "messages"), i, m)
	{
		if (json_object_get(m, "tool_call_id") != NULL)
			strlcpy(text,
			    json_string_value(json_object_get(m, "content")),
			    sizeof(text));
	}
	json_decref(body);
	return text;
}

static int
count(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

static void
calls(const char *name, const char *arguments)
{
	model_calls(&t.server, name, arguments);
}

static void
says(const char *words)
{
	model_says(&t.server,
	    json_pack("{s:s, s:s}", "role", "assistant", "content", words));
}

static void
found_it(void)
{
	assert_int_equal(t.verdict.findings.n, 1);
	assert_string_equal(t.verdict.findings.item[0].label, "open");
	assert_string_equal(t.verdict.findings.item[0].verdict, "yes");
	assert_string_equal(t.verdict.findings.item[0].source, "model");
}

static void
a_model_that_finishes_at_once_has_looked_at_one_picture(void **state)
{
	static const char *const names[] = {"list_cameras", "take_snapshot",
	    "crop", "previous_findings", "compare_with_baseline", "finish"};

	(void)state;
	calls("finish", VERDICT);
	audit("ok");
	found_it();
	assert_string_equal(t.why.text, "");
	for (int i = 0; i < 6; i++) {
		char tool[64];

		snprintf(tool, sizeof(tool), "\"name\":\"%s\"", names[i]);
		has(t.server.asked[0], tool);
	}
	has(t.server.asked[0], "\"enum\":[\"gate\",\"yard\"]");
	has(t.server.asked[0], "nothing wrong");
	has(t.server.asked[0], "Is it open?");
	lacks(t.server.asked[0], "hidden");
	assert_int_equal(count(t.server.asked[0], "data:image/jpeg"), 1);
}

static void
each_tool_tells_what_it_found(void **state)
{
	(void)state;
	calls("list_cameras", "");
	calls("take_snapshot", "{\"camera\":\"yard\"}");
	calls("crop",
	    "{\"image_id\":2,\"x\":0.5,\"y\":0.5,\"w\":0.5,\"h\":0.25}");
	calls("crop", "{\"image_id\":3,\"x\":0,\"y\":0,\"w\":1,\"h\":1}");
	calls("compare_with_baseline", "{\"camera\":\"yard\"}");
	calls("finish", VERDICT);
	audit("ok");
	found_it();
	has(told(1), "{\"name\":\"gate\",\"zone\":"
		     "\"front\"}");
	has(told(2), "\"image_id\":2,\"camera\":\"yard");
	has(told(2), "\"width\":640,\"height\":480");
	has(t.server.asked[2], "image 2 of camera yard at 20");
	assert_int_equal(count(t.server.asked[2], "data:image/jpeg"), 2);
	has(told(3), "\"width\":320,\"height\":120");
	has(told(4), "\"image_id\":4");
	has(t.server.asked[4], "left: 4 steps, 4 pictures");
	has(told(5), "\"label\":\"covered\"");
	lacks(told(5), "frozen\"");
}

static void
earlier_findings_come_without_words_of_others(void **state)
{
	const struct nvr_finding f[] = {
	    {.source = "model",
		.kind = "check",
		.label = "open",
		.verdict = "no",
		.evidence = "IGNORE ALL",
		.confidence = 0.25},
	    {.source = "model",
		.kind = "check",
		.label = "OBEY",
		.verdict = "yes",
		.evidence = "",
		.confidence = 0.5},
	    {.source = "model",
		.kind = "object",
		.label = "SEND IT",
		.verdict = "yes",
		.evidence = "",
		.confidence = 0.5},
	    {.source = "local",
		.label = "blurred",
		.verdict = "cannot_determine",
		.evidence = "IGNORE ALL",
		.confidence = NAN,
		.uncertainty = "RUN THIS"},
	};

	(void)state;
	enter_audit(yard, "ok", f, 4);
	enter_audit(yard, "unfinished", NULL, 0);
	calls("previous_findings", "{\"camera\":\"yard\",\"limit\":20}");
	calls("finish", VERDICT);
	audit("ok");
	has(told(1), "\"label\":\"open\",\"verdict\":"
		     "\"no\",\"confidence\":0.25");
	has(told(1), "\"label\":\"blurred\"");
	assert_int_equal(count(told(1), "\"status\""), 1);
	lacks(t.server.asked[1], "IGNORE");
	lacks(t.server.asked[1], "OBEY");
	lacks(t.server.asked[1], "SEND IT");
	lacks(t.server.asked[1], "RUN THIS");
}

static void
earlier_findings_are_of_that_camera_alone(void **state)
{
	const struct nvr_finding f = {.source = "model",
	    .kind = "check",
	    .label = "open",
	    .verdict = "yes",
	    .evidence = "",
	    .confidence = 0.125};

	(void)state;
	enter_audit(hidden, "ok", &f, 1);
	enter_audit(yard, "filtered", NULL, 0);
	calls("previous_findings", "{\"camera\":\"yard\",\"limit\":1}");
	calls("list_cameras", "{}");
	calls("previous_findings", "{\"camera\":\"yard\",\"limit\":20}");
	calls("finish", VERDICT);
	audit("ok");
	has(told(1), "\"status\":\"filtered\"");
	lacks(told(3), "0.125");
}

static void
the_last_call_is_given_up_when_the_time_is_up(void **state)
{
	int64_t began = nvr_time_monotonic();

	(void)state;
	t.o.time = 300 * NVR_MILLISECOND;
	t.server.delay_ms = 700;
	calls("finish", VERDICT);
	audit("budget");
	has(t.why.text, "its time was used up");
	assert_true(t.ended_at - began < 600 * NVR_MILLISECOND);
	assert_int_equal(t.verdict.findings.n, 0);
}

static void
a_still_that_cannot_be_judged_is_not_sent(void **state)
{
	(void)state;
	snapper_does("odd");
	t.model.detail = NVR_DETAIL_HIGH; /* as it is: not decoded for that */
	calls("take_snapshot", "{\"camera\":\"yard\"}");
	calls("crop", "{\"image_id\":2,\"x\":0,\"y\":0,\"w\":1,\"h\":1}");
	calls("finish", VERDICT);
	audit("ok");
	has(told(1), "error: the camera gives no still");
	has(told(2), "error: that picture was not sent");
	has(t.trace, "told not_judged: a JPEG of another kind");
	assert_int_equal(count(t.server.asked[2], "data:image/jpeg"), 1);
	lacks(t.server.asked[2], "another kind");
}

static void
a_model_that_takes_more_than_estimated_is_expected_to(void **state)
{
	(void)state;
	t.server.tokens_in = 3000; /* of some 2000 */
	t.model.tokens = 9500;
	calls("list_cameras", "{}");
	calls("finish", VERDICT);
	audit("budget");
	found_it();
	has(t.why.text, "tokens");
}

static void
a_call_that_repeats_the_one_before_it_ends_the_audit(void **state)
{
	(void)state;
	calls("crop", "{\"image_id\":1,\"x\":0,\"y\":0,\"w\":0.5,\"h\":0.5}");
	calls("list_cameras", "{}");
	calls("crop", "{\"image_id\":1,\"x\":0,\"y\":0,\"w\":0.5,\"h\":0.5}");
	calls("crop",
	    "{ \"h\":0.5, \"w\":0.5, \"image_id\":1, \"x\":0, \"y\":0 }");
	audit("invalid");
	has(t.why.text, "twice");
	assert_int_equal(t.server.served, 4);
	assert_int_equal(t.verdict.findings.n, 0);
}

static const struct {
	const char *name, *arguments, *told;
} wrong[] = {
    {"fetch", "{}", "no such tool"},
    {"take_snapshot", "{\"camera\":\"hidden\"}", "no such camera"},
    {"previous_findings", "{\"camera\":\"hidden\",\"limit\":1}",
	"no such camera"},
    {"compare_with_baseline", "{\"camera\":\"hidden\"}", "no such camera"},
    {"previous_findings", "{\"camera\":\"gate\",\"limit\":21}", "1 to 20"},
    {"take_snapshot", "{\"camera\":\"gate\",\"url\":\"x\"}", "schema"},
    {"take_snapshot", "{\"camera\":7}", "schema"},
    {"take_snapshot", "[\"gate\"]", "no JSON object"},
    {"take_snapshot", "{\"camera\":\"gate\"", "no JSON object"},
    {"crop", "{\"image_id\":2,\"x\":0,\"y\":0,\"w\":1,\"h\":1}", "image_id"},
    {"crop", "{\"image_id\":1,\"x\":0.6,\"y\":0,\"w\":0.6,\"h\":1}", "lie in"},
    {"crop", "{\"image_id\":1,\"x\":-1,\"y\":0,\"w\":1,\"h\":1}", "lie in"},
    {"crop", "{\"image_id\":1,\"x\":0,\"y\":0,\"w\":0,\"h\":1}", "lie in"},
    {"crop", "{\"image_id\":1.5,\"x\":0,\"y\":0,\"w\":1,\"h\":1}", "schema"},
    {"crop", "{\"image_id\":1,\"x\":1e999,\"y\":0,\"w\":1,\"h\":1}",
	"no JSON object"},
    {"finish", "{\"scene\":\"a yard\"}", "error: "},
};
#define NWRONG (int)(sizeof(wrong) / sizeof(wrong[0]))

static void
a_wrong_call_is_told_and_a_second_one_ends_the_audit(void **state)
{
	for (int i = 0; i < NWRONG; i++) {
		calls(wrong[i].name, wrong[i].arguments);
		calls("finish", VERDICT);
		audit("ok");
		found_it();
		has(t.server.asked[1], wrong[i].told);
		end(state);
		begin(state);
		calls(wrong[i].name, wrong[i].arguments);
		calls("list_cameras", "{}");
		calls("finish", "{\"scene\":1}");
		calls("finish", VERDICT);
		audit("invalid");
		has(t.why.text, "second");
		assert_int_equal(t.server.served, 3);
		end(state);
		begin(state);
	}
	model_stop(&t.server);
}

static void
words_are_no_answer(void **state)
{
	says("It is all fine.");
	calls("finish", VERDICT);
	audit("ok");
	has(t.server.asked[1], "call one of the tools");
	end(state);
	begin(state);
	says(VERDICT);
	model_says(&t.server, json_pack("{s:s, s:[{s:s}]}", "content", "hm",
				  "tool_calls", "type", "function"));
	audit("invalid");
}

static void
one_call_at_a_time_is_run(void **state)
{
	json_t *m = json_pack("{s:s, s:n, s:[o, o]}", "role", "assistant",
	    "content", "tool_calls", model_call("list_cameras", "{}"),
	    model_call("take_snapshot", "{\"camera\":\"gate\"}"));

	(void)state;
	model_says(&t.server, m);
	calls("finish", VERDICT);
	audit("ok");
	has(t.server.asked[1], "one call at a time");
	assert_int_equal(count(t.server.asked[1], "\"tool_call_id\""), 2);
	assert_int_equal(count(t.server.asked[1], "data:image/jpeg"), 1);
}

static void
the_last_step_offers_only_finish(void **state)
{
	t.o.steps = 2;
	calls("list_cameras", "{}");
	calls("finish", VERDICT);
	audit("budget");
	found_it();
	has(t.why.text, "2 steps");
	lacks(t.server.asked[1], "\"name\":\"crop\"");
	has(t.server.asked[1], "\"tool_choice\"");
	has(t.server.asked[1], "This is the last call");
	end(state);
	begin(state);
	t.o.steps = 2; /* to a server that knows no tool_choice */
	calls("list_cameras", "{}");
	calls("crop", "{\"image_id\":1,\"x\":0,\"y\":0,\"w\":1,\"h\":1}");
	calls("finish", VERDICT);
	audit("budget");
	assert_int_equal(t.server.served, 2);
	assert_int_equal(t.verdict.findings.n, 0);
}

static void
tokens_and_money_that_allow_for_one_call_make_it_the_last(void **state)
{
	t.model.tokens = 4500;
	calls("finish", VERDICT);
	audit("budget");
	found_it();
	has(t.why.text, "tokens");
	lacks(t.server.asked[0], "\"name\":\"crop\"");
	end(state);
	begin(state);
	t.model.price_in = t.model.price_out = 1000000; /* 1 a token */
	t.model.cost = 4500;
	calls("finish", VERDICT);
	audit("budget");
	found_it();
	has(t.why.text, "money");
}

static void
no_more_pictures_are_given_than_allowed(void **state)
{
	(void)state;
	t.o.stills = 2;
	calls("crop", "{\"image_id\":1,\"x\":0,\"y\":0,\"w\":0.5,\"h\":1}");
	calls("crop", "{\"image_id\":1,\"x\":0,\"y\":0,\"w\":1,\"h\":0.5}");
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	calls("finish", VERDICT);
	audit("ok");
	assert_int_equal(count(t.server.asked[3], "data:image/jpeg"), 2);
	assert_int_equal(
	    count(t.server.asked[3], "no more pictures are allowed"), 2);
}

static void
old_pictures_are_withdrawn_but_the_first(void **state)
{
	static const char *const x[] = {"0", "0.1", "0.2", "0.3", "0.4"};
	char arguments[80], *first;

	(void)state;
	for (int i = 0; i < 5; i++) {
		snprintf(arguments, sizeof(arguments),
		    "{\"image_id\":1,\"x\":%s,\"y\":0,\"w\":0.5,\"h\":0.5}",
		    x[i]);
		calls("crop", arguments);
	}
	calls("finish", VERDICT);
	audit("ok");
	assert_int_equal(count(t.server.asked[5], "data:image/jpeg"), 4);
	assert_int_equal(count(t.server.asked[5], "[picture withdrawn]"), 2);
	first = strstr(t.server.asked[0], "data:image/jpeg");
	first[1000] = '\0';
	has(t.server.asked[5], first);
}

static void
two_snapshots_of_a_camera_are_five_seconds_apart(void **state)
{
	int64_t began;

	(void)state;
	speed = 20;
	t.o.time = 600 * NVR_SECOND;
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	calls("list_cameras", "{}");
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	calls("list_cameras", "{}");
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	calls("finish", VERDICT);
	began = nvr_time_monotonic();
	audit("ok");
	assert_true(nvr_time_monotonic() - began >= 5 * NVR_SECOND);
	assert_int_equal(count(t.server.asked[4], "data:image/jpeg"), 3);
	has(t.server.asked[5], "no more snapshots of this camera");
}

static void
there_is_no_waiting_for_what_time_does_not_allow(void **state)
{
	(void)state;
	t.o.time = 3 * NVR_SECOND;
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	calls("list_cameras", "{}");
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	calls("finish", VERDICT);
	audit("ok");
	has(t.server.asked[3], "no time to wait");
}

static void
a_snapshot_that_hangs_leaves_time_to_finish(void **state)
{
	(void)state;
	snapper_does("hang");
	t.o.time = 2 * NVR_SECOND;
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	calls("finish", VERDICT);
	audit("budget");
	found_it();
	has(t.why.text, "time of 2s");
	has(t.server.asked[1], "gives no still");
}

static void
no_call_is_made_once_the_time_is_up(void **state)
{
	(void)state;
	t.o.time = 1;
	calls("finish", VERDICT);
	audit("budget");
	assert_int_equal(t.server.served, 0);
}

static void
a_camera_that_gives_no_still_is_told_without_its_address(void **state)
{
	(void)state;
	snapper_does("fail");
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	calls("finish", VERDICT);
	audit("ok");
	has(t.server.asked[1], "error: the camera gives no still");
	lacks(t.server.asked[1], "192.0.2.1");
}

static void
a_black_still_is_not_sent(void **state)
{
	(void)state;
	snapper_does("black");
	calls("take_snapshot", "{\"camera\":\"yard\"}");
	calls("crop", "{\"image_id\":2,\"x\":0,\"y\":0,\"w\":1,\"h\":1}");
	calls("finish", VERDICT);
	audit("ok");
	has(told(1), "\"not_sent\":\"black\"");
	has(told(2), "error: that picture was not sent");
	assert_int_equal(count(t.server.asked[2], "data:image/jpeg"), 1);
}

static void
the_trace_tells_all_but_the_pictures(void **state)
{
	(void)state;
	calls("take_snapshot", "{\"camera\":\"yard\"}");
	calls("finish", VERDICT);
	audit("ok");
	has(t.trace, "picture image 1 of gate: ");
	has(t.trace, "call take_snapshot: {\"camera\":\"yard\"}");
	has(t.trace, "told take_snapshot: {\"image_id\":2");
	has(t.trace, "picture image 2 of yard: ");
	has(t.trace, "call finish: {\"scene\"");
	has(t.trace, "end ok: \n");
	lacks(t.trace, "base64");
	lacks(t.trace, "/9j/");
}

static void
a_refusal_ends_it(void **state)
{
	(void)state;
	model_says(&t.server,
	    json_pack("{s:s, s:s}", "role", "assistant", "refusal", "no"));
	audit("refused");
	assert_int_equal(t.verdict.findings.n, 0);
}

static void
a_loop_that_is_closed_ends_what_is_awaited(void **state)
{
	struct nvr_error err;

	for (int i = 1; i <= 3; i++) { /* an answer, a still, the second one */
		snapper_does(i == 2 ? "hang" : "still");
		calls("take_snapshot", "{\"camera\":\"gate\"}");
		calls("list_cameras", "{}");
		calls("take_snapshot", "{\"camera\":\"gate\"}");
		t.hold = true;
		start();
		for (int n = 0; n < (i == 1 ? 1 : 60); n++)
			ok(nvr_loop_turn(t.loop, 2 * NVR_MILLISECOND, &err),
			    &err);
		assert_false(t.ended);
		nvr_loop_close(t.loop);
		assert_true(t.ended);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		nvr_agent_close(t.agent);
		nvr_inquiry_close(t.inquiry);
		nvr_host_close(t.host);
		model_stop(&t.server);
		end(state);
		begin(state);
	}
	model_stop(&t.server);
}

static void
one_that_is_given_up_leaves_nothing_behind(void **state)
{
	struct nvr_error err;

	(void)state;
	snapper_does("hang");
	calls("take_snapshot", "{\"camera\":\"gate\"}");
	start();
	while (__atomic_load_n(&t.server.served, __ATOMIC_ACQUIRE) == 0 ||
	       nvr_loop_pending(t.loop) == 0 || waitpid(-1, NULL, WNOHANG) != 0)
		ok(nvr_loop_turn(t.loop, 5 * NVR_MILLISECOND, &err), &err);
	nvr_agent_close(t.agent);
	stop();
	assert_false(t.ended);
}

int
main(void)
{
#define IT(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    IT(a_model_that_finishes_at_once_has_looked_at_one_picture),
	    IT(each_tool_tells_what_it_found),
	    IT(earlier_findings_come_without_words_of_others),
	    IT(earlier_findings_are_of_that_camera_alone),
	    IT(the_last_call_is_given_up_when_the_time_is_up),
	    IT(a_still_that_cannot_be_judged_is_not_sent),
	    IT(a_model_that_takes_more_than_estimated_is_expected_to),
	    IT(a_call_that_repeats_the_one_before_it_ends_the_audit),
	    IT(a_wrong_call_is_told_and_a_second_one_ends_the_audit),
	    IT(words_are_no_answer),
	    IT(one_call_at_a_time_is_run),
	    IT(the_last_step_offers_only_finish),
	    IT(tokens_and_money_that_allow_for_one_call_make_it_the_last),
	    IT(no_more_pictures_are_given_than_allowed),
	    IT(old_pictures_are_withdrawn_but_the_first),
	    IT(two_snapshots_of_a_camera_are_five_seconds_apart),
	    IT(there_is_no_waiting_for_what_time_does_not_allow),
	    IT(a_snapshot_that_hangs_leaves_time_to_finish),
	    IT(no_call_is_made_once_the_time_is_up),
	    IT(a_camera_that_gives_no_still_is_told_without_its_address),
	    IT(a_black_still_is_not_sent),
	    IT(the_trace_tells_all_but_the_pictures),
	    IT(a_refusal_ends_it),
	    IT(a_loop_that_is_closed_ends_what_is_awaited),
	    IT(one_that_is_given_up_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
