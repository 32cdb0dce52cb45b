/* What a server answered; see chat.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "core/chat.h"

#define VALUES_MAX 100000  /* of JSON; jansson takes some 150 bytes for each */
#define NAME_MAX_BYTES 128 /* of an id or a model */
#define MESSAGE_MAX 200	   /* of what a server says of an error */

static void
end(struct nvr_chat_answer *a, const char *status, int code, const char *what)
{
	a->status = status;
	nvr_fail(&a->why, code, "%s", what);
}

/* The same with what the server says, as far as it is fit to be shown. */
static void
end_saying(struct nvr_chat_answer *a, const char *status, int code,
    const char *what, const char *said)
{
	char safe[MESSAGE_MAX + 1];

	a->status = status;
	if (said != NULL && said[0] != '\0')
		nvr_fail(&a->why, code, "%s: %s", what,
		    nvr_text_safe(said, safe, sizeof(safe)));
	else
		nvr_fail(&a->why, code, "%s", what);
}

/* A text that may be kept and shown; anything else is none. */
static const char *
get_name(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);

	if (s == NULL || s[0] == '\0' ||
	    json_string_length(v) > NAME_MAX_BYTES || !nvr_text_printable(s))
		return NULL;
	return s;
}

static int64_t
get_tokens(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) && json_integer_value(v) >= 0
		   ? json_integer_value(v)
		   : -1;
}

static void
read_usage(struct nvr_chat_answer *a)
{
	const json_t *usage = json_object_get(a->json, "usage");

	a->tokens_in = get_tokens(usage, "prompt_tokens");
	a->tokens_out = get_tokens(usage, "completion_tokens");
	a->tokens_cached = get_tokens(
	    json_object_get(usage, "prompt_tokens_details"), "cached_tokens");
}

json_t *
nvr_chat_load(const char *body, size_t len)
{
	size_t values = 0;

	if (body == NULL || len > NVR_CHAT_ANSWER_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		values += body[i] == ',' || body[i] == '[' || body[i] == '{';
	return values <= VALUES_MAX
		   ? json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL)
		   : NULL;
}

static bool
is_json(const char *type)
{
	static const char want[] = "application/json";
	size_t n = sizeof(want) - 1;

	return type != NULL && strncasecmp(type, want, n) == 0 &&
	       (type[n] == '\0' || strchr("; \t", type[n]) != NULL);
}

static bool
is_one_of(const char *s, const char *const *words)
{
	while (s != NULL && *words != NULL && strcmp(s, *words) != 0)
		words++;
	return s != NULL && *words != NULL;
}

/* Whether it was the filter of what may be asked. */
static bool
is_filter(const json_t *error)
{
	static const char *const words[] = {"content_filter",
	    "content_policy_violation", "ResponsibleAIPolicyViolation", NULL};
	const json_t *inner = json_object_get(error, "innererror");

	return is_one_of(
		   json_string_value(json_object_get(error, "code")), words) ||
	       is_one_of(
		   json_string_value(json_object_get(inner, "code")), words);
}

static bool
is_billing(const json_t *error)
{
	static const char *const words[] = {"insufficient_quota",
	    "billing_hard_limit_reached", "billing_not_active", NULL};

	return is_one_of(
		   json_string_value(json_object_get(error, "code")), words) ||
	       is_one_of(
		   json_string_value(json_object_get(error, "type")), words);
}

static int
code_of(long http)
{
	if (http == 401 || http == 403)
		return NVR_E_PERMISSION;
	if (http == 408 || http == 409 || http == 429 || http >= 500)
		return NVR_E_AGAIN;
	return http == 404 ? NVR_E_NOENT : NVR_E_UNAVAILABLE;
}

/*
 * OpenAI, Azure, llama-server and vLLM: {"error": {"message": …, "code": …}};
 * Ollama's own API {"error": "…"}; older vLLM {"message": …}; the frameworks
 * below them {"detail": "…"}.
 */
static void
read_error(struct nvr_chat_answer *a, long http)
{
	static const char *const keys[] = {"error", "message", "detail"};
	const json_t *error = json_object_get(a->json, "error");
	const char *said = NULL;
	char what[32];

	if (!json_is_object(error))
		error = a->json;
	else
		said = json_string_value(json_object_get(error, "message"));
	for (size_t i = 0; said == NULL && i < 3; i++)
		said = json_string_value(json_object_get(a->json, keys[i]));
	snprintf(what, sizeof(what), "HTTP %ld", http);
	a->billing = is_billing(error);
	if (is_filter(error))
		end_saying(a, "filtered", NVR_E_DATA, what, said);
	else
		end_saying(a, "error", code_of(http), what, said);
}

/* How it ended, and what there is of it. */
static void
read_message(
    struct nvr_chat_answer *a, const json_t *choice, const json_t *message)
{
	static const char *const good[] = {
	    "stop", "tool_calls", "function_call", NULL};
	const char *why =
	    json_string_value(json_object_get(choice, "finish_reason"));
	const char *refusal =
	    json_string_value(json_object_get(message, "refusal"));
	json_t *calls = json_object_get(message, "tool_calls");

	a->content = json_string_value(json_object_get(message, "content"));
	if (json_array_size(calls) > 0)
		a->calls = calls;
	if (why != NULL && strcmp(why, "content_filter") == 0)
		end(a, "filtered", NVR_E_DATA, "the answer was filtered");
	else if (refusal != NULL && refusal[0] != '\0')
		end_saying(a, "refused", NVR_E_DATA, "refused", refusal);
	else if (why != NULL && strcmp(why, "length") == 0)
		end(a, "truncated", NVR_E_DATA,
		    "the answer is longer than max-tokens");
	else if (why != NULL && !is_one_of(why, good))
		end_saying(a, "invalid", NVR_E_DATA,
		    "the answer ended for a reason that is not known", why);
	else if (a->calls == NULL &&
		 (a->content == NULL || a->content[0] == '\0'))
		end(a, "invalid", NVR_E_DATA, "the answer is empty");
	else
		a->status = "ok";
}

static void
read_answer(struct nvr_chat_answer *a, long http)
{
	const json_t *error = json_object_get(a->json, "error");
	const json_t *choice =
	    json_array_get(json_object_get(a->json, "choices"), 0);
	const json_t *message = json_object_get(choice, "message");

	a->id = get_name(a->json, "id");
	a->model = get_name(a->json, "model");
	read_usage(a);
	if (json_is_object(error) || json_is_string(error))
		read_error(a, http);
	else if (!json_is_object(message))
		end(a, "invalid", NVR_E_DATA, "the answer holds no choice");
	else
		read_message(a, choice, message);
}

void
nvr_chat_read(long http, const char *content_type, const char *body, size_t len,
    struct nvr_chat_answer *ret)
{
	bool good = http >= 200 && http < 300;

	*ret = (struct nvr_chat_answer){
	    .tokens_in = -1, .tokens_out = -1, .tokens_cached = -1};
	if (good && !is_json(content_type)) {
		end_saying(ret, "invalid", NVR_E_DATA,
		    "the answer is no JSON but", content_type);
		return;
	}
	ret->json = nvr_chat_load(body, len);
	if (!good)
		read_error(ret, http);
	else if (!json_is_object(ret->json))
		end(ret, "invalid", NVR_E_DATA, "the answer is not JSON");
	else
		read_answer(ret, http);
}

void
nvr_chat_answer_release(struct nvr_chat_answer *a)
{
	json_decref(a->json);
	*a = (struct nvr_chat_answer){0};
}
