/* nvr-account confirm: what the link of a letter does. */
#include "core/link.h"

#include "nvr-account.h"

/* Another link, for who lost the first. */
static int
ask(const char *email)
{
	struct nvr_state *s = NULL;
	int64_t wait;
	int rc = account_open(&s);

	if (rc == 0)
		rc = nvr_link_ask(
		    s, NVR_LINK_VERIFY, email, NULL, &wait, &cli.err);
	if (rc == 0)
		nvr_note(&cli, "if an account of that address waits to be "
			       "confirmed, a link was posted to it");
	nvr_state_close(s);
	return rc;
}

int
run_confirm(struct nvr_cli *c, int argc, char **argv)
{
	static const char *const done[] = {
	    [NVR_CONFIRMED] = "address confirmed",
	    [NVR_CONFIRMED_NEW] = "new address confirmed",
	    [NVR_CONFIRMED_UNDO] =
		"old address is back; a link to set a new password was posted",
	    [NVR_CONFIRMED_DELETED] =
		"old address is back; the account is deleted: have it restored",
	};
	struct nvr_buf token = {0};
	struct nvr_state *s = NULL;
	enum nvr_confirmed what;
	int64_t id;
	int rc;

	if (argc > 0 && opt.token_file != NULL)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "give an address to post a link to, or --token-file of "
		    "such a link");
	if (argc > 0)
		return ask(argv[0]);
	rc = nvr_secret_read(c, opt.token_file, "token-file", "token", &token);
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = nvr_account_confirm(s, token.data, &id, &what, &c->err);
	if (rc == 0)
		account_done(id, done[what], 0);
	nvr_buf_wipe(&token);
	nvr_state_close(s);
	return rc;
}
