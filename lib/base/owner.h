/*
 * Files for the owner of their folder.  What root makes in the folder of a
 * service's user would lock that user out, so it becomes what it would be had
 * the user made it.  For everybody else a file is its maker's, as ever.
 *
 * Only files that root has just made change hands, by no link.
 */
#ifndef NVR_BASE_OWNER_H
#define NVR_BASE_OWNER_H

#include "base/error.h"

/* Gives away a file or folder that was made just now. */
int nvr_own(const char *path, struct nvr_error *err);

/*
 * Opens it with these flags of open(2), and makes it (0600) where there is
 * none.  NVR_E_DATA when it is a link, no file, or has another name as well:
 * whoever writes to the folder would choose what root overwrites.
 */
int nvr_own_open(const char *path, int how, int *fd, struct nvr_error *err);

/* Makes an empty one (0600) where there is none, for those who open it by its
 * name. */
int nvr_own_touch(const char *path, struct nvr_error *err);

/* Makes a folder (0700), and those above it, where there is none. */
int nvr_own_folder(const char *path, struct nvr_error *err);

#endif
