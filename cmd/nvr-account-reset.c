/* nvr-account reset: a new password for who forgot the old one. */
#include <string.h>

#include "base/file.h"
#include "core/link.h"
#include "core/reset.h"

#include "nvr-account.h"

static int
ask(struct nvr_state *s, const char *email)
{
	int64_t wait;
	int rc = nvr_link_ask(s, NVR_LINK_RESET, email, NULL, &wait, &cli.err);

	if (rc == 0)
		nvr_note(&cli, "if there is an account of that address, a "
			       "link was posted to it");
	return rc;
}

static int
set(struct nvr_state *s)
{
	struct nvr_buf token = {0}, password = {0};
	char device[NVR_DEVICE_TEXT];
	int rc = nvr_secret_read(
	    &cli, opt.token_file, "token-file", "token", &token);

	if (rc == 0)
		rc = nvr_secret_read(&cli, opt.password_file, "password-file",
		    "new password", &password);
	if (rc == 0)
		rc = nvr_reset_set(
		    s, token.data, password.data, device, &cli.err);
	nvr_buf_wipe(&token);
	nvr_buf_wipe(&password);
	if (rc == 0)
		nvr_note(&cli, "the password is set; all sessions ended");
	if (rc == 0 && opt.device_file != NULL)
		rc = nvr_file_write(
		    opt.device_file, device, strlen(device), 0600, 0, &cli.err);
	return rc;
}

int
run_reset(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int rc;

	if ((argc == 0) == (opt.token_file == NULL))
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "give an address to post a link to, or --token-file of "
		    "such a link");
	rc = account_open(&s);
	if (rc == 0)
		rc = argc > 0 ? ask(s, argv[0]) : set(s);
	nvr_state_close(s);
	return rc;
}
