/*
 * The log of what power loss would take: an LD_PRELOAD library that writes
 * down, in the order of its effects, every change to the files under
 * NVR_POWER_ROOT, by all processes that inherit it, into NVR_POWER_LOG;
 * tests/lib/power makes of it the folder as a disk could hold it had the
 * power gone at any record.
 *
 * Nothing is remembered between calls: /proc/self/fd says which file a
 * descriptor is, so duplicates, inherited descriptors, renamed and nameless
 * files need no care.  The log is opened and locked for each change, so that
 * its order is that of the effects across processes and threads; fsync is not
 * under the lock, and covers what was logged before it began.  The root is
 * like a file system of its own: rename and link across its border fail with
 * EXDEV.  Looking at a path "/nvr-power-mark/TEXT" by access(2) writes TEXT
 * into the log and succeeds.
 *
 * What it does not see: stdio's own writes (fopen, fwrite, printf, dprintf: in
 * the C library these do not pass here), files that posix_spawn opens, stores
 * into a shared mapping, raw system calls, io_uring, aio, static and setuid
 * programs, those that clear their environment, extended attributes, owners.
 * `power check` finds what was missed, since then the log does not lead to the
 * folder as it is now; stores into mapped files (SQLite's -shm) are the one
 * thing that it passes over.  A process that is killed between a change and
 * its record leaves a change without one; check says this too.
 *
 * What it cannot show: drives that lie about a flush, or lose what they had
 * flushed; sectors torn, gone bad or written elsewhere; reordering that only
 * one file system does, or its bugs and its repair; errors (EIO) of a flush.
 */
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MARK "/nvr-power-mark/"
#define MAGIC UINT64_C(0x5ca1ab1e9e70d1ed)

_Static_assert(sizeof(off_t) == 8, "offsets of 64 bits alone");

/* As tests/lib/power reads it; len bytes follow.  Host byte order. */
struct record {
	uint64_t magic;
	uint32_t type; /* a letter: see tests/lib/power */
	uint32_t flags;
	uint64_t dev, ino; /* the file */
	uint64_t off, len;
	uint64_t dir, dir2; /* inodes of the folders of the names */
	uint32_t mode, pid;
	uint64_t time; /* ns of the epoch */
};

struct lock {
	int fd;
	sigset_t old;
};

/* Where a name is. */
struct place {
	int in; /* under the root */
	uint64_t dev, dir;
	char name[NAME_MAX + 1];
};

static char root[PATH_MAX], log_path[PATH_MAX];

#define NEXT(name)                                                          \
	({                                                                  \
		static __typeof__(&name) next_;                             \
		if (next_ == NULL)                                          \
			next_ = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
		next_;                                                      \
	})

/* Our own calls are no changes, and no other layer's either. */
#define RAW_OPEN(at, path, flags) \
	((int)syscall(SYS_openat, at, path, (flags) | O_CLOEXEC, 0))
#define RAW_CLOSE(fd) syscall(SYS_close, fd)

static void
die(const char *what)
{
	static const char why[] = "fault_power: cannot ";

	syscall(SYS_write, 2, why, sizeof(why) - 1);
	syscall(SYS_write, 2, what, strlen(what));
	syscall(SYS_write, 2, "\n", 1);
	abort();
}

__attribute__((constructor)) static void
start(void)
{
	const char *r = getenv("NVR_POWER_ROOT"), *l = getenv("NVR_POWER_LOG");
	char full[PATH_MAX];

	if (r == NULL || l == NULL)
		return;
	if (realpath(l, log_path) == NULL)
		die("find NVR_POWER_LOG");
	if (realpath(r, full) == NULL)
		die("find NVR_POWER_ROOT");
	memcpy(root, full, sizeof(root));
}

/* Descriptors of ours are high ones, so that the program gets its own. */
static int
open_log(void)
{
	int fd = RAW_OPEN(AT_FDCWD, log_path, O_RDWR | O_APPEND), high;

	if (fd < 0)
		die("open the log");
	high = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 700);
	if (high < 0)
		return fd;
	RAW_CLOSE(fd);
	return high;
}

static void
enter(struct lock *l)
{
	sigset_t all;
	int saved = errno;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &l->old);
	l->fd = open_log();
	while (flock(l->fd, LOCK_EX) != 0)
		if (errno != EINTR)
			die("lock the log");
	errno = saved;
}

static void
leave(struct lock *l)
{
	int saved = errno;

	/* A child that was forked meanwhile has the descriptor too. */
	flock(l->fd, LOCK_UN);
	RAW_CLOSE(l->fd);
	pthread_sigmask(SIG_SETMASK, &l->old, NULL);
	errno = saved;
}

static void
put(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = syscall(SYS_write, fd, p, len);

		if (n < 0)
			die("write the log");
		p += n;
		len -= (size_t)n;
	}
}

static void
put_record(struct lock *l, int type, struct record r)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	r.magic = MAGIC;
	r.type = (uint32_t)type;
	r.pid = (uint32_t)getpid();
	r.time = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	put(l->fd, &r, sizeof(r));
}

static void
put_names(
    struct lock *l, int type, struct record r, const char *a, const char *b)
{
	r.len = strlen(a) + 1 + strlen(b);
	put_record(l, type, r);
	put(l->fd, a, strlen(a) + 1);
	put(l->fd, b, strlen(b));
}

static uint64_t
log_size(void)
{
	int fd = open_log();
	struct stat sb;

	if (fstat(fd, &sb) != 0)
		die("look at the log");
	RAW_CLOSE(fd);
	return (uint64_t)sb.st_size;
}

/* Path, when not NULL, gets where the descriptor's file is. */
static int
under_root(int fd, char *path)
{
	char self[32], buf[PATH_MAX];
	size_t n = strlen(root);
	ssize_t len;
	int saved = errno;

	if (n == 0)
		return 0;
	if (path == NULL)
		path = buf;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	len = syscall(SYS_readlink, self, path, PATH_MAX - 1);
	errno = saved;
	if (len < (ssize_t)n || memcmp(path, root, n) != 0)
		return 0;
	path[len] = '\0';
	return path[n] == '/' || path[n] == '\0';
}

/* Is it a file or a folder of ours?  Then r names it. */
static int
ours(int fd, struct record *r, struct stat *sb)
{
	int saved = errno;

	if (!under_root(fd, NULL) || fstat(fd, sb) != 0 ||
	    !(S_ISREG(sb->st_mode) || S_ISDIR(sb->st_mode))) {
		errno = saved;
		return 0;
	}
	*r = (struct record){.dev = sb->st_dev, .ino = sb->st_ino};
	return 1;
}

static void
locate(int at, const char *path, struct place *p)
{
	char dir[PATH_MAX];
	struct stat sb;
	size_t n = strlen(path);
	char *slash;
	int fd, saved = errno;

	*p = (struct place){0};
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (root[0] == '\0' || n == 0 || n >= sizeof(dir))
		return;
	memcpy(dir, path, n);
	dir[n] = '\0';
	slash = strrchr(dir, '/');
	slash = slash != NULL ? slash + 1 : dir;
	if (strlen(slash) > NAME_MAX)
		return;
	memcpy(p->name, slash, strlen(slash) + 1);
	/* "/x" is in "/", "x" is in ".". */
	if (slash == dir)
		memcpy(dir, ".", 2);
	else
		slash[slash - 1 == dir ? 0 : -1] = '\0';
	fd = RAW_OPEN(at, dir, O_PATH | O_DIRECTORY);
	if (fd >= 0 && under_root(fd, NULL) && fstat(fd, &sb) == 0) {
		p->in = 1;
		p->dev = sb.st_dev;
		p->dir = sb.st_ino;
	}
	if (fd >= 0)
		RAW_CLOSE(fd);
	errno = saved;
}

static int
mark(const char *path)
{
	struct lock l;

	if (root[0] == '\0' || strncmp(path, MARK, strlen(MARK)) != 0)
		return 0;
	enter(&l);
	put_names(&l, 'N', (struct record){0}, path + strlen(MARK), "");
	leave(&l);
	return 1;
}

/* A change by name: of r, where r.ino is looked up if there is a new one. */
static void
named(struct lock *l, int type, struct record r, const struct place *p,
    const char *more, int at, const char *path)
{
	struct stat sb;

	r.dev = p->dev;
	r.dir = p->dir;
	if (path != NULL) {
		if (fstatat(at, path, &sb, AT_SYMLINK_NOFOLLOW) != 0)
			die("find what was made");
		r.ino = sb.st_ino;
		r.mode = sb.st_mode;
	}
	put_names(l, type, r, p->name, more);
}

#include "fault_power_data.h"
#include "fault_power_names.h"
