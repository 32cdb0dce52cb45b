/* What can happen to a store of retain_world.h: one thing at a time, to
 * whatever chance picks, in the model and in the store alike. */
#ifndef TESTS_RETAIN_HISTORY_H
#define TESTS_RETAIN_HISTORY_H

#include "retain_check.h"

static uint64_t chance_state;
static int seed;
static bool talk;

static int64_t
chance(int64_t n) /* 0 to n - 1 */
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (int64_t)((chance_state >> 11) % (uint64_t)n);
}

static int64_t
between(int64_t least, int64_t most)
{
	return least + chance(most - least + 1);
}

static void
tell(const char *what, int64_t n)
{
	char at[NVR_TIME_TEXT];

	if (talk)
		printf("# %s %s %lld\n", nvr_time_format(m.now, at), what,
		    (long long)n);
}

static bool
usable_account(int a)
{
	return a == NOBODY ||
	       (!m.account[a].gone && m.account[a].deleted == 0 &&
		   m.account[a].restricted == 0);
}

/* One that can be recorded; NOBODY: there is none. */
static int
any_camera(void)
{
	for (int tries = 0; m.cameras > 0 && tries < 20; tries++) {
		int c = (int)chance(m.cameras);

		if (!m.camera[c].gone && m.camera[c].removed == 0 &&
		    usable_account(m.camera[c].account))
			return c;
	}
	return NOBODY;
}

static int
any_account(void)
{
	for (int tries = 0; m.accounts > 0 && tries < 20; tries++) {
		int a = (int)chance(m.accounts);

		if (usable_account(a))
			return a;
	}
	return NOBODY;
}

static struct thing *
any_open(enum what what)
{
	for (int tries = 0; m.things > 0 && tries < 60; tries++) {
		struct thing *t = &m.thing[chance(m.things)];

		if (t->what == what && !t->gone && t->ended == 0 &&
		    !frozen(&m, t))
			return t;
	}
	return NULL;
}

/* What happens. */

static void
segments(void)
{
	int c = any_camera(), n = (int)between(1, 8);
	int stream = (int)chance(2);
	int64_t at = m.now - n * NVR_MINUTE;

	for (; c != NOBODY && n > 0; n--, at += NVR_MINUTE)
		add(&(struct thing){.what = SEGMENT,
		    .camera = c,
		    .account = NOBODY,
		    .stream = stream,
		    .at = at,
		    .until = at + NVR_MINUTE,
		    .bytes = between(1, 2000),
		    .sealed = chance(3) > 0});
	tell("segments of", c);
}

static void
still(void)
{
	int c = any_camera();

	if (c != NOBODY)
		add(&(struct thing){.what = STILL,
		    .camera = c,
		    .account = m.camera[c].account,
		    .at = m.now,
		    .until = m.now + between(1, 24 * 20) * NVR_HOUR,
		    .bytes = 100});
	tell("still of", c);
}

static void
audit(void)
{
	int c = any_camera();

	if (c != NOBODY)
		add(&(struct thing){.what = AUDIT,
		    .camera = c,
		    .account = m.camera[c].account,
		    .at = m.now - chance(10) * NVR_MINUTE,
		    .found = chance(2) > 0});
	tell("audit of", c);
}

static void
row_of_camera(void)
{
	static const enum what whats[] = {EVENT, ACCESS, USAGE};
	enum what what = whats[chance(3)];
	int c = any_camera();

	if (c != NOBODY)
		add(&(struct thing){.what = what,
		    .camera = c,
		    .account = what == USAGE ? m.camera[c].account : NOBODY,
		    .at = what == USAGE ? m.now - m.now % NVR_DAY : m.now});
}

static void
row_of_account(void)
{
	static const enum what whats[] = {OUTBOX, OUTBOX, SESSION, SESSION,
	    TELEMETRY, TELEMETRY, REQUEST, DISCLOSURE, BREACH, PROCESSOR};
	enum what what = whats[chance(10)];
	int a = any_account();

	if (a == NOBODY)
		return;
	if (what >= DISCLOSURE && what <= PROCESSOR)
		a = NOBODY;
	add(&(struct thing){.what = what,
	    .camera = NOBODY,
	    .account = a,
	    .at = m.now,
	    .until = m.now + between(1, 20) * NVR_DAY});
}

static void
something_ends(void)
{
	static const enum what whats[] = {OUTBOX, REQUEST, BREACH, PROCESSOR};
	struct thing *t = any_open(whats[chance(4)]);

	if (t != NULL)
		end(t);
}

static void
hold_begins(void)
{
	int c = any_camera();
	int64_t since = m.now - between(1, 40 * 24 * 60) * NVR_MINUTE;

	if (c != NOBODY)
		add(&(struct thing){.what = HOLD,
		    .camera = c,
		    .account = NOBODY,
		    .at = since,
		    .until = since + between(1, 5 * 24 * 60) * NVR_MINUTE});
	tell("hold of", c);
}

static void
hold_ends(void)
{
	struct thing *t = any_open(HOLD);

	if (t != NULL)
		end(t);
}

static void
camera_comes(void)
{
	int a = chance(3) > 0 ? any_account() : NOBODY, site = NOBODY;

	if (m.cameras == CAMERAS)
		return;
	for (int i = 0; a != NOBODY && i < m.sites; i++)
		if (m.site[i].account == a && m.site[i].removed == 0 &&
		    !m.site[i].gone)
			site = i;
	tell("camera of", a);
	add_camera(a, site);
}

static void
camera_goes_or_comes_back(void)
{
	int c = m.cameras > 0 ? (int)chance(m.cameras) : NOBODY;
	struct a_camera *x = &m.camera[c == NOBODY ? 0 : c];
	bool back;

	if (c == NOBODY || x->gone || !usable_account(x->account))
		return;
	back = x->removed != 0;
	if (back && (m.now > x->removed + m.keep->cameras ||
			(x->site != NOBODY && m.site[x->site].removed != 0)))
		return;
	x->removed = back ? 0 : m.now;
	tell(back ? "restored" : "removed", c);
	sql("UPDATE camera SET removed_at = NULLIF(%lld, 0) WHERE id = %lld",
	    (long long)x->removed, (long long)x->id);
}

/* Limits of a stream, and how long footage around findings and stills are
 * kept: set, or unset. */
static void
camera_is_set(void)
{
	int c = any_camera(), stream = (int)chance(2);
	struct a_camera *x = &m.camera[c == NOBODY ? 0 : c];

	if (c == NOBODY)
		return;
	x->us[stream] = chance(3) > 0 ? between(1, 60) * NVR_DAY : 0;
	x->bytes[stream] = chance(3) == 0 ? between(1, 20000) : 0;
	x->events = chance(2) > 0 ? between(1, 12) * 10 * NVR_DAY : 0;
	/* What is found may have to be known for longer than its audit. */
	if (chance(4) == 0)
		x->events = m.keep->audits[chance(3)];
	x->stills = chance(2) > 0 ? between(1, 20) * NVR_DAY : 0;
	tell("set", c);
	sql("UPDATE camera SET retain_us = NULLIF(%lld, 0), retain_bytes ="
	    " NULLIF(%lld, 0), retain_sub_us = NULLIF(%lld, 0),"
	    " retain_sub_bytes = NULLIF(%lld, 0), retain_events_us ="
	    " NULLIF(%lld, 0), retain_stills_us = NULLIF(%lld, 0)"
	    " WHERE id = %lld",
	    (long long)x->us[0], (long long)x->bytes[0], (long long)x->us[1],
	    (long long)x->bytes[1], (long long)x->events, (long long)x->stills,
	    (long long)x->id);
}

static void
site_comes_or_goes(void)
{
	int a = any_account(), i = m.sites > 0 ? (int)chance(m.sites) : 0;

	if (a != NOBODY && m.sites < SITES && chance(2) > 0) {
		add_site(a, chance(2) * between(1, 60) * NVR_DAY,
		    chance(3) == 0 ? between(1, 20000) : 0);
		return;
	}
	if (i >= m.sites || m.site[i].gone ||
	    !usable_account(m.site[i].account))
		return;
	for (int c = 0; c < m.cameras; c++)
		if (m.camera[c].site == i && !m.camera[c].gone)
			return;
	if (m.site[i].removed != 0 && m.now > m.site[i].removed + m.restore)
		return;
	m.site[i].removed = m.site[i].removed == 0 ? m.now : 0;
	tell("site removed or restored", i);
	sql("UPDATE site SET removed_at = NULLIF(%lld, 0) WHERE id = %lld",
	    (long long)m.site[i].removed, (long long)m.site[i].id);
}

/* Tiers, restriction, deletion, and all of it undone. */
static void
account_changes(void)
{
	struct an_account *x;
	int a = (int)chance(ACCOUNTS);

	if (a >= m.accounts) {
		tell("account", m.accounts);
		add_account(chance(2) > 0 ? NVR_TIER_FREE : NVR_TIER_PREMIUM);
		return;
	}
	x = &m.account[a];
	if (x->gone)
		return;
	switch (chance(4)) {
	case 0:
		x->tier =
		    x->tier == NVR_TIER_FREE ? NVR_TIER_PREMIUM : NVR_TIER_FREE;
		break;
	case 1:
		x->restricted = x->restricted == 0 ? m.now : 0;
		break;
	default:
		if (x->deleted != 0 && m.now - x->deleted >= m.restore)
			return;
		x->deleted = x->deleted == 0 ? m.now : 0;
	}
	tell("account changes", a);
	sql("UPDATE account SET tier = '%s', restricted_at = NULLIF(%lld, 0),"
	    " deleted_at = NULLIF(%lld, 0) WHERE account_id = %lld",
	    x->tier == NVR_TIER_FREE ? "free" : "premium",
	    (long long)x->restricted, (long long)x->deleted, (long long)x->id);
}

static void
log_grows(void)
{
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(s, 0, "test.said", NULL, &err));
	ok(nvr_store_commit(s->store, &err));
}

/* When it would be due, by one of the rules that there are for it. */
static int64_t
due_moment(const struct thing *t)
{
	const struct nvr_keeping *k = m.keep;
	int64_t us, bytes;

	switch (t->what) {
	case SEGMENT:
		limits(&m, t->camera, t->stream, &us, &bytes);
		if (chance(3) > 0 && m.camera[t->camera].events != 0)
			us = m.camera[t->camera].events;
		return t->until + us;
	case STILL:
		return chance(2) > 0 ? t->until : t->at + k->stills_free;
	case AUDIT:
		return t->at + k->audits[tier_of(&m, t->account)];
	case EVENT:
		return t->at + k->events;
	case OUTBOX:
		return (t->ended != 0 ? t->ended : t->at) + k->outbox;
	case TELEMETRY:
		return t->at + k->telemetry;
	case HOLD:
		return t->ended + k->holds;
	default:
		return t->until;
	}
}

/* Some time, or until just about when something is due: true. */
static bool
time_passes(void)
{
	int64_t step = between(1, 120) * NVR_MINUTE, to;

	switch (chance(8)) {
	case 0:
		step = between(1, 40) * NVR_DAY + chance(NVR_DAY);
		break;
	case 1:
	case 2:
		step = between(1, 72) * NVR_HOUR + chance(NVR_HOUR);
		break;
	default:
		step += chance(NVR_MINUTE);
	}
	for (int tries = 0; m.things > 0 && tries < 6; tries++) {
		to = due_moment(&m.thing[chance(m.things)]) + between(-1, 1);
		if (to > m.now && to < m.now + 45 * NVR_DAY && chance(2) > 0) {
			m.now = to;
			return true;
		}
	}
	m.now += step;
	return false;
}

static void (*const happens[])(void) = {segments, segments, segments, segments,
    still, still, audit, audit, audit, row_of_camera, row_of_camera,
    row_of_account, row_of_account, row_of_account, something_ends,
    something_ends, hold_begins, hold_ends, camera_comes,
    camera_goes_or_comes_back, camera_is_set, camera_is_set, site_comes_or_goes,
    account_changes, account_changes, log_grows, log_grows};

#endif
