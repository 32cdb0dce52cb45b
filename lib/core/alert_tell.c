/* Telling contacts; see alert.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/zone.h"
#include "core/alert_int.h"
#include "core/site.h"

#define BATCH 64 /* news of one message */
#define CONTACTS 256

/* A contact's own copy, since contacts are borrowed. */
struct reader {
	struct nvr_contact c;
	char channel[16], kinds[1024], quiet[16], zone[64];
};

struct item {
	const struct nvr_alert *a;
	struct nvr_alert_told told;
	const char *what;
	int64_t at; /* since when it is news */
};

struct telling {
	struct nvr_state *s;
	const struct nvr_alert_post *post;
	struct nvr_error *err;
	int64_t now;
	struct nvr_alert *a;
	bool *waits; /* it is news to somebody who is not told yet */
	size_t n, room;
	struct reader *reader;
	size_t nreaders;
	struct item *item;
	size_t nitems;
	struct nvr_site_names names;
	int64_t messages;
	struct nvr_error failed;
};

static int
minutes(const char *text, int *ret)
{
	if (strspn(text, "0123456789") != 2 || text[2] != ':' ||
	    strspn(text + 3, "0123456789") != 2)
		return -1;
	*ret = ((text[0] - '0') * 10 + text[1] - '0') * 60 +
	       (text[3] - '0') * 10 + text[4] - '0';
	return *ret < 24 * 60 && text[3] < '6' ? 0 : -1;
}

int
nvr_alert_quiet(const char *quiet, const char *zone, int64_t now, bool *ret,
    struct nvr_error *err)
{
	struct nvr_zone *z = NULL;
	int64_t day, t = now / NVR_SECOND;
	int from, to, at, rc;

	*ret = false;
	if (quiet[0] == '\0')
		return 0;
	if (minutes(quiet, &from) != 0 || quiet[5] != '-' ||
	    minutes(quiet + 6, &to) != 0 || quiet[11] != '\0')
		return nvr_fail(err, NVR_E_DATA,
		    "quiet hours are HH:MM-HH:MM, as 22:00-07:00");
	rc = nvr_zone_open(zone, &z, err);
	if (rc != 0)
		return rc;
	day = (t + nvr_zone_span(z, t).offset) % 86400;
	nvr_zone_close(z);
	at = (int)((day + 86400) % 86400 / 60);
	*ret = from <= to ? at >= from && at < to : at >= from || at < to;
	return 0;
}

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word), len;

	for (; *words != '\0'; words += len) {
		words += strspn(words, " ");
		len = strcspn(words, " ");
		if (len == n && memcmp(words, word, n) == 0)
			return true;
	}
	return false;
}

static bool
is_for(const struct reader *r, const struct nvr_alert *a,
    const struct nvr_alert_kind *kind)
{
	return a->severity >= (int)r->c.least &&
	       (r->kinds[0] == '\0' || has_word(r->kinds, a->kind)) &&
	       (r->c.unsubscribed_at == 0 || kind->essential) &&
	       a->inhibited_by == 0 && a->opened_at != 0;
}

static const char *
news_of_open(const struct telling *x, const struct reader *r,
    const struct nvr_alert_kind *kind, struct item *i)
{
	const struct nvr_alert *a = i->a;
	int64_t last = i->told.reminded_at > i->told.opened_at
			   ? i->told.reminded_at
			   : i->told.opened_at;
	int64_t remind = x->s->rules->alert.remind;

	if (a->acked_at != 0 || a->snoozed_until > x->now)
		return NULL;
	if (i->told.opened_at == 0) {
		i->at = a->opened_at;
		return x->now - a->opened_at >= r->c.after ? "opened" : NULL;
	}
	i->at = x->now - NVR_HOUR; /* waits for nothing */
	if (kind->once)
		return NULL;
	return (remind > 0 && x->now - last >= remind) ||
		       (a->snoozed_until > last)
		   ? "reminded"
		   : NULL;
}

/* Who was told of it hears that it is over; and who had to wait for longer than
 * it lasted, but nobody who came since. */
static const char *
news_of_closed(const struct telling *x, const struct reader *r,
    const struct nvr_alert_kind *kind, struct item *i)
{
	const struct nvr_alert *a = i->a;

	(void)x;
	i->at = a->closed_at;
	if (i->told.closed_at != 0 || kind->once)
		return NULL;
	if (i->told.opened_at != 0)
		return "closed";
	return r->c.after == 0 && a->acked_at == 0 &&
		       a->snoozed_until <= a->closed_at &&
		       nvr_id_time(r->c.id) <= a->closed_at
		   ? "closed"
		   : NULL;
}

static int
add_item(struct telling *x, const struct reader *r, const struct nvr_alert *a,
    bool quiet, bool *waits)
{
	const struct nvr_alert_kind *kind = nvr_alert_kind(a->kind);
	struct item i = {.a = a};
	int rc;

	if (kind == NULL || !is_for(r, a, kind))
		return 0;
	rc = nvr_alert_told_get(x->s->store, a->id, r->c.id, &i.told, x->err);
	if (rc != 0)
		return rc;
	i.what = a->state == NVR_ALERT_CLOSED ? news_of_closed(x, r, kind, &i)
					      : news_of_open(x, r, kind, &i);
	if (i.what == NULL)
		return 0;
	*waits = true;
	if (!quiet || a->severity == NVR_CRITICAL)
		x->item[x->nitems++] = i;
	return 0;
}

/* The news of alerts from..to for that contact. */
static int
collect(struct telling *x, const struct reader *r, size_t from, size_t to)
{
	struct nvr_error why;
	bool quiet = false;
	int rc = 0;

	if (nvr_alert_quiet(r->quiet, r->zone, x->now, &quiet, &why) != 0 &&
	    x->failed.code == 0)
		x->failed = why;
	x->nitems = 0;
	for (size_t i = from; rc == 0 && i < to; i++)
		rc = add_item(x, r, &x->a[i], quiet, &x->waits[i]);
	return rc;
}

static bool
is_time(const struct telling *x, int64_t last)
{
	const struct nvr_alerting *conf = &x->s->rules->alert;
	int64_t oldest = INT64_MAX;

	for (size_t i = 0; i < x->nitems; i++)
		if (x->item[i].at < oldest)
			oldest = x->item[i].at;
	/* A clock that was ahead is not waited for. */
	return x->nitems > 0 &&
	       (oldest > x->now || x->now - oldest >= conf->wait) &&
	       (last > x->now || x->now - last >= conf->apart);
}

static int
mark(struct telling *x, const struct reader *r, struct item *i)
{
	char why[64];
	const struct nvr_alert_event e = {.id = nvr_id_new(),
	    .alert_id = i->a->id,
	    .account_id = i->a->account_id,
	    .at = x->now,
	    .what = "told",
	    .why = why,
	    .who = ""};
	int rc;

	i->told.account_id = i->a->account_id;
	i->told.told_at = x->now;
	if (strcmp(i->what, "opened") == 0)
		i->told.opened_at = x->now;
	else if (strcmp(i->what, "closed") == 0)
		i->told.closed_at = x->now;
	else
		i->told.reminded_at = x->now;
	snprintf(why, sizeof(why), "%s: %s", r->channel, i->what);
	rc = nvr_alert_told_put(x->s->store, &i->told, x->err);
	return rc == 0 ? nvr_alert_event_add(x->s->store, &e, x->err) : rc;
}

/* In the transaction: one message, and what it tells of is told. */
static int
post_batch(
    struct telling *x, const struct reader *r, struct item *item, size_t n)
{
	struct nvr_alert_news news[BATCH];
	int64_t id = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		const struct nvr_alert *a = item[i].a;

		news[i] = (struct nvr_alert_news){.alert = a->id,
		    .kind = a->kind,
		    .what = item[i].what,
		    .subject = a->subject,
		    .site = nvr_site_label(x->s, &x->names, a->site_id),
		    .why = a->why,
		    .severity = (enum nvr_severity)a->severity,
		    .since = a->since,
		    .at = strcmp(item[i].what, "reminded") == 0 ? x->now
								: item[i].at};
	}
	rc = x->post->post(
	    x->s, &r->c, news, n, r->c.unsubscribed_at != 0, &id, x->err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = mark(x, r, &item[i]);
	x->messages += rc == 0 && id != 0;
	return rc;
}

static int
post_all(struct telling *x, const struct reader *r, size_t from, size_t to)
{
	int64_t last = 0;
	size_t n;
	int rc = nvr_store_begin(x->s->store, x->err);

	if (rc != 0)
		return rc;
	/* Anew: another one may have told it in the meantime. */
	rc = collect(x, r, from, to);
	if (rc == 0)
		rc = nvr_alert_told_last(x->s->store, r->c.id, &last, x->err);
	if (rc == 0 && is_time(x, last))
		for (size_t i = 0; rc == 0 && i < x->nitems; i += n) {
			n = x->nitems - i < BATCH ? x->nitems - i : BATCH;
			rc = post_batch(x, r, &x->item[i], n);
		}
	return nvr_store_end(x->s->store, rc, x->err);
}

static int
tell_reader(struct telling *x, const struct reader *r, size_t from, size_t to)
{
	int64_t last = 0;
	int rc = collect(x, r, from, to);

	if (rc == 0)
		rc = nvr_alert_told_last(x->s->store, r->c.id, &last, x->err);
	if (rc != 0 || !is_time(x, last))
		return rc;
	rc = post_all(x, r, from, to);
	/* One contact that cannot be written to keeps no other waiting. */
	if (rc == 0 || rc == NVR_E_AGAIN || rc == NVR_E_NOMEM)
		return rc;
	if (x->failed.code == 0)
		x->failed = *x->err;
	return 0;
}

static int
keep_reader(void *ctx, const struct nvr_contact *c)
{
	struct telling *x = ctx;
	struct reader *r = &x->reader[x->nreaders];

	if (x->nreaders == CONTACTS)
		return 0;
	r->c = *c;
	/* What does not fit is no word of ours. */
	strlcpy(r->channel, c->channel, sizeof(r->channel));
	strlcpy(r->kinds, c->kinds, sizeof(r->kinds));
	strlcpy(r->quiet, c->quiet, sizeof(r->quiet));
	strlcpy(r->zone, c->zone, sizeof(r->zone));
	r->c.channel = r->channel;
	r->c.kinds = r->kinds;
	r->c.quiet = r->quiet;
	r->c.zone = r->zone;
	x->nreaders++;
	return 0;
}

/* Of closed ones that are no news to anybody any more. */
static int
settle(struct telling *x, size_t from, size_t to)
{
	bool any = false;
	int rc = 0;

	for (size_t i = from; i < to; i++)
		any |= x->a[i].state == NVR_ALERT_CLOSED && !x->waits[i];
	if (!any)
		return 0;
	rc = nvr_store_begin(x->s->store, x->err);
	if (rc != 0)
		return rc;
	for (size_t i = from; rc == 0 && i < to; i++)
		if (x->a[i].state == NVR_ALERT_CLOSED && !x->waits[i])
			rc = nvr_alert_settle(
			    x->s->store, x->a[i].id, x->now, x->err);
	return nvr_store_end(x->s->store, rc, x->err);
}

static int
tell_account(struct telling *x, size_t from, size_t to)
{
	int rc;

	x->nreaders = 0;
	rc = x->post->each(x->s, x->a[from].account_id, keep_reader, x, x->err);
	for (size_t i = 0; rc == 0 && i < x->nreaders; i++)
		rc = tell_reader(x, &x->reader[i], from, to);
	return rc == 0 ? settle(x, from, to) : rc;
}

static int
keep_alert(void *ctx, const struct nvr_alert *a)
{
	struct telling *x = ctx;
	struct nvr_alert *more;

	if (x->n == x->room) {
		x->room = x->room == 0 ? 64 : 2 * x->room;
		more = reallocarray(x->a, x->room, sizeof(*more));
		if (more == NULL)
			return nvr_fail_nomem(x->err);
		x->a = more;
	}
	x->a[x->n++] = *a;
	return 0;
}

static int
tell_all(struct telling *x)
{
	size_t from = 0, to;
	int rc = 0;

	x->reader = calloc(CONTACTS, sizeof(*x->reader));
	x->item = calloc(x->n, sizeof(*x->item));
	x->waits = calloc(x->n, sizeof(*x->waits));
	if (x->reader == NULL || x->item == NULL || x->waits == NULL)
		return nvr_fail_nomem(x->err);
	for (; rc == 0 && from < x->n; from = to) {
		for (to = from;
		     to < x->n && x->a[to].account_id == x->a[from].account_id;)
			to++;
		rc = tell_account(x, from, to);
	}
	return rc;
}

int
nvr_alert_tell(struct nvr_state *s, const struct nvr_alert_post *post,
    int64_t now, int64_t *told, struct nvr_error *err)
{
	struct telling x = {.s = s, .post = post, .err = err, .now = now};
	int rc =
	    nvr_alert_each(s->store, NVR_ALERTS_TO_TELL, keep_alert, &x, err);

	if (rc == 0 && x.n > 0)
		rc = tell_all(&x);
	nvr_site_names_wipe(&x.names);
	free(x.a);
	free(x.waits);
	free(x.reader);
	free(x.item);
	*told = x.messages;
	if (rc == 0 && x.failed.code != 0)
		return nvr_fail(err, x.failed.code, "%s", x.failed.text);
	return rc;
}
