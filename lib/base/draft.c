/* A file that is there whole or not at all; see draft.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/draft.h"
#include "base/file.h"

int
nvr_draft_open(struct nvr_draft *d, const char *path, struct nvr_error *err)
{
	struct stat sb;

	d->temp[0] = '\0';
	d->device = stat(path, &sb) == 0 && !S_ISREG(sb.st_mode);
	if (realpath(path, d->path) == NULL &&
	    strlcpy(d->path, path, sizeof(d->path)) >= sizeof(d->path))
		return nvr_fail(
		    err, NVR_E_USAGE, "the path '%s' is too long", path);
	if (d->device) {
		d->fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		snprintf(d->temp, sizeof(d->temp), "%s.XXXXXX", d->path);
		d->fd = mkostemp(d->temp, O_CLOEXEC);
	}
	if (d->fd >= 0)
		return 0;
	d->temp[0] = '\0';
	return nvr_fail_errno(err, 0, "cannot create '%s'", path);
}

int
nvr_draft_commit(struct nvr_draft *d, struct nvr_error *err)
{
	char dir[PATH_MAX];
	char *slash;

	if (d->device) {
		close(d->fd);
		return 0;
	}
	if (fsync(d->fd) != 0 || rename(d->temp, d->path) != 0) {
		nvr_fail_errno(err, NVR_E_IO, "cannot write '%s'", d->path);
		nvr_draft_drop(d);
		return err->code;
	}
	close(d->fd);
	d->temp[0] = '\0';
	strlcpy(dir, d->path, sizeof(dir));
	slash = strrchr(dir, '/');
	if (slash == NULL)
		return nvr_dir_sync(".", err);
	slash[slash == dir] = '\0';
	return nvr_dir_sync(dir, err);
}

void
nvr_draft_drop(struct nvr_draft *d)
{
	close(d->fd);
	if (d->temp[0] != '\0')
		unlink(d->temp);
	d->temp[0] = '\0';
}
