/* Stands in until each part is there. */
#include "core/retain_int.h"

#define TODO(name)                                \
	int name##_plan(struct nvr_retaining *x)  \
	{                                         \
		(void)x;                          \
		return 0;                         \
	}                                         \
	int name##_apply(struct nvr_retaining *x) \
	{                                         \
		(void)x;                          \
		return 0;                         \
	}

/* FOOTAGE */
TODO(nvr_retain_footage)
/* FILES */
TODO(nvr_retain_stills)
TODO(nvr_retain_cameras)
TODO(nvr_retain_garbage)
/* ROWS */
TODO(nvr_retain_rows)
/* ACCOUNT */
TODO(nvr_retain_accounts)
TODO(nvr_retain_sites)
TODO(nvr_retain_sessions)
TODO(nvr_retain_log)
/* AGGREGATE */
int
nvr_aggregate(struct nvr_state *s, int64_t now, struct nvr_error *err)
{
	(void)s, (void)now, (void)err;
	return 0;
}
/* CLOCK */
int
nvr_clock_check(struct nvr_state *s, int64_t now, const char *today, bool keep,
    struct nvr_error *err)
{
	(void)s, (void)now, (void)today, (void)keep, (void)err;
	return 0;
}
