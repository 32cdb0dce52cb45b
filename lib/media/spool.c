/* A table that may become long; see spool.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "media/mp4_box.h"
#include "media/spool.h"

#define TAIL ((size_t)64 * 1024)

static int
open_file(struct nvr_spool *s, struct nvr_error *err)
{
	char path[4096];
	int fd;

	if (s->fd > 0)
		return 0;
	fd = open(s->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/.nvr-XXXXXX", s->folder);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd < 0)
			return nvr_fail_errno(
			    err, 0, "cannot make a file in '%s'", s->folder);
		unlink(path);
	}
	/* 0 stands for none: it is taken when a program closed its stdin. */
	s->fd = fd > 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd == 0)
		close(fd);
	return s->fd > 0 ? 0 : nvr_fail_errno(err, 0, "cannot open a file");
}

static int
flush(struct nvr_spool *s, struct nvr_error *err)
{
	int rc = open_file(s, err);

	if (rc == 0)
		rc = nvr_write_all(s->fd, s->tail, s->tail_len, err);
	if (rc != 0)
		return nvr_prefix(err, "tables in '%s'", s->folder);
	s->filed += s->tail_len;
	s->tail_len = 0;
	return 0;
}

int
nvr_spool_add(
    struct nvr_spool *s, const void *data, size_t len, struct nvr_error *err)
{
	int rc;

	if (s->tail == NULL) {
		s->tail = malloc(TAIL);
		if (s->tail == NULL)
			return nvr_fail_nomem(err);
	}
	if (len > TAIL - s->tail_len) {
		rc = flush(s, err);
		if (rc != 0)
			return rc;
	}
	memcpy(s->tail + s->tail_len, data, len);
	s->tail_len += len;
	return 0;
}

int
nvr_spool_add32(struct nvr_spool *s, uint32_t v, struct nvr_error *err)
{
	uint8_t b[4];

	nvr_put32(b, v);
	return nvr_spool_add(s, b, sizeof(b), err);
}

uint64_t
nvr_spool_len(const struct nvr_spool *s)
{
	return s->filed + s->tail_len;
}

int
nvr_spool_read(struct nvr_spool *s, uint64_t offset, void *buf, size_t len,
    size_t *got, struct nvr_error *err)
{
	ssize_t n;

	if (offset >= s->filed) {
		offset -= s->filed;
		*got = 0;
		if (offset >= s->tail_len)
			return 0;
		*got = s->tail_len - (size_t)offset;
		if (*got > len)
			*got = len;
		memcpy(buf, s->tail + offset, *got);
		return 0;
	}
	if (len > s->filed - offset)
		len = (size_t)(s->filed - offset);
	do {
		n = pread(s->fd, buf, len, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0 || (size_t)n != len)
		return nvr_fail_errno(err, NVR_E_IO,
		    "cannot read back tables in '%s'", s->folder);
	*got = len;
	return 0;
}

void
nvr_spool_clear(struct nvr_spool *s)
{
	/* What a full disk refuses here, the next write will tell. */
	if (s->fd > 0 &&
	    (ftruncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0)) {
		close(s->fd);
		s->fd = 0;
	}
	s->filed = 0;
	s->tail_len = 0;
}

void
nvr_spool_release(struct nvr_spool *s)
{
	if (s->fd > 0)
		close(s->fd);
	free(s->tail);
	*s = (struct nvr_spool){0};
}
