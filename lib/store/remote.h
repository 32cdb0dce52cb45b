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
	/* Signs that two machines have its key; since when they are enough. */
	int64_t doubts, doubted_at, cloned_at;
	int64_t sequence, interval;
	int64_t at, seen_at, started_at; /* 0: never */
	const char *agent;
	int64_t overdue, backlog; /* -1: not told */
	int64_t clock, skew;	  /* microseconds; INT64_MIN: not told */
	int64_t settings;
	int64_t stale; /* late reports that were too old to be entered */
	int64_t created_at, approved_at, revoked_at; /* 0: not */
};

/* Borrowed for the call; those of an account (0: of all), by id; not 0 ends
 * it.  Not of accounts that are restricted or deleted. */
int nvr_remote_each(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_remote *r), void *ctx,
    struct nvr_error *err);

/*
 * All at a glance, of an account and a site (0: of all), by id, in one query:
 * those of restricted and deleted accounts as well, without figures.
 */
struct nvr_telemetry;
struct nvr_remote_now {
	const struct nvr_remote *r;
	int64_t cameras; /* that it has told of */
	/* Its newest report; NULL: there is none, or none any more. */
	const struct nvr_telemetry *newest;
};
int nvr_remote_overview(struct nvr_store *st, int64_t account, int64_t site,
    int (*row)(void *ctx, const struct nvr_remote_now *n), void *ctx,
    struct nvr_error *err);

/* Copies that the caller frees with nvr_remote_free; NVR_E_NOENT. */
int nvr_remote_get(struct nvr_store *st, int64_t id, struct nvr_remote **ret,
    struct nvr_error *err);
int nvr_remote_by_key(struct nvr_store *st, const uint8_t key[NVR_REMOTE_KEY],
    struct nvr_remote **ret, struct nvr_error *err);
void nvr_remote_free(struct nvr_remote *r);

/* NVR_E_CREATE when another has that key. */
int nvr_remote_insert(
    struct nvr_store *st, const struct nvr_remote *r, struct nvr_error *err);
/* Everything but id, account_id, site_id, key, box and created_at. */
int nvr_remote_update(
    struct nvr_store *st, const struct nvr_remote *r, struct nvr_error *err);
/* How many of a site are not revoked. */
int nvr_remote_of_site(
    struct nvr_store *st, int64_t site, int64_t *ret, struct nvr_error *err);

#define NVR_INVITATION_HASH 32
struct nvr_invitation {
	int64_t id, account_id, site_id;
	uint8_t hash[NVR_INVITATION_HASH];
	int64_t replaces;
	int64_t created_at, expires_at, used_at; /* used_at 0: not */
};
/* Those that are open, of an account (0: of all), the oldest first, without
 * their hashes; not 0 ends it.  Not of accounts that are restricted or deleted.
 */
int nvr_invitation_each(struct nvr_store *st, int64_t account, int64_t now,
    int (*row)(void *ctx, const struct nvr_invitation *i), void *ctx,
    struct nvr_error *err);
int nvr_invitation_get(struct nvr_store *st, int64_t id,
    struct nvr_invitation *ret, struct nvr_error *err);
/* From now on it is past its time.  *was: it was open. */
int nvr_invitation_end(struct nvr_store *st, int64_t id, int64_t now, bool *was,
    struct nvr_error *err);
int nvr_invitation_insert(struct nvr_store *st, const struct nvr_invitation *i,
    struct nvr_error *err);
/* NVR_E_NOENT; one that was used or has expired is there. */
int nvr_invitation_find(struct nvr_store *st,
    const uint8_t hash[NVR_INVITATION_HASH], struct nvr_invitation *ret,
    struct nvr_error *err);
/* *won: it was neither used nor over. */
int nvr_invitation_use(struct nvr_store *st, int64_t id, int64_t now, bool *won,
    struct nvr_error *err);

struct nvr_remote_camera {
	int64_t recorder, id, account_id;
	const char *name, *zone, *manufacturer, *model;
	struct nvr_blob secrets; /* an age file; NULL: none */
	const char *state;	 /* "": not told */
	int64_t newest;		 /* durable footage up to here; 0: none */
	int64_t gaps;		 /* of the last day; -1: not told */
	int64_t changed_at;	 /* its state, or what was told of it */
};

/* Those of a recorder, by id; borrowed for the call; not 0 ends it.  Not of
 * accounts that are restricted or deleted. */
int nvr_remote_cameras(struct nvr_store *st, int64_t recorder,
    int (*row)(void *ctx, const struct nvr_remote_camera *c), void *ctx,
    struct nvr_error *err);
/* Those of a recorder of that account that were given to none in its place, by
 * id, at most 256; borrowed for the call; not 0 ends it. */
int nvr_remote_cameras_left(struct nvr_store *st, int64_t recorder,
    int64_t account, int (*row)(void *ctx, const struct nvr_remote_camera *c),
    void *ctx, struct nvr_error *err);
/* Of those: the ones that `to` has, too, are given. */
int nvr_remote_cameras_given(struct nvr_store *st, int64_t recorder, int64_t to,
    int64_t at, struct nvr_error *err);
/* Enters it, or what changes seldom of it. */
int nvr_remote_camera_put(struct nvr_store *st,
    const struct nvr_remote_camera *c, struct nvr_error *err);
/* Those that were not put at that time. */
int nvr_remote_camera_drop(struct nvr_store *st, int64_t recorder,
    int64_t changed_at, struct nvr_error *err);
/* recorder, id, state, newest, gaps and changed_at of c; *known: it is there.
 */
int nvr_remote_camera_state(struct nvr_store *st,
    const struct nvr_remote_camera *c, bool *known, struct nvr_error *err);

#endif
