/* nvr-alert -: what nvr-record --json says, at once. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"

#include "nvr-alert.h"

#define LINE 65536 /* bytes of one at the most */
#define CAMERAS 4096
#define TICK 5000 /* ms: what was seen may have lasted long enough by then */
#define AGAIN (30 * NVR_SECOND) /* so often good news count */

/* What was seen of a camera last. */
struct seen {
	int64_t camera, since, judged_at;
	bool bad, settled; /* good, and judged so twice */
	int times;
	char why[NVR_ALERT_TEXT];
};

struct stream {
	struct nvr_state *s;
	struct seen *seen;
	size_t n;
	int64_t bad_lines;
	char line[LINE];
	size_t len;
	bool skip; /* the rest of a line that is too long */
	struct nvr_alert_done all;
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
	int bad = judge_word(event);
	struct seen *seen;

	if (event[0] == '\0' ||
	    nvr_id_parse(text_of(line, "camera_id"), &camera, &ignored) != 0)
		return -1;
	seen = bad >= 0 ? find(x, camera) : NULL;
	if (seen == NULL)
		return 0;
	if (nvr_time_parse(text_of(line, "at"), now, &at, &ignored) != 0 ||
	    at > now)
		at = now;
	if (bad == 0 || !seen->bad)
		seen->since = at;
	seen->bad = bad == 1;
	seen->settled = false;
	seen->judged_at = seen->times = 0;
	strlcpy(seen->why, event, sizeof(seen->why));
	if (text_of(line, "detail")[0] != '\0') {
		strlcat(seen->why, ": ", sizeof(seen->why));
		strlcat(seen->why, text_of(line, "detail"), sizeof(seen->why));
	}
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
static int
judge(struct stream *x, int64_t now)
{
	struct nvr_alert_done done;
	int64_t told = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < x->n; i++) {
		struct seen *e = &x->seen[i];
		const struct nvr_alert_seen seen = {
		    e->camera, e->bad, e->since, e->why};

		if (e->settled ||
		    (!e->bad && e->times > 0 && now - e->judged_at < AGAIN))
			continue;
		rc = nvr_alert_seen(x->s, &seen, 1, now, &done, &cli.err);
		x->all.opened += done.opened;
		x->all.closed += done.closed;
		x->all.open = done.open;
		e->judged_at = now;
		e->settled = !e->bad && ++e->times >= NVR_ALERT_GOOD;
	}
	if (rc == 0)
		rc = nvr_alert_tell(
		    x->s, &nvr_alert_contacts, now, &told, &cli.err);
	x->all.told += told;
	/* A store that others hold is asked again at the next tick. */
	return rc == NVR_E_AGAIN ? 0 : rc;
}

static int
read_some(struct stream *x, bool *end)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	char data[16384];
	ssize_t n;

	if (poll(&p, 1, TICK) <= 0)
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

	if (x == NULL || (x->seen = calloc(CAMERAS, sizeof(*x->seen))) == NULL)
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
		if (x->bad_lines > 0)
			rc = nvr_fail(&cli.err, NVR_E_DATA,
			    "%lld lines were none of nvr-record --json",
			    (long long)x->bad_lines);
	}
	if (x != NULL)
		free(x->seen);
	free(x);
	return rc;
}
