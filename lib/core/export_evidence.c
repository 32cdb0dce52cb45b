/* What else an export of footage tells of its time; see export.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/export_footage_int.h"

const char *const nvr_evidence_tables[] = {
    "access", "audit", "event", "finding", "hold", "run", NULL};

struct rows {
	struct nvr_evidence *e;
	const struct nvr_export_part *part;
	struct nvr_export_writer *w;
};

/* This export itself is not part of it. */
static int
put_row(void *ctx, const struct nvr_export_row *row)
{
	const struct rows *r = ctx;
	const struct nvr_export_table *t = &r->part->t;

	for (int i = 0; i < t->n; i++)
		if (strcmp(t->column[i].name, "id") == 0 &&
		    row->value[i].number == r->e->access)
			return 0;
	return nvr_export_write_row(r->w, row);
}

static int
put_table(struct nvr_evidence *e, struct nvr_export_part *part)
{
	const struct nvr_export_footage *o = e->o;
	const struct nvr_export_stretch of = {
	    o->camera->id, o->camera->account_id, o->since, o->until};
	struct rows r = {e, part, NULL};
	int rc = nvr_export_writer_open(&e->x, part, &r.w);

	if (rc == 0)
		rc = nvr_export_stretch(
		    e->x.s->store, &part->t, &of, put_row, &r, e->x.err);
	if (rc == 0)
		return nvr_export_writer_close(r.w);
	nvr_export_writer_free(r.w);
	return rc;
}

static int
take_table(void *ctx, const struct nvr_export_table *t)
{
	struct nvr_evidence *e = ctx;
	struct nvr_export_part *part;
	bool log = strcmp(t->name, "log") == 0;
	int i = 0, rc;

	while (nvr_evidence_tables[i] != NULL &&
	       strcmp(nvr_evidence_tables[i], t->name) != 0)
		i++;
	if (t->n == 0 || (nvr_evidence_tables[i] == NULL && !log))
		return 0;
	part = calloc(1, sizeof(*part));
	if (part == NULL)
		return nvr_fail_nomem(e->x.err);
	part->t = *t;
	rc = log ? nvr_export_log(&e->x, part) : put_table(e, part);
	e->log |= log && part->rows > 0;
	if (!log && part->rows > 0)
		e->tables |= 1U << i;
	free(part);
	return rc;
}

static int
put_camera(struct nvr_evidence *e)
{
	const struct nvr_camera *cam = e->o->camera;
	struct nvr_age_recipient to[NVR_AGE_MAX_RECIPIENTS];
	char id[NVR_ID_TEXT], key[NVR_AGE_RECIPIENT_TEXT], *text;
	json_t *recipients = json_array();
	size_t n = 0;
	int rc = nvr_inventory_recipients(e->x.s, cam, to, &n, e->x.err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		nvr_age_recipient_format(&to[i], key);
		json_array_append_new(recipients, json_string(key));
	}
	if (rc != 0) {
		json_decref(recipients);
		return rc;
	}
	json_t *camera = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}",
	    "id", nvr_id_format(cam->id, id), "name", cam->name, "zone",
	    cam->zone, "manufacturer", cam->manufacturer, "model", cam->model,
	    "stream", nvr_stream_names[e->o->stream], "records", cam->record,
	    "recipients", recipients);

	text = json_dumps(camera, JSON_INDENT(2));
	json_decref(camera);
	if (text == NULL)
		return nvr_fail_nomem(e->x.err);
	rc = nvr_archive_add(
	    e->x.a, "data/camera.json", text, strlen(text), -1, e->x.err);
	free(text);
	return rc;
}

int
nvr_evidence_data(struct nvr_evidence *e)
{
	int rc = put_camera(e);

	if (rc == 0)
		rc = nvr_evidence_clock(e);
	return rc == 0
		   ? nvr_export_tables(e->x.s->store, take_table, e, e->x.err)
		   : rc;
}
