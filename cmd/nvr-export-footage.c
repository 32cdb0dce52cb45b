/* nvr-export footage: a stretch of recording, as evidence. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/export.h"
#include "store/footage.h"

#include "nvr-export.h"
#include "open.h"

#define REASON_MOST 1000 /* bytes */

struct exporting {
	struct nvr_state *s;
	struct nvr_export_footage o;
	struct nvr_camera *camera;
	struct nvr_age_identity key; /* of originals */
	char key_path[PATH_MAX];
	bool key_written;
	struct nvr_buf mask;
};

static bool
to_stdout(void)
{
	return opt.output == NULL || strcmp(opt.output, "-") == 0;
}

static int
check_usage(struct nvr_cli *c, const struct nvr_export_footage *o)
{
	bool masked = opt.mask || opt.areas.n > 0;

	if (opt.cameras.n != 1 || opt.since == 0)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "footage is of one --camera, and from --since on");
	if (o->until <= o->since)
		return nvr_fail(
		    &c->err, NVR_E_USAGE, "--until has to be after --since");
	if (opt.stream != NULL && strcmp(opt.stream, "main") != 0 &&
	    strcmp(opt.stream, "sub") != 0)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--stream is main or sub, not '%s'", opt.stream);
	if (o->reason != NULL &&
	    (strlen(o->reason) > REASON_MOST || !nvr_text_printable(o->reason)))
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--reason is a line of up to %d bytes", REASON_MOST);
	if (opt.originals && masked)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--originals show what a mask covers: one or the other");
	if (opt.originals && opt.identity == NULL && to_stdout())
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--originals: say by --identity where their key goes");
	if (!opt.originals && opt.identity != NULL)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--identity is where the key of --originals goes");
	return nvr_export_language(opt.language, &c->err);
}

/*
 * A restricted account's footage may be used for legal claims (GDPR, article
 * 18(2)): who does has to say so.
 */
static int
find_camera(struct nvr_cli *c, struct exporting *x)
{
	int rc = nvr_inventory_find_any(
	    x->s, opt.cameras.item[0], &x->camera, &c->err);

	if (rc == 0 && x->camera->bar != NVR_BAR_NONE && x->o.reason == NULL)
		rc = nvr_fail(&c->err, NVR_E_PERMISSION,
		    "%s: %s; say by --reason for which legal claim it is "
		    "needed all the same",
		    x->camera->name, nvr_bar_reason(x->camera->bar));
	x->o.camera = x->camera;
	return rc;
}

/* --mask and --mask-area as one. */
static int
find_mask(struct nvr_cli *c, struct exporting *x)
{
	int rc = 0;

	if (opt.mask && x->camera->mask[0] == '\0' && opt.areas.n == 0)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "'%s' has no mask: name areas by --mask-area",
		    x->camera->name);
	if (opt.mask && x->camera->mask[0] != '\0')
		rc = nvr_buf_addf(&x->mask, &c->err, "%s", x->camera->mask);
	for (int i = 0; rc == 0 && i < opt.areas.n; i++)
		rc = nvr_buf_addf(&x->mask, &c->err, "%s%s",
		    x->mask.len > 0 ? "; " : "", opt.areas.item[i]);
	x->o.mask = x->mask.data;
	return rc;
}

/* A key for these originals alone, and where it is going to be. */
static int
draw_key(struct nvr_cli *c, struct exporting *x)
{
	int n;

	if (!opt.originals)
		return 0;
	n = opt.identity != NULL
		? snprintf(x->key_path, PATH_MAX, "%s", opt.identity)
		: snprintf(x->key_path, PATH_MAX, "%s.identity", opt.output);
	if (n >= PATH_MAX ||
	    (!to_stdout() && strcmp(x->key_path, opt.output) == 0))
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--identity: '%.80s' cannot be the key's file",
		    x->key_path);
	if (access(x->key_path, F_OK) == 0)
		return nvr_fail(&c->err, NVR_E_CREATE,
		    "'%s' is there already: a key is not written over",
		    x->key_path);
	x->o.originals = &x->key;
	return nvr_age_identity_generate(&x->key, &c->err);
}

/* Once all it opens is written. */
static int
write_key(struct exporting *x, struct nvr_error *err)
{
	struct nvr_buf text = {0};
	int rc = 0;

	if (!opt.originals)
		return 0;
	rc = nvr_age_identity_format(
	    &x->key, (time_t)(x->o.now / NVR_SECOND), &text, err);
	if (rc == 0)
		rc = nvr_file_write(
		    x->key_path, text.data, text.len, 0600, 1, err);
	x->key_written = rc == 0;
	nvr_buf_wipe(&text);
	return rc;
}

static int
fill(void *ctx, struct nvr_archive *a, struct nvr_error *err)
{
	struct exporting *x = ctx;
	int rc = nvr_export_footage(x->s, &x->o, a, err);

	return rc == 0 ? write_key(x, err) : rc;
}

/* For the manifest. */
static json_t *
asked(const struct exporting *x)
{
	const struct nvr_export_footage *o = &x->o;
	char since[NVR_TIME_TEXT], until[NVR_TIME_TEXT], id[NVR_ID_TEXT];
	char key[NVR_AGE_RECIPIENT_TEXT] = "";

	if (o->originals != NULL)
		nvr_age_recipient_format(&o->originals->recipient, key);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?, "
			 "s:s?, s:b}",
	    "what", "footage", "camera", o->camera->name, "camera_id",
	    nvr_id_format(o->camera->id, id), "stream",
	    nvr_stream_names[o->stream], "since",
	    nvr_time_format(o->since, since), "until",
	    nvr_time_format(o->until, until), "reason", o->reason, "who",
	    o->who, "originals", key[0] != '\0' ? key : NULL, "mask", o->mask,
	    "reencoded", o->mask != NULL);
}

static int
add_size(void *ctx, const struct nvr_segment *seg)
{
	*(uint64_t *)ctx += (uint64_t)seg->size_bytes;
	return 0;
}

static int export(struct nvr_cli *c, struct exporting *x)
{
	struct export_archive archive = {.fill = fill, .ctx = x};
	int rc = nvr_segment_each(x->s->store, x->camera->id, x->o.stream,
	    x->o.since, x->o.until, add_size, &archive.expected, &c->err);

	if (rc != 0)
		return rc;
	if (opt.originals)
		archive.expected *= 2;
	archive.asked = asked(x);
	rc = export_archive(x->s, &archive);
	if (rc < 0 && x->key_written)
		unlink(x->key_path);
	else if (x->key_written)
		nvr_note(c,
		    "the key that opens the originals is in '%s'; hand "
		    "it over by another way than the archive",
		    x->key_path);
	return rc;
}

int
export_footage(struct nvr_cli *c, int argc, char **argv)
{
	const char *temp = getenv("TMPDIR");
	struct exporting x = {.o = {.since = opt.since,
				  .now = export_now(),
				  .reason = opt.reason,
				  .who = nvr_cli_who(),
				  .tool = EXPORT_TOOL,
				  .language = opt.language}};
	int rc;

	(void)argc, (void)argv;
	x.o.temp = temp != NULL && temp[0] != '\0' ? temp : "/tmp";
	x.o.until = opt.until != 0 ? opt.until : x.o.now;
	if (opt.stream != NULL && strcmp(opt.stream, "sub") == 0)
		x.o.stream = NVR_SUB;
	rc = check_usage(c, &x.o);
	if (rc == 0)
		rc = nvr_open_made(c, NVR_STATE_DURABLE, &x.s);
	if (rc == 0)
		nvr_state_rights(x.s, true);
	if (rc == 0)
		rc = find_camera(c, &x);
	if (rc == 0)
		rc = find_mask(c, &x);
	if (rc == 0)
		rc = draw_key(c, &x);
	if (rc == 0)
		rc = export(c, &x);
	nvr_age_identity_wipe(&x.key);
	nvr_buf_release(&x.mask);
	nvr_camera_free(x.camera);
	nvr_state_close(x.s);
	return rc;
}
