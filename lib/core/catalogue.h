/*
 * What a model server offers: GET /models (OpenAI's API, which Azure's v1,
 * llama-server, Ollama and vLLM have too).
 */
#ifndef NVR_CORE_CATALOGUE_H
#define NVR_CORE_CATALOGUE_H

#include "core/exchange.h"

struct nvr_model_offer {
	const char *id;	      /* as requests name it */
	const char *owned_by; /* NULL: not told */
	int64_t created_at;   /* microseconds since 1970; 0: not told */
	int64_t shutdown_at;  /* the day on which it ends; 0: none is known */
};

/*
 * Asks and waits.  Rows are borrowed for the call and in the server's order.
 * NVR_E_PERMISSION: the key is refused; NVR_E_DATA: no such list;
 * NVR_E_UNAVAILABLE and NVR_E_AGAIN as net/loop.h; NVR_E_AGAIN also where the
 * server is too busy for it (429) or has failed (5xx).
 */
int nvr_catalogue_each(struct nvr_host *host,
    int (*row)(void *ctx, const struct nvr_model_offer *offer), void *ctx,
    struct nvr_error *err);

#endif
