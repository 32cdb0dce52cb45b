/* What nvr_clock_check goes by, for it and its tests; see retain_int.h. */
#ifndef NVR_CORE_RETAIN_CLOCK_INT_H
#define NVR_CORE_RETAIN_CLOCK_INT_H

#include "core/state.h"

#define NVR_CLOCK_BOOT 40
#define NVR_CLOCK_SLACK (2 * NVR_MINUTE) /* so much a clock is corrected */

/* A look at the clocks. */
struct nvr_clock {
	char boot[NVR_CLOCK_BOOT]; /* which start of the machine; "": unknown */
	int64_t wall;
	int64_t running; /* CLOCK_BOOTTIME: since then, asleep or not */
};

/*
 * The look that was found good last.  Rows up to `accepted` are of a clock
 * that was ahead, as somebody said who knew the day: they stop nothing.
 */
struct nvr_clock_stamp {
	struct nvr_clock seen;
	int64_t accepted;
};

/*
 * NVR_E_PERMISSION when it cannot be right: `is` is earlier than what was seen
 * or than the newest row, or ahead of it by more than a day in which the
 * machine was not started.  was NULL: nothing is known; newest 0: no rows.
 */
int nvr_clock_judge(const struct nvr_clock *is,
    const struct nvr_clock_stamp *was, int64_t newest, struct nvr_error *err);

/* nvr_clock_check at such a look. */
int nvr_clock_check_at(struct nvr_state *s, const struct nvr_clock *is,
    const char *today, bool keep, struct nvr_error *err);

#endif
