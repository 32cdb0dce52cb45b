/* How tokens are drawn, for sessions too; and what signing in keeps in one. */
#ifndef NVR_CORE_TOKEN_INT_H
#define NVR_CORE_TOKEN_INT_H

#include <stdbool.h>

#include "core/token.h"
#include "store/token.h"

/* The text and what is stored of it; the caller wipes the text. */
int nvr_token_draw(char text[NVR_TOKEN_TEXT], uint8_t hash[NVR_TOKEN_HASH],
    struct nvr_error *err);
/* Whether it could be one. */
bool nvr_token_shaped(const char *text);

/* The newest of that purpose, for codes that are typed without a token. */
int nvr_token_newest(struct nvr_state *s, int64_t account, const char *purpose,
    struct nvr_token *ret, struct nvr_error *err);

/* Puts other data into the token. */
int nvr_token_reseal(struct nvr_state *s, const struct nvr_token *t,
    const void *data, size_t len, struct nvr_error *err);

#endif
