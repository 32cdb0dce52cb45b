/* nvr-alert -: what nvr-record --json says, at once. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "store/camera.h"

#include "nvr-alert.h"

#define LINE 65536 /* bytes of one at the most */
#define CAMERAS 4096
#define TICK (5 * NVR_SECOND)	/* what was seen may last long enough by then */
#define AGAIN (30 * NVR_SECOND) /* so often good news count */

/* What was seen of a camera last, which is as bad as its worst stream. */
struct seen {
	int64_t camera, judged_at;
	int times; /* judged good since */
	struct {
		int64_t since;
		bool bad;
		char why[NVR_ALERT_TEXT];
	} of[NVR_STREAMS];
};

struct stream {
	struct nvr_state *s;
	struct seen *seen;
	struct nvr_alert_seen *due;
	size_t n;
	bool changed;
	int64_t judged_at, bad_lines;
	char line[LINE];
	size_t len;
	bool skip; /* the rest of a line that is too long */
	struct nvr_alert_done all;
	struct nvr_error failed; /* the last that did */
};

static volatile sig_atomic_t stopped;

static void
stop(int sig)
{
	stopped = sig;
}

/* 1: it is bad, 0: it is good, -1: it says nothing of that. */
static int
judge_word(const char *event)
{
	static const char *const bad[] = {
	    "lost", "stop", "crashed", "hung", "full", "no-media"};
	static const char *const good[] = {
	    "recording", "back", "room", "media"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strcmp(bad[i], event) == 0)
			return 1;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (strcmp(good[i], event) == 0)
			return 0;
	return -1;
}

static struct seen *
find(struct stream *x, int64_t camera)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->seen[i].camera == camera)
			return &x->seen[i];
	if (x->n == CAMERAS)
		return NULL;
	x->seen[x->n] = (struct seen){.camera = camera};
	return &x->seen[x->n++];
}

static const char *
text_of(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text != NULL && nvr_text_printable(text) ? text : "";
}

static int
take(struct stream *x, const json_t *line, int64_t now)
{
	const char *event = text_of(line, "event");
	struct nvr_error ignored;
	int64_t camera = 0, at = now;
	int bad = judge_word(event), of = NVR_MAIN;
	struct seen *seen;

	if (event[0] == '\0' ||
	    nvr_id_parse(text_of(line, "camera_id"), &camera, &ignored) != 0)
		return -1;
	seen = bad >= 0 ? find(x, camera) : NULL;
	if (seen == NULL)
		return 0;
	if (strcmp(text_of(line, "stream"), nvr_stream_names[NVR_SUB]) == 0)
		of = NVR_SUB;
	if (nvr_time_parse(text_of(line, "at"), now, &at, &ignored) != 0 ||
	    at > now)
		at = now;
	if (bad == 0 || !seen->of[of].bad)
		seen->of[of].since = at;
	seen->of[of].bad = bad == 1;
	seen->judged_at = seen->times = 0;
	snprintf(seen->of[of].why, sizeof(seen->of[of].why), "%s%s%s", event,
	    text_of(line, "detail")[0] != '\0' ? ": " : "",
	    text_of(line, "detail"));
	x->changed = true;
	return 0;
}

static void
take_line(struct stream *x, const char *text, size_t len, int64_t now)
{
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	if (len > 0 && take(x, line, now) != 0 && x->bad_lines++ == 0)
		nvr_warn("a line is none of nvr-record --json");
	json_decref(line);
}

/* Whole lines; what is behind the last waits for more. */
static void
take_bytes(struct stream *x, const char *data, size_t n, int64_t now)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			if (!x->skip)
				take_line(x, x->line, x->len, now);
			x->skip = false;
			x->len = 0;
		} else if (x->len == LINE) {
			x->bad_lines += !x->skip;
			x->skip = true;
		} else if (!x->skip) {
			x->line[x->len++] = data[i];
		}
	}
}

/* What is bad may have lasted long enough; what is good must be so twice. */
static bool
is_due(const struct seen *e, int64_t now, struct nvr_alert_seen *ret)
{
	*ret = (struct nvr_alert_seen){.camera = e->camera};
	for (int i = 0; i < NVR_STREAMS; i++)
		if (e->of[i].bad && !ret->bad) {
			ret->bad = true;
			ret->since = e->of[i].since;
			ret->why = e->of[i].why;
		}
	return ret->bad || e->times == 0 ||
	       (e->times < NVR_ALERT_GOOD && now - e->judged_at >= AGAIN);
}

static int
judge_due(struct stream *x, int64_t now)
{
	struct nvr_alert_done done;
	size_t n = 0, k = 0;
	int rc;

	for (size_t i = 0; i < x->n; i++)
		n += is_due(&x->seen[i], now, &x->due[n]);
	if (n == 0)
		return 0;
	rc = nvr_alert_seen(x->s, x->due, n, now, &done, &cli.err);
	if (rc == NVR_E_AGAIN)
		return rc;
	x->all.opened += done.opened;
	x->all.closed += done.closed;
	x->all.open = done.open;
	for (size_t i = 0; k < n; i++)
		if (x->seen[i].camera == x->due[k].camera) {
			x->seen[i].judged_at = now;
			x->seen[i].times += !x->due[k++].bad;
		}
	return rc;
}

/* What fails now may go well later, and for others: said once. */
static void
miss(struct stream *x)
{
	if (strcmp(x->failed.text, cli.err.text) != 0)
		nvr_warn("%s", cli.err.text);
	x->failed = cli.err;
}

static int
judge(struct stream *x, int64_t now)
{
	int64_t told = 0;
	int rc;

	if (!x->changed && now >= x->judged_at && now - x->judged_at < TICK)
		return 0;
	x->judged_at = now;
	rc = judge_due(x, now);
	if (rc != 0 && rc != NVR_E_AGAIN)
		miss(x);
	if (rc != NVR_E_AGAIN) {
		rc = nvr_alert_tell(
		    x->s, &nvr_alert_contacts, now, &told, &cli.err);
		if (rc != 0 && rc != NVR_E_AGAIN)
			miss(x);
	}
	x->all.told += told;
	/* A store that others hold is asked again, at the next tick at last. */
	x->changed = rc == NVR_E_AGAIN;
	return rc == NVR_E_NOMEM ? rc : 0;
}

static int
read_some(struct stream *x, bool *end)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	char data[16384];
	ssize_t n;

	if (poll(&p, 1, TICK / NVR_MILLISECOND) <= 0)
		return 0;
	n = read(STDIN_FILENO, data, sizeof(data));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			   ? 0
			   : nvr_fail_errno(&cli.err, NVR_E_IO, "stdin");
	*end = n == 0;
	take_bytes(x, data, (size_t)n, nvr_time_now());
	return 0;
}

static void
report(const struct stream *x)
{
	struct nvr_out out;

	if (!cli.json && cli.verbose == 0)
		return;
	nvr_out_init(&out, cli.json);
	nvr_out_int(&out, "opened", x->all.opened);
	nvr_out_int(&out, "closed", x->all.closed);
	nvr_out_int(&out, "open", x->all.open);
	nvr_out_int(&out, "messages", x->all.told);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

int
alert_stream(struct nvr_state *s)
{
	struct sigaction sa = {.sa_handler = stop};
	struct stream *x = calloc(1, sizeof(*x));
	bool end = false;
	int rc = 0;

	if (x == NULL ||
	    (x->seen = calloc(CAMERAS, sizeof(*x->seen))) == NULL ||
	    (x->due = calloc(CAMERAS, sizeof(*x->due))) == NULL)
		rc = nvr_fail_nomem(&cli.err);
	else
		x->s = s;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	while (rc == 0 && !end && stopped == 0) {
		rc = read_some(x, &end);
		if (rc == 0)
			rc = judge(x, nvr_time_now());
	}
	if (rc == 0) {
		report(x);
		if (x->failed.code != 0)
			rc = nvr_fail(
			    &cli.err, x->failed.code, "%s", x->failed.text);
		else if (x->bad_lines > 0)
			rc = nvr_fail(&cli.err, NVR_E_DATA,
			    "%lld lines were none of nvr-record --json",
			    (long long)x->bad_lines);
	}
	if (x != NULL) {
		free(x->seen);
		free(x->due);
	}
	free(x);
	return rc;
}
