/*
 * Sessions: who is signed in where.  A token of 32 random bytes in 64
 * hexadecimal characters, of which the store has the SHA-256; address and
 * agent, which are sealed, are shown to the person and bind nothing.
 *
 * A session ends when it expires (rules.session, of the day it began and of
 * today), when it was idle (rules.idle), when it is revoked, and with the
 * account.  One that begins later than now, by more than clocks differ, is
 * none.
 */
#ifndef NVR_CORE_SESSION_H
#define NVR_CORE_SESSION_H

#include "core/token.h"

#define NVR_SESSIONS_MAX 64    /* of an account: the idlest one goes */
#define NVR_SESSION_AGENT 512  /* bytes that are kept of an agent */
#define NVR_SESSION_ADDRESS 64 /* and of an address */
/* So long both are kept, where a session lasts for longer (N7). */
#define NVR_SESSION_TOLD (365 * NVR_DAY)

struct nvr_session {
	int64_t id, account;
	char factor[16]; /* password, totp, sms, recovery */
	int64_t created_at, active_at, expires_at;
	int64_t confirmed_at; /* when who they are was proved last */
};

/* Starts one, in the caller's transaction; the caller wipes the token. */
int nvr_session_start(struct nvr_state *s, int64_t account, const char *factor,
    const char *address, const char *agent, int64_t now, int64_t *id,
    char token[NVR_TOKEN_TEXT], struct nvr_error *err);

/*
 * Whose token it is.  NVR_E_PERMISSION, in the same words whatever is wrong.
 * Writes the activity down, at most once a minute.
 */
int nvr_session_check(struct nvr_state *s, const char *token, int64_t now,
    struct nvr_session *ret, struct nvr_error *err);

/*
 * The same session under another token, for every change of privilege: the
 * old one is none any more.  confirmed 0: as it was; factor NULL likewise.
 * In the caller's transaction.  For the portal.
 */
int nvr_session_rotate(struct nvr_state *s, const char *token,
    const char *factor, int64_t confirmed, char fresh[NVR_TOKEN_TEXT],
    struct nvr_error *err);

/* The live ones of an account; address and agent are borrowed for the call,
 * and NULL where they cannot be opened: then NVR_E_DATA in the end. */
int nvr_session_list(struct nvr_state *s, int64_t account, int64_t now,
    int (*row)(void *ctx, const struct nvr_session *x, const char *address,
	const char *agent),
    void *ctx, struct nvr_error *err);

/* Whether one of them is from that network (throttle.h).  One that cannot be
 * opened is not. */
int nvr_session_near(struct nvr_state *s, int64_t account, const char *network,
    int64_t now, bool *ret, struct nvr_error *err);

/*
 * Ends one, or with id 0 all but `but` (0: all), with its line in the security
 * log; *n says how many.  NVR_E_NOENT for one that is not there.  In the
 * caller's transaction.
 */
int nvr_session_revoke(struct nvr_state *s, int64_t account, int64_t id,
    int64_t but, int *n, struct nvr_error *err);

/* Signs out: NVR_E_PERMISSION where the token is none. */
int nvr_signout(struct nvr_state *s, const char *token, struct nvr_error *err);

#endif
