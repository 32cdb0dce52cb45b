/*
 * Rows as JSON Lines and CSV; see export_int.h.  Both are written as text
 * straight away: a million rows leave no time for objects in between.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "core/export_int.h"
#include "store/sealed.h"

#define CHUNK ((size_t)64 * 1024) /* is handed on */
#define PIECE ((size_t)16 * 1024) /* of a long text */
#define SHORT 128		  /* of what becomes hexadecimal */

struct sheet {
	struct nvr_archive_file *f; /* NULL: there is none */
	struct nvr_buf buf;
};

struct column {
	char key[NVR_EXPORT_NAME + 8]; /* `,"name":` */
	size_t key_len;
	struct nvr_column_opener *opener;
	int keys; /* that it may be sealed under */
	uint8_t key_of[2][NVR_ACCOUNT_KEY_LEN];
	int64_t lost, first; /* values that could not be read, and in which
				row the first of them */
	const char *why;
};

struct nvr_export_writer {
	struct nvr_exporting *x;
	struct nvr_export_part *part;
	struct sheet json, csv;
	struct column column[NVR_EXPORT_COLUMNS];
	struct nvr_export_clock clock;
	struct nvr_buf opened, unreadable;
	int64_t rows;
	int rc;
};

static void
put(struct nvr_export_writer *w, struct sheet *h, const char *text, size_t len)
{
	struct nvr_buf *b = &h->buf;

	/* There is room but for once in a while. */
	if (w->rc == 0 && b->cap - b->len > len) {
		memcpy(b->data + b->len, text, len);
		b->len += len;
		b->data[b->len] = '\0';
	} else if (w->rc == 0) {
		w->rc = nvr_buf_add(b, text, len, w->x->err);
	}
}

static void
hand_on(struct nvr_export_writer *w, struct sheet *h, size_t from)
{
	if (w->rc != 0 || h->f == NULL || h->buf.len < from)
		return;
	w->rc =
	    nvr_archive_file_write(h->f, h->buf.data, h->buf.len, w->x->err);
	h->buf.len = 0;
}

/* The value that cannot be told: null, and why. */
static void
lose(struct nvr_export_writer *w, int i, const char *why)
{
	struct column *c = &w->column[i];

	put(w, &w->json, "null", 4);
	if (c->lost++ == 0) {
		c->first = w->rows + 1;
		c->why = why;
	}
	if (w->rc == 0)
		w->rc = nvr_buf_addf(&w->unreadable, w->x->err, "%s\"%s\"",
		    w->unreadable.len > 0 ? "," : "",
		    w->part->t.column[i].name);
}

static bool
is_utf8(const char *text, size_t len)
{
	const char *end = text + len;
	unsigned c;
	int n;

	for (; text < end; text += n)
		if ((n = nvr_utf8_next(text, &c)) == 0)
			return false;
	return text == end;
}

/* How much of a long text is the next piece: whole characters. */
static size_t
piece_of(const char *text, size_t len)
{
	size_t n = PIECE;

	if (len <= PIECE)
		return len;
	while (n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* In pieces, so that memory does not grow with it. */
static void
put_long(struct nvr_export_writer *w, const char *text, size_t len)
{
	size_t n;

	for (; w->rc == 0 && len > 0; text += n, len -= n) {
		n = piece_of(text, len);
		w->rc = nvr_json_chars(&w->json.buf, text, n, w->x->err);
		hand_on(w, &w->json, CHUNK);
	}
}

static void
put_csv(struct nvr_export_writer *w, const char *text, size_t len)
{
	bool start = true;
	size_t n;

	put(w, &w->csv, "\"", 1);
	for (; w->rc == 0 && len > 0; text += n, len -= n) {
		n = piece_of(text, len);
		w->rc = nvr_csv_chars(&w->csv.buf, text, n, &start, w->x->err);
		hand_on(w, &w->csv, CHUNK);
	}
	put(w, &w->csv, "\"", 1);
}

/* text has a NUL behind it. */
static void
put_text(struct nvr_export_writer *w, int i, const char *text, size_t len)
{
	size_t was = w->json.buf.len;
	int rc = 0;

	put(w, &w->json, "\"", 1);
	if (w->rc != 0)
		return;
	if (len <= PIECE)
		rc = nvr_json_chars(&w->json.buf, text, len, w->x->err);
	else if (!is_utf8(text, len))
		rc = NVR_E_DATA;
	else
		put_long(w, text, len);
	if (rc == NVR_E_DATA) {
		w->json.buf.len = was;
		lose(w, i, "it is not text (UTF-8)");
		return;
	}
	if (w->rc == 0)
		w->rc = rc;
	put(w, &w->json, "\"", 1);
	if (w->csv.f != NULL)
		put_csv(w, text, len);
}

static void
put_sealed(struct nvr_export_writer *w, int i, int64_t row,
    const struct nvr_blob *sealed)
{
	struct column *c = &w->column[i];
	int rc = NVR_E_DATA;

	for (int k = 0; rc == NVR_E_DATA && k < c->keys; k++) {
		w->opened.len = 0;
		rc = nvr_column_opener_open(c->opener, c->key_of[k], row,
		    sealed->data, sealed->len, &w->opened, w->x->err);
	}
	if (rc == 0 && w->opened.data == NULL)
		rc = nvr_buf_reserve(&w->opened, 1, w->x->err);
	if (rc == 0)
		put_text(w, i, w->opened.data, w->opened.len);
	else if (rc == NVR_E_DATA || rc == NVR_E_USAGE)
		lose(w, i, "its seal does not open");
	else if (w->rc == 0)
		w->rc = rc;
}

static void
put_plain(struct nvr_export_writer *w, int i, const struct nvr_export_value *v)
{
	const struct nvr_export_column *c = &w->part->t.column[i];
	char text[2 * SHORT + 1];
	bool quoted;
	size_t len;

	if ((c->kind == NVR_EXPORT_BYTES && v->bytes.len > SHORT) ||
	    !nvr_export_plain(&w->clock, c->kind, v, text, &len, &quoted)) {
		lose(w, i, "it is out of bounds");
		return;
	}
	if (quoted)
		put(w, &w->json, "\"", 1);
	put(w, &w->json, text, len);
	if (quoted)
		put(w, &w->json, "\"", 1);
	if (w->csv.f != NULL && (quoted || c->kind != NVR_EXPORT_ID))
		put(w, &w->csv, text, len);
}

static void
put_value(struct nvr_export_writer *w, int i, const struct nvr_export_row *r)
{
	const struct nvr_export_value *v = &r->value[i];
	struct column *c = &w->column[i];
	struct nvr_export_value fetched;

	put(w, &w->json, c->key + (i == 0), c->key_len - (i == 0));
	if (i > 0 && w->csv.f != NULL)
		put(w, &w->csv, ",", 1);
	if (v->later) {
		w->rc = nvr_export_fetch(r, i, &fetched, w->x->err);
		v = &fetched;
	}
	if (w->rc != 0)
		return;
	if (v->null)
		put(w, &w->json, "null", 4);
	else if (v->too_long)
		lose(w, i, "it is longer than 8 MiB");
	else if (v->odd)
		lose(w, i, "it is not of its column's kind");
	else if (w->part->t.column[i].kind == NVR_EXPORT_SEALED)
		put_sealed(w, i, r->row, &v->bytes);
	else if (w->part->t.column[i].kind == NVR_EXPORT_TEXT)
		put_text(w, i, v->bytes.data, v->bytes.len);
	else
		put_plain(w, i, v);
}

static void
put_head(struct nvr_export_writer *w)
{
	for (int i = 0; i < w->part->t.n; i++) {
		const char *name = w->part->t.column[i].name;

		if (i > 0)
			put(w, &w->csv, ",", 1);
		put(w, &w->csv, name, strlen(name));
	}
	put(w, &w->csv, "\r\n", 2);
}

int
nvr_export_write_row(void *ctx, const struct nvr_export_row *r)
{
	struct nvr_export_writer *w = ctx;

	if (w->rows == 0 && w->csv.f != NULL)
		put_head(w);
	w->unreadable.len = 0;
	put(w, &w->json, "{", 1);
	for (int i = 0; w->rc == 0 && i < w->part->t.n; i++)
		put_value(w, i, r);
	if (w->unreadable.len > 0) {
		put(w, &w->json, ",\"unreadable\":[", 15);
		put(w, &w->json, w->unreadable.data, w->unreadable.len);
		put(w, &w->json, "]", 1);
	}
	put(w, &w->json, "}\n", 2);
	if (w->csv.f != NULL)
		put(w, &w->csv, "\r\n", 2);
	w->rows++;
	hand_on(w, &w->json, CHUNK);
	hand_on(w, &w->csv, CHUNK);
	return w->rc;
}

static bool
is_own(const char *table, const char *column)
{
	const struct nvr_sealed_column *s = nvr_sealed_columns;

	for (; s->table != NULL; s++)
		if (strcmp(s->table, table) == 0 &&
		    strcmp(s->column, column) == 0)
			return s->own;
	return false;
}

static int
open_column(struct nvr_export_writer *w, int i)
{
	const struct nvr_export_table *t = &w->part->t;
	struct column *c = &w->column[i];
	const struct nvr_ring *ring =
	    is_own(t->name, t->column[i].name) ? &w->x->own : &w->x->ring;
	int rc = 0;

	snprintf(c->key, sizeof(c->key), ",\"%s\":", t->column[i].name);
	c->key_len = strlen(c->key);
	if (t->column[i].kind == NVR_EXPORT_SEALED)
		rc = nvr_column_opener_new(
		    t->name, t->column[i].name, &c->opener, w->x->err);
	c->keys = ring->n;
	for (int k = 0; rc == 0 && c->opener != NULL && k < ring->n; k++)
		rc = nvr_column_opener_key(
		    c->opener, ring->key[k], c->key_of[k], w->x->err);
	return rc;
}

static int
open_sheet(struct nvr_export_writer *w, struct sheet *h, const char *ending)
{
	char path[NVR_ARCHIVE_PATH];

	snprintf(path, sizeof(path), "data/%s.%s", w->part->t.name, ending);
	return nvr_archive_file(w->x->a, path, &h->f, w->x->err);
}

int
nvr_export_writer_open(struct nvr_exporting *x, struct nvr_export_part *part,
    struct nvr_export_writer **ret)
{
	struct nvr_export_writer *w = calloc(1, sizeof(*w));
	int rc = 0;

	if (w == NULL)
		return nvr_fail_nomem(x->err);
	w->x = x;
	w->part = part;
	for (int i = 0; rc == 0 && i < part->t.n; i++)
		rc = open_column(w, i);
	if (rc == 0)
		rc = open_sheet(w, &w->json, "jsonl");
	if (rc == 0 && part->csv)
		rc = open_sheet(w, &w->csv, "csv");
	if (rc == 0)
		*ret = w;
	else
		nvr_export_writer_free(w);
	return rc;
}

static int
put_sheet(struct nvr_export_writer *w, struct sheet *h)
{
	struct nvr_archive_file *f = h->f;

	hand_on(w, h, 1);
	if (w->rc != 0 || f == NULL)
		return w->rc;
	h->f = NULL;
	return nvr_archive_file_put(f, w->rows, w->x->err);
}

static int
tell_lost(struct nvr_export_writer *w, int i)
{
	const struct column *c = &w->column[i];
	char what[96];

	snprintf(what, sizeof(what), "data/%s.jsonl: %s", w->part->t.name,
	    w->part->t.column[i].name);
	return nvr_export_missing(w->x, what,
	    "%lld of %lld values cannot be read; the first, in row %lld: %s",
	    (long long)c->lost, (long long)w->rows, (long long)c->first,
	    c->why);
}

int
nvr_export_writer_close(struct nvr_export_writer *w)
{
	int rc = put_sheet(w, &w->json);

	if (rc == 0)
		rc = put_sheet(w, &w->csv);
	if (rc == 0 && w->rows > 0)
		rc = nvr_export_schema(w->x, &w->part->t);
	for (int i = 0; rc == 0 && i < w->part->t.n; i++)
		if (w->column[i].lost > 0)
			rc = tell_lost(w, i);
	w->part->rows = w->rows;
	nvr_export_writer_free(w);
	return rc;
}

void
nvr_export_writer_free(struct nvr_export_writer *w)
{
	if (w == NULL)
		return;
	for (int i = 0; i < w->part->t.n; i++)
		nvr_column_opener_free(w->column[i].opener);
	nvr_archive_file_free(w->json.f);
	nvr_archive_file_free(w->csv.f);
	nvr_buf_wipe(&w->json.buf);
	nvr_buf_wipe(&w->csv.buf);
	nvr_buf_wipe(&w->opened);
	nvr_buf_release(&w->unreadable);
	explicit_bzero(w, sizeof(*w));
	free(w);
}
