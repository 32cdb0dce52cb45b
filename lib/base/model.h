/*
 * Vision models as nvr.conf names them ([model NAME]), and the limits that
 * hold for what they may cost ([tier NAME]).  Money is in millionths of the
 * currency that the prices are in.
 */
#ifndef NVR_BASE_MODEL_H
#define NVR_BASE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/* Whose Chat Completions it is: they differ in small ways; see core/chat.c. */
enum nvr_api {
	NVR_API_OPENAI,
	NVR_API_AZURE,
	NVR_API_LLAMA_SERVER,
	NVR_API_OLLAMA,
	NVR_API_VLLM,
};
extern const char *const nvr_api_words[]; /* NULL ends */

/* `detail` of a picture, which says what the model makes of its size. */
enum nvr_detail { NVR_DETAIL_LOW, NVR_DETAIL_HIGH, NVR_DETAIL_AUTO };
extern const char *const nvr_detail_words[]; /* NULL ends */

/* What a server does otherwise than its api says; `quirks` in nvr.conf. */
enum nvr_quirk {
	NVR_QUIRK_NO_TEMPERATURE = 1 << 0, /* refuses `temperature` */
	NVR_QUIRK_MAX_TOKENS = 1 << 1,	   /* not `max_completion_tokens` */
	NVR_QUIRK_NO_STORE = 1 << 2,	   /* refuses `store` */
	NVR_QUIRK_NO_SCHEMA = 1 << 3,	   /* no `json_schema`: json_object */
	NVR_QUIRK_PROMPT_SCHEMA = 1
				  << 4,	 /* the schema goes in the prompt too */
	NVR_QUIRK_NO_REASONING = 1 << 5, /* sends `reasoning_effort: none` */
	/* refuses `tool_choice` and `parallel_tool_calls` */
	NVR_QUIRK_NO_TOOL_CHOICE = 1 << 6,
	NVR_QUIRK_PLAIN_HTTP = 1 << 7, /* http:// to another host is meant */
};
extern const char *const nvr_quirk_words[]; /* by bit; NULL ends */

#define NVR_PRICE_UNKNOWN (-1)
#define NVR_MODELS_MAX 16 /* profiles, and so hosts that are asked */

struct nvr_model {
	char name[64];	    /* of the profile */
	char url[512];	    /* ahead of /chat/completions; may have a ?query */
	char model[128];    /* as the server calls it */
	char key_file[512]; /* ""; the key is its first line */
	char tls_ca[512];   /* PEM; "": the system's */
	enum nvr_api api;
	enum nvr_detail detail;
	unsigned quirks;
	long long max_tokens;	     /* of an answer */
	int64_t timeout;	     /* microseconds, of a request */
	int64_t price_in, price_out; /* millionths a million tokens */
	char price_date[16];	     /* YYYY-MM-DD; "" */
	/* Bounds of an agentic audit. */
	long long steps, stills;
	long long tokens; /* in and out together */
	int64_t cost;	  /* millionths; -1: none */
	int64_t time;	  /* microseconds */
};

/* Limits of a tier; -1: none. */
struct nvr_tier {
	const char *name;
	long long audits_day, audits_month;
	long long tokens_audit, tokens_day, tokens_month;
	int64_t cost_audit, cost_day, cost_month;
};

#endif
