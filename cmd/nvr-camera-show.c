/* nvr-camera list, show and probe. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/out.h"
#include "core/inventory.h"
#include "core/site.h"
#include "core/snapper.h"
#include "still/jpeg_stream.h"

#include "nvr-camera.h"
#include "open.h"

static void
limit(struct nvr_out *out, const char *name, int64_t value)
{
	if (value > 0)
		nvr_out_int(out, name, value);
	else
		nvr_out_text(out, name, NULL);
}

/* What is to be recorded, and what is kept of it; null: as nvr.conf says. */
static void
recording(struct nvr_out *out, const struct nvr_camera *cam)
{
	static const char *const retain[][2] = {{"retain_ms", "retain_bytes"},
	    {"retain_sub_ms", "retain_sub_bytes"}};

	nvr_out_text(
	    out, "sub_url", cam->sub_url[0] != '\0' ? cam->sub_url : NULL);
	nvr_out_text(out, "record", cam->record);
	nvr_out_bool(out, "audio", cam->audio);
	for (int i = 0; i < NVR_STREAMS; i++) {
		limit(out, retain[i][0], cam->retain[i].us / NVR_MILLISECOND);
		limit(out, retain[i][1], cam->retain[i].bytes);
	}
	limit(out, "retain_events_ms", cam->retain_events / NVR_MILLISECOND);
	limit(out, "retain_stills_ms", cam->retain_stills / NVR_MILLISECOND);
}

static void
account(struct nvr_out *out, const struct nvr_camera *cam)
{
	if (cam->account_id != 0)
		nvr_out_id(out, "account_id", cam->account_id);
	else
		nvr_out_text(out, "account_id", NULL);
}

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	struct nvr_site_names names;
};

static void
site(struct listing *l, const struct nvr_camera *cam)
{
	const char *name = nvr_site_label(l->s, &l->names, cam->site_id);

	nvr_out_text(&l->out, "site", name[0] != '\0' ? name : NULL);
}

static int
list_row(void *ctx, const struct nvr_camera *cam)
{
	struct listing *l = ctx;
	struct nvr_out *out = &l->out;

	nvr_out_text(out, "name", cam->name);
	nvr_out_text(out, "zone", cam->zone);
	nvr_out_text(out, "manufacturer", cam->manufacturer);
	nvr_out_text(out, "model", cam->model);
	nvr_out_text(out, "url", cam->url);
	if (cam->removed_at != 0)
		nvr_out_time(out, "removed_at", cam->removed_at);
	/* Not for pipes, whose columns were there before sites. */
	if (out->mode != NVR_OUT_TSV)
		site(l, cam);
	nvr_out_more(out);
	nvr_out_id(out, "id", cam->id);
	account(out, cam);
	recording(out, cam);
	nvr_out_end(out);
	return 0;
}

int
camera_list(struct nvr_cli *c, int argc, char **argv)
{
	struct listing l = {0};
	int rc = nvr_open(&cli, 0, &l.s);

	(void)c, (void)argc, (void)argv;
	if (rc != 0)
		return rc;
	nvr_out_init(&l.out, cli.json);
	rc =
	    nvr_camera_each(l.s->store, camera_removed, list_row, &l, &cli.err);
	nvr_out_flush(&l.out);
	if (rc == 0 && !camera_removed)
		nvr_note_barred(&cli, l.s);
	nvr_site_names_wipe(&l.names);
	nvr_state_close(l.s);
	return rc;
}

static int
show_recipient(void *ctx, const char *recipient)
{
	json_array_append_new(ctx, json_string(recipient));
	return 0;
}

static void
show(struct listing *l, const struct nvr_camera *cam, json_t *recipients)
{
	struct nvr_out *out = &l->out;

	nvr_out_text(out, "name", cam->name);
	nvr_out_id(out, "id", cam->id);
	site(l, cam);
	account(out, cam);
	nvr_out_text(out, "zone", cam->zone);
	nvr_out_text(out, "manufacturer", cam->manufacturer);
	nvr_out_text(out, "model", cam->model);
	nvr_out_text(out, "url", cam->url);
	nvr_out_text(out, "snapshot_url",
	    cam->snapshot_url[0] != '\0' ? cam->snapshot_url : NULL);
	nvr_out_text(
	    out, "credentials", cam->secrets != NULL ? "sealed" : "none");
	nvr_out_text(out, "transport", cam->transport);
	nvr_out_text(
	    out, "tls_ca", cam->tls_ca[0] != '\0' ? cam->tls_ca : NULL);
	nvr_out_bool(out, "tls_verify", cam->tls_verify);
	recording(out, cam);
	nvr_out_text(out, "mask", cam->mask[0] != '\0' ? cam->mask : NULL);
	nvr_out_text(out, "recipient", cam->recipient);
	nvr_out_text(out, "identity",
	    cam->identity != NULL ? "sealed" : "kept elsewhere");
	nvr_out_json(out, "further_recipients", recipients);
	nvr_out_time(out, "created_at", cam->created_at);
	nvr_out_time(out, "changed_at", cam->changed_at);
	nvr_out_end(out);
}

int
camera_show(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_camera *cam = NULL;
	struct listing l = {0};
	json_t *recipients = NULL;
	int rc = nvr_open(&cli, 0, &l.s);

	(void)c;
	nvr_out_init_record(&l.out, cli.json);
	for (int i = 0; rc == 0 && i < argc; i++) {
		rc = nvr_inventory_find(l.s, argv[i], &cam, &cli.err);
		if (rc != 0)
			break;
		recipients = json_array();
		rc = nvr_camera_recipient_each(
		    l.s->store, cam->id, show_recipient, recipients, &cli.err);
		if (i > 0 && !cli.json)
			printf("\n");
		if (rc == 0)
			show(&l, cam, recipients);
		nvr_camera_free(cam);
	}
	nvr_out_flush(&l.out);
	nvr_site_names_wipe(&l.names);
	nvr_state_close(l.s);
	return rc;
}

/* One line about the still that nvr-snap could take. */
static int
probe(struct nvr_out *out, char *name)
{
	int64_t start = nvr_time_monotonic();
	struct nvr_snapper *snap = NULL;
	const void *jpeg = NULL;
	size_t len = 0;
	int width = 0, height = 0, rc;

	rc = nvr_snapper_open(
	    cli.store, cli.config, 1, &name, 1, &snap, &cli.err);
	if (rc == 0)
		rc = nvr_snapper_next(snap, &jpeg, &len, &cli.err);
	if (rc == 0)
		rc = nvr_fail(&cli.err, NVR_E_UNAVAILABLE, "%s",
		    nvr_snapper_reason(snap, name));
	if (rc == 1)
		rc = nvr_jpeg_size(jpeg, len, &width, &height, &cli.err);
	if (rc == 0) {
		nvr_out_text(out, "name", name);
		nvr_out_int(out, "width", width);
		nvr_out_int(out, "height", height);
		nvr_out_int(out, "size_bytes", (int64_t)len);
		nvr_out_int(out, "latency_ms",
		    (nvr_time_monotonic() - start) / NVR_MILLISECOND);
		nvr_out_end(out);
	}
	nvr_snapper_close(snap);
	return rc;
}

int
camera_probe(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	struct nvr_camera *cam = NULL;
	struct nvr_out out;
	int rc = nvr_open(&cli, 0, &s), code = 0;

	(void)c;
	nvr_out_init(&out, cli.json);
	for (int i = 0; rc == 0 && i < argc; i++) {
		rc = nvr_inventory_find(s, argv[i], &cam, &cli.err);
		if (rc != 0)
			break;
		nvr_camera_free(cam);
		if (probe(&out, argv[i]) != 0) {
			nvr_warn("%s: %s", argv[i], cli.err.text);
			code = NVR_EXIT_NEGATIVE;
		}
	}
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc != 0 ? rc : code;
}
