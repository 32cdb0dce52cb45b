/*
 * One process for each stream that is recorded, and one that looks after them:
 * it starts again what crashed or hangs, ends what is no longer wanted, and
 * hands on what they report.  It talks to no camera and opens no key.
 */
#ifndef NVR_CORE_SUPERVISOR_H
#define NVR_CORE_SUPERVISOR_H

#include <signal.h>

#include "core/recorder.h"

struct nvr_job {
	int64_t camera;
	enum nvr_stream stream;
	int64_t version; /* another one: the process is started anew */
	char name[72];	 /* of the camera */
};

/* A report of a process, as it came; kind and detail are the others' own. */
struct nvr_job_report {
	struct nvr_job job;
	int64_t at;
	char kind[16], detail[200];
	bool has_segment;
	struct nvr_segment segment;
};

struct nvr_supervisor {
	const char *dir;  /* of the state, for the stations */
	int64_t duration; /* microseconds, then it ends; 0: no such end */
	bool ends;	  /* a process that exits with 0 has done its work */
	/* Set by signals, which are let in by `mask` alone. */
	const volatile sig_atomic_t *stop;
	volatile sig_atomic_t *reload, *status;
	const sigset_t *mask;
	void *ctx;
	/* Calls add() for each stream that is to be recorded now. */
	int (*list)(void *ctx, int (*add)(void *to, const struct nvr_job *job),
	    void *to, struct nvr_error *err);
	/*
	 * In the process: records, and gives its exit code.  The codes
	 * NVR_E_USAGE and NVR_E_NOENT (less the sign) are for good.
	 */
	int (*work)(void *ctx, const struct nvr_job *job, int reports);
	/* In the parent. */
	void (*report)(void *ctx, const struct nvr_job_report *r);
	void (*alive)(void *ctx); /* at least every few seconds */
};

/* Writes a report to the parent; one that does not fit is dropped. */
void nvr_supervisor_report(
    int reports, const struct nvr_job *job, const struct nvr_record_report *r);

/*
 * Until stop, the duration, or the end of all of them.  *failed counts the
 * streams that ended for good without having been told to.
 */
int nvr_supervise(
    const struct nvr_supervisor *sv, int *failed, struct nvr_error *err);

#endif
