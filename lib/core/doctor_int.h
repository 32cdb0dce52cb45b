/* What the parts of the doctor share, for core/doctor*.c alone. */
#ifndef NVR_CORE_DOCTOR_INT_H
#define NVR_CORE_DOCTOR_INT_H

#include "core/doctor.h"
#include "core/state.h"

struct nvr_doctor {
	const char *dir;
	const struct nvr_rules *rules;
	struct nvr_rules in_force; /* with what a portal has set */
	void (*say)(void *ctx, const struct nvr_check *k);
	void *ctx;
	int worst;
	struct nvr_state *s;
	bool have_keys;
	struct nvr_error err;
};

void nvr_doctor_tell(struct nvr_doctor *d, const char *name, int level,
    const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* ok, or the error's text as trouble. */
void nvr_doctor_judge(struct nvr_doctor *d, const char *name, int rc,
    const char *fine, const char *advice);

/* What to do about a key that cannot be read. */
const char *nvr_doctor_key(int rc);

/* Passwords, sealed values, the log, letters, and what is overdue; the account
 * keys are open. */
void nvr_doctor_accounts(struct nvr_doctor *d);

/* What restores have left. */
void nvr_doctor_left(struct nvr_doctor *d);

/* Whether the clock can be right, and rows that it made when it was not. */
void nvr_doctor_clock(struct nvr_doctor *d);

#endif
