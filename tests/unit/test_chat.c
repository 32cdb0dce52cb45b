/* Conversations with a model: what is sent, and what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "core/chat.h"
#include "core/verdict.h"

#define JSON_TYPE "application/json"

/* The start of a JPEG of 1920 x 1080, which is all that the chat reads. */
static const unsigned char jpeg[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 4, 0x38,
    7, 0x80, 1, 1, 0x11, 0, 0xff, 0xd9};
#define JPEG_BASE64 "/9j/wAALCAQ4B4ABAREA/9k="

static struct nvr_model
model(enum nvr_api api, unsigned quirks)
{
	return (struct nvr_model){.url = "https://h/v1",
	    .model = "m",
	    .api = api,
	    .detail = NVR_DETAIL_HIGH,
	    .quirks = quirks,
	    .max_tokens = 1200};
}

static struct nvr_chat *
conversation(void)
{
	struct nvr_chat *c = nvr_chat_new();
	struct nvr_error err;

	assert_non_null(c);
	assert_int_equal(nvr_chat_system(c, "Look.", &err), 0);
	assert_int_equal(nvr_chat_user(c, "CURRENT", &err), 0);
	assert_int_equal(nvr_chat_picture(c, jpeg, sizeof(jpeg), &err), 0);
	return c;
}

/* The body as JSON; it is checked to be some. */
static json_t *
body_of(const struct nvr_chat *c, const struct nvr_chat_ask *ask)
{
	struct nvr_buf b = {0};
	struct nvr_error err;
	json_t *o;

	assert_int_equal(nvr_chat_body(c, ask, &b, &err), 0);
	o = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	nvr_buf_release(&b);
	return o;
}

/* A member by its path: `messages.1.content`; NULL: not there. */
static json_t *
at(json_t *o, const char *path)
{
	char key[64];

	while (o != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		memcpy(key, path, n);
		key[n] = '\0';
		o = json_is_array(o)
			? json_array_get(o, (size_t)strtonum(key, 0, 99, NULL))
			: json_object_get(o, key);
		path += n + (path[n] == '.');
	}
	return o;
}

static const char *
text_at(json_t *o, const char *path)
{
	return json_string_value(at(o, path));
}

static void
each_server_gets_the_members_that_it_knows(void **state)
{
	static const struct {
		enum nvr_api api;
		const char *tokens;
		bool store, told;
	} row[] = {
	    {NVR_API_OPENAI, "max_completion_tokens", true, false},
	    {NVR_API_AZURE, "max_completion_tokens", false, false},
	    {NVR_API_LLAMA_SERVER, "max_tokens", false, true},
	    {NVR_API_OLLAMA, "max_tokens", false, true},
	    {NVR_API_VLLM, "max_tokens", false, true},
	};
	struct nvr_chat *c = conversation();
	json_t *schema = json_pack("{s:s}", "type", "object");

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct nvr_model m = model(row[i].api, 0);
		struct nvr_chat_ask ask = {.model = &m,
		    .schema_name = "s",
		    .schema = schema,
		    .temperature = 0.7};
		json_t *o = body_of(c, &ask);

		assert_string_equal(text_at(o, "model"), "m");
		assert_int_equal(json_array_size(at(o, "messages")), 2);
		assert_int_equal(
		    json_integer_value(at(o, row[i].tokens)), 1200);
		assert_true((at(o, "max_tokens") == NULL) !=
			    (at(o, "max_completion_tokens") == NULL));
		assert_true(json_is_false(at(o, "store")) == row[i].store);
		assert_true(json_number_value(at(o, "temperature")) == 0.7);
		assert_string_equal(
		    text_at(o, "response_format.type"), "json_schema");
		assert_string_equal(
		    text_at(o, "response_format.json_schema.name"), "s");
		assert_true(
		    json_is_true(at(o, "response_format.json_schema.strict")));
		assert_true(json_equal(
		    at(o, "response_format.json_schema.schema"), schema));
		assert_true(
		    (strstr(text_at(o, "messages.0.content"),
			 "{\"type\":\"object\"}") != NULL) == row[i].told);
		assert_null(at(o, "tools"));
		assert_null(at(o, "parallel_tool_calls"));
		assert_null(at(o, "stream"));
		json_decref(o);
	}
	json_decref(schema);
	nvr_chat_free(c);
}

static void
quirks_are_heeded(void **state)
{
	struct nvr_chat *c = conversation();
	json_t *schema = json_pack("{s:s}", "type", "object");
	struct nvr_model m = model(
	    NVR_API_OPENAI, NVR_QUIRK_NO_TEMPERATURE | NVR_QUIRK_MAX_TOKENS |
				NVR_QUIRK_NO_STORE | NVR_QUIRK_NO_SCHEMA |
				NVR_QUIRK_NO_REASONING);
	struct nvr_chat_ask ask = {
	    .model = &m, .schema_name = "s", .schema = schema};
	json_t *o = body_of(c, &ask);

	(void)state;
	assert_null(at(o, "temperature"));
	assert_null(at(o, "store"));
	assert_null(at(o, "max_completion_tokens"));
	assert_int_equal(json_integer_value(at(o, "max_tokens")), 1200);
	assert_string_equal(text_at(o, "response_format.type"), "json_object");
	assert_null(at(o, "response_format.json_schema"));
	assert_string_equal(text_at(o, "reasoning_effort"), "none");
	assert_non_null(strstr(text_at(o, "messages.0.content"), "JSON"));
	json_decref(o);
	m.quirks = NVR_QUIRK_PROMPT_SCHEMA;
	o = body_of(c, &ask);
	assert_string_equal(text_at(o, "response_format.type"), "json_schema");
	assert_non_null(strstr(text_at(o, "messages.0.content"), "\"object\""));
	json_decref(o);
	json_decref(schema);
	nvr_chat_free(c);
}

static void
tools_are_offered_one_at_a_time(void **state)
{
	static const struct {
		enum nvr_api api;
		unsigned quirks;
		bool parallel;
		const char *choice; /* NULL: none, "": by name */
	} row[] = {
	    {NVR_API_OPENAI, 0, true, ""},
	    {NVR_API_AZURE, 0, true, ""},
	    {NVR_API_LLAMA_SERVER, 0, true, "required"},
	    {NVR_API_OLLAMA, 0, false, NULL},
	    {NVR_API_VLLM, 0, true, ""},
	    {NVR_API_OPENAI, NVR_QUIRK_NO_TOOL_CHOICE, false, NULL},
	};
	struct nvr_chat *c = conversation();
	json_t *tools = json_pack("[{s:s, s:{s:s}}]", "type", "function",
	    "function", "name", "finish");

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct nvr_model m = model(row[i].api, row[i].quirks);
		struct nvr_chat_ask ask = {.model = &m, .tools = tools};
		json_t *o = body_of(c, &ask);

		assert_true(json_equal(at(o, "tools"), tools));
		assert_null(at(o, "tool_choice"));
		assert_null(at(o, "response_format"));
		assert_true(json_is_false(at(o, "parallel_tool_calls")) ==
			    row[i].parallel);
		json_decref(o);
		ask.must_call = "finish";
		o = body_of(c, &ask);
		if (row[i].choice == NULL)
			assert_null(at(o, "tool_choice"));
		else if (row[i].choice[0] != '\0')
			assert_string_equal(
			    text_at(o, "tool_choice"), row[i].choice);
		else
			assert_string_equal(
			    text_at(o, "tool_choice.function.name"), "finish");
		json_decref(o);
	}
	json_decref(tools);
	nvr_chat_free(c);
}

static void
messages_and_pictures_are_as_the_protocol_has_them(void **state)
{
	struct nvr_chat *c = conversation();
	struct nvr_model m = model(NVR_API_OPENAI, 0);
	struct nvr_chat_ask ask = {.model = &m};
	json_t *calls = json_pack("[{s:s}]", "id", "call_1"), *o;
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_chat_said(c, NULL, calls, &err), 0);
	assert_int_equal(nvr_chat_told(c, "call_1", "{}", &err), 0);
	assert_int_equal(nvr_chat_said(c, "so", NULL, &err), 0);
	assert_int_equal(nvr_chat_user(c, "again", &err), 0);
	json_decref(calls);
	o = body_of(c, &ask);
	assert_string_equal(text_at(o, "messages.0.role"), "system");
	assert_string_equal(text_at(o, "messages.0.content"), "Look.");
	assert_string_equal(text_at(o, "messages.1.content.0.text"), "CURRENT");
	assert_string_equal(text_at(o, "messages.1.content.1.image_url.url"),
	    "data:image/jpeg;base64," JPEG_BASE64);
	assert_string_equal(
	    text_at(o, "messages.1.content.1.image_url.detail"), "high");
	assert_true(json_is_null(at(o, "messages.2.content")));
	assert_string_equal(text_at(o, "messages.2.tool_calls.0.id"), "call_1");
	assert_string_equal(text_at(o, "messages.3.role"), "tool");
	assert_string_equal(text_at(o, "messages.3.tool_call_id"), "call_1");
	assert_string_equal(text_at(o, "messages.4.content"), "so");
	assert_null(at(o, "messages.4.tool_calls"));
	assert_string_equal(text_at(o, "messages.5.content"), "again");
	json_decref(o);
	nvr_chat_free(c);
}

static void
base64_is_padded_whatever_the_length(void **state)
{
	static const char *const want[] = {"/9j/wAALCAQ4B4ABAREA/9k=",
	    "/9j/wAALCAQ4B4ABAREA/9kA", "/9j/wAALCAQ4B4ABAREA/9kAAA=="};
	unsigned char longer[sizeof(jpeg) + 2] = {0};
	struct nvr_model m = model(NVR_API_OPENAI, 0);
	struct nvr_chat_ask ask = {.model = &m};
	struct nvr_error err;

	(void)state;
	memcpy(longer, jpeg, sizeof(jpeg));
	for (size_t i = 0; i < 3; i++) {
		struct nvr_chat *c = nvr_chat_new();
		json_t *o;

		assert_int_equal(nvr_chat_user(c, NULL, &err), 0);
		assert_int_equal(
		    nvr_chat_picture(c, longer, sizeof(jpeg) + i, &err), 0);
		o = body_of(c, &ask);
		assert_string_equal(
		    strchr(
			text_at(o, "messages.0.content.0.image_url.url"), ',') +
			1,
		    want[i]);
		json_decref(o);
		nvr_chat_free(c);
	}
}

static void
texts_come_back_as_they_were(void **state)
{
	static const char odd[] = "\"\\\n\t\x01/\x7f \xc3\xa9 \xf0\x9f\x90\x88";
	struct nvr_chat *c = nvr_chat_new();
	struct nvr_model m = model(NVR_API_OPENAI, 0);
	struct nvr_chat_ask ask = {.model = &m};
	struct nvr_error err;
	json_t *o;

	(void)state;
	assert_int_equal(nvr_chat_user(c, odd, &err), 0);
	assert_int_equal(nvr_chat_user(c, "a\xff\xc3", &err), 0);
	assert_int_equal(nvr_chat_user(c, NULL, &err), 0);
	o = body_of(c, &ask);
	assert_string_equal(text_at(o, "messages.0.content"), odd);
	assert_string_equal(
	    text_at(o, "messages.1.content"), "a\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(text_at(o, "messages.2.content"), "");
	json_decref(o);
	nvr_chat_free(c);
}

static void
a_schema_is_told_without_a_system_text(void **state)
{
	struct nvr_chat *c = nvr_chat_new();
	json_t *schema = json_pack("{s:s}", "type", "object"), *o;
	struct nvr_model m = model(NVR_API_OLLAMA, 0);
	struct nvr_chat_ask ask = {
	    .model = &m, .schema_name = "s", .schema = schema};
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_chat_user(c, "hello", &err), 0);
	o = body_of(c, &ask);
	assert_string_equal(text_at(o, "messages.0.role"), "system");
	assert_string_equal(text_at(o, "messages.1.content"), "hello");
	assert_int_equal(json_array_size(at(o, "messages")), 2);
	json_decref(o);
	json_decref(schema);
	nvr_chat_free(c);
}

static void
old_pictures_are_forgotten(void **state)
{
	struct nvr_chat *c = conversation();
	struct nvr_model m = model(NVR_API_OPENAI, 0);
	struct nvr_chat_ask ask = {.model = &m};
	struct nvr_error err;
	int64_t before = nvr_chat_estimate(c, &ask);
	json_t *o;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(nvr_chat_user(c, "next", &err), 0);
		assert_int_equal(
		    nvr_chat_picture(c, jpeg, sizeof(jpeg), &err), 0);
	}
	nvr_chat_forget_pictures(c, 1);
	o = body_of(c, &ask);
	assert_non_null(text_at(o, "messages.1.content.1.image_url.url"));
	assert_string_equal(
	    text_at(o, "messages.2.content.1.text"), "[picture withdrawn]");
	assert_non_null(text_at(o, "messages.3.content.1.image_url.url"));
	json_decref(o);
	nvr_chat_forget_pictures(c, 0);
	o = body_of(c, &ask);
	assert_null(at(o, "messages.3.content.1.image_url"));
	assert_non_null(text_at(o, "messages.1.content.1.image_url.url"));
	assert_true(nvr_chat_estimate(c, &ask) < before + 100);
	json_decref(o);
	nvr_chat_free(c);
}

static void
a_picture_needs_a_message_and_has_to_be_one(void **state)
{
	struct nvr_chat *c = nvr_chat_new();
	struct nvr_error err;

	(void)state;
	assert_int_equal(
	    nvr_chat_picture(c, jpeg, sizeof(jpeg), &err), NVR_E_BUG);
	assert_int_equal(nvr_chat_text(c, "x", &err), NVR_E_BUG);
	assert_int_equal(nvr_chat_user(c, "x", &err), 0);
	assert_int_equal(nvr_chat_picture(c, "GIF89a", 6, &err), NVR_E_DATA);
	nvr_chat_free(c);
	nvr_chat_free(NULL);
}

static void
the_query_stays_at_the_end_of_the_url(void **state)
{
	static const char *const row[][2] = {
	    {"https://h/v1", "https://h/v1/chat/completions"},
	    {"https://h/v1/", "https://h/v1/chat/completions"},
	    {"https://R.openai.azure.com/openai/v1",
		"https://R.openai.azure.com/openai/v1/chat/completions"},
	    {"https://h/openai/deployments/D?api-version=2024-10-21",
		"https://h/openai/deployments/D/chat/completions"
		"?api-version=2024-10-21"},
	    {"https://h/D/?a=b#c", "https://h/D/chat/completions?a=b"},
	};
	struct nvr_model m = {0};
	struct nvr_error err;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct nvr_buf b = {0};

		strlcpy(m.url, row[i][0], sizeof(m.url));
		assert_int_equal(
		    nvr_chat_url(&m, "/chat/completions", &b, &err), 0);
		assert_string_equal(b.data, row[i][1]);
		nvr_buf_release(&b);
	}
}

static void
a_picture_takes_the_tokens_that_openai_counts(void **state)
{
	static const struct {
		int width, height, tokens, to_width, to_height;
	} row[] = {
	    {1920, 1080, 1105, 1365, 768},
	    {1280, 720, 1105, 1280, 720},
	    {640, 360, 425, 640, 360},
	    {3840, 2160, 1105, 1365, 768},
	    {1080, 1920, 1105, 768, 1365},
	    {4096, 8192, 1105, 768, 1536},
	    {512, 512, 255, 512, 512},
	    {16384, 1, 765, 2048, 1},
	};
	int width = 1920, height = 1080;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int w = row[i].width, h = row[i].height;

		assert_int_equal(nvr_chat_picture_tokens(w, h, NVR_DETAIL_HIGH),
		    row[i].tokens);
		assert_int_equal(nvr_chat_picture_tokens(w, h, NVR_DETAIL_AUTO),
		    row[i].tokens);
		assert_int_equal(
		    nvr_chat_picture_tokens(w, h, NVR_DETAIL_LOW), 85);
		nvr_chat_picture_size(NVR_DETAIL_HIGH, &w, &h);
		assert_int_equal(w, row[i].to_width);
		assert_int_equal(h, row[i].to_height);
	}
	nvr_chat_picture_size(NVR_DETAIL_LOW, &width, &height);
	assert_int_equal(width, 512);
	assert_int_equal(height, 288);
}

static void
an_estimate_counts_all_that_is_sent(void **state)
{
	struct nvr_chat *c = conversation();
	json_t *schema = json_pack("{s:s}", "type", "object");
	struct nvr_model m = model(NVR_API_OPENAI, 0);
	struct nvr_chat_ask ask = {.model = &m};
	int64_t bare = nvr_chat_estimate(c, &ask), with;

	(void)state;
	assert_in_range(bare, 1105 + 1200 + 3, 1105 + 1200 + 20);
	ask.schema = schema;
	with = nvr_chat_estimate(c, &ask);
	assert_true(with > bare);
	m.quirks = NVR_QUIRK_PROMPT_SCHEMA;
	assert_true(nvr_chat_estimate(c, &ask) > with);
	json_decref(schema);
	nvr_chat_free(c);
}

static void
what_it_costs_is_rounded_up_and_never_guessed(void **state)
{
	struct nvr_model m = {.price_in = 2500000, .price_out = 10000000};

	(void)state;
	assert_int_equal(nvr_model_cost(&m, 1000000, 100000), 3500000);
	assert_int_equal(nvr_model_cost(&m, 1, 0), 3);
	assert_int_equal(nvr_model_cost(&m, 0, 0), 0);
	assert_int_equal(nvr_model_cost(&m, -1, 5), NVR_PRICE_UNKNOWN);
	assert_int_equal(nvr_model_cost(&m, 5, -1), NVR_PRICE_UNKNOWN);
	assert_int_equal(nvr_model_cost(&m, INT64_MAX, INT64_MAX), INT64_MAX);
	m.price_out = NVR_PRICE_UNKNOWN;
	assert_int_equal(nvr_model_cost(&m, 1, 0), NVR_PRICE_UNKNOWN);
}

static const struct fixture {
	const char *name;
	long http;
	const char *status;
	bool billing, calls;
	int64_t in, out, cached;
	const char *why; /* a part of it */
} fixtures[] = {
    {"openai-ok", 200, "ok", false, false, 1642, 211, 1024, NULL},
    {"openai-refusal", 200, "refused", false, false, 1642, 211, 1024,
	"refused: I'm sorry"},
    {"openai-truncated", 200, "truncated", false, false, 1642, 211, 1024,
	"max-tokens"},
    {"openai-filtered", 200, "filtered", false, false, 1642, 211, 1024,
	"filtered"},
    {"openai-calls", 200, "ok", false, true, 1642, 211, 1024, NULL},
    {"openai-400", 400, "error", false, false, -1, -1, -1,
	"HTTP 400: Unsupported value: 'temperature'"},
    {"openai-401", 401, "error", false, false, -1, -1, -1,
	"HTTP 401: Incorrect API key"},
    {"openai-429-quota", 429, "error", true, false, -1, -1, -1,
	"HTTP 429: You exceeded"},
    {"openai-429-rate", 429, "error", false, false, -1, -1, -1,
	"HTTP 429: Rate limit"},
    {"azure-ok", 200, "ok", false, false, 1642, 208, 0, NULL},
    {"azure-truncated", 200, "truncated", false, false, 1642, 208, 0, ""},
    {"azure-filtered", 200, "filtered", false, false, 1642, 208, 0, ""},
    {"azure-calls", 200, "ok", false, true, 1642, 208, 0, NULL},
    {"azure-400-filter", 400, "filtered", false, false, -1, -1, -1,
	"HTTP 400: The response was filtered"},
    {"azure-401", 401, "error", false, false, -1, -1, -1, "Access denied"},
    {"azure-404", 404, "error", false, false, -1, -1, -1, "does not exist"},
    {"azure-429", 429, "error", false, false, -1, -1, -1, "rate limit"},
    {"llama-server-ok", 200, "ok", false, false, 1788, 231, 402, NULL},
    {"llama-server-fenced", 200, "ok", false, false, 1788, 231, 402, NULL},
    {"llama-server-truncated", 200, "truncated", false, false, 1788, 231, 402,
	""},
    {"llama-server-calls", 200, "ok", false, true, 1788, 231, 402, NULL},
    {"llama-server-400", 400, "error", false, false, -1, -1, -1,
	"available context size"},
    {"llama-server-500", 500, "error", false, false, -1, -1, -1, "mmproj"},
    {"llama-server-503", 503, "error", false, false, -1, -1, -1,
	"HTTP 503: Loading model"},
    {"ollama-ok", 200, "ok", false, false, 1701, 219, -1, NULL},
    {"ollama-truncated", 200, "truncated", false, false, 1701, 219, -1, ""},
    {"ollama-calls", 200, "ok", false, true, 1701, 219, -1, NULL},
    {"ollama-404", 404, "error", false, false, -1, -1, -1, "not found"},
    {"ollama-500", 500, "error", false, false, -1, -1, -1,
	"HTTP 500: model runner"},
    {"vllm-ok", 200, "ok", false, false, 1815, 225, -1, NULL},
    {"vllm-truncated", 200, "truncated", false, false, 1815, 225, -1, ""},
    {"vllm-calls", 200, "ok", false, true, 1815, 225, -1, NULL},
    {"vllm-400", 400, "error", false, false, -1, -1, -1, "context length"},
    {"vllm-401", 401, "error", false, false, -1, -1, -1,
	"HTTP 401: Unauthorized"},
    {"vllm-404", 404, "error", false, false, -1, -1, -1, "HTTP 404: The model"},
};

/* The answer holds a verdict on the two checks of the fixtures. */
static void
check_verdict(const char *content)
{
	struct nvr_checks checks;
	struct nvr_verdict v;
	struct nvr_error err;

	assert_int_equal(
	    nvr_checks_parse("gate-open: Is the gate open?\n"
			     "person-at-door: Is somebody at the door?",
		&checks, &err),
	    0);
	assert_int_equal(nvr_verdict_read(&checks, content, &v, &err), 0);
	assert_int_equal(v.findings.n, 4);
	nvr_verdict_release(&v);
	nvr_checks_release(&checks);
}

static void
answers_of_all_servers_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
		const struct fixture *f = &fixtures[i];
		struct nvr_chat_answer a;
		struct nvr_error err;
		struct nvr_buf b = {0};
		char path[128];

		snprintf(
		    path, sizeof(path), "tests/fixtures/chat/%s.json", f->name);
		assert_int_equal(nvr_file_read(path, 1 << 20, &b, &err), 0);
		nvr_chat_read(f->http, JSON_TYPE, b.data, b.len, &a);
		if (strcmp(a.status, f->status) != 0)
			print_error("%s: %s\n", f->name, a.why.text);
		assert_string_equal(a.status, f->status);
		assert_int_equal(a.billing, f->billing);
		assert_int_equal(a.tokens_in, f->in);
		assert_int_equal(a.tokens_out, f->out);
		assert_int_equal(a.tokens_cached, f->cached);
		assert_int_equal(a.calls != NULL, f->calls);
		if (f->http == 200) {
			assert_non_null(a.id);
			assert_non_null(a.model);
		}
		if (f->why != NULL)
			assert_non_null(strstr(a.why.text, f->why));
		else if (!f->calls)
			check_verdict(a.content);
		nvr_chat_answer_release(&a);
		nvr_buf_release(&b);
	}
}

static const char *
status_of(long http, const char *type, const char *body)
{
	struct nvr_chat_answer a;
	const char *status;

	nvr_chat_read(http, type, body, strlen(body), &a);
	status = a.status;
	if (strcmp(status, "ok") != 0)
		assert_true(a.why.code != 0 && a.why.text[0] != '\0');
	nvr_chat_answer_release(&a);
	return status;
}

static void
what_is_no_answer_is_invalid(void **state)
{
	static const char *const bad[] = {"", "null", "[]", "\"x\"", "{", "{}",
	    "<html>", "{\"choices\":null}", "{\"choices\":[]}",
	    "{\"choices\":[null]}", "{\"choices\":{\"0\":1}}",
	    "{\"choices\":[{}]}", "{\"choices\":[{\"message\":[]}]}",
	    "{\"choices\":[{\"message\":{}}]}",
	    "{\"choices\":[{\"message\":{\"content\":null}}]}",
	    "{\"choices\":[{\"message\":{\"content\":\"\"}}]}",
	    "{\"choices\":[{\"message\":{\"content\":[1]}}]}",
	    "{\"choices\":[{\"message\":{\"content\":null,"
	    "\"tool_calls\":[]}}]}",
	    "{\"choices\":[{\"finish_reason\":\"abort\","
	    "\"message\":{\"content\":\"x\"}}]}",
	    "{\"choices\":[{\"message\":{\"content\":\"x\"}}]} and more",
	    "{\"a\":1,\"a\":1,"
	    "\"choices\":[{\"message\":{\"content\":\"x\"}}]}",
	    "{\"choices\":[{\"message\":{\"content\":\"\\u0000\"}}]}",
	    "{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}",
	    "{\"n\":1e999,\"choices\":[{\"message\":{\"content\":\"x\"}}]}"};
	static const char good[] =
	    "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(
		    status_of(200, JSON_TYPE, bad[i]), "invalid");
	assert_string_equal(status_of(200, JSON_TYPE, good), "ok");
	assert_string_equal(
	    status_of(200, "Application/JSON; charset=utf-8", good), "ok");
	assert_string_equal(status_of(200, "text/html", good), "invalid");
	assert_string_equal(
	    status_of(200, "application/jsonp", good), "invalid");
	assert_string_equal(status_of(200, NULL, good), "invalid");
	assert_string_equal(status_of(302, JSON_TYPE, good), "error");
	assert_string_equal(
	    status_of(200, JSON_TYPE, "{\"error\":{\"message\":\"no\"}}"),
	    "error");
}

static void
tokens_that_are_none_are_not_reported(void **state)
{
	static const char body[] =
	    "{\"usage\":{\"prompt_tokens\":-3,\"completion_tokens\":1.5,"
	    "\"prompt_tokens_details\":{\"cached_tokens\":\"9\"}},"
	    "\"model\":\"a\\u001bb\",\"id\":7,"
	    "\"choices\":[{\"message\":{\"content\":\"x\"}}]}";
	struct nvr_chat_answer a;

	(void)state;
	nvr_chat_read(200, JSON_TYPE, body, strlen(body), &a);
	assert_string_equal(a.status, "ok");
	assert_int_equal(a.tokens_in, -1);
	assert_int_equal(a.tokens_out, -1);
	assert_int_equal(a.tokens_cached, -1);
	assert_null(a.model);
	assert_null(a.id);
	nvr_chat_answer_release(&a);
}

static void
what_a_server_says_of_an_error_is_bounded_and_printable(void **state)
{
	char body[4096] = "{\"error\":{\"message\":\"\\u001b[2J\\u202e";
	struct nvr_chat_answer a;
	size_t n = strlen(body);

	(void)state;
	memset(body + n, 'x', 3000);
	strlcpy(body + n + 3000, "\"}}", 8);
	nvr_chat_read(500, "text/plain", body, strlen(body), &a);
	assert_string_equal(a.status, "error");
	assert_int_equal(a.why.code, NVR_E_AGAIN);
	assert_memory_equal(a.why.text, "HTTP 500: ?[2J?xxx", 18);
	assert_true(strlen(a.why.text) <= 210);
	nvr_chat_answer_release(&a);
	nvr_chat_read(502, "text/html", "<h1>Bad", 7, &a);
	assert_string_equal(a.why.text, "HTTP 502");
	nvr_chat_answer_release(&a);
	nvr_chat_read(500, NULL, NULL, 0, &a);
	assert_string_equal(a.status, "error");
	nvr_chat_answer_release(&a);
}

/* Deep, wide and long JSON. */
static void
hostile_json_is_harmless(void **state)
{
	size_t len = NVR_CHAT_ANSWER_MAX + 2;
	char *big = malloc(len);
	struct nvr_chat_answer a;

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < len; i++)
		big[i] = "[]"[0];
	for (int k = 0; k < 2; k++) {
		nvr_chat_read(200, JSON_TYPE, big, 90000, &a);
		assert_string_equal(a.status, "invalid");
		nvr_chat_answer_release(&a);
		nvr_chat_read(200, JSON_TYPE, big, len, &a);
		assert_string_equal(a.status, "invalid");
		nvr_chat_answer_release(&a);
		for (size_t i = 0; i < len; i++)
			big[i] = "[{},"[i == 0 ? 0 : 1 + (i - 1) % 3];
	}
	free(big);
}

/* It is small, and would take a hundred times as much in memory. */
static void
an_answer_of_too_many_values_is_invalid(void **state)
{
	static const char end[] =
	    "1],\"choices\":[{\"message\":{\"content\":\"x\"}}]}";
	struct nvr_buf b = {0};
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_buf_addf(&b, &err, "{\"x\":["), 0);
	for (int i = 0; i < 90000; i++)
		assert_int_equal(nvr_buf_add(&b, "1,", 2, &err), 0);
	assert_int_equal(nvr_buf_addf(&b, &err, "%s", end), 0);
	assert_string_equal(status_of(200, JSON_TYPE, b.data), "ok");
	b.len -= sizeof(end) - 1;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(nvr_buf_add(&b, "1,", 2, &err), 0);
	assert_int_equal(nvr_buf_addf(&b, &err, "%s", end), 0);
	assert_string_equal(status_of(200, JSON_TYPE, b.data), "invalid");
	nvr_buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_server_gets_the_members_that_it_knows),
	    cmocka_unit_test(quirks_are_heeded),
	    cmocka_unit_test(tools_are_offered_one_at_a_time),
	    cmocka_unit_test(
		messages_and_pictures_are_as_the_protocol_has_them),
	    cmocka_unit_test(base64_is_padded_whatever_the_length),
	    cmocka_unit_test(texts_come_back_as_they_were),
	    cmocka_unit_test(a_schema_is_told_without_a_system_text),
	    cmocka_unit_test(old_pictures_are_forgotten),
	    cmocka_unit_test(a_picture_needs_a_message_and_has_to_be_one),
	    cmocka_unit_test(the_query_stays_at_the_end_of_the_url),
	    cmocka_unit_test(a_picture_takes_the_tokens_that_openai_counts),
	    cmocka_unit_test(an_estimate_counts_all_that_is_sent),
	    cmocka_unit_test(what_it_costs_is_rounded_up_and_never_guessed),
	    cmocka_unit_test(answers_of_all_servers_are_understood),
	    cmocka_unit_test(what_is_no_answer_is_invalid),
	    cmocka_unit_test(tokens_that_are_none_are_not_reported),
	    cmocka_unit_test(
		what_a_server_says_of_an_error_is_bounded_and_printable),
	    cmocka_unit_test(hostile_json_is_harmless),
	    cmocka_unit_test(an_answer_of_too_many_values_is_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
