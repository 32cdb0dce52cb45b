/* nvr-account delete, restore, restrict and unrestrict. */
#include <readpassphrase.h>
#include <string.h>

#include "base/address.h"
#include "base/time.h"
#include "core/erasure.h"

#include "nvr-account.h"

#define LINE (NVR_ADDRESS_SHOWN + 2)

static int
ask(const char *prompt, char line[LINE])
{
	if (readpassphrase(prompt, line, LINE, RPP_ECHO_ON | RPP_REQUIRE_TTY) ==
	    NULL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "no terminal to ask on whether to erase for good: "
		    "--yes-erase says so");
	return 0;
}

/* Erasing cannot be undone, so who asks for it says whom, and what. */
static int
ask_twice(struct nvr_state *s, const struct nvr_account *a)
{
	struct nvr_account *typed = NULL;
	char line[LINE];
	int64_t id = 0;
	int rc =
	    ask("erase for good; whose account? e-mail address or id: ", line);

	if (rc == 0)
		rc = nvr_account_find(s, line, &typed, &cli.err);
	if (rc == 0)
		id = typed->id;
	nvr_account_free(typed);
	if (rc == 0 && id != a->id)
		rc = nvr_fail(&cli.err, NVR_E_USAGE, "that is another account");
	explicit_bzero(line, sizeof(line));
	return rc == 0 ? account_ask("--yes-erase says so",
			     "there is no way back; type 'erase': ", "erase")
		       : rc;
}

static int
erase(struct nvr_state *s, const struct nvr_account *a)
{
	int rc = opt.yes_erase ? 0 : ask_twice(s, a);

	if (rc == 0)
		rc = nvr_erase(s, a->id, &cli.err);
	if (rc == 0)
		account_done(a->id, "erased", 0);
	return rc;
}

/* For timers: says nothing where there is nothing to do. */
static int
erase_due(struct nvr_cli *c)
{
	struct nvr_state *s = NULL;
	int n = 0, rc = account_open(&s);

	if (rc == 0)
		rc = nvr_erase_due(s, nvr_time_now(), NULL, NULL, &n, &c->err);
	if (rc == 0 && n > 0)
		nvr_note(c, "accounts erased: %d", n);
	nvr_state_close(s);
	return rc;
}

/* So it was already: that is said, and nothing is done or logged. */
static void
say_already(const char *what)
{
	nvr_note(&cli, "the account %s: nothing was changed", what);
}

static int
mark(struct nvr_state *s, const struct nvr_account *a)
{
	int64_t at = a->deleted_at != 0 ? a->deleted_at : nvr_time_now();
	int rc = 0;

	if (a->deleted_at == 0)
		rc = nvr_account_delete(s, a->id, opt.why, &cli.err);
	else
		say_already("is deleted already");
	if (rc == 0)
		account_done(a->id, "deleted", at + s->rules->restore);
	return rc;
}

int
run_delete(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	int rc;

	if (opt.due != (argc == 0) || (opt.due && opt.now))
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "name the account, or say --due alone");
	if (opt.due)
		return erase_due(c);
	if (opt.yes_erase && !opt.now)
		return nvr_fail(
		    &c->err, NVR_E_USAGE, "--yes-erase goes with --now");
	rc = account_of(argv[0], &s, &a);
	if (rc == 0 && opt.now)
		rc = erase(s, a);
	else if (rc == 0)
		rc = mark(s, a);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

struct ending {
	const char *done, *already;
	/* Then it is done already; NULL: that is for run() to refuse. */
	bool (*is_so)(const struct nvr_account *a);
	int (*run)(struct nvr_state *s, int64_t id, const char *why,
	    struct nvr_error *err);
};

static int
simply(const char *who, const struct ending *e)
{
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	int rc = account_of(who, &s, &a);

	if (rc == 0 && e->is_so != NULL && e->is_so(a))
		say_already(e->already);
	else if (rc == 0)
		rc = e->run(s, a->id, opt.why, &cli.err);
	if (rc == 0)
		account_done(a->id, e->done, 0);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

static bool
is_restricted(const struct nvr_account *a)
{
	return a->restricted_at != 0;
}

static bool
is_free(const struct nvr_account *a)
{
	return a->restricted_at == 0;
}

int
run_restore(struct nvr_cli *c, int argc, char **argv)
{
	static const struct ending e = {
	    "restored", NULL, NULL, nvr_account_restore};

	(void)c, (void)argc;
	return simply(argv[0], &e);
}

int
run_restrict(struct nvr_cli *c, int argc, char **argv)
{
	static const struct ending e = {"restricted", "is restricted already",
	    is_restricted, nvr_account_restrict};

	(void)c, (void)argc;
	return simply(argv[0], &e);
}

int
run_unrestrict(struct nvr_cli *c, int argc, char **argv)
{
	static const struct ending e = {"no longer restricted",
	    "is not restricted", is_free, nvr_account_unrestrict};

	(void)c, (void)argc;
	return simply(argv[0], &e);
}
