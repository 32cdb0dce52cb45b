/*
 * Holding a row of the security log to the row ahead of it and to what is
 * sealed in it, and telling what was done to one that does not fit; see
 * log_walk.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/log_walk.h"

#define STRAY 8 /* so many rows away a payload is looked for */

const char *
nvr_log_rows(int64_t first, int64_t last, char buf[64])
{
	if (first == last)
		snprintf(buf, 64, "row %" PRId64, first);
	else
		snprintf(buf, 64, "rows %" PRId64 " to %" PRId64, first, last);
	return buf;
}

/* Whether the row's hash is right for that number behind that hash. */
static bool
fits(struct nvr_log_walk *w, const uint8_t prev[NVR_LOG_HASH], int64_t seq,
    const struct nvr_log_row *row)
{
	uint8_t hash[NVR_LOG_HASH] = {0};

	if (w->rc == 0)
		w->rc = nvr_log_hash(w->hasher, prev, seq, row, hash, w->err);
	return w->rc == 0 && memcmp(hash, row->hash, sizeof(hash)) == 0;
}

static bool
fits_any(struct nvr_log_walk *w, int64_t seq, const struct nvr_log_row *row)
{
	for (int i = 0; i < w->nprev; i++)
		if (fits(w, w->prev[i], seq, row))
			return true;
	return false;
}

/* Those from seq on were not bad in themselves. */
static void
forgive(struct nvr_log_walk *w, int64_t seq)
{
	while (w->nbad > 0 && w->bad[w->nbad - 1].row.seq >= seq)
		w->nbad--;
}

/* Whether the one bad row ahead would fit behind this one: exchanged. */
static bool
exchanged(struct nvr_log_walk *w, const struct nvr_log_row *row)
{
	const struct nvr_log_bad *b = &w->bad[w->nbad > 0 ? w->nbad - 1 : 0];

	return w->nbad > 0 && w->run == row->seq - 1 && b->row.seq == w->run &&
	       fits(w, row->hash, row->seq + w->shift, &b->row);
}

/*
 * Whether the row fits with another number than it has: rows ahead of it were
 * put in or taken out, and the others numbered anew.
 */
static bool
renumbered(struct nvr_log_walk *w, const struct nvr_log_row *row)
{
	int64_t first = w->run != 0 ? w->run : row->seq;
	char rows[64];

	if (w->run != 0 && fits(w, w->run_ahead, w->run + w->shift, row) &&
	    !exchanged(w, row)) {
		nvr_log_say(w, "inserted", w->run, row->seq - 1,
		    "%s %s inserted", nvr_log_rows(w->run, row->seq - 1, rows),
		    w->run == row->seq - 1 ? "was" : "were");
		w->shift -= row->seq - w->run;
		w->moved -= row->seq - w->run;
		forgive(w, w->run);
		return true;
	}
	if (fits_any(w, row->seq + w->shift + 1, row)) {
		nvr_log_say(w, "missing", first, 0,
		    "row %" PRId64 " is missing: those behind it were "
		    "numbered anew",
		    first + w->shift);
		forgive(w, first);
		w->shift++;
		w->moved++;
		return true;
	}
	if (w->shift != 0 && fits_any(w, row->seq, row)) {
		w->shift = w->moved = 0;
		return true;
	}
	return false;
}

/* Behind a gap there is no telling: the row is taken as it is. */
static bool
is_linked(struct nvr_log_walk *w, const struct nvr_log_row *row)
{
	return strlen(row->type) <= NVR_LOG_TYPE &&
	       (w->nprev == 0 || fits_any(w, row->seq + w->shift, row) ||
		   renumbered(w, row));
}

static void
go_on(struct nvr_log_walk *w, const struct nvr_log_row *row, bool linked)
{
	uint8_t prev[NVR_LOG_HASH];

	if (!linked && w->run == 0) {
		w->run = row->seq;
		memcpy(w->run_ahead, w->prev[0], NVR_LOG_HASH);
	}
	if (linked)
		w->run = 0;
	memcpy(prev, w->prev[0], sizeof(prev));
	memcpy(w->prev[0], row->hash, NVR_LOG_HASH);
	w->nprev = 1;
	if (linked || strlen(row->type) > NVR_LOG_TYPE || w->rc != 0)
		return;
	w->rc = nvr_log_hash(
	    w->hasher, prev, row->seq + w->shift, row, w->prev[1], w->err);
	w->nprev = 2;
}

/* The payload names its account, which comes first in it. */
static bool
is_of_account(const char *payload, size_t len, int64_t account)
{
	char id[NVR_ID_TEXT], want[64];

	if (account == 0)
		return len >= 10 && memcmp(payload, "{\"account\"", 10) != 0;
	snprintf(want, sizeof(want), "{\"account\":\"%s\"",
	    nvr_id_format(account, id));
	return len >= strlen(want) && memcmp(payload, want, strlen(want)) == 0;
}

/* NVR_LOG_FITS: it was sealed as row seq and is what was committed to. */
static int
open_as(struct nvr_log_walk *w, const struct nvr_log_row *row, int64_t seq)
{
	uint8_t commitment[NVR_LOG_HASH];
	const struct nvr_buf *text;
	const char *payload;
	int rc = nvr_log_open(w->opener, row, seq, &text, w->err);

	if (rc < 0)
		w->rc = rc;
	if (rc != NVR_LOG_FITS)
		return rc;
	w->text = text;
	payload = text->data + NVR_LOG_SALT;
	w->rc = nvr_hasher_hmac(w->hasher, text->data, NVR_LOG_SALT, payload,
	    text->len - NVR_LOG_SALT, commitment, w->err);
	return w->rc == 0 &&
		       memcmp(commitment, row->commitment, NVR_LOG_HASH) == 0 &&
		       is_of_account(
			   payload, text->len - NVR_LOG_SALT, row->account)
		   ? NVR_LOG_FITS
		   : NVR_LOG_UNFIT;
}

/* Rows were put in or taken out, and all hashes made anew behind that. */
static void
say_moved(struct nvr_log_walk *w, int64_t by)
{
	int64_t n = by < 0 ? -by : by;
	int64_t first = by < 0 ? w->strayed - n : w->strayed + w->moved;
	const char *done = by < 0 ? "inserted" : "missing";
	char rows[64];

	/* What was inserted may be a copy of the row ahead of it. */
	if (by < 0 && first <= w->opened)
		first = w->opened + 1;
	if (w->opened == (by < 0 ? first - 1 : w->strayed - 1))
		nvr_log_say(w, done, first, first + n - 1,
		    "%s %s %s: the chain was made anew behind that",
		    nvr_log_rows(first, first + n - 1, rows),
		    by > 0 ? (n == 1 ? "is" : "are")
			   : (n == 1 ? "was" : "were"),
		    done);
	else
		nvr_log_say(w, done, w->opened + 1, w->strayed - 1,
		    "%" PRId64 " of the rows between %" PRId64 " and %" PRId64
		    " %s %s: the chain was made anew behind that",
		    n, w->opened, w->strayed, n == 1 ? "is" : "are", done);
}

/*
 * Looks where a payload was sealed that does not open in its row.  One row
 * that was sealed elsewhere was exchanged; once the next was sealed as far
 * off, they were renumbered.  True: that is so.
 */
static bool
has_strayed(
    struct nvr_log_walk *w, const struct nvr_log_row *row, int64_t *from)
{
	int64_t at = row->seq + w->moved, by = 0;

	for (int64_t d = 1; by == 0 && d <= STRAY && w->rc == 0; d++)
		if (open_as(w, row, at - d) == NVR_LOG_FITS)
			by = -d;
		else if (open_as(w, row, at + d) == NVR_LOG_FITS)
			by = d;
	if (by == 0)
		return false;
	*from = at + by;
	if (w->strayed_by != by) {
		w->strayed = row->seq;
		w->strayed_by = by;
		return false;
	}
	say_moved(w, by);
	forgive(w, w->opened + 1);
	w->moved += by;
	w->strayed_by = 0;
	return true;
}

static bool
was_erased(struct nvr_log_walk *w, int64_t account)
{
	bool erased = false;

	/* The store's own key does not go. */
	if (w->rc == 0 && account != 0)
		w->rc = nvr_log_erased(w->s->store, account, &erased, w->err);
	return erased;
}

void
nvr_log_check(struct nvr_log_walk *w, const struct nvr_log_row *row)
{
	struct nvr_log_bad b = {.linked = is_linked(w, row), .opens = true};
	int state = NVR_LOG_FITS;

	memcpy(b.ahead, w->prev[0], sizeof(b.ahead));
	go_on(w, row, b.linked);
	if (row->sealed == NULL) {
		w->sum->erased++;
		nvr_log_range_add(
		    w, &w->blank, row->seq + w->moved, row->seq + w->moved);
	} else if (w->rc == 0) {
		state = open_as(w, row, row->seq + w->moved);
		if (state == NVR_LOG_UNFIT && b.linked &&
		    has_strayed(w, row, &b.from))
			state = NVR_LOG_FITS;
		if (state == NVR_LOG_FITS) {
			w->opened = row->seq;
			w->strayed_by = 0;
			if (b.linked)
				nvr_log_claim(w, row);
		}
	}
	w->sum->closed += state == NVR_LOG_RESTRICTED;
	if (state == NVR_LOG_KEYLESS && was_erased(w, row->account)) {
		w->sum->erased++;
		state = NVR_LOG_FITS;
	}
	b.keyless = state == NVR_LOG_KEYLESS;
	b.opens = state != NVR_LOG_UNFIT;
	if ((b.linked && b.opens && !b.keyless) || w->rc != 0)
		return;
	if (w->nbad == NVR_LOG_BAD) {
		nvr_log_say(w, "changed", row->seq, 0,
		    "row %" PRId64 " was changed", row->seq);
		return;
	}
	b.row = *row;
	strlcpy(b.type, row->type, sizeof(b.type));
	w->bad[w->nbad++] = b;
	w->bad[w->nbad - 1].row.type = w->bad[w->nbad - 1].type;
}

/* The number that the row's hash was made for, among those of the bad rows;
 * 0: none. */
static int64_t
made_for(struct nvr_log_walk *w, const struct nvr_log_bad *b)
{
	for (int i = 0; i < w->nbad; i++) {
		int64_t seq = w->bad[i].row.seq;

		if (fits(w, w->bad[i].ahead, seq, &b->row))
			return seq;
		for (int k = 0; k < w->nbad; k++)
			if (fits(w, w->bad[k].row.hash, seq, &b->row))
				return seq;
	}
	return 0;
}

static void
say_bad(struct nvr_log_walk *w, const struct nvr_log_bad *b, bool after_bad)
{
	int64_t seq = b->row.seq, from = b->from;

	if (b->keyless && b->linked && was_erased(w, b->row.account)) {
		w->sum->erased++; /* while we went along */
		return;
	}
	if (!b->linked)
		from = made_for(w, b);
	if (!b->linked && from == seq && b->opens && !b->keyless)
		return; /* it is the row ahead that is not in its place */
	if (from != 0 && from != seq)
		nvr_log_say(w, "swapped", seq, 0,
		    "row %" PRId64 " stands where row %" PRId64 " was: swapped",
		    from, seq);
	else if (b->keyless)
		nvr_log_say(w, "changed", seq, 0,
		    "row %" PRId64 " was changed: its account has no key, and "
		    "was not erased",
		    seq);
	else if (!b->opens)
		nvr_log_say(w, "changed", seq, 0,
		    "row %" PRId64 " was changed: its payload is not what was "
		    "sealed there",
		    seq);
	else if (after_bad || seq == 1)
		nvr_log_say(
		    w, "changed", seq, 0, "row %" PRId64 " was changed", seq);
	else
		nvr_log_say(w, "changed", seq, 0,
		    "row %" PRId64 " was changed, or row %" PRId64
		    " and its hash with it",
		    seq, seq - 1);
}

void
nvr_log_resolve(struct nvr_log_walk *w)
{
	for (int i = 0; i < w->nbad; i++)
		say_bad(w, &w->bad[i],
		    i > 0 && w->bad[i - 1].row.seq == w->bad[i].row.seq - 1);
}
