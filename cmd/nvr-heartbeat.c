/* nvr-heartbeat: a recorder tells its portal how it is. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "core/alone.h"

#include "nvr-heartbeat.h"

/* Altogether, whatever hangs; what is under way by then is given up. */
#define LIMIT_S 20
#define SPARE (4 * NVR_SECOND) /* for the store, before and after */

struct nvr_cli cli;
struct heartbeat_options opt;
static int64_t began;

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 'p', "print", &opt.print, NULL,
	"show what is measured, and send nothing", "-"},
    {NVR_OPT_FLAG, 0, "openmetrics", &opt.openmetrics, NULL,
	"with --print: as a textfile collector reads it", "-"},
    {NVR_OPT_FLAG, 0, "now", &opt.now, NULL,
	"though the portal wants to be left alone", "-"},
    {NVR_OPT_TEXT, 0, "pin", &opt.pin, "PIN",
	"sha256//BASE64 of the portal's public key", "enrol"},
    {NVR_OPT_TEXT, 0, "tls-ca", &opt.tls_ca, "FILE",
	"who may have signed its certificate (PEM)", "enrol"},
    NVR_OPTS_COMMON(cli),
};

int64_t
heartbeat_deadline(void)
{
	return began + LIMIT_S * NVR_SECOND - SPARE;
}

static void
give_up(int sig)
{
	static const char text[] = "nvr-heartbeat: given up after 20 s\n";

	(void)sig;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(-NVR_E_AGAIN);
}

/* What is in the store is whole at any moment, so this may end anywhere. */
static void
limit(void)
{
	const struct sigaction sa = {.sa_handler = give_up};

	began = nvr_time_monotonic();
	sigaction(SIGALRM, &sa, NULL);
	alarm(LIMIT_S);
}

static void
note(void *ctx, const char *text)
{
	nvr_note(ctx, "%s", text);
}

static void
tell(struct nvr_cli *c, const struct nvr_heartbeat_done *d)
{
	if (d->moved)
		nvr_note(c,
		    "the portal finds this another machine than before: say "
		    "there whether it has moved or is a copy");
	if (d->settings)
		nvr_note(
		    c, "the portal has set other limits: nvr-heartbeat status");
	if (d->late > 0)
		nvr_debug(c, "%zu reports went late", d->late);
	if (c->json || c->verbose > 0) {
		struct nvr_out out;

		nvr_out_init_record(&out, c->json);
		nvr_out_int(&out, "sequence", (int64_t)d->sequence);
		nvr_out_int(&out, "late", (int64_t)d->late);
		nvr_out_int(&out, "waiting", d->waiting);
		nvr_out_bool(&out, "moved", d->moved);
		nvr_out_int(&out, "inherited", (int64_t)d->inherited);
		nvr_out_end(&out);
		nvr_out_flush(&out);
	}
}

static int
beat(struct nvr_cli *c)
{
	const struct nvr_heartbeat h = {.root = "",
	    .deadline = heartbeat_deadline(),
	    .keep_us = NVR_UNSENT_KEEP,
	    .keep_bytes = NVR_UNSENT_BYTES,
	    .urgent = opt.now,
	    .note = note,
	    .ctx = c};
	struct nvr_heartbeat_done done;
	struct nvr_error ignored;
	struct nvr_state *s = NULL;
	int lock = -1, rc = nvr_open_made(c, NVR_STATE_LOOK, &s);

	if (rc == 0)
		rc = nvr_alone(s, NVR_ENROLMENT_LOCK, &lock, &c->err);
	if (rc == 0)
		rc = nvr_heartbeat(s, &h, &done, &c->err);
	if (rc == 0)
		tell(c, &done);
	/* For the next time: reading all that is due may take long. */
	if (lock >= 0 && rc != NVR_E_NOENT && s->store != NULL)
		nvr_measure_overdue(s, nvr_time_now(), &ignored);
	nvr_alone_end(lock);
	nvr_state_close(s);
	return rc;
}

static int
run(struct nvr_cli *c, int argc, char **argv)
{
	(void)argc, (void)argv;
	if (opt.openmetrics && !opt.print)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--openmetrics is how --print shows it: say both");
	if (opt.openmetrics && c->json)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--json and --openmetrics contradict each other");
	if (opt.now && opt.print)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "--print sends nothing, now or later");
	return opt.print ? heartbeat_print(c) : beat(c);
}

static const struct nvr_command commands[] = {
    {"enrol", "URL CODE", "report to that portal from now on; CODE -: stdin", 2,
	2, heartbeat_enrol},
    {"status", "", "where it reports to, and how that goes", 0, 0,
	heartbeat_status},
    {"leave", "", "report there no more", 0, 0, heartbeat_leave},
    {NULL, NULL, NULL, 0, 0, NULL},
};
static const struct nvr_command heartbeat = {
    "-", "", "measure, and report it", 0, 0, run};

static const struct nvr_tool tool = {
    .name = "nvr-heartbeat",
    .summary = "tell a portal how this recorder is",
    .args = "",
    .opts = opts,
    .commands = commands,
    .fallback = &heartbeat,
};

int
main(int argc, char **argv)
{
	limit();
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}
