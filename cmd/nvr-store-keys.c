/* nvr-store keys: which there are, and replacing them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/account.h"
#include "core/rotate.h"

#include "nvr-store.h"

#define PATIENCE (2 * NVR_SECOND)

static int
show_key(void *ctx, const struct nvr_key_info *k)
{
	struct nvr_out *out = ctx;

	nvr_out_text(out, "what", k->what);
	nvr_out_text(out, "name", k->name);
	nvr_out_int(out, "keys", k->keys);
	nvr_out_time(out, "created_at", k->created_at);
	nvr_out_text(out, "state",
	    k->replacing > 0 ? "replacing"
	    : k->current     ? "current"
			     : "older");
	nvr_out_more(out);
	nvr_out_int(out, "replacing", k->replacing);
	nvr_out_end(out);
	return 0;
}

static int
list(struct nvr_state *s)
{
	struct nvr_out out;
	int rc;

	nvr_out_init(&out, cli.json);
	rc = nvr_keys_list(s, show_key, &out, &cli.err);
	nvr_out_flush(&out);
	return rc;
}

static void
show_progress(void *ctx, int64_t done, int64_t total)
{
	struct nvr_progress *p = ctx;

	p->total = total;
	nvr_progress_show(p, done);
}

static void
show_rotation(const char *what, const char *name, const struct nvr_rotation *r)
{
	struct nvr_out out;

	nvr_out_init(&out, cli.json);
	nvr_out_text(&out, "what", what);
	nvr_out_text(&out, "name", name);
	nvr_out_int(&out, "keys", r->keys);
	nvr_out_int(&out, "values", r->values);
	nvr_out_int(&out, "damaged", r->damaged);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

static int
rotate_pepper(struct nvr_state *s)
{
	struct nvr_rotation r = {.keys = 1};
	char name[24];
	int64_t version;
	int rc = nvr_rotate_pepper(s, &version, &cli.err);

	if (rc != 0)
		return rc;
	snprintf(name, sizeof(name), "%" PRId64, version);
	show_rotation("pepper", name, &r);
	return 0;
}

/* `owner` is who runs the store: account 0. */
static int
find(struct nvr_state *s, const char *who, int64_t *ret)
{
	struct nvr_account *a = NULL;
	int rc;

	*ret = 0;
	if (strcmp(who, "owner") == 0)
		return 0;
	rc = nvr_account_find(s, who, &a, &cli.err);
	if (rc == 0)
		*ret = a->id;
	nvr_account_free(a);
	return rc;
}

/* who NULL: the master key, or all accounts'. */
static int
rotate(struct nvr_state *s, const char *what, const char *who)
{
	struct nvr_progress progress = {.what = "replacing:"};
	struct nvr_rotation r = {
	    .progress = show_progress, .ctx = &progress, .patience = PATIENCE};
	char name[NVR_ID_TEXT] = "";
	int64_t account = 0;
	int rc = 0;

	if (who != NULL)
		rc = find(s, who, &account);
	if (account != 0)
		nvr_id_format(account, name);
	if (rc != 0)
		return rc;
	if (strcmp(what, "master") == 0)
		rc = nvr_rotate_master(s, &r, &cli.err);
	else if (who != NULL)
		rc = nvr_rotate_account(s, account, &r, &cli.err);
	else
		rc = nvr_rotate_accounts(s, &r, &cli.err);
	nvr_progress_end(&progress);
	if (rc != 0)
		return rc;
	show_rotation(what,
	    account != 0  ? name
	    : who != NULL ? "owner"
	    : opt.all	  ? "all"
			  : NULL,
	    &r);
	if (r.damaged == 0)
		return 0;
	nvr_warn("%s does not open; where such values are, the previous key "
		 "is kept",
	    r.first);
	return NVR_EXIT_NEGATIVE;
}

static int
run(struct nvr_state *s, int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	bool account = strcmp(what, "account") == 0;

	if (argc == 1 && strcmp(argv[0], "list") == 0 && !opt.all)
		return list(s);
	if (strcmp(argv[0], "list") == 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    opt.all ? "keys list takes no --all: it lists all"
			    : "keys list takes no argument");
	if (strcmp(argv[0], "rotate") != 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "keys takes list or rotate, not '%s'", argv[0]);
	if (account && argc == (opt.all ? 2 : 3))
		return rotate(s, what, opt.all ? NULL : argv[2]);
	if (argc == 2 && !opt.all && strcmp(what, "master") == 0)
		return rotate(s, what, NULL);
	if (argc == 2 && !opt.all && strcmp(what, "pepper") == 0)
		return rotate_pepper(s);
	return nvr_fail(&cli.err, NVR_E_USAGE,
	    "keys rotate takes master, pepper, or account and which: an "
	    "address, an id, owner, or --all");
}

int
run_keys(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int rc;

	rc = nvr_state_open(c->store, NVR_STATE_DURABLE, &s, &cli.err);
	if (rc != 0)
		return rc;
	s->actor.who = nvr_cli_who;
	s->actor.channel = "terminal";
	s->rules = &c->conf.rules;
	rc = run(s, argc, argv);
	nvr_state_close(s);
	return rc;
}
