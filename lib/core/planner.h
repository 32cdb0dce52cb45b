/*
 * What schedules are due.  However long nothing ran, a schedule is due once,
 * for its latest slot; a slot that was broken off is gone on with, for the
 * cameras that it has no audit of yet.  One program at a time runs a schedule,
 * which a lock in run/ holds for it, so that `nvr-audit due` can be called at
 * any time and any number of times.
 *
 * A slot is told by its time and a camera's answer by its audit row, so a clock
 * that ran back makes nothing due twice.  next_at is always the first slot
 * after ran_at or changed_at: where one of these is later than now, a clock
 * that was ahead has been set back since, and next_at is put right, to be due
 * when that slot has come.
 */
#ifndef NVR_CORE_PLANNER_H
#define NVR_CORE_PLANNER_H

#include "core/state.h"
#include "store/schedule.h"

/*
 * The due moment after `after`; 0: never again.  Errors as nvr_cron_parse and
 * nvr_zone_open have them.
 */
int nvr_schedule_next(const struct nvr_schedule *s, int64_t after, int64_t *ret,
    struct nvr_error *err);

/* A schedule that this program now runs. */
struct nvr_due {
	struct nvr_schedule *schedule; /* a copy of the row */
	int64_t slot;		       /* the latest that is due */
	int64_t *camera;	       /* those without an audit of the slot */
	int ncamera;		       /* 0: it has no camera any more */
	int lock;
};

struct nvr_plan {
	struct nvr_due *due; /* the longest due first */
	int n;
	int passed; /* due, and run by another program just now */
	int broken; /* whose cron or zone cannot be read any more */
	struct nvr_error trouble; /* of the first of the broken */
	/* One whose slot was done already, and that has no other; "": none. */
	char ended[256];
	int lock;
};

/*
 * Takes what is due now; where nothing is, one query is all it does.  Of one
 * process at a time: POSIX locks do not keep a process from itself.
 */
int nvr_plan_open(struct nvr_state *s, int64_t now, struct nvr_plan **ret,
    struct nvr_error *err);
/*
 * The schedule's slot is done: its next one is entered and the lock let go.
 * 1: there is none, so that it is paused from now on.
 */
int nvr_plan_done(
    struct nvr_state *s, struct nvr_due *due, struct nvr_error *err);
/* What was not done stays due. */
void nvr_plan_close(struct nvr_plan *plan);

#endif
