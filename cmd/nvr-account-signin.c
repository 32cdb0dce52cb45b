/* nvr-account signin and signout: as the portal does it, from a terminal. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/signin.h"

#include "nvr-account.h"

#define DEVICE_FILE 4096

static void
show(const struct nvr_signed *r)
{
	struct nvr_out out;
	json_t *factors = json_array();

	if (r->session == 0 && r->factors.totp)
		json_array_append_new(factors, json_string("totp"));
	if (r->session == 0 && r->factors.sms)
		json_array_append_new(factors, json_string("sms"));
	if (r->session == 0 && r->factors.codes > 0)
		json_array_append_new(factors, json_string("recovery"));
	nvr_out_init(&out, cli.json);
	nvr_out_text(
	    &out, "state", r->session != 0 ? "session" : "second-factor");
	nvr_out_text(&out, "token", r->token);
	nvr_out_more(&out);
	nvr_out_time(&out, "expires_at", r->expires);
	nvr_out_id(&out, "account_id", r->account);
	nvr_out_json(&out, "factors", factors);
	nvr_out_bool(&out, "verified", r->verified);
	nvr_out_bool(&out, "restricted", r->restricted);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

/* What the browser kept; the first time there is none. */
static int
read_device(struct nvr_buf *device)
{
	int rc = 0;

	if (opt.device_file != NULL && access(opt.device_file, F_OK) == 0)
		rc = nvr_file_read(
		    opt.device_file, DEVICE_FILE, device, &cli.err);
	if (rc == 0 && device->data != NULL)
		device->data[strcspn(device->data, "\r\n")] = '\0';
	return rc;
}

static int
take_code(struct nvr_state *s, const char *token, const struct nvr_signin *in,
    struct nvr_signed *r)
{
	struct nvr_buf code = {0};
	int rc =
	    nvr_secret_read(&cli, opt.code_file, "code-file", "code", &code);

	if (rc == 0)
		rc = nvr_signin_code(s, token, code.data, in, r, &cli.err);
	nvr_buf_wipe(&code);
	return rc;
}

/* With --code-file both steps are one. */
static int
with_password(struct nvr_state *s, struct nvr_signin *in, struct nvr_signed *r)
{
	char token[NVR_TOKEN_TEXT];
	struct nvr_buf password = {0};
	int rc = nvr_secret_read(
	    &cli, opt.password_file, "password-file", "password", &password);

	in->password = password.data;
	if (rc == 0)
		rc = nvr_signin(s, in, r, &cli.err);
	in->password = NULL;
	nvr_buf_wipe(&password);
	if (rc != 0 || r->session != 0)
		return rc;
	if (opt.code_file != NULL) {
		memcpy(token, r->token, sizeof(token));
		rc = take_code(s, token, in, r);
		explicit_bzero(token, sizeof(token));
	} else if (r->factors.sms && !r->factors.totp) {
		/* There is nothing else that it could be asked for. */
		rc = nvr_factor_sms_send(s, r->token, &cli.err);
		if (rc == 0)
			nvr_note(&cli, "a code was sent by SMS");
	}
	return rc;
}

/* Without a code one is sent. */
static int
with_token(struct nvr_state *s, const struct nvr_signin *in,
    struct nvr_signed *r, bool *sent)
{
	struct nvr_buf token = {0};
	int rc = nvr_secret_read(
	    &cli, opt.token_file, "token-file", "token", &token);

	if (rc == 0 && opt.code_file == NULL) {
		rc = nvr_factor_sms_send(s, token.data, &cli.err);
		*sent = rc == 0;
	} else if (rc == 0) {
		rc = take_code(s, token.data, in, r);
	}
	nvr_buf_wipe(&token);
	return rc;
}

static bool
is_stdin(const char *file)
{
	return file != NULL && strcmp(file, "-") == 0;
}

static int
check_usage(const char *email)
{
	if ((email == NULL) == (opt.token_file == NULL))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "give an address, or --token-file to go on with the "
		    "second factor");
	if (is_stdin(opt.code_file) &&
	    (is_stdin(opt.token_file) || is_stdin(opt.password_file)))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "standard input can be one of them: --code-file FILE");
	return 0;
}

/* A session that nobody saw begin is no use to anybody but a thief. */
static int
show_or_end(struct nvr_state *s, const struct nvr_signed *r)
{
	struct nvr_error ignored;
	int rc;

	show(r);
	rc = account_shown();
	if (rc != 0 && r->session != 0)
		(void)nvr_signout(s, r->token, &ignored);
	return rc;
}

int
run_signin(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_signin in = {.email = argc > 0 ? argv[0] : NULL,
	    .address = opt.address != NULL ? opt.address : "127.0.0.1",
	    .agent = opt.agent};
	struct nvr_state *s = NULL;
	struct nvr_signed r = {0};
	struct nvr_buf device = {0};
	bool sent = false;
	int rc;

	rc = check_usage(in.email);
	if (rc == 0)
		rc = read_device(&device);
	in.device = device.data;
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0 && opt.token_file != NULL)
		rc = with_token(s, &in, &r, &sent);
	else if (rc == 0)
		rc = with_password(s, &in, &r);
	if (rc == 0 && sent)
		nvr_note(c, "a code was sent by SMS");
	else if (rc == 0)
		rc = show_or_end(s, &r);
	if (rc == 0 && r.device[0] != '\0' && opt.device_file != NULL)
		rc = nvr_file_write(opt.device_file, r.device, strlen(r.device),
		    0600, 0, &c->err);
	if (rc == 0 && r.session == 0)
		rc = NVR_EXIT_NEGATIVE;
	nvr_buf_wipe(&device);
	explicit_bzero(&r, sizeof(r));
	nvr_state_close(s);
	return rc;
}

int
run_signout(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_buf token = {0};
	struct nvr_state *s = NULL;
	int rc =
	    nvr_secret_read(c, opt.token_file, "token-file", "token", &token);

	(void)argc, (void)argv;
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = nvr_signout(s, token.data, &c->err);
	nvr_buf_wipe(&token);
	nvr_state_close(s);
	return rc;
}
