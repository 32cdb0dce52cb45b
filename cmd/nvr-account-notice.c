/* nvr-account notice: changes of policy, and who was told when. */
#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/notice.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	int64_t now;
	bool found;
};

static const char *
state_of(const struct listing *l, const struct nvr_notice *n)
{
	if (n->announced_at == 0)
		return "draft";
	return n->effective_at > l->now ? "announced" : "effective";
}

static int
print_row(void *ctx, const struct nvr_notice *n)
{
	struct listing *l = ctx;
	struct nvr_told_count count;
	struct nvr_out *out = &l->out;
	int rc = nvr_told_count(
	    l->s->store, NVR_TOLD_NOTICE, n->id, &count, &cli.err);

	if (rc != 0)
		return rc;
	l->found = true;
	nvr_out_id(out, "id", n->id);
	nvr_out_text(out, "kind", n->kind);
	nvr_out_text(out, "version", n->version);
	nvr_out_text(out, "state", state_of(l, n));
	nvr_out_time(out, "effective_at", n->effective_at);
	nvr_out_time(out, "announced_at", n->announced_at);
	nvr_out_int(out, "told", count.told);
	nvr_out_int(out, "unsent", count.left);
	nvr_out_int(out, "late", count.late);
	nvr_out_int(out, "seen", count.seen);
	nvr_out_more(out);
	nvr_out_time(out, "first_told_at", count.first);
	nvr_out_time(out, "last_told_at", count.last);
	nvr_out_time(out, "created_at", n->created_at);
	nvr_out_text(out, "text", n->text);
	nvr_out_end(out);
	return 0;
}

static int
print_told(void *ctx, const struct nvr_told *t)
{
	struct listing *l = ctx;

	nvr_out_id(&l->out, "account", t->account);
	nvr_out_time(&l->out, "told_at", t->outbox != 0 ? t->at : 0);
	nvr_out_time(&l->out, "seen_at", t->seen_at);
	nvr_out_end(&l->out);
	return 0;
}

static int
is_there(void *ctx, const struct nvr_notice *n)
{
	struct listing *l = ctx;

	(void)n;
	l->found = true;
	return 0;
}

/* told: everybody who was, instead of their number. */
static int
print(int64_t id, bool told)
{
	struct listing l = {.now = nvr_time_now()};
	char text[NVR_ID_TEXT];
	int rc = account_open(&l.s);

	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_notice_each(
		    l.s->store, id, told ? is_there : print_row, &l, &cli.err);
	if (rc == 0 && id != 0 && !l.found)
		rc = nvr_fail(&cli.err, NVR_E_NOENT, "no notice '%s'",
		    nvr_id_format(id, text));
	if (rc == 0 && told)
		rc = nvr_told_each(
		    l.s->store, NVR_TOLD_NOTICE, id, print_told, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_state_close(l.s);
	return rc;
}

static int
do_status(int argc, char **argv)
{
	int64_t id = 0;
	int rc = argc > 0 ? account_row(argv[0], &id) : 0;

	return rc == 0 ? print(id, argc > 0 && cli.json) : rc;
}

static int
do_new(int argc, char **argv)
{
	struct nvr_notice n = {
	    .kind = argv[0], .version = argv[1], .effective_at = opt.effective};
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_text("text", opt.text, &n.text);

	(void)argc;
	if (rc == 0 && opt.effective == 0)
		rc = nvr_fail(&cli.err, NVR_E_USAGE, "--effective is missing");
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0)
		rc = nvr_notice_new(s, &n, &id, &cli.err);
	rc = account_end(s, rc);
	return rc == 0 ? print(id, false) : rc;
}

static int
do_send(int argc, char **argv)
{
	struct account_telling t;
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_row(argv[0], &id);

	(void)argc;
	if (rc == 0)
		rc = account_open(&s);
	account_telling(&t, s, NVR_TOLD_NOTICE, id);
	if (rc == 0)
		rc = nvr_notice_send(s, id, &t.telling, &cli.err);
	rc = account_told(&t, 0, rc);
	nvr_state_close(s);
	return rc;
}

int
run_notice(struct nvr_cli *c, int argc, char **argv)
{
	static const struct account_verb verbs[] = {
	    {"status", "[ID]", "", 0, 1, do_status},
	    {"new", "KIND VERSION", "text effective", 2, 2, do_new},
	    {"send", "ID", "dry-run", 1, 1, do_send},
	};

	(void)c;
	return account_verb(
	    "notice", verbs, sizeof(verbs) / sizeof(verbs[0]), argc, argv);
}
