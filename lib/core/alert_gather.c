/* What the rules find; see alert.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/size.h"
#include "base/text.h"
#include "core/alert_int.h"

/* Audits and events are entered when they are over: so much later at most. */
#define OVERLAP (10 * NVR_MINUTE)
/* Reports while they are: that is how long a store may be busy. */
#define OVERLAP_REPORTS (10 * NVR_SECOND)

struct nvr_sight *
nvr_sight_add(struct nvr_judging *x, const char *kind,
    const struct nvr_found *f, const char *subject)
{
	struct nvr_sight *more;

	if (x->nsight == x->sights) {
		x->sights = x->sights == 0 ? 64 : 2 * x->sights;
		more = reallocarray(x->sight, x->sights, sizeof(*more));
		if (more == NULL) {
			nvr_fail_nomem(x->err);
			return NULL;
		}
		x->sight = more;
	}
	more = &x->sight[x->nsight++];
	*more = (struct nvr_sight){.kind = nvr_alert_kind(kind),
	    .account_id = f->account_id,
	    .site_id = f->site_id,
	    .object = f->object,
	    .at = f->at,
	    .since = f->since,
	    .value = f->value};
	strlcpy(more->subject, nvr_text_printable(subject) ? subject : "?",
	    sizeof(more->subject));
	return more;
}

static int
add_by_id(struct nvr_judging *x, const char *kind, const struct nvr_found *f,
    struct nvr_sight **ret)
{
	char id[NVR_ID_TEXT], subject[NVR_ID_TEXT + 16];

	snprintf(subject, sizeof(subject), "recorder %s",
	    nvr_id_format(f->object, id));
	*ret = nvr_sight_add(x, kind, f, subject);
	return *ret != NULL ? 0 : NVR_E_NOMEM;
}

static int
add_silent(void *ctx, const struct nvr_found *f)
{
	char since[NVR_TIME_TEXT];
	struct nvr_sight *t;
	int rc = add_by_id(ctx, "recorder-offline", f, &t);

	if (rc != 0)
		return rc;
	if (f->word[0] != '\0')
		strlcpy(t->why, "it was let in, and never reported",
		    sizeof(t->why));
	else
		snprintf(t->why, sizeof(t->why), "not heard since %s",
		    nvr_time_format(f->since, since));
	return 0;
}

/* What somebody is to say of a recorder. */
static int
add_question(void *ctx, const struct nvr_found *f)
{
	static const struct {
		const char *word, *kind, *why;
	} asked[] = {
	    {"new", "recorder-question", "it waits to be approved"},
	    {"moved", "recorder-question",
		"its hardware fingerprint is another one: moved, or repaired?"},
	    {"cloned", "recorder-cloned",
		"two machines report with its key: revoke it, and enrol both "
		"anew"},
	};
	struct nvr_sight *t;
	int rc = 0;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (strcmp(asked[i].word, f->word) == 0) {
			rc = add_by_id(ctx, asked[i].kind, f, &t);
			if (rc == 0)
				strlcpy(t->why, asked[i].why, sizeof(t->why));
		}
	return rc;
}

static const char *
camera_state(const char *word)
{
	static const char *const said[][2] = {
	    {"offline", "the camera does not answer"},
	    {"stopped", "nobody records it"},
	    {"connecting", "it is not recorded yet"},
	    {"full", "there is no room for its footage"},
	    {"no-media", "the media folder cannot be written"},
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (strcmp(said[i][0], word) == 0)
			return said[i][1];
	return nvr_text_printable(word) ? word : "?";
}

static int
add_camera(void *ctx, const struct nvr_found *f)
{
	struct nvr_sight *t =
	    nvr_sight_add(ctx, "camera-offline", f, f->subject);

	if (t == NULL)
		return NVR_E_NOMEM;
	strlcpy(t->why, camera_state(f->word), sizeof(t->why));
	return 0;
}

static int
add_space(void *ctx, const struct nvr_found *f)
{
	const struct nvr_alert_kind *k = nvr_alert_kind("storage-low");
	struct nvr_judging *x = ctx;
	struct nvr_alert_limits l;
	char size[NVR_SIZE_TEXT];
	struct nvr_sight *t;
	int rc;

	/* It was found by the widest of all. */
	nvr_alert_limits(x->rules, k, f->account_id, f->site_id, &l);
	if (!(f->value < l.percent) && f->number >= l.bytes)
		return 0;
	rc = add_by_id(x, k->name, f, &t);
	if (rc == 0 && isnan(f->value))
		snprintf(t->why, sizeof(t->why), "%s free",
		    nvr_size_about(f->number, size));
	else if (rc == 0 && f->number == INT64_MAX)
		snprintf(t->why, sizeof(t->why), "%.1f %% free", f->value);
	else if (rc == 0)
		snprintf(t->why, sizeof(t->why), "%.1f %% free, %s", f->value,
		    nvr_size_about(f->number, size));
	return rc;
}

static int
add_overdue(void *ctx, const struct nvr_found *f)
{
	struct nvr_sight *t;
	int rc = add_by_id(ctx, "retention-overdue", f, &t);

	if (rc == 0)
		snprintf(t->why, sizeof(t->why), "%lld past their time",
		    (long long)f->number);
	return rc;
}

static int
add_clock(void *ctx, const struct nvr_found *f)
{
	const struct nvr_alert_kind *k = nvr_alert_kind("clock-wrong");
	struct nvr_judging *x = ctx;
	struct nvr_alert_limits l;
	int64_t off = f->number == INT64_MIN ? INT64_MAX : llabs(f->number);
	char text[NVR_TIME_TEXT];
	struct nvr_sight *t;
	int rc;

	nvr_alert_limits(x->rules, k, f->account_id, f->site_id, &l);
	if (off <= l.us)
		return 0;
	rc = add_by_id(x, k->name, f, &t);
	if (rc == 0)
		snprintf(t->why, sizeof(t->why), "%s %s",
		    nvr_duration_format(off / NVR_SECOND * NVR_SECOND, text),
		    f->number < 0 ? "behind" : "ahead");
	return rc;
}

/* One whose word says why; the word may be anybody's. */
static int
add_word(struct nvr_judging *x, const char *kind, const struct nvr_found *f,
    const char *ahead)
{
	struct nvr_sight *t = nvr_sight_add(x, kind, f, f->subject);

	if (t == NULL)
		return NVR_E_NOMEM;
	snprintf(t->why, sizeof(t->why), "%s%.200s", ahead,
	    nvr_text_printable(f->word) ? f->word : "?");
	return 0;
}

static int
add_alarm(void *ctx, const struct nvr_found *f)
{
	return add_word(ctx, "audit-alarm", f, "found: ");
}

static int
add_missed(void *ctx, const struct nvr_found *f)
{
	const struct nvr_alert_kind *k =
	    nvr_alert_kind("audit-schedule-failing");
	struct nvr_judging *x = ctx;
	struct nvr_alert_limits l;
	char since[NVR_TIME_TEXT];
	struct nvr_sight *t;

	nvr_alert_limits(x->rules, k, f->account_id, f->site_id, &l);
	if (x->now - f->since <= l.us)
		return 0;
	t = nvr_sight_add(x, k->name, f, f->subject);
	if (t == NULL)
		return NVR_E_NOMEM;
	snprintf(t->why, sizeof(t->why), "due since %s, and nobody ran it",
	    nvr_time_format(f->since, since));
	return 0;
}

static int
add_failed(void *ctx, const struct nvr_found *f)
{
	return add_word(
	    ctx, "audit-schedule-failing", f, "the last audit ended as ");
}

static int
add_limit(void *ctx, const struct nvr_found *f)
{
	return add_word(ctx, "usage-limit", f, "");
}

static int
add_export(void *ctx, const struct nvr_found *f)
{
	char until[NVR_TIME_TEXT];
	struct nvr_sight *t = nvr_sight_add(ctx, "export-ready", f, f->word);

	if (t == NULL)
		return NVR_E_NOMEM;
	snprintf(t->why, sizeof(t->why), "it is offered until %s",
	    nvr_time_format(f->number, until));
	return 0;
}

static int
add_request(void *ctx, const struct nvr_found *f)
{
	const struct nvr_alert_kind *k = nvr_alert_kind("request-due");
	struct nvr_judging *x = ctx;
	struct nvr_alert_limits l;
	char due[NVR_TIME_TEXT];
	struct nvr_sight *t;

	nvr_alert_limits(x->rules, k, f->account_id, f->site_id, &l);
	if (f->number > x->now && f->number - x->now > l.us)
		return 0;
	t = nvr_sight_add(x, k->name, f, f->subject);
	if (t == NULL)
		return NVR_E_NOMEM;
	snprintf(t->why, sizeof(t->why), "to be answered by %s",
	    nvr_time_format(f->number, due));
	return 0;
}

static int
add_erasure(void *ctx, const struct nvr_found *f)
{
	struct nvr_judging *x = ctx;
	char id[NVR_ID_TEXT], on[NVR_TIME_TEXT];
	struct nvr_sight *t = nvr_sight_add(
	    x, "erasure-scheduled", f, nvr_id_format(f->object, id));
	int64_t at;

	if (t == NULL)
		return NVR_E_NOMEM;
	if (__builtin_add_overflow(f->number, x->s->rules->restore, &at))
		at = NVR_TIME_MAX;
	snprintf(
	    t->why, sizeof(t->why), "it goes on %s", nvr_time_format(at, on));
	return 0;
}

static int
add_dead(void *ctx, const struct nvr_found *f)
{
	struct nvr_sight *t = nvr_sight_add(ctx, "notify-failing", f, f->word);

	if (t == NULL)
		return NVR_E_NOMEM;
	snprintf(t->why, sizeof(t->why), "%lld given up within a day",
	    (long long)f->number);
	return 0;
}

/* What a query of another time needs. */
static struct nvr_find_by
by_of(struct nvr_judging *x, enum nvr_alert_find what, const char *kind)
{
	struct nvr_find_by by = {.now = x->now};
	struct nvr_alert_limits l;

	nvr_alert_limits_widest(x->rules, nvr_alert_kind(kind), &l);
	by.percent = l.percent;
	by.since = x->looked - OVERLAP;
	by.limit = l.us;
	switch (what) {
	case NVR_FIND_SILENT:
	case NVR_FIND_UNHEARD:
		by.now = x->silent;
		by.since = x->floor;
		by.limit = x->now + NVR_MINUTE; /* the clock was set back */
		break;
	case NVR_FIND_SPACE:
		by.limit = l.bytes;
		by.since += OVERLAP - OVERLAP_REPORTS;
		/* Who is heard reports again. */
		if (by.since < x->now - OVERLAP)
			by.since = x->now - OVERLAP;
		break;
	case NVR_FIND_MISSED: /* each by its own */
		by.limit = x->now;
		break;
	case NVR_FIND_REQUEST:
		by.limit =
		    l.us > NVR_TIME_MAX - x->now ? NVR_TIME_MAX : x->now + l.us;
		break;
	case NVR_FIND_ERASURE: /* the last week of its time */
		by.limit = x->now - x->s->rules->restore + 7 * NVR_DAY;
		break;
	case NVR_FIND_DEAD:
		by.since = x->now - NVR_DAY;
		break;
	default:
		break;
	}
	return by;
}

static const struct finder {
	enum nvr_alert_find what;
	const char *kind;
	int (*add)(void *ctx, const struct nvr_found *f);
} finders[] = {
    {NVR_FIND_CAMERA, "camera-offline", add_camera},
    {NVR_FIND_SPACE, "storage-low", add_space},
    {NVR_FIND_OVERDUE, "retention-overdue", add_overdue},
    {NVR_FIND_CLOCK, "clock-wrong", add_clock},
    {NVR_FIND_ALARM, "audit-alarm", add_alarm},
    {NVR_FIND_MISSED, "audit-schedule-failing", add_missed},
    {NVR_FIND_FAILED, "audit-schedule-failing", add_failed},
    {NVR_FIND_LIMIT, "usage-limit", add_limit},
    {NVR_FIND_EXPORT, "export-ready", add_export},
    {NVR_FIND_REQUEST, "request-due", add_request},
    {NVR_FIND_ERASURE, "erasure-scheduled", add_erasure},
    {NVR_FIND_DEAD, "notify-failing", add_dead},
    {NVR_FIND_ASKED, "recorder-question", add_question},
    {NVR_FIND_CLONED, "recorder-cloned", add_question},
};

static int
find(struct nvr_judging *x, const struct finder *f)
{
	const struct nvr_find_by by = by_of(x, f->what, f->kind);

	return nvr_judging_miss(x, f->kind,
	    nvr_alert_find_each(x->s->store, f->what, &by, f->add, x, x->err));
}

int
nvr_alert_gather_silent(struct nvr_judging *x)
{
	static const struct finder silent[] = {
	    {NVR_FIND_SILENT, "recorder-offline", add_silent},
	    {NVR_FIND_UNHEARD, "recorder-offline", add_silent}};
	int rc = x->deaf ? 0 : find(x, &silent[0]);

	return rc == 0 && !x->deaf ? find(x, &silent[1]) : rc;
}

int
nvr_alert_gather(struct nvr_judging *x)
{
	const struct nvr_found deaf = {
	    .at = x->now, .since = x->silent, .value = NAN};
	struct nvr_sight *t;
	int rc = 0;

	if (x->deaf) {
		t = nvr_sight_add(x, "portal-silent", &deaf, "this portal");
		if (t == NULL)
			return NVR_E_NOMEM;
		strlcpy(
		    t->why, "no recorder of any site is heard", sizeof(t->why));
	}
	for (size_t i = 0; rc == 0 && i < sizeof(finders) / sizeof(finders[0]);
	     i++)
		rc = find(x, &finders[i]);
	return rc;
}
