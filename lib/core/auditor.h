/*
 * Examines stills and stores what came of it.  One auditor serves any number
 * of stills of any cameras.
 *
 * Analyzers: `local`, the camera's own health against its baseline
 * (core/health.h); `exec:/path`, a program that reads the JPEG on stdin and
 * prints findings (core/findings.h).  Nothing of a picture is stored but what
 * core/health.h measures.
 */
#ifndef NVR_CORE_AUDITOR_H
#define NVR_CORE_AUDITOR_H

#include "core/inventory.h"
#include "store/audit.h"

struct nvr_auditor_options {
	const char *analyzer;
	const char *prompt; /* NULL: none; for exec: */
	const char *origin; /* camera, pipe or file: see struct nvr_audit */
	bool learn;	    /* local: healthy stills teach the baseline */
	bool kept;	    /* the caller keeps the stills */
	int64_t exec_timeout;
	size_t exec_output;
};

struct nvr_auditor;

/* NVR_E_USAGE for an analyzer that there is not. */
int nvr_auditor_open(struct nvr_state *s, const struct nvr_auditor_options *o,
    struct nvr_auditor **ret, struct nvr_error *err);
void nvr_auditor_close(struct nvr_auditor *a);

/*
 * Examines one JPEG, of the camera cam or, where that is NULL, of the one
 * that its EXIF names, and stores the audit.  *ret is borrowed until the next
 * call.  A still that cannot be read, and an analyzer that fails, make an
 * audit with a status that says so.  NVR_E_DATA, and no audit, when nobody
 * says whose still it is.
 */
int nvr_auditor_examine(struct nvr_auditor *a, const struct nvr_camera *cam,
    const void *jpeg, size_t len, const struct nvr_audit **ret,
    struct nvr_error *err);

/* Stores that there was no still to examine, and why. */
int nvr_auditor_miss(struct nvr_auditor *a, const struct nvr_camera *cam,
    const char *why, const struct nvr_audit **ret, struct nvr_error *err);

/* The camera of the last still examined, borrowed until the next call. */
const struct nvr_camera *nvr_auditor_camera(const struct nvr_auditor *a);

#endif
