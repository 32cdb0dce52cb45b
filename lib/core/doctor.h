/*
 * What is wrong with a store, its keys, its media folder, its disk and the
 * clock, and what to do about each trouble.  Changes nothing, but that
 * opening the store heeds the ledger of erasures, and that totals of footage
 * are put right, which it tells.
 */
#ifndef NVR_CORE_DOCTOR_H
#define NVR_CORE_DOCTOR_H

#include "base/rules.h"

enum nvr_check_level { NVR_CHECK_OK, NVR_CHECK_WARNING, NVR_CHECK_TROUBLE };

struct nvr_check {
	const char *name;
	enum nvr_check_level level;
	const char *text;
	const char *advice; /* what to do; NULL when ok */
};

/*
 * Calls back once for each thing looked at, and returns the worst level.
 */
int nvr_doctor(const char *dir, const struct nvr_rules *rules,
    void (*say)(void *ctx, const struct nvr_check *k), void *ctx);

#endif
