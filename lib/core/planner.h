/*
 * What schedules are due.  However long nothing ran, a schedule is due once,
 * for its latest slot; a slot that was broken off is gone on with, for the
 * cameras that it has no audit of yet.  One program at a time runs a schedule,
 * which a lock in run/ holds for it, so that `nvr-audit due` can be called at
 * any time and any number of times.
 */
#ifndef NVR_CORE_PLANNER_H
#define NVR_CORE_PLANNER_H

#include "core/state.h"
#include "store/schedule.h"

/* The due moment after `after`; 0: never again.  NVR_E_USAGE as base/cron.h. */
int nvr_schedule_next(const struct nvr_schedule *s, int64_t after, int64_t *ret,
    struct nvr_error *err);

/* A schedule that this program now runs. */
struct nvr_due {
	struct nvr_schedule schedule; /* a copy of the row */
	int64_t slot;		      /* the latest that is due */
	int64_t *camera;	      /* those without an audit of the slot */
	int ncamera;
	int lock;
};

struct nvr_plan {
	struct nvr_due *due;
	int n;
	int passed; /* due, and run by another program just now */
};

/*
 * Takes what is due now.  A clock that ran back makes nothing due twice; one
 * that ran ahead by mistake and was set right leaves next_at in the future: a
 * schedule whose next_at is later than its next slot is put right, and
 * counted due when that slot has come.
 */
int nvr_plan_open(struct nvr_state *s, int64_t now, struct nvr_plan **ret,
    struct nvr_error *err);
/* The schedule's slot is done: its next one is entered and the lock let go. */
int nvr_plan_done(
    struct nvr_state *s, struct nvr_due *due, struct nvr_error *err);
/* What was not done stays due. */
void nvr_plan_close(struct nvr_plan *plan);

#endif
