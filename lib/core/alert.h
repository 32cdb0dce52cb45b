/*
 * What is wrong now, and who must know: rules find what is bad, each alert is
 * a small machine, and its news go to contacts.
 *
 *	nothing ─bad─▶ pending ─bad for as long as its grace─▶ open
 *	pending ─good─▶ nothing; open ─good twice─▶ closed
 *
 * One alert that is not closed is there of each account, kind and object.
 * Where reports of recorders are judged, good twice is two reports.  Opened
 * and closed more than six times in an hour it becomes unstable: it stays open
 * until it was steadily good for an hour.  A recorder that is offline explains
 * its cameras: they are inhibited, neither opened nor closed, until it is
 * back.  Each change is a row of alert_event, with its reason.
 *
 * What nobody could see is no outage: where nvr-alert was not run for three
 * times [alert] interval, where the clock was set, and where no recorder of
 * several sites was heard, time counts anew.
 */
#ifndef NVR_CORE_ALERT_H
#define NVR_CORE_ALERT_H

#include <jansson.h>

#include "core/contact.h"
#include "core/state.h"
#include "store/alert.h"
#include "store/alert_find.h"

struct nvr_alert_kind {
	const char *name; /* camera-offline */
	const char *says; /* what is told of: `a camera is not recorded` */
	enum nvr_severity severity;
	enum nvr_alert_beat beat; /* what it is judged by; NONE: each time */
	bool event;		  /* it happened, and is over after a day */
	bool own;		  /* a recorder judges it of itself */
	bool once;	/* that it is over is no news, nor that it lasts */
	bool essential; /* also for who wants no messages */
	bool both;	/* the operator hears of it, too */
	bool delivery;	/* of messages: no contact whose own are lost */
	bool letter;	/* its account gets a letter: no mail besides */
	bool percent, bytes, us; /* which thresholds it has beside the grace */
};
extern const struct nvr_alert_kind nvr_alert_kinds[]; /* name NULL ends */
#define NVR_ALERT_OWN 16 /* kinds that a recorder judges, at the most */
/* NULL: there is none. */
const struct nvr_alert_kind *nvr_alert_kind(const char *name);
/* NVR_E_USAGE, with those that there are, where it is none. */
int nvr_alert_kind_check(const char *name, struct nvr_error *err);

/* NVR_E_USAGE for a kind that there is not, and a threshold that it has not. */
int nvr_alert_rule_check(const struct nvr_alert_rule *r, struct nvr_error *err);
/* What `over` says is put over what *r says. */
void nvr_alert_rule_overlay(
    struct nvr_alert_rule *r, const struct nvr_alert_rule *over);
/* What it sets, without its kind and place; NULL: no memory. */
json_t *nvr_alert_rule_json(const struct nvr_alert_rule *r);

/* Thresholds in force; which of them means something is the kind's. */
struct nvr_alert_limits {
	bool enabled;
	int severity;
	double percent;
	int64_t bytes, us; /* 0: no matter */
	int64_t grace;
};

/* The machine, which knows nothing of the store. */
struct nvr_alert_look {
	bool bad;
	bool judged;	/* false: nobody could see */
	int64_t at;	/* of what it is judged by */
	int64_t blamed; /* the alert that explains it; 0: none */
	int64_t flips;	/* openings and closings of the last hour */
};
enum {
	NVR_ALERT_CHANGED = 1, /* the row is to be written */
	NVR_ALERT_OPENED = 2,
	NVR_ALERT_OVER = 4,   /* closed */
	NVR_ALERT_PASSED = 8, /* it never was open, and is forgotten */
	NVR_ALERT_SHAKES = 16,
	NVR_ALERT_STEADY = 32,
	NVR_ALERT_INHIBITED = 64,
	NVR_ALERT_RELEASED = 128,
};
#define NVR_ALERT_GOOD 2
#define NVR_ALERT_FLIPS 6
/* One that is not closed, at a moment; what became of it.  A clock that was
 * set back keeps nothing waiting. */
unsigned nvr_alert_step(struct nvr_alert *a, const struct nvr_alert_limits *l,
    const struct nvr_alert_look *look, int64_t now);

/* Those of [alert], of the portal that this recorder is enrolled at, of the
 * account, and of the site, in this order; s->rules are needed. */
struct nvr_alert_rules;
int nvr_alert_rules_load(
    struct nvr_state *s, struct nvr_alert_rules **ret, struct nvr_error *err);
void nvr_alert_rules_free(struct nvr_alert_rules *r);
void nvr_alert_limits(const struct nvr_alert_rules *r,
    const struct nvr_alert_kind *kind, int64_t account, int64_t site,
    struct nvr_alert_limits *ret);
/* Those that find most, of all accounts and sites. */
void nvr_alert_limits_widest(const struct nvr_alert_rules *r,
    const struct nvr_alert_kind *kind, struct nvr_alert_limits *ret);

/*
 * Sets, or takes back, what an account or a site has of its own; what is -1, or
 * NaN, stays.  One transaction, with its row of the security log.
 */
int nvr_alert_rule_set(
    struct nvr_state *s, const struct nvr_alert_rule *r, struct nvr_error *err);
int nvr_alert_rule_reset(struct nvr_state *s, int64_t account, int64_t site,
    const char *kind, struct nvr_error *err);

struct nvr_alert_done {
	int64_t opened, closed; /* by this call */
	int64_t open;		/* and not acknowledged, nor snoozed */
	int64_t told;		/* messages */
};

/*
 * Judges everything.  What cannot be looked at is left as it is, and *err says
 * the first such thing, while the rest is done.
 */
int nvr_alert_evaluate(struct nvr_state *s, int64_t now,
    struct nvr_alert_done *ret, struct nvr_error *err);

/* What somebody else saw of cameras of this store, at once. */
struct nvr_alert_seen {
	int64_t camera;
	bool bad;
	int64_t since;
	const char *why;
};
int nvr_alert_seen(struct nvr_state *s, const struct nvr_alert_seen *seen,
    size_t n, int64_t now, struct nvr_alert_done *ret, struct nvr_error *err);

/* How messages are posted: as core/contact.h does, but in tests. */
struct nvr_alert_post {
	int (*each)(struct nvr_state *s, int64_t account,
	    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
	    struct nvr_error *err);
	int (*post)(struct nvr_state *s, const struct nvr_contact *c,
	    const struct nvr_alert_news *news, size_t n, bool essential,
	    int64_t *id, struct nvr_error *err);
};
extern const struct nvr_alert_post nvr_alert_contacts;

/*
 * Tells contacts of what they are to know by now: of what opened and closed,
 * and of what has been open for long.  News wait for each other (group-wait)
 * and, all but what is critical and opened, for the last message
 * (group-interval); all but critical ones for the end of quiet hours.  What is
 * essential is a message of its own, which no unsubscribing takes back.  A
 * contact with `after` comes in when an alert is that old and nobody has
 * acknowledged it.  Message and mark are one transaction, so nothing is told
 * twice, and nothing is lost.
 */
int nvr_alert_tell(struct nvr_state *s, const struct nvr_alert_post *post,
    int64_t now, int64_t *told, struct nvr_error *err);

/* Whether it is quiet there (`22:00-07:00`, in the zone); NVR_E_DATA for a text
 * that says nothing. */
int nvr_alert_quiet(const char *quiet, const char *zone, int64_t now, bool *ret,
    struct nvr_error *err);

/* Somebody has seen it: nobody else is told of it, but that it is over; or
 * nobody has.  NVR_E_NOENT, also where it is closed. */
int nvr_alert_ack(struct nvr_state *s, int64_t id, const char *why, int64_t now,
    struct nvr_error *err);
int nvr_alert_unack(struct nvr_state *s, int64_t id, const char *why,
    int64_t now, struct nvr_error *err);
/* Nothing is told of it until then, but that it is over; now ends it. */
int nvr_alert_snooze(struct nvr_state *s, int64_t id, int64_t until,
    int64_t now, struct nvr_error *err);
/* Of all of that kind, whoever's, also of those that are still to come; what is
 * bad after that is told then.  The last one holds: now ends it. */
int nvr_alert_snooze_kind(struct nvr_state *s, const char *kind, int64_t until,
    int64_t now, struct nvr_error *err);
/* Until when; 0: never. */
int nvr_alert_snoozed(struct nvr_state *s, const char *kind, int64_t *until,
    struct nvr_error *err);

#endif
