/* Writes a segment; see segment.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/time.h"
#include "core/segment.h"
#include "seal/digest.h"

#define WRITE_AT (512 * 1024) /* bytes: fewer, larger writes */

struct nvr_segment_file {
	struct nvr_torn torn; /* what mending would need */
	struct nvr_store *store;
	char path[PATH_MAX]; /* of the finished file */
	char part[PATH_MAX + 8];
	int fd;
	struct nvr_mp4_writer *mp4;
	struct nvr_age_writer *age; /* NULL: plain */
	struct nvr_sha256 *sha;
	struct nvr_buf out; /* sealed, to be written */
	int64_t bytes;	    /* written */
};

static int
write_out(struct nvr_segment_file *f, struct nvr_error *err)
{
	int rc;

	if (f->out.len == 0)
		return 0;
	rc = nvr_write_all(f->fd, f->out.data, f->out.len, err);
	if (rc != 0)
		return nvr_prefix(err, "%s", f->part);
	rc = nvr_sha256_update(f->sha, f->out.data, f->out.len, err);
	f->bytes += (int64_t)f->out.len;
	f->out.len = 0;
	return rc;
}

static int
take_bytes(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct nvr_segment_file *f = ctx;
	int rc = nvr_buf_add(&f->out, data, len, err);

	return rc == 0 && f->out.len >= WRITE_AT ? write_out(f, err) : rc;
}

static int
take_plain(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct nvr_segment_file *f = ctx;

	return f->age != NULL ? nvr_age_writer_write(f->age, data, len, err)
			      : take_bytes(f, data, len, err);
}

static void
free_file(struct nvr_segment_file *f)
{
	nvr_mp4_writer_free(f->mp4);
	nvr_age_writer_free(f->age);
	nvr_sha256_free(f->sha);
	nvr_buf_release(&f->out);
	if (f->fd >= 0)
		close(f->fd);
	explicit_bzero(f, sizeof(*f));
	free(f);
}

/* The journal's row: the payload key, for the box key's owner. */
static int
journal(struct nvr_segment_file *f, const struct nvr_age_recipient *box,
    struct nvr_error *err)
{
	struct nvr_open_segment row = f->torn.open;
	struct nvr_buf key = {0};
	int rc = 0;

	if (f->torn.sealed)
		rc = nvr_age_seal(box, 1, f->torn.payload_key,
		    sizeof(f->torn.payload_key), &key, err);
	row.payload_key = key.data;
	row.payload_key_len = key.len;
	if (rc == 0)
		rc = nvr_segment_open(f->store, &row, err);
	nvr_buf_release(&key);
	return rc;
}

/* Its folder may go while it is made: who deletes the last file of a day takes
 * that along. */
static int
open_new(struct nvr_segment_file *f, char *slash, struct nvr_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && f->fd < 0 && i < 2; i++) {
		*slash = '\0';
		rc = nvr_dir_make(f->part, 0700, err);
		*slash = '/';
		if (rc == 0)
			f->fd = open(f->part,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (rc == 0 && f->fd < 0 && (errno != ENOENT || i == 1))
			rc = nvr_fail_errno(
			    err, NVR_E_CREATE, "cannot create '%s'", f->part);
	}
	return rc;
}

static int
make_file(struct nvr_segment_file *f, struct nvr_error *err)
{
	char *slash = strrchr(f->part, '/');
	int rc = open_new(f, slash, err);

	/* What is flushed later has to have a name. */
	*slash = '\0';
	if (rc == 0)
		rc = nvr_dir_sync(f->part, err);
	*slash = '/';
	return rc;
}

/* The writers, whose first bytes stay in memory until the first fragment. */
static int
start(struct nvr_segment_file *f, const struct nvr_segment_plan *plan,
    struct nvr_error *err)
{
	const struct nvr_sink out = {take_bytes, f}, plain = {take_plain, f};
	const struct nvr_mp4_options o = {plan->camera, plan->start_at};
	int rc = nvr_sha256_open(&f->sha, err);

	if (rc == 0 && plan->nrecipients > 0) {
		rc = nvr_age_writer_open(
		    &out, plan->recipients, plan->nrecipients, &f->age, err);
		if (rc == 0)
			nvr_age_writer_payload_key(f->age, f->torn.payload_key);
	}
	return rc == 0 ? nvr_mp4_writer_open(&plain, plan->tracks,
			     plan->ntracks, &o, &f->mp4, err)
		       : rc;
}

int
nvr_segment_create(struct nvr_state *s, const struct nvr_segment_plan *plan,
    struct nvr_segment_file **ret, struct nvr_error *err)
{
	struct nvr_segment_file *f = calloc(1, sizeof(*f));
	char path[NVR_SEGMENT_PATH];
	struct nvr_error ignored;
	int rc = nvr_state_media(s, err);

	if (rc == 0 && f == NULL)
		rc = nvr_fail_nomem(err);
	if (rc != 0) {
		free(f);
		return rc;
	}
	f->fd = -1;
	f->store = s->store;
	f->torn.sealed = plan->nrecipients > 0;
	f->torn.open = (struct nvr_open_segment){.id = nvr_id_new(),
	    .camera_id = plan->camera_id,
	    .run_id = plan->run_id,
	    .stream = plan->stream,
	    .start_at = plan->start_at,
	    .media_start_us = plan->media_start_us};
	nvr_segment_path(plan->camera_id, plan->stream, f->torn.open.id,
	    f->torn.sealed, path);
	snprintf(f->path, sizeof(f->path), "%s/%s", s->dir, path);
	snprintf(f->part, sizeof(f->part), "%s.part", f->path);
	rc = start(f, plan, err);
	if (rc == 0)
		rc = journal(f, plan->box, err);
	if (rc == 0) {
		rc = make_file(f, err);
		if (rc != 0 && f->fd < 0) /* there is nothing to mend */
			nvr_segment_forget(s->store, f->torn.open.id, &ignored);
	}
	if (rc == 0)
		*ret = f;
	else
		free_file(f);
	return rc;
}

int
nvr_segment_frame(struct nvr_segment_file *f, int track,
    const struct nvr_frame *frame, struct nvr_error *err)
{
	return nvr_mp4_writer_frame(f->mp4, track, frame, err);
}

int
nvr_segment_fragment(struct nvr_segment_file *f, struct nvr_error *err)
{
	off_t from = (off_t)f->bytes;
	int rc = nvr_mp4_writer_fragment(f->mp4, err);

	if (rc == 0)
		rc = write_out(f, err);
	/* The disk begins now, so that the flush finds little to wait for. */
	if (rc == 0)
		sync_file_range(
		    f->fd, from, f->bytes - from, SYNC_FILE_RANGE_WRITE);
	return rc;
}

int
nvr_segment_sync(struct nvr_segment_file *f, struct nvr_error *err)
{
	if (fdatasync(f->fd) != 0)
		return nvr_fail_errno(
		    err, NVR_E_IO, "cannot flush '%s'", f->part);
	return 0;
}

/* fsync, the name, and the folder that holds it. */
static int
settle(struct nvr_segment_file *f, struct nvr_error *err)
{
	char *slash;
	int rc;

	if (fsync(f->fd) != 0)
		return nvr_fail_errno(
		    err, NVR_E_IO, "cannot flush '%s'", f->part);
	if (rename(f->part, f->path) != 0)
		return nvr_fail_errno(
		    err, NVR_E_IO, "cannot rename '%s'", f->part);
	slash = strrchr(f->path, '/');
	*slash = '\0';
	rc = nvr_dir_sync(f->path, err);
	*slash = '/';
	return rc;
}

int
nvr_segment_finish(
    struct nvr_segment_file *f, struct nvr_segment *row, struct nvr_error *err)
{
	int rc = nvr_mp4_writer_fragment(f->mp4, err);

	if (rc == 0 && f->age != NULL)
		rc = nvr_age_writer_finish(f->age, err);
	if (rc == 0)
		rc = write_out(f, err);
	if (rc == 0)
		rc = settle(f, err);
	if (rc == 0)
		rc = nvr_sha256_final(f->sha, row->sha256, err);
	row->id = f->torn.open.id;
	row->camera_id = f->torn.open.camera_id;
	row->run_id = f->torn.open.run_id;
	row->stream = f->torn.open.stream;
	row->media_start_us = f->torn.open.media_start_us;
	row->size_bytes = f->bytes;
	row->sealed = f->torn.sealed;
	if (rc == 0)
		free_file(f);
	return rc;
}

void
nvr_segment_abandon(struct nvr_segment_file *f, struct nvr_torn *torn)
{
	*torn = f->torn;
	free_file(f);
}

int64_t
nvr_segment_id(const struct nvr_segment_file *f)
{
	return f->torn.open.id;
}

int64_t
nvr_segment_bytes(const struct nvr_segment_file *f)
{
	return f->bytes;
}
