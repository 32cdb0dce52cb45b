/*
 * Retention: deletes what has outlived its promise, and shows beforehand what
 * it will delete and why.  The column `rule` of privacy_column says which kind
 * ends the rows of a table.
 *
 * Kinds, in the order in which they run; what hangs on a row goes with it:
 *	accounts	deleted longer ago than restore-within (N14, C20)
 *	audits		older than their account's tier has them (N13)
 *	stills		past the time for which they are kept (N4)
 *	recordings	by age, by bytes, and for the floor of free space (C18)
 *	cameras		removed longer ago than restore-within (N14)
 *	sites		removed longer ago than that, and so are their cameras
 *	events, accesses, holds, usage, outbox, requests, disclosures,
 *	breaches, processors	older than nvr.conf's [retain] says
 *	sessions	and tokens, buckets: ended (N7)
 *	exports		offered for 7 days, or not made in 7 (N20)
 *	telemetry	rolled up into hours, then days (C16)
 *	alerts		closed longer ago than nvr.conf's [retain] says (C10)
 *	recorders	revoked longer ago than nvr.conf's [retain] says, and
 *			invitations that were used, or are over (C3); reports
 *that have waited for a portal for seven days
 *	log		the security log's window (C17)
 *	garbage		files whose rows are gone; databases that a restore
 *			found damaged, longer ago than restore-within (C20)
 *
 * What a hold keeps, and what is of an account whose processing is restricted,
 * never goes: it is not due either.  Exports do: they are copies, sealed, and
 * can be asked for anew.
 */
#ifndef NVR_CORE_RETAIN_H
#define NVR_CORE_RETAIN_H

#include "core/state.h"
#include "store/camera.h"

/* One thing that is due, or went; borrowed for the call. */
struct nvr_leaving {
	const char *kind;
	int64_t id; /* of its row; 0: it has none of its own */
	const char
	    *object; /* for people: a path, a name; never what is sealed */
	const char *camera;  /* its name; NULL: of none */
	const char *stream;  /* NULL: of none */
	int64_t at;	     /* from when its age counts; 0: it has none */
	int64_t keep;	     /* it is due that long after; 0: not by its age */
	int64_t bytes;	     /* of its file */
	const char *why;     /* `older than 30d`: the same for all of a rule */
	const char *promise; /* C18 */
};

struct nvr_retain {
	int64_t now;			 /* as if it were that time */
	const char *only;		 /* a kind; NULL: all */
	const struct nvr_camera *camera; /* its things only; NULL: everything */
	/* Of what more than half would go nothing does, unless this is the
	 * number of all that is due, or more. */
	int64_t most;
	/* The day that it is (YYYY-MM-DD in UTC), by who knows; NULL: the clock
	 * has to speak for itself. */
	const char *today;
	void (*tell)(void *ctx, const struct nvr_leaving *d); /* or NULL */
	/* For who watches, at each thing; all 0: they are being counted. */
	void (*progress)(void *ctx, const char *kind, int64_t done,
	    int64_t all); /* or NULL */
	/* In a plan, each group that a run would leave out, for people. */
	void (*held)(void *ctx, const char *text); /* or NULL */
	void *ctx;
};

/* What happened to each kind. */
#define NVR_RETAIN_KINDS 24
struct nvr_retained {
	struct {
		const char *kind, *promise;
		int64_t objects, bytes; /* that are due, or went */
		int64_t oldest, newest; /* from when its age counts; 0: none */
		int64_t failed;		/* could not be deleted; see `why` */
	} kind[NVR_RETAIN_KINDS];
	int nkinds;
	int64_t failed; /* that is of no kind */
	/* NVR_E_IO: min-free cannot be reached, whatever goes, so nothing does
	 * for it; code 0: it can, or is. */
	struct nvr_error vain;
	struct nvr_error why; /* of the first that failed; code 0: none did */
	/* NVR_E_PERMISSION: what is left out, since more than half of it would
	 * go: the first, how many, and what to do; code 0: nothing is. */
	struct nvr_error brake;
	int64_t most; /* the number to say; 0: nothing is left out */
};

/* NVR_E_USAGE lists the kinds, when that is none. */
int nvr_retain_kind(const char *word, struct nvr_error *err);

/*
 * What a run would delete, and leave out.  Changes nothing.  When the clock
 * would stop the run, *clock says why (code 0: it would not).  A kind that
 * cannot be looked at is counted as failed, and a run would not touch it.
 */
int nvr_retain_plan(struct nvr_state *s, const struct nvr_retain *r,
    struct nvr_retained *ret, struct nvr_error *clock, struct nvr_error *err);

/*
 * Deletes it.  Before anything is touched:
 *	NVR_E_AGAIN	another run is at it: names its pid
 *	NVR_E_UNAVAILABLE	the media folder is not this store's
 *	NVR_E_PERMISSION	the clock cannot be right; says what to do
 * What cannot be deleted is counted, what the brake holds is left out, and the
 * rest goes: 0.  The next run tries again.
 */
int nvr_retain_run(struct nvr_state *s, const struct nvr_retain *r,
    struct nvr_retained *ret, struct nvr_error *err);

/*
 * What was due longer ago than rules->keep.grace and is still there, of each
 * kind.  nvr_retain_overdue is the sum, for who only wants to know.
 */
int nvr_retain_verify(struct nvr_state *s, const struct nvr_retain *r,
    struct nvr_retained *ret, struct nvr_error *err);
int nvr_retain_overdue(
    struct nvr_state *s, int64_t *ret, struct nvr_error *err);

#endif
