/* Rows that end by age, in batches; see aging.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/aging.h"
#include "core/log.h"

#define BATCH 256

int64_t
nvr_aged_before(int64_t now, int64_t keep)
{
	int64_t before;

	if (keep <= 0 || __builtin_sub_overflow(now, keep, &before))
		return INT64_MIN;
	return before;
}

struct batch {
	struct nvr_aged_row row[BATCH]; /* texts are its own */
	size_t n, tried;
	bool halved; /* the first that was not tried has less than it had */
	struct nvr_error *err;
};

static void
release(struct nvr_aged_row *r)
{
	free((char *)r->word);
	free((char *)r->camera);
	free((char *)r->path);
}

/* NULL stays NULL. */
static int
copy(const char **text)
{
	if (*text != NULL)
		*text = strdup(*text);
	return *text != NULL;
}

static int
collect(void *ctx, const struct nvr_aged_row *r)
{
	struct batch *b = ctx;
	struct nvr_aged_row *to = &b->row[b->n];
	bool camera = r->camera != NULL, path = r->path != NULL;

	*to = *r;
	if (copy(&to->word) + copy(&to->camera) + copy(&to->path) !=
	    1 + camera + path) {
		release(to);
		return nvr_fail_nomem(b->err);
	}
	return ++b->n == BATCH;
}

int
nvr_aging_log(struct nvr_state *s, const char *kind, int64_t n, int64_t first,
    int64_t last, struct nvr_error *err)
{
	char from[NVR_TIME_TEXT], until[NVR_TIME_TEXT];

	return nvr_log_append(s, 0, "retain.deleted",
	    json_pack("{s:s, s:I, s:s, s:s}", "kind", kind, "objects",
		(json_int_t)n, "from", nvr_time_format(first, from), "until",
		nvr_time_format(last, until)),
	    err);
}

static int
tell_log(struct nvr_aging *a, const struct nvr_aged_row *row, size_t n,
    struct nvr_error *err)
{
	int64_t first = INT64_MAX, last = INT64_MIN;

	for (size_t i = 0; i < n; i++) {
		first = row[i].at < first ? row[i].at : first;
		last = row[i].at > last ? row[i].at : last;
	}
	return nvr_aging_log(a->s, a->kind, (int64_t)n, first, last, err);
}

/* Those that went are the first so many afterwards. */
static int
drop(struct nvr_aging *a, struct batch *b, struct nvr_error *err)
{
	size_t went = 0;
	bool gone = false;
	int rc = nvr_store_begin(a->s->store, err);

	if (rc != 0)
		return rc;
	for (b->tried = 0; rc == 0 && b->tried < b->n; b->tried++) {
		struct nvr_aged_row *r = &b->row[b->tried], other;

		if (b->tried > 0 && nvr_store_enough(a->s->store))
			break;
		rc = nvr_aged_drop(a->s->store, a->what, &a->by, r, &gone, err);
		b->halved = rc == 1;
		if (b->halved) {
			rc = 0;
			break;
		}
		if (rc == 0 && gone) {
			other = b->row[went];
			b->row[went++] = *r;
			*r = other;
		}
	}
	for (size_t i = went; i < b->n; i++)
		release(&b->row[i]);
	b->n = went;
	if (rc == 0 && went > 0)
		rc = tell_log(a, b->row, b->n, err);
	return nvr_store_end(a->s->store, rc, err);
}

/* 1: there may be more.  What somebody keeps from going is not tried for ever.
 */
static int
do_batch(struct nvr_aging *a, struct batch *b, struct nvr_error *err)
{
	int rc, full;
	size_t found;

	b->n = 0;
	full = nvr_aged_each(a->s->store, a->what, &a->by, collect, b, err);
	if (full < 0 || b->n == 0)
		return full;
	/* Accounts ahead of this one have no more. */
	if (a->by.from < b->row[0].account_id)
		a->by.from = b->row[0].account_id;
	found = b->n;
	rc = drop(a, b, err);
	if (rc != 0 || b->n == 0)
		return rc == 0 && b->halved ? 1 : rc;
	rc = a->went(a->ctx, b->row, b->n);
	return rc == 0 ? full == 1 || b->tried < found : rc;
}

int
nvr_age(struct nvr_aging *a, struct nvr_error *err)
{
	struct batch *b = calloc(1, sizeof(*b));
	int rc;

	if (b == NULL)
		return nvr_fail_nomem(err);
	b->err = err;
	do {
		rc = do_batch(a, b, err);
		for (size_t i = 0; i < b->n; i++)
			release(&b->row[i]);
		if (rc == 1)
			nvr_store_rest();
	} while (rc == 1);
	free(b);
	return rc;
}
