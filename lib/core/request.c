/* Requests of people under their rights; see request.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/letter.h"
#include "core/log.h"
#include "core/register.h"
#include "core/request.h"

#define PROMISE (30 * NVR_DAY)
#define FURTHER 2 /* months */

static const char *const kinds[] = {"access", "correction", "erasure", "export",
    "restriction", "objection", "consent", "other", NULL};
static const char *const outcomes[] = {"granted", "partly", "refused", NULL};

int64_t
nvr_months_after(int64_t t, int months)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t day = nvr_floor_div(t, NVR_DAY), month;
	struct nvr_date d = nvr_days_date(day);
	int last;

	month = d.year * 12 + d.month - 1 + months;
	d.year = nvr_floor_div(month, 12);
	d.month = (int)(month - d.year * 12) + 1;
	last = days[d.month - 1] + (d.month == 2 && nvr_leap_year(d.year));
	if (d.mday > last)
		d.mday = last;
	return nvr_date_days(d) * NVR_DAY + (t - day * NVR_DAY);
}

int64_t
nvr_request_due(int64_t received)
{
	int64_t month = nvr_months_after(received, 1);

	return month < received + PROMISE ? month : received + PROMISE;
}

static int
check_one_of(const char *what, const char *const words[], const char *text,
    struct nvr_error *err)
{
	char list[128] = "";

	for (int i = 0; words[i] != NULL; i++) {
		if (text != NULL && strcmp(words[i], text) == 0)
			return 0;
		strlcat(list, i > 0 ? ", " : "", sizeof(list));
		strlcat(list, words[i], sizeof(list));
	}
	return nvr_fail(err, NVR_E_USAGE, "%s is one of %s", what, list);
}

/* What is kept of it, opened where it is sealed. */
struct kept {
	struct nvr_state *s;
	struct nvr_request row;
	struct nvr_request_texts texts;
	char *kind;
	bool found;
	struct nvr_error *err;
};

int
nvr_request_open(struct nvr_state *s, const struct nvr_request *r,
    struct nvr_request_texts *ret, struct nvr_error *err)
{
	const struct nvr_column person = {"request", "person", r->id};
	const struct nvr_column note = {"request", "note", r->id};
	const struct nvr_column answer = {"request", "answer", r->id};
	struct nvr_request_texts t = {0};
	int rc = nvr_register_open(
	    s, r->account, &person, &r->person, &t.person, err);

	if (rc == 0)
		rc = nvr_register_open(
		    s, r->account, &note, &r->note, &t.note, err);
	if (rc == 0)
		rc = nvr_register_open(
		    s, r->account, &answer, &r->answer, &t.answer, err);
	if (rc == 0)
		*ret = t;
	else
		nvr_request_wipe(&t);
	return rc;
}

void
nvr_request_wipe(struct nvr_request_texts *t)
{
	nvr_buf_wipe(&t->person);
	nvr_buf_wipe(&t->note);
	nvr_buf_wipe(&t->answer);
}

static int
keep(void *ctx, const struct nvr_request *r)
{
	struct kept *k = ctx;

	k->row = *r;
	k->found = true;
	k->kind = strdup(r->kind);
	if (k->kind == NULL)
		return nvr_fail_nomem(k->err);
	k->row.kind = k->kind;
	return nvr_request_open(k->s, r, &k->texts, k->err);
}

static void
forget(struct kept *k)
{
	nvr_request_wipe(&k->texts);
	free(k->kind);
}

/* One that is not answered yet. */
static int
find_open(struct kept *k, int64_t id)
{
	const struct nvr_request_filter f = {
	    .id = id > 0 ? id : -1, .done = true};
	char text[NVR_ID_TEXT];
	int rc = nvr_request_each(k->s->store, &f, keep, k, k->err);

	if (rc == 0 && !k->found)
		rc = nvr_fail(k->err, NVR_E_NOENT,
		    "no request '%s'; 'nvr-account requests list --all' shows "
		    "them",
		    nvr_id_format(id, text));
	if (rc == 0 && k->row.done_at != 0)
		rc = nvr_fail(k->err, NVR_E_USAGE,
		    "the request '%s' was answered already",
		    nvr_id_format(id, text));
	return rc;
}

/* The letter of that text, where there is somebody to write to. */
static int
post(struct kept *k, const char *text, const char *name, const char *value)
{
	const struct nvr_request *r = &k->row;
	char id[NVR_ID_TEXT], due[NVR_TIME_TEXT], received[NVR_TIME_TEXT];
	struct nvr_buf to = {0};
	struct nvr_letter l = {.account = r->account,
	    .text = text,
	    .value = {{"kind", r->kind}, {"id", nvr_id_format(r->id, id)},
		{"due", nvr_letter_day(r->due_at, due)},
		{"received", nvr_letter_day(r->received_at, received)},
		{"outcome", r->outcome}, {name, value}}};
	int64_t outbox;
	int rc;

	if (r->account == 0 || !nvr_letter_ready(k->s))
		return 0;
	rc = nvr_register_address(k->s, r->account, &to, k->err);
	l.to = to.data;
	if (rc == 0)
		rc = nvr_letter_post(k->s, &l, &outbox, k->err);
	nvr_buf_wipe(&to);
	return rc;
}

static int
log_line(struct kept *k, const char *type)
{
	return nvr_log_append(k->s, k->row.account, type,
	    json_pack("{so ss ss*}", "id", nvr_register_id(k->row.id), "kind",
		k->row.kind, "outcome", k->row.outcome),
	    k->err);
}

static int
check_new(const struct nvr_request_new *n, const char *channel, int64_t now,
    struct nvr_error *err)
{
	int rc = check_one_of("what is asked for", kinds, n->kind, err);

	if (rc == 0)
		rc = nvr_check_word("the channel", channel, err);
	if (rc == 0 && n->account == 0)
		rc = nvr_check_line("the person who asks", n->person, err);
	if (rc == 0 && n->note != NULL)
		rc = nvr_check_text("the note", n->note, err);
	if (rc == 0 && (n->received < 0 || n->received > now))
		rc = nvr_fail(err, NVR_E_USAGE,
		    "a request cannot have come in the future");
	return rc;
}

int
nvr_request_add(struct nvr_state *s, const struct nvr_request_new *n,
    int64_t *id, struct nvr_error *err)
{
	const char *channel =
	    n->channel != NULL ? n->channel : nvr_or_empty(s->actor.channel);
	int64_t now = nvr_time_now();
	struct nvr_buf person = {0}, note = {0};
	struct kept k = {.s = s, .err = err};
	struct nvr_request *r = &k.row;
	int rc = check_new(n, channel, now, err);

	r->id = nvr_id_new();
	r->account = n->account;
	r->kind = n->kind;
	r->channel = channel;
	r->received_at = n->received != 0 ? n->received : now;
	r->due_at = nvr_request_due(r->received_at);
	if (rc == 0)
		rc = nvr_register_seal(s, r->account,
		    &(struct nvr_column){"request", "person", r->id},
		    n->account == 0 ? n->person : NULL, &person, &r->person,
		    err);
	if (rc == 0)
		rc = nvr_register_seal(s, r->account,
		    &(struct nvr_column){"request", "note", r->id}, n->note,
		    &note, &r->note, err);
	if (rc == 0)
		rc = nvr_request_insert(s->store, r, err);
	nvr_buf_release(&person);
	nvr_buf_release(&note);
	if (rc == 0)
		rc = log_line(&k, "request.added");
	if (rc == 0)
		rc = post(&k, "request-received", NULL, NULL);
	if (rc == 0)
		*id = r->id;
	return rc;
}

/* The row as it has become; its note and its answer are sealed anew. */
static int
update(struct kept *k, const char *note_text, const char *answer_text)
{
	struct nvr_request *r = &k->row;
	struct nvr_buf note = {0}, answer = {0};
	int rc = nvr_register_seal(k->s, r->account,
	    &(struct nvr_column){"request", "note", r->id}, note_text, &note,
	    &r->note, k->err);

	if (rc == 0)
		rc = nvr_register_seal(k->s, r->account,
		    &(struct nvr_column){"request", "answer", r->id},
		    answer_text, &answer, &r->answer, k->err);
	if (rc == 0)
		rc = nvr_request_update(k->s->store, r, k->err);
	nvr_buf_release(&note);
	nvr_buf_release(&answer);
	return rc;
}

/* What is open is answered from now on. */
static int
answer(struct kept *k, int64_t id, const char *outcome, const char *text)
{
	int rc = find_open(k, id);

	k->row.done_at = nvr_time_now();
	k->row.outcome = outcome;
	if (rc == 0)
		rc = update(k, k->texts.note.data, text);
	return rc == 0 ? log_line(k, "request.done") : rc;
}

int
nvr_request_done(struct nvr_state *s, int64_t id, const char *outcome,
    const char *answer_text, struct nvr_error *err)
{
	struct kept k = {.s = s, .err = err};
	int rc = check_one_of("the outcome", outcomes, outcome, err);

	if (rc == 0 && (answer_text != NULL || strcmp(outcome, "refused") == 0))
		rc = nvr_check_text(
		    "the answer (with its reasons)", answer_text, err);
	if (rc == 0)
		rc = answer(&k, id, outcome, answer_text);
	if (rc == 0)
		rc = post(
		    &k, "request-done", "answer", nvr_or_empty(answer_text));
	forget(&k);
	return rc;
}

int
nvr_request_grant(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	struct kept k = {.s = s, .err = err};
	int rc = answer(&k, id, "granted", NULL);

	forget(&k);
	return rc;
}

int
nvr_request_extend(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err)
{
	struct kept k = {.s = s, .err = err};
	int64_t now = nvr_time_now();
	char day[NVR_TIME_TEXT];
	int rc = nvr_check_line("the reason", why, err);

	if (rc == 0)
		rc = find_open(&k, id);
	if (rc == 0 && k.row.extended_at != 0)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "it was extended once, which is all there is");
	if (rc == 0 && now > k.row.due_at)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "it was due on %s: it can be extended only ahead of that",
		    nvr_letter_day(k.row.due_at, day));
	k.row.extended_at = now;
	k.row.due_at = nvr_months_after(k.row.due_at, FURTHER);
	if (rc == 0)
		rc = nvr_buf_addf(&k.texts.note, err, "%sextended on %s: %s",
		    k.texts.note.len > 0 ? "\n" : "", nvr_letter_day(now, day),
		    why);
	if (rc == 0)
		rc = update(&k, k.texts.note.data, "");
	if (rc == 0)
		rc = log_line(&k, "request.extended");
	if (rc == 0)
		rc = post(&k, "request-extended", "why", why);
	forget(&k);
	return rc;
}
