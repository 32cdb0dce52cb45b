/* nvr-account disclose: what authorities were given. */
#include <string.h>

#include "base/time.h"
#include "core/disclosure.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	int64_t id; /* 0: all */
};

static int
print_row(void *ctx, const struct nvr_disclosed *d)
{
	struct listing *l = ctx;
	struct nvr_out *out = &l->out;

	if (l->id != 0 && l->id != d->id)
		return 0;
	nvr_out_id(out, "id", d->id);
	nvr_out_time(out, "at", d->at);
	nvr_out_id(out, "account", d->account);
	nvr_out_text(out, "authority", d->authority);
	nvr_out_text(out, "basis", d->basis);
	nvr_out_text(out, "reviewed_by", d->reviewed_by);
	nvr_out_text(out, "what", d->what);
	nvr_out_time(out, "tell_at", d->tell_at);
	nvr_out_end(out);
	return 0;
}

static int
print(int64_t id, int64_t since)
{
	struct listing l = {.id = id};
	int rc = account_open(&l.s);

	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_disclosed_each(l.s, since, print_row, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_state_close(l.s);
	return rc;
}

static int
do_list(int argc, char **argv)
{
	(void)argc, (void)argv;
	return print(0, opt.since);
}

/* Whoever says nothing has the person told nothing, and reads so. */
static int
tell_at(int64_t *ret)
{
	*ret = 0;
	if (opt.tell == NULL || strcmp(opt.tell, "never") == 0)
		return 0;
	if (strcmp(opt.tell, "now") != 0)
		return nvr_time_parse(opt.tell, nvr_time_now(), ret, &cli.err);
	*ret = nvr_time_now();
	return 0;
}

static int
do_tell(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t id = 0, at;
	int rc = tell_at(&at);

	(void)argc;
	if (rc == 0 && opt.tell == NULL)
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "--tell is missing: now, never or a time");
	if (rc == 0)
		rc = account_row(argv[0], &id);
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0)
		rc = nvr_disclosure_tell_at(s, id, at, &cli.err);
	rc = account_end(s, rc);
	return rc == 0 ? print(id, 0) : rc;
}

static int
disclose(int argc, char **argv)
{
	struct nvr_disclosed d = {.authority = opt.authority,
	    .basis = opt.basis,
	    .reviewed_by = opt.reviewed_by};
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_text("what", opt.what, &d.what);

	(void)argc;
	if (rc == 0)
		rc = tell_at(&d.tell_at);
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0)
		rc = account_id(s, argv[0], &d.account);
	if (rc == 0)
		rc = nvr_disclose(s, &d, &id, &cli.err);
	rc = account_end(s, rc);
	if (rc == 0 && opt.tell == NULL)
		nvr_note(&cli,
		    "the person's export does not name it until 'disclose "
		    "tell' says from when the law lets them be told");
	return rc == 0 ? print(id, 0) : rc;
}

int
run_disclose(struct nvr_cli *c, int argc, char **argv)
{
	static const struct account_verb verbs[] = {
	    {"list", "", "since", 0, 0, do_list},
	    {"tell", "ID", "tell", 1, 1, do_tell},
	    {"EMAIL", "", "authority basis reviewed-by what tell", 1, 1,
		disclose},
	};
	bool named =
	    strcmp(argv[0], "list") != 0 && strcmp(argv[0], "tell") != 0;

	(void)c;
	return named ? account_verb_run("disclose", &verbs[2], argc, argv)
		     : account_verb("disclose", verbs, 2, argc, argv);
}
