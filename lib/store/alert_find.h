/*
 * What is wrong, as rows: each query finds what it looks for by an index, or
 * in a single pass where there is none, and nothing where nothing is wrong.
 * Nothing of a restricted account is found (store/restrict.h).
 */
#ifndef NVR_STORE_ALERT_FIND_H
#define NVR_STORE_ALERT_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "store/store.h"

/* From recorders elsewhere counts what came by itself: never a late report. */
enum nvr_alert_find {
	NVR_FIND_SILENT,  /* recorders: number is the interval */
	NVR_FIND_UNHEARD, /* let in, and never heard; word: not '' */
	NVR_FIND_CAMERA,  /* cameras of recorders that are heard; word: state */
	NVR_FIND_SPACE,	  /* value: percent free, number: bytes */
	NVR_FIND_OVERDUE, /* number: of objects */
	NVR_FIND_CLOCK,	  /* number: microseconds off */
	NVR_FIND_ALARM,	  /* cameras; word: the finding's label */
	NVR_FIND_MISSED,  /* schedules: since the slot that nobody ran */
	NVR_FIND_FAILED,  /* schedules; word: the audit's status */
	NVR_FIND_LIMIT,	  /* cameras; word: which limit, and its number */
	NVR_FIND_EXPORT,
	NVR_FIND_REQUEST, /* subject: its kind; number: due_at */
	NVR_FIND_ERASURE, /* accounts; number: deleted_at */
	NVR_FIND_DEAD,	  /* accounts; number: of messages; word: channel */
	NVR_FIND_ASKED,	  /* recorders that wait (word: new) or moved */
	NVR_FIND_CLONED,
	NVR_FINDS
};

struct nvr_found {
	int64_t account_id, site_id, object;
	int64_t at;		    /* when it was seen */
	int64_t since;		    /* when it began; 0: not known */
	double value;		    /* NaN: none */
	int64_t number;		    /* INT64_MAX: none */
	const char *subject, *word; /* borrowed; "": none */
};

/* What it goes by; each query reads some of it. */
struct nvr_find_by {
	int64_t now;
	int64_t since; /* what was seen before is known; SILENT, UNHEARD: what
			* was silent then does not count */
	int64_t limit; /* SPACE: bytes; others: a moment, or microseconds */
	double percent;
};

/* row() must not use the store's queries of this kind; not 0 ends it. */
int nvr_alert_find_each(struct nvr_store *st, enum nvr_alert_find what,
    const struct nvr_find_by *by,
    int (*row)(void *ctx, const struct nvr_found *f), void *ctx,
    struct nvr_error *err);

/*
 * When what an alert is about was looked at last, whatever was seen: of
 * recorders the newest report that was not late, of cameras that of their
 * recorder, of schedules their newest audit; of alarms the newest audit of each
 * schedule and analyzer that found something since the alert began, and the
 * oldest of those.  0: nobody has; -1: there is no such thing any more;
 * NVR_BEAT_OFF: it is not to be recorded.  on: its recorder, 0: none.
 */
#define NVR_BEAT_OFF (-2)
enum nvr_alert_beat {
	NVR_BEAT_NONE, /* not to be asked for */
	NVR_BEAT_RECORDER,
	NVR_BEAT_SPACE,
	NVR_BEAT_CAMERA,
	NVR_BEAT_ALARM,
	NVR_BEAT_SCHEDULE,
	NVR_BEATS
};
int nvr_alert_beat(struct nvr_store *st, enum nvr_alert_beat of,
    int64_t account, int64_t object, int64_t *at, int64_t *on,
    struct nvr_error *err);

/* In the caller's transaction: who was heard in the future, since this clock
 * was set back, was heard now. */
int nvr_alert_set_back(
    struct nvr_store *st, int64_t now, struct nvr_error *err);

/*
 * The newest report of any recorder (0: there is none), and how long silence
 * since then can be, if anybody is heard: nothing for longer than the interval
 * of a recorder of one site, and of another, that were heard as they should be
 * until then, is the portal's.  0: there are no two, or it is too soon to ask.
 */
#define NVR_ALERT_QUIET_LEAST (10 * NVR_SECOND)
struct nvr_heard {
	int64_t newest, interval;
};
int nvr_alert_heard(struct nvr_store *st, int64_t now, struct nvr_heard *ret,
    struct nvr_error *err);

#endif
