/*
 * What retention promises, said plainly: arrays that are gone through from end
 * to end, no SQL, and nothing of the program.  test_retain_model.c holds the
 * program to it.
 */
#ifndef TESTS_RETAIN_MODEL_H
#define TESTS_RETAIN_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/rules.h"
#include "base/time.h"

#define CAMERAS 10
#define SITES 6
#define ACCOUNTS 6
#define THINGS 4000
#define NOBODY (-1)

enum what {
	SEGMENT,
	STILL,
	AUDIT,
	EVENT,
	ACCESS,
	HOLD,
	USAGE,
	OUTBOX,
	SESSION,
	REQUEST,
	DISCLOSURE,
	BREACH,
	PROCESSOR,
	TELEMETRY,
	WHATS
};

/* MAY: the promise is of a day or an hour, which is not over. */
enum fate { STAYS, GOES, MAY };

struct an_account {
	int64_t id;
	int tier;
	int64_t deleted, restricted; /* 0: it is not */
	bool gone;
};

struct a_site {
	int64_t id;
	int account;
	int64_t us, bytes; /* 0: as nvr.conf says */
	int64_t removed;
	bool gone;
};

struct a_camera {
	int64_t id;
	int account, site;
	int64_t us[2], bytes[2], events, stills; /* 0: not said */
	int64_t removed;
	bool adopted; /* its account was erased */
	bool gone;
};

struct thing {
	enum what what;
	int64_t id;
	int camera, account; /* or NOBODY */
	int stream;
	/* Its time; of what ends, when that was, 0: it did not. */
	int64_t at, until, ended;
	int64_t bytes;
	bool found; /* an audit with a finding */
	bool sealed;
	bool gone;
};

struct model {
	const struct nvr_keeping *keep;
	int64_t now, restore;
	struct an_account account[ACCOUNTS];
	struct a_site site[SITES];
	struct a_camera camera[CAMERAS];
	struct thing thing[THINGS];
	int accounts, sites, cameras, things;
	/* Moments of findings.  They outlive their audits where the camera's
	 * setting says so at that time. */
	struct {
		int camera, account, audit;
		int64_t at;
		bool gone;
	} finding[THINGS];
	int findings;
};

static inline bool
account_restricted(const struct model *m, int account)
{
	return account != NOBODY && m->account[account].restricted != 0;
}

static inline bool
camera_restricted(const struct model *m, int camera)
{
	return camera != NOBODY && !m->camera[camera].gone &&
	       account_restricted(m, m->camera[camera].account);
}

/* Of a restricted account, or of a camera of one: it stays. */
static inline bool
frozen(const struct model *m, const struct thing *t)
{
	return account_restricted(m, t->account) ||
	       camera_restricted(m, t->camera);
}

static inline bool
older(const struct model *m, int64_t at, int64_t keep)
{
	return keep > 0 && at < m->now - keep;
}

static inline int
tier_of(const struct model *m, int account)
{
	return account == NOBODY ? NVR_TIER_OWNER : m->account[account].tier;
}

/* A hold that nobody released keeps what it touches. */
static inline bool
held(const struct model *m, const struct thing *seg)
{
	for (int i = 0; i < m->things; i++) {
		const struct thing *h = &m->thing[i];

		if (h->what == HOLD && !h->gone && h->ended == 0 &&
		    h->camera == seg->camera && h->at < seg->until &&
		    h->until > seg->at)
			return true;
	}
	return false;
}

/* Around a finding, or just beside, and young enough by the camera's
 * setting. */
static inline bool
of_a_finding(const struct model *m, const struct thing *seg)
{
	int64_t events = m->camera[seg->camera].events;

	if (events == 0 || seg->until <= m->now - events)
		return false;
	for (int i = 0; i < m->findings; i++) {
		int64_t at = m->finding[i].at;

		if (!m->finding[i].gone &&
		    m->finding[i].camera == seg->camera &&
		    at - m->keep->around <= seg->until &&
		    at + m->keep->around >= seg->at)
			return true;
	}
	return false;
}

/* The stream's own limits, else its site's, else nvr.conf's. */
static inline void
limits(
    const struct model *m, int camera, int stream, int64_t *us, int64_t *bytes)
{
	const struct a_camera *c = &m->camera[camera];
	bool site = c->site != NOBODY && !m->site[c->site].gone;

	*us = c->us[stream];
	*bytes = c->bytes[stream];
	if (*us == 0 && site)
		*us = m->site[c->site].us;
	if (*bytes == 0 && site)
		*bytes = m->site[c->site].bytes;
	if (*us == 0)
		*us = m->keep->footage;
	if (*bytes == 0)
		*bytes = m->keep->footage_bytes;
}

static inline bool
removed_for_good(const struct model *m, int camera)
{
	return m->camera[camera].removed != 0 &&
	       older(m, m->camera[camera].removed, m->keep->cameras);
}

/* The oldest of the stream that may go; findings: with what is kept for
 * those. */
static inline struct thing *
oldest(struct model *m, int camera, int stream, bool findings)
{
	struct thing *best = NULL;

	for (int i = 0; i < m->things; i++) {
		struct thing *t = &m->thing[i];

		if (t->what != SEGMENT || t->gone || t->camera != camera ||
		    t->stream != stream || held(m, t) ||
		    (!findings && of_a_finding(m, t)))
			continue;
		if (best == NULL || t->at < best->at)
			best = t;
	}
	return best;
}

static inline void
model_stream(struct model *m, int camera, int stream)
{
	int64_t us, bytes, sum = 0;
	bool all = removed_for_good(m, camera);

	limits(m, camera, stream, &us, &bytes);
	for (int i = 0; i < m->things; i++) {
		struct thing *t = &m->thing[i];

		if (t->what != SEGMENT || t->gone || t->camera != camera ||
		    t->stream != stream || held(m, t))
			continue;
		if (all ||
		    (us > 0 && t->until <= m->now - us && !of_a_finding(m, t)))
			t->gone = true;
		else
			sum += t->bytes;
	}
	for (int findings = 0; bytes > 0 && findings < 2; findings++) {
		struct thing *t;

		while (sum > bytes &&
		       (t = oldest(m, camera, stream, findings)) != NULL) {
			t->gone = true;
			sum -= t->bytes;
		}
	}
}

static inline enum fate
fate_if(bool goes)
{
	return goes ? GOES : STAYS;
}

/* A still: until when it was to be kept, 24 h at the most on the free tier,
 * and on premium what the camera says. */
static inline bool
still_goes(const struct model *m, const struct thing *t)
{
	int64_t most = m->camera[t->camera].stills;
	int account = t->account;

	if (tier_of(m, account) == NVR_TIER_FREE)
		return t->until <= m->now ||
		       older(m, t->at, m->keep->stills_free) ||
		       older(m, t->at, most);
	return t->until <= m->now || older(m, t->at, most);
}

static inline enum fate
fate_of(const struct model *m, const struct thing *t)
{
	const struct nvr_keeping *k = m->keep;

	if (frozen(m, t))
		return STAYS;
	switch (t->what) {
	case STILL:
		return fate_if(still_goes(m, t));
	case AUDIT:
		return fate_if(
		    older(m, t->at, k->audits[tier_of(m, t->account)]));
	case EVENT:
		return fate_if(older(m, t->at, k->events));
	case ACCESS:
		return fate_if(older(m, t->at, k->accesses));
	case HOLD:
		return fate_if(t->ended != 0 && older(m, t->ended, k->holds));
	case USAGE: /* of a day, `at` its beginning */
		if (older(m, t->at, k->usage) !=
		    older(m, t->at + NVR_DAY, k->usage))
			return MAY;
		return fate_if(older(m, t->at, k->usage));
	case OUTBOX:
		return fate_if(
		    older(m, t->ended != 0 ? t->ended : t->at, k->outbox));
	case SESSION:
		return fate_if(t->until <= m->now);
	case REQUEST:
	case PROCESSOR:
		return fate_if(
		    t->ended != 0 && older(m, t->ended, k->requests));
	case DISCLOSURE:
		return fate_if(older(m, t->at, k->registers));
	case BREACH:
		return fate_if(
		    t->ended != 0 && older(m, t->ended, k->registers));
	case TELEMETRY: /* whole days go */
		if (older(m, t->at, k->telemetry) &&
		    !older(m, t->at + NVR_DAY, k->telemetry))
			return MAY;
		return fate_if(older(m, t->at, k->telemetry));
	default:
		return STAYS;
	}
}

/* Footage, or a hold; released: or one that was. */
static inline bool
has_footage(const struct model *m, int camera, bool released)
{
	for (int i = 0; i < m->things; i++) {
		const struct thing *t = &m->thing[i];

		if (t->camera == camera && !t->gone &&
		    (t->what == SEGMENT ||
			(t->what == HOLD && (released || t->ended == 0))))
			return true;
	}
	return false;
}

static inline void
camera_goes(struct model *m, int camera)
{
	m->camera[camera].gone = true;
	for (int i = 0; i < m->things; i++) {
		struct thing *t = &m->thing[i];

		if (t->camera == camera &&
		    (t->what == STILL || t->what == AUDIT || t->what == EVENT ||
			t->what == HOLD))
			t->gone = true;
	}
}

static inline void
limits_of_site(struct model *m, int camera)
{
	struct a_camera *c = &m->camera[camera];
	const struct a_site *of = &m->site[c->site == NOBODY ? 0 : c->site];

	for (int i = 0; c->site != NOBODY && !of->gone && i < 2; i++) {
		c->us[i] = c->us[i] != 0 ? c->us[i] : of->us;
		c->bytes[i] = c->bytes[i] != 0 ? c->bytes[i] : of->bytes;
	}
}

/* All that was of the account or its cameras; what was recorded stays, and is
 * nobody's (C20). */
static inline void
account_goes(struct model *m, int a)
{
	for (int i = 0; i < m->things; i++) {
		struct thing *t = &m->thing[i];
		bool its = t->account == a;
		bool at_its =
		    t->camera != NOBODY && m->camera[t->camera].account == a;

		switch (t->what) {
		case STILL:
		case AUDIT:
		case USAGE:
		case OUTBOX:
		case SESSION:
		case REQUEST:
		case TELEMETRY:
			t->gone |= its || at_its;
			break;
		default:
			t->account = its ? NOBODY : t->account;
		}
	}
	for (int i = 0; i < m->cameras; i++) {
		struct a_camera *c = &m->camera[i];

		if (c->gone || c->account != a)
			continue;
		if (!has_footage(m, i, true))
			camera_goes(m, i);
		/* What was promised of its footage holds. */
		limits_of_site(m, i);
		c->account = c->site = NOBODY;
		c->adopted = true;
	}
	for (int i = 0; i < m->sites; i++)
		m->site[i].gone |= m->site[i].account == a;
	m->account[a].gone = true;
}

static inline bool
account_due(const struct model *m, int a)
{
	const struct an_account *x = &m->account[a];

	return !x->gone && x->deleted != 0 && x->restricted == 0 &&
	       older(m, x->deleted, m->restore);
}

static inline void
accounts_and_sites_go(struct model *m)
{
	for (int i = 0; i < m->accounts; i++)
		if (account_due(m, i))
			account_goes(m, i);
	for (int i = 0; i < m->sites; i++)
		if (m->site[i].removed != 0 &&
		    !account_restricted(m, m->site[i].account) &&
		    older(m, m->site[i].removed, m->restore))
			m->site[i].gone = true;
}

/* Footage that ends an hour after them can be of them. */
static inline void
findings_go(struct model *m)
{
	for (int i = 0; i < m->findings; i++) {
		int camera = m->finding[i].camera;
		int64_t events = m->camera[camera].events;

		if (m->thing[m->finding[i].audit].gone &&
		    !camera_restricted(m, camera) &&
		    (events == 0 || older(m, m->finding[i].at,
					events + m->keep->around + NVR_HOUR)))
			m->finding[i].gone = true;
	}
}

/* The rest, by m->now; fate[] of each thing, MAY where both is right. */
static inline void
model_rest(struct model *m, enum fate fate[THINGS])
{
	for (int i = 0; i < m->things; i++) {
		fate[i] = m->thing[i].gone ? GOES : fate_of(m, &m->thing[i]);
		if (m->thing[i].what != SEGMENT && m->thing[i].what != HOLD)
			m->thing[i].gone |= fate[i] == GOES;
	}
	findings_go(m);
	for (int c = 0; c < m->cameras; c++) {
		if (m->camera[c].gone || camera_restricted(m, c))
			continue;
		model_stream(m, c, 0);
		model_stream(m, c, 1);
		for (int i = 0; i < m->things; i++)
			if (m->thing[i].what == HOLD && m->thing[i].camera == c)
				m->thing[i].gone |= fate[i] == GOES;
		if (removed_for_good(m, c) && !has_footage(m, c, false))
			camera_goes(m, c);
		/* There is nothing left that it was adopted for. */
		if (m->camera[c].adopted && m->camera[c].removed == 0 &&
		    !has_footage(m, c, false))
			m->camera[c].removed = m->now;
	}
	for (int i = 0; i < m->things; i++)
		if (fate[i] != MAY)
			fate[i] = m->thing[i].gone ? GOES : STAYS;
}

static inline void
model_run(struct model *m, enum fate fate[THINGS])
{
	accounts_and_sites_go(m);
	model_rest(m, fate);
}

#endif
