/*
 * Segments of an export of footage: what was recorded of them beside what they
 * are now, and the files as they lie there.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "base/time.h"
#include "core/export_footage_int.h"
#include "core/segment.h"
#include "seal/digest.h"

#define BATCH 64
#define PIECE ((size_t)128 * 1024)

static const char HEAD[] =
    "file,payload_from,sha256_recorded,sha256_now,verdict,id,run_id,stream,"
    "start_at,end_at,size_bytes,frames,sealed\r\n";

struct listing {
	struct nvr_evidence *e;
	struct nvr_archive_file *csv, *json;
};

/* A segment's file, and what was found. */
struct file {
	struct nvr_segment segment;
	const struct nvr_segment *seg; /* that */
	int fd;	     /* -1: it is not there, or cannot be opened */
	bool closed; /* it cannot be read, or not all of it */
	uint64_t size;
	char path[NVR_SEGMENT_PATH];	 /* below the state folder */
	char name[2 * NVR_ARCHIVE_NAME]; /* in the archive; "": it is not */
	uint64_t payload;		 /* where that begins; 0: unknown */
	uint8_t sha256[NVR_SHA256_LEN];
	const char *verdict;
	char piece[PIECE];
	struct nvr_archive *to; /* where all of it goes, too; or NULL */
	/* Who hashes it meanwhile, and how that went. */
	pthread_t thread;
	bool running;
	int rc;
	struct nvr_error err;
};

static int
open_file(struct nvr_evidence *e, struct file *f)
{
	char full[PATH_MAX + NVR_SEGMENT_PATH];
	const struct nvr_segment *seg = f->seg;
	struct stat sb;

	nvr_segment_path(
	    seg->camera_id, seg->stream, seg->id, seg->sealed, f->path);
	snprintf(full, sizeof(full), "%s/%s", e->x.s->dir, f->path);
	f->fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0 && errno == ENOMEM)
		return nvr_fail_nomem(e->x.err);
	f->closed = f->fd < 0 && errno != ENOENT && errno != ELOOP;
	if (f->fd >= 0 && (fstat(f->fd, &sb) != 0 || !S_ISREG(sb.st_mode))) {
		close(f->fd);
		f->fd = -1;
	}
	if (f->fd >= 0)
		f->size = (uint64_t)sb.st_size;
	return 0;
}

static int
read_at(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	const struct file *f = ctx;
	ssize_t n = pread(f->fd, buf, len, (off_t)offset);

	if (n == (ssize_t)len)
		return 0;
	return n < 0
		   ? nvr_fail_errno(err, NVR_E_IO, "cannot read '%s'", f->path)
		   : nvr_fail(err, NVR_E_IO, "'%s' became shorter", f->path);
}

/* What the disk does not give back is zeros, and is told. */
static int
read_piece(struct file *f, size_t n, uint64_t at, struct nvr_error *err)
{
	int rc = read_at(f, f->piece, n, at, err);

	if (rc != NVR_E_IO)
		return rc;
	f->closed = true;
	memset(f->piece, 0, n);
	return 0;
}

/* Its hash, and all of it into the archive where it goes there. */
static int
read_through(struct file *f, struct nvr_error *err)
{
	struct nvr_sha256 *sha = NULL;
	int rc = nvr_sha256_open(&sha, err);

	for (uint64_t at = 0; rc == 0 && at < f->size;) {
		size_t n =
		    f->size - at < PIECE ? (size_t)(f->size - at) : PIECE;

		rc = read_piece(f, n, at, err);
		if (rc == 0)
			rc = nvr_sha256_update(sha, f->piece, n, err);
		if (rc == 0 && f->to != NULL)
			rc = nvr_archive_write(f->to, f->piece, n, err);
		at += n;
	}
	if (rc == 0)
		rc = nvr_sha256_final(sha, f->sha256, err);
	nvr_sha256_free(sha);
	return rc;
}

static void *
hash(void *ctx)
{
	struct file *f = ctx;

	f->rc = read_through(f, &f->err);
	return NULL;
}

static int
hashed(struct file *f, struct nvr_error *err)
{
	if (!f->running)
		return read_through(f, err);
	f->running = false;
	if (pthread_join(f->thread, NULL) != 0)
		return nvr_fail(err, NVR_E_BUG, "a thread is lost");
	if (f->rc != 0)
		*err = f->err;
	return f->rc;
}

/* The header by which the one-time identity opens it. */
static int
put_header(struct nvr_evidence *e, struct file *f, const char *stem)
{
	const struct nvr_bytes bytes = {read_at, f, f->size};
	struct nvr_buf header = {0};
	struct nvr_error why = {0};
	char name[2 * NVR_ARCHIVE_NAME];
	int rc = NVR_E_NOENT;

	snprintf(name, sizeof(name), "%s.header", stem);
	if (e->have_key)
		rc = nvr_age_header_for(&bytes, &e->key,
		    &e->o->originals->recipient, &header, &f->payload, &why);
	else
		snprintf(why.text, sizeof(why.text),
		    "the camera's identity is kept elsewhere: who has it "
		    "opens the file with it");
	if (rc == 0)
		rc = nvr_archive_add(
		    e->x.a, name, header.data, header.len, -1, e->x.err);
	else if (rc != NVR_E_NOMEM)
		rc = nvr_evidence_gap(e, name, "%s", why.text);
	nvr_buf_release(&header);
	return rc;
}

static int
put_original(struct listing *l, struct file *f)
{
	struct nvr_evidence *e = l->e;
	char stem[2 * NVR_ARCHIVE_NAME], at[NVR_ARCHIVE_NAME], id[NVR_ID_TEXT];
	int rc = 0;

	nvr_archive_time(f->seg->start_at, at);
	snprintf(stem, sizeof(stem), "originals/%s-%s", at,
	    nvr_id_format(f->seg->id, id));
	if (f->seg->sealed)
		rc = put_header(e, f, stem);
	snprintf(f->name, sizeof(f->name), "%.100s.mp4%s", stem,
	    f->seg->sealed ? ".age" : "");
	if (rc == 0)
		rc = nvr_archive_begin(e->x.a, f->name, f->size, e->x.err);
	f->to = e->x.a;
	if (rc == 0)
		rc = read_through(f, e->x.err);
	if (rc == 0)
		rc = nvr_archive_end(e->x.a, e->x.err);
	e->originals += rc == 0;
	return rc;
}

static int
put_line(struct listing *l, const struct file *f)
{
	const struct nvr_segment *s = f->seg;
	char was[NVR_SHA256_HEX], is[NVR_SHA256_HEX] = "", from[24] = "";
	char id[NVR_ID_TEXT], run[NVR_ID_TEXT], line[768];
	char start[NVR_TIME_TEXT], end[NVR_TIME_TEXT];
	int rc;

	nvr_hex(s->sha256, sizeof(s->sha256), was);
	if (f->fd >= 0 && !f->closed)
		nvr_hex(f->sha256, sizeof(f->sha256), is);
	if (f->payload > 0)
		snprintf(from, sizeof(from), "%" PRIu64, f->payload + 1);
	nvr_id_format(s->id, id);
	nvr_id_format(s->run_id, run);
	nvr_time_format(s->start_at, start);
	nvr_time_format(s->end_at, end);
	snprintf(line, sizeof(line),
	    "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%" PRId64 ",%" PRId64 ",%s\r\n",
	    f->name, from, was, is, f->verdict, id, run,
	    nvr_stream_names[s->stream], start, end, s->size_bytes, s->frames,
	    s->sealed ? "true" : "false");
	rc = nvr_archive_file_write(l->csv, line, strlen(line), l->e->x.err);
	return rc != 0
		   ? rc
		   : nvr_evidence_line(l->e, l->json,
			 json_pack("{s:s*, s:o*, s:s, s:s*, s:s, s:s, s:s, s:s,"
				   "s:s, s:s, s:I, s:I, s:b}",
			     "file", f->name[0] != '\0' ? f->name : NULL,
			     "payload_from",
			     f->payload > 0
				 ? json_integer((json_int_t)f->payload + 1)
				 : NULL,
			     "sha256_recorded", was, "sha256_now",
			     is[0] != '\0' ? is : NULL, "verdict", f->verdict,
			     "id", id, "run_id", run, "stream",
			     nvr_stream_names[s->stream], "start_at", start,
			     "end_at", end, "size_bytes",
			     (json_int_t)s->size_bytes, "frames",
			     (json_int_t)s->frames, "sealed", s->sealed));
}

static int
tell(struct nvr_evidence *e, const struct file *f)
{
	char id[NVR_ID_TEXT], at[NVR_TIME_TEXT], what[96];
	int rc = 0;

	snprintf(what, sizeof(what), "segment %s of %s",
	    nvr_id_format(f->seg->id, id),
	    nvr_time_format(f->seg->start_at, at));
	e->differ++;
	if (f->closed)
		return nvr_evidence_lose(e, f->seg->start_at, f->seg->end_at,
		    "it was recorded, but its file cannot be read whole: look "
		    "at the disk, and at who may read it");
	if (f->fd < 0)
		return nvr_evidence_lose(e, f->seg->start_at, f->seg->end_at,
		    "it was recorded, but its file is not there");
	if ((int64_t)f->size < f->seg->size_bytes)
		rc = nvr_evidence_lose(e, f->seg->start_at, f->seg->end_at,
		    "its file was cut short since: the end of this is lost");
	return rc != 0 ? rc
		       : nvr_evidence_gap(e, what,
			     "its file is not what was recorded: its SHA-256 "
			     "is another");
}

static const char *
judge(const struct file *f)
{
	if (f->closed)
		return "unreadable";
	if (f->fd < 0)
		return "missing";
	return (int64_t)f->size == f->seg->size_bytes &&
		       memcmp(f->sha256, f->seg->sha256, NVR_SHA256_LEN) == 0
		   ? "same"
		   : "changed";
}

static int
put_segment(struct listing *l, struct file *f)
{
	struct nvr_evidence *e = l->e;
	int rc = 0;

	if (f->fd >= 0)
		rc = e->o->originals != NULL ? put_original(l, f)
					     : hashed(f, e->x.err);
	f->verdict = judge(f);
	if (rc == 0 && strcmp(f->verdict, "same") != 0)
		rc = tell(e, f);
	return rc == 0 ? put_line(l, f) : rc;
}

/* One is seldom mixed up with the next, and never with those before. */
#define NEAR 8

static int
add_run(struct nvr_evidence *e, const struct nvr_segment *seg)
{
	struct nvr_evidence_run *more;

	for (size_t i = e->nruns; i > 0 && i + NEAR > e->nruns; i--) {
		more = &e->run[i - 1];
		if (more->id != seg->run_id)
			continue;
		if (seg->end_at > more->end)
			more->end = seg->end_at;
		return 0;
	}
	if ((e->nruns & (e->nruns - 1)) == 0) {
		more = reallocarray(
		    e->run, e->nruns == 0 ? 1 : e->nruns * 2, sizeof(*more));
		if (more == NULL)
			return nvr_fail_nomem(e->x.err);
		e->run = more;
	}
	e->run[e->nruns++] =
	    (struct nvr_evidence_run){seg->run_id, seg->start_at, seg->end_at};
	return 0;
}

static int
add_segment(struct nvr_evidence *e, const struct nvr_segment *seg)
{
	int rc = add_run(e, seg);

	e->segments++;
	e->bytes += seg->size_bytes;
	return rc == 0 ? nvr_stash_write(&e->list, &e->x.a->key, seg,
			     sizeof(*seg), e->x.err)
		       : rc;
}

/* A batch at a time, as its rows are not to be kept. */
int
nvr_evidence_list(struct nvr_evidence *e)
{
	const struct nvr_export_footage *o = e->o;
	struct nvr_segment seg[BATCH];
	int64_t start = o->since - NVR_SEGMENT_MAX, id = 0;
	int n = BATCH, rc = 0;

	e->list.spool.folder = o->temp;
	while (rc == 0 && n == BATCH) {
		rc = nvr_segment_after(e->x.s->store, o->camera->id, o->stream,
		    start, id, o->until + NVR_SEGMENT_MAX, seg, BATCH, &n,
		    e->x.err);
		for (int i = 0; rc == 0 && i < n; i++) {
			if (seg[i].start_at >= o->until)
				return 0;
			if (seg[i].end_at > o->since)
				rc = add_segment(e, &seg[i]);
			start = seg[i].start_at;
			id = seg[i].id;
		}
	}
	return rc;
}

/* 1: the next one, open, and being hashed meanwhile; 0: there is none. */
static int
begin_next(struct nvr_evidence *e, struct file *f)
{
	size_t got;
	int rc = nvr_stash_read(&e->list, &e->x.a->key, &f->segment,
	    sizeof(f->segment), &got, e->x.err);

	if (rc != 0 || got != sizeof(f->segment))
		return rc;
	f->seg = &f->segment;
	f->size = f->payload = 0;
	f->name[0] = '\0';
	rc = open_file(e, f);
	if (rc == 0 && f->fd >= 0 && e->o->originals == NULL)
		f->running = pthread_create(&f->thread, NULL, hash, f) == 0;
	return rc == 0 ? 1 : rc;
}

static void
end_file(struct file *f)
{
	if (f->running)
		pthread_join(f->thread, NULL);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->running = false;
}

/* Two at a time, since hashing takes the most. */
static int
walk(struct listing *l, struct file two[2])
{
	int i = 0, more, rc = 0;

	two[0].fd = two[1].fd = -1;
	more = begin_next(l->e, &two[0]);
	while (rc == 0 && more == 1) {
		more = begin_next(l->e, &two[!i]);
		if (more >= 0)
			rc = put_segment(l, &two[i]);
		end_file(&two[i]);
		i = !i;
	}
	end_file(&two[0]);
	end_file(&two[1]);
	return more < 0 ? more : rc;
}

int
nvr_evidence_segments(struct nvr_evidence *e)
{
	struct listing l = {.e = e};
	struct file *two = calloc(2, sizeof(*two));
	struct nvr_archive *a = e->x.a;
	int rc = two != NULL ? 0 : nvr_fail_nomem(e->x.err);

	if (rc == 0)
		rc = nvr_archive_file(a, "data/segments.csv", &l.csv, e->x.err);
	if (rc == 0)
		rc = nvr_archive_file(
		    a, "data/segments.jsonl", &l.json, e->x.err);
	if (rc == 0)
		rc =
		    nvr_archive_file_write(l.csv, HEAD, strlen(HEAD), e->x.err);
	if (rc == 0)
		rc = walk(&l, two);
	if (rc == 0) {
		rc = nvr_archive_file_put(l.csv, e->segments, e->x.err);
		l.csv = NULL;
	}
	if (rc == 0) {
		rc = nvr_evidence_put(
		    e, l.json, "data/segments.jsonl", e->segments);
		l.json = NULL;
	}
	nvr_archive_file_free(l.csv);
	nvr_archive_file_free(l.json);
	free(two);
	return rc;
}
