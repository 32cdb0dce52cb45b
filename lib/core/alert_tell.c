/* Telling contacts; see alert.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "core/alert_int.h"
#include "core/site.h"
#include "store/outbox.h"

#define BATCH 64 /* news of one message */
#define CONTACTS 256

/* A contact's own copy, since contacts are borrowed. */
struct reader {
	struct nvr_contact c;
	char channel[16], kinds[1024], quiet[16], zone[64];
	uint8_t address[2048]; /* sealed */
};

struct item {
	const struct nvr_alert *a;
	struct nvr_alert_told told;
	const char *what;
	int64_t at; /* since when it is news */
	bool essential;
	bool ended; /* it is over, and was not good again: over says why */
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

/* Whether it is of what that contact hears of: its account's, and what concerns
 * the operator, too; not of its own lost messages, which it would lose. */
static int
concerns(struct telling *x, const struct nvr_contact *c,
    const struct nvr_alert *a, bool *ret)
{
	int64_t lost = 0;
	int rc = 0;

	*ret = nvr_alert_is_for(c, a) &&
	       (c->account_id == a->account_id ||
		   (c->account_id == 0 && nvr_alert_kind(a->kind)->both));
	if (*ret && nvr_alert_kind(a->kind)->delivery)
		rc = nvr_outbox_dead_to(x->s->store, c->account_id, c->id,
		    x->now - NVR_DAY, &lost, x->err);
	*ret = *ret && lost == 0;
	return rc;
}

static int
add_item(struct telling *x, const struct reader *r, const struct nvr_alert *a,
    bool quiet, bool *waits)
{
	struct item i = {.a = a};
	bool so = false;
	int rc = concerns(x, &r->c, a, &so);

	if (rc != 0 || !so)
		return rc;
	i.essential = nvr_alert_kind(a->kind)->essential;
	rc = nvr_alert_told_get(x->s->store, a->id, r->c.id, &i.told, x->err);
	if (rc != 0)
		return rc;
	i.what = nvr_alert_news_of(
	    &r->c, a, &i.told, x->s->rules->alert.remind, x->now, &i.at);
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
	bool urgent = false;

	for (size_t i = 0; i < x->nitems; i++) {
		const struct item *it = &x->item[i];
		bool bad = it->a->severity == NVR_CRITICAL &&
			   strcmp(it->what, "opened") == 0;

		if (it->at < oldest)
			oldest = it->at;
		urgent = urgent || (bad && x->now - it->at >= conf->wait);
	}
	/* A clock that was ahead is not waited for. */
	return x->nitems > 0 &&
	       (oldest > x->now || x->now - oldest >= conf->wait) &&
	       (urgent || last > x->now || x->now - last >= conf->apart);
}

/* posted: there is a message. */
static int
mark(struct telling *x, const struct reader *r, struct item *i, bool posted)
{
	char why[96], contact[NVR_ID_TEXT];
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
	snprintf(why, sizeof(why), "%s %s: %s, %s", r->channel,
	    nvr_id_format(r->c.id, contact), i->ended ? "ended" : i->what,
	    posted ? "in the outbox" : "not sent: unsubscribed, no consent");
	rc = nvr_alert_told_put(x->s->store, &i->told, x->err);
	return rc == 0 ? nvr_alert_event_add(x->s->store, &e, x->err) : rc;
}

/* Why those ended that are over and were not good again. */
static int
find_ended(struct telling *x, struct item *item, size_t n,
    char (*over)[NVR_ALERT_TEXT])
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (item[i].a->state == NVR_ALERT_CLOSED)
			rc = nvr_alert_ended(x->s->store, item[i].a->id,
			    over[i], &item[i].ended, x->err);
	return rc;
}

/* In the transaction: one message, and what it tells of is told. */
static int
post_batch(
    struct telling *x, const struct reader *r, struct item *item, size_t n)
{
	struct nvr_alert_news news[BATCH] = {{.alert = 0}};
	char over[BATCH][NVR_ALERT_TEXT];
	int64_t id = 0;
	int rc = find_ended(x, item, n, over);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		const struct nvr_alert *a = item[i].a;

		news[i] = (struct nvr_alert_news){.alert = a->id,
		    .kind = a->kind,
		    .what = item[i].ended ? "ended" : item[i].what,
		    .subject = a->subject,
		    .site = nvr_site_label(x->s, &x->names, a->site_id),
		    .why = item[i].ended ? over[i] : a->why,
		    .severity = (enum nvr_severity)a->severity,
		    .since = a->since,
		    .at = strcmp(item[i].what, "reminded") == 0 ? x->now
								: item[i].at};
	}
	rc =
	    x->post->post(x->s, &r->c, news, n, item[0].essential, &id, x->err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = mark(x, r, &item[i], id != 0);
	x->messages += rc == 0 && id != 0;
	return rc;
}

/* What is essential goes apart: unsubscribing must not take it along. */
static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->essential != y->essential)
		return x->essential ? -1 : 1;
	return x->a < y->a ? -1 : x->a > y->a;
}

/* The message that begins with that one is of so many. */
static size_t
batch_of(const struct item *item, size_t left)
{
	size_t n = 1;

	while (n < left && n < BATCH && item[n].essential == item[0].essential)
		n++;
	return n;
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
	if (rc != 0 || !is_time(x, last))
		return nvr_store_end(x->s->store, rc, x->err);
	qsort(x->item, x->nitems, sizeof(*x->item), compare_items);
	for (size_t i = 0; rc == 0 && i < x->nitems; i += n) {
		n = batch_of(&x->item[i], x->nitems - i);
		rc = post_batch(x, r, &x->item[i], n);
	}
	return nvr_store_end(x->s->store, rc, x->err);
}

/* What one account or contact lacks keeps no other waiting. */
static int
miss(struct telling *x, int rc)
{
	if (rc == 0 || rc == NVR_E_AGAIN || rc == NVR_E_NOMEM)
		return rc;
	if (x->failed.code == 0)
		x->failed = *x->err;
	return 0;
}

static int
tell_reader(struct telling *x, const struct reader *r, size_t from, size_t to)
{
	int64_t last = 0;
	int rc = collect(x, r, from, to);

	if (rc == 0)
		rc = nvr_alert_told_last(x->s->store, r->c.id, &last, x->err);
	return rc == 0 && is_time(x, last) ? post_all(x, r, from, to) : rc;
}

static int
keep_reader(void *ctx, const struct nvr_contact *c)
{
	struct telling *x = ctx;
	struct reader *r = &x->reader[x->nreaders];

	if (x->nreaders == CONTACTS || c->address.len > sizeof(r->address))
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
	if (c->address.len > 0)
		memcpy(r->address, c->address.data, c->address.len);
	r->c.address.data = r->address;
	r->c.secret = (struct nvr_blob){NULL, 0};
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
	bool ours = false; /* the operator's, too */
	int rc;

	x->nreaders = 0;
	rc = x->post->each(x->s, x->a[from].account_id, keep_reader, x, x->err);
	for (size_t i = from; i < to && x->a[from].account_id != 0; i++) {
		const struct nvr_alert_kind *k = nvr_alert_kind(x->a[i].kind);

		ours = ours || (k != NULL && k->both);
	}
	if (rc == 0 && ours)
		rc = x->post->each(x->s, 0, keep_reader, x, x->err);
	for (size_t i = 0; rc == 0 && i < x->nreaders; i++)
		rc = miss(x, tell_reader(x, &x->reader[i], from, to));
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
		rc = miss(x, tell_account(x, from, to));
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

const struct nvr_alert_post nvr_alert_contacts = {
    nvr_contact_each, nvr_contact_post};
