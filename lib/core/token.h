/*
 * Tokens: 32 random bytes in 64 hexadecimal characters that open one thing,
 * once, for a while: a link in a mail, a step of signing in.  Only their
 * SHA-256 is stored.  The table `token` says what each is for.
 */
#ifndef NVR_CORE_TOKEN_H
#define NVR_CORE_TOKEN_H

#include "core/state.h"

#define NVR_TOKEN_TEXT 65 /* the characters and a NUL */

struct nvr_token {
	int64_t id, account, created_at, expires_at, tries;
	struct nvr_buf data; /* opened; release with nvr_buf_wipe */
};

/* Draws a token; data NULL: none.  In the caller's transaction. */
int nvr_token_make(struct nvr_state *s, int64_t account, const char *purpose,
    const void *data, size_t len, int64_t lasts, char text[NVR_TOKEN_TEXT],
    struct nvr_error *err);

/*
 * Finds it, unused and not expired: NVR_E_PERMISSION else, in the same words
 * whatever is wrong.  Does not use it up.
 */
int nvr_token_find(struct nvr_state *s, const char *text, const char *purpose,
    struct nvr_token *ret, struct nvr_error *err);

/* Uses it up: of several who try at once one wins, the others get
 * NVR_E_PERMISSION.  In the caller's transaction. */
int nvr_token_use(struct nvr_state *s, int64_t id, struct nvr_error *err);

/* Counts a try with it; NVR_E_PERMISSION once there were `most`. */
int nvr_token_try(
    struct nvr_state *s, int64_t id, int64_t most, struct nvr_error *err);

/* All unused ones of the account and purpose end. */
int nvr_token_revoke(struct nvr_state *s, int64_t account, const char *purpose,
    struct nvr_error *err);

#endif
