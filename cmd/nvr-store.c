/* nvr-store: make, check and migrate the store and its keys. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/out.h"
#include "core/doctor.h"
#include "core/room.h"
#include "core/state.h"
#include "nvr-store.h"

struct nvr_cli cli;
struct store_options opt;

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 0, "keys", &opt.keys, NULL,
	"of the keys, and not of the store", "backup"},
    {NVR_OPT_TEXT, 0, "ledger", &opt.ledger, "FILE",
	"heed this copy of the ledger too; '-' is stdin", "restore"},
    {NVR_OPT_FLAG, 0, "box", &opt.box, NULL,
	"of the keys the box key alone, into a new store", "restore"},
    {NVR_OPT_FLAG, 0, "yes", &opt.yes, NULL, "do not ask", "restore"},
    {NVR_OPT_FLAG, 0, "all", &opt.all, NULL, "the keys of all accounts",
	"keys"},
    NVR_OPTS_COMMON(cli),
};

static int
run_init(struct nvr_cli *c, int argc, char **argv)
{
	const struct nvr_age_identity *box;
	char recipient[NVR_AGE_RECIPIENT_TEXT];
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc;

	(void)c, (void)argc, (void)argv;
	rc = nvr_state_open(
	    cli.store, NVR_STATE_CREATE | NVR_STATE_DURABLE, &s, &cli.err);
	if (rc == 0)
		rc = nvr_room_reserve(s->dir, &cli.err);
	if (rc == 0)
		rc = nvr_state_box(s, &box, &cli.err);
	if (rc == 0) {
		if (!s->created)
			nvr_note(&cli, "there is a store in '%s' already",
			    cli.store);
		nvr_age_recipient_format(&box->recipient, recipient);
		nvr_out_init(&out, cli.json);
		nvr_out_text(&out, "store", cli.store);
		nvr_out_text(&out, "box_recipient", recipient);
		nvr_out_bool(&out, "created", s->created);
		nvr_out_end(&out);
		nvr_out_flush(&out);
	}
	nvr_state_close(s);
	return rc;
}

static void
show_trouble(void *ctx, const struct nvr_check *k)
{
	static const char *const words[] = {"ok", "warning", "trouble"};
	struct nvr_out *out = ctx;

	nvr_out_text(out, "check", k->name);
	nvr_out_text(out, "result", words[k->level]);
	nvr_out_text(out, "what", k->text);
	nvr_out_text(out, "to_do", k->advice);
	nvr_out_end(out);
}

static int
run_check(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_out out;
	int worst;

	(void)c, (void)argc, (void)argv;
	nvr_out_init(&out, cli.json);
	worst = nvr_doctor(cli.store, &cli.conf.rules, show_trouble, &out);
	nvr_out_flush(&out);
	return worst == NVR_CHECK_TROUBLE ? NVR_EXIT_NEGATIVE : 0;
}

static int
run_migrate(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int version = 0, rc;

	(void)c, (void)argc, (void)argv;
	rc = nvr_state_open(
	    cli.store, NVR_STATE_MIGRATE | NVR_STATE_DURABLE, &s, &cli.err);
	if (rc == 0)
		rc = nvr_store_version(s->store, &version, &cli.err);
	if (rc == 0) {
		nvr_out_init(&out, cli.json);
		nvr_out_text(&out, "store", cli.store);
		nvr_out_int(&out, "schema", version);
		nvr_out_end(&out);
		nvr_out_flush(&out);
	}
	nvr_state_close(s);
	return rc;
}

static int
show_table(void *ctx, const char *name, int64_t rows)
{
	struct nvr_out *out = ctx;

	nvr_out_text(out, "table", name);
	nvr_out_int(out, "rows", rows);
	nvr_out_end(out);
	return 0;
}

static int
run_stats(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc;

	(void)c, (void)argc, (void)argv;
	rc = nvr_state_open(cli.store, 0, &s, &cli.err);
	if (rc != 0)
		return rc;
	nvr_out_init(&out, cli.json);
	rc = nvr_store_each_table(s->store, show_table, &out, &cli.err);
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc;
}

static int
run_config(struct nvr_cli *c, int argc, char **argv)
{
	(void)argc, (void)argv;
	nvr_conf_print(&c->conf);
	return 0;
}

static const struct nvr_command commands[] = {
    {"init", "", "make a store and its keys", 0, 0, run_init},
    {"check", "", "the doctor: what is wrong, and what to do", 0, 0, run_check},
    {"migrate", "", "bring an older store up to date", 0, 0, run_migrate},
    {"backup", "DIR", "copy the store, or its keys, while it is used", 1, 1,
	run_backup},
    {"restore", "DIR", "put a backup in place; who was erased stays so", 1, 1,
	run_restore},
    {"erasures", "", "the ledger of who was erased", 0, 0, run_erasures},
    {"config", "", "the settings in force", 0, 0, run_config},
    {"stats", "", "rows of each table", 0, 0, run_stats},
    {"keys", "list | rotate master|account|pepper [ACCOUNT|owner]",
	"list keys, or replace them", 1, 3, run_keys},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static const struct nvr_tool tool = {
    .name = "nvr-store",
    .summary = "make, check, back up and restore the store and its keys",
    .opts = opts,
    .commands = commands,
};

int
main(int argc, char **argv)
{
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}
