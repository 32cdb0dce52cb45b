/* A conversation, and what it will cost; see chat.h. */
#include <stdlib.h>
#include <string.h>

#include "base/jpeg.h"
#include "core/chat_int.h"

#define WITHDRAWN "[picture withdrawn]"
#define FRAME 16 /* bytes of text that a message takes besides its own */

struct nvr_chat *
nvr_chat_new(void)
{
	return calloc(1, sizeof(struct nvr_chat));
}

static void
part_release(struct nvr_chat_part *p)
{
	free(p->text);
	free(p->jpeg);
	*p = (struct nvr_chat_part){0};
}

size_t
nvr_chat_mark(const struct nvr_chat *chat)
{
	return chat->n;
}

void
nvr_chat_return(struct nvr_chat *chat, size_t mark)
{
	while (chat->n > mark) {
		struct nvr_chat_message *m = &chat->msg[--chat->n];

		for (size_t k = 0; k < m->n; k++)
			part_release(&m->part[k]);
		free(m->part);
		json_decref(m->calls);
		free(m->answered);
	}
}

void
nvr_chat_free(struct nvr_chat *chat)
{
	if (chat == NULL)
		return;
	nvr_chat_return(chat, 0);
	free(chat->msg);
	free(chat);
}

static int
add_message(struct nvr_chat *chat, const char *role, struct nvr_error *err)
{
	struct nvr_chat_message *p =
	    reallocarray(chat->msg, chat->n + 1, sizeof(*chat->msg));

	if (p == NULL)
		return nvr_fail_nomem(err);
	chat->msg = p;
	p[chat->n++] = (struct nvr_chat_message){.role = role};
	return 0;
}

/* Another part of the newest message; it stays empty on failure. */
static int
add_part(
    struct nvr_chat *chat, struct nvr_chat_part **ret, struct nvr_error *err)
{
	struct nvr_chat_message *m = &chat->msg[chat->n - 1];
	struct nvr_chat_part *p =
	    reallocarray(m->part, m->n + 1, sizeof(*m->part));

	if (p == NULL)
		return nvr_fail_nomem(err);
	m->part = p;
	p[m->n] = (struct nvr_chat_part){0};
	*ret = &p[m->n++];
	return 0;
}

static int
add_text(struct nvr_chat *chat, const char *text, struct nvr_error *err)
{
	struct nvr_chat_part *p;
	int rc = text != NULL ? add_part(chat, &p, err) : 0;

	if (rc != 0 || text == NULL)
		return rc;
	p->text = strdup(text);
	return p->text != NULL ? 0 : nvr_fail_nomem(err);
}

int
nvr_chat_system(struct nvr_chat *chat, const char *text, struct nvr_error *err)
{
	int rc = add_message(chat, "system", err);

	return rc == 0 ? add_text(chat, text, err) : rc;
}

int
nvr_chat_user(struct nvr_chat *chat, const char *text, struct nvr_error *err)
{
	int rc = add_message(chat, "user", err);

	return rc == 0 ? add_text(chat, text, err) : rc;
}

static int
check_user(const struct nvr_chat *chat, struct nvr_error *err)
{
	if (chat->n == 0 || strcmp(chat->msg[chat->n - 1].role, "user") != 0)
		return nvr_fail(
		    err, NVR_E_BUG, "no message of the user's is open");
	return 0;
}

int
nvr_chat_text(struct nvr_chat *chat, const char *text, struct nvr_error *err)
{
	int rc = check_user(chat, err);

	return rc == 0 ? add_text(chat, text, err) : rc;
}

int
nvr_chat_picture(
    struct nvr_chat *chat, const void *jpeg, size_t len, struct nvr_error *err)
{
	struct nvr_chat_part *p;
	int width, height, rc = check_user(chat, err);

	if (rc == 0 && len > NVR_JPEG_MAX_BYTES)
		rc = nvr_fail(err, NVR_E_DATA, "the picture is too large");
	if (rc == 0)
		rc = nvr_jpeg_size(jpeg, len, &width, &height, err);
	if (rc == 0)
		rc = add_part(chat, &p, err);
	if (rc != 0)
		return rc;
	p->jpeg = malloc(len);
	if (p->jpeg == NULL)
		return nvr_fail_nomem(err);
	memcpy(p->jpeg, jpeg, len);
	p->len = len;
	p->width = width;
	p->height = height;
	return 0;
}

int
nvr_chat_said(struct nvr_chat *chat, const char *content, json_t *calls,
    struct nvr_error *err)
{
	int rc = add_message(chat, "assistant", err);

	if (rc == 0)
		chat->msg[chat->n - 1].calls = json_incref(calls);
	return rc == 0 ? add_text(chat, content, err) : rc;
}

int
nvr_chat_told(struct nvr_chat *chat, const char *call_id, const char *text,
    struct nvr_error *err)
{
	struct nvr_chat_message *m;
	int rc = add_message(chat, "tool", err);

	if (rc != 0)
		return rc;
	m = &chat->msg[chat->n - 1];
	m->answered = strdup(call_id);
	return m->answered != NULL ? add_text(chat, text, err)
				   : nvr_fail_nomem(err);
}

static int
count_pictures(const struct nvr_chat *chat)
{
	int n = 0;

	for (size_t i = 0; i < chat->n; i++)
		for (size_t k = 0; k < chat->msg[i].n; k++)
			n += chat->msg[i].part[k].jpeg != NULL;
	return n;
}

/* Without memory for the words, the part stays empty and is not written. */
void
nvr_chat_forget_pictures(struct nvr_chat *chat, int keep)
{
	int last = count_pictures(chat) - keep, n = 0;

	for (size_t i = 0; i < chat->n; i++)
		for (size_t k = 0; k < chat->msg[i].n; k++) {
			struct nvr_chat_part *p = &chat->msg[i].part[k];

			if (p->jpeg == NULL || ++n == 1 || n > last)
				continue;
			part_release(p);
			p->text = strdup(WITHDRAWN);
		}
}

bool
nvr_chat_tells_schema(const struct nvr_chat_ask *ask)
{
	enum nvr_api api = ask->model->api;

	return ask->schema != NULL &&
	       (api == NVR_API_LLAMA_SERVER || api == NVR_API_OLLAMA ||
		   api == NVR_API_VLLM ||
		   (ask->model->quirks &
		       (NVR_QUIRK_PROMPT_SCHEMA | NVR_QUIRK_NO_SCHEMA)) != 0);
}

void
nvr_chat_picture_size(enum nvr_detail detail, int *width, int *height)
{
	int side = detail == NVR_DETAIL_LOW ? 512 : 2048;
	int *longer = *width > *height ? width : height;
	int *shorter = longer == width ? height : width;

	if (*longer > side) {
		*shorter = (int)((int64_t)*shorter * side / *longer);
		*longer = side;
	}
	if (detail != NVR_DETAIL_LOW && *shorter > 768) {
		*longer = (int)((int64_t)*longer * 768 / *shorter);
		*shorter = 768;
	}
	if (*shorter < 1)
		*shorter = 1;
}

int64_t
nvr_chat_picture_tokens(int width, int height, enum nvr_detail detail)
{
	if (detail == NVR_DETAIL_LOW)
		return 85;
	nvr_chat_picture_size(detail, &width, &height);
	return 85 +
	       170 * (int64_t)((width + 511) / 512) * ((height + 511) / 512);
}

/* Bytes of it as JSON. */
static size_t
json_size(const json_t *j)
{
	return j != NULL ? json_dumpb(j, NULL, 0, JSON_COMPACT) : 0;
}

int64_t
nvr_chat_estimate(const struct nvr_chat *chat, const struct nvr_chat_ask *ask)
{
	size_t text = json_size(ask->schema) + json_size(ask->tools);
	int64_t tokens = ask->model->max_tokens;

	if (nvr_chat_tells_schema(ask))
		text += json_size(ask->schema);
	for (size_t i = 0; i < chat->n; i++) {
		const struct nvr_chat_message *m = &chat->msg[i];

		text += FRAME + json_size(m->calls);
		for (size_t k = 0; k < m->n; k++)
			if (m->part[k].jpeg != NULL)
				tokens +=
				    nvr_chat_picture_tokens(m->part[k].width,
					m->part[k].height, ask->model->detail);
			else if (m->part[k].text != NULL)
				text += strlen(m->part[k].text);
	}
	return tokens + (int64_t)(text / 4 + 1);
}

int64_t
nvr_model_cost(
    const struct nvr_model *model, int64_t tokens_in, int64_t tokens_out)
{
	int64_t in, out, sum;

	if (model->price_in < 0 || model->price_out < 0 || tokens_in < 0 ||
	    tokens_out < 0)
		return NVR_PRICE_UNKNOWN;
	if (__builtin_mul_overflow(tokens_in, model->price_in, &in) ||
	    __builtin_mul_overflow(tokens_out, model->price_out, &out) ||
	    __builtin_add_overflow(in, out, &sum))
		return INT64_MAX;
	return sum / 1000000 + (sum % 1000000 != 0);
}
