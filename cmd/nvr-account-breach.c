/* nvr-account breach: the register of breaches, and its clock. */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "core/breach.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	json_t *notes;
	struct nvr_buf text;
	int64_t now, overdue;
	bool found;
	int damaged; /* what is the matter with a row; 0: nothing */
};

/* The clock runs until it is reported, or closed because it need not be. */
static const char *
state_of(struct listing *l, const struct nvr_breach *b)
{
	if (b->closed_at != 0)
		return "closed";
	if (b->reported_at != 0)
		return "reported";
	if (b->due_at > l->now)
		return "open";
	l->overdue++;
	return "overdue";
}

/* A text that does not open hides no other. */
static const char *
opened(struct listing *l, int rc)
{
	if (rc != 0)
		l->damaged = rc;
	return rc == 0 ? l->text.data : NULL;
}

static int
add_note(void *ctx, const struct nvr_breach_note *n)
{
	struct listing *l = ctx;
	const char *text =
	    opened(l, nvr_breach_note_text(l->s, n, &l->text, &cli.err));
	char at[NVR_TIME_TEXT];

	json_array_append_new(
	    l->notes, json_pack("{ss ss ss?}", "at", nvr_time_format(n->at, at),
			  "who", n->who, "text", text));
	return 0;
}

static int
print_row(void *ctx, const struct nvr_breach *b)
{
	struct listing *l = ctx;
	struct nvr_told_count count;
	struct nvr_out *out = &l->out;
	int64_t minutes = (b->due_at - l->now) / NVR_MINUTE;
	bool runs = b->reported_at == 0 && b->closed_at == 0;
	int rc = nvr_told_count(
	    l->s->store, NVR_TOLD_BREACH, b->id, &count, &cli.err);

	l->found = true;
	l->notes = json_array();
	if (rc == 0)
		rc = nvr_breach_note_each(
		    l->s->store, b->id, add_note, l, &cli.err);
	if (rc != 0) {
		json_decref(l->notes);
		return rc;
	}
	nvr_out_id(out, "id", b->id);
	nvr_out_text(out, "title",
	    opened(l, nvr_breach_title(l->s, b, &l->text, &cli.err)));
	nvr_out_text(out, "state", state_of(l, b));
	if (runs)
		nvr_out_real(out, "hours_left", (double)minutes / 60);
	else
		nvr_out_text(out, "hours_left", NULL);
	nvr_out_time(out, "known_at", b->known_at);
	nvr_out_time(out, "reported_at", b->reported_at);
	nvr_out_time(out, "closed_at", b->closed_at);
	nvr_out_int(out, "told", count.told);
	nvr_out_more(out);
	nvr_out_time(out, "due_at", b->due_at);
	nvr_out_time(out, "opened_at", b->opened_at);
	nvr_out_json(out, "notes", l->notes);
	nvr_out_end(out);
	return 0;
}

/* id 0: all, and whether one is late counts. */
static int
print(int64_t id)
{
	struct listing l = {.now = nvr_time_now()};
	int rc = account_open(&l.s);

	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_breach_each(l.s->store, id, print_row, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_buf_wipe(&l.text);
	nvr_state_close(l.s);
	rc = rc == 0 ? l.damaged : rc;
	if (rc != 0 || id != 0 || l.overdue == 0)
		return rc;
	nvr_warn("%" PRId64
		 " breach%s overdue: the supervisory authority was to be told "
		 "within 72 hours",
	    l.overdue, l.overdue == 1 ? " is" : "es are");
	return NVR_EXIT_NEGATIVE;
}

static int
do_list(int argc, char **argv)
{
	(void)argc, (void)argv;
	return print(0);
}

static int
print_note(void *ctx, const struct nvr_breach_note *n)
{
	struct listing *l = ctx;

	nvr_out_time(&l->out, "at", n->at);
	nvr_out_text(&l->out, "who", n->who);
	nvr_out_text(&l->out, "text",
	    opened(l, nvr_breach_note_text(l->s, n, &l->text, &cli.err)));
	nvr_out_end(&l->out);
	return 0;
}

static int
is_there(void *ctx, const struct nvr_breach *b)
{
	struct listing *l = ctx;

	(void)b;
	l->found = true;
	return 0;
}

static int
print_told(void *ctx, const struct nvr_told *t)
{
	struct listing *l = ctx;

	nvr_out_id(&l->out, "account", t->account);
	nvr_out_time(&l->out, "told_at", t->at);
	nvr_out_more(&l->out);
	nvr_out_time(&l->out, "seen_at", 0);
	nvr_out_end(&l->out);
	return 0;
}

/* The rows that hang on a breach. */
static int
do_show(int argc, char **argv)
{
	struct listing l = {0};
	int64_t id = 0;
	int rc = account_row(argv[0], &id);

	(void)argc;
	if (rc == 0)
		rc = account_open(&l.s);
	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_breach_each(l.s->store, id, is_there, &l, &cli.err);
	if (rc == 0 && !l.found)
		rc = nvr_fail(&cli.err, NVR_E_NOENT, "no breach '%s'", argv[0]);
	if (rc == 0 && opt.all)
		rc = nvr_told_each(
		    l.s->store, NVR_TOLD_BREACH, id, print_told, &l, &cli.err);
	else if (rc == 0)
		rc = nvr_breach_note_each(
		    l.s->store, id, print_note, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_buf_wipe(&l.text);
	nvr_state_close(l.s);
	return rc == 0 ? l.damaged : rc;
}

static int
do_open(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	const char *text = NULL;
	int64_t id = 0;
	int rc = account_text("text", opt.text, &text);

	(void)argc;
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0)
		rc =
		    nvr_breach_open(s, argv[0], opt.known, text, &id, &cli.err);
	rc = account_end(s, rc);
	return rc == 0 ? print(id) : rc;
}

/* note and close: what they do is said by the function. */
static int
change(const char *name, const char *words,
    int (*f)(struct nvr_state *s, int64_t id, const char *text, bool reported,
	struct nvr_error *err))
{
	struct nvr_state *s = NULL;
	const char *text = NULL;
	int64_t id = 0;
	int rc = account_row(name, &id);

	if (rc == 0)
		rc = account_text("text", words, &text);
	if (rc == 0)
		rc = account_begin(&s);
	if (rc == 0)
		rc = f(s, id, text, opt.reported, &cli.err);
	rc = account_end(s, rc);
	return rc == 0 ? print(id) : rc;
}

static int
do_note(int argc, char **argv)
{
	if (argc > 1 && opt.text != NULL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "breach note ID TEXT, or --text: not both");
	return change(argv[0], argc > 1 ? argv[1] : opt.text, nvr_breach_note);
}

static int
see_closed(void *ctx, const struct nvr_breach *b)
{
	*(bool *)ctx = b->closed_at != 0;
	return 0;
}

/* With nothing to add, one that is closed is. */
static int
close_once(struct nvr_state *s, int64_t id, const char *text, bool reported,
    struct nvr_error *err)
{
	bool closed = false;
	int rc = nvr_breach_each(s->store, id, see_closed, &closed, err);

	if (rc == 0 && closed && text == NULL && !reported) {
		nvr_note(&cli, "it is closed already: nothing was changed");
		return 0;
	}
	return rc == 0 ? nvr_breach_close(s, id, text, reported, err) : rc;
}

static int
do_close(int argc, char **argv)
{
	(void)argc;
	return change(argv[0], opt.text, close_once);
}

/* Whom it affects; and of them, how many were told already. */
static int
find_affected(struct nvr_state *s, int64_t id, int64_t *account, int64_t *told)
{
	struct nvr_told_count count = {0};
	bool is = false;
	int rc =
	    nvr_told_count(s->store, NVR_TOLD_BREACH, id, &count, &cli.err);

	*told = opt.account.n > 0 ? 0 : count.told;
	for (int i = 0; rc == 0 && i < opt.account.n; i++) {
		rc = account_id(s, opt.account.item[i], &account[i]);
		if (rc == 0)
			rc = nvr_told_is(s->store, NVR_TOLD_BREACH, id,
			    account[i], &is, &cli.err);
		*told += rc == 0 && is;
	}
	if (rc != 0 || opt.account.n > 0 || opt.all || opt.dry_run)
		return rc;
	return account_ask("say --account EMAIL for each whom it affects, or "
			   "--all for everybody",
	    "this tells all accounts, %" PRId64 " of them; type 'all': ", "all",
	    count.left);
}

static int
notify(struct nvr_state *s, int64_t id, const char *text)
{
	int64_t account[NVR_LIST_MAX], told = 0;
	struct account_telling t;
	int rc = find_affected(s, id, account, &told);

	if (rc != 0)
		return rc;
	account_telling(&t, s, NVR_TOLD_BREACH, id);
	rc = nvr_breach_notify(
	    s, id, text, account, opt.account.n, &t.telling, &cli.err);
	rc = account_told(&t, opt.account.n, rc);
	if (rc >= 0 && told > 0)
		nvr_note(&cli,
		    "told already, and not told again, whatever the text: "
		    "%" PRId64,
		    told);
	return rc;
}

static int
do_notify(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	const char *text = NULL;
	int64_t id = 0;
	int rc = account_row(argv[0], &id);

	(void)argc;
	if (rc == 0 && opt.text == NULL)
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "--text is missing: what happened, what may follow, what "
		    "is done, whom to ask");
	if (rc == 0 && opt.all && opt.account.n > 0)
		rc = nvr_fail(
		    &cli.err, NVR_E_USAGE, "--all, or --account: not both");
	if (rc == 0)
		rc = account_text("text", opt.text, &text);
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = notify(s, id, text);
	nvr_state_close(s);
	return rc;
}

int
run_breach(struct nvr_cli *c, int argc, char **argv)
{
	static const struct account_verb verbs[] = {
	    {"list", "", "", 0, 0, do_list},
	    {"open", "TITLE", "known text", 1, 1, do_open},
	    {"note", "ID TEXT", "text reported", 1, 2, do_note},
	    {"notify", "ID", "text account all dry-run", 1, 1, do_notify},
	    {"close", "ID", "text reported", 1, 1, do_close},
	    {"show", "ID", "all", 1, 1, do_show},
	};

	(void)c;
	return account_verb(
	    "breach", verbs, sizeof(verbs) / sizeof(verbs[0]), argc, argv);
}
