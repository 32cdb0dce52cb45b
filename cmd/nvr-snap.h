/* What the two halves of nvr-snap share. */
#ifndef NVR_CMD_SNAP_H
#define NVR_CMD_SNAP_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/replay.h"

enum snap_from { SNAP_AUTO, SNAP_LIVE, SNAP_RECORDING };

extern struct nvr_cli cli;
extern struct snap_options {
	bool all, exact;
	const char *output, *from_name, *stream_name;
	enum snap_from from;
	enum nvr_stream stream;
	int64_t at, since, until, every, keep, timeout, max_age;
	long long count, jobs, width, quality;
} opt;

/* The cameras at hand, and what comes of them. */
struct shoot {
	struct nvr_state *s;
	struct nvr_camera **cam;
	struct nvr_secrets *secrets;
	struct nvr_replay *replay; /* where a still is in the recording */
	int n;
	int *job, njobs; /* the cameras of this round */
	int64_t moment;	 /* of the past; 0: now */
	struct nvr_snap_options options;
	struct nvr_out out;
	struct nvr_progress progress;
	long long done;
	int failed;
	bool left; /* who read our output */
};

/* Signals that say stop come in only while something is waited for. */
void snap_catch_signals(void);

/* Takes all stills that were asked for, and writes them. */
int snap_shoot(struct shoot *sh);

#endif
