/* nvr-account 2fa: second factors. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/qr.h"
#include "core/factor.h"

#include "nvr-account.h"

/* A state and an account, for each of the words. */
struct subject {
	struct nvr_state *s;
	struct nvr_account *a;
	const char *arg; /* the phone, the factor; NULL */
};

static void
show_factor(struct nvr_out *out, const char *kind, const char *state,
    int64_t since, const char *phone, int64_t left)
{
	char masked[NVR_PHONE_TEXT + 8];

	nvr_out_text(out, "kind", kind);
	nvr_out_text(out, "state", state);
	nvr_out_time(out, "since", since);
	/* Enough to know it by. */
	snprintf(masked, sizeof(masked), "%.3s…%s", phone,
	    phone[0] != '\0' ? phone + strlen(phone) - 3 : "");
	nvr_out_text(out, "phone", phone[0] != '\0' ? masked : NULL);
	if (left > 0)
		nvr_out_int(out, "left", left);
	else
		nvr_out_text(out, "left", NULL);
	nvr_out_end(out);
}

static int
show(struct subject *x)
{
	struct nvr_factors f;
	struct nvr_out out;
	int rc = nvr_factors(x->s, x->a->id, &f, &cli.err);

	if (rc != 0)
		return rc;
	nvr_out_init(&out, cli.json);
	if (f.totp_at != 0)
		show_factor(
		    &out, "totp", f.totp ? "on" : "begun", f.totp_at, "", -1);
	if (f.sms_at != 0)
		show_factor(
		    &out, "sms", f.sms ? "on" : "begun", f.sms_at, f.phone, -1);
	if (f.codes > 0)
		show_factor(&out, "recovery", "on", 0, "", f.codes);
	nvr_out_flush(&out);
	explicit_bzero(&f, sizeof(f));
	return 0;
}

/* The key is shown once: as a picture to people, as its URI to programs. */
static int
show_uri(void *ctx)
{
	const struct nvr_buf *uri = ctx;
	struct nvr_buf picture = {0};
	struct nvr_out out;
	int rc = 0;

	if (!cli.json && isatty(STDOUT_FILENO)) {
		rc = nvr_qr(uri->data, &picture, &cli.err);
		if (rc == 0)
			fwrite(picture.data, 1, picture.len, stdout);
		nvr_note(&cli, "scan it with an authenticator app, then "
			       "confirm it with the code that is shown");
	}
	nvr_out_init(&out, cli.json);
	nvr_out_text(&out, "uri", uri->data);
	nvr_out_end(&out);
	nvr_out_flush(&out);
	nvr_buf_wipe(&picture);
	return rc == 0 ? account_shown() : rc;
}

static int
enrol_totp(struct subject *x)
{
	struct nvr_buf uri = {0};
	int rc = nvr_totp_enrol(x->s, x->a, &uri, show_uri, &uri, &cli.err);

	nvr_buf_wipe(&uri);
	return rc;
}

static void
done(struct subject *x, enum nvr_factor which, const char *what)
{
	char text[32];

	snprintf(text, sizeof(text), "%s %s", nvr_factor_words[which], what);
	account_done(x->a->id, text, 0);
}

static int
confirm(struct subject *x)
{
	enum nvr_factor which = NVR_FACTOR_TOTP;
	struct nvr_factors f = {0};
	struct nvr_buf code = {0};
	int rc =
	    nvr_secret_read(&cli, opt.code_file, "code-file", "code", &code);

	if (rc == 0)
		rc =
		    nvr_factor_confirm(x->s, x->a, code.data, &which, &cli.err);
	nvr_buf_wipe(&code);
	if (rc == 0)
		rc = nvr_factors(x->s, x->a->id, &f, &cli.err);
	if (rc != 0)
		return rc;
	done(x, which, "confirmed");
	if (f.codes == 0)
		nvr_note(&cli, "'codes' draws recovery codes for the day that "
			       "it is lost");
	explicit_bzero(&f, sizeof(f));
	return 0;
}

static int
show_codes(void *ctx)
{
	char(*text)[NVR_RECOVERY_TEXT] = ctx;
	struct nvr_out out;

	nvr_out_init(&out, cli.json);
	for (int i = 0; i < NVR_RECOVERY_CODES; i++) {
		nvr_out_text(&out, "code", text[i]);
		nvr_out_end(&out);
	}
	nvr_out_flush(&out);
	return account_shown();
}

static int
codes(struct subject *x)
{
	char text[NVR_RECOVERY_CODES][NVR_RECOVERY_TEXT];
	int rc =
	    nvr_recovery_draw(x->s, x->a, text, show_codes, text, &cli.err);

	explicit_bzero(text, sizeof(text));
	return rc;
}

static int
sms(struct subject *x)
{
	struct nvr_factors f = {0};
	int rc = nvr_sms_enrol(x->s, x->a, x->arg, &cli.err);

	if (rc == 0)
		rc = nvr_factors(x->s, x->a->id, &f, &cli.err);
	if (rc != 0)
		return rc;
	done(x, NVR_FACTOR_SMS, "begun");
	nvr_note(&cli, "agreed to: %s", nvr_sms_consent_text);
	nvr_note(&cli, "a code was sent to the number: confirm it with that");
	if (!f.totp)
		nvr_note(&cli, "an authenticator app ('enrol-totp') is safer: "
			       "numbers are taken over, messages are read");
	explicit_bzero(&f, sizeof(f));
	return 0;
}

static int
remove_it(struct subject *x, enum nvr_factor which)
{
	int rc = nvr_factor_disable(x->s, x->a, which, &cli.err);

	if (rc == 0)
		done(x, which, "removed");
	return rc;
}

static int
disable(struct subject *x)
{
	for (enum nvr_factor f = NVR_FACTOR_TOTP; f <= NVR_FACTOR_SMS; f++)
		if (strcmp(x->arg, nvr_factor_words[f]) == 0)
			return remove_it(x, f);
	return nvr_fail(&cli.err, NVR_E_USAGE, "disable 'totp' or 'sms'");
}

static int
withdraw(struct subject *x)
{
	return remove_it(x, NVR_FACTOR_SMS);
}

static const struct {
	const char *word;
	int args;
	int (*run)(struct subject *x);
} words[] = {
    {"show", 0, show},
    {"enrol-totp", 0, enrol_totp},
    {"confirm", 0, confirm},
    {"codes", 0, codes},
    {"sms", 1, sms},
    {"withdraw-sms", 0, withdraw},
    {"disable", 1, disable},
};

int
run_2fa(struct nvr_cli *c, int argc, char **argv)
{
	struct subject x = {.arg = argc > 2 ? argv[2] : NULL};
	const char *word = argc > 1 ? argv[1] : "show";
	size_t i, n = sizeof(words) / sizeof(words[0]);
	int rc;

	for (i = 0; i < n && strcmp(words[i].word, word) != 0; i++)
		;
	if (i == n || words[i].args != (argc > 2))
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "say enrol-totp, confirm, codes, 'sms PHONE', withdraw-sms "
		    "or 'disable totp|sms'");
	rc = account_of(argv[0], &x.s, &x.a);
	if (rc == 0)
		rc = words[i].run(&x);
	nvr_account_free(x.a);
	nvr_state_close(x.s);
	return rc;
}
