/* nvr-account recorder: which recorders report here. */
#include <math.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/remote.h"
#include "core/site.h"
#include "store/telemetry.h"

#include "nvr-account.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	struct nvr_site_names names;
};

static void
put_id(struct nvr_out *out, const char *name, int64_t id)
{
	if (id != 0)
		nvr_out_id(out, name, id);
	else
		nvr_out_text(out, name, NULL);
}

static void
put_ms(struct nvr_out *out, const char *name, int64_t us)
{
	if (us != INT64_MIN)
		nvr_out_int(out, name, us / NVR_MILLISECOND);
	else
		nvr_out_text(out, name, NULL);
}

/* What somebody is asked about it. */
static const char *
question(const struct nvr_remote *r)
{
	if (strcmp(r->state, "revoked") == 0)
		return NULL;
	if (strcmp(r->state, "waiting") == 0)
		return "new";
	return r->cloned_at != 0 ? "cloned" : r->has_moved ? "moved" : NULL;
}

static const struct nvr_telemetry untold = {.cpu = NAN,
    .memory = NAN,
    .disk_free = NAN,
    .disk_free_bytes = -1,
    .temperature = NAN,
    .cameras_down = -1};

void
recorder_put(struct nvr_out *out, const char *site,
    const struct nvr_remote_now *n, bool all)
{
	const struct nvr_telemetry *t = n->newest != NULL ? n->newest : &untold;
	const struct nvr_remote *r = n->r;

	nvr_out_id(out, "id", r->id);
	nvr_out_text(out, "site", site);
	nvr_out_text(out, "state", r->state);
	nvr_out_text(out, "question", question(r));
	nvr_out_time(out, "seen_at", r->seen_at);
	nvr_out_int(out, "cameras", n->cameras);
	nvr_out_text(out, "agent", r->agent[0] != '\0' ? r->agent : NULL);
	account_put_real(out, "cpu_percent", t->cpu);
	account_put_real(out, "disk_free_percent", t->disk_free);
	account_put_count(out, "cameras_down", t->cameras_down);
	if (!all)
		nvr_out_more(out);
	account_put_real(out, "memory_percent", t->memory);
	account_put_count(out, "disk_free_bytes", t->disk_free_bytes);
	account_put_real(out, "temperature_celsius", t->temperature);
	nvr_out_id(out, "account_id", r->account_id);
	nvr_out_id(out, "site_id", r->site_id);
	put_id(out, "replaces", r->replaces);
	nvr_out_text(out, "box", r->box);
	nvr_out_int(out, "interval_ms", r->interval / NVR_MILLISECOND);
	nvr_out_time(out, "at", r->at);
	nvr_out_time(out, "started_at", r->started_at);
	put_ms(out, "clock_ms", r->clock);
	put_ms(out, "skew_ms", r->skew);
	account_put_count(out, "backlog_bytes", r->backlog);
	account_put_count(out, "overdue", r->overdue);
	nvr_out_int(out, "stale", r->stale);
	nvr_out_time(out, "moved_at", r->moved_at);
	nvr_out_time(out, "cloned_at", r->cloned_at);
	nvr_out_time(out, "created_at", r->created_at);
	nvr_out_time(out, "approved_at", r->approved_at);
	nvr_out_time(out, "revoked_at", r->revoked_at);
}

static int
list_row(void *ctx, const struct nvr_remote_now *n)
{
	struct listing *l = ctx;

	recorder_put(
	    &l->out, nvr_site_label(l->s, &l->names, n->r->site_id), n, false);
	nvr_out_end(&l->out);
	return 0;
}

static int
do_list(int argc, char **argv)
{
	struct listing l = {.s = NULL};
	int64_t account = 0;
	int rc = account_open(&l.s);

	if (rc == 0 && argc > 0)
		rc = account_id(l.s, argv[0], &account);
	nvr_out_init(&l.out, cli.json);
	if (rc == 0)
		rc = nvr_remote_overview(
		    l.s->store, account, 0, list_row, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_site_names_wipe(&l.names);
	nvr_state_close(l.s);
	return rc;
}

/* The code is shown once. */
static void
show_code(const char *code, int64_t until)
{
	struct nvr_out out;

	nvr_out_init(&out, cli.json);
	nvr_out_text(&out, "code", code);
	nvr_out_time(&out, "until", until);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

static int
do_invite(int argc, char **argv)
{
	struct nvr_account *a = NULL;
	struct nvr_site *site = NULL;
	struct nvr_state *s = NULL;
	char code[NVR_CODE_TEXT] = "";
	int64_t replaces = 0;
	int rc = 0;

	(void)argc;
	if (opt.replaces != NULL)
		rc = account_row(opt.replaces, &replaces);
	if (rc == 0)
		rc = account_of(argv[0], &s, &a);
	if (rc == 0)
		rc = nvr_account_active(a, &cli.err);
	if (rc == 0)
		rc =
		    nvr_site_by_name(s, a->id, argv[1], false, &site, &cli.err);
	if (rc == 0)
		rc = nvr_remote_invite(s, site->id, replaces, code, &cli.err);
	if (rc == 0) {
		show_code(code, nvr_time_now() + NVR_INVITATION);
		nvr_note(&cli, "it enrols one recorder, once, within 15 "
			       "minutes: 'nvr-heartbeat enrol URL CODE' there");
		rc = account_shown();
	}
	explicit_bzero(code, sizeof(code));
	nvr_site_free(site);
	nvr_account_free(a);
	nvr_state_close(s);
	return rc;
}

static int
change(const char *which, const char *done,
    int (*act)(struct nvr_state *s, int64_t id, struct nvr_error *err))
{
	struct nvr_state *s = NULL;
	int64_t id = 0;
	int rc = account_row(which, &id);

	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = act(s, id, &cli.err);
	if (rc == 0)
		account_done(id, done, 0);
	nvr_state_close(s);
	return rc;
}

static int
do_approve(int argc, char **argv)
{
	(void)argc;
	return change(argv[0], "recorder approved", nvr_remote_approve);
}

int
run_recorder(struct nvr_cli *c, int argc, char **argv)
{
	static const struct account_verb verbs[] = {
	    {"list", "[EMAIL]", "", 0, 1, do_list},
	    {"invite", "EMAIL SITE", "replaces", 2, 2, do_invite},
	    {"approve", "ID", "", 1, 1, do_approve},
	    {"revoke", "ID", "", 1, 1, recorder_revoke},
	    {"show", "ID", "", 1, 1, recorder_show},
	    {"invitations", "[EMAIL]", "", 0, 1, recorder_invitations},
	    {"telemetry", "ID", "since until points", 1, 1, recorder_telemetry},
	};

	(void)c;
	return account_verb("recorder", verbs, 7, argc, argv);
}
