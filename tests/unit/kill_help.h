/*
 * The process is killed at the Nth thing that it does to the disk: for tests
 * that are linked with --wrap=fsync and --wrap=rename.
 */
#ifndef TESTS_KILL_HELP_H
#define TESTS_KILL_HELP_H

#include <signal.h>
#include <sys/wait.h>

/* Runs it in a child; returns its status. */
static inline int
child(int (*run)(void *ctx), void *ctx)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run(ctx));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int die_at, died_after;

static void
step(void)
{
	if (die_at > 0 && ++died_after == die_at)
		raise(SIGKILL);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int
__wrap_fsync(int fd)
{
	step();
	return __real_fsync(fd);
}

static ssize_t
killing_pwrite(int fd, const void *data, size_t len, off_t at)
{
	ssize_t n;

	step();
	n = pwrite(fd, data, len, at);
	step();
	return n;
}

static int
killing_unlink(const char *path)
{
	step();
	return unlink(path);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int
__wrap_rename(const char *from, const char *to)
{
	int rc;

	step();
	rc = __real_rename(from, to);
	step();
	return rc;
}

/* In the child. */
static inline void
arm(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)killing_pwrite);
	vfs->xSetSystemCall(
	    vfs, "pwrite64", (sqlite3_syscall_ptr)killing_pwrite);
	vfs->xSetSystemCall(vfs, "unlink", (sqlite3_syscall_ptr)killing_unlink);
}

#endif
