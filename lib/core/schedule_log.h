/*
 * What the security log says of schedules (C13): that of everyone whose
 * cameras a schedule names, or named, and, unless those are all of one account,
 * the recorder's own.
 */
#ifndef NVR_CORE_SCHEDULE_LOG_H
#define NVR_CORE_SCHEDULE_LOG_H

#include "core/state.h"
#include "store/schedule.h"

#define NVR_SCHEDULE_ACCOUNTS 128

struct nvr_schedule_audience {
	int64_t account[NVR_SCHEDULE_ACCOUNTS]; /* not 0 */
	int n;
	bool others; /* nobody's cameras as well, or all there are */
};

/* Adds them: ahead of a change, so that who is left out hears of it too. */
int nvr_schedule_hearers(struct nvr_state *s, int64_t schedule,
    struct nvr_schedule_audience *a, struct nvr_error *err);

/*
 * In the caller's transaction.  type: schedule.added, .changed, .removed; was
 * NULL but for a change, which tells its fields, old and new; cameras: that
 * others are named now.
 */
int nvr_schedule_log(struct nvr_state *s, const char *type,
    const struct nvr_schedule *was, const struct nvr_schedule *is, bool cameras,
    const struct nvr_schedule_audience *a, struct nvr_error *err);

#endif
