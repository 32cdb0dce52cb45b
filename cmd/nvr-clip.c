/* nvr-clip: a stretch of a recording as one MP4, without encoding anew. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/pattern.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "core/clipper.h"
#include "core/coverage.h"
#include "store/event.h"

#include "draft.h"
#include "open.h"

/* Footage that is still on its way to the disk is not missing. */
#define ON_ITS_WAY (10 * NVR_SECOND)

static struct nvr_cli cli;
static const char *output, *stream_name;
static int64_t since, until;
static bool key_frames, verify;

static const struct nvr_opt opts[] = {
    {NVR_OPT_TIME, 0, "since", &since, "TIME", "where it begins"},
    {NVR_OPT_TIME, 0, "until", &until, "TIME", "where it ends; default: now"},
    {NVR_OPT_TEXT, 'o', "output", &output, "FILE",
	"or a folder: one file for each camera"},
    {NVR_OPT_TEXT, 0, "stream", &stream_name, "main|sub", "default: main"},
    {NVR_OPT_FLAG, 0, "key-frames", &key_frames, NULL,
	"begin at the key frame before, nothing hidden"},
    {NVR_OPT_FLAG, 0, "verify", &verify, NULL, "read the file back"},
    NVR_OPTS_COMMON(cli),
};

struct clip {
	struct nvr_state *s;
	struct nvr_camera *cam;
	enum nvr_stream stream;
	int fd;
	bool left; /* who read our output */
	struct nvr_clipper_rest
	    rest; /* a change of codec begins another file */
	int part;
	json_t *gaps; /* for --json */
	int missing;  /* things that should be in it */
};

static int
write_out(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct clip *c = ctx;
	int rc = nvr_write_all(c->fd, data, len, err);

	c->left = rc != 0 && errno == EPIPE;
	return rc;
}

/* Segments that could not be read. */
static void
event(void *ctx, const struct nvr_clip_event *e)
{
	struct clip *c = ctx;
	char at[NVR_TIME_TEXT], from[NVR_TIME_TEXT];

	nvr_time_format(e->at, at);
	if (e->kind == NVR_CLIP_MISSING && e->from - e->at > NVR_SECOND)
		nvr_warn("%s: the segment of %s is left out from %s on: %s",
		    c->cam->name, at, nvr_time_format(e->from, from), e->why);
	else if (e->kind == NVR_CLIP_MISSING)
		nvr_warn("%s: the segment of %s is left out: %s", c->cam->name,
		    at, e->why);
	else if (e->kind == NVR_CLIP_ZEROED)
		nvr_warn("%s: %llu bytes of the segment of %s are lost: %s",
		    c->cam->name, (unsigned long long)e->bytes, at, e->why);
	else if (e->closed > 0)
		nvr_note(&cli, "%s: %.3f s into the clip, %.3f s are skipped",
		    c->cam->name, (double)e->in_clip / NVR_SECOND,
		    (double)e->closed / NVR_SECOND);
}

static int
take_gap(void *ctx, const struct nvr_span *span)
{
	struct clip *c = ctx;
	char from[NVR_TIME_TEXT], to[NVR_TIME_TEXT];

	if (span->kind != NVR_SPAN_GAP)
		return 0;
	nvr_time_format(span->start, from);
	nvr_time_format(span->end, to);
	nvr_warn("%s: there is no footage from %s to %s%s%s", c->cam->name,
	    from, to, span->reason[0] != '\0' ? ": " : "", span->reason);
	json_array_append_new(c->gaps,
	    json_pack("{s:s, s:s, s:I, s:s}", "start_at", from, "end_at", to,
		"duration_ms", (json_int_t)(span->end - span->start) / 1000,
		"reason", span->reason));
	c->missing++;
	return 0;
}

/* Who took what: before a byte of it leaves. */
static int
log_access(struct clip *c, const char *path)
{
	const struct nvr_access a = {.id = nvr_id_new(),
	    .at = nvr_time_now(),
	    .who = nvr_cli_who(),
	    .action = "clip",
	    .camera_id = c->cam->id,
	    .camera_name = c->cam->name,
	    .since = since,
	    .until = until,
	    .detail = path != NULL ? path : "-"};

	return nvr_access_add(c->s->store, &a, &cli.err);
}

/* `x.mp4` becomes `x-2.mp4`. */
static void
number(char path[PATH_MAX], int part)
{
	char *base = strrchr(path, '/');
	char *dot = strrchr(base != NULL ? base : path, '.');
	char end[64] = "";

	if (dot != NULL && strlen(dot) < sizeof(end)) {
		strlcpy(end, dot, sizeof(end));
		*dot = '\0';
	}
	snprintf(
	    path + strlen(path), PATH_MAX - strlen(path), "-%d%s", part, end);
}

/* A folder, or what is to be one by its name. */
static bool
is_folder(const char *path)
{
	struct stat sb;

	return path[strlen(path) - 1] == '/' ||
	       (stat(path, &sb) == 0 && S_ISDIR(sb.st_mode));
}

/* Where this camera's clip goes; NULL is stdout. */
static int
name_output(struct clip *c, char path[PATH_MAX], const char **ret)
{
	char pattern[PATH_MAX];
	int rc = 0;

	*ret = NULL;
	if (output == NULL || strcmp(output, "-") == 0)
		return 0;
	strlcpy(pattern, output, sizeof(pattern));
	if (is_folder(output)) {
		rc = nvr_dir_make(output, 0700, &cli.err);
		strlcat(pattern, "/%c-%Y%m%dT%H%M%SZ.mp4", sizeof(pattern));
	}
	*ret = path;
	if (rc == 0)
		rc = nvr_pattern_expand(
		    pattern, c->cam->name, since, path, PATH_MAX, &cli.err);
	if (rc == 0 && c->part > 1)
		number(path, c->part);
	return rc;
}

static int
read_fd(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	const struct clip *c = ctx;
	ssize_t n = pread(c->fd, buf, len, (off_t)offset);

	if (n == (ssize_t)len)
		return 0;
	return nvr_fail_errno(err, NVR_E_IO, "cannot read the clip back");
}

static int
read_back(struct clip *c, const char *path)
{
	struct nvr_clip_summary sum;
	struct stat sb;
	struct nvr_bytes bytes = {read_fd, c, 0};

	if (fstat(c->fd, &sb) != 0)
		return nvr_fail_errno(&cli.err, NVR_E_IO, "'%s'", path);
	bytes.size = (uint64_t)sb.st_size;
	if (nvr_clip_verify(&bytes, &sum, &cli.err) != 0)
		return nvr_prefix(&cli.err, "'%s' was not written well", path);
	nvr_note(&cli, "%s: %llu frames, %.3f s, as they should be", path,
	    (unsigned long long)sum.frames, (double)sum.duration / NVR_SECOND);
	return 0;
}

static int
write_clip(struct clip *c, struct nvr_clip_result *result)
{
	const char *temp = getenv("TMPDIR");
	const struct nvr_sink sink = {write_out, c};
	const struct nvr_clipper_request r = {.camera = c->cam,
	    .stream = c->stream,
	    .since = since,
	    .segment = c->rest.segment,
	    .until = until,
	    .key_frames = key_frames,
	    .encoder = "nvr-clip " NVR_VERSION,
	    .temp = temp != NULL ? temp : "/tmp",
	    .event = event,
	    .ctx = c};

	return nvr_clipper_write(c->s, &r, &sink, result, &c->rest, &cli.err);
}

static int
write_file(struct clip *c, const char *path, struct nvr_clip_result *result)
{
	int rc = nvr_draft_open(&draft, path, &cli.err);

	if (rc != 0)
		return rc;
	c->fd = draft.fd;
	if (verify && draft.device)
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "--verify: '%s' is no file that can be read back", path);
	if (rc == 0)
		rc = write_clip(c, result);
	if (rc == 0 && verify)
		rc = read_back(c, path);
	if (rc == 0)
		return nvr_draft_commit(&draft, &cli.err);
	nvr_draft_drop(&draft);
	return rc;
}

static void
show(struct clip *c, const char *path, const struct nvr_clip_result *r)
{
	struct nvr_out out;

	nvr_out_init(&out, cli.json);
	nvr_out_text(&out, "camera", c->cam->name);
	nvr_out_text(&out, "path", path);
	nvr_out_time(&out, "start_at", r->first);
	nvr_out_time(&out, "end_at", r->last);
	nvr_out_int(&out, "duration_ms", r->duration / 1000);
	nvr_out_int(&out, "size_bytes", (int64_t)r->bytes);
	nvr_out_int(&out, "frames", (int64_t)r->frames);
	nvr_out_bool(&out, "complete", c->missing == 0);
	nvr_out_more(&out);
	nvr_out_json(&out, "gaps", json_incref(c->gaps));
	nvr_out_int(&out, "segments_missing", r->missing);
	nvr_out_int(&out, "bytes_lost", (int64_t)r->zeroed);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

/* What the next file begins with; stdout can have one only. */
static bool
go_on(struct clip *c, const char *to)
{
	char at[NVR_TIME_TEXT];

	if (c->rest.segment == 0)
		return false;
	nvr_time_format(c->rest.at, at);
	if (to != NULL) {
		nvr_note(&cli, "%s: another codec from %s on: another file",
		    c->cam->name, at);
		return true;
	}
	nvr_warn("%s: another codec from %s on, which cannot follow in the "
		 "same clip: use -o FILE, or --since %s",
	    c->cam->name, at, at);
	c->missing++;
	return false;
}

/* The files of a camera: one, unless its codec changed. */
static int
write_files(struct clip *c)
{
	struct nvr_clip_result result;
	const char *to = NULL;
	char path[PATH_MAX];
	int64_t end;
	int rc;

	do {
		result = (struct nvr_clip_result){0};
		c->part++;
		rc = name_output(c, path, &to);
		if (rc == 0)
			rc = to != NULL ? write_file(c, to, &result)
					: write_clip(c, &result);
		if (rc != 0)
			return rc;
		end = c->rest.segment != 0 ? c->rest.at : until;
		c->missing += !result.complete;
		/* The last moments of a recording are on their way. */
		c->missing += end - result.last > ON_ITS_WAY && c->missing == 0;
		if (cli.json && to != NULL)
			show(c, to, &result);
	} while (go_on(c, to));
	return 0;
}

/* One camera's; *missing counts those that lack something. */
static int
clip(struct nvr_state *s, const char *name, int *missing)
{
	struct clip c = {.s = s, .fd = STDOUT_FILENO, .gaps = json_array()};
	int64_t now = nvr_time_now();
	int rc = nvr_inventory_find(s, name, &c.cam, &cli.err);

	if (rc == 0 && stream_name != NULL && strcmp(stream_name, "sub") == 0)
		c.stream = NVR_SUB;
	if (rc == 0)
		rc = log_access(&c, output);
	if (rc == 0)
		rc = nvr_coverage(s, c.cam->id, c.stream, since, until, now,
		    take_gap, &c, &cli.err);
	if (rc == 0 && until > now + NVR_SECOND) {
		nvr_warn("%s: the end lies in the future", name);
		c.missing++;
	}
	if (rc == 0)
		rc = write_files(&c);
	*missing += c.missing > 0;
	if (c.left)
		rc = NVR_EXIT_NEGATIVE; /* who read it has had enough */
	json_decref(c.gaps);
	nvr_camera_free(c.cam);
	return rc;
}

static int
check_usage(void)
{
	bool to_stdout = output == NULL || strcmp(output, "-") == 0;

	if (cli.nargs == 0 || since == 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "name a camera and --since TIME; see 'nvr-clip -h'");
	if (until <= since)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--until has to be after --since");
	if (stream_name != NULL && strcmp(stream_name, "main") != 0 &&
	    strcmp(stream_name, "sub") != 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--stream is main or sub, not '%s'", stream_name);
	if (!to_stdout && output[0] == '\0')
		return nvr_fail(&cli.err, NVR_E_USAGE, "-o: no file's name");
	if (to_stdout && (cli.json || verify))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--json and --verify are about files: they need -o FILE");
	if (to_stdout && isatty(STDOUT_FILENO))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "a clip is not for a terminal: use -o FILE, or a pipe");
	if (cli.nargs > 1 &&
	    (to_stdout || (!nvr_pattern_names(output) && !is_folder(output))))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "several cameras need -o FOLDER, or %%c in the file's "
		    "name");
	return 0;
}

static const struct nvr_tool tool = {
    .name = "nvr-clip",
    .summary = "a stretch of a recording as one MP4",
    .args = "CAMERA ... --since TIME",
    .opts = opts,
};

int
main(int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int missing = 0, failed = 0, rc;

	nvr_cli_start(&cli, &tool, argc, argv);
	draft_catch();
	if (until == 0)
		until = nvr_time_now();
	rc = check_usage();
	if (rc == 0)
		rc = nvr_open(&cli, NVR_STATE_DURABLE, &s);
	if (rc != 0)
		failed = nvr_report(&cli.err);
	for (int i = 0; rc == 0 && i < cli.nargs; i++) {
		int one = clip(s, cli.args[i], &missing);

		if (one < 0 && cli.nargs > 1)
			nvr_prefix(&cli.err, "%s", cli.args[i]);
		if (one < 0)
			failed = nvr_report(&cli.err);
	}
	nvr_state_close(s);
	if (failed == 0 && missing > 0)
		failed = NVR_EXIT_NEGATIVE;
	return nvr_finish(failed);
}
