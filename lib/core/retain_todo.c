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
/* ACCOUNT */
TODO(nvr_retain_accounts)
TODO(nvr_retain_sites)
TODO(nvr_retain_sessions)
TODO(nvr_retain_log)
