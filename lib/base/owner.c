/* Files for the owner of their folder; see owner.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"

static int
look_at_folder(const char *path, struct stat *sb, struct nvr_error *err)
{
	char dir[PATH_MAX], *slash;

	strlcpy(dir, path, sizeof(dir));
	slash = strrchr(dir, '/');
	if (slash == NULL)
		strlcpy(dir, ".", sizeof(dir));
	else
		slash[slash == dir] = '\0';
	return stat(dir, sb) == 0
		   ? 0
		   : nvr_fail_errno(err, 0, "cannot open '%s'", dir);
}

static int
give(int fd, const char *path, struct nvr_error *err)
{
	struct stat folder, sb;
	int rc;

	if (geteuid() != 0)
		return 0;
	rc = look_at_folder(path, &folder, err);
	if (rc != 0 || folder.st_uid == 0)
		return rc;
	if (fstat(fd, &sb) != 0)
		return nvr_fail_errno(err, NVR_E_IO, "'%s'", path);
	/* Another name of it may be elsewhere. */
	if (sb.st_uid != 0 || (S_ISREG(sb.st_mode) && sb.st_nlink != 1))
		return 0;
	return fchownat(fd, "", folder.st_uid, folder.st_gid, AT_EMPTY_PATH) ==
		       0
		   ? 0
		   : nvr_fail_errno(err, 0, "cannot give '%s' its owner", path);
}

int
nvr_own(const char *path, struct nvr_error *err)
{
	int fd, rc;

	if (geteuid() != 0)
		return 0;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	rc = give(fd, path, err);
	close(fd);
	return rc;
}

/* *made: it was not there; else it is only opened where how says so. */
static int
open_new(const char *path, int how, int *fd, bool *made, struct nvr_error *err)
{
	int rc;

	*fd = open(path, how | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	*made = *fd >= 0;
	if (*fd < 0)
		return errno == EEXIST
			   ? 0
			   : nvr_fail_errno(err, 0, "cannot create '%s'", path);
	rc = give(*fd, path, err);
	if (rc != 0) {
		close(*fd);
		*fd = -1;
		unlink(path);
	}
	return rc;
}

/* What is opened here is truncated and written to, by root as well: of a link
 * or another name that would be a file elsewhere. */
static int
check_plain(int fd, const char *path, struct nvr_error *err)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0)
		return nvr_fail_errno(err, NVR_E_IO, "'%s'", path);
	return S_ISREG(sb.st_mode) && sb.st_nlink <= 1
		   ? 0
		   : nvr_fail(err, NVR_E_DATA,
			 "'%s' is not a file with this one name: remove it",
			 path);
}

/* NVR_E_NOENT: there is none. */
static int
open_plain(const char *path, int how, int *fd, struct nvr_error *err)
{
	int rc;

	/* A FIFO is not waited for. */
	*fd = open(path, how | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0)
		return errno == ELOOP
			   ? nvr_fail(err, NVR_E_DATA,
				 "'%s' is a link, which is not followed: "
				 "remove it",
				 path)
			   : nvr_fail_errno(err, 0, "cannot open '%s'", path);
	rc = check_plain(*fd, path, err);
	if (rc != 0) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

int
nvr_own_open(const char *path, int how, int *fd, struct nvr_error *err)
{
	struct nvr_error mine;
	bool made = false;
	int rc = open_plain(path, how, fd, &mine);

	if (rc == NVR_E_NOENT)
		rc = open_new(path, how, fd, &made, &mine);
	else if (rc == 0)
		made = true;
	/* Another program has made it in between. */
	if (rc == 0 && !made)
		rc = open_plain(path, how, fd, &mine);
	if (rc != 0)
		*err = mine;
	return rc;
}

int
nvr_own_touch(const char *path, struct nvr_error *err)
{
	bool made;
	int fd, rc = open_new(path, O_RDWR, &fd, &made, err);

	if (rc == 0 && made)
		close(fd);
	return rc;
}

int
nvr_own_folder(const char *path, struct nvr_error *err)
{
	struct stat sb;
	int rc;

	if (stat(path, &sb) == 0 && S_ISDIR(sb.st_mode))
		return 0;
	rc = nvr_dir_make(path, 0700, err);
	return rc == 0 ? nvr_own(path, err) : rc;
}
