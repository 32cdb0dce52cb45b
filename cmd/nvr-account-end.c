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
	if (rc == 0)
		rc = ask("there is no way back; type 'erase': ", line);
	if (rc == 0 && strcmp(line, "erase") != 0)
		rc = nvr_fail(&cli.err, NVR_E_USAGE, "nothing was erased");
	explicit_bzero(line, sizeof(line));
	return rc;
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
		rc = nvr_erase_due(s, nvr_time_now(), &n, &c->err);
	if (rc == 0 && n > 0)
		nvr_note(c, "accounts erased: %d", n);
	nvr_state_close(s);
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
		rc = nvr_account_delete(s, a->id, opt.why, &c->err);
	if (rc == 0 && !opt.now)
		account_done(
		    a->id, "deleted", nvr_time_now() + s->rules->restore);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

static int
simply(const char *who, const char *done,
    int (*run)(struct nvr_state *s, int64_t id, const char *why,
	struct nvr_error *err))
{
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	int rc = account_of(who, &s, &a);

	if (rc == 0)
		rc = run(s, a->id, opt.why, &cli.err);
	if (rc == 0)
		account_done(a->id, done, 0);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

int
run_restore(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc;
	return simply(argv[0], "restored", nvr_account_restore);
}

int
run_restrict(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc;
	return simply(argv[0], "restricted", nvr_account_restrict);
}

int
run_unrestrict(struct nvr_cli *c, int argc, char **argv)
{
	(void)c, (void)argc;
	return simply(argv[0], "no longer restricted", nvr_account_unrestrict);
}
