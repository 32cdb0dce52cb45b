/* nvr-account requests: what people asked for, and by when they are answered.
 */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "core/letter.h"
#include "core/register.h"
#include "core/request.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	struct nvr_buf address;
	int64_t now;
	int64_t overdue, soon, first; /* first: the earliest that is open */
	int damaged; /* what is the matter with a row; 0: nothing */
};

/* overdue, soon, open, or the outcome. */
static const char *
state_of(struct listing *l, const struct nvr_request *r)
{
	if (r->done_at != 0)
		return r->outcome;
	if (l->first == 0)
		l->first = r->due_at;
	if (r->due_at < l->now)
		return l->overdue++, "overdue";
	if (r->due_at - l->now <= NVR_REQUEST_SOON)
		return l->soon++, "soon";
	return "open";
}

static void
print_text(struct nvr_out *out, const char *name, const struct nvr_buf *text)
{
	nvr_out_text(out, name, text->len > 0 ? text->data : NULL);
}

static int
print_row(void *ctx, const struct nvr_request *r)
{
	struct listing *l = ctx;
	struct nvr_request_texts t = {0};
	struct nvr_out *out = &l->out;
	int rc = nvr_request_open(l->s, r, &t, &cli.err);

	nvr_buf_wipe(&l->address);
	if (rc == 0 && r->account != 0)
		rc = nvr_register_address(
		    l->s, r->account, &l->address, &cli.err);
	/* One that cannot be opened has its time limit all the same. */
	if (rc != 0) {
		l->damaged = rc;
		nvr_buf_wipe(&l->address);
		nvr_request_wipe(&t);
		t = (struct nvr_request_texts){0};
	}
	nvr_out_id(out, "id", r->id);
	nvr_out_text(out, "kind", r->kind);
	nvr_out_text(out, "state", state_of(l, r));
	nvr_out_time(out, "due_at", r->due_at);
	nvr_out_time(out, "received_at", r->received_at);
	print_text(out, "person", r->account != 0 ? &l->address : &t.person);
	print_text(out, "note", &t.note);
	nvr_out_more(out);
	if (r->account != 0)
		nvr_out_id(out, "account", r->account);
	else
		nvr_out_text(out, "account", NULL);
	nvr_out_text(out, "channel", r->channel);
	nvr_out_time(out, "extended_at", r->extended_at);
	nvr_out_time(out, "done_at", r->done_at);
	print_text(out, "answer", &t.answer);
	nvr_out_end(out);
	nvr_request_wipe(&t);
	return 0;
}

static void
warn(const struct listing *l)
{
	char day[NVR_TIME_TEXT];

	if (l->overdue > 0)
		nvr_warn("%" PRId64
			 " request%s overdue, since %s at the latest",
		    l->overdue, l->overdue == 1 ? " is" : "s are",
		    nvr_letter_day(l->first, day));
	if (l->soon > 0)
		nvr_warn("%" PRId64 " request%s due within 7 days", l->soon,
		    l->soon == 1 ? " is" : "s are");
}

static int
print(const struct nvr_request_filter *f)
{
	struct listing l = {.now = nvr_time_now()};
	int rc = account_open(&l.s);

	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_request_each(l.s->store, f, print_row, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_buf_wipe(&l.address);
	nvr_state_close(l.s);
	if (rc == 0 && f->id == 0)
		warn(&l);
	if (rc == 0)
		rc = l.damaged;
	return rc == 0 && f->id == 0 && l.overdue > 0 ? NVR_EXIT_NEGATIVE : rc;
}

static int
do_list(int argc, char **argv)
{
	const struct nvr_request_filter f = {
	    .since = opt.since, .done = opt.all};

	(void)argc, (void)argv;
	return print(&f);
}

/* What a change made of it. */
static int
print_one(int64_t id)
{
	const struct nvr_request_filter f = {.id = id, .done = true};

	return print(&f);
}

static int
do_add(int argc, char **argv)
{
	struct nvr_request_new n = {.person = opt.person,
	    .kind = opt.kind,
	    .channel = opt.channel,
	    .received = opt.received};
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_text("note", opt.note, &n.note);

	if (rc == 0 && (argc == 1) == (opt.person != NULL))
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "requests add EMAIL, or --person for who has no account");
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0 && argc == 1)
		rc = account_id(s, argv[0], &n.account);
	if (rc == 0)
		rc = nvr_request_add(s, &n, &id, &cli.err);
	rc = account_end(s, rc);
	return rc == 0 ? print_one(id) : rc;
}

struct answered {
	const char *outcome;
	bool so; /* it has that outcome already */
};

static int
see_answer(void *ctx, const struct nvr_request *r)
{
	struct answered *x = ctx;

	x->so = r->done_at != 0 &&
		(x->outcome == NULL || strcmp(r->outcome, x->outcome) == 0);
	return 0;
}

/* With the answer that it had, there is nothing to do. */
static int
answer_once(struct nvr_state *s, int64_t id, const char *answer)
{
	const struct nvr_request_filter f = {.id = id, .done = true};
	struct answered x = {.outcome = opt.outcome};
	int rc = nvr_request_each(s->store, &f, see_answer, &x, &cli.err);

	if (rc == 0 && x.so && answer == NULL) {
		nvr_note(&cli, "it was answered already: nothing was changed");
		return 0;
	}
	return rc == 0 ? nvr_request_done(s, id, opt.outcome, answer, &cli.err)
		       : rc;
}

static int
do_done(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	const char *answer = NULL;
	int64_t id = 0;
	int rc = account_row(argv[0], &id);

	(void)argc;
	if (rc == 0)
		rc = account_text("note", opt.note, &answer);
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0)
		rc = answer_once(s, id, answer);
	rc = account_end(s, rc);
	return rc == 0 ? print_one(id) : rc;
}

static int
do_extend(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_row(argv[0], &id);

	(void)argc;
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0)
		rc = nvr_request_extend(s, id, opt.why, &cli.err);
	rc = account_end(s, rc);
	return rc == 0 ? print_one(id) : rc;
}

int
run_requests(struct nvr_cli *c, int argc, char **argv)
{
	static const struct account_verb verbs[] = {
	    {"list", "", "all since", 0, 0, do_list},
	    {"add", "EMAIL", "person kind received channel note", 0, 1, do_add},
	    {"done", "ID", "outcome note", 1, 1, do_done},
	    {"extend", "ID", "why", 1, 1, do_extend},
	};

	(void)c;
	return account_verb(
	    "requests", verbs, sizeof(verbs) / sizeof(verbs[0]), argc, argv);
}
