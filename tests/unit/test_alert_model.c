/*
 * Random histories of recorders and their cameras, judged each minute, beside a
 * model that knows only when reports came, what they said and when the portal
 * was up.  Of a recorder:
 *
 *	told as open	nothing came of it for three of its intervals in which
 *			the portal was up and heard others, and it is not told
 *			already
 *	told as over	two reports came since
 *	silent for five	intervals of such time: it has been told
 *
 * Of a camera, while its recorder is not told to be offline:
 *
 *	told as open	reports that are its grace apart, and all between,
 *			said so, and it is not told already
 *	told as over	two reports since said that it is recorded
 *	bad for five	intervals of such time: it has been told; good: it has
 *			not, or was told as over
 *
 * and nothing while it is.
 *
 * NVR_ALERT_MODEL=RECORDERS,HOURS,SEED makes one of another size.
 */
#include "alert_help.h"

#define MOST 1000
#define CAMERAS 2 /* of each recorder; their ids are 10 times its, and on */
#define MIN NVR_MINUTE

struct cam {
	int64_t out_until; /* a real outage */
	bool bad;	   /* as was reported last */
	int64_t since;	   /* all reports since then said so */
	int fresh;	   /* good reports since it was told */
	bool told;
	int opened, closed;
	int64_t flips[64]; /* the newest */
	int nflips;
};

static struct model {
	int64_t every; /* its interval */
	struct cam c[CAMERAS];
	int64_t up_since;  /* it was told to be back, or never offline */
	int64_t last;	   /* the newest report that counts */
	int64_t out_until; /* a real outage */
	int flap;	   /* minutes left of flapping */
	int fresh;	   /* reports since it was told */
	bool told;
	int opened, closed;
	int64_t flips[64]; /* the newest */
	int nflips;
} r[MOST];

static int n, hours;
static uint64_t seed;
static int64_t up_since; /* since the portal last was up and heard */
static int outages, camera_outages;

static unsigned
chance(unsigned of)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % of;
}

static bool
is_out(struct model *m)
{
	if (m->flap > 0)
		return --m->flap / 4 % 2 == 1;
	return now < m->out_until;
}

static void
begin_things(struct model *m)
{
	if (now < m->out_until || m->flap > 0)
		return;
	if (chance(400) == 0) {
		m->out_until = now + (6 + chance(90)) * MIN;
		outages++;
	} else if (m->every == MIN && chance(3000) == 0) {
		m->flap = 90;
	}
}

/* As its recorder finds them, and tells. */
static void
report_cameras(int i)
{
	for (int k = 0; k < CAMERAS; k++) {
		struct cam *c = &r[i].c[k];
		bool bad = now < c->out_until;

		if (bad != c->bad) {
			state_of(
			    10 * (i + 1) + k, bad ? "offline" : "recording");
			c->bad = bad;
			c->since = now;
		}
		c->fresh = bad ? 0 : c->fresh + 1;
	}
}

static void
break_cameras(struct model *m)
{
	for (int k = 0; k < CAMERAS; k++) {
		struct cam *c = &m->c[k];

		if (now < c->out_until || chance(500) != 0)
			continue;
		c->out_until = now + (1 + chance(80)) * MIN;
		camera_outages++;
	}
}

static bool
reports_now(int i)
{
	/* 5 % are lost. */
	return (now - START) / MIN % (r[i].every / MIN) ==
		   i % (r[i].every / MIN) &&
	       chance(20) != 0;
}

static void
report_all(void)
{
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < n; i++) {
		begin_things(&r[i]);
		break_cameras(&r[i]);
		if (is_out(&r[i]) || !reports_now(i))
			continue;
		beat(i + 1);
		report_cameras(i);
		r[i].last = now;
		r[i].fresh++;
	}
	ok(nvr_store_commit(s->store, &err));
}

/* How long it has been silent, of time that counts. */
static int64_t
silence(const struct model *m)
{
	return now - (m->last > up_since ? m->last : up_since);
}

/* It was told to be open or over so often within the hour that it is unstable.
 */
static bool
may_shake(const int64_t *flips, int nflips)
{
	int k = 0;

	for (int i = 0; i < nflips; i++)
		k += now - flips[i] <= 2 * NVR_HOUR;
	return k >= 6;
}

static void
flip(int64_t flips[64], int *nflips)
{
	memmove(flips + 1, flips, 63 * sizeof(flips[0]));
	flips[0] = now;
	*nflips += *nflips < 64;
}

static void
recorder_said(struct model *m, int id, bool opened)
{
	if (opened) {
		if (m->told)
			fail_msg("%d is told twice", id);
		if (silence(m) < 3 * m->every)
			fail_msg("%d is invented: %lld s", id,
			    (long long)(silence(m) / NVR_SECOND));
		m->fresh = 0;
		m->opened++;
	} else {
		if (!m->told)
			fail_msg("%d was not told", id);
		if (m->fresh < 2)
			fail_msg("%d is over after %d", id, m->fresh);
		m->up_since = now;
		m->closed++;
	}
	m->told = opened;
	flip(m->flips, &m->nflips);
}

static void
camera_said(struct model *m, struct cam *c, int id, bool opened)
{
	if (m->told)
		fail_msg("camera %d is told while its recorder is down", id);
	if (opened) {
		if (c->told)
			fail_msg("camera %d is told twice", id);
		if (!c->bad || m->last - c->since < rules.alert.camera)
			fail_msg("camera %d is invented: %d, %lld s", id,
			    c->bad,
			    (long long)((m->last - c->since) / NVR_SECOND));
		c->opened++;
	} else {
		if (!c->told)
			fail_msg("camera %d was not told", id);
		if (c->fresh < 2)
			fail_msg("camera %d is over after %d", id, c->fresh);
		c->closed++;
	}
	c->told = opened;
	flip(c->flips, &c->nflips);
}

/* Recorders first: what is told of cameras is told as of then. */
static void
check_said(int from)
{
	for (int k = from; k < 2 * nsaid - from; k++) {
		const struct said *t = &said[k < nsaid ? k : k - nsaid + from];
		bool camera = strcmp(t->kind, "camera-offline") == 0;
		int id;

		if (strcmp(t->kind, "portal-silent") == 0 ||
		    strcmp(t->what, "reminded") == 0 || camera != (k >= nsaid))
			continue;
		id = (int)sqlf("SELECT object FROM alert WHERE id = %lld",
		    (long long)t->alert);
		if (camera)
			camera_said(&r[id / 10 - 1], &r[id / 10 - 1].c[id % 10],
			    id, strcmp(t->what, "opened") == 0);
		else
			recorder_said(
			    &r[id - 1], id, strcmp(t->what, "opened") == 0);
	}
}

static int64_t
latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void
check_cameras(const struct model *m, int i)
{
	for (int k = 0; k < CAMERAS; k++) {
		const struct cam *c = &m->c[k];
		/* By reports, of which some may be lost. */
		int64_t so =
		    m->last - latest(c->since, latest(up_since, m->up_since));

		if (so > 5 * m->every && c->told != c->bad &&
		    !may_shake(c->flips, c->nflips))
			fail_msg("camera %d is %s for %lld s, and not told",
			    10 * (i + 1) + k, c->bad ? "bad" : "good",
			    (long long)(so / NVR_SECOND));
	}
}

static void
check_missing(void)
{
	for (int i = 0; i < n; i++) {
		const struct model *m = &r[i];

		if (!m->told && silence(m) > 5 * m->every &&
		    !may_shake(m->flips, m->nflips))
			fail_msg("%d is silent for %lld s, and not told", i + 1,
			    (long long)(silence(m) / NVR_SECOND));
		if (!m->told && silence(m) < 3 * m->every)
			check_cameras(m, i);
	}
}

static void
minute(bool hears, bool runs)
{
	int from = nsaid;

	now += MIN;
	if (hears)
		report_all();
	if (!runs)
		return;
	judge_now();
	check_said(from);
	if (hears)
		check_missing();
}

static void
clamp(int64_t *t, int64_t most)
{
	if (*t > most)
		*t = most;
}

static void
set_back(struct model *m)
{
	clamp(&m->last, now);
	clamp(&m->up_since, now);
	clamp(&m->out_until, now + 90 * MIN);
	for (int f = 0; f < m->nflips; f++)
		clamp(&m->flips[f], now);
	for (int k = 0; k < CAMERAS; k++) {
		struct cam *c = &m->c[k];

		clamp(&c->since, now);
		clamp(&c->out_until, now + 90 * MIN);
		for (int f = 0; f < c->nflips; f++)
			clamp(&c->flips[f], now);
	}
}

/* Nothing runs, or nothing is heard, or the clock is set. */
static void
trouble(void)
{
	int k = 4 + (int)chance(60);

	switch (chance(4)) {
	case 0: /* the machine was off */
		now += k * MIN;
		break;
	case 1: /* its web server was: it judges, and hears nothing */
		for (int i = 0; i < k; i++)
			minute(false, true);
		break;
	case 2:
		now += k * NVR_HOUR;
		break;
	default:
		now -= k * MIN;
		for (int i = 0; i < n; i++)
			set_back(&r[i]);
		break;
	}
	up_since = now;
	/* The minute in which it hears again is the first that counts. */
	minute(true, true);
	up_since = now;
}

static void
act(void)
{
	int64_t id = sqlf("SELECT COALESCE(MAX(id), 0) FROM alert WHERE"
			  " closed_at IS NULL AND state = 'open' AND kind ="
			  " 'recorder-offline'");

	if (id == 0 || chance(30) != 0)
		return;
	/* Who was told of it; a snooze hides nothing that is over. */
	if (chance(2) == 0)
		ok(nvr_alert_ack(s, id, "seen", now, &err));
	else
		ok(nvr_alert_snooze(s, id, now + NVR_HOUR, now, &err));
}

static void
run(void)
{
	for (int i = 1; i <= n; i++) {
		add_recorder(i, 0);
		r[i - 1].last = now;
		/* One of eight reports each ten minutes. */
		r[i - 1].every = i % 8 == 0 ? 10 * MIN : MIN;
		sqlf("UPDATE recorder SET interval_us = %lld WHERE id = %d",
		    (long long)r[i - 1].every, i);
		for (int k = 0; k < CAMERAS; k++)
			add_camera(10 * i + k, i, "gate");
	}
	up_since = now;
	judge_now();
	for (int m = 0; m < hours * 60; m++) {
		minute(true, true);
		act();
		if (chance(300) == 0)
			trouble();
	}
}

static void
every_real_outage_is_told_once_and_none_is_invented(void **state)
{
	const char *size = getenv("NVR_ALERT_MODEL");
	int opened = 0, closed = 0, cameras = 0, again = 0;

	(void)state;
	n = 50, hours = 24, seed = 3;
	if (size != NULL)
		sscanf(size, "%d,%d,%llu", &n, &hours,
		    (unsigned long long *)&seed);
	assert_true(n <= MOST);
	memset(r, 0, sizeof(r));
	ok(nvr_store_begin(s->store, &err));
	nvr_store_rollback(s->store);
	run();
	for (int i = 0; i < n; i++) {
		opened += r[i].opened;
		closed += r[i].closed;
		for (int k = 0; k < CAMERAS; k++) {
			cameras += r[i].c[k].opened;
			again += r[i].c[k].closed;
		}
	}
	print_message("%d outages of %d recorders in %d h: told %d, over %d\n",
	    outages, n, hours, opened, closed);
	print_message("%d outages of %d cameras: told %d, over %d\n",
	    camera_outages, n * CAMERAS, cameras, again);
	assert_true(outages > n / 4 && opened >= outages / 2);
	assert_true(camera_outages > n / 4 && cameras >= camera_outages / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		every_real_outage_is_told_once_and_none_is_invented,
		make_portal, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
