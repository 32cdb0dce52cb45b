/* Sealing an account's values anew; see rotate.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rotate_int.h"
#include "store/sealed.h"

#define BATCH_BYTES ((size_t)4 << 20)
#define STOP 1 /* the batch is full */

/* Values to be replaced, which stand in one buffer: old, new, old, new. */
struct batch {
	const struct nvr_sealed_column *c;
	const struct nvr_ring *ring;
	struct nvr_rotation *r;
	struct nvr_error *err;
	struct nvr_buf bytes;
	int64_t after; /* the last row that was looked at */
	int seen, n;
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
		rc = nvr_column_seal(b->ring->key[0], at, plain->data,
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
	rc = nvr_ring_open(b->ring, &at, sealed, len, &plain, &which, b->err);
	if (rc == 0 && which != 0)
		rc = seal_again(b, &at, sealed, len, &plain);
	if (rc == NVR_E_DATA) {
		note_damaged(b, row);
		rc = 0;
	}
	nvr_buf_wipe(&plain);
	return rc;
}

/* What another program has changed meanwhile stays as that left it. */
static int
put_batch(struct nvr_state *s, struct batch *b)
{
	const char *p = b->bytes.data;
	int rc = nvr_store_begin(s->store, b->err);

	if (rc != 0)
		return rc;
	for (int i = 0; rc == 0 && i < b->n; i++) {
		rc = nvr_sealed_replace(s->store, b->c, b->value[i].row, p,
		    b->value[i].old, p + b->value[i].old, b->value[i].new,
		    b->err);
		p += b->value[i].old + b->value[i].new;
	}
	return nvr_store_end(s->store, rc, b->err);
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

int
nvr_reseal(struct nvr_state *s, int64_t account, struct nvr_rotation *r,
    struct nvr_error *err)
{
	const struct nvr_sealed_column *c;
	const struct nvr_ring *shared;
	struct nvr_ring ring;
	struct batch *b;
	int rc = nvr_keys_ring(s, account, &shared, err);

	if (rc != 0)
		return rc;
	ring = *shared;
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		rc = nvr_fail_nomem(err);
	for (c = nvr_sealed_columns; rc == 0 && c->table != NULL; c++) {
		b->c = c;
		b->ring = &ring;
		b->r = r;
		b->err = err;
		rc = reseal_column(s, account, b);
	}
	if (b != NULL)
		nvr_buf_release(&b->bytes);
	free(b);
	explicit_bzero(&ring, sizeof(ring));
	return rc;
}
