/* How many passwords are hashed at once; see slots.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"
#include "core/slots.h"

#define FILE_OF "hashes"

static int
open_file(struct nvr_state *s, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/run", s->dir);
	rc = nvr_own_folder(path, err);
	snprintf(path, sizeof(path), "%s/run/" FILE_OF, s->dir);
	return rc == 0 ? nvr_own_open(path, O_RDWR, fd, err) : rc;
}

/* A place is a byte of the file.  OFD locks are each opening's own, so that
 * threads of a process compete as well. */
static int
take(struct nvr_state *s, int64_t places, int *slot, struct nvr_error *err)
{
	struct flock lock = {
	    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	int fd, rc = open_file(s, &fd, err);

	if (rc != 0)
		return rc;
	for (; lock.l_start < places; lock.l_start++) {
		if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
			*slot = fd;
			return 0;
		}
		if (errno != EAGAIN && errno != EACCES) {
			rc = nvr_fail_errno(
			    err, NVR_E_IO, "cannot lock run/" FILE_OF);
			break;
		}
	}
	close(fd);
	return rc != 0 ? rc
		       : nvr_fail(err, NVR_E_AGAIN,
			     "too many are signing in right now: try again in "
			     "a moment");
}

int
nvr_slot_take(struct nvr_state *s, int *slot, struct nvr_error *err)
{
	return take(s, s->rules->hashes, slot, err);
}

int
nvr_slot_take_known(struct nvr_state *s, int *slot, struct nvr_error *err)
{
	return take(s, s->rules->hashes + 1, slot, err);
}

void
nvr_slot_leave(int slot)
{
	if (slot >= 0)
		close(slot);
}
