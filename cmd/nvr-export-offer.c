/* nvr-export ask, pending, list, fetch, drop: exports that are offered. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/id.h"
#include "core/account.h"
#include "core/export.h"
#include "core/offer.h"

#include "nvr-export.h"
#include "open.h"

static int
open_state(struct nvr_cli *c, struct nvr_state **s)
{
	int rc = nvr_open_made(c, NVR_STATE_DURABLE, s);

	if (rc == 0)
		nvr_state_rights(*s, true);
	return rc;
}

/* What was done to which. */
static void
show_done(struct nvr_cli *c, const char *action, int64_t id, const char *error)
{
	struct nvr_out out;

	nvr_out_init(&out, c->json);
	nvr_out_text(&out, "action", action);
	nvr_out_id(&out, "id", id);
	if (error != NULL || c->json)
		nvr_out_text(&out, "error", error);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

static int
ask(struct nvr_cli *c, struct nvr_state *s, const char *email,
    struct nvr_offer *o)
{
	struct nvr_account *account = NULL;
	int64_t id = 0, wait;
	int rc = nvr_account_find(s, email, &account, &c->err);

	if (rc == 0) {
		o->account = account->id;
		rc = nvr_offer_ask(s, o, &id, &wait, &c->err);
	}
	nvr_account_free(account);
	if (rc == 0)
		show_done(c, "asked", id, NULL);
	return rc;
}

int
export_ask(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_offer o = {.format = opt.format != NULL ? opt.format : "zip",
	    .language = opt.language != NULL ? opt.language : "en"};
	struct nvr_state *s = NULL;
	int rc = export_include(&o.include, &c->err);

	(void)argc;
	if (rc == 0)
		rc = open_state(c, &s);
	if (rc == 0)
		rc = ask(c, s, argv[0], &o);
	nvr_state_close(s);
	return rc;
}

struct pending {
	struct nvr_cli *c;
	struct nvr_progress progress;
	int failed;
};

static void
tell_made(void *ctx, const struct nvr_offer *o, const char *error)
{
	struct pending *p = ctx;
	char id[NVR_ID_TEXT];

	nvr_progress_end(&p->progress);
	p->progress.started = p->progress.shown = 0;
	if (error != NULL) {
		p->failed++;
		nvr_warn("the export '%s' could not be made: %s",
		    nvr_id_format(o->id, id), error);
	}
	show_done(p->c, error == NULL ? "ready" : "failed", o->id, error);
}

static void
show_progress(void *ctx, uint64_t written)
{
	struct pending *p = ctx;

	nvr_progress_show(&p->progress, (long long)written);
}

int
export_pending(struct nvr_cli *c, int argc, char **argv)
{
	struct pending p = {.c = c,
	    .progress = {.what = "exporting", .alone = true, .bytes = true}};
	const struct nvr_offer_making m = {.now = export_now(),
	    .tool = EXPORT_TOOL,
	    .told = tell_made,
	    .progress = show_progress,
	    .ctx = &p};
	struct nvr_state *s = NULL;
	int rc = open_state(c, &s);

	(void)argc, (void)argv;
	/* The times of a zip are local ones; see export_archive. */
	setenv("TZ", "UTC0", 1);
	tzset();
	if (rc == 0)
		rc = nvr_offer_make(s, &m, &c->err);
	nvr_progress_end(&p.progress);
	nvr_state_close(s);
	return rc == 0 && p.failed > 0 ? NVR_EXIT_NEGATIVE : rc;
}

static int
show_row(void *ctx, const struct nvr_offer *o)
{
	json_t *include = json_array();
	struct nvr_out *out = ctx;

	if ((o->include & NVR_OFFER_STILLS) != 0)
		json_array_append_new(include, json_string("stills"));
	if ((o->include & NVR_OFFER_FOOTAGE) != 0)
		json_array_append_new(include, json_string("footage"));
	nvr_out_id(out, "id", o->id);
	nvr_out_id(out, "account", o->account);
	nvr_out_text(out, "state", o->state);
	nvr_out_time(out, "asked_at", o->asked_at);
	nvr_out_time(out, "expires_at", o->expires_at);
	nvr_out_int(out, "size_bytes", o->size_bytes);
	nvr_out_int(out, "gaps", o->gaps);
	nvr_out_text(out, "error", o->error[0] != '\0' ? o->error : NULL);
	nvr_out_more(out);
	nvr_out_text(out, "format", o->format);
	nvr_out_text(out, "language", o->language);
	nvr_out_json(out, "include", include);
	nvr_out_bool(out, "sealed", (o->include & NVR_OFFER_SEALED) != 0);
	nvr_out_time(out, "ready_at", o->ready_at);
	nvr_out_time(out, "taken_at", o->taken_at);
	nvr_out_end(out);
	return 0;
}

int
export_list(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account *account = NULL;
	struct nvr_offer_filter f = {0};
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc = open_state(c, &s);

	if (rc == 0 && argc > 0)
		rc = nvr_account_find(s, argv[0], &account, &c->err);
	if (account != NULL)
		f.account = account->id;
	nvr_account_free(account);
	nvr_out_init(&out, c->json);
	if (rc == 0)
		rc = nvr_offer_each(s->store, &f, show_row, &out, &c->err);
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc;
}

static int
fetch(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	struct export_output o;
	const struct nvr_sink sink = {export_output_write, &o};
	int rc = export_output_open(&o, err);

	if (rc != 0)
		return rc;
	rc = nvr_offer_fetch(s, id, 0, &sink, export_now(), err);
	return export_output_close(&o, rc, err);
}

int
export_fetch(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = export_output(&c->err);

	(void)argc;
	if (rc == 0)
		rc = nvr_id_parse(argv[0], &id, &c->err);
	if (rc == 0)
		rc = open_state(c, &s);
	if (rc == 0)
		rc = fetch(s, id, &c->err);
	if (rc == 0 && c->json)
		show_done(c, "fetched", id, NULL);
	nvr_state_close(s);
	return rc;
}

int
export_drop(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = nvr_id_parse(argv[0], &id, &c->err);

	(void)argc;
	if (rc == 0)
		rc = open_state(c, &s);
	if (rc == 0)
		rc = nvr_offer_drop(s, id, &c->err);
	if (rc == 0)
		show_done(c, "dropped", id, NULL);
	nvr_state_close(s);
	return rc;
}
