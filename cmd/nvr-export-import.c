/* nvr-export import: an account's archive into this store. */
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/import.h"

#include "nvr-export.h"
#include "open.h"

struct importing {
	struct export_input in; /* first: read() gets it */
	struct nvr_out out;
};

static void
row(struct importing *i, const char *event, const char *what, int64_t rows,
    int64_t taken, const char *text)
{
	nvr_progress_end(&i->in.progress);
	i->in.progress.shown = 0;
	nvr_out_text(&i->out, "event", event);
	nvr_out_text(&i->out, "what", what);
	if (rows >= 0) {
		nvr_out_int(&i->out, "rows", rows);
		nvr_out_int(&i->out, "imported", taken);
	} else {
		nvr_out_text(&i->out, "rows", NULL);
		nvr_out_text(&i->out, "imported", NULL);
	}
	nvr_out_text(&i->out, "text", text);
	nvr_out_end(&i->out);
}

static void
finding(void *ctx, const char *path, const char *text)
{
	row(ctx, "finding", path, -1, 0, text);
}

static void
left(void *ctx, const char *what, const char *why)
{
	row(ctx, "left", what, -1, 0, why);
}

static void
show(struct importing *i, const struct nvr_import_summary *sum)
{
	char id[NVR_ID_TEXT];

	row(i, "account", nvr_id_format(sum->account, id), -1, 0, sum->signer);
	for (int t = 0; t < NVR_IMPORT_TABLES; t++)
		if (sum->table[t].rows > 0)
			row(i, "table", sum->table[t].table, sum->table[t].rows,
			    sum->table[t].taken, NULL);
	if (!sum->trusted)
		nvr_note(&cli,
		    "signed by %s, a key that came with it: whose it is tells "
		    "only --signer FILE, a copy from elsewhere",
		    sum->signer);
	nvr_note(&cli,
	    "the address is not confirmed, and there is no password: "
	    "'nvr-account reset' sends a link to set one");
}

static int
import(struct nvr_state *s, struct importing *i,
    const struct nvr_age_identity *identity, const char *signer)
{
	struct nvr_import_summary sum;
	const struct nvr_import o = {.read = export_input_read,
	    .finding = finding,
	    .left = left,
	    .ctx = i,
	    .identity = identity,
	    .signer = signer,
	    .temp = export_temp(),
	    .now = nvr_time_now()};
	int rc;

	nvr_out_init(&i->out, cli.json);
	rc = nvr_import(s, &o, &sum, &cli.err);
	nvr_progress_end(&i->in.progress);
	if (rc == 0)
		show(i, &sum);
	nvr_out_flush(&i->out);
	return rc == 0 ? 0 : nvr_prefix(&cli.err, "'%s'", i->in.name);
}

int
export_import(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_age_identity identity;
	struct nvr_buf keys = {0};
	struct nvr_state *s = NULL;
	struct importing i = {0};
	const char *signer;
	bool sealed;
	int rc = export_identity(&identity, &sealed, argv[0], &c->err);

	(void)argc;
	if (rc == 0)
		rc = export_trusted(&keys, &signer, &c->err);
	/* A store is not made for what cannot be read. */
	if (rc == 0)
		rc = export_input_open(&i.in, argv[0], "importing", &c->err);
	if (rc == 0) {
		rc = nvr_open(c, NVR_STATE_DURABLE, &s);
		if (rc == 0)
			rc = import(s, &i, sealed ? &identity : NULL, signer);
		export_input_close(&i.in);
	}
	nvr_age_identity_wipe(&identity);
	nvr_buf_release(&keys);
	nvr_state_close(s);
	return rc;
}
