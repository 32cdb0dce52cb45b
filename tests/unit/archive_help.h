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

/* Reading back: what is found, as lines of `path: text`. */
struct verdict {
	const char *data;
	size_t len;
	char found[8192];
	struct nvr_archive_summary sum;
};

static inline int64_t
verdict_read(void *ctx, void *buf, size_t len, struct nvr_error *e)
{
	struct verdict *v = ctx;

	(void)e;
	if (len > v->len)
		len = v->len;
	memcpy(buf, v->data, len);
	v->data += len;
	v->len -= len;
	return (int64_t)len;
}

static inline void
verdict_finding(void *ctx, const char *path, const char *text)
{
	struct verdict *v = ctx;
	size_t n = strlen(v->found);

	snprintf(v->found + n, sizeof(v->found) - n, "%s: %s\n", path, text);
}

static inline void
verdict_gap(void *ctx, const char *what, const char *why)
{
	struct verdict *v = ctx;
	size_t n = strlen(v->found);

	snprintf(v->found + n, sizeof(v->found) - n, "[%s: %s]\n", what, why);
}

static inline int
verify(const struct nvr_buf *b, const struct nvr_age_identity *identity,
    const char *signer, struct verdict *v)
{
	const struct nvr_archive_check c = {.read = verdict_read,
	    .finding = verdict_finding,
	    .gap = verdict_gap,
	    .ctx = v,
	    .identity = identity,
	    .signer = signer,
	    .now = NOW,
	    .temp = dir};
	int rc;

	*v = (struct verdict){.data = b->data, .len = b->len};
	rc = nvr_archive_verify(&c, &v->sum, &err);
	json_decref(v->sum.head);
	return rc;
}

#endif
