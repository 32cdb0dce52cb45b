/*
 * The file of an export that is offered; see offer_int.h.
 *
 * What is written is read from a snapshot of the store, and while there is one
 * the WAL only grows.  So nobody waits for room in there: the try ends, room is
 * waited for and taken, as much again as was needed so far, and the next try
 * writes over what the last one has left.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/draft.h"
#include "base/file.h"
#include "base/owner.h"
#include "base/time.h"
#include "core/export.h"
#include "core/offer.h"
#include "core/offer_int.h"

#define LOOK ((int64_t)16 * 1024 * 1024) /* bytes between looks at the disk */
#define PATIENCE 300			 /* of 100 ms: recorders make room */

struct writing {
	struct nvr_state *s;
	struct nvr_offer *row;
	const struct nvr_age_identity *key;
	const struct nvr_offer_making *m;
	struct nvr_draft draft;
	int64_t since; /* bytes since the disk was looked at */
	int64_t size;  /* bytes of this try */
	int64_t taken; /* bytes of the disk that are ours already */
	bool full;     /* this try ended for want of room */
	int64_t floor; /* that are to stay free; 0: it does not matter */
	struct nvr_error *err;
};

/* Where footage is on the same disk: half of min-free stays to recorders. */
static int64_t
find_floor(struct writing *x)
{
	char path[PATH_MAX];
	struct stat media, file;

	snprintf(path, sizeof(path), "%s/media", x->s->dir);
	if (x->s->rules == NULL || stat(path, &media) != 0 ||
	    fstat(x->draft.fd, &file) != 0 || media.st_dev != file.st_dev)
		return 0;
	return x->s->rules->keep.floor / 2;
}

static bool
has_room(const struct writing *x)
{
	struct statvfs fs;

	return fstatvfs(x->draft.fd, &fs) != 0 ||
	       (__int128)fs.f_bavail * fs.f_frsize >= x->floor;
}

/* They make it, by and by, but not as fast as we write. */
static bool
await_room(struct writing *x)
{
	const struct timespec pause = {0, 100000000};

	for (int i = 0; i < PATIENCE; i++) {
		if (has_room(x))
			return true;
		nanosleep(&pause, NULL);
	}
	return has_room(x);
}

/* Whether there is more of it than there was. */
static bool
take_room(struct writing *x)
{
	int64_t had = x->taken = x->size > x->taken ? x->size : x->taken;
	int64_t want = x->size > LOOK ? 2 * x->size : LOOK;

	while (x->taken < want && await_room(x) &&
	       posix_fallocate(x->draft.fd, x->taken, LOOK) == 0)
		x->taken += LOOK;
	return x->taken > had;
}

static int
draft_write(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct writing *x = ctx;

	x->since += (int64_t)len;
	x->size += (int64_t)len;
	if (x->floor > 0 && x->size > x->taken && x->since >= LOOK) {
		x->since = 0;
		x->full = !has_room(x);
	}
	if (x->full)
		return nvr_fail(err, NVR_E_IO,
		    "the disk has not half of min-free left, which is for "
		    "recordings");
	return nvr_write_all(x->draft.fd, data, len, err);
}

static int
fill(struct writing *x, const struct nvr_archive_options *options)
{
	const struct nvr_offer *row = x->row;
	const struct nvr_export_account what = {.account = row->account,
	    .now = options->now,
	    .stills = (row->include & NVR_OFFER_STILLS) != 0,
	    .footage = (row->include & NVR_OFFER_FOOTAGE) != 0,
	    .sealed = (row->include & NVR_OFFER_SEALED) != 0,
	    .language = row->language};
	struct nvr_archive *a = NULL;
	int rc = nvr_archive_open(x->s, options, &a, x->err);

	x->since = LOOK; /* what comes next looks */
	if (rc == 0)
		rc = nvr_export_account(x->s, &what, a, x->err);
	if (rc == 0)
		rc = nvr_archive_close(a, x->err);
	if (rc == 0)
		x->row->gaps = nvr_archive_gaps(a);
	nvr_archive_free(a);
	return rc;
}

/* From its first byte to its last; what was taken and is not needed goes. */
static int
fill_all(struct writing *x, const struct nvr_archive_options *options)
{
	struct nvr_archive_options o;
	int rc;

	do {
		o = *options;
		o.asked = nvr_offer_asked(
		    x->row->account, x->row->include, x->row->language);
		x->full = false;
		x->size = 0;
		if (lseek(x->draft.fd, 0, SEEK_SET) != 0)
			return nvr_fail_errno(
			    x->err, NVR_E_IO, "cannot write a draft");
		rc = fill(x, &o);
	} while (rc != 0 && x->full && take_room(x));
	if (rc == 0 && ftruncate(x->draft.fd, x->size) != 0)
		rc = nvr_fail_errno(
		    x->err, NVR_E_IO, "cannot cut '%s'", x->draft.path);
	return rc;
}

static int
read_back(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	const struct writing *x = ctx;

	return pread(x->draft.fd, buf, len, (off_t)offset) == (ssize_t)len
		   ? 0
		   : nvr_fail_errno(
			 err, NVR_E_IO, "cannot read '%s'", x->draft.path);
}

/* How long the archive is once it is opened. */
static int
measure(struct writing *x)
{
	struct nvr_bytes file = {read_back, x, 0};
	struct nvr_age_reader *reader = NULL;
	struct stat sb;
	uint64_t size = 0;
	int rc = 0;

	if (fstat(x->draft.fd, &sb) != 0)
		return nvr_fail_errno(
		    x->err, NVR_E_IO, "cannot read '%s'", x->draft.path);
	file.size = (uint64_t)sb.st_size;
	rc = nvr_age_reader_open(&file, x->key, &reader, x->err);
	if (rc == 0)
		rc = nvr_age_reader_size(reader, &size, x->err);
	nvr_age_reader_free(reader);
	x->row->size_bytes = (int64_t)size;
	return rc;
}

static int
write_draft(struct writing *x, int64_t now)
{
	const struct nvr_sink sink = {draft_write, x};
	char folder[PATH_MAX];
	struct nvr_archive_options options = {.sink = &sink,
	    .recipients = &x->key->recipient,
	    .nrecipients = 1,
	    .now = now,
	    .tool = x->m->tool,
	    .temp = folder,
	    .progress = x->m->progress,
	    .ctx = x->m->ctx};
	int rc = nvr_pack_parse(x->row->format, &options.format, x->err);

	if (rc != 0)
		return rc;
	snprintf(folder, sizeof(folder), "%s/" NVR_OFFERS, x->s->dir);
	x->floor = find_floor(x);
	rc = fill_all(x, &options);
	if (rc == 0)
		rc = measure(x);
	return rc == 0 ? nvr_own(x->draft.temp, x->err) : rc;
}

int
nvr_offer_write(struct nvr_state *s, struct nvr_offer *row,
    const struct nvr_age_identity *key, const struct nvr_offer_making *m,
    int64_t now, struct nvr_error *err)
{
	struct writing x = {.s = s, .row = row, .key = key, .m = m, .err = err};
	char path[PATH_MAX], name[NVR_OFFER_PATH];
	int rc;

	nvr_offer_path(row->id, name);
	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	/* What has its name was never finished, whatever it is. */
	rc = nvr_offer_unlink(s, row->id, err);
	if (rc == 0)
		rc = nvr_draft_open(&x.draft, path, err);
	if (rc != 0)
		return rc;
	rc = write_draft(&x, now);
	if (rc == 0)
		return nvr_draft_commit(&x.draft, err);
	nvr_draft_drop(&x.draft);
	return rc;
}
