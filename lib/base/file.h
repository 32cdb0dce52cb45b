/* Files and folders that must be there after power is lost. */
#ifndef NVR_BASE_FILE_H
#define NVR_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Reads a whole file into buf (appended).  NVR_E_DATA when it is larger than
 * max bytes, or no regular file, pipe or terminal.  `-` is standard input.
 */
int nvr_file_read(
    const char *path, size_t max, struct nvr_buf *buf, struct nvr_error *err);

/* Whether its owner alone may read it, as ssh has it; or it is root's, a group
 * may, and nobody may write: so systemd hands over a credential. */
bool nvr_mode_is_private(const struct stat *st);

/* Reads a file of a secret: NVR_E_PERMISSION where it is not private,
 * NVR_E_DATA where it is no file. */
int nvr_file_read_secret(
    const char *path, size_t max, struct nvr_buf *buf, struct nvr_error *err);

/*
 * Writes a file under a temporary name, flushes it, gives it its name and
 * flushes the folder: afterwards it is there whole, or not at all.  An
 * existing file of that name is replaced, or NVR_E_CREATE when `fresh`.  A
 * link is followed; a device or pipe is written to as it is.
 */
int nvr_file_write(const char *path, const void *data, size_t len, mode_t mode,
    int fresh, struct nvr_error *err);

/* Flushes what others wrote to it. */
int nvr_file_sync(const char *path, struct nvr_error *err);

/* Makes the folder and its parents; one that is there already is fine. */
int nvr_dir_make(const char *path, mode_t mode, struct nvr_error *err);

/* Flushes a folder, so that names made or removed in it last. */
int nvr_dir_sync(const char *path, struct nvr_error *err);

/* Writes all of it, through short writes and signals. */
int nvr_write_all(int fd, const void *data, size_t len, struct nvr_error *err);

#endif
