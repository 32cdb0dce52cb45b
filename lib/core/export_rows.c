/*
 * Rows as JSON Lines and CSV; see export_int.h.  Both are written as text
 * straight away: a million rows leave no time for objects in between.
 */
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "base/url.h"
#include "core/export_rows_int.h"

#define CHUNK ((size_t)64 * 1024) /* is handed on */
#define PIECE ((size_t)16 * 1024) /* of a long text */
#define SHORT 128		  /* of what becomes hexadecimal */

static void
put(struct nvr_export_writer *w, struct nvr_export_sheet *h, const char *text,
    size_t len)
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

void
nvr_export_hand_on(
    struct nvr_export_writer *w, struct nvr_export_sheet *h, size_t from)
{
	if (w->rc != 0 || h->f == NULL || h->buf.len < from)
		return;
	w->rc =
	    nvr_archive_file_write(h->f, h->buf.data, h->buf.len, w->x->err);
	h->buf.len = 0;
}

static void
list(struct nvr_export_writer *w, struct nvr_buf *names, int i)
{
	if (w->rc == 0)
		w->rc = nvr_buf_addf(names, w->x->err, "%s\"%s\"",
		    names->len > 0 ? "," : "", w->part->t.column[i].name);
}

static void
put_list(struct nvr_export_writer *w, const char *name, struct nvr_buf *names)
{
	if (w->rc == 0 && names->len > 0)
		w->rc = nvr_buf_addf(
		    &w->json.buf, w->x->err, ",\"%s\":[%s]", name, names->data);
	names->len = 0;
}

/* The value that cannot be told: null, and why. */
static void
lose(struct nvr_export_writer *w, int i, const char *why)
{
	struct nvr_export_state *c = &w->column[i];

	put(w, &w->json, "null", 4);
	if (c->lost++ == 0) {
		c->first = w->rows + 1;
		c->why = why;
	}
	list(w, &w->unreadable, i);
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
		nvr_export_hand_on(w, &w->json, CHUNK);
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
		nvr_export_hand_on(w, &w->csv, CHUNK);
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
	struct nvr_export_state *c = &w->column[i];
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
put_url(struct nvr_export_writer *w, int i, const struct nvr_blob *url)
{
	char text[NVR_URL_ORIGIN] = "";

	if (url->len > 0)
		nvr_url_origin(url->data, text, sizeof(text));
	if (url->len > 0 && text[0] == '\0')
		lose(w, i, "it is no URL");
	else
		put_text(w, i, text, strlen(text));
}

static void
put_value(struct nvr_export_writer *w, int i, const struct nvr_export_row *r)
{
	const struct nvr_export_value *v = &r->value[i];
	struct nvr_export_state *c = &w->column[i];
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
	if (v->null || v->withheld)
		put(w, &w->json, "null", 4);
	if (v->withheld)
		list(w, &w->withheld, i);
	if (v->null || v->withheld)
		return;
	if (v->too_long)
		lose(w, i, "it is longer than 8 MiB");
	else if (v->odd)
		lose(w, i, "it is not of its column's kind");
	else if (w->part->t.column[i].kind == NVR_EXPORT_SEALED)
		put_sealed(w, i, r->row, &v->bytes);
	else if (c->url)
		put_url(w, i, &v->bytes);
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
	put(w, &w->json, "{", 1);
	for (int i = 0; w->rc == 0 && i < w->part->t.n; i++)
		put_value(w, i, r);
	put_list(w, "unreadable", &w->unreadable);
	put_list(w, "withheld", &w->withheld);
	put(w, &w->json, "}\n", 2);
	if (w->csv.f != NULL)
		put(w, &w->csv, "\r\n", 2);
	w->rows++;
	nvr_export_hand_on(w, &w->json, CHUNK);
	nvr_export_hand_on(w, &w->csv, CHUNK);
	return w->rc;
}
