/*
 * Which rows of the security log lost their payloads with an account: what is
 * said of it in the chain, and holding the rows to that.
 *
 * An entry `account.erased` of account 0 has them as `3-5,9`; those that do
 * not go into one entry are in several.  Rows are blanked and entries written
 * in one transaction, so what is blank and what is claimed are the same rows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "core/log_walk.h"

#define ERASED "account.erased"
#define CLAIM 8192 /* bytes of ranges in an entry; its payload has room */
#define RANGE 48   /* of one, at most */

/* Rows that go at once, and bytes of them. */
#define ROWS 1024
#define BYTES (1 << 20)

struct ranges {
	int64_t first, last; /* the one that grows; 0: there is none */
	int64_t upto;	     /* the last row of all */
	int64_t rows, bytes;
	char text[CLAIM];
	size_t len;
};

static void
end_range(struct ranges *r)
{
	char text[RANGE];

	if (r->first == 0)
		return;
	if (r->first == r->last)
		snprintf(text, sizeof(text), "%" PRId64, r->first);
	else
		snprintf(text, sizeof(text), "%" PRId64 "-%" PRId64, r->first,
		    r->last);
	if (r->len > 0)
		r->text[r->len++] = ',';
	r->len += strlcpy(r->text + r->len, text, sizeof(r->text) - r->len);
	r->first = 0;
}

/* 1: it goes into the next entry. */
static int
add_row(void *ctx, int64_t seq, int64_t sealed)
{
	struct ranges *r = ctx;

	if (r->rows == ROWS || r->bytes > BYTES)
		return 1;
	if (sealed > 0 && r->first != 0 && seq == r->last + 1) {
		r->last = seq;
	} else if (sealed > 0) {
		end_range(r);
		if (r->len + RANGE > sizeof(r->text))
			return 1;
		r->first = r->last = seq;
	}
	r->rows++;
	r->bytes += sealed;
	r->upto = seq;
	return 0;
}

/* 1: there are more. */
static int
erase_some(
    struct nvr_state *s, int64_t account, bool always, struct nvr_error *err)
{
	struct ranges r = {.first = 0};
	char id[NVR_ID_TEXT];
	int more = nvr_log_of(s->store, account, add_row, &r, err), rc = 0;

	if (more < 0)
		return more;
	nvr_id_format(account, id);
	end_range(&r);
	if (r.len > 0)
		rc = nvr_log_append(s, 0, ERASED,
		    json_pack("{s:s, s:s}", "account", id, "rows", r.text),
		    err);
	else if (always)
		rc = nvr_log_append(
		    s, 0, ERASED, json_pack("{s:s}", "account", id), err);
	if (rc == 0 && r.rows > 0)
		rc = nvr_log_blank(s->store, account, r.upto, err);
	return rc == 0 ? more : rc;
}

int
nvr_log_erase(
    struct nvr_state *s, int64_t account, bool always, struct nvr_error *err)
{
	int rc;

	do {
		rc = erase_some(s, account, always, err);
		always = false;
	} while (rc == 1 && !nvr_store_enough(s->store));
	return rc;
}

void
nvr_log_range_add(struct nvr_log_walk *w, struct nvr_log_ranges *l,
    int64_t first, int64_t last)
{
	struct nvr_log_range *more;
	size_t room = l->room * 2 + 64;

	if (l->n > 0 && l->r[l->n - 1].last == first - 1) {
		l->r[l->n - 1].last = last;
		return;
	}
	if (l->n == l->room) {
		more = reallocarray(l->r, room, sizeof(*more));
		if (more == NULL) {
			w->rc = nvr_fail_nomem(w->err);
			return;
		}
		l->r = more;
		l->room = room;
	}
	l->r[l->n++] = (struct nvr_log_range){first, last};
}

/* A number up to the next `-` or `,`; 0 where there is none. */
static int64_t
read_seq(const char **p)
{
	int64_t n = 0;

	while (**p >= '0' && **p <= '9')
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *(*p)++ - '0', &n))
			return 0;
	return n;
}

void
nvr_log_claim(struct nvr_log_walk *w, const struct nvr_log_row *row)
{
	const char *p;
	json_t *payload;

	if (row->account != 0 || strcmp(row->type, ERASED) != 0)
		return;
	payload = json_loadb(
	    w->text->data + NVR_LOG_SALT, w->text->len - NVR_LOG_SALT, 0, NULL);
	p = json_string_value(
	    json_object_get(json_object_get(payload, "detail"), "rows"));
	while (p != NULL && *p != '\0') {
		int64_t first = read_seq(&p);
		int64_t last = *p == '-' ? (p++, read_seq(&p)) : first;

		/* An entry tells of rows ahead of it alone. */
		if (first == 0 || last < first || last >= row->seq + w->moved ||
		    (*p != ',' && *p != '\0'))
			break;
		nvr_log_range_add(w, &w->claimed, first, last);
		p += *p == ',';
	}
	json_decref(payload);
}

static int
by_first(const void *a, const void *b)
{
	const struct nvr_log_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void
sort(struct nvr_log_ranges *l)
{
	size_t n = 0;

	if (l->n == 0)
		return;
	qsort(l->r, l->n, sizeof(*l->r), by_first);
	for (size_t i = 1; i < l->n; i++)
		if (l->r[i].first > l->r[n].last + 1)
			l->r[++n] = l->r[i];
		else if (l->r[i].last > l->r[n].last)
			l->r[n].last = l->r[i].last;
	l->n = n + 1;
}

/* What is in a and not in b, both of them sorted. */
static void
beyond(struct nvr_log_walk *w, const struct nvr_log_ranges *a,
    const struct nvr_log_ranges *b,
    void (*say)(struct nvr_log_walk *w, int64_t first, int64_t last))
{
	size_t k = 0;

	for (size_t i = 0; i < a->n; i++) {
		int64_t at = a->r[i].first, last = a->r[i].last;

		while (at <= last) {
			while (k < b->n && b->r[k].last < at)
				k++;
			if (k == b->n || b->r[k].first > last) {
				say(w, at, last);
				break;
			}
			if (b->r[k].first > at)
				say(w, at, b->r[k].first - 1);
			at = b->r[k].last + 1;
		}
	}
}

static void
say_lost(struct nvr_log_walk *w, int64_t first, int64_t last)
{
	char rows[64];

	w->sum->erased -= last - first + 1;
	nvr_log_say(w, "payload", first, last, "%s lost %s",
	    nvr_log_rows(first, last, rows),
	    first == last ? "its payload" : "their payloads");
}

static void
say_back(struct nvr_log_walk *w, int64_t first, int64_t last)
{
	char rows[64];

	if (first <= w->start.seq)
		first = w->start.seq + 1;
	if (last >= w->expect + w->moved)
		last = w->expect + w->moved - 1;
	if (first <= last)
		nvr_log_say(w, "payload", first, last,
		    "%s %s a payload that was erased",
		    nvr_log_rows(first, last, rows),
		    first == last ? "has" : "have");
}

void
nvr_log_resolve_erased(struct nvr_log_walk *w)
{
	sort(&w->blank);
	sort(&w->claimed);
	beyond(w, &w->blank, &w->claimed, say_lost);
	/* Rows that are not there are said to be missing. */
	for (size_t i = 0; i < w->missing.n && w->rc == 0; i++)
		nvr_log_range_add(
		    w, &w->blank, w->missing.r[i].first, w->missing.r[i].last);
	sort(&w->blank);
	beyond(w, &w->claimed, &w->blank, say_back);
}
