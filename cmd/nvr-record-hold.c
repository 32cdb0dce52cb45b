/* nvr-record hold, release and holds: footage that nothing deletes. */
#include "base/id.h"
#include "base/time.h"
#include "core/hold.h"
#include "core/inventory.h"

#include "nvr-record.h"
#include "open.h"

static void
hold_line(struct nvr_out *out, const char *camera, const struct nvr_hold *h)
{
	nvr_out_text(out, "camera", camera);
	nvr_out_time(out, "since", h->since);
	nvr_out_time(out, "until", h->until);
	nvr_out_text(out, "why", h->why);
	nvr_out_text(out, "held_by", h->held_by);
	nvr_out_time(out, "held_at", h->held_at);
	nvr_out_text(out, "released_by", h->released_by);
	nvr_out_id(out, "id", h->id);
	nvr_out_more(out);
	nvr_out_id(out, "camera_id", h->camera_id);
	nvr_out_time(out, "released_at", h->released_at);
	nvr_out_text(out, "released_why", h->released_why);
	nvr_out_end(out);
}

/* The camera, were it removed: its footage may be there. */
static int
find_camera(struct nvr_state *s, const char *name, struct nvr_camera **cam)
{
	int rc = nvr_inventory_find_any(s, name, cam, &cli.err);

	if (rc == 0 && (*cam)->bar != NVR_BAR_NONE)
		rc = nvr_fail(&cli.err, NVR_E_PERMISSION, "camera '%s': %s",
		    (*cam)->name, nvr_bar_reason((*cam)->bar));
	return rc;
}

/*
 * Also by the id of one of its holds, which is *hold then: what has been begun
 * can be ended, whatever became of the camera and of its account.
 */
static int
find_held(struct nvr_state *s, const char *name, struct nvr_camera **cam,
    int64_t *hold)
{
	struct nvr_error ignored;
	int64_t of = 0;
	int rc = find_camera(s, name, cam);

	if (rc != NVR_E_NOENT || nvr_id_parse(name, hold, &ignored) != 0)
		return rc;
	rc = nvr_hold_camera(s->store, *hold, &of, &cli.err);
	if (rc == 0 && of == 0)
		rc = nvr_fail(&cli.err, NVR_E_NOENT,
		    "no camera or hold '%s'; 'nvr-record holds' lists them",
		    name);
	return rc == 0 ? nvr_camera_get_any(s->store, of, cam, &cli.err) : rc;
}

/* Opens the store; the reason has to be a reason. */
static int
open_for_hold(struct nvr_state **s)
{
	if (opt.why == NULL || opt.why[0] == '\0')
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--why TEXT is needed: it stays on record");
	return nvr_open(&cli, NVR_STATE_DURABLE, s);
}

int
record_hold(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_hold h = {.id = nvr_id_new(),
	    .since = opt.since,
	    .until = opt.until != 0 ? opt.until : nvr_time_now(),
	    .why = opt.why,
	    .held_by = nvr_cli_who(),
	    .held_at = nvr_time_now()};
	struct nvr_camera *cam = NULL;
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc;

	(void)c, (void)argc;
	if (h.since == 0 || h.until <= h.since)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--since TIME is needed, and --until has to be after it");
	rc = open_for_hold(&s);
	if (rc == 0)
		rc = find_camera(s, argv[0], &cam);
	if (rc == 0) {
		h.camera_id = cam->id;
		rc = nvr_hold_begin(s, cam, &h, &cli.err);
	}
	if (rc == 0) {
		nvr_out_init(&out, cli.json);
		hold_line(&out, cam->name, &h);
		nvr_out_flush(&out);
	}
	nvr_camera_free(cam);
	nvr_state_close(s);
	return rc;
}

int
record_release(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_hold h = {.since = opt.since,
	    .until = opt.until != 0 ? opt.until : NVR_TIME_MAX,
	    .released_by = nvr_cli_who(),
	    .released_at = nvr_time_now(),
	    .released_why = opt.why};
	struct nvr_camera *cam = NULL;
	struct nvr_state *s = NULL;
	int n = 0, rc = open_for_hold(&s);

	(void)c, (void)argc;
	if (rc == 0)
		rc = find_held(s, argv[0], &cam, &h.id);
	if (rc == 0) {
		h.camera_id = cam->id;
		rc = nvr_hold_end(s, cam, &h, &n, &cli.err);
	}
	if (rc == 0 && n == 0)
		rc = nvr_fail(&cli.err, NVR_E_NOENT,
		    "no %s of '%s' lies within that time; 'nvr-record holds' "
		    "lists all, each with the id that ends it",
		    h.id != 0 ? "such hold" : "hold", cam->name);
	if (rc == 0)
		nvr_note(&cli, "released %d hold%s of '%s'", n,
		    n == 1 ? "" : "s", cam->name);
	nvr_camera_free(cam);
	nvr_state_close(s);
	return rc;
}

struct holds {
	struct nvr_out out;
	struct nvr_state *s;
};

static int
show_hold(void *ctx, const struct nvr_hold *h)
{
	struct holds *to = ctx;
	struct nvr_camera *cam = NULL;
	char id[NVR_ID_TEXT];

	if (nvr_camera_get_any(to->s->store, h->camera_id, &cam, &cli.err) == 0)
		hold_line(&to->out, cam->name, h);
	else
		hold_line(&to->out, nvr_id_format(h->camera_id, id), h);
	nvr_camera_free(cam);
	return 0;
}

int
record_holds(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_camera *cam = NULL;
	struct holds to = {0};
	int rc = nvr_open(c, 0, &to.s);

	if (rc == 0 && argc > 0)
		rc = find_camera(to.s, argv[0], &cam);
	nvr_out_init(&to.out, cli.json);
	if (rc == 0)
		rc = nvr_hold_each(to.s->store, cam != NULL ? cam->id : 0,
		    opt.released, show_hold, &to, &cli.err);
	nvr_out_flush(&to.out);
	nvr_camera_free(cam);
	nvr_state_close(to.s);
	return rc;
}
