/* A stretch of a camera's recording as evidence; see export.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/changes.h"
#include "core/export_footage_int.h"
#include "core/footage.h"
#include "core/log.h"
#include "still/mask.h"
#include "store/event.h"

#define TOLD 100 /* gaps that the page has room for */

void
nvr_evidence_hide(const struct nvr_evidence *e, char *text)
{
	size_t len = strlen(e->x.s->dir);
	char *at = text;

	while (len > 1 && (at = strstr(at, e->x.s->dir)) != NULL)
		if (at[len] == '/')
			memmove(at, at + len + 1, strlen(at + len + 1) + 1);
		else
			at += len;
}

int
nvr_evidence_gap(struct nvr_evidence *e, const char *what, const char *why, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, why);
	vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	nvr_evidence_hide(e, text);
	if (e->x.nmissing < TOLD)
		return nvr_export_missing(&e->x, what, "%s", text);
	return nvr_archive_gap(e->x.a, what, e->x.err, "%s", text);
}

int
nvr_evidence_line(
    struct nvr_evidence *e, struct nvr_archive_file *f, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	int rc;

	json_decref(line);
	if (text == NULL)
		return nvr_fail_nomem(e->x.err);
	rc = nvr_archive_file_write(f, text, strlen(text), e->x.err);
	if (rc == 0)
		rc = nvr_archive_file_write(f, "\n", 1, e->x.err);
	free(text);
	return rc;
}

int
nvr_evidence_put(struct nvr_evidence *e, struct nvr_archive_file *f,
    const char *path, int64_t rows)
{
	if (rows > 0)
		return nvr_archive_file_put(f, rows, e->x.err);
	nvr_archive_file_free(f);
	return nvr_archive_add(e->x.a, path, "", 0, 0, e->x.err);
}

static json_t *
detail(const struct nvr_export_footage *o)
{
	char since[NVR_TIME_TEXT], until[NVR_TIME_TEXT];

	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:b, s:b}",
	    "camera_id", nvr_change_id(o->camera->id), "camera",
	    nvr_change_value(o->camera->name), "stream",
	    nvr_stream_names[o->stream], "since",
	    nvr_time_format(o->since, since), "until",
	    nvr_time_format(o->until, until), "reason",
	    nvr_change_value(o->reason), "originals", o->originals != NULL,
	    "masked", o->mask != NULL);
}

static int
enter_taken(struct nvr_evidence *e)
{
	const struct nvr_export_footage *o = e->o;
	const struct nvr_access access = {.id = nvr_id_new(),
	    .at = nvr_time_now(),
	    .who = o->who,
	    .action = "export",
	    .camera_id = o->camera->id,
	    .camera_name = o->camera->name,
	    .since = o->since,
	    .until = o->until,
	    .detail = o->reason != NULL ? o->reason : ""};
	struct nvr_exporting *x = &e->x;
	int rc = nvr_log_sound(x->s, x->err);

	e->access = access.id;
	x->headless = rc == NVR_E_DATA;
	if (rc == 0 || x->headless)
		rc = nvr_log_last(x->s->store, &x->end, x->err);
	if (rc == 0)
		rc = nvr_access_add(x->s->store, &access, x->err);
	return rc == 0 ? nvr_log_append(x->s, o->camera->account_id,
			     "export.footage", detail(o), x->err)
		       : rc;
}

/*
 * On record before a byte leaves; and not part of it, so that the same store
 * gives the same bytes.
 */
static int
enter(struct nvr_evidence *e)
{
	int rc = nvr_store_begin(e->x.s->store, e->x.err);

	return rc == 0 ? nvr_store_end(e->x.s->store, enter_taken(e), e->x.err)
		       : rc;
}

/* The account's keys, for what is sealed in rows; the camera's, where it is
 * kept here. */
static int
take_keys(struct nvr_evidence *e)
{
	const struct nvr_ring *ring;
	struct nvr_error ignored;
	int rc =
	    nvr_keys_ring(e->x.s, e->o->camera->account_id, &ring, e->x.err);

	if (rc == 0)
		e->x.ring = *ring;
	e->have_key = rc == 0 && nvr_footage_key(e->x.s, e->o->camera, &e->key,
				     &ignored) == 0;
	return rc;
}

static int
check(struct nvr_evidence *e, struct nvr_state *s, struct nvr_error *err)
{
	const struct nvr_export_footage *o = e->o;
	struct nvr_mask mask;

	if (!s->rights)
		return nvr_fail(
		    err, NVR_E_BUG, "an export without nvr_state_rights");
	if (o->until <= o->since)
		return nvr_fail(
		    err, NVR_E_USAGE, "it has to end after it begins");
	if (o->mask != NULL && o->originals != NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "originals show what the mask covers: one or the other");
	if (o->mask != NULL && nvr_mask_parse(o->mask, &mask, err) != 0)
		return nvr_prefix(err, "the mask");
	if (o->mask != NULL && mask.npolygons == 0)
		return nvr_fail(err, NVR_E_USAGE, "the mask has no area");
	return nvr_state_media(s, err);
}

static int
write_all(struct nvr_evidence *e)
{
	int rc = nvr_store_snapshot(e->x.s->store, e->x.err);

	if (rc == 0) {
		rc = nvr_evidence_list(e);
		if (rc == 0)
			rc = nvr_evidence_data(e);
		nvr_store_rollback(e->x.s->store);
	}
	if (rc == 0)
		rc = nvr_evidence_segments(e);
	if (rc == 0)
		rc = nvr_evidence_clips(e);
	if (rc == 0)
		rc = nvr_evidence_gaps(e);
	return rc == 0 ? nvr_evidence_page(e) : rc;
}

int
nvr_export_footage(struct nvr_state *s, const struct nvr_export_footage *o,
    struct nvr_archive *a, struct nvr_error *err)
{
	struct nvr_evidence e = {.o = o};
	int rc = check(&e, s, err);

	e.account.account = o->camera->account_id;
	e.account.now = o->now;
	e.x.s = s;
	e.x.o = &e.account;
	e.x.a = a;
	e.x.err = err;
	e.x.camera = o->camera->id;
	e.x.since = o->since;
	if (rc == 0)
		rc = take_keys(&e);
	if (rc == 0)
		rc = enter(&e);
	if (rc == 0)
		rc = write_all(&e);
	nvr_stash_release(&e.list);
	for (size_t i = 0; i < e.nruns; i++)
		free(e.run[i].why);
	free(e.run);
	free(e.lost);
	free(e.x.missing);
	nvr_age_identity_wipe(&e.key);
	explicit_bzero(&e.x.ring, sizeof(e.x.ring));
	return rc;
}
