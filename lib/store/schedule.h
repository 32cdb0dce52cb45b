/* Schedules of audits, as rows. */
#ifndef NVR_STORE_SCHEDULE_H
#define NVR_STORE_SCHEDULE_H

#include <stdbool.h>

#include "store/store.h"

/* Times in microseconds; moments since 1970 UTC. */
struct nvr_schedule {
	int64_t id;
	const char *name;
	int64_t every_us; /* 0: by cron */
	const char *cron; /* NULL: by every_us */
	const char *zone; /* of cron; "": the system's */
	bool all_cameras;
	const char *analyzer, *model, *prompt; /* "": as nvr.conf says; none */
	bool agentic, skip_unchanged;
	int64_t samples, keep_us; /* keep_us 0: stills are not kept */
	int64_t next_at;	  /* the slot that is due next; 0: paused */
	int64_t ran_at;		  /* the last slot that was run; 0: none */
	int64_t created_at, changed_at;
};

/* A copy that the caller frees with nvr_schedule_free. */
int nvr_schedule_find(struct nvr_store *st, const char *name,
    struct nvr_schedule **ret, struct nvr_error *err);
int nvr_schedule_get(struct nvr_store *st, int64_t id,
    struct nvr_schedule **ret, struct nvr_error *err);
void nvr_schedule_free(struct nvr_schedule *s);

/* NVR_E_CREATE when there is one of that name. */
int nvr_schedule_insert(
    struct nvr_store *st, const struct nvr_schedule *s, struct nvr_error *err);
/* Everything but id, created_at and ran_at. */
int nvr_schedule_update(
    struct nvr_store *st, const struct nvr_schedule *s, struct nvr_error *err);
/* NVR_E_NOENT when it is gone. */
int nvr_schedule_remove(
    struct nvr_store *st, int64_t id, struct nvr_error *err);
/* Replaces the cameras of a schedule; one twice counts once. */
int nvr_schedule_cameras(struct nvr_store *st, int64_t id,
    const int64_t *cameras, int n, struct nvr_error *err);

/* By name; rows are borrowed for the call. */
int nvr_schedule_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_schedule *s), void *ctx,
    struct nvr_error *err);
/*
 * Those to be looked at: with next_at <= now, the longest due first; and those
 * that were run or changed later than now, as a clock that was ahead has been
 * set back since: paused ones are among these.
 */
int nvr_schedule_each_due(struct nvr_store *st, int64_t now,
    int (*row)(void *ctx, int64_t id), void *ctx, struct nvr_error *err);
/* Its cameras that are neither removed nor restricted, by name; of one for all
 * cameras: all. */
int nvr_schedule_each_camera(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, int64_t camera, const char *name), void *ctx,
    struct nvr_error *err);

/* Whose cameras it names, each once. */
int nvr_schedule_each_account(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, int64_t account), void *ctx, struct nvr_error *err);

/* Whether the slot's audit of that camera exists, whatever came of it. */
int nvr_schedule_answered(struct nvr_store *st, int64_t id, int64_t slot,
    int64_t camera, bool *ret, struct nvr_error *err);
/*
 * The slot was run, and next_at becomes next, unless that was changed
 * meanwhile.  slot 0: none was run, next_at alone is put right.  It is no
 * error that the schedule is gone.
 */
int nvr_schedule_ran(struct nvr_store *st, int64_t id, int64_t was_next,
    int64_t slot, int64_t next, struct nvr_error *err);

#endif
