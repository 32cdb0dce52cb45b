/* nvr-record: cameras' streams into sealed segments, around the clock. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/time.h"
#include "cli/notify.h"
#include "core/station.h"
#include "core/supervisor.h"
#include "media/video.h"

#include "nvr-record.h"
#include "open.h"

struct nvr_cli cli;
struct record_options opt;

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 'a', "all", &opt.all, NULL, "every camera", "-"},
    {NVR_OPT_TEXT, 0, "stream", &opt.stream, "main|sub",
	"only that stream; list: that one, not main", "- list"},
    {NVR_OPT_DURATION, 0, "duration", &opt.duration, "DURATION",
	"for that long", "-", 1},
    {NVR_OPT_NUMBER, 0, "count", &opt.count, "N", "so many segments of each",
	"-", 1, 1000000000},
    {NVR_OPT_TIME, 0, "since", &opt.since, "TIME", "not before",
	"list hold release verify"},
    {NVR_OPT_TIME, 0, "until", &opt.until, "TIME", "before",
	"list hold release verify"},
    {NVR_OPT_TEXT, 0, "why", &opt.why, "TEXT", "the reason, for the record",
	"hold release"},
    {NVR_OPT_FLAG, 0, "released", &opt.released, NULL, "those too", "holds"},
    {NVR_OPT_FLAG, 0, "resume", &opt.resume, NULL,
	"go on where the last one was stopped", "verify"},
    NVR_OPTS_COMMON(cli),
};

static volatile sig_atomic_t stopped, reloads, statuses;
static sigset_t unblocked; /* the mask to wait with */
static struct nvr_out out;
static long long finished; /* segments */
static int generation;	   /* of the settings */

static void
take_signal(int sig)
{
	if (sig == SIGHUP)
		reloads = 1;
	else if (sig == SIGUSR1)
		statuses = 1;
	else if (sig != SIGCHLD) /* which has but to wake us up */
		stopped = 1;
}

/* They come in only while something is waited for. */
static void
catch_signals(void)
{
	static const int all[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
	struct sigaction sa = {.sa_handler = take_signal};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sigaddset(&blocked, all[i]);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sigdelset(&unblocked, all[i]);
		sigaction(all[i], &sa, NULL);
	}
}

int
record_stream(enum nvr_stream *ret)
{
	*ret = NVR_MAIN;
	if (opt.stream == NULL)
		return 0;
	for (int i = 0; i < NVR_STREAMS; i++) {
		*ret = (enum nvr_stream)i;
		if (strcmp(opt.stream, nvr_stream_names[i]) == 0)
			return 0;
	}
	return nvr_fail(&cli.err, NVR_E_USAGE,
	    "--stream is main or sub, not '%s'", opt.stream);
}

void
record_segment(struct nvr_out *o, const struct nvr_segment *seg)
{
	char hex[2 * sizeof(seg->sha256) + 1], *p = hex;

	for (size_t i = 0; i < sizeof(seg->sha256); i++)
		p += snprintf(p, 3, "%02x", seg->sha256[i]);
	nvr_out_id(o, "segment", seg->id);
	nvr_out_id(o, "run", seg->run_id);
	nvr_out_time(o, "start_at", seg->start_at);
	nvr_out_time(o, "end_at", seg->end_at);
	nvr_out_int(o, "media_start_ms", seg->media_start_us / 1000);
	nvr_out_int(o, "media_ms", seg->media_us / 1000);
	nvr_out_int(o, "frames", seg->frames);
	nvr_out_int(o, "size_bytes", seg->size_bytes);
	nvr_out_text(o, "sha256", hex);
	nvr_out_bool(o, "sealed", seg->sealed);
}

/* One line for each thing that happened. */
static void
show(void *ctx, const struct nvr_job_report *r)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
	const char *detail = r->detail;
	char text[96], start[NVR_TIME_TEXT];

	(void)ctx;
	/* A reader that has stopped reading must not stop us. */
	if (poll(&p, 1, 0) == 0)
		return;
	if (r->has_segment) {
		finished++;
		snprintf(text, sizeof(text), "%s, %lld.%03lld s, %lld bytes",
		    nvr_time_format(r->segment.start_at, start),
		    (long long)(r->segment.media_us / NVR_SECOND),
		    (long long)(r->segment.media_us % NVR_SECOND / 1000),
		    (long long)r->segment.size_bytes);
		detail = text;
	}
	nvr_out_time(&out, "at", r->at);
	nvr_out_text(&out, "camera", r->job.name);
	nvr_out_text(&out, "stream", nvr_stream_names[r->job.stream]);
	nvr_out_text(&out, "event", r->kind);
	nvr_out_text(&out, "detail", detail);
	nvr_out_more(&out);
	nvr_out_id(&out, "camera_id", r->job.camera);
	if (r->has_segment)
		record_segment(&out, &r->segment);
	nvr_out_end(&out);
}

struct adding {
	struct nvr_state *s;
	int (*add)(void *to, const struct nvr_job *job);
	void *to;
	int n, cameras;
};

static int
add_camera(void *ctx, const struct nvr_camera *cam)
{
	struct adding *a = ctx;
	int rc = 0;

	a->cameras++;
	for (int i = 0; rc == 0 && i < NVR_STREAMS; i++) {
		struct nvr_job job = {.camera = cam->id,
		    .stream = (enum nvr_stream)i,
		    .version = cam->changed_at + generation};

		strlcpy(job.name, cam->name, sizeof(job.name));
		if (!nvr_recorder_can(cam, job.stream) ||
		    (opt.stream != NULL &&
			strcmp(opt.stream, nvr_stream_names[i]) != 0))
			continue;
		a->n++;
		rc = a->add(a->to, &job);
	}
	return rc;
}

static int
add_named(struct adding *a, const char *name, struct nvr_error *err)
{
	struct nvr_camera *cam = NULL;
	int before = a->n;
	int rc = nvr_inventory_find(a->s, name, &cam, err);

	if (rc == 0)
		rc = add_camera(a, cam);
	if (rc == 0 && a->n == before)
		rc = nvr_fail(err, NVR_E_USAGE,
		    strncmp(cam->url, "http", 4) == 0
			? "camera '%s' gives stills, not a stream: it cannot "
			  "be recorded"
			: "camera '%s' is not to be recorded; 'nvr-camera set "
			  "%s --record main' changes that",
		    name, name);
	nvr_camera_free(cam);
	return rc;
}

/* Reads nvr.conf again.  Processes that run with other settings start anew. */
static int
reload_settings(void)
{
	const struct nvr_conf was = cli.conf;
	int rc = nvr_cli_reload(&cli);

	generation += was.segment != cli.conf.segment ||
		      was.flush != cli.conf.flush ||
		      was.record_timeout != cli.conf.record_timeout ||
		      was.rules.keep.floor != cli.conf.rules.keep.floor ||
		      was.seal != cli.conf.seal;
	return rc;
}

/* A camera that was removed or restricted meanwhile is no error of the others.
 */
static int
list(void *ctx, int (*add)(void *to, const struct nvr_job *job), void *to,
    struct nvr_error *err)
{
	static bool again;
	struct adding a = {.add = add, .to = to};
	int rc = reloads ? reload_settings() : 0;

	(void)ctx;
	if (rc == 0)
		rc = nvr_state_open(cli.store, 0, &a.s, err);
	if (rc == 0 && opt.all)
		rc = nvr_camera_each(a.s->store, false, add_camera, &a, err);
	for (int i = 0; rc == 0 && i < cli.nargs; i++) {
		rc = add_named(&a, cli.args[i], err);
		if (again && (rc == NVR_E_NOENT || rc == NVR_E_USAGE ||
				 rc == NVR_E_PERMISSION))
			rc = 0;
	}
	if (rc == 0 && a.n == 0 && !again)
		rc = nvr_fail(err, NVR_E_NOENT,
		    a.cameras > 0
			? "no camera is to be recorded; 'nvr-camera set NAME "
			  "--record main' changes that"
			: "there is no camera to record; 'nvr-camera add NAME "
			  "URL' enters one");
	again = true;
	nvr_state_close(a.s);
	return rc;
}

/* In the process of one stream. */
struct reporting {
	const struct nvr_job *job;
	int fd;
};

static void
say(void *ctx, const struct nvr_record_report *r)
{
	struct reporting *to = ctx;

	nvr_supervisor_report(to->fd, to->job, r);
}

static int
work(void *ctx, const struct nvr_job *job, int fd)
{
	struct reporting to = {job, fd};
	const struct nvr_recorder_options o = {.segment = cli.conf.segment,
	    .flush = cli.conf.flush,
	    .timeout = cli.conf.record_timeout,
	    .seal = cli.conf.seal,
	    .count = opt.count,
	    .stop = &stopped,
	    .mask = &unblocked,
	    .say = say,
	    .ctx = &to};
	struct nvr_camera *cam = NULL;
	struct nvr_secrets x = {0};
	struct nvr_state *s = NULL;
	int rc;

	(void)ctx;
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_SETMASK, &unblocked, NULL);
	rc = nvr_state_open(cli.store, NVR_STATE_DURABLE, &s, &cli.err);
	if (rc == 0) {
		s->rules = &cli.conf.rules;
		rc = nvr_enrolment_rules(s, &cli.conf.rules, &cli.err);
	}
	if (rc == 0)
		rc = nvr_camera_get(s->store, job->camera, &cam, &cli.err);
	if (rc == 0)
		rc = nvr_inventory_secrets(s, cam, &x, &cli.err);
	if (rc == 0)
		rc = nvr_recorder_run(s, cam, &x, job->stream, &o, &cli.err);
	if (rc != 0)
		nvr_warn("%s: %s", job->name, cli.err.text);
	nvr_secrets_wipe(&x);
	nvr_camera_free(cam);
	nvr_state_close(s);
	return -rc;
}

/* Should another process record one of them, it says so before anything. */
static int
check_free(void *to, const struct nvr_job *job)
{
	struct nvr_station_page page;
	const struct timespec pause = {0, 100000000};
	int rc = 0;

	(void)to;
	/* One that was told to end needs a moment to close its segment. */
	for (int i = 0; rc == 0 && i < 30; i++) {
		rc = nvr_station_read(
		    cli.store, job->camera, job->stream, &page, &cli.err);
		if (rc == 0 && page.pid == 0)
			return 0;
		if (rc == 0)
			nanosleep(&pause, NULL);
	}
	if (rc != 0)
		return rc;
	nvr_station_taken(&page, &cli.err);
	return nvr_prefix(&cli.err, "%s", job->name);
}

static void
alive(void *ctx)
{
	static bool ready, stopping;
	char status[80];

	(void)ctx;
	if (!ready)
		nvr_notify("READY=1");
	ready = true;
	if (stopped && !stopping)
		nvr_notify("STOPPING=1");
	stopping = stopped;
	snprintf(status, sizeof(status), "STATUS=%lld segments", finished);
	nvr_notify(status);
	nvr_notify_alive();
}

static void
say_libav(const char *line)
{
	nvr_debug(&cli, "libav: %s", line);
}

static int
run_record(struct nvr_cli *c, int argc, char **argv)
{
	const struct nvr_supervisor sv = {.dir = cli.store,
	    .duration = opt.duration,
	    .ends = opt.count > 0,
	    .stop = &stopped,
	    .reload = &reloads,
	    .status = &statuses,
	    .mask = &unblocked,
	    .list = list,
	    .work = work,
	    .report = show,
	    .alive = alive};
	struct nvr_state *s = NULL;
	enum nvr_stream stream;
	int failed = 0, rc;

	(void)c, (void)argv;
	if (opt.all == (argc > 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "name cameras, or --all; see 'nvr-record -h'");
	catch_signals();
	if (cli.verbose > 0)
		nvr_video_set_log(say_libav);
	nvr_out_init(&out, cli.json);
	nvr_out_stream(&out);
	rc = record_stream(&stream);
	if (rc == 0)
		rc = nvr_open(&cli, 0, &s); /* makes it, the first time */
	nvr_state_close(s);
	if (rc == 0)
		rc = list(NULL, check_free, NULL, &cli.err);
	if (rc == 0)
		rc = nvr_supervise(&sv, &failed, &cli.err);
	nvr_out_flush(&out);
	return rc == 0 && failed > 0 ? NVR_EXIT_NEGATIVE : rc;
}

static const struct nvr_command commands[] = {
    {"status", "[CAMERA ...]", "how recording goes", 0, -1, record_status},
    {"list", "CAMERA", "segments and gaps", 1, 1, record_list},
    {"hold", "CAMERA", "footage that nothing deletes", 1, 1, record_hold},
    {"release", "CAMERA | HOLD", "ends holds", 1, 1, record_release},
    {"holds", "[CAMERA]", "what is held, and why", 0, 1, record_holds},
    {"verify", "[CAMERA]", "every file against its row", 0, 1, record_verify},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static const struct nvr_command record = {
    "-", "CAMERA ... | --all", "record cameras", 0, -1, run_record};

static const struct nvr_tool tool = {
    .name = "nvr-record",
    .summary = "record cameras around the clock",
    .args = "CAMERA ... | --all",
    .opts = opts,
    .commands = commands,
    .fallback = &record,
};

int
main(int argc, char **argv)
{
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}
