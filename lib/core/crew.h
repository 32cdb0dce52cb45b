/*
 * Jobs in child processes, several at a time, each with its own deadline.  A
 * job that hangs, crashes or eats its memory takes nothing else with it:
 * what talks to cameras and decodes what they send runs here.
 */
#ifndef NVR_CORE_CREW_H
#define NVR_CORE_CREW_H

#include <signal.h>
#include <stdint.h>

#include "base/buf.h"

struct nvr_crew {
	int jobs;	 /* how many there are */
	int parallel;	 /* how many run at once */
	int64_t timeout; /* microseconds for each, then it is killed */
	/*
	 * Set by a signal handler: all jobs end at once.  The signal is blocked
	 * by the caller, and let in by `mask` while the crew waits, so that it
	 * cannot be missed.
	 */
	const volatile sig_atomic_t *stop;
	const sigset_t *mask;
	void *ctx;
	/* In the child: fills out, or fails. */
	int (*work)(
	    void *ctx, int job, struct nvr_buf *out, struct nvr_error *err);
	/*
	 * In the parent, in the order in which they end: rc is what work
	 * returned, NVR_E_AGAIN after the deadline, NVR_E_UNAVAILABLE after
	 * a crash; out is borrowed.  Non-zero ends the crew.
	 */
	int (*done)(void *ctx, int job, int rc, const struct nvr_buf *out,
	    const struct nvr_error *err);
};

/* What done returned, or the crew's own failure. */
int nvr_crew_run(const struct nvr_crew *crew, struct nvr_error *err);

#endif
