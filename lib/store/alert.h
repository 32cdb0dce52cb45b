/*
 * What is wrong, or was, as rows: alerts, what became of them, who was told of
 * them, and the thresholds that are not nvr.conf's.  core/alert.h has the
 * rules.  Rows of restricted accounts are left alone (store/restrict.h).
 */
#ifndef NVR_STORE_ALERT_H
#define NVR_STORE_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

#define NVR_ALERT_KIND 32
#define NVR_ALERT_TEXT 256

enum nvr_alert_state {
	NVR_ALERT_PENDING, /* bad, and not for long enough */
	NVR_ALERT_OPEN,
	NVR_ALERT_CLOSED,
	NVR_ALERT_STATES
};
extern const char *const nvr_alert_states[NVR_ALERT_STATES];

/* Texts are cut to their room; moments that were not are 0. */
struct nvr_alert {
	int64_t id; /* 0: there is none */
	int64_t account_id, site_id;
	char kind[NVR_ALERT_KIND];
	int64_t object;
	char subject[NVR_ALERT_TEXT], why[NVR_ALERT_TEXT];
	int severity; /* enum nvr_severity (core/contact.h) */
	enum nvr_alert_state state;
	double value; /* NaN: none */
	int64_t since, opened_at, seen_at;
	int64_t good, flips, flipped_at;
	bool unstable;
	int64_t inhibited_by; /* an alert; 0: none */
	int64_t acked_at;
	char acked_by[NVR_ALERT_TEXT];
	int64_t snoozed_until, closed_at, settled_at;
};

/* NVR_E_NOENT. */
int nvr_alert_get(struct nvr_store *st, int64_t id, struct nvr_alert *ret,
    struct nvr_error *err);
/* The one that is not closed of that kind and object; id 0: there is none. */
int nvr_alert_find(struct nvr_store *st, int64_t account, const char *kind,
    int64_t object, struct nvr_alert *ret, struct nvr_error *err);
/* Enters it, or what became of it. */
int nvr_alert_put(
    struct nvr_store *st, const struct nvr_alert *a, struct nvr_error *err);
int nvr_alert_drop(struct nvr_store *st, int64_t id, struct nvr_error *err);
int nvr_alert_settle(
    struct nvr_store *st, int64_t id, int64_t at, struct nvr_error *err);

enum nvr_alert_which {
	NVR_ALERTS_NOT_CLOSED, /* pending and open */
	NVR_ALERTS_TO_TELL,    /* open, and closed ones that are not settled */
	NVR_ALERTS_ALL,	       /* the newest last */
};
/* By account and id.  The row is borrowed for the call, which may use the
 * store; not 0 ends it. */
int nvr_alert_each(struct nvr_store *st, enum nvr_alert_which which,
    int (*row)(void *ctx, const struct nvr_alert *a), void *ctx,
    struct nvr_error *err);

/* Those of an account that were opened: the ones that are not closed, and after
 * them those that were closed since then; the newest first. */
int nvr_alert_each_of(struct nvr_store *st, int64_t account, int64_t since,
    int (*row)(void *ctx, const struct nvr_alert *a), void *ctx,
    struct nvr_error *err);

/* How often those of that kind and object were opened and closed since then. */
int nvr_alert_flips(struct nvr_store *st, const struct nvr_alert *a,
    int64_t since, int64_t *ret, struct nvr_error *err);

struct nvr_alert_event {
	int64_t id, alert_id, account_id, at;
	const char *what;      /* pending, opened, closed, ended, … */
	const char *why, *who; /* "": not told */
};
int nvr_alert_event_add(struct nvr_store *st, const struct nvr_alert_event *e,
    struct nvr_error *err);
int nvr_alert_event_each(struct nvr_store *st, int64_t alert,
    int (*row)(void *ctx, const struct nvr_alert_event *e), void *ctx,
    struct nvr_error *err);

/* Whether it was closed without being good again, and why. */
int nvr_alert_ended(struct nvr_store *st, int64_t alert,
    char why[NVR_ALERT_TEXT], bool *ret, struct nvr_error *err);

/* What a contact was told of an alert, and when; 0: not. */
struct nvr_alert_told {
	int64_t alert_id, contact_id, account_id;
	int64_t opened_at, reminded_at, closed_at, told_at;
};
int nvr_alert_told_get(struct nvr_store *st, int64_t alert, int64_t contact,
    struct nvr_alert_told *ret, struct nvr_error *err);
int nvr_alert_told_put(struct nvr_store *st, const struct nvr_alert_told *t,
    struct nvr_error *err);
/* When a contact was told of anything; 0: never. */
int nvr_alert_told_last(
    struct nvr_store *st, int64_t contact, int64_t *ret, struct nvr_error *err);

/* Of an account (site_id 0) or of one of its sites.  What is -1, or NaN: as
 * above it. */
struct nvr_alert_rule {
	int64_t account_id, site_id;
	const char *kind;
	int enabled, severity;
	double percent;
	int64_t bytes, us, grace;
	int64_t changed_at;
};
/* By account, site and kind; borrowed for the call. */
int nvr_alert_rule_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_alert_rule *r), void *ctx,
    struct nvr_error *err);
/* Of that account, then of that site of it. */
int nvr_alert_rule_each_of(struct nvr_store *st, int64_t account, int64_t site,
    int (*row)(void *ctx, const struct nvr_alert_rule *r), void *ctx,
    struct nvr_error *err);
int nvr_alert_rule_put(struct nvr_store *st, const struct nvr_alert_rule *r,
    struct nvr_error *err);
int nvr_alert_rule_drop(struct nvr_store *st, int64_t account, int64_t site,
    const char *kind, bool *gone, struct nvr_error *err);

/* On a recorder: those that were set at its portal, of no account and no site.
 * By kind; what is put is all there is, in the caller's transaction. */
int nvr_enrolment_rule_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_alert_rule *r), void *ctx,
    struct nvr_error *err);
int nvr_enrolment_rule_put_all(struct nvr_store *st,
    const struct nvr_alert_rule *r, size_t n, struct nvr_error *err);

#endif
