/* nvr-store backup, restore, erasures. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "core/backup.h"
#include "core/ledger.h"
#include "nvr-store.h"
#include "open.h"

static void
show_progress(void *ctx, int done, int all)
{
	struct nvr_progress *p = ctx;

	p->total = all;
	nvr_progress_show(p, done);
}

static void
show_backup(const char *dir, const struct nvr_backup *b)
{
	struct nvr_out out;

	nvr_out_init(&out, cli.json);
	nvr_out_text(&out, "backup", dir);
	nvr_out_text(&out, "what", b->keys ? "keys" : "store");
	nvr_out_time(&out, "taken_at", b->taken_at);
	nvr_out_int(&out, "size_bytes", b->size_bytes);
	nvr_out_more(&out);
	nvr_out_text(&out, "store", b->store);
	nvr_out_int(&out, "schema", b->schema);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

int
run_backup(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_progress progress = {.what = "copying"};
	const struct nvr_telling telling = {show_progress, &progress};
	struct nvr_state *s = NULL;
	struct nvr_backup b;
	int rc = nvr_state_open(c->store, NVR_STATE_DURABLE, &s, &c->err);

	(void)argc;
	if (rc == 0) {
		s->actor.who = nvr_cli_who;
		s->actor.channel = "terminal";
		rc = nvr_backup_make(
		    s, argv[0], opt.keys, &telling, &b, &c->err);
		nvr_progress_end(&progress);
	}
	if (rc == 0) {
		show_backup(argv[0], &b);
		if (opt.keys)
			nvr_note(c,
			    "keep it apart from the backups of the store, and "
			    "for a week at the most: as long as it is there, "
			    "those who are erased could still be read with it");
	}
	nvr_state_close(s);
	return rc;
}

static int
ask(struct nvr_cli *c, const char *dir)
{
	char at[NVR_TIME_TEXT], line[16];
	struct nvr_backup b;
	int rc = nvr_backup_read(dir, &b, &c->err);

	if (rc != 0 || opt.yes)
		return rc;
	if (!isatty(STDIN_FILENO))
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "there is no terminal to ask on: say --yes");
	nvr_time_format(b.taken_at, at);
	if (opt.box)
		fprintf(stderr,
		    "Put the box key from %s in place of the one in '%s'?", at,
		    c->store);
	else if (b.keys)
		fprintf(stderr,
		    "Put back what is missing of the keys in '%s', from %s?",
		    c->store, at);
	else
		fprintf(stderr,
		    "Replace all of the store in '%s' by what it "
		    "was at %s?",
		    c->store, at);
	fprintf(stderr, " [yes/no] ");
	if (fgets(line, sizeof(line), stdin) != NULL &&
	    strcmp(line, "yes\n") == 0)
		return 0;
	nvr_warn("nothing was changed");
	return NVR_EXIT_NEGATIVE;
}

/* What the backup undid, which someone has to go through. */
static void
say_rest(struct nvr_cli *c, const struct nvr_restored *done)
{
	if (done->erased > 0)
		nvr_note(c,
		    "accounts of the backup that were erased since, and are "
		    "erased again: %d",
		    done->erased);
	if (done->lost > 0)
		nvr_warn("accounts that were made since the backup, and are "
			 "lost: %d",
		    done->lost);
	if (done->removed > 0)
		nvr_note(c,
		    "cameras of the backup that were erased since are removed, "
		    "and not recorded ('nvr-camera restore' brings one back): "
		    "%d",
		    done->removed);
	if (done->undone)
		nvr_warn(
		    "there was no store here that could be read, so people's "
		    "decisions since the backup are undone: go through what "
		    "was restricted, deleted, objected to and withdrawn since "
		    "(consents, telephone numbers), and have passwords and "
		    "addresses that were changed since changed again; requests "
		    "and breaches since have to be entered anew");
	if (done->own_log)
		nvr_warn("the security log is the backup's, since the present "
			 "one did not continue it: its entries are lost");
}

int
run_restore(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_restored done;
	struct nvr_restore r = {.dir = argv[0],
	    .ledger = opt.ledger,
	    .box = opt.box,
	    .actor = {.who = nvr_cli_who, .channel = "terminal"}};
	struct nvr_out out;
	char db[PATH_MAX];
	bool fresh;
	int rc;

	(void)argc;
	if (opt.box && opt.ledger != NULL)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--box puts back nobody whom --ledger could name");
	rc = ask(c, argv[0]);
	snprintf(db, sizeof(db), "%s/nvr.db", c->store);
	fresh = access(db, F_OK) != 0;
	if (rc == 0)
		rc = nvr_restore(c->store, &r, &done, &c->err);
	if (rc != 0)
		return rc;
	nvr_out_init(&out, c->json);
	nvr_out_text(&out, "store", c->store);
	nvr_out_int(&out, "files", done.files);
	nvr_out_int(&out, "erased", done.erased);
	nvr_out_end(&out);
	nvr_out_flush(&out);
	say_rest(c, &done);
	/* Where there was no store there was no ledger of it. */
	if (fresh && opt.ledger == NULL && !opt.box)
		nvr_note(c,
		    "who was erased since this backup was taken is known only "
		    "where --ledger FILE says it: a copy of keys/erasures, or "
		    "what 'nvr-store erasures' printed");
	return 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct nvr_erased *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

int
run_erasures(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_ledger l = {.fd = -1};
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc = nvr_state_open(c->store, 0, &s, &c->err);

	(void)argc, (void)argv;
	if (rc == 0)
		rc = nvr_ledger_read(s, NULL, &l, &c->err);
	if (rc == 0) {
		if (l.n > 0)
			qsort(l.entry, l.n, sizeof(*l.entry), by_time);
		nvr_out_init(&out, c->json);
		for (size_t i = 0; i < l.n; i++) {
			nvr_out_time(&out, "at", l.entry[i].at);
			nvr_out_id(&out, "account", l.entry[i].account);
			nvr_out_end(&out);
		}
		nvr_out_flush(&out);
		rc = nvr_ledger_sound(&l, &c->err);
	}
	nvr_ledger_close(&l);
	nvr_state_close(s);
	return rc;
}
