/* nvr-audit baseline: what the healthy camera is like. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/keep.h"
#include "core/local.h"
#include "core/snapper.h"
#include "still/exif.h"
#include "store/baseline.h"

#include "nvr-audit.h"
#include "open.h"

static int
print_baseline(void *ctx, const struct nvr_baseline_row *b)
{
	struct nvr_out *out = ctx;

	nvr_out_int(out, "width", b->key.width);
	nvr_out_int(out, "height", b->key.height);
	nvr_out_text(out, "mode", b->key.mode);
	nvr_out_int(out, "samples", b->samples);
	nvr_out_text(out, "state",
	    b->samples < NVR_BASELINE_READY ? "learning" : "ready");
	nvr_out_time(out, "accepted_at", b->accepted_at);
	nvr_out_time(out, "updated_at", b->updated_at);
	nvr_out_end(out);
	return 0;
}

static int
change_baseline(struct nvr_state *s, const char *verb, int64_t camera)
{
	int n = 0, rc;

	if (strcmp(verb, "accept") == 0) {
		rc = nvr_local_accept(s, camera, &n, &cli.err);
		if (rc == 0 && n == 0)
			rc = nvr_fail(&cli.err, NVR_E_AGAIN,
			    "it is still learning: %d healthy stills of one "
			    "resolution are needed",
			    NVR_BASELINE_READY);
		return rc;
	}
	if (strcmp(verb, "reset") == 0)
		return nvr_baseline_drop(s->store, camera, &n, &cli.err);
	return nvr_fail(&cli.err, NVR_E_USAGE,
	    "baseline show, accept or reset, not '%s'", verb);
}

/*
 * A still of now, kept for as long as --keep says, is what a model is shown
 * as the reference of that view.
 */
static int
keep_reference(struct nvr_state *s, const struct nvr_camera *cam)
{
	struct audit_run r = {.s = s};
	struct nvr_snapper *snap = NULL;
	struct nvr_exif exif;
	const void *jpeg = NULL;
	char id[NVR_ID_TEXT], *name = (char *)nvr_id_format(cam->id, id);
	size_t len = 0;
	int rc = nvr_snapper_open(
	    cli.store, cli.config, 1, &name, 1, &snap, &cli.err);

	if (rc == 0)
		rc = nvr_snapper_next(snap, &jpeg, &len, &cli.err);
	if (rc == 0)
		rc = nvr_fail(&cli.err, NVR_E_UNAVAILABLE, "%s: no still: %s",
		    cam->name, nvr_snapper_reason(snap, cam->name));
	if (rc == 1)
		rc = audit_keep(&r, cam, opt.keep, jpeg, len);
	if (rc == 0) {
		nvr_exif_get(jpeg, len, &exif);
		rc = nvr_local_refer(
		    s, cam->id, jpeg, len, exif.still_id, &cli.err);
	}
	nvr_snapper_close(snap);
	return rc;
}

static int
check_keep(const char *verb)
{
	if (opt.keep > 0 && strcmp(verb, "accept") != 0)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--keep is for 'baseline accept'");
	return 0;
}

int
audit_baseline(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_camera *cam = NULL;
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc = check_keep(argv[0]);

	(void)c, (void)argc;
	if (rc == 0)
		rc = nvr_open(&cli, NVR_STATE_DURABLE, &s);
	if (rc == 0)
		rc = nvr_inventory_find(s, argv[1], &cam, &cli.err);
	if (rc == 0 && opt.keep > 0)
		rc = nvr_keep_check(s, cam, opt.keep, &cli.err);
	if (rc == 0 && strcmp(argv[0], "show") == 0) {
		nvr_out_init(&out, cli.json);
		rc = nvr_baseline_each(
		    s->store, cam->id, print_baseline, &out, &cli.err);
		nvr_out_flush(&out);
	} else if (rc == 0) {
		rc = change_baseline(s, argv[0], cam->id);
		if (rc == 0 && opt.keep > 0)
			rc = keep_reference(s, cam);
	}
	nvr_camera_free(cam);
	nvr_state_close(s);
	return rc;
}
