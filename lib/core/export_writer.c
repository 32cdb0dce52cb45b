/* What rows are written into, from its opening to its end; see export_int.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/export_rows_int.h"

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
	struct nvr_export_state *c = &w->column[i];
	const struct nvr_ring *ring =
	    is_own(t->name, t->column[i].name) ? &w->x->own : &w->x->ring;
	int rc = 0;

	snprintf(c->key, sizeof(c->key), ",\"%s\":", t->column[i].name);
	c->key_len = strlen(c->key);
	if (t->column[i].kind == NVR_EXPORT_SEALED)
		rc = nvr_column_opener_new(
		    t->name, t->column[i].name, &c->opener, w->x->err);
	c->url = nvr_export_is_url(t, &t->column[i]);
	c->keys = ring->n;
	for (int k = 0; rc == 0 && c->opener != NULL && k < ring->n; k++)
		rc = nvr_column_opener_key(
		    c->opener, ring->key[k], c->key_of[k], w->x->err);
	return rc;
}

static int
open_sheet(
    struct nvr_export_writer *w, struct nvr_export_sheet *h, const char *ending)
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
put_sheet(struct nvr_export_writer *w, struct nvr_export_sheet *h)
{
	struct nvr_archive_file *f = h->f;

	nvr_export_hand_on(w, h, 1);
	if (w->rc != 0 || f == NULL)
		return w->rc;
	h->f = NULL;
	return nvr_archive_file_put(f, w->rows, w->x->err);
}

static int
tell_lost(struct nvr_export_writer *w, int i)
{
	const struct nvr_export_state *c = &w->column[i];
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
	nvr_buf_release(&w->withheld);
	explicit_bzero(w, sizeof(*w));
	free(w);
}
