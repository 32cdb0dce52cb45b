/* What the files of alert*.c share; see alert.h. */
#ifndef NVR_CORE_ALERT_INT_H
#define NVR_CORE_ALERT_INT_H

#include "base/time.h"
#include "core/alert.h"

/* Something that is bad, as it was found. */
struct nvr_sight {
	const struct nvr_alert_kind *kind;
	int64_t account_id, site_id, object;
	int64_t at, since; /* seen, and begun */
	double value;
	char subject[NVR_ALERT_TEXT], why[NVR_ALERT_TEXT];
};

struct nvr_judging {
	struct nvr_state *s;
	struct nvr_error *err;
	int64_t now;
	int64_t last;	/* when it was judged before; 0: never */
	int64_t looked; /* when all could be looked at; a day ago at most */
	int64_t floor;	/* what was missing until then does not count */
	int64_t silent; /* silence is reckoned up to here */
	bool deaf;	/* this portal hears nothing */
	struct nvr_alert_rules *rules;
	struct nvr_sight *sight;
	size_t nsight, sights;
	int64_t *met; /* alerts that were judged in this run, sorted at last */
	size_t nmet, mets;
	/* Cameras of this store, good or bad; sorted at last. */
	struct nvr_local {
		int64_t camera;
		bool off; /* not to be recorded */
	} * local;
	size_t nlocal, locals;
	/* Bits by place in nvr_alert_kinds: of this machine looked at, and good
	 * unless there is a sight; and not to be looked at. */
	unsigned here, unseen;
	bool began;  /* a transaction */
	bool missed; /* what was seen of one could not be entered */
	struct nvr_alert_done *done;
	struct nvr_error failed; /* the first that was; code 0: none */
};

static inline unsigned
nvr_alert_bit(const struct nvr_alert_kind *k)
{
	return 1u << (unsigned)(k - nvr_alert_kinds);
}

/* Appends one, filled but for its texts; NULL: no memory. */
struct nvr_sight *nvr_sight_add(struct nvr_judging *x, const char *kind,
    const struct nvr_found *f, const char *subject);
/* What cannot be looked at stops nothing else, but for a busy store. */
int nvr_judging_miss(struct nvr_judging *x, const char *kind, int rc);

/* Recorders that are silent; then, once those are judged, everything else. */
int nvr_alert_gather_silent(struct nvr_judging *x);
int nvr_alert_gather(struct nvr_judging *x);
/* Who signed in from where nobody did before, by the security log. */
int nvr_alert_gather_signins(struct nvr_judging *x);
/* Of this machine and its own cameras. */
int nvr_alert_gather_local(struct nvr_judging *x);

/* One transaction is no longer than others should wait: begins one where there
 * is none, or ends it and begins the next.  done: ends it; returns what then is
 * the matter. */
int nvr_judging_turn(struct nvr_judging *x);
int nvr_judging_done(struct nvr_judging *x, int rc);
/* The same for one row.  What then fails of it, rc, is taken back alone, and
 * kept for the end; returned is what stops all. */
int nvr_judging_try(struct nvr_judging *x);
int nvr_judging_tried(struct nvr_judging *x, int rc);
/* What became of it, with its events, in the transaction.  over: why it ends
 * without being good again; NULL: it is good. */
int nvr_alert_record(struct nvr_judging *x, struct nvr_alert *a, unsigned did,
    const char *over, bool is_new);
/* What was gathered; then the alerts that are not closed and about which
 * nothing was. */
int nvr_judge_sights(struct nvr_judging *x);
int nvr_judge_rest(struct nvr_judging *x);

/* alert_news.c.  Whether it is one that the contact wants; and what is to be
 * told of it, or NULL: at says since when that is news. */
bool nvr_alert_is_for(const struct nvr_contact *c, const struct nvr_alert *a);
const char *nvr_alert_news_of(const struct nvr_contact *c,
    const struct nvr_alert *a, const struct nvr_alert_told *told,
    int64_t remind, int64_t now, int64_t *at);

#endif
