/* Archives in memory, and the stock programs that open them. */
#ifndef TESTS_ARCHIVE_HELP_H
#define TESTS_ARCHIVE_HELP_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/time.h"
#include "core/archive_read.h"

#define NOW (INT64_C(1785456000) * NVR_SECOND) /* 2026-07-31 */

static char dir[64];
static struct nvr_state *s;
static struct nvr_error err;

static inline void
ok(int rc)
{
	if (rc != 0)
		fail_msg("%d %s", rc, err.text);
}

static inline int
buf_write(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	return nvr_buf_add(ctx, data, len, e);
}

static inline int
drop(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb, (void)type, (void)ftw;
	return remove(path);
}

static inline int
make(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/nvr-test-XXXXXX");
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	return 0;
}

static inline int
unmake(void **state)
{
	(void)state;
	nvr_state_close(s);
	s = NULL;
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* Runs it by bash, in the test's folder: its exit status. */
static inline int
run(const char *text)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (chdir(dir) != 0)
			_exit(126);
		execl("/bin/bash", "bash", "-c", text, NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static inline void
save(const char *name, const struct nvr_buf *b)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ok(nvr_file_write(path, b->data, b->len, 0600, 0, &err));
}

#endif
