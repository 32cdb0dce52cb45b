/* Recorders, invitations and the cameras of recorders, as rows; see
 * core/remote.h. */
#ifndef NVR_STORE_REMOTE_H
#define NVR_STORE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

#define NVR_REMOTE_KEY 32

struct nvr_remote {
	int64_t id, account_id, site_id;
	const char *state; /* waiting, active, revoked */
	uint8_t key[NVR_REMOTE_KEY], fingerprint[32];
	const char *box; /* age1… */
	bool has_moved;
	uint8_t moved[32];
	int64_t moved_at, replaces;
	int64_t sequence, interval;
	int64_t at, seen_at, started_at; /* 0: never */
	const char *agent;
	int64_t overdue, backlog; /* -1: not told */
	int64_t clock, skew;	  /* microseconds; INT64_MIN: not told */
	int64_t settings;
	int64_t created_at, approved_at, revoked_at; /* 0: not */
};

/* Borrowed for the call; those of an account (0: of all), by id; not 0 ends
 * it. */
int nvr_remote_each(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_remote *r), void *ctx,
    struct nvr_error *err);

#endif
