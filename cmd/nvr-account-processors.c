/* nvr-account processors: who receives data, and who should be named. */
#include <inttypes.h>

#include "base/text.h"
#include "core/processor.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	int64_t id; /* 0: all */
	int64_t unknown;
};

static int
print_row(void *ctx, const struct nvr_processor *p)
{
	struct listing *l = ctx;
	struct nvr_out *out = &l->out;

	if (l->id != 0 && l->id != p->id)
		return 0;
	nvr_out_text(out, "name", p->name);
	nvr_out_text(out, "state", p->until == 0 ? "named" : "ended");
	nvr_out_text(out, "host", p->host[0] != '\0' ? p->host : NULL);
	nvr_out_text(out, "purpose", p->purpose);
	nvr_out_text(out, "data", p->data);
	nvr_out_text(out, "jurisdiction", p->jurisdiction);
	nvr_out_text(out, "safeguard", p->safeguard);
	nvr_out_time(out, "since", p->since);
	nvr_out_time(out, "until", p->until);
	nvr_out_more(out);
	nvr_out_id(out, "id", p->id);
	nvr_out_text(out, "model", NULL);
	nvr_out_text(out, "pictures", NULL);
	nvr_out_end(out);
	return 0;
}

/* A recipient without a name; model: one that nvr.conf has. */
static int
print_unknown(void *ctx, const struct nvr_recipient *r)
{
	struct listing *l = ctx;
	struct nvr_out *out = &l->out;

	l->unknown++;
	nvr_out_text(out, "name", NULL);
	nvr_out_text(out, "state", "unknown");
	nvr_out_text(out, "host", r->host);
	nvr_out_text(out, "purpose",
	    r->model != NULL ? "model of nvr.conf" : "pictures went there");
	nvr_out_text(out, "data", NULL);
	nvr_out_text(out, "jurisdiction", NULL);
	nvr_out_text(out, "safeguard", NULL);
	nvr_out_time(out, "since", r->first);
	nvr_out_time(out, "until", r->last);
	nvr_out_more(out);
	nvr_out_text(out, "id", NULL);
	nvr_out_text(out, "model", r->model);
	nvr_out_int(out, "pictures", r->pictures);
	nvr_out_end(out);
	return 0;
}

static int
print(int64_t id)
{
	struct listing l = {.id = id};
	int rc = account_open(&l.s);

	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_processor_each(l.s->store, print_row, &l, &cli.err);
	if (rc == 0 && id == 0)
		rc = nvr_processor_each_unknown(l.s, cli.conf.model,
		    cli.conf.nmodel, print_unknown, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_state_close(l.s);
	if (rc != 0 || l.unknown == 0)
		return rc;
	nvr_warn("%" PRId64
		 " host%s named in no register: enter who runs them by "
		 "'nvr-account processors add NAME --host HOST'",
	    l.unknown, l.unknown == 1 ? " is" : "s are");
	return NVR_EXIT_NEGATIVE;
}

static int
do_list(int argc, char **argv)
{
	(void)argc, (void)argv;
	return print(0);
}

static int
do_add(int argc, char **argv)
{
	const struct nvr_processor p = {.name = argv[0],
	    .purpose = opt.purpose,
	    .data = opt.data,
	    .jurisdiction = opt.jurisdiction,
	    .safeguard = opt.safeguard,
	    .host = nvr_or_empty(opt.host)};
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_begin(&s);

	(void)argc;
	if (rc == 0)
		rc = nvr_processor_add(s, &p, &id, &cli.err);
	rc = account_end(s, rc);
	return rc == 0 ? print(id) : rc;
}

static int
do_end(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int rc = account_begin(&s);

	(void)argc;
	if (rc == 0)
		rc = nvr_processor_end(s, argv[0], opt.host, &cli.err);
	return account_end(s, rc);
}

int
run_processors(struct nvr_cli *c, int argc, char **argv)
{
	static const struct account_verb verbs[] = {
	    {"list", "", "", 0, 0, do_list},
	    {"add", "NAME", "purpose data jurisdiction safeguard host", 1, 1,
		do_add},
	    {"end", "NAME", "host", 1, 1, do_end},
	};

	(void)c;
	return account_verb(
	    "processors", verbs, sizeof(verbs) / sizeof(verbs[0]), argc, argv);
}
