/* nvr-camera: the inventory of cameras. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "core/inventory.h"
#include "core/snapper.h"
#include "still/jpeg_stream.h"

#include "open.h"

static struct nvr_cli cli;
static struct nvr_camera_change change = NVR_CAMERA_NO_CHANGE;
static const char *password_file;
static bool ask_password, insecure, secure, removed;
static struct nvr_list add_recipients, drop_recipients;
static const char *new_name;

#define EDIT "add set"
static const struct nvr_opt opts[] = {
    {NVR_OPT_TEXT, 0, "zone", &change.zone, "TEXT", "where it hangs", EDIT},
    {NVR_OPT_TEXT, 0, "manufacturer", &change.manufacturer, "TEXT",
	"who made it", EDIT},
    {NVR_OPT_TEXT, 0, "model", &change.model, "TEXT", "what it is", EDIT},
    {NVR_OPT_TEXT, 0, "url", &change.url, "URL",
	"another stream; '-' reads it from stdin", "set"},
    {NVR_OPT_TEXT, 0, "snapshot-url", &change.snapshot_url, "URL",
	"http(s): its own JPEG or MJPEG; '-' is stdin", EDIT},
    {NVR_OPT_TEXT, 0, "user", &change.user, "NAME", "sign in as", EDIT},
    {NVR_OPT_TEXT, 0, "password-file", &password_file, "FILE",
	"its password; '-' is stdin", EDIT},
    {NVR_OPT_FLAG, 0, "ask-password", &ask_password, NULL,
	"ask for the password on the terminal", EDIT},
    {NVR_OPT_TEXT, 0, "transport", &change.transport, "tcp|udp",
	"how RTSP carries the picture", EDIT},
    {NVR_OPT_TEXT, 0, "tls-ca", &change.tls_ca, "FILE",
	"PEM of whom to trust instead of the system's CAs", EDIT},
    {NVR_OPT_FLAG, 0, "tls-insecure", &insecure, NULL,
	"do not verify its certificate", EDIT},
    {NVR_OPT_FLAG, 0, "tls-verify", &secure, NULL, "verify it (the default)",
	EDIT},
    {NVR_OPT_TEXT, 0, "mask", &change.mask, "POLYGONS",
	"paint out '0,0 20,0 20,30' (per cent)", EDIT},
    {NVR_OPT_TEXT, 0, "recipient", &change.recipient, "age1...",
	"seal its footage to a key kept elsewhere", EDIT},
    {NVR_OPT_LIST, 0, "add-recipient", &add_recipients, "age1...",
	"a further key that opens its footage", EDIT},
    {NVR_OPT_LIST, 0, "drop-recipient", &drop_recipients, "age1...",
	"no longer that one", "set"},
    {NVR_OPT_TEXT, 0, "name", &new_name, "NAME", "its new name", "set restore"},
    {NVR_OPT_FLAG, 0, "removed", &removed, NULL, "the removed ones", "list"},
    NVR_OPTS_COMMON(cli),
};

/* A URL of `-` is read from stdin, where it may hold a password. */
static int
read_url(const char **url, bool *private, struct nvr_buf *buf)
{
	int rc;

	if (*url == NULL || strcmp(*url, "-") != 0)
		return 0;
	rc = nvr_buf_reserve(buf, 65536 * 2, &cli.err);
	if (rc == 0)
		rc = nvr_file_read("-", 4096, buf, &cli.err);
	if (rc != 0)
		return rc;
	buf->len = buf->len == 0 ? 0 : strcspn(buf->data, "\r\n");
	if (buf->len == 0)
		return nvr_fail(&cli.err, NVR_E_USAGE, "no URL on stdin");
	buf->data[buf->len] = '\0';
	*url = buf->data;
	*private = true;
	return 0;
}

static bool
is_stdin(const char *arg)
{
	return arg != NULL && strcmp(arg, "-") == 0;
}

/* A relative path would mean another file to cron. */
static int
find_ca(char path[PATH_MAX])
{
	if (nvr_or_empty(change.tls_ca)[0] == '\0')
		return 0;
	if (realpath(change.tls_ca, path) == NULL)
		return nvr_fail_errno(
		    &cli.err, 0, "--tls-ca: cannot open '%s'", change.tls_ca);
	change.tls_ca = path;
	return 0;
}

static int
read_change(struct nvr_buf *url, struct nvr_buf *password)
{
	static char ca[PATH_MAX];
	int rc;

	if (is_stdin(change.url) + is_stdin(change.snapshot_url) +
		is_stdin(password_file) >
	    1)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "only one of the URLs and the password can come from "
		    "stdin");
	rc = read_url(&change.url, &change.url_private, url);
	if (rc == 0)
		rc = read_url(
		    &change.snapshot_url, &change.snapshot_private, url);
	if (rc == 0)
		rc = find_ca(ca);
	if (insecure || secure)
		change.tls_verify = secure;
	change.add_recipients = add_recipients.item;
	change.nadd = add_recipients.n;
	change.drop_recipients = drop_recipients.item;
	change.ndrop = drop_recipients.n;
	if (rc != 0 || (password_file == NULL && !ask_password))
		return rc;
	rc = nvr_secret_read(
	    password_file, "Password of the camera: ", password, &cli.err);
	change.password = password->data;
	return rc;
}

static int
edit(const char *name, bool add)
{
	struct nvr_buf url = {0}, password = {0};
	struct nvr_state *s = NULL;
	int rc = read_change(&url, &password);

	if (rc == 0)
		rc = nvr_open(&cli, NVR_STATE_DURABLE, &s);
	if (rc == 0 && add)
		rc = nvr_inventory_add(s, &change, &cli.err);
	else if (rc == 0)
		rc = nvr_inventory_set(s, name, &change, &cli.err);
	nvr_state_close(s);
	nvr_buf_wipe(&url);
	nvr_buf_wipe(&password);
	return rc;
}

static int
run_add(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc;
	change.name = argv[0];
	change.url = argv[1];
	return edit(argv[0], true);
}

static int
run_set(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc;
	change.name = new_name;
	return edit(argv[0], false);
}

static int
list_row(void *ctx, const struct nvr_camera *cam)
{
	struct nvr_out *out = ctx;

	nvr_out_text(out, "name", cam->name);
	nvr_out_text(out, "zone", cam->zone);
	nvr_out_text(out, "manufacturer", cam->manufacturer);
	nvr_out_text(out, "model", cam->model);
	nvr_out_text(out, "url", cam->url);
	if (cam->removed_at != 0)
		nvr_out_time(out, "removed_at", cam->removed_at);
	nvr_out_more(out);
	nvr_out_id(out, "id", cam->id);
	nvr_out_end(out);
	return 0;
}

static int
run_list(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc = nvr_open(&cli, 0, &s);

	(void)c, (void)argc, (void)argv;
	if (rc != 0)
		return rc;
	nvr_out_init(&out, cli.json);
	rc = nvr_camera_each(s->store, removed, list_row, &out, &cli.err);
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc;
}

static int
show_recipient(void *ctx, const char *recipient)
{
	json_array_append_new(ctx, json_string(recipient));
	return 0;
}

static void
show(struct nvr_out *out, const struct nvr_camera *cam, json_t *recipients)
{
	nvr_out_text(out, "name", cam->name);
	nvr_out_id(out, "id", cam->id);
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
	nvr_out_text(out, "mask", cam->mask[0] != '\0' ? cam->mask : NULL);
	nvr_out_text(out, "recipient", cam->recipient);
	nvr_out_text(out, "identity",
	    cam->identity != NULL ? "sealed" : "kept elsewhere");
	nvr_out_json(out, "further_recipients", recipients);
	nvr_out_time(out, "created_at", cam->created_at);
	nvr_out_time(out, "changed_at", cam->changed_at);
	nvr_out_end(out);
}

static int
run_show(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_camera *cam = NULL;
	struct nvr_state *s = NULL;
	struct nvr_out out;
	json_t *recipients = NULL;
	int rc = nvr_open(&cli, 0, &s);

	(void)c;
	nvr_out_init_record(&out, cli.json);
	for (int i = 0; rc == 0 && i < argc; i++) {
		rc = nvr_inventory_find(s, argv[i], &cam, &cli.err);
		if (rc != 0)
			break;
		recipients = json_array();
		rc = nvr_camera_recipient_each(
		    s->store, cam->id, show_recipient, recipients, &cli.err);
		if (i > 0 && !cli.json)
			printf("\n");
		if (rc == 0)
			show(&out, cam, recipients);
		nvr_camera_free(cam);
	}
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc;
}

static int
run_remove(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	char within[NVR_TIME_TEXT];
	int rc = nvr_open(&cli, NVR_STATE_DURABLE, &s);

	(void)c, (void)argc;
	if (rc == 0)
		rc = nvr_inventory_remove(s, argv[0], &cli.err);
	if (rc == 0)
		nvr_note(&cli,
		    "camera '%s' is removed; 'nvr-camera restore %s' brings it "
		    "back within %s",
		    argv[0], argv[0],
		    nvr_duration_format(cli.conf.restore, within));
	nvr_state_close(s);
	return rc;
}

static int
run_restore(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int rc = nvr_open(&cli, NVR_STATE_DURABLE, &s);

	(void)c, (void)argc;
	if (rc == 0)
		rc = nvr_inventory_restore(
		    s, argv[0], new_name, cli.conf.restore, &cli.err);
	nvr_state_close(s);
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

	rc = nvr_snapper_open(cli.store, cli.config, &name, 1, &snap, &cli.err);
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

static int
run_probe(struct nvr_cli *c, int argc, char **argv)
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

/* Whoever has it opens the camera's stills and footage. */
static int
run_key(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_buf text = {0};
	struct nvr_state *s = NULL;
	struct nvr_camera *cam = NULL;
	int rc = nvr_open(&cli, 0, &s);

	(void)c, (void)argc;
	if (rc == 0)
		rc = nvr_inventory_find(s, argv[0], &cam, &cli.err);
	if (rc == 0)
		rc = nvr_inventory_identity(s, cam, &text, &cli.err);
	if (rc == 0)
		fwrite(text.data, 1, text.len, stdout);
	nvr_buf_wipe(&text);
	nvr_camera_free(cam);
	nvr_state_close(s);
	return rc;
}

static const struct nvr_command commands[] = {
    {"add", "NAME URL|-", "enter a camera", 2, 2, run_add},
    {"list", "", "one line a camera", 0, 0, run_list},
    {"show", "CAMERA ...", "all that is known of it", 1, -1, run_show},
    {"set", "CAMERA", "change what the options say", 1, 1, run_set},
    {"probe", "CAMERA ...", "can a still be taken, and how large", 1, -1,
	run_probe},
    {"key", "CAMERA", "print the identity that opens its stills", 1, 1,
	run_key},
    {"remove", "CAMERA", "take it out of use", 1, 1, run_remove},
    {"restore", "CAMERA", "bring a removed one back", 1, 1, run_restore},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static const struct nvr_tool tool = {
    .name = "nvr-camera",
    .summary = "the inventory of cameras",
    .opts = opts,
    .commands = commands,
};

int
main(int argc, char **argv)
{
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}
