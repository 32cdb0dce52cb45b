/* Durable files; see file.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static int
read_all(int fd, const char *path, size_t max, struct nvr_buf *buf,
    struct nvr_error *err)
{
	size_t start = buf->len;
	ssize_t n;
	int rc;

	for (;;) {
		if (buf->len - start > max)
			return nvr_fail(err, NVR_E_DATA,
			    "'%s' is larger than %zu bytes", path, max);
		rc = nvr_buf_reserve(buf, 65536, err);
		if (rc != 0)
			return rc;
		n = read(fd, buf->data + buf->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EISDIR)
			return nvr_fail(
			    err, NVR_E_DATA, "'%s' is a folder", path);
		if (n < 0)
			return nvr_fail_errno(
			    err, NVR_E_IO, "cannot read '%s'", path);
		if (n == 0)
			return 0;
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
	}
}

int
nvr_file_read(
    const char *path, size_t max, struct nvr_buf *buf, struct nvr_error *err)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return read_all(0, "standard input", max, buf, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	rc = read_all(fd, path, max, buf, err);
	close(fd);
	return rc;
}

bool
nvr_mode_is_private(const struct stat *st)
{
	return (st->st_mode & 077) == 0 ||
	       (st->st_uid == 0 && (st->st_mode & 0777 & ~0440U) == 0);
}

int
nvr_file_read_secret(
    const char *path, size_t max, struct nvr_buf *buf, struct nvr_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), rc;
	struct stat st;

	if (fd < 0)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	if (fstat(fd, &st) != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot read '%s'", path);
	else if (!S_ISREG(st.st_mode))
		rc = nvr_fail(err, NVR_E_DATA, "'%s' is not a file", path);
	else if (!nvr_mode_is_private(&st))
		rc = nvr_fail(err, NVR_E_PERMISSION,
		    "others can read '%s'; run chmod 600 '%s'", path, path);
	else
		rc = read_all(fd, path, max, buf, err);
	close(fd);
	return rc;
}

int
nvr_write_all(int fd, const void *data, size_t len, struct nvr_error *err)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return nvr_fail_errno(err, NVR_E_IO, "cannot write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The folder that path is in, into dir of PATH_MAX bytes. */
static void
folder_of(const char *path, char *dir)
{
	char *slash;

	strlcpy(dir, path, PATH_MAX);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		strlcpy(dir, ".", PATH_MAX);
	else if (slash == dir)
		dir[1] = '\0';
	else
		*slash = '\0';
}

int
nvr_file_sync(const char *path, struct nvr_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd) != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "'%s'", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

int
nvr_dir_sync(const char *path, struct nvr_error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return nvr_fail_errno(err, 0, "cannot open folder '%s'", path);
	if (fsync(fd) != 0)
		rc = nvr_fail_errno(
		    err, NVR_E_IO, "cannot flush folder '%s'", path);
	close(fd);
	return rc;
}

static int
place(const char *tmp, const char *path, int fresh, struct nvr_error *err)
{
	char dir[PATH_MAX];

	/* link(2) refuses an existing name; rename(2) replaces it. */
	if (fresh ? link(tmp, path) != 0 : rename(tmp, path) != 0)
		return nvr_fail_errno(
		    err, NVR_E_CREATE, "cannot create '%s'", path);
	folder_of(path, dir);
	return nvr_dir_sync(dir, err);
}

/*
 * A file without a name, so that a crash leaves nothing behind.  -1 where the
 * file system has no such thing.
 */
static int
open_nameless(const char *path, mode_t mode)
{
	char dir[PATH_MAX];

	folder_of(path, dir);
	return open(dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
}

static int
give_name(int fd, const char *path, struct nvr_error *err)
{
	char self[64], dir[PATH_MAX];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0)
		return nvr_fail_errno(
		    err, NVR_E_CREATE, "cannot create '%s'", path);
	folder_of(path, dir);
	return nvr_dir_sync(dir, err);
}

static int
fill(int fd, const char *path, const void *data, size_t len, mode_t mode,
    struct nvr_error *err)
{
	int rc = nvr_write_all(fd, data, len, err);

	if (rc != 0)
		return nvr_prefix(err, "'%s'", path);
	if (fchmod(fd, mode) != 0 || fsync(fd) != 0)
		return nvr_fail_errno(err, NVR_E_IO, "cannot flush '%s'", path);
	return 0;
}

/* By a temporary name. */
static int
write_named(const char *path, const void *data, size_t len, mode_t mode,
    int fresh, struct nvr_error *err)
{
	char tmp[PATH_MAX];
	int fd, rc;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.%d.tmp", path, getpid()) >=
	    sizeof(tmp))
		return nvr_fail(
		    err, NVR_E_USAGE, "the path '%s' is too long", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return nvr_fail_errno(
		    err, NVR_E_CREATE, "cannot create '%s'", path);
	rc = fill(fd, path, data, len, mode, err);
	close(fd);
	if (rc == 0)
		rc = place(tmp, path, fresh, err);
	if (rc != 0 || fresh)
		unlink(tmp);
	return rc;
}

/* A device or a pipe is written to; it is nothing to put a file upon. */
static int
write_special(
    const char *path, const void *data, size_t len, struct nvr_error *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	rc = nvr_write_all(fd, data, len, err);
	close(fd);
	return rc == 0 ? 0 : nvr_prefix(err, "'%s'", path);
}

int
nvr_file_write(const char *path, const void *data, size_t len, mode_t mode,
    int fresh, struct nvr_error *err)
{
	char target[PATH_MAX];
	struct stat sb;
	int fd, rc;

	if (fresh) {
		fd = open_nameless(path, mode);
		if (fd < 0)
			return write_named(path, data, len, mode, fresh, err);
		rc = fill(fd, path, data, len, mode, err);
		if (rc == 0)
			rc = give_name(fd, path, err);
		close(fd);
		return rc;
	}
	/* Through a link to what it names, which stays a link. */
	if (realpath(path, target) != NULL)
		path = target;
	if (stat(path, &sb) == 0 && !S_ISREG(sb.st_mode))
		return write_special(path, data, len, err);
	return write_named(path, data, len, mode, fresh, err);
}

/* A new name lasts once the folder above it has been flushed. */
static int
make_one(const char *path, mode_t mode, struct nvr_error *err)
{
	char above[PATH_MAX];
	char *slash;

	if (mkdir(path, mode) != 0)
		return errno == EEXIST ? 0
				       : nvr_fail_errno(err, NVR_E_CREATE,
					     "cannot create folder '%s'", path);
	strlcpy(above, path, sizeof(above));
	slash = strrchr(above, '/');
	if (slash == NULL)
		strlcpy(above, ".", sizeof(above));
	else
		slash[slash == above] = '\0';
	return nvr_dir_sync(above, err);
}

int
nvr_dir_make(const char *path, mode_t mode, struct nvr_error *err)
{
	char dir[PATH_MAX];
	int rc = 0;

	if (strlcpy(dir, path, sizeof(dir)) >= sizeof(dir))
		return nvr_fail(
		    err, NVR_E_USAGE, "the path '%s' is too long", path);
	for (char *p = dir + 1; rc == 0; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		rc = make_one(dir, c == '\0' ? mode : 0755, err);
		if (c == '\0')
			break;
		*p = c;
	}
	return rc;
}
