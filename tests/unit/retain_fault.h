/*
 * The nth thing that the process does to the disk kills it, or fails.  These
 * stand in for libc's, for the program's own calls and for SQLite's.
 */
#ifndef TESTS_RETAIN_FAULT_H
#define TESTS_RETAIN_FAULT_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum deed { WRITE, FLUSH, DELETE, MOVE };

static struct {
	int at;		/* which one; 0: none */
	int *seen;	/* so far, where others can read it */
	int error;	/* 0: it kills */
	bool on;	/* from then on, and not once */
	bool armed;	/* in this process */
	unsigned which; /* bits of the deeds that count */
} fault;

/* 0, or the error that the call has. */
static int
step(enum deed deed)
{
	if (!fault.armed || fault.at == 0 || (fault.which >> deed & 1) == 0)
		return 0;
	++*fault.seen;
	if (*fault.seen < fault.at || (*fault.seen > fault.at && !fault.on))
		return 0;
	if (fault.error == 0)
		raise(SIGKILL);
	errno = fault.error;
	return -1;
}

#define FAULTY(type, name, deed, params, ...)      \
	type name params;                          \
	type name params                           \
	{                                          \
		if (step(deed) != 0)               \
			return -1;                 \
		return (type)syscall(__VA_ARGS__); \
	}

FAULTY(int, fsync, FLUSH, (int fd), SYS_fsync, fd)
FAULTY(int, fdatasync, FLUSH, (int fd), SYS_fdatasync, fd)
FAULTY(ssize_t, pwrite, WRITE, (int fd, const void *data, size_t n, off_t at),
    SYS_pwrite64, fd, data, n, at)
FAULTY(ssize_t, pwrite64, WRITE,
    (int fd, const void *data, size_t n, off64_t at), SYS_pwrite64, fd, data, n,
    at)
FAULTY(int, ftruncate, WRITE, (int fd, off_t n), SYS_ftruncate, fd, n)
FAULTY(int, ftruncate64, WRITE, (int fd, off64_t n), SYS_ftruncate, fd, n)
FAULTY(int, unlink, DELETE, (const char *path), SYS_unlink, path)
FAULTY(int, unlinkat, DELETE, (int at, const char *path, int flags),
    SYS_unlinkat, at, path, flags)
FAULTY(
    int, rename, MOVE, (const char *from, const char *to), SYS_rename, from, to)

#endif
