/* nvr-audit's stills: where they come from, and what becomes of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "base/time.h"
#include "core/keep.h"
#include "core/snapper.h"
#include "still/exif.h"
#include "still/jpeg_stream.h"

#include "nvr-audit.h"
#include "open.h"

static int
report(void *ctx, const struct nvr_audit *a)
{
	struct audit_run *r = ctx;
	bool found = false;

	/* What is merely seen is no alarm. */
	for (size_t i = 0; i < a->nfindings; i++)
		found |= strcmp(a->findings[i].verdict, "yes") == 0 &&
			 (a->findings[i].kind == NULL ||
			     strcmp(a->findings[i].kind, "object") != 0);
	r->found += found;
	if (r->each != NULL)
		r->each(r->ctx, a);
	r->blind += strcmp(a->status, "ok") != 0 &&
		    strcmp(a->status, "learning") != 0 &&
		    strcmp(a->status, "unchanged") != 0;
	nvr_progress_show(&r->progress, ++r->done);
	return audit_line(&r->out, a);
}

int
audit_run_open(struct audit_run *r, int flags)
{
	struct nvr_auditor_options o = {.store = cli.store,
	    .config = cli.config,
	    .jobs = (int)(opt.jobs > 0 ? opt.jobs : cli.conf.audit_jobs),
	    .exec_timeout = cli.conf.exec_timeout,
	    .exec_output = (size_t)cli.conf.exec_output,
	    .done = report,
	    .ctx = r};
	int rc = nvr_open(&cli, flags, &r->s);

	*r = (struct audit_run){
	    .s = r->s, .progress = {.what = "stills audited:"}};
	nvr_out_init(&r->out, cli.json);
	nvr_out_stream(&r->out);
	return rc == 0 ? nvr_auditor_open(r->s, &o, &r->auditor, &cli.err) : rc;
}

int
audit_run_drain(struct audit_run *r)
{
	int rc = 0;

	while (rc == 0 && nvr_auditor_open_questions(r->auditor) > 0)
		rc = nvr_auditor_turn(r->auditor, NVR_SECOND, &cli.err);
	return rc;
}

int
audit_run_close(struct audit_run *r, int rc)
{
	if (rc == 0)
		rc = audit_run_drain(r);
	nvr_progress_end(&r->progress);
	nvr_out_flush(&r->out);
	nvr_auditor_close(r->auditor);
	nvr_state_close(r->s);
	if (rc != 0)
		return rc;
	return r->found > 0   ? NVR_EXIT_NEGATIVE
	       : r->blind > 0 ? -NVR_E_AGAIN
			      : 0;
}

int
audit_run_room(struct audit_run *r)
{
	int rc = 0;

	while (rc == 0 && !nvr_auditor_has_room(r->auditor))
		rc = nvr_auditor_turn(r->auditor, NVR_SECOND, &cli.err);
	return rc;
}

int
audit_keep(struct audit_run *r, const struct nvr_camera *cam, int64_t time,
    const void *jpeg, size_t len)
{
	struct nvr_keep k = {.seal = cli.conf.seal};
	struct nvr_exif exif;
	int rc = time > 0 ? nvr_keep_check(r->s, cam, time, &cli.err) : 0;

	if (rc != 0 || time == 0)
		return rc;
	nvr_exif_get(jpeg, len, &exif);
	k.id = exif.still_id;
	k.taken_at = exif.taken_at;
	k.expires_at = nvr_time_now() + time;
	return nvr_keep_still(r->s, cam, &k, jpeg, len, &cli.err);
}

static void
wake(void *ctx)
{
	(void)ctx;
}

/* The next still of fd, while the questions that are open go on. */
static int
wait_for(struct audit_run *r, int fd, int (*next)(void *ctx), void *ctx)
{
	struct nvr_loop *loop = nvr_auditor_loop(r->auditor);
	struct nvr_error ignored;
	int rc = audit_run_room(r);

	if (rc != 0)
		return rc;
	rc = next(ctx);
	if (rc != NVR_E_AGAIN || loop == NULL)
		return rc;
	rc = nvr_loop_watch(loop, fd, wake, NULL, &cli.err);
	while (rc == 0) {
		rc = nvr_auditor_turn(r->auditor, NVR_SECOND, &cli.err);
		if (rc == 0)
			rc = next(ctx);
		if (rc != NVR_E_AGAIN)
			break;
		rc = 0;
	}
	nvr_loop_watch(loop, fd, NULL, NULL, &ignored);
	return rc;
}

struct files {
	struct audit_run *run;
	const struct nvr_asking *q;
	struct nvr_camera *cam; /* NULL: whoever the still names */
	struct nvr_jpeg_stream in;
	const char *where;
	const void *jpeg;
	size_t len;
};

static int
next_of_stream(void *ctx)
{
	struct files *f = ctx;

	return nvr_jpeg_stream_next(&f->in, &f->jpeg, &f->len, &cli.err);
}

static void
blame(struct files *f)
{
	nvr_warn("%s: %s", f->where, cli.err.text);
	f->run->blind++;
}

/*
 * One still.  Trouble that is its own, such as that nobody says whose it is,
 * is told and counted; what is returned is the store's trouble, or the disk's.
 */
static int
examine(struct files *f)
{
	struct audit_run *r = f->run;
	struct nvr_exif exif;
	int rc;

	nvr_exif_get(f->jpeg, f->len, &exif);
	if (opt.keep > 0 && exif.still_id == 0)
		rc = nvr_fail(&cli.err, NVR_E_DATA,
		    "--keep: only stills of nvr-snap can be kept");
	else
		rc = nvr_auditor_examine(
		    r->auditor, f->q, f->cam, f->jpeg, f->len, &cli.err);

	if (rc == 0)
		rc = audit_keep(r, nvr_auditor_camera(r->auditor), opt.keep,
		    f->jpeg, f->len);
	if (rc == NVR_E_DATA || rc == NVR_E_PERMISSION) {
		blame(f);
		return 0;
	}
	return rc;
}

/* Each JPEG of a stream; what is none is passed over. */
static int
examine_stream(struct files *f)
{
	int rc;

	while ((rc = wait_for(f->run, f->in.fd, next_of_stream, f)) != 0) {
		if (rc < 0)
			blame(f);
		if (rc < 0 && rc != NVR_E_DATA)
			return 0; /* it cannot be read any further */
		if (rc == 1)
			rc = examine(f);
		if (rc < 0 && rc != NVR_E_DATA)
			return rc;
	}
	return 0;
}

/*
 * A pipe on standard input is read without waiting while questions are open.
 * It is opened anew, since the flag would be everybody's who has it.
 */
static int
open_input(struct files *f)
{
	struct stat sb;
	int fd = -1;

	if (nvr_auditor_loop(f->run->auditor) != NULL &&
	    fstat(STDIN_FILENO, &sb) == 0 && S_ISFIFO(sb.st_mode))
		fd = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	f->in.fd = fd >= 0 ? fd : dup(STDIN_FILENO);
	f->where = "standard input";
	return f->in.fd;
}

/* A file that cannot be read does not stop the others. */
static int
examine_file(struct files *f, const char *path)
{
	int rc;

	f->in = (struct nvr_jpeg_stream){.fd = -1};
	f->where = path;
	if (strcmp(path, "-") == 0)
		open_input(f);
	else
		f->in.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->in.fd < 0) {
		nvr_warn("cannot open '%s': %s", path, strerror(errno));
		f->run->blind++;
		return 0;
	}
	rc = examine_stream(f);
	close(f->in.fd);
	nvr_jpeg_stream_release(&f->in);
	return rc;
}

int
audit_files(struct audit_run *r, const struct nvr_asking *q)
{
	struct files f = {.run = r, .q = q};
	int rc = 0;

	if (opt.camera.n == 1)
		rc = nvr_inventory_find(
		    r->s, opt.camera.item[0], &f.cam, &cli.err);
	for (int i = 0; rc == 0 && i < cli.nargs; i++)
		rc = examine_file(&f, cli.args[i]);
	nvr_camera_free(f.cam);
	return rc;
}

struct snapped {
	struct nvr_snapper *snap;
	const void *jpeg;
	size_t len;
};

static int
next_of_snapper(void *ctx)
{
	struct snapped *s = ctx;

	return nvr_snapper_next(s->snap, &s->jpeg, &s->len, &cli.err);
}

/* Which of the cameras the still is of; -1: none. */
static int
whose(const struct audit_take *t, const void *jpeg, size_t len)
{
	struct nvr_exif exif;

	nvr_exif_get(jpeg, len, &exif);
	for (int i = 0; i < t->n; i++)
		if (t->cam[i]->id == exif.camera_id)
			return i;
	return -1;
}

static int
take_stills(struct audit_take *t, struct snapped *s, bool *seen)
{
	bool waits = nvr_auditor_loop(t->run->auditor) == NULL;
	int fd = waits ? -1 : nvr_snapper_fd(s->snap);
	char why[300];
	int i, rc;

	while ((rc = wait_for(t->run, fd, next_of_snapper, s)) == 1) {
		i = whose(t, s->jpeg, s->len);
		if (i < 0)
			continue; /* a camera that came meanwhile */
		seen[i] = true;
		rc = t->still(t->ctx, i, s->jpeg, s->len);
		if (rc != 0)
			return rc;
	}
	for (i = 0; rc == 0 && i < t->n; i++) {
		if (seen[i])
			continue;
		snprintf(why, sizeof(why), "no still: %s",
		    nvr_snapper_reason(s->snap, t->cam[i]->name));
		rc = t->missed(t->ctx, i, why);
	}
	return rc;
}

int
audit_take(struct audit_take *t)
{
	struct snapped s = {0};
	char **names = calloc((size_t)t->n + 1, sizeof(*names));
	char(*ids)[NVR_ID_TEXT] = calloc((size_t)t->n + 1, sizeof(*ids));
	bool *seen = calloc((size_t)t->n + 1, sizeof(*seen));
	int rc = 0;

	if (names == NULL || ids == NULL || seen == NULL)
		rc = nvr_fail_nomem(&cli.err);
	for (int i = 0; rc == 0 && i < t->n; i++)
		names[i] = (char *)nvr_id_format(t->cam[i]->id, ids[i]);
	if (rc == 0)
		rc = nvr_snapper_open(cli.store, cli.config, (int)opt.jobs,
		    names, t->all ? 0 : t->n, &s.snap, &cli.err);
	if (rc == 0)
		rc = take_stills(t, &s, seen);
	nvr_snapper_close(s.snap);
	free(names);
	free(ids);
	free(seen);
	return rc;
}
