/*
 * One heartbeat of a recorder: measured, numbered, kept, sent, and what the
 * portal answers.
 *
 * A report is in the table `unsent` before it goes, and out of it once it is
 * taken, so whatever stops it, it is sent later: those of the last 7 days, of
 * up to 64 MiB.  Where the disk takes it not it goes all the same.  After an
 * outage the present state goes alone; from the next one on as many older ones
 * go with each as the portal takes, the oldest first.
 *
 * What a portal can do here is this: set how long footage is kept, of what
 * neither camera nor site says, and thresholds of alerts under this recorder's
 * own; and give back cameras that a recorder had whose place this one takes, if
 * it said so when this one enrolled: NVR_BEAT_CAMERAS in all, and none that is
 * a file or a device of this machine.  Each is in the security log.
 */
#ifndef NVR_CORE_HEARTBEAT_H
#define NVR_CORE_HEARTBEAT_H

#include "core/enrolment.h"
#include "core/measure.h"

#define NVR_UNSENT_KEEP (7 * NVR_DAY)
#define NVR_UNSENT_BYTES (INT64_C(64) << 20)

/* What a portal that wants to be left alone has at the most; one of more is of
 * another age of the clock. */
#define NVR_HEARTBEAT_WAIT NVR_HOUR

struct nvr_heartbeat {
	const char *root;	     /* core/measure.h */
	int64_t deadline;	     /* core/uplink.h */
	int64_t keep_us, keep_bytes; /* of what waits */
	bool urgent; /* though the portal wants to be left alone */
	/* What is worth a line, as it happens; or NULL. */
	void (*note)(void *ctx, const char *text);
	void *ctx;
};

struct nvr_heartbeat_done {
	uint64_t sequence;
	size_t late;	  /* older ones that went with it */
	int64_t waiting;  /* reports that are still to go */
	bool moved;	  /* the portal asks whether it is a copy */
	bool settings;	  /* it set something */
	size_t inherited; /* cameras that it gave back */
};

/*
 * Under the lock; s->rules are needed.  0: it was taken.  Errors as
 * nvr_uplink_post and nvr_uplink_refused; NVR_E_NOENT where it is not enrolled,
 * NVR_E_AGAIN while the portal wants to be left alone.  With each of them but
 * those of the store the report waits.  Where the store could not be written to
 * it is closed, and s->store NULL, when this returns.
 */
int nvr_heartbeat(struct nvr_state *s, const struct nvr_heartbeat *h,
    struct nvr_heartbeat_done *ret, struct nvr_error *err);

#endif
