/* The security log is pruned; see log.h. */
#include "base/time.h"
#include "core/log_int.h"

#define ROWS 1000 /* that go in one transaction */

/* Rows that go together, from the first of the log. */
struct batch {
	size_t n;
	struct {
		int64_t seq, at;
	} row[ROWS];
};

static int
take(void *ctx, int64_t seq, int64_t at)
{
	struct batch *b = ctx;

	b->row[b->n].seq = seq;
	b->row[b->n++].at = at;
	return 0;
}

/* m->seq: the last of them. */
static int
drop(struct nvr_state *s, struct nvr_log_mark *m, struct nvr_error *err)
{
	int rc = nvr_log_hash_at(s->store, m->seq, m->hash, err);

	if (rc == 0)
		rc = nvr_log_drop(s->store, m->seq, err);
	if (rc == 0)
		rc = nvr_log_marks_drop(s->store, m->seq, err);
	if (rc == 0)
		rc = nvr_log_mark_enter(s, m, NULL, err);
	return rc;
}

/* In a transaction.  The row that tells of it, once for all that go, is the
 * newest, so it stays. */
static int
prune(struct nvr_state *s, const struct nvr_log_pruning *p, int64_t last,
    struct nvr_log_mark *m, struct batch *b, struct nvr_error *err)
{
	char until[NVR_TIME_TEXT];
	bool first = m->seq == 0;
	int rc;

	b->n = 0;
	rc = nvr_log_upto(s->store, last, ROWS, take, b, err);
	if (rc != 0 || b->n == 0)
		return rc;
	m->seq = b->row[b->n - 1].seq;
	if (first)
		rc = nvr_log_append(s, 0, "log.pruned",
		    json_pack(
			"{s:s}", "before", nvr_time_format(p->before, until)),
		    err);
	return rc == 0 ? drop(s, m, err) : rc;
}

static int
prune_all(struct nvr_state *s, const struct nvr_log_pruning *p, int64_t last,
    struct nvr_error *err)
{
	struct nvr_log_mark m = {.at = nvr_time_now(), .pruned = true};
	struct batch b = {.n = ROWS};
	int rc = 0;

	while (rc == 0 && b.n == ROWS) {
		rc = nvr_store_begin(s->store, err);
		if (rc != 0)
			return rc;
		rc = prune(s, p, last, &m, &b, err);
		rc = nvr_store_end(s->store, rc, err);
		for (size_t i = 0; rc == 0 && i < b.n; i++)
			rc = p->row(p->ctx, b.row[i].seq, b.row[i].at);
	}
	return rc == 0 ? nvr_log_know_mark(s, &m, err) : rc;
}

int
nvr_log_prune_each(
    struct nvr_state *s, const struct nvr_log_pruning *p, struct nvr_error *err)
{
	int64_t last = 0;
	int rc = nvr_log_older(s->store, p->before, p->now, &last, err);

	if (rc != 0 || last == 0)
		return rc;
	return p->dry ? nvr_log_upto(
			    s->store, last, INT64_MAX, p->row, p->ctx, err)
		      : prune_all(s, p, last, err);
}

static int
count(void *ctx, int64_t seq, int64_t at)
{
	(void)seq, (void)at;
	++*(int64_t *)ctx;
	return 0;
}

int
nvr_log_prune(struct nvr_state *s, int64_t before, bool dry, int64_t *n,
    struct nvr_error *err)
{
	const struct nvr_log_pruning p = {
	    before, nvr_time_now(), dry, count, n};

	*n = 0;
	return nvr_log_prune_each(s, &p, err);
}
