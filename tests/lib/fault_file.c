/*
 * A disk that fails on command: an LD_PRELOAD library.  The file that NVR_FAULT
 * names holds the name of a call: write, fsync, fdatasync or rename.  The next
 * such call on a segment being written (*.part) fails with EIO, for write
 * after half of the data; then the file is removed, so that it fails once.
 */
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int
is_part(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".part") == 0;
}

static int
is_part_fd(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return 0;
	path[n] = '\0';
	return is_part(path);
}

/* Whether this call is to fail; `last` takes the order back. */
static int
is_ordered(const char *call, int last)
{
	const char *order = getenv("NVR_FAULT");
	char word[32] = "";
	int fd, same;

	if (order == NULL)
		return 0;
	fd = (int)syscall(SYS_openat, AT_FDCWD, order, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	syscall(SYS_read, fd, word, sizeof(word) - 1);
	close(fd);
	word[strcspn(word, "\n")] = '\0';
	same = strcmp(word, call) == 0;
	if (same && last)
		unlink(order);
	return same;
}

static int
fail(void)
{
	errno = EIO;
	return -1;
}

int
fsync(int fd)
{
	if (is_part_fd(fd) && is_ordered("fsync", 1))
		return fail();
	return NEXT(fsync)(fd);
}

int
fdatasync(int fd)
{
	if (is_part_fd(fd) && is_ordered("fdatasync", 1))
		return fail();
	return NEXT(fdatasync)(fd);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	static int halved;

	if (!is_part_fd(fd) || !is_ordered("write", halved))
		return NEXT(write)(fd, data, len);
	halved = !halved;
	return halved ? NEXT(write)(fd, data, (len + 1) / 2) : fail();
}

int
rename(const char *from, const char *to)
{
	if (is_part(from) && is_ordered("rename", 1))
		return fail();
	return NEXT(rename)(from, to);
}
