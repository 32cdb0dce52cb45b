/* Verifying the security log as a whole; see log.h and log_walk.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/log_walk.h"

#define STORE_UUID "media_uuid"
#define PROGRESS 16384
#define LAST_SEQ (INT64_MAX / 2) /* no log gets there */
#define CLOCK_SLACK NVR_SECOND	 /* a clock that is put right steps by less */

static void
say(struct nvr_log_walk *w, const struct nvr_log_finding *f, const char *fmt,
    va_list ap)
{
	struct nvr_log_finding full = *f;
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	full.text = text;
	w->sum->troubles += f->trouble;
	w->watch->finding(w->watch->ctx, &full);
}

void
nvr_log_say(struct nvr_log_walk *w, const char *kind, int64_t seq, int64_t last,
    const char *fmt, ...)
{
	struct nvr_log_finding f = {
	    .kind = kind, .trouble = true, .seq = seq, .last = last};
	va_list ap;

	f.last = last > seq ? last : seq;
	va_start(ap, fmt);
	say(w, &f, fmt, ap);
	va_end(ap);
}

static void __attribute__((format(printf, 4, 5))) note(
    struct nvr_log_walk *w, const char *kind, int64_t seq, const char *fmt, ...)
{
	struct nvr_log_finding f = {.kind = kind, .seq = seq, .last = seq};
	va_list ap;

	va_start(ap, fmt);
	say(w, &f, fmt, ap);
	va_end(ap);
}

static int
add_sight(struct nvr_log_walk *w, int64_t seq, int64_t at,
    const uint8_t hash[NVR_LOG_HASH])
{
	struct nvr_log_sight *more;

	/* keys.db knows what the store may still have. */
	for (int i = 0; i < w->nsights; i++)
		if (w->sight[i].seq == seq &&
		    memcmp(w->sight[i].hash, hash, NVR_LOG_HASH) == 0)
			return 0;
	more =
	    reallocarray(w->sight, (size_t)w->nsights + 1, sizeof(*w->sight));

	if (more == NULL)
		return nvr_fail_nomem(w->err);
	w->sight = more;
	more += w->nsights++;
	more->seq = seq;
	more->at = at;
	memcpy(more->hash, hash, NVR_LOG_HASH);
	return 0;
}

/* A mark of the store's own, or one that somebody put there. */
static int
see_mark(void *ctx, const struct nvr_log_mark *m)
{
	struct nvr_log_walk *w = ctx;
	char at[NVR_TIME_TEXT];
	bool own = false;
	int rc = nvr_log_mark_own(w->s, m, &own, w->err);

	nvr_time_format(m->at, at);
	if (rc == 0 && !own)
		nvr_log_say(w, "mark", m->seq, 0,
		    "the %s of %s, at row %" PRId64
		    ", is not signed with this store's key",
		    m->pruned ? "mark of pruning" : "head", at, m->seq);
	if (rc != 0 || !own)
		return rc;
	if (!m->pruned) {
		w->sum->heads++;
		return add_sight(w, m->seq, m->at, m->hash);
	}
	if (m->seq > w->start.seq) {
		w->start.seq = m->seq;
		w->start.at = m->at;
		memcpy(w->start.hash, m->hash, NVR_LOG_HASH);
	}
	return 0;
}

static int
see_kept(struct nvr_log_walk *w, const struct nvr_log_head *kept)
{
	struct nvr_log_mark m = {
	    .seq = kept->seq, .at = kept->at, .signature = kept->signature};
	char uuid[NVR_SETTING_TEXT], at[NVR_TIME_TEXT];
	bool own = false;
	int rc = nvr_setting_get(w->s->store, STORE_UUID, uuid, w->err);

	memcpy(m.hash, kept->hash, sizeof(m.hash));
	nvr_time_format(kept->at, at);
	if (rc == 0 && strcmp(uuid, kept->store) != 0) {
		nvr_log_say(w, "head", kept->seq, 0,
		    "the head of %s that was kept is of another store", at);
		return 0;
	}
	if (rc == 0)
		rc = nvr_log_mark_own(w->s, &m, &own, w->err);
	if (rc == 0 && own)
		return add_sight(w, m.seq, m.at, m.hash);
	if (rc == 0)
		nvr_log_say(w, "head", kept->seq, 0,
		    "the head of %s that was kept is not signed with this "
		    "store's key",
		    at);
	return rc;
}

static int
by_seq(const void *a, const void *b)
{
	const struct nvr_log_sight *x = a, *y = b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

static void
say_strange(struct nvr_log_walk *w, const struct nvr_log_sight *x,
    const char *fmt, int64_t row)
{
	char at[NVR_TIME_TEXT], why[128];

	snprintf(why, sizeof(why), "%s %" PRId64, fmt, row);
	nvr_log_say(w, "head", x->seq, 0,
	    "the head of %s, at row %" PRId64 ", is not of this chain: %s",
	    nvr_time_format(x->at, at), x->seq, why);
}

/* The heads that were signed at this row, or of rows that are not there. */
static void
meet_heads(struct nvr_log_walk *w, int64_t seq, const uint8_t *hash)
{
	for (; w->next < w->nsights; w->next++) {
		const struct nvr_log_sight *x = &w->sight[w->next];

		if (x->seq > seq)
			break;
		if (x->seq < seq && x->seq > w->start.seq)
			say_strange(w, x, "there is no row", x->seq);
		else if (x->seq == seq &&
			 memcmp(x->hash, hash, NVR_LOG_HASH) != 0)
			say_strange(
			    w, x, "it was signed of another row", x->seq);
	}
}

/* Rows that do not fit say nothing of the clock. */
static void
check_clock(struct nvr_log_walk *w, const struct nvr_log_row *row)
{
	bool good = w->nbad == 0 || w->bad[w->nbad - 1].row.seq < row->seq - 1;
	char back[NVR_TIME_TEXT];
	int64_t by;

	if (good && w->sum->rows > 1 &&
	    !__builtin_sub_overflow(w->last_at, row->at, &by) &&
	    by > CLOCK_SLACK)
		note(w, "clock", row->seq,
		    "the clock ran back by %s ahead of row %" PRId64,
		    nvr_duration_format(by / NVR_SECOND * NVR_SECOND, back),
		    row->seq);
	w->last_at = row->at;
}

static int
visit(void *ctx, const struct nvr_log_row *row)
{
	struct nvr_log_walk *w = ctx;
	char rows[64];

	if (row->seq > LAST_SEQ) {
		nvr_log_say(w, "inserted", row->seq, 0,
		    "row %" PRId64 " was inserted", row->seq);
		return 0;
	}
	if (row->seq < w->expect) {
		nvr_log_say(w, "inserted", row->seq, 0,
		    "row %" PRId64 " stands ahead of where the log %s",
		    row->seq, w->start.seq > 0 ? "was pruned" : "begins");
		return 0;
	}
	if (row->seq > w->expect) {
		nvr_log_say(w, "missing", w->expect, row->seq - 1,
		    "%s %s missing",
		    nvr_log_rows(w->expect, row->seq - 1, rows),
		    w->expect == row->seq - 1 ? "is" : "are");
		nvr_log_range_add(w, &w->missing, w->expect, row->seq - 1);
		w->nprev = 0;
		w->run = 0;
	}
	if (w->sum->rows++ == 0)
		w->sum->from = row->at;
	w->sum->until = row->at;
	nvr_log_check(w, row);
	check_clock(w, row);
	meet_heads(w, row->seq, row->hash);
	if (strcmp(row->type, NVR_LOG_TAMPERED) == 0)
		nvr_log_say(w, "tail", row->seq, 0,
		    "row %" PRId64 " tells that the log did not end where it "
		    "was written last",
		    row->seq);
	w->expect = row->seq + 1;
	if (w->watch->progress != NULL && w->sum->rows % PROGRESS == 0)
		w->watch->progress(w->watch->ctx, w->sum->rows);
	return w->rc;
}

static void
say_cut(struct nvr_log_walk *w, int64_t last, int64_t tail)
{
	if (tail - last == 1)
		nvr_log_say(w, "cut", tail, tail,
		    "the last row is cut off: the tail says %" PRId64, tail);
	else
		nvr_log_say(w, "cut", last + 1, tail,
		    "the last %" PRId64 " rows are cut off: the tail says "
		    "%" PRId64,
		    tail - last, tail);
}

/* The chain ends where the tail says. */
static void
check_tail(struct nvr_log_walk *w, const struct nvr_log_ends *ends)
{
	int64_t tail = ends->tail.seq, last = w->expect - 1;
	int64_t was = last + w->shift;
	char rows[64], at[NVR_TIME_TEXT];

	if (w->sum->rows == 0 && w->start.seq == 0 && tail == 0) {
		if (ends->known.begun != 0)
			nvr_log_say(w, "tail", 0, 0,
			    "the log is gone: there was one at %s",
			    nvr_time_format(ends->known.begun, at));
		return;
	}
	if (tail == 0)
		nvr_log_say(w, "tail", 0, 0, "the tail of the log is gone");
	else if (!ends->mac)
		nvr_log_say(w, "tail", 0, 0,
		    "the tail of the log, which says %" PRId64
		    ", was not written with this store's key",
		    tail);
	else if (was < tail)
		say_cut(w, was, tail);
	else if (was > tail)
		nvr_log_say(w, "inserted", tail + 1, was,
		    "%s %s inserted: the tail says %" PRId64,
		    nvr_log_rows(tail + 1, was, rows),
		    was == tail + 1 ? "was" : "were", tail);
	else if (memcmp(ends->tail.hash, ends->last.hash, NVR_LOG_HASH) != 0 &&
		 w->sum->rows > 0)
		nvr_log_say(w, "tail", last, 0,
		    "row %" PRId64 " is not the one that the tail was "
		    "written for: the chain was made anew",
		    last);
}

/* In one moment of the store. */
static int
walk(struct nvr_log_walk *w, const struct nvr_log_head *kept)
{
	struct nvr_log_ends ends;
	int rc = nvr_log_marks(w->s->store, see_mark, w, w->err);

	if (rc == 0 && kept != NULL)
		rc = see_kept(w, kept);
	if (rc == 0)
		rc = nvr_log_ends(w->s, &ends, w->err);
	if (rc == 0 && ends.known.mark.seq > w->start.seq)
		rc = add_sight(w, ends.known.mark.seq, ends.known.mark.at,
		    ends.known.mark.hash);
	if (rc != 0)
		return rc;
	if (w->nsights > 0)
		qsort(w->sight, (size_t)w->nsights, sizeof(*w->sight), by_seq);
	w->expect = w->start.seq + 1;
	w->opened = w->start.seq;
	memcpy(w->prev[0], w->start.hash, NVR_LOG_HASH);
	w->nprev = 1;
	meet_heads(w, w->start.seq, w->start.hash);
	rc = nvr_log_chain(w->s->store, INT64_MIN, visit, w, w->err);
	if (rc != 0)
		return rc;
	for (; w->next < w->nsights; w->next++)
		say_strange(w, &w->sight[w->next], "the chain ends at row",
		    w->expect - 1);
	check_tail(w, &ends);
	return 0;
}

int
nvr_log_verify(struct nvr_state *s, const struct nvr_log_head *kept,
    const struct nvr_log_watch *watch, struct nvr_log_summary *ret,
    struct nvr_error *err)
{
	struct nvr_log_walk *w = calloc(1, sizeof(*w));
	int rc;

	*ret = (struct nvr_log_summary){0};
	if (w == NULL)
		return nvr_fail_nomem(err);
	w->s = s;
	w->watch = watch;
	w->sum = ret;
	w->err = err;
	rc = nvr_hasher_open(&w->hasher, err);
	if (rc == 0)
		rc = nvr_log_opener_new(s, &w->opener, err);
	if (rc == 0)
		rc = nvr_store_snapshot(s->store, err);
	if (rc == 0)
		rc = walk(w, kept);
	nvr_store_rollback(s->store);
	if (rc == 0) {
		nvr_log_resolve(w);
		nvr_log_resolve_erased(w);
	}
	if (rc == 0)
		rc = w->rc;
	nvr_log_opener_free(w->opener);
	nvr_hasher_free(w->hasher);
	free(w->sight);
	free(w->blank.r);
	free(w->claimed.r);
	free(w->missing.r);
	free(w);
	return rc;
}
