/* Second stores, which erasures pass by; see doctor.h. */
#include <stdio.h>

#include "base/time.h"
#include "core/backup.h"
#include "core/doctor_int.h"

static int
tell_damaged(void *ctx, const struct nvr_damaged *f)
{
	struct nvr_doctor *d = ctx;
	char after[NVR_TIME_TEXT], advice[128];

	snprintf(advice, sizeof(advice),
	    "take out what you need and delete it; 'nvr-retain' does once it "
	    "is %s old",
	    nvr_duration_format(d->rules->restore, after));
	nvr_doctor_tell(d, "restore", NVR_CHECK_WARNING, advice,
	    "'%s/%s', which was damaged, still has who was erased since",
	    d->dir, f->name);
	return 0;
}

void
nvr_doctor_left(struct nvr_doctor *d)
{
	char path[PATH_MAX];

	if (nvr_restore_left(d->dir, path))
		nvr_doctor_tell(d, "restore", NVR_CHECK_WARNING,
		    "'nvr-retain' deletes it, or the next restore",
		    "one was cut short and has left '%s'", path);
	/* Of a folder that cannot be read the store has been told already. */
	nvr_damaged_each(d->dir, tell_damaged, d, &d->err);
}
