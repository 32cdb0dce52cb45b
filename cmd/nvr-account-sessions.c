/* nvr-account sessions, session: who is signed in where, and whose token is. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/session.h"

#include "nvr-account.h"

static int
show(void *ctx, const struct nvr_session *x, const char *address,
    const char *agent)
{
	struct nvr_out *out = ctx;

	nvr_out_id(out, "id", x->id);
	nvr_out_time(out, "created_at", x->created_at);
	nvr_out_time(out, "active_at", x->active_at);
	nvr_out_text(out, "address", address);
	nvr_out_text(out, "agent", agent);
	nvr_out_text(out, "factor", x->factor);
	nvr_out_more(out);
	nvr_out_time(out, "confirmed_at", x->confirmed_at);
	nvr_out_time(out, "expires_at", x->expires_at);
	nvr_out_end(out);
	return 0;
}

static int
revoke(struct nvr_state *s, int64_t account, int64_t id)
{
	char done[64];
	int n = 0, rc = nvr_store_begin(s->store, &cli.err);

	if (rc != 0)
		return rc;
	rc = nvr_session_revoke(s, account, id, 0, &n, &cli.err);
	rc = nvr_store_end(s->store, rc, &cli.err);
	snprintf(
	    done, sizeof(done), "%d session%s ended", n, n == 1 ? "" : "s");
	if (rc == 0)
		account_done(account, done, 0);
	return rc;
}

int
run_sessions(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_account *a = NULL;
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int64_t id = 0;
	int rc = 0;

	if (argc > 1 &&
	    (strcmp(argv[1], "revoke") != 0 || (argc == 3) == opt.all))
		return nvr_fail(
		    &c->err, NVR_E_USAGE, "say 'revoke ID', or 'revoke --all'");
	if (argc == 3)
		rc = nvr_id_parse(argv[2], &id, &c->err);
	if (rc == 0)
		rc = account_of(argv[0], &s, &a);
	if (rc == 0 && argc > 1)
		rc = revoke(s, a->id, id);
	else if (rc == 0) {
		nvr_out_init(&out, c->json);
		rc = nvr_session_list(
		    s, a->id, nvr_time_now(), show, &out, &c->err);
		nvr_out_flush(&out);
	}
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

/* What the portal asks with every request. */
int
run_session(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_session x = {0};
	struct nvr_buf token = {0};
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc =
	    nvr_secret_read(c, opt.token_file, "token-file", "token", &token);

	(void)argc, (void)argv;
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = nvr_session_check(
		    s, token.data, nvr_time_now(), &x, &c->err);
	if (rc == 0) {
		nvr_out_init(&out, c->json);
		nvr_out_id(&out, "account", x.account);
		nvr_out_id(&out, "session", x.id);
		nvr_out_text(&out, "factor", x.factor);
		nvr_out_time(&out, "expires_at", x.expires_at);
		nvr_out_more(&out);
		nvr_out_time(&out, "created_at", x.created_at);
		nvr_out_time(&out, "active_at", x.active_at);
		nvr_out_time(&out, "confirmed_at", x.confirmed_at);
		nvr_out_end(&out);
		nvr_out_flush(&out);
	}
	nvr_buf_wipe(&token);
	nvr_state_close(s);
	return rc;
}
