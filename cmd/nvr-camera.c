/* nvr-camera: the inventory of cameras. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "core/inventory.h"
#include "core/site.h"

#include "nvr-camera.h"
#include "open.h"

struct nvr_cli cli;
bool camera_removed;

static struct nvr_camera_change change = NVR_CAMERA_NO_CHANGE;
static const char *password_file, *site;
static bool ask_password, insecure, secure, audio, no_audio, no_site;
static struct nvr_list add_recipients, drop_recipients;
static const char *new_name;

#define EDIT "add set"
static const struct nvr_opt opts[] = {
    {NVR_OPT_TEXT, 0, "zone", &change.zone, "TEXT", "where it hangs", EDIT},
    {NVR_OPT_TEXT, 0, "site", &site, "SITE",
	"where it hangs, and whose it is: NAME or EMAIL/NAME", EDIT},
    {NVR_OPT_FLAG, 0, "no-site", &no_site, NULL, "of no site, and nobody's",
	"set"},
    {NVR_OPT_TEXT, 0, "manufacturer", &change.manufacturer, "TEXT",
	"who made it", EDIT},
    {NVR_OPT_TEXT, 0, "model", &change.model, "TEXT", "what it is", EDIT},
    {NVR_OPT_TEXT, 0, "url", &change.url, "URL",
	"another stream; '-' reads it from stdin", "set"},
    {NVR_OPT_TEXT, 0, "snapshot-url", &change.snapshot_url, "URL",
	"http(s): its own JPEG or MJPEG; '-' is stdin", EDIT},
    {NVR_OPT_TEXT, 0, "sub-url", &change.sub_url, "URL",
	"its small stream; '-' is stdin", EDIT},
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
    {NVR_OPT_TEXT, 0, "record", &change.record, "STREAMS",
	"what is recorded: none, main, sub or both", EDIT},
    {NVR_OPT_FLAG, 0, "audio", &audio, NULL, "with sound (the default)", EDIT},
    {NVR_OPT_FLAG, 0, "no-audio", &no_audio, NULL, "without", EDIT},
    {NVR_OPT_OPEN, 0, "retain", &change.retain[NVR_MAIN].us, "DURATION",
	"keep so long; none: as its site, else nvr.conf", EDIT, NVR_MINUTE},
    {NVR_OPT_OPEN_BYTES, 0, "retain-bytes", &change.retain[NVR_MAIN].bytes,
	"SIZE", "and no more; none: as its site, else nvr.conf", EDIT},
    {NVR_OPT_OPEN, 0, "retain-sub", &change.retain[NVR_SUB].us, "DURATION",
	"the same for its small stream", EDIT, NVR_MINUTE},
    {NVR_OPT_OPEN_BYTES, 0, "retain-sub-bytes", &change.retain[NVR_SUB].bytes,
	"SIZE", "the same for its small stream", EDIT},
    {NVR_OPT_OPEN, 0, "retain-events", &change.retain_events, "DURATION",
	"footage around findings; none: as the rest", EDIT, NVR_MINUTE},
    {NVR_OPT_OPEN, 0, "retain-stills", &change.retain_stills, "DURATION",
	"its kept stills so long; none: as nvr.conf", EDIT, NVR_MINUTE},
    {NVR_OPT_TEXT, 0, "mask", &change.mask, "POLYGONS",
	"paint out '0,0 20,0 20,30' (per cent)", EDIT},
    {NVR_OPT_TEXT, 0, "recipient", &change.recipient, "age1...",
	"seal its footage to a key kept elsewhere", EDIT},
    {NVR_OPT_LIST, 0, "add-recipient", &add_recipients, "age1...",
	"a further key that opens its footage", EDIT},
    {NVR_OPT_LIST, 0, "drop-recipient", &drop_recipients, "age1...",
	"no longer that one", "set"},
    {NVR_OPT_TEXT, 0, "name", &new_name, "NAME", "its new name", "set restore"},
    {NVR_OPT_FLAG, 0, "removed", &camera_removed, NULL, "the removed ones",
	"list"},
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

	if (audio && no_audio)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--audio and --no-audio contradict each other");
	if (no_site && site != NULL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--site and --no-site contradict each other");
	if (no_site)
		change.site = 0;
	if (is_stdin(change.url) + is_stdin(change.snapshot_url) +
		is_stdin(change.sub_url) + is_stdin(password_file) >
	    1)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "only one of the URLs and the password can come from "
		    "stdin");
	rc = read_url(&change.url, &change.url_private, url);
	if (rc == 0)
		rc = read_url(
		    &change.snapshot_url, &change.snapshot_private, url);
	if (rc == 0)
		rc = read_url(&change.sub_url, &change.sub_private, url);
	if (rc == 0)
		rc = find_ca(ca);
	if (insecure || secure)
		change.tls_verify = secure;
	if (audio || no_audio)
		change.audio = audio;
	change.add_recipients = add_recipients.item;
	change.nadd = add_recipients.n;
	change.drop_recipients = drop_recipients.item;
	change.ndrop = drop_recipients.n;
	if (rc != 0 || (password_file == NULL && !ask_password))
		return rc;
	rc = nvr_secret_read(&cli, password_file, "password-file",
	    "password of the camera", password);
	change.password = password->data;
	return rc;
}

static int
find_site(struct nvr_state *s)
{
	struct nvr_site *at = NULL;
	int rc = nvr_site_which(s, site, &at, &cli.err);

	if (rc == 0)
		change.site = at->id;
	nvr_site_free(at);
	return rc == 0 ? 0 : nvr_prefix(&cli.err, "--site");
}

static int
edit(const char *name, bool add)
{
	struct nvr_buf url = {0}, password = {0};
	struct nvr_state *s = NULL;
	int rc = read_change(&url, &password);

	if (rc == 0)
		rc = nvr_open(&cli, NVR_STATE_DURABLE, &s);
	if (rc == 0 && site != NULL)
		rc = find_site(s);
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
		    nvr_duration_format(cli.conf.rules.keep.cameras, within));
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
		rc = nvr_inventory_restore(s, argv[0], new_name,
		    cli.conf.rules.keep.cameras, &cli.err);
	nvr_state_close(s);
	return rc;
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
    {"list", "", "one line a camera", 0, 0, camera_list},
    {"show", "CAMERA ...", "all that is known of it", 1, -1, camera_show},
    {"set", "CAMERA", "change what the options say", 1, 1, run_set},
    {"probe", "CAMERA ...", "can a still be taken, and how large", 1, -1,
	camera_probe},
    {"key", "CAMERA", "print the identity that opens its footage", 1, 1,
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
