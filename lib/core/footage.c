/* Reads segments; see footage.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/id.h"
#include "base/time.h"
#include "core/footage.h"

struct nvr_footage {
	char path[PATH_MAX + 8];
	int fd;
	bool whole;
	struct nvr_bytes file;	    /* as it is on the disk */
	struct nvr_bytes plain;	    /* what is in it */
	struct nvr_age_reader *age; /* NULL: not sealed */
};

void
nvr_segment_path(int64_t camera, enum nvr_stream stream, int64_t id,
    bool sealed, char path[NVR_SEGMENT_PATH])
{
	time_t made = (time_t)(nvr_id_time(id) / NVR_SECOND);
	char cam[NVR_ID_TEXT], seg[NVR_ID_TEXT], day[16];
	struct tm tm;

	gmtime_r(&made, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	snprintf(path, NVR_SEGMENT_PATH, "media/footage/%s/%s/%s/%s.mp4%s",
	    nvr_id_format(camera, cam), nvr_stream_names[stream], day,
	    nvr_id_format(id, seg), sealed ? ".age" : "");
}

static int
read_file(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	const struct nvr_footage *f = ctx;
	char *p = buf;

	while (len > 0) {
		ssize_t n = pread(f->fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return nvr_fail_errno(
			    err, NVR_E_IO, "cannot read '%s'", f->path);
		if (n == 0)
			return nvr_fail(
			    err, NVR_E_DATA, "'%s' became shorter", f->path);
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int
read_sealed(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	const struct nvr_footage *f = ctx;
	size_t got;
	int rc = nvr_age_reader_pread(f->age, buf, len, offset, &got, err);

	if (rc != 0)
		return nvr_prefix(err, "%s", f->path);
	if (got < len)
		return nvr_fail(
		    err, NVR_E_DATA, "'%s' ends too early", f->path);
	return 0;
}

int
nvr_footage_key(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_age_identity *ret, struct nvr_error *err)
{
	struct nvr_buf text = {0};
	int rc = nvr_inventory_identity(s, cam, &text, err);

	if (rc == 0)
		rc = nvr_age_identity_parse(text.data, text.len, ret, err);
	nvr_buf_wipe(&text);
	return rc;
}

int
nvr_torn_key(struct nvr_state *s, const struct nvr_open_segment *o,
    struct nvr_torn *ret, struct nvr_error *err)
{
	const struct nvr_age_identity *box;
	struct nvr_buf key = {0};
	int rc = 0;

	ret->open = *o;
	ret->open.payload_key = NULL;
	ret->sealed = o->payload_key != NULL;
	if (!ret->sealed)
		return 0;
	rc = nvr_state_box(s, &box, err);
	if (rc == 0)
		rc = nvr_age_open(
		    box, o->payload_key, o->payload_key_len, &key, err);
	if (rc == 0 && key.len != sizeof(ret->payload_key))
		rc = nvr_fail(
		    err, NVR_E_DATA, "the journal holds no payload key");
	if (rc == 0)
		memcpy(ret->payload_key, key.data, key.len);
	nvr_buf_wipe(&key);
	return rc;
}

static int
open_file(struct nvr_footage *f, struct nvr_error *err)
{
	struct stat sb;

	f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &sb) != 0)
		return nvr_fail_errno(err, 0, "cannot open '%s'", f->path);
	if (!S_ISREG(sb.st_mode))
		return nvr_fail(err, NVR_E_DATA, "'%s' is no file", f->path);
	f->file = (struct nvr_bytes){read_file, f, (uint64_t)sb.st_size};
	f->plain = f->file;
	return 0;
}

static int
new_footage(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    int64_t id, bool sealed, struct nvr_footage **ret, struct nvr_error *err)
{
	struct nvr_footage *f = calloc(1, sizeof(*f));
	char path[NVR_SEGMENT_PATH];

	if (f == NULL)
		return nvr_fail_nomem(err);
	nvr_segment_path(camera, stream, id, sealed, path);
	snprintf(f->path, PATH_MAX, "%s/%s", s->dir, path);
	f->fd = -1;
	f->whole = true;
	*ret = f;
	return 0;
}

int
nvr_footage_open(struct nvr_state *s, const struct nvr_segment *seg,
    const struct nvr_age_identity *identity, struct nvr_footage **ret,
    struct nvr_error *err)
{
	struct nvr_footage *f = NULL;
	int rc = new_footage(
	    s, seg->camera_id, seg->stream, seg->id, seg->sealed, &f, err);

	if (rc == 0)
		rc = open_file(f, err);
	if (rc == 0 && seg->sealed) {
		rc = nvr_age_reader_open(&f->file, identity, &f->age, err);
		if (rc == 0)
			rc = nvr_age_reader_size(f->age, &f->plain.size, err);
		if (rc != 0)
			rc = nvr_prefix(err, "%s", f->path);
		f->plain.pread = read_sealed;
	}
	if (rc == 0)
		*ret = f;
	else
		nvr_footage_close(f);
	return rc;
}

/* Under its last name it is whole, under the other as far as it goes. */
static int
open_either(struct nvr_footage *f, struct nvr_error *err)
{
	int rc = open_file(f, err);

	if (rc != NVR_E_NOENT)
		return rc;
	f->whole = false;
	strlcat(f->path, ".part", sizeof(f->path));
	rc = open_file(f, err);
	if (rc != NVR_E_NOENT)
		return rc;
	/* It got its last name just now. */
	f->whole = true;
	f->path[strlen(f->path) - strlen(".part")] = '\0';
	return open_file(f, err);
}

int
nvr_footage_open_torn(struct nvr_state *s, const struct nvr_torn *torn,
    struct nvr_footage **ret, struct nvr_error *err)
{
	const struct nvr_open_segment *o = &torn->open;
	struct nvr_footage *f = NULL;
	int rc = new_footage(
	    s, o->camera_id, o->stream, o->id, torn->sealed, &f, err);

	if (rc == 0)
		rc = open_either(f, err);
	if (rc == 0 && torn->sealed) {
		rc = nvr_age_reader_open_key(
		    &f->file, torn->payload_key, &f->age, err);
		if (rc == 0 && f->whole)
			rc = nvr_age_reader_size(f->age, &f->plain.size, err);
		else if (rc == 0)
			rc = nvr_age_reader_tear(f->age, &f->plain.size, err);
		else if (rc == NVR_E_DATA && !f->whole)
			f->plain.size = rc = 0; /* not even a header yet */
		if (rc != 0)
			rc = nvr_prefix(err, "%s", f->path);
		f->plain.pread = read_sealed;
	}
	if (rc == 0)
		*ret = f;
	else
		nvr_footage_close(f);
	return rc;
}

const struct nvr_bytes *
nvr_footage_bytes(const struct nvr_footage *f)
{
	return &f->plain;
}

const char *
nvr_footage_path(const struct nvr_footage *f)
{
	return f->path;
}

bool
nvr_footage_whole(const struct nvr_footage *f)
{
	return f->whole;
}

static int
copy_plain(struct nvr_footage *f, uint64_t size, const struct nvr_sink *out,
    struct nvr_error *err)
{
	char buf[65536];
	int rc = 0;

	for (uint64_t at = 0; rc == 0 && at < size;) {
		size_t n = size - at < sizeof(buf) ? size - at : sizeof(buf);

		rc = read_file(f, buf, n, at, err);
		if (rc == 0)
			rc = out->write(out->ctx, buf, n, err);
		at += n;
	}
	return rc;
}

int
nvr_footage_cut(struct nvr_footage *f, const struct nvr_torn *torn,
    uint64_t size, const struct nvr_sink *out, struct nvr_error *err)
{
	return f->age != NULL ? nvr_age_reader_cut(
				    f->age, torn->payload_key, size, out, err)
			      : copy_plain(f, size, out, err);
}

void
nvr_footage_close(struct nvr_footage *f)
{
	if (f == NULL)
		return;
	nvr_age_reader_free(f->age);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}
