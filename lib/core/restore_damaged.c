/* Databases that a restore found damaged and kept; see backup.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/time.h"
#include "core/backup_int.h"

#define PREFIX "nvr.db.damaged-"

int
nvr_damaged_name(int64_t at, char name[NVR_DAMAGED_NAME])
{
	char time[NVR_TIME_TEXT];

	return snprintf(
	    name, NVR_DAMAGED_NAME, PREFIX "%s", nvr_time_format(at, time));
}

/* Its own name, or what SQLite calls the files beside it. */
static bool
is_ours(const char *name, int64_t *at)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char own[NVR_DAMAGED_NAME], time[NVR_TIME_TEXT];
	struct nvr_error ignored;
	const char *z;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	z = strchr(name, 'Z');
	if (z == NULL || strlen(name) >= sizeof(own))
		return false;
	snprintf(time, sizeof(time), "%.*s",
	    (int)(z + 1 - name - (ptrdiff_t)strlen(PREFIX)),
	    name + strlen(PREFIX));
	/* Neither `1d` nor what is written in another way. */
	if (nvr_time_parse(time, 0, at, &ignored) != 0)
		return false;
	nvr_damaged_name(*at, own);
	if (strncmp(name, own, strlen(own)) != 0)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(z + 1, ends[i]) == 0)
			return true;
	return false;
}

int
nvr_damaged_each(const char *dir,
    int (*each)(void *ctx, const struct nvr_damaged *f), void *ctx,
    struct nvr_error *err)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	int rc = 0;

	if (d == NULL)
		return nvr_fail_errno(err, 0, "cannot open '%s'", dir);
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL) {
		struct nvr_damaged f = {.name = e->d_name};
		struct stat sb;

		if (!is_ours(e->d_name, &f.at) ||
		    fstatat(dirfd(d), e->d_name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		f.bytes = S_ISREG(sb.st_mode) ? sb.st_size : 0;
		rc = each(ctx, &f);
		errno = 0;
	}
	if (rc == 0 && errno != 0)
		rc = nvr_fail_errno(err, NVR_E_IO, "cannot read '%s'", dir);
	closedir(d);
	return rc;
}

int
nvr_damaged_drop(
    const char *dir, const struct nvr_damaged *f, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/%s", dir, f->name);
	rc = nvr_restore_drop(path, err);
	return rc == 0 ? nvr_dir_sync(dir, err) : rc;
}
