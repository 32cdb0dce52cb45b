/* nvr-notify: delivers what waits in the outbox. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/id.h"
#include "core/children.h"
#include "core/deliver.h"
#include "core/portal.h"
#include "store/outbox.h"

#include "nvr-notify.h"
#include "open.h"

static struct nvr_cli cli;
bool notify_dead;

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 0, "dead", &notify_dead, NULL,
	"retry: all that were given up; queue: these alone", "retry queue"},
    NVR_OPTS_COMMON(cli),
};

int
notify_open(struct nvr_cli *c, struct nvr_state **s)
{
	int rc = nvr_portal_check(&c->conf.rules, &c->err);

	if (rc == 0)
		rc = nvr_deliver_check(&c->conf.rules.notify, &c->err);
	return rc == 0 ? nvr_open_made(c, NVR_STATE_DURABLE, s) : rc;
}

static void
show(void *ctx, const struct nvr_delivered *d)
{
	struct nvr_out *out = ctx;

	nvr_out_id(out, "id", d->id);
	nvr_out_text(out, "channel", d->channel);
	nvr_out_text(out, "kind", d->kind);
	nvr_out_text(out, "result", nvr_fate_names[d->fate]);
	nvr_out_int(out, "attempts", d->attempts);
	nvr_out_time(out, "next_at", d->next_at);
	nvr_out_text(out, "error", d->why[0] != '\0' ? d->why : NULL);
	nvr_out_end(out);
}

/* What waits for whoever runs this. */
static void
note_rest(const struct nvr_deliver_sum *sum)
{
	static const char *const lacks[NVR_CHANNELS] = {
	    [NVR_MAIL] = "smtp or sendmail",
	    [NVR_SMS] = "sms-account, sms-token-file and sms-from"};

	for (int i = 0; i < NVR_CHANNELS; i++) {
		if (sum->idle[i])
			nvr_warn("%s waits: nvr.conf has no %s in [notify]",
			    nvr_channel_names[i], lacks[i]);
		if (sum->limited[i])
			nvr_note(&cli,
			    "%s waits: as much went out as %s-rate allows",
			    nvr_channel_names[i],
			    i == NVR_EXEC ? "webhook" : nvr_channel_names[i]);
	}
}

static int
run(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_deliver_sum sum = {0};
	struct nvr_state *s = NULL;
	struct nvr_out out;
	const struct nvr_deliver d = {
	    .tls_min = c->conf.tls12 ? 12 : 13, .told = show, .ctx = &out};
	int rc;

	(void)argc, (void)argv;
	nvr_out_init(&out, c->json);
	nvr_out_stream(&out);
	rc = notify_open(c, &s);
	if (rc == 0)
		rc = nvr_deliver_run(s, &d, &sum, &c->err);
	nvr_out_flush(&out);
	note_rest(&sum);
	nvr_state_close(s);
	return rc == 0 && sum.failed > 0 ? NVR_EXIT_NEGATIVE : rc;
}

struct testing {
	struct nvr_out out;
	enum nvr_fate fate;
	struct nvr_error why;
};

static void
see_test(void *ctx, const struct nvr_delivered *d)
{
	struct testing *t = ctx;

	t->fate = d->fate;
	if (d->fate != NVR_FATE_SENT)
		nvr_fail(&t->why, NVR_E_UNAVAILABLE, "%s", d->why);
	if (cli.json)
		show(&t->out, d);
}

static void
note_test(const char *channel, bool known)
{
	bool program = strcmp(channel, "exec") == 0 ||
		       (strcmp(channel, "mail") == 0 &&
			   cli.conf.rules.notify.smtp[0] == '\0');

	nvr_note(&cli, "the %s has it", program ? "program" : "server");
	if (!known && strcmp(channel, "webhook") == 0)
		nvr_note(&cli, "it was signed with a secret that nobody has: a "
			       "contact's own signs a test to its id");
}

static int
test(struct nvr_cli *c, int argc, char **argv)
{
	struct testing t = {.fate = NVR_FATE_DEAD};
	struct nvr_state *s = NULL;
	struct nvr_error ignored;
	int64_t contact = 0;
	const struct nvr_deliver d = {
	    .tls_min = c->conf.tls12 ? 12 : 13, .told = see_test, .ctx = &t};
	bool known = nvr_id_parse(argv[1], &contact, &ignored) == 0;
	int rc = notify_open(c, &s);

	(void)argc;
	nvr_out_init(&t.out, c->json);
	if (rc == 0)
		rc = nvr_deliver_test(s, &d, argv[0], known ? NULL : argv[1],
		    known ? contact : 0, &c->err);
	nvr_out_flush(&t.out);
	nvr_state_close(s);
	if (rc == 0 && t.fate == NVR_FATE_SENT)
		note_test(argv[0], known);
	else if (rc == 0)
		rc = (c->err = t.why).code;
	return rc;
}

static const struct nvr_command fallback = {
    "-", "", "deliver all that is due", 0, 0, run};

static const struct nvr_command commands[] = {
    {"queue", "", "show what waits, and what was given up", 0, 0, notify_queue},
    {"retry", "[ID]", "try one again now, or with --dead all given up", 0, 1,
	notify_retry},
    {"test", "CHANNEL ADDRESS|CONTACT", "send a test at once", 2, 2, test},
    {"drop", "ID", "delete one that was not sent", 1, 1, notify_drop},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static const struct nvr_tool tool = {
    .name = "nvr-notify",
    .summary = "deliver mail, SMS and webhooks",
    .args = "",
    .opts = opts,
    .commands = commands,
    .fallback = &fallback,
};

/* What runs for us ends with us; what was not recorded is sent again. */
static void
stop(int sig)
{
	nvr_children_signal(SIGTERM);
	signal(sig, SIG_DFL);
	raise(sig);
}

int
main(int argc, char **argv)
{
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	signal(SIGHUP, stop);
	signal(SIGPIPE, SIG_IGN);
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}
