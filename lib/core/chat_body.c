/* The body of a request, and where it goes; see chat.h. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/chat_int.h"
#include "seal/base64.h"

#define TELL_SCHEMA                                                          \
	"\\n\\nAnswer with one JSON object that fits this JSON Schema, and " \
	"with nothing else:\\n"

static int
put(struct nvr_buf *b, const char *text, struct nvr_error *err)
{
	return nvr_buf_add(b, text, strlen(text), err);
}

/* The inside of a JSON string (RFC 8259); broken UTF-8 becomes U+FFFD. */
static int
put_escaped(struct nvr_buf *b, const char *text, struct nvr_error *err)
{
	const char *plain = text;
	char hex[8];
	unsigned c;
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		int n = nvr_utf8_next(text, &c);

		if (n > 0 && c >= 0x20 && c != '"' && c != '\\') {
			text += n;
			continue;
		}
		rc = nvr_buf_add(b, plain, (size_t)(text - plain), err);
		snprintf(hex, sizeof(hex), "\\u%04x", n > 0 ? c : 0xfffd);
		if (rc == 0)
			rc = put(b, hex, err);
		plain = ++text;
	}
	return rc == 0 ? nvr_buf_add(b, plain, (size_t)(text - plain), err)
		       : rc;
}

static int
put_string(struct nvr_buf *b, const char *text, struct nvr_error *err)
{
	int rc = put(b, "\"", err);

	if (rc == 0)
		rc = put_escaped(b, text, err);
	return rc == 0 ? put(b, "\"", err) : rc;
}

static int
on_dump(const char *data, size_t len, void *ctx)
{
	struct nvr_error ignored;

	return nvr_buf_add(ctx, data, len, &ignored) == 0 ? 0 : -1;
}

static int
put_json(
    struct nvr_buf *b, const json_t *j, size_t flags, struct nvr_error *err)
{
	if (json_dump_callback(j, on_dump, b, JSON_COMPACT | flags) != 0)
		return nvr_fail_nomem(err);
	return 0;
}

static int
put_picture(struct nvr_buf *b, const struct nvr_chat_part *p,
    enum nvr_detail detail, struct nvr_error *err)
{
	int rc = put(b,
	    "{\"type\":\"image_url\",\"image_url\":{\"url\":"
	    "\"data:image/jpeg;base64,",
	    err);

	if (rc == 0)
		rc = nvr_base64_add(b, p->jpeg, p->len, err);
	return rc == 0 ? nvr_buf_addf(b, err, "\",\"detail\":\"%s\"}}",
			     nvr_detail_words[detail])
		       : rc;
}

/* One text is a string, which every server's template can take. */
static int
put_parts(struct nvr_buf *b, const struct nvr_chat_message *m,
    enum nvr_detail detail, struct nvr_error *err)
{
	int rc = 0;
	bool first = true;

	if (m->n == 0 && m->calls != NULL)
		return put(b, "null", err);
	if (m->n == 0 || (m->n == 1 && m->part[0].jpeg == NULL))
		return put_string(
		    b, m->n > 0 ? nvr_or_empty(m->part[0].text) : "", err);
	for (size_t i = 0; rc == 0 && i < m->n; i++) {
		const struct nvr_chat_part *p = &m->part[i];

		if (p->jpeg == NULL && p->text == NULL)
			continue;
		rc = put(b, first ? "[" : ",", err);
		first = false;
		if (rc == 0 && p->jpeg != NULL) {
			rc = put_picture(b, p, detail, err);
			continue;
		}
		if (rc == 0)
			rc = put(b, "{\"type\":\"text\",\"text\":", err);
		if (rc == 0)
			rc = put_string(b, p->text, err);
		if (rc == 0)
			rc = put(b, "}", err);
	}
	return rc == 0 ? put(b, first ? "[]" : "]", err) : rc;
}

static int
put_message(struct nvr_buf *b, const struct nvr_chat_message *m,
    enum nvr_detail detail, struct nvr_error *err)
{
	int rc = nvr_buf_addf(b, err, "{\"role\":\"%s\",\"content\":", m->role);

	if (rc == 0)
		rc = put_parts(b, m, detail, err);
	if (rc == 0 && m->calls != NULL)
		rc = put(b, ",\"tool_calls\":", err);
	if (rc == 0 && m->calls != NULL)
		rc = put_json(b, m->calls, 0, err);
	if (rc == 0 && m->answered != NULL)
		rc = put(b, ",\"tool_call_id\":", err);
	if (rc == 0 && m->answered != NULL)
		rc = put_string(b, m->answered, err);
	return rc == 0 ? put(b, "}", err) : rc;
}

/* The first message, and the schema in words behind it. */
static int
put_system(struct nvr_buf *b, const struct nvr_chat_message *m,
    const struct nvr_chat_ask *ask, struct nvr_error *err)
{
	char *schema = json_dumps(ask->schema, JSON_COMPACT);
	int rc;

	if (schema == NULL)
		return nvr_fail_nomem(err);
	rc = put(b, "{\"role\":\"system\",\"content\":\"", err);
	if (rc == 0 && m != NULL && m->n > 0 && m->part[0].text != NULL)
		rc = put_escaped(b, m->part[0].text, err);
	if (rc == 0)
		rc = put(b, TELL_SCHEMA, err);
	if (rc == 0)
		rc = put_escaped(b, schema, err);
	free(schema);
	return rc == 0 ? put(b, "\"}", err) : rc;
}

/* Templates of local models take one system message, and it comes first. */
static int
put_messages(struct nvr_buf *b, const struct nvr_chat *chat,
    const struct nvr_chat_ask *ask, struct nvr_error *err)
{
	bool tell = nvr_chat_tells_schema(ask), has_system;
	size_t i = 0;
	int rc = put(b, "\"messages\":[", err);

	has_system = chat->n > 0 && strcmp(chat->msg[0].role, "system") == 0;
	if (rc == 0 && tell) {
		i = has_system;
		rc = put_system(b, has_system ? chat->msg : NULL, ask, err);
	}
	for (; rc == 0 && i < chat->n; i++) {
		if (i > 0 || tell)
			rc = put(b, ",", err);
		if (rc == 0)
			rc = put_message(
			    b, &chat->msg[i], ask->model->detail, err);
	}
	return rc == 0 ? put(b, "]", err) : rc;
}

/* Sets it, and eats the reference. */
static int
set(json_t *o, const char *key, json_t *value)
{
	return json_object_set_new(o, key, value);
}

static int
set_format(json_t *o, const struct nvr_chat_ask *ask)
{
	if (ask->schema == NULL)
		return 0;
	if ((ask->model->quirks & NVR_QUIRK_NO_SCHEMA) != 0)
		return set(o, "response_format",
		    json_pack("{s:s}", "type", "json_object"));
	return set(o, "response_format",
	    json_pack("{s:s, s:{s:s, s:b, s:O}}", "type", "json_schema",
		"json_schema", "name", nvr_or_empty(ask->schema_name), "strict",
		1, "schema", ask->schema));
}

/*
 * llama-server takes the name of a tool for `auto` without a word; `required`
 * comes to the same where one tool is offered.
 */
static int
set_tools(json_t *o, const struct nvr_chat_ask *ask)
{
	int rc;

	if (ask->tools == NULL || json_array_size(ask->tools) == 0)
		return 0;
	rc = json_object_set(o, "tools", ask->tools);
	if (ask->model->api == NVR_API_OLLAMA ||
	    (ask->model->quirks & NVR_QUIRK_NO_TOOL_CHOICE) != 0)
		return rc;
	rc |= set(o, "parallel_tool_calls", json_false());
	if (ask->must_call == NULL)
		return rc;
	if (ask->model->api == NVR_API_LLAMA_SERVER)
		return rc | set(o, "tool_choice", json_string("required"));
	return rc | set(o, "tool_choice",
			json_pack("{s:s, s:{s:s}}", "type", "function",
			    "function", "name", ask->must_call));
}

/*
 * All but the messages.  Azure keeps nothing unless it is asked to, and its
 * older versions refuse `store`; the local servers do not know it.
 */
static int
set_members(json_t *o, const struct nvr_chat_ask *ask)
{
	const struct nvr_model *m = ask->model;
	bool theirs = m->api == NVR_API_OPENAI || m->api == NVR_API_AZURE;
	int rc = set(o, "model", json_string(m->model));

	if ((m->quirks & NVR_QUIRK_NO_TEMPERATURE) == 0)
		rc |= set(o, "temperature", json_real(ask->temperature));
	if (m->max_tokens > 0)
		rc |= set(o,
		    theirs && (m->quirks & NVR_QUIRK_MAX_TOKENS) == 0
			? "max_completion_tokens"
			: "max_tokens",
		    json_integer(m->max_tokens));
	if (m->api == NVR_API_OPENAI && (m->quirks & NVR_QUIRK_NO_STORE) == 0)
		rc |= set(o, "store", json_false());
	if ((m->quirks & NVR_QUIRK_NO_REASONING) != 0)
		rc |= set(o, "reasoning_effort", json_string("none"));
	return rc | set_format(o, ask) | set_tools(o, ask);
}

/* At once, so that the body does not move while it grows. */
static int
reserve(struct nvr_buf *b, const struct nvr_chat *chat, struct nvr_error *err)
{
	size_t size = 16384;

	for (size_t i = 0; i < chat->n; i++)
		for (size_t k = 0; k < chat->msg[i].n; k++)
			size += NVR_BASE64_LEN(chat->msg[i].part[k].len);
	return nvr_buf_reserve(b, size, err);
}

int
nvr_chat_body(const struct nvr_chat *chat, const struct nvr_chat_ask *ask,
    struct nvr_buf *ret, struct nvr_error *err)
{
	json_t *o = json_object();
	int rc;

	if (o == NULL)
		return nvr_fail_nomem(err);
	rc = set_members(o, ask) != 0
		 ? nvr_fail(err, NVR_E_USAGE,
		       "the model's name or a tool's is not UTF-8")
		 : reserve(ret, chat, err);
	if (rc == 0)
		rc = put(ret, "{", err);
	if (rc == 0)
		rc = put_json(ret, o, JSON_EMBED, err);
	if (rc == 0)
		rc = put(ret, ",", err);
	if (rc == 0)
		rc = put_messages(ret, chat, ask, err);
	if (rc == 0)
		rc = put(ret, "}", err);
	json_decref(o);
	if (rc != 0)
		nvr_buf_release(ret);
	return rc;
}

int
nvr_chat_url(const struct nvr_model *model, const char *path,
    struct nvr_buf *ret, struct nvr_error *err)
{
	size_t len = strcspn(model->url, "?#");
	const char *query = model->url + len;
	int rc;

	while (len > 0 && model->url[len - 1] == '/')
		len--;
	rc = nvr_buf_add(ret, model->url, len, err);
	if (rc == 0)
		rc = put(ret, path, err);
	if (rc == 0)
		rc = nvr_buf_add(ret, query, strcspn(query, "#"), err);
	return rc;
}
