/* The pictures of an agentic audit; see agent_int.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/jpeg.h"
#include "base/time.h"
#include "core/agent_int.h"
#include "core/local.h"
#include "core/vision.h"
#include "still/exif.h"
#include "still/send.h"

#define CROP_LEAST 16 /* pixels a side */
#define QUALITY 85    /* of a crop */

/* A picture as the model gets it: a crop up to twice as large. */
static int
encode(const struct nvr_agent *a, const struct agent_image *im,
    struct nvr_buf *ret, struct nvr_error *err)
{
	const struct agent_image *still = &a->image[im->of];
	struct nvr_send how = {im->x, im->y, im->width, im->height,
	    2 * im->width, 2 * im->height, QUALITY};

	if (im == still)
		return nvr_vision_prepare(
		    im->jpeg, im->len, a->model->detail, ret, err);
	nvr_chat_picture_size(a->model->detail, &how.to_width, &how.to_height);
	return nvr_send_still(still->jpeg, still->len, &how, ret, err);
}

static int
put_picture(struct nvr_agent *a, const struct nvr_buf *jpeg)
{
	const struct agent_image *im = &a->image[a->nimage - 1];
	char what[160];

	snprintf(what, sizeof(what), "image %d of %s", a->nimage,
	    a->o.camera[im->camera]->name);
	return nvr_inquiry_picture(
	    a->o.inquiry, what, jpeg->data, jpeg->len, &a->err);
}

/* Tells that the newest image is there, and shows it. */
static int
present(struct nvr_agent *a, const struct nvr_buf *jpeg)
{
	const struct agent_image *im = &a->image[a->nimage - 1];
	const char *name = a->o.camera[im->camera]->name;
	char at[NVR_TIME_TEXT], text[256];
	int rc = nvr_agent_tell_json(a,
	    json_pack("{s:i, s:s, s:s, s:i, s:i}", "image_id", a->nimage,
		"camera", name, "taken_at", nvr_time_format(im->taken_at, at),
		"width", im->width, "height", im->height));

	if (rc != 0)
		return rc;
	snprintf(text, sizeof(text), "image %d of camera %s at %s", a->nimage,
	    name, at);
	nvr_inquiry_forget_pictures(a->o.inquiry, AGENT_PICTURES - 1);
	rc = nvr_chat_user(a->chat, text, &a->err);
	a->user = true;
	return rc == 0 ? put_picture(a, jpeg) : rc;
}

int
nvr_agent_first(struct nvr_agent *a)
{
	struct agent_image *im = &a->image[a->nimage++];
	struct nvr_buf jpeg = {0};
	int rc;

	im->taken_at = a->o.taken_at;
	im->jpeg = a->o.jpeg;
	im->len = a->o.len;
	rc = nvr_jpeg_size(im->jpeg, im->len, &im->width, &im->height, &a->err);
	if (rc == 0)
		rc = encode(a, im, &jpeg, &a->err);
	if (rc == 0)
		rc = put_picture(a, &jpeg);
	nvr_buf_release(&jpeg);
	return rc;
}

/* Lets go of the oldest stills, so that few are in memory. */
static void
forget_stills(struct nvr_agent *a)
{
	int held = 0;

	for (int i = a->nimage - 1; i > 0; i--) {
		struct agent_image *im = &a->image[i];

		if (im->jpeg != NULL && ++held > AGENT_STILLS) {
			nvr_buf_release(&im->own);
			im->jpeg = NULL;
		}
	}
}

/*
 * What the local analyzer says of a still of this audit.  Nothing of it is
 * stored: it neither teaches the baseline nor counts as the last one seen.
 */
static int
judge(struct nvr_agent *a, const struct agent_image *im,
    struct nvr_local_result *ret, struct nvr_error *err)
{
	struct nvr_luma *luma = malloc(sizeof(*luma));
	struct nvr_luma_reader *reader = NULL;
	int rc = luma != NULL ? nvr_luma_reader_new(&reader, err)
			      : nvr_fail_nomem(err);

	if (rc == 0)
		rc = nvr_luma_read(reader, im->jpeg, im->len, luma, err);
	if (rc == 0)
		rc = nvr_store_begin(a->o.s->store, err);
	if (rc == 0) {
		rc = nvr_local_judge(
		    a->o.s, a->o.camera[im->camera]->id, luma, false, ret, err);
		nvr_store_rollback(a->o.s->store);
	}
	nvr_luma_reader_free(reader);
	free(luma);
	return rc;
}

/* Black, covered: such a still is not sent, nor is one that nobody judged. */
static int
fault(struct nvr_agent *a, const struct agent_image *im, const char **ret,
    struct nvr_error *err)
{
	struct nvr_local_result r;
	int rc = judge(a, im, &r, err);

	*ret = NULL;
	if (rc != 0)
		return rc;
	if (r.report.check[NVR_HEALTH_BLACK].verdict == NVR_VERDICT_YES)
		*ret = "black";
	else if (r.report.check[NVR_HEALTH_COVERED].verdict == NVR_VERDICT_YES)
		*ret = "covered";
	return 0;
}

/* What nvr-snap says of it may name hosts: that is not for the model. */
static int
no_still(struct nvr_agent *a)
{
	return nvr_agent_tell(a, "error: the camera gives no still");
}

static int
not_judged(struct nvr_agent *a, struct agent_image *im, const char *why)
{
	im->bad = true;
	if (nvr_inquiry_step(
		a->o.inquiry, "told", "not_judged", why, &a->err) != 0)
		return a->err.code;
	return no_still(a);
}

/* The still is there. */
static int
take(struct nvr_agent *a, const void *jpeg, size_t len)
{
	struct agent_image *im = &a->image[a->nimage];
	const char *why;
	struct nvr_exif exif;
	struct nvr_error bad;
	struct nvr_buf out = {0};
	int rc = nvr_buf_add(&im->own, jpeg, len, &a->err);

	if (rc != 0)
		return rc;
	nvr_exif_get(jpeg, len, &exif);
	im->camera = a->camera;
	im->of = a->nimage++;
	im->taken_at = exif.taken_at != 0 ? exif.taken_at : nvr_time_now();
	im->jpeg = im->own.data;
	im->len = len;
	if (nvr_jpeg_size(jpeg, len, &im->width, &im->height, &bad) != 0 ||
	    encode(a, im, &out, &bad) != 0)
		rc = nvr_agent_tell(a, "error: the still cannot be decoded");
	else if (fault(a, im, &why, &bad) != 0)
		rc = not_judged(a, im, bad.text);
	else if ((im->bad = why != NULL))
		rc = nvr_agent_tell_json(
		    a, json_pack("{s:i, s:s, s:s}", "image_id", a->nimage,
			   "camera", a->o.camera[a->camera]->name, "not_sent",
			   why));
	else
		rc = present(a, &out);
	nvr_buf_release(&out);
	forget_stills(a);
	return rc;
}

static void
readable(void *ctx)
{
	struct nvr_agent *a = ctx;
	const void *jpeg;
	size_t len;
	struct nvr_error ignored;
	int rc = nvr_snapper_next(a->snap, &jpeg, &len, &ignored);

	if (rc == NVR_E_AGAIN)
		return;
	rc = rc == 1 ? take(a, jpeg, len) : no_still(a);
	nvr_agent_forget(a);
	nvr_agent_resume(a, rc);
}

static void
too_late(void *ctx)
{
	struct nvr_agent *a = ctx;

	nvr_agent_forget(a);
	nvr_agent_resume(a, no_still(a));
}

/* The timer first: a loop that is being closed takes none. */
static int
start_snapshot(struct nvr_agent *a)
{
	struct agent_look *look = &a->look[a->camera];
	char id[NVR_ID_TEXT];
	char *name = (char *)nvr_id_format(a->o.camera[a->camera]->id, id);
	struct nvr_error ignored;
	int rc =
	    nvr_loop_at(a->o.loop, nvr_agent_latest(a), too_late, a, &a->err);

	if (rc != 0)
		return rc;
	look->snapshots++;
	look->last = nvr_time_monotonic();
	if (nvr_snapper_open(a->o.store, a->o.config, 1, &name, 1, &a->snap,
		&ignored) != 0) {
		nvr_agent_forget(a);
		return no_still(a);
	}
	a->waiting = true;
	return nvr_loop_watch(
	    a->o.loop, nvr_snapper_fd(a->snap), readable, a, &a->err);
}

static void
apart(void *ctx)
{
	struct nvr_agent *a = ctx;

	a->waiting = false;
	nvr_agent_resume(a, start_snapshot(a));
}

int
nvr_agent_snapshot(struct nvr_agent *a, int camera)
{
	const struct agent_look *look = &a->look[camera];
	int64_t next = look->last + AGENT_SPACING;

	if (a->nimage >= a->o.stills)
		return nvr_agent_tell(a, "error: no more pictures are allowed");
	if (look->snapshots >= AGENT_SNAPSHOTS)
		return nvr_agent_tell(
		    a, "error: no more snapshots of this camera are allowed");
	a->camera = camera;
	if (look->snapshots == 0 || nvr_time_monotonic() >= next)
		return start_snapshot(a);
	if (next >= nvr_agent_latest(a))
		return nvr_agent_tell(a,
		    "error: snapshots of a camera are 5 s apart, and there is "
		    "no time to wait for that");
	a->waiting = true;
	return nvr_loop_at(a->o.loop, next, apart, a, &a->err);
}

int
nvr_agent_crop(struct nvr_agent *a, const struct agent_image *from, double x,
    double y, double width, double height)
{
	struct agent_image *im;
	struct nvr_buf out = {0};
	struct nvr_error bad;
	int left = (int)(x * from->width), top = (int)(y * from->height);
	int w = (int)lround(width * from->width);
	int h = (int)lround(height * from->height);
	int rc;

	if (a->nimage >= a->o.stills)
		return nvr_agent_tell(a, "error: no more pictures are allowed");
	if (a->image[from->of].bad)
		return nvr_agent_tell(a, "error: that picture was not sent");
	if (a->image[from->of].jpeg == NULL)
		return nvr_agent_tell(
		    a, "error: that picture is not held any more");
	if (w < CROP_LEAST || h < CROP_LEAST)
		return nvr_agent_tell(
		    a, "error: a crop has 16 x 16 pixels at least");
	im = &a->image[a->nimage++];
	*im = (struct agent_image){.camera = from->camera,
	    .of = from->of,
	    .x = from->x + left,
	    .y = from->y + top,
	    .width = w < from->width - left ? w : from->width - left,
	    .height = h < from->height - top ? h : from->height - top,
	    .taken_at = from->taken_at};
	if (encode(a, im, &out, &bad) != 0)
		rc = nvr_agent_tell(a, "error: the still cannot be decoded");
	else
		rc = present(a, &out);
	nvr_buf_release(&out);
	return rc;
}

/* `frozen` is for stills of different audits. */
static json_t *
measures(const struct nvr_local_result *r)
{
	json_t *list = json_array();

	for (int i = 0; i < NVR_HEALTH_LABELS; i++) {
		const struct nvr_finding *f = &r->finding[i];

		if (i != NVR_HEALTH_FROZEN)
			json_array_append_new(
			    list, json_pack("{s:s, s:s, s:s}", "label",
				      f->label, "verdict", f->verdict,
				      "measures", f->evidence));
	}
	return list;
}

int
nvr_agent_compare(struct nvr_agent *a, int camera)
{
	struct nvr_local_result r;
	struct nvr_error ignored;
	int i = a->nimage - 1;

	while (i >= 0 && (a->image[i].camera != camera || a->image[i].of != i))
		i--;
	if (i < 0 || a->image[i].jpeg == NULL)
		return nvr_agent_tell(a,
		    "error: there is no picture of it; take a snapshot first");
	if (judge(a, &a->image[i], &r, &ignored) != 0)
		return nvr_agent_tell(a, "error: it cannot be compared");
	return nvr_agent_tell_json(
	    a, json_pack("{s:s, s:i, s:b, s:o}", "camera",
		   a->o.camera[camera]->name, "image_id", i + 1, "learning",
		   r.learning, "measures", measures(&r)));
}

void
nvr_agent_forget(struct nvr_agent *a)
{
	struct nvr_error ignored;

	nvr_loop_cancel(a->o.loop, apart, a);
	nvr_loop_cancel(a->o.loop, too_late, a);
	if (a->snap != NULL)
		nvr_loop_watch(
		    a->o.loop, nvr_snapper_fd(a->snap), NULL, NULL, &ignored);
	nvr_snapper_close(a->snap);
	a->snap = NULL;
	a->waiting = false;
}
