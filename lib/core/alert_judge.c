/* What becomes of alerts by what was found, and not found; see alert.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "core/alert_int.h"
#include "store/restrict.h"

static int
tell_event(struct nvr_judging *x, const struct nvr_alert *a, const char *what,
    const char *why)
{
	const struct nvr_alert_event e = {.id = nvr_id_new(),
	    .alert_id = a->id,
	    .account_id = a->account_id,
	    .at = x->now,
	    .what = what,
	    .why = why,
	    .who = ""};

	return nvr_alert_event_add(x->s->store, &e, x->err);
}

static int
tell_events(struct nvr_judging *x, const struct nvr_alert *a, unsigned did,
    const char *over)
{
	char shakes[64];
	const struct {
		unsigned bit;
		const char *what, *why;
	} all[] = {
	    {NVR_ALERT_INHIBITED, "inhibited", "its recorder is offline"},
	    {NVR_ALERT_RELEASED, "released", "its recorder is back"},
	    {NVR_ALERT_OPENED, "opened", a->why},
	    {NVR_ALERT_SHAKES, "unstable", shakes},
	    {NVR_ALERT_STEADY, "steady", "it has been bad for an hour"},
	    {NVR_ALERT_OVER, over != NULL ? "ended" : "closed",
		over != NULL ? over : "it is good again"},
	};
	int rc = 0;

	snprintf(shakes, sizeof(shakes),
	    "opened and closed %lld times within an hour", (long long)a->flips);
	for (size_t i = 0; rc == 0 && i < sizeof(all) / sizeof(all[0]); i++)
		if ((did & all[i].bit) != 0)
			rc = tell_event(x, a, all[i].what, all[i].why);
	return rc;
}

int
nvr_alert_record(struct nvr_judging *x, struct nvr_alert *a, unsigned did,
    const char *over, bool is_new)
{
	char until[NVR_TIME_TEXT];
	int rc = 0;

	if ((did & NVR_ALERT_PASSED) != 0)
		return is_new ? 0 : nvr_alert_drop(x->s->store, a->id, x->err);
	if (did != 0 || is_new)
		rc = nvr_alert_put(x->s->store, a, x->err);
	if (rc == 0 && is_new && a->state == NVR_ALERT_PENDING)
		rc = tell_event(x, a, "pending", a->why);
	if (rc == 0 && is_new && a->snoozed_until != 0)
		rc = tell_event(
		    x, a, "snoozed", nvr_time_format(a->snoozed_until, until));
	if (rc == 0)
		rc = tell_events(x, a, did, over);
	x->done->opened += rc == 0 && (did & NVR_ALERT_OPENED) != 0;
	x->done->closed += rc == 0 && (did & NVR_ALERT_OVER) != 0;
	return rc;
}

static int
meet(struct nvr_judging *x, int64_t id)
{
	int64_t *more;

	if (x->nmet == x->mets) {
		x->mets = x->mets == 0 ? 64 : 2 * x->mets;
		more = reallocarray(x->met, x->mets, sizeof(*more));
		if (more == NULL)
			return nvr_fail_nomem(x->err);
		x->met = more;
	}
	x->met[x->nmet++] = id;
	return 0;
}

/* It was not bad when it was judged before, and nobody saw it until then; what
 * has a time of its own was. */
static int64_t
since_of(const struct nvr_judging *x, const struct nvr_sight *t, int64_t grace)
{
	int64_t least = x->floor, since = t->since;

	if (t->kind->beat != NVR_BEAT_RECORDER && !t->kind->event &&
	    x->last > least && x->last <= x->now)
		least = x->last;
	if (since <= 0 || since > t->at)
		since = t->at;
	if (since > x->now)
		since = x->now;
	return grace > 0 && since < least ? least : since;
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* What is told of it is what is so now. */
static unsigned
describe(struct nvr_alert *a, const struct nvr_sight *t,
    const struct nvr_alert_limits *l)
{
	if (t->at < a->seen_at ||
	    (a->severity == l->severity && same(a->value, t->value) &&
		strcmp(a->subject, t->subject) == 0 &&
		strcmp(a->why, t->why) == 0))
		return 0;
	a->severity = l->severity;
	a->value = t->value;
	strlcpy(a->subject, t->subject, sizeof(a->subject));
	strlcpy(a->why, t->why, sizeof(a->why));
	return NVR_ALERT_CHANGED;
}

static int
begin_alert(struct nvr_judging *x, const struct nvr_sight *t,
    const struct nvr_alert_limits *l, struct nvr_alert *a)
{
	int64_t until;
	int rc = nvr_alert_snoozed(x->s, t->kind->name, &until, x->err);

	*a = (struct nvr_alert){.id = nvr_id_new(),
	    .account_id = t->account_id,
	    .site_id = t->site_id,
	    .object = t->object,
	    .state = NVR_ALERT_PENDING,
	    .since = since_of(x, t, l->grace),
	    .seen_at = t->at,
	    .snoozed_until = until > x->now ? until : 0};
	strlcpy(a->kind, t->kind->name, sizeof(a->kind));
	return rc;
}

/* Whether there is to be one: nothing of an account that was barred is judged,
 * and those that it has are not found. */
static int
begin_new(struct nvr_judging *x, const struct nvr_sight *t,
    const struct nvr_alert_limits *l, struct nvr_alert *a)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	int rc = 0;

	if (l->enabled)
		rc = nvr_barred(x->s->store, t->account_id, &bar, x->err);
	return rc == 0 && l->enabled && bar == NVR_BAR_NONE
		   ? begin_alert(x, t, l, a)
		   : rc;
}

/* a: the one that there is, or id 0. */
static int
judge_one(struct nvr_judging *x, const struct nvr_sight *t, struct nvr_alert *a)
{
	struct nvr_alert_look look = {.bad = true, .judged = true, .at = t->at};
	struct nvr_alert_limits l;
	bool is_new;
	unsigned did;
	int rc = nvr_alert_find(
	    x->s->store, t->account_id, t->kind->name, t->object, a, x->err);

	nvr_alert_limits(x->rules, t->kind, t->account_id, t->site_id, &l);
	is_new = a->id == 0;
	if (rc == 0 && is_new)
		rc = begin_new(x, t, &l, a);
	if (rc != 0 || a->id == 0)
		return rc;
	did = describe(a, t, &l);
	if (a->state == NVR_ALERT_PENDING) {
		if (a->since < x->floor && l.grace > 0) {
			a->since = x->floor;
			did |= NVR_ALERT_CHANGED;
		}
		rc = nvr_alert_flips(
		    x->s->store, a, x->now - NVR_HOUR, &look.flips, x->err);
	}
	if (rc != 0)
		return rc;
	did |= nvr_alert_step(a, &l, &look, x->now);
	return nvr_alert_record(x, a, did, "its rule is off", is_new);
}

static int
judge_sight(struct nvr_judging *x, const struct nvr_sight *t)
{
	struct nvr_alert a = {.id = 0};
	int rc;

	/* It is looked for again while anything is missed. */
	if (t->kind->event && x->now - t->at >= NVR_DAY)
		return 0;
	rc = nvr_judging_try(x);
	if (rc == 0)
		rc = nvr_judging_tried(x, judge_one(x, t, &a));
	/* It is bad, even where that could not be entered. */
	return rc == 0 && a.id != 0 ? meet(x, a.id) : rc;
}

int
nvr_judge_sights(struct nvr_judging *x)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < x->nsight; i++)
		rc = judge_sight(x, &x->sight[i]);
	x->nsight = 0;
	return nvr_judging_done(x, rc);
}

static int
compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
is_among(const int64_t *id, size_t n, int64_t one)
{
	return n > 0 && bsearch(&one, id, n, sizeof(*id), compare_ids) != NULL;
}

static const struct nvr_local *
local_of(const struct nvr_judging *x, int64_t camera)
{
	return x->nlocal > 0 ? bsearch(&camera, x->local, x->nlocal,
				   sizeof(*x->local), compare_ids)
			     : NULL;
}

static const char OFF[] = "it is not to be recorded any more";

static const char *
gone(enum nvr_alert_beat of)
{
	switch (of) {
	case NVR_BEAT_CAMERA:
		return "it was removed, or its recorder revoked";
	case NVR_BEAT_SCHEDULE:
		return "it was removed or paused";
	case NVR_BEAT_ALARM:
		return "it was removed";
	default:
		return "it was revoked or replaced";
	}
}

/* By the newest report: when it was, whether there is such a thing, and whether
 * what it hangs on explains it. */
static int
look_at_beat(struct nvr_judging *x, const struct nvr_alert *a,
    enum nvr_alert_beat of, struct nvr_alert_look *look, const char **over)
{
	struct nvr_alert recorder;
	int64_t on;
	int rc = nvr_alert_beat(
	    x->s->store, of, a->account_id, a->object, &look->at, &on, x->err);

	if (rc == 0 && look->at < 0)
		*over = look->at == NVR_BEAT_OFF ? OFF : gone(of);
	look->judged = look->at > 0;
	if (rc != 0 || *over != NULL || of != NVR_BEAT_CAMERA)
		return rc;
	rc = nvr_alert_find(x->s->store, a->account_id, "recorder-offline", on,
	    &recorder, x->err);
	look->blamed = recorder.id;
	return rc;
}

/* Nothing bad was found of it. */
static int
look_again(struct nvr_judging *x, const struct nvr_alert *a,
    const struct nvr_alert_kind *kind, struct nvr_alert_look *look,
    const char **over)
{
	const struct nvr_local *local =
	    kind->beat == NVR_BEAT_CAMERA ? local_of(x, a->object) : NULL;

	*look = (struct nvr_alert_look){.at = x->now};
	*over = NULL;
	if (kind->event && x->now - a->seen_at >= NVR_DAY)
		*over = "that was a day ago";
	else if (kind->beat == NVR_BEAT_NONE)
		look->judged = !kind->event;
	else if (local != NULL && local->off)
		*over = OFF;
	else if (local != NULL)
		look->judged = true;
	else if (a->account_id == 0 && a->object == 0)
		look->judged = (x->here & nvr_alert_bit(kind)) != 0;
	else
		return look_at_beat(x, a, kind->beat, look, over);
	return 0;
}

static int
judge_left(struct nvr_judging *x, struct nvr_alert *a,
    const struct nvr_alert_kind *kind)
{
	struct nvr_alert_limits l;
	struct nvr_alert_look look;
	unsigned did;
	const char *over = NULL;
	int rc = look_again(x, a, kind, &look, &over);

	if (rc != 0)
		return rc;
	nvr_alert_limits(x->rules, kind, a->account_id, a->site_id, &l);
	if (over != NULL)
		l.enabled = false;
	else if (!l.enabled)
		over = "its rule is off";
	did = nvr_alert_step(a, &l, &look, x->now);
	return did == 0 ? 0 : nvr_alert_record(x, a, did, over, false);
}

static int
judge_rest(void *ctx, const struct nvr_alert *row)
{
	const struct nvr_alert_kind *kind = nvr_alert_kind(row->kind);
	struct nvr_judging *x = ctx;
	struct nvr_alert a = *row;
	int rc;

	if (kind == NULL || (x->unseen & nvr_alert_bit(kind)) != 0 ||
	    is_among(x->met, x->nmet, a.id))
		return 0;
	rc = nvr_judging_try(x);
	return rc == 0 ? nvr_judging_tried(x, judge_left(x, &a, kind)) : rc;
}

int
nvr_judge_rest(struct nvr_judging *x)
{
	int rc;

	if (x->nmet > 0)
		qsort(x->met, x->nmet, sizeof(*x->met), compare_ids);
	if (x->nlocal > 0)
		qsort(x->local, x->nlocal, sizeof(*x->local), compare_ids);
	rc = nvr_alert_each(
	    x->s->store, NVR_ALERTS_NOT_CLOSED, judge_rest, x, x->err);
	return nvr_judging_done(x, rc);
}
