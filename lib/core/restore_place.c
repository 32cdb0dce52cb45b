/* A restored database takes the place of one that does not open. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "core/backup_int.h"

static void
path_in(const struct nvr_restoring *x, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", x->s.dir, name);
}

int
nvr_restore_drop(const char *path, struct nvr_error *err)
{
	return unlink(path) == 0 || errno == ENOENT
		   ? 0
		   : nvr_fail_errno(err, 0, "cannot delete '%s'", path);
}

int
nvr_restore_drop_beside(const char *path, struct nvr_error *err)
{
	static const char *const ends[] = {"-wal", "-shm", "-journal"};
	char name[PATH_MAX];
	int rc = 0;

	for (int i = 0; rc == 0 && i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		rc = nvr_restore_drop(name, err);
	}
	return rc;
}

/*
 * The lock bytes of SQLite (its file format, "The Lock-Byte Page"): in WAL mode
 * every program holds one of them for as long as it has the database open.
 */
static int
lock_out(const char *path, int *fd, struct nvr_error *err)
{
	struct flock lock = {.l_type = F_WRLCK,
	    .l_whence = SEEK_SET,
	    .l_start = 0x40000000,
	    .l_len = 512};

	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return errno == ENOENT
			   ? 0
			   : nvr_fail_errno(err, 0, "cannot open '%s'", path);
	if (fcntl(*fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return nvr_fail_errno(err, NVR_E_IO, "cannot lock '%s'", path);
	return nvr_fail(err, NVR_E_AGAIN,
	    "a program has '%s' open, which is damaged: end it, then do this "
	    "again",
	    path);
}

static int
keep_damaged(struct nvr_restoring *x, const char *path, struct nvr_error *err)
{
	char name[NVR_DAMAGED_NAME], kept[PATH_MAX], wal[PATH_MAX];

	nvr_damaged_name(nvr_time_now(), name);
	path_in(x, name, kept);
	if (link(path, kept) != 0)
		return nvr_fail_errno(
		    err, 0, "cannot keep '%s' as '%s'", path, kept);
	strlcat(kept, "-wal", sizeof(kept));
	path_in(x, "nvr.db-wal", wal);
	if (link(wal, kept) != 0 && errno != ENOENT)
		return nvr_fail_errno(err, 0, "cannot keep '%s'", wal);
	return nvr_dir_sync(x->s.dir, err);
}

/* Of a database that does not open, or is not there. */
int
nvr_restore_rename(
    struct nvr_restoring *x, const char *copy, struct nvr_error *err)
{
	char path[PATH_MAX];
	int fd = -1, rc;

	nvr_store_close(x->s.store); /* it has no WAL then */
	x->s.store = NULL;
	path_in(x, "nvr.db", path);
	rc = nvr_file_sync(copy, err);
	if (rc == 0)
		rc = lock_out(path, &fd, err);
	if (rc == 0 && x->damaged)
		rc = keep_damaged(x, path, err);
	if (rc == 0)
		rc = nvr_restore_drop_beside(path, err);
	if (rc == 0 && rename(copy, path) != 0)
		rc = nvr_fail_errno(err, 0, "cannot rename '%s'", copy);
	if (fd >= 0)
		close(fd);
	return rc == 0 ? nvr_dir_sync(x->s.dir, err) : rc;
}
