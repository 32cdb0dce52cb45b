/*
 * Random histories of recorders, judged each minute, beside a model that knows
 * only when reports came and when the portal was up:
 *
 *	told as open	nothing came of it for three intervals in which the
 *			portal was up and heard others, and it is not told
 *			already
 *	told as over	two reports came since
 *	silent for five	intervals of such time: it has been told
 *
 * NVR_ALERT_MODEL=RECORDERS,HOURS,SEED makes one of another size.
 */
#include "alert_help.h"

#define MOST 1000
#define MIN NVR_MINUTE

static struct model {
	int64_t last;	   /* the newest report that counts */
	int64_t out_until; /* a real outage */
	int flap;	   /* minutes left of flapping */
	int fresh;	   /* reports since it was told */
	bool told;
	int told_times; /* within the outage that is going on */
	int64_t acked;
	int opened, closed;
	int64_t flips[64]; /* the newest */
	int nflips;
} r[MOST];

static int n, hours;
static uint64_t seed;
static int64_t up_since; /* since the portal last was up and heard */
static int outages;

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
	} else if (chance(3000) == 0) {
		m->flap = 90;
	}
}

static void
report_all(void)
{
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < n; i++) {
		begin_things(&r[i]);
		if (is_out(&r[i]) || chance(20) == 0) /* 5 % are lost */
			continue;
		beat(i + 1);
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
may_shake(const struct model *m)
{
	int k = 0;

	for (int i = 0; i < m->nflips; i++)
		k += now - m->flips[i] <= 2 * NVR_HOUR;
	return k >= 6;
}

static void
flip(struct model *m)
{
	memmove(m->flips + 1, m->flips, sizeof(m->flips) - sizeof(m->flips[0]));
	m->flips[0] = now;
	m->nflips += m->nflips < 64;
}

static void
check_said(int from)
{
	for (int k = from; k < nsaid; k++) {
		struct model *m;
		int64_t id;

		if (strcmp(said[k].kind, "portal-silent") == 0)
			continue;
		id = sqlf("SELECT object FROM alert WHERE id = %lld",
		    (long long)said[k].alert);
		m = &r[id - 1];
		if (strcmp(said[k].what, "reminded") == 0)
			continue;
		if (strcmp(said[k].what, "opened") == 0) {
			if (m->told)
				fail_msg("%lld is told twice", (long long)id);
			if (silence(m) < 3 * MIN)
				fail_msg("%lld is invented: %lld s",
				    (long long)id,
				    (long long)(silence(m) / NVR_SECOND));
			m->told = true;
			m->fresh = 0;
			m->opened++;
		} else {
			if (!m->told)
				fail_msg("%lld was not told", (long long)id);
			if (m->fresh < 2)
				fail_msg("%lld is over after %d", (long long)id,
				    m->fresh);
			m->told = false;
			m->closed++;
		}
		flip(m);
	}
}

static void
check_missing(void)
{
	for (int i = 0; i < n; i++)
		if (!r[i].told && silence(&r[i]) > 5 * MIN && !may_shake(&r[i]))
			fail_msg("%d is silent for %lld s, and not told", i + 1,
			    (long long)(silence(&r[i]) / NVR_SECOND));
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

/* Nothing runs, or nothing is heard, or the clock is set. */
static void
trouble(void)
{
	int k = 4 + (int)chance(60);
	bool runs = false;

	switch (chance(4)) {
	case 0: /* the machine was off */
		now += k * MIN;
		break;
	case 1: /* its web server was: it judges, and hears nothing */
		runs = true;
		for (int i = 0; i < k; i++)
			minute(false, true);
		break;
	case 2:
		now += k * NVR_HOUR;
		break;
	default:
		now -= k * MIN;
		for (int i = 0; i < n; i++) {
			if (r[i].last > now)
				r[i].last = now;
			if (r[i].out_until > now + 90 * MIN)
				r[i].out_until = now + 90 * MIN;
			for (int f = 0; f < r[i].nflips; f++)
				if (r[i].flips[f] > now)
					r[i].flips[f] = now;
		}
		break;
	}
	(void)runs;
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
	for (int i = 1; i <= n; i++)
		add_recorder(i, 0);
	for (int i = 0; i < n; i++)
		r[i].last = now;
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
	int opened = 0, closed = 0;

	(void)state;
	n = 40, hours = 12, seed = 7;
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
	}
	print_message("%d outages of %d recorders in %d h: told %d, over %d\n",
	    outages, n, hours, opened, closed);
	assert_true(outages > n / 4 && opened >= outages / 2);
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
