/*
 * Errors.  A function of libnvr that can fail returns 0 or a negative NVR_E
 * code and leaves one line of text in the caller's struct nvr_error, which is
 * always its last parameter.  The first to detect a failure sets the text;
 * callers may prefix it.
 *
 * The codes are sysexits(3) with the sign turned, so that a program that
 * meets one exits with -code and a script can tell a retry from a mistake.
 */
#ifndef NVR_BASE_ERROR_H
#define NVR_BASE_ERROR_H

#include <stdarg.h>

enum nvr_code {
	NVR_E_USAGE = -64,	 /* the caller asked for something impossible */
	NVR_E_DATA = -65,	 /* bad data from outside */
	NVR_E_NOENT = -66,	 /* no such thing */
	NVR_E_UNAVAILABLE = -69, /* a camera, host or program is not there */
	NVR_E_BUG = -70,	 /* cannot happen */
	NVR_E_NOMEM = -71,  /* no memory or another resource of the system */
	NVR_E_CREATE = -73, /* cannot create it, or it exists already */
	NVR_E_IO = -74,	    /* reading or writing failed */
	NVR_E_AGAIN = -75,  /* may go well the next time: busy, timed out */
	NVR_E_PERMISSION = -77, /* not permitted */
	NVR_E_CONFIG = -78, /* bad configuration or a store of another age */
};

struct nvr_error {
	int code;	/* an nvr_code, or 0 */
	char text[512]; /* lower case, no full stop, no new line */
};

/* Sets the text and returns code, for `return nvr_fail(err, …)`. */
int nvr_fail(struct nvr_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * As nvr_fail, followed by `: ` and what errno says.  Code 0 picks the code
 * that fits errno (ENOENT is NVR_E_NOENT, EACCES NVR_E_PERMISSION, …).
 */
int nvr_fail_errno(struct nvr_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Out of memory, the one failure that needs no words of its own. */
int nvr_fail_nomem(struct nvr_error *err);

/* Puts `what: ` before the text that is there and returns its code. */
int nvr_prefix(struct nvr_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What the static analyser cannot see: these never return 0. */
#ifdef __clang_analyzer__
#define nvr_fail(err, code, ...) (nvr_fail(err, code, __VA_ARGS__), (code))
#define nvr_fail_errno(err, code, ...)           \
	(nvr_fail_errno(err, code, __VA_ARGS__), \
	    (code) != 0 ? (code) : NVR_E_IO)
#define nvr_fail_nomem(err) (nvr_fail_nomem(err), NVR_E_NOMEM)
#endif

#endif
