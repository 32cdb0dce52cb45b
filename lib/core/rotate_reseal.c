/* Sealing an account's values anew; see rotate.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rotate_int.h"
#include "store/sealed.h"

#define BATCH_BYTES ((size_t)4 << 20)
#define COMMIT 1024 /* values */
#define STOP 1	    /* the batch is full */

/* Values to be replaced, which stand in one buffer: old, new, old, new. */
struct batch {
	const struct nvr_sealed_column *c;
	struct nvr_ring ring;
	struct nvr_rotation *r;
	struct nvr_error *err;
	struct nvr_buf bytes;
	int64_t after; /* the last row that was looked at */
	int seen, n;
	int written; /* and not committed; in a transaction if it is not 0 */
	struct {
		int64_t row;
		size_t old, new;
	} value[NVR_ROTATE_BATCH];
};

/* Leaves it as it is, and says so once. */
static void
note_damaged(struct batch *b, int64_t row)
{
	if (b->r->damaged++ == 0)
		snprintf(b->r->first, sizeof(b->r->first),
		    "%s.%s of row %" PRId64, b->c->table, b->c->column, row);
}

static int
seal_again(struct batch *b, const struct nvr_column *at, const void *sealed,
    size_t len, const struct nvr_buf *plain)
{
	size_t start = b->bytes.len;
	int rc = nvr_buf_add(&b->bytes, sealed, len, b->err);

	if (rc == 0)
		rc = nvr_column_seal(b->ring.key[0], at, plain->data,
		    plain->len, &b->bytes, b->err);
	if (rc != 0)
		return rc;
	b->value[b->n].row = at->row;
	b->value[b->n].old = len;
	b->value[b->n].new = b->bytes.len - start - len;
	b->n++;
	return 0;
}

static int
look_at(void *ctx, int64_t row, const void *sealed, size_t len)
{
	struct batch *b = ctx;
	struct nvr_column at = {b->c->table, b->c->column, row};
	struct nvr_buf plain = {0};
	int which = 0, rc;

	/* Several may have one number: those that are done are passed over
	 * when it is looked at again. */
	if (b->n == NVR_ROTATE_BATCH || b->bytes.len > BATCH_BYTES) {
		b->after = row - 1;
		return STOP;
	}
	b->after = row;
	b->seen++;
	rc = nvr_ring_open(&b->ring, &at, sealed, len, &plain, &which, b->err);
	if (rc == 0 && which != 0)
		rc = seal_again(b, &at, sealed, len, &plain);
	if (rc == NVR_E_DATA) {
		note_damaged(b, row);
		rc = 0;
	}
	nvr_buf_wipe(&plain);
	return rc;
}

static int
commit(struct nvr_state *s, struct batch *b, int rc)
{
	bool any = b->written > 0;

	b->written = 0;
	return any ? nvr_store_end(s->store, rc, b->err) : rc;
}

/* What another program has changed meanwhile stays as that left it. */
static int
put_batch(struct nvr_state *s, struct batch *b)
{
	const char *p = b->bytes.data;
	int rc = b->written == 0 ? nvr_store_begin(s->store, b->err) : 0;

	if (rc != 0)
		return rc;
	b->written += b->n;
	for (int i = 0; rc == 0 && i < b->n; i++) {
		rc = nvr_sealed_replace(s->store, b->c, b->value[i].row, p,
		    b->value[i].old, p + b->value[i].old, b->value[i].new,
		    b->err);
		p += b->value[i].old + b->value[i].new;
	}
	return b->written >= COMMIT || b->bytes.len > BATCH_BYTES
		   ? commit(s, b, rc)
		   : rc;
}

static int
reseal_column(struct nvr_state *s, int64_t account, struct batch *b)
{
	int rc;

	b->after = -1;
	do {
		b->seen = b->n = 0;
		b->bytes.len = 0;
		rc = nvr_sealed_each(s->store, b->c, account, b->after,
		    NVR_ROTATE_BATCH, look_at, b, b->err);
		if (rc == STOP)
			rc = 0;
		if (rc == 0 && b->n > 0)
			rc = put_batch(s, b);
		if (rc == 0)
			b->r->values += b->n;
		if (rc == 0 && b->r->progress != NULL)
			b->r->progress(b->r->ctx, b->r->values, 0);
	} while (rc == 0 && b->seen > 0);
	return rc;
}

static int
reseal_account(struct nvr_state *s, int64_t account, struct batch *b)
{
	const struct nvr_ring *shared;
	int rc = nvr_keys_ring(s, account, &shared, b->err);

	if (rc != 0)
		return rc;
	b->ring = *shared;
	for (b->c = nvr_sealed_columns; rc == 0 && b->c->table != NULL; b->c++)
		rc = reseal_column(s, account, b);
	explicit_bzero(&b->ring, sizeof(b->ring));
	return rc;
}

int
nvr_reseal(struct nvr_state *s, int64_t *account, int *n,
    struct nvr_rotation *r, struct nvr_error *err)
{
	struct batch *b = calloc(1, sizeof(*b));
	int kept = 0, rc = 0;

	if (b == NULL)
		return nvr_fail_nomem(err);
	b->r = r;
	b->err = err;
	for (int i = 0; rc == 0 && i < *n; i++) {
		int64_t before = r->damaged;

		rc = reseal_account(s, account[i], b);
		if (rc == 0 && r->damaged == before)
			account[kept++] = account[i];
		if (rc == NVR_E_NOENT)
			rc = 0; /* erased */
	}
	*n = kept;
	rc = commit(s, b, rc);
	nvr_buf_release(&b->bytes);
	free(b);
	return rc;
}
