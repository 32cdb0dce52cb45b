/*
 * Chat Completions as bytes: requests to, and answers from, OpenAI, Azure,
 * llama-server, Ollama and vLLM.  No network here.
 *
 * Source: the OpenAPI description of OpenAI's API, POST /chat/completions.
 * Where servers differ, enum nvr_api and enum nvr_quirk say how.
 */
#ifndef NVR_CORE_CHAT_H
#define NVR_CORE_CHAT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/model.h"

/* A conversation, that grows; it holds one copy of each picture. */
struct nvr_chat;

struct nvr_chat *nvr_chat_new(void); /* NULL: no memory */
void nvr_chat_free(struct nvr_chat *chat);

int nvr_chat_system(
    struct nvr_chat *chat, const char *text, struct nvr_error *err);
/* Begins a message of the user's; text and pictures are added to it. */
int nvr_chat_user(
    struct nvr_chat *chat, const char *text, struct nvr_error *err);
int nvr_chat_text(
    struct nvr_chat *chat, const char *text, struct nvr_error *err);
int nvr_chat_picture(
    struct nvr_chat *chat, const void *jpeg, size_t len, struct nvr_error *err);
/* What the model said; calls, its tool_calls as they came, or NULL. */
int nvr_chat_said(struct nvr_chat *chat, const char *content, json_t *calls,
    struct nvr_error *err);
/* What a tool gave, for the call of that id. */
int nvr_chat_told(struct nvr_chat *chat, const char *call_id, const char *text,
    struct nvr_error *err);
/* Where the conversation stands, and back to there. */
size_t nvr_chat_mark(const struct nvr_chat *chat);
void nvr_chat_return(struct nvr_chat *chat, size_t mark);

/*
 * All pictures but the first, which it is about, and the newest `keep` become
 * the words `[picture withdrawn]`.
 */
void nvr_chat_forget_pictures(struct nvr_chat *chat, int keep);

struct nvr_chat_ask {
	const struct nvr_model *model;
	const char *schema_name; /* NULL: no schema, tools are offered */
	json_t *schema;		 /* borrowed */
	json_t *tools;		 /* an array; NULL: none */
	/* The tool it has to call, the only one then; NULL: its choice. */
	const char *must_call;
	double temperature;
};

/* The body of a request, which must be empty before, and is on failure. */
int nvr_chat_body(const struct nvr_chat *chat, const struct nvr_chat_ask *ask,
    struct nvr_buf *ret, struct nvr_error *err);

/* The URL to POST it to: the query of the profile's stays at its end. */
int nvr_chat_url(const struct nvr_model *model, const char *path,
    struct nvr_buf *ret, struct nvr_error *err);

/*
 * How many tokens a request will take, at the most that is likely: four bytes
 * of text, schema and tools a token, each picture as large as tokens come in
 * `detail` (nvr_chat_picture_tokens), and a whole answer.
 */
int64_t nvr_chat_estimate(
    const struct nvr_chat *chat, const struct nvr_chat_ask *ask);
/* OpenAI's rule for tiles of 512: 85 for low, else 85 + 170 a tile. */
int64_t nvr_chat_picture_tokens(int width, int height, enum nvr_detail detail);
/* The size that the model makes of a picture; it is never enlarged. */
void nvr_chat_picture_size(enum nvr_detail detail, int *width, int *height);

/*
 * What that many tokens cost, rounded up; NVR_PRICE_UNKNOWN where a price or
 * a number (-1) is.
 */
int64_t nvr_model_cost(
    const struct nvr_model *model, int64_t tokens_in, int64_t tokens_out);

/* The largest answer that is read, bytes. */
#define NVR_CHAT_ANSWER_MAX ((size_t)4 << 20)

/*
 * The JSON of an answer; NULL: it is none, or of so many values that reading
 * it would take more memory than an answer can be worth.
 */
json_t *nvr_chat_load(const char *body, size_t len);

struct nvr_chat_answer {
	const char
	    *status; /* ok, refused, filtered, truncated, invalid, error */
	struct nvr_error why;	/* where it is not ok */
	bool billing;		/* error: out of quota, which no retry mends */
	json_t *json;		/* owns the texts; NULL: it was none */
	const char *id, *model; /* NULL: it did not say */
	const char *content;	/* NULL: none */
	json_t *calls;		/* tool_calls, an array; NULL: none */
	int64_t tokens_in, tokens_out; /* -1: not reported */
	int64_t tokens_cached;	       /* -1: not reported */
};

/*
 * Reads an answer of that HTTP status.  It always leaves an answer with a
 * status; texts from the server in `why` are bounded and made printable.
 */
void nvr_chat_read(long http, const char *content_type, const char *body,
    size_t len, struct nvr_chat_answer *ret);
void nvr_chat_answer_release(struct nvr_chat_answer *a);

#endif
