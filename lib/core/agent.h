/*
 * An agentic audit: a bounded loop in which a model may call list_cameras,
 * take_snapshot, crop, previous_findings, compare_with_baseline and finish,
 * and nothing else.  No tool writes, sends, fetches or runs anything; the
 * cameras are those on the list.
 *
 * Bounds are checked before each call: steps (calls of the model), stills
 * (pictures that it gets), tokens, money, time, two snapshots a camera 5 s
 * apart.  Where a bound allows for no further call, the next one is the last:
 * it offers only `finish`, and what that finds has the status `budget`.  A
 * call under way is cut off by the time, and so are its retries.  A call that
 * repeats the one before it, and a second one that is not valid, end the audit
 * with status `invalid` and no findings.
 */
#ifndef NVR_CORE_AGENT_H
#define NVR_CORE_AGENT_H

#include "core/inquiry.h"
#include "core/inventory.h"
#include "core/verdict.h"

struct nvr_agent_options {
	struct nvr_state *s;
	struct nvr_loop *loop;
	struct nvr_inquiry *inquiry; /* the caller's */
	const struct nvr_checks *checks;
	const struct nvr_camera *const
	    *camera; /* allowed; the first is its own */
	int ncamera;
	const char *store, *config; /* for nvr-snap; config NULL: the default */
	/* The still it begins with, needed until close. */
	const void *jpeg;
	size_t len;
	int64_t taken_at;
	const char *health; /* what the local analyzer says of it, as text */
	/* Bounds. */
	int steps, stills;
	int64_t time; /* microseconds */
};

struct nvr_agent;

/* done is called once, never from here; then the agent is to be closed. */
int nvr_agent_start(const struct nvr_agent_options *o,
    void (*done)(void *ctx, struct nvr_outcome *outcome), void *ctx,
    struct nvr_agent **ret, struct nvr_error *err);
void nvr_agent_close(struct nvr_agent *a);

#endif
