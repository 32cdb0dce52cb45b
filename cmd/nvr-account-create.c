/* nvr-account create, set, passwd and tier. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/letter.h"

#include "nvr-account.h"

/* Asks twice where it asks on the terminal. */
static int
read_password(struct nvr_buf *ret)
{
	struct nvr_buf again = {0};
	int rc = nvr_secret_read(
	    &cli, opt.password_file, "password-file", "new password", ret);

	if (rc == 0 && opt.password_file == NULL)
		rc = nvr_secret_read(
		    &cli, NULL, "password-file", "new password again", &again);
	if (rc == 0 && opt.password_file == NULL &&
	    strcmp(ret->data, again.data) != 0)
		rc =
		    nvr_fail(&cli.err, NVR_E_USAGE, "the two passwords differ");
	nvr_buf_wipe(&again);
	return rc;
}

int
run_create(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account_new n = {.email = argv[0],
	    .name = opt.name,
	    .business = opt.business,
	    .tier = opt.tier,
	    .born = opt.born,
	    .adult = opt.adult,
	    .verified = opt.verified};
	struct nvr_buf password = {0};
	struct nvr_state *s = NULL;
	int64_t id;
	int rc = 0;

	(void)argc;
	if (n.name == NULL)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "an account has the name of a person: --name");
	if (n.born != NULL && n.adult)
		return nvr_fail(
		    &c->err, NVR_E_USAGE, "--born says what --adult would");
	if (opt.password_file != NULL)
		rc = read_password(&password);
	n.password = password.data;
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = nvr_account_create(s, &n, nvr_time_now(), &id, &c->err);
	if (rc == 0) {
		account_done(id, "created", 0);
		if (!n.verified && !nvr_letter_ready(s))
			nvr_note(c,
			    "no letter asks to confirm the address: nvr.conf's "
			    "[portal] has no url and mail-from");
	}
	nvr_buf_wipe(&password);
	nvr_state_close(s);
	return rc;
}

/* `changed name, email`. */
static void
say_changed(int64_t id, unsigned changed)
{
	static const char *const words[] = {
	    "name", "business", "email", "verified", "asked the new address"};
	struct nvr_buf text = {0};
	int n = 0, rc = 0;

	for (int i = 0; rc == 0 && i < 5; i++)
		if ((changed & 1U << i) != 0)
			rc = nvr_buf_addf(&text, &cli.err, "%s%s",
			    n++ > 0 ? ", " : "", words[i]);
	account_done(id, n > 0 && rc == 0 ? text.data : "nothing changed", 0);
	nvr_buf_release(&text);
}

int
run_set(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account_change change = {.name = opt.name,
	    .business = opt.business,
	    .email = opt.email,
	    .verified = opt.verified};
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	unsigned changed;
	int rc;

	(void)argc;
	if (opt.name == NULL && opt.business == NULL && opt.email == NULL &&
	    !opt.verified)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "say what to correct: --name, --business, --email or "
		    "--verified");
	rc = account_of(argv[0], &s, &a);
	if (rc == 0)
		rc = nvr_account_change(s, a->id, &change, &changed, &c->err);
	if (rc == 0) {
		say_changed(a->id, changed);
		if ((changed & NVR_CHANGED_EMAIL) != 0 && !nvr_letter_ready(s))
			nvr_note(c,
			    "the old address was not told: nvr.conf's [portal] "
			    "has no url and mail-from");
	}
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

int
run_passwd(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_buf password = {0};
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	int rc = account_of(argv[0], &s, &a);

	(void)argc;
	if (rc == 0)
		rc = read_password(&password);
	if (rc == 0)
		rc = nvr_account_password(s, a->id, password.data, &c->err);
	if (rc == 0)
		account_done(a->id, "password set, all sessions ended", 0);
	nvr_buf_wipe(&password);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

int
run_tier(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	int rc = account_of(argv[0], &s, &a);

	(void)argc;
	if (rc == 0)
		rc = nvr_account_tier(s, a->id, argv[1], &c->err);
	if (rc == 0)
		account_done(a->id, argv[1], 0);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}
