/* What a restore leaves that is killed; see backup.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"
#include "core/backup_int.h"

/* Copies under which restore.c and restore_keys.c make ready what they put in
 * place; where one is a database SQLite has files beside it. */
static const struct {
	const char *folder, *name;
} left[] = {
    {"", "nvr.db.restore"},
    {"/keys", "keys.db.restore"},
    {"/keys", ".restore"},
};
#define NLEFT (sizeof(left) / sizeof(left[0]))

int
nvr_restore_lock(const char *dir, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/.lock", dir);
	rc = nvr_own_open(path, O_RDWR, fd, err);
	if (rc != 0)
		return rc;
	return flock(*fd, LOCK_EX | LOCK_NB) == 0
		   ? 0
		   : nvr_fail(err, NVR_E_AGAIN,
			 "another program makes or restores this store");
}

static bool
any(const char *dir, char path[PATH_MAX])
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < NLEFT; i++)
		for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
			snprintf(path, PATH_MAX, "%s%s/%s%s", dir,
			    left[i].folder, left[i].name, ends[k]);
			if (faccessat(
				AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
				return true;
		}
	return false;
}

bool
nvr_restore_left(const char *dir, char path[PATH_MAX])
{
	struct nvr_error why;
	int fd = -1, rc;

	if (!any(dir, path))
		return false;
	rc = nvr_restore_lock(dir, &fd, &why);
	if (fd >= 0)
		close(fd);
	/* It may have been about to end. */
	return rc != NVR_E_AGAIN && any(dir, path);
}

static int
drop(const char *dir, size_t i, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(
	    path, sizeof(path), "%s%s/%s", dir, left[i].folder, left[i].name);
	rc = nvr_restore_drop(path, err);
	if (rc == 0)
		rc = nvr_restore_drop_beside(path, err);
	snprintf(path, sizeof(path), "%s%s", dir, left[i].folder);
	return rc == 0 && access(path, F_OK) == 0 ? nvr_dir_sync(path, err)
						  : rc;
}

int
nvr_restore_tidy(const char *dir, struct nvr_error *err)
{
	char path[PATH_MAX];
	int fd = -1, rc;

	if (!any(dir, path))
		return 0;
	rc = nvr_restore_lock(dir, &fd, err);
	for (size_t i = 0; rc == 0 && i < NLEFT; i++)
		rc = drop(dir, i, err);
	if (fd >= 0)
		close(fd);
	return rc == NVR_E_AGAIN ? 0 : rc;
}
