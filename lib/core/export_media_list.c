/*
 * Which pictures of an account there are, put aside while the store stands
 * still, and then each of them; see export.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/export_media_int.h"

static int
add(struct nvr_media *m, const struct nvr_media_item *t)
{
	return nvr_stash_write(
	    &m->list, &m->x->a->key, t, sizeof(*t), m->x->err);
}

static int
add_still(void *ctx, const struct nvr_still_row *row)
{
	struct nvr_media_item t = {.kind = NVR_MEDIA_STILL,
	    .id = row->id,
	    .camera_id = row->camera_id,
	    .start_at = row->taken_at};

	strlcpy(t.sha256, row->sha256, sizeof(t.sha256));
	if (strlcpy(t.path, row->path, sizeof(t.path)) >= sizeof(t.path))
		t.path[0] = '\0';
	return add(ctx, &t);
}

static int
add_segment(void *ctx, const struct nvr_segment *seg)
{
	struct nvr_media_item t = {
	    .kind = seg->id != 0 ? NVR_MEDIA_SEGMENT : NVR_MEDIA_RUN,
	    .id = seg->id,
	    .camera_id = seg->camera_id,
	    .run_id = seg->run_id,
	    .stream = seg->stream,
	    .start_at = seg->start_at,
	    .end_at = seg->end_at,
	    .sealed = seg->sealed};

	nvr_hex(seg->sha256, sizeof(seg->sha256), t.sha256);
	return add(ctx, &t);
}

static int
add_key(void *ctx, int64_t camera, bool shared)
{
	const struct nvr_media_item t = {
	    .kind = NVR_MEDIA_KEY, .camera_id = camera, .shared = shared};

	return add(ctx, &t);
}

static int
list(struct nvr_media *m)
{
	const struct nvr_export_account *o = m->x->o;
	struct nvr_store *st = m->x->s->store;
	struct nvr_error *err = m->x->err;
	int rc = nvr_state_media(m->x->s, err);

	if (rc == NVR_E_UNAVAILABLE)
		return nvr_media_gap(m,
		    o->stills ? (o->footage ? "stills/, footage/" : "stills/")
			      : "footage/",
		    "the media folder is not there");
	if (rc == 0 && o->stills)
		rc = nvr_export_stills(st, o->account, add_still, m, err);
	if (rc == 0 && o->footage)
		rc = o->sealed
			 ? nvr_export_segments(
			       st, o->account, add_segment, m, err)
			 : nvr_export_runs(st, o->account, add_segment, m, err);
	if (rc == 0 && o->sealed)
		rc = nvr_export_cameras(st, o->account, add_key, m, err);
	return rc;
}

int
nvr_export_media_list(struct nvr_exporting *x, struct nvr_media **ret)
{
	if (!x->o->stills && !x->o->footage)
		return 0;
	*ret = calloc(1, sizeof(**ret));
	if (*ret == NULL)
		return nvr_fail_nomem(x->err);
	(*ret)->x = x;
	(*ret)->list.spool.folder = x->a->o.temp;
	return list(*ret);
}

/* What opens that camera's files, unless it would open somebody else's. */
static int
put_key(struct nvr_media *m, const struct nvr_media_item *t)
{
	struct nvr_exporting *x = m->x;
	char path[NVR_ARCHIVE_PATH];
	struct nvr_buf text = {0};
	int rc;

	snprintf(path, sizeof(path), "keys/%s.txt", m->name);
	if (m->camera == NULL)
		return nvr_media_gap(m, path, "its camera is gone");
	if (t->shared)
		return nvr_media_gap(m, path,
		    "it opens another account's pictures, too: ask for them "
		    "without --sealed");
	if (!m->have_key)
		return nvr_media_gap(m, path,
		    "it is kept elsewhere, by who gave the camera its "
		    "recipient");
	rc = nvr_inventory_identity(x->s, m->camera, &text, x->err);
	if (rc == 0)
		rc = nvr_archive_add(
		    x->a, path, text.data, text.len, -1, x->err);
	nvr_buf_wipe(&text);
	return rc;
}

static int
put(struct nvr_media *m, const struct nvr_media_item *t)
{
	int rc = nvr_media_camera(m, t->camera_id);

	if (rc != 0)
		return rc;
	switch (t->kind) {
	case NVR_MEDIA_STILL:
		return nvr_media_still(m, t);
	case NVR_MEDIA_SEGMENT:
		return nvr_media_segment(m, t);
	case NVR_MEDIA_RUN:
		return nvr_media_run(m, t);
	case NVR_MEDIA_KEY:
		return put_key(m, t);
	}
	return 0;
}

int
nvr_export_media_put(struct nvr_media *m)
{
	struct nvr_media_item t;
	size_t got = sizeof(t);
	int rc = 0;

	while (rc == 0 && got == sizeof(t)) {
		rc = nvr_stash_read(
		    &m->list, &m->x->a->key, &t, sizeof(t), &got, m->x->err);
		if (rc == 0 && got == sizeof(t))
			rc = put(m, &t);
	}
	return rc;
}

void
nvr_export_media_free(struct nvr_media *m)
{
	if (m == NULL)
		return;
	nvr_stash_release(&m->list);
	nvr_age_identity_wipe(&m->key);
	nvr_camera_free(m->camera);
	free(m);
}
