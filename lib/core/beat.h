/*
 * A heartbeat: what a recorder reports of itself, and what a portal answers,
 * as JSON (share/schema/heartbeat.json, heartbeat-answer.json).  Never a byte
 * of a picture or of sound.
 *
 *	POST /api/v1/enrol	{code, box, fingerprint, agent, interval_ms}
 *	POST /api/v1/heartbeat	{report, agent, fingerprint, interval_ms,
 *	    started_at?, settings, previous?, cameras, inventory?, late?}
 *
 * Both are signed (seal/httpsig.h), the first by the key that it brings.
 * Answers are application/json; what went wrong is problem details (RFC 9457)
 * with the member `code`: a word of enum nvr_beat_problem.
 */
#ifndef NVR_CORE_BEAT_H
#define NVR_CORE_BEAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/time.h"
#include "core/alert.h"

#define NVR_BEAT_MAX ((size_t)256 * 1024) /* bytes of a request */
#define NVR_BEAT_ANSWER_MAX (2 * NVR_BEAT_MAX)
#define NVR_BEAT_CAMERAS 256
#define NVR_BEAT_LATE 60 /* reports that a request brings later */
#define NVR_BEAT_NAME 256
#define NVR_BEAT_SECRETS 4096 /* bytes of a camera's, sealed */
#define NVR_BEAT_INTERVAL (60 * NVR_SECOND)
#define NVR_FINGERPRINT 32

/* The figures of one moment.  NAN and -1 (NVR_BEAT_NO_TIME of times that may
 * be negative): it cannot tell. */
#define NVR_BEAT_NO_TIME INT64_MIN
struct nvr_beat_report {
	uint64_t sequence;
	int64_t at;	    /* by the recorder's clock */
	double cpu;	    /* percent of one processor, since the last */
	double memory;	    /* percent in use */
	double load;	    /* of the last minute */
	double temperature; /* degrees Celsius, of the hottest */
	/* Of the media folder that has the least of it. */
	double disk_free; /* percent */
	int64_t disk_free_bytes;
	int64_t uptime;	 /* microseconds */
	int64_t clock;	 /* microseconds that it is ahead of true time */
	int64_t backlog; /* bytes that wait to be uploaded */
	int64_t overdue; /* objects past their time: nvr-retain verify */
	int64_t cameras, cameras_down;
};

struct nvr_beat_camera {
	int64_t id;
	const char *state; /* recording, offline, off, … */
	int64_t newest;	   /* durable footage up to here; 0: none */
	int64_t gaps;	   /* of the last day */
};

/* What of a camera changes seldom (C4); secrets: an age file; of length 0:
 * none. */
struct nvr_beat_inventory {
	int64_t id;
	const char *name, *zone, *manufacturer, *model;
	const void *secrets;
	size_t secrets_len;
};

struct nvr_beat {
	struct nvr_beat_report report;
	const char *agent; /* version */
	uint8_t fingerprint[NVR_FINGERPRINT];
	int64_t interval;   /* microseconds */
	int64_t started_at; /* of the machine */
	int64_t settings;   /* the version that it has applied */
	/* The sequence that it used before this one, answered or not; 0: none.
	 * Who was heard with a greater one meanwhile is another machine. */
	uint64_t previous;
	struct nvr_beat_camera *camera;
	size_t ncameras;
	bool tells_inventory; /* the list below is all there is */
	struct nvr_beat_inventory *inventory;
	size_t ninventory;
	struct nvr_beat_report *late; /* oldest first */
	size_t nlate;
	json_t *raw; /* of one that was parsed: holds the texts */
	struct nvr_buf held;
};

/* Appends the body.  A figure that no machine has is left out, as one that is
 * not known is; NVR_E_DATA for more than NVR_BEAT_MAX. */
int nvr_beat_write(
    const struct nvr_beat *b, struct nvr_buf *out, struct nvr_error *err);

/*
 * Everything in it may be hostile: at most NVR_BEAT_MAX bytes, 16 levels, no
 * member twice, no member that is not known, figures that a machine can have,
 * printable text.  NVR_E_DATA names the member.  Released with
 * nvr_beat_release, also where it fails.
 */
int nvr_beat_parse(
    const void *body, size_t len, struct nvr_beat *ret, struct nvr_error *err);
void nvr_beat_release(struct nvr_beat *b);

/* A report alone, as it waits in the table `unsent` and goes as `late`. */
int nvr_beat_report_write(const struct nvr_beat_report *r, struct nvr_buf *out,
    struct nvr_error *err);
int nvr_beat_report_parse(
    const char *text, struct nvr_beat_report *ret, struct nvr_error *err);

/* What enrols a recorder.  Texts of one that was parsed are raw's. */
struct nvr_beat_enrol {
	const char *code;
	const char *box; /* age1…: what its cameras' secrets are sealed to */
	const char *agent;
	uint8_t fingerprint[NVR_FINGERPRINT];
	int64_t interval;
	json_t *raw;
};
int nvr_beat_enrol_write(
    const struct nvr_beat_enrol *e, struct nvr_buf *out, struct nvr_error *err);
int nvr_beat_enrol_parse(const void *body, size_t len,
    struct nvr_beat_enrol *ret, struct nvr_error *err);
void nvr_beat_enrol_release(struct nvr_beat_enrol *e);

/* And its answer. */
struct nvr_beat_enrolled {
	int64_t recorder; /* its id */
	bool waits;	  /* for somebody to approve it */
	bool replaces;	  /* another one, whose cameras it gets */
	int64_t now;
};
int nvr_beat_enrolled_write(const struct nvr_beat_enrolled *e,
    struct nvr_buf *out, struct nvr_error *err);
int nvr_beat_enrolled_parse(const void *body, size_t len,
    struct nvr_beat_enrolled *ret, struct nvr_error *err);

/* What the account may set from the portal: this, and nothing else. */
struct nvr_beat_settings {
	int64_t version; /* 53 bits of a hash of what is set */
	int64_t retain_us,
	    retain_bytes; /* of the site; 0: the recorder's own */
	/* Thresholds of kinds that a recorder judges of itself, each once: the
	 * account's, and over them the site's. */
	struct nvr_alert_rule alert[NVR_ALERT_OWN];
	size_t nalerts;
};

/* Lays a rule (not of a kind that is no matter of a recorder) over those that
 * are there; ctx: the settings.  For nvr_alert_rule_each and its like. */
int nvr_beat_settings_lay(void *ctx, const struct nvr_alert_rule *r);
/* As an answer has them. */
json_t *nvr_beat_settings_json(const struct nvr_beat_settings *s);
/* Its version, by all the rest of it. */
int nvr_beat_settings_number(
    struct nvr_beat_settings *s, struct nvr_error *err);

struct nvr_beat_answer {
	int64_t now;	      /* the portal's clock */
	uint64_t sequence;    /* the newest that it has taken */
	bool wants_inventory; /* it has none, or another one */
	bool moved;	      /* another fingerprint: somebody is asked */
	int late;	      /* how many late ones the next may bring */
	struct nvr_beat_settings settings;
	struct nvr_error unset; /* code 0; or why those that came cannot be */
	/* To a recorder that replaces another, once it is approved: what was
	 * sealed for that one, until it was told of; names and ids are texts
	 * of raw. */
	struct nvr_beat_inventory *inherited;
	size_t ninherited;
	json_t *raw;
	struct nvr_buf held;
};

int nvr_beat_answer_write(const struct nvr_beat_answer *a, struct nvr_buf *out,
    struct nvr_error *err);
int nvr_beat_answer_parse(const void *body, size_t len,
    struct nvr_beat_answer *ret, struct nvr_error *err);
void nvr_beat_answer_release(struct nvr_beat_answer *a);

/* What a portal refuses a request for, with its HTTP status and its word. */
enum nvr_beat_problem {
	NVR_BEAT_FINE,
	NVR_BEAT_MALFORMED, /* 400 */
	NVR_BEAT_UNSIGNED,  /* 401: no signature, or not of that key */
	NVR_BEAT_UNKNOWN,   /* 401: no recorder has that key */
	NVR_BEAT_SKEW,	    /* 401: more than 300 s off; `now` says by what */
	NVR_BEAT_CODE,	    /* 403: no such code, or past its time */
	NVR_BEAT_REVOKED,   /* 403 */
	NVR_BEAT_WAITING,   /* 403: not approved yet */
	NVR_BEAT_REPLAYED,  /* 409: `sequence` is not above the newest */
	NVR_BEAT_TOO_LARGE, /* 413 */
	NVR_BEAT_HOST,	    /* 421: it answers to other names */
	NVR_BEAT_TOO_OFTEN, /* 429, with Retry-After */
	NVR_BEAT_BUSY,	    /* 503: the store is full, or others hold it */
	NVR_BEAT_PROBLEMS
};
struct nvr_beat_refusal {
	enum nvr_beat_problem problem;
	const char *title; /* constant */
	char detail[256];
	int64_t now;
	uint64_t sequence;
	int64_t retry; /* microseconds; 0: not told */
};
int nvr_beat_status(enum nvr_beat_problem p);
const char *nvr_beat_word(enum nvr_beat_problem p);
const char *nvr_beat_title(enum nvr_beat_problem p); /* for people */
int nvr_beat_refusal_write(const struct nvr_beat_refusal *r,
    struct nvr_buf *out, struct nvr_error *err);
/* NVR_BEAT_PROBLEMS as the problem: a word that this release does not know.
 * Members that are not known are passed over, as RFC 9457 asks. */
int nvr_beat_refusal_parse(const void *body, size_t len,
    struct nvr_beat_refusal *ret, struct nvr_error *err);

#endif
