/* nvr-export verify: an archive held to its manifest, without a store. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/archive_read.h"

#include "nvr-export.h"

struct verifying {
	struct export_input in; /* first: read() gets it */
	struct nvr_out out;
};

static void
row(struct verifying *v, const char *event, const char *what, const char *text)
{
	nvr_progress_end(&v->in.progress);
	v->in.progress.shown = 0;
	nvr_out_text(&v->out, "event", event);
	nvr_out_text(&v->out, "what", what);
	nvr_out_text(&v->out, "text", text);
	nvr_out_end(&v->out);
}

static void
finding(void *ctx, const char *path, const char *text)
{
	row(ctx, "finding", path, text);
}

static void
gap(void *ctx, const char *what, const char *why)
{
	row(ctx, "gap", what, why);
}

static void
put_json(struct verifying *v, const struct nvr_archive_summary *sum)
{
	static const char *const copied[] = {
	    "schema", "tool", "made_at", "store", "asked"};
	struct nvr_out *out = &v->out;

	nvr_out_text(out, "event", "archive");
	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
		json_t *value = json_object_get(sum->head, copied[i]);

		nvr_out_json(out, copied[i],
		    value != NULL ? json_incref(value) : json_null());
	}
	nvr_out_int(out, "files", (int64_t)sum->files);
	nvr_out_int(out, "size_bytes", (int64_t)sum->bytes);
	nvr_out_int(out, "gaps", sum->gaps);
	nvr_out_int(out, "findings", sum->findings);
	nvr_out_text(
	    out, "signer", sum->signer[0] != '\0' ? sum->signer : NULL);
	nvr_out_bool(out, "trusted", sum->trusted);
	nvr_out_end(out);
}

static const char *
head_text(const struct nvr_archive_summary *sum, const char *name)
{
	const char *text = json_string_value(json_object_get(sum->head, name));

	return text != NULL ? text : "?";
}

static void
note(const char *name, const struct nvr_archive_summary *sum)
{
	nvr_note(&cli,
	    "'%s': %" PRIu64 " files, %" PRIu64 " bytes, made %s by %s: %s",
	    name, sum->files, sum->bytes, head_text(sum, "made_at"),
	    head_text(sum, "tool"),
	    sum->findings == 0 ? "all as its manifest says"
			       : "not as its manifest says");
	if (sum->gaps > 0)
		nvr_note(&cli,
		    "what its maker could not put in: %" PRId64
		    ", which is listed",
		    sum->gaps);
	if (sum->trusted)
		nvr_note(
		    &cli, "signed by the key that was given, %s", sum->signer);
	else if (sum->signer[0] != '\0')
		nvr_note(&cli,
		    "signed by %s, a key that came with it: whose it is tells "
		    "only --signer FILE, a copy from elsewhere",
		    sum->signer);
}

static int
verify(const char *name, const struct nvr_age_identity *identity,
    const char *signer)
{
	struct verifying v = {0};
	struct nvr_archive_summary sum;
	const struct nvr_archive_check check = {.read = export_input_read,
	    .finding = finding,
	    .gap = gap,
	    .ctx = &v,
	    .identity = identity,
	    .signer = signer,
	    .now = export_now(),
	    .temp = export_temp()};
	int rc = export_input_open(&v.in, name, "verifying", &cli.err);

	if (rc != 0)
		return rc;
	nvr_out_init(&v.out, cli.json);
	rc = nvr_archive_verify(&check, &sum, &cli.err);
	export_input_close(&v.in);
	if (rc == 0 && cli.json)
		put_json(&v, &sum);
	nvr_out_flush(&v.out);
	if (rc != 0)
		return nvr_prefix(&cli.err, "'%s'", v.in.name);
	if (!cli.json)
		note(v.in.name, &sum);
	json_decref(sum.head);
	return sum.findings > 0 ? NVR_EXIT_NEGATIVE : 0;
}

int
export_verify(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_age_identity identity;
	struct nvr_buf keys = {0};
	const char *signer;
	bool sealed;
	int rc = export_identity(&identity, &sealed, argv[0], &c->err);

	(void)argc;
	if (rc == 0)
		rc = export_trusted(&keys, &signer, &c->err);
	if (rc == 0)
		rc = verify(argv[0], sealed ? &identity : NULL, signer);
	nvr_age_identity_wipe(&identity);
	nvr_buf_release(&keys);
	return rc;
}
