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

/* FILES */
TODO(nvr_retain_stills)
TODO(nvr_retain_cameras)
