/* Files for the tests of MP4: made with ffmpeg, read into memory. */
#ifndef MP4_HELP_H
#define MP4_HELP_H

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"

#define FRAGMENTED \
	"-movflags empty_moov+default_base_moof+frag_keyframe+skip_trailer "

extern char **environ;

static char dir[] = "/tmp/nvr-mp4-XXXXXX";

static const char *
path_of(const char *name)
{
	static char path[4][256];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

/* A program's words, separated by blanks; its output goes to a file. */
static bool
run(const char *line, const char *output)
{
	char text[2048], *argv[64], *p = text;
	posix_spawn_file_actions_t actions;
	int argc = 0, status, rc;
	pid_t pid;

	strlcpy(text, line, sizeof(text));
	while ((argv[argc] = strsep(&p, " ")) != NULL)
		if (*argv[argc] != '\0')
			argc++;
	argv[argc] = NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
	    &actions, 1, path_of(output), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return rc == 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool
ffmpeg(const char *words, const char *name)
{
	char line[2048];

	snprintf(line, sizeof(line), "ffmpeg -v error -nostdin -y %s %s", words,
	    path_of(name));
	return run(line, "ffmpeg.out");
}

/* A file in memory. */
struct memory {
	struct nvr_buf buf;
	int reads;
	int64_t broken_from, broken_to; /* reads there fail */
};

static int
memory_pread(
    void *ctx, void *to, size_t len, uint64_t offset, struct nvr_error *err)
{
	struct memory *m = ctx;

	m->reads++;
	if (offset > m->buf.len || len > m->buf.len - offset)
		return nvr_fail(err, NVR_E_BUG, "a read past the end");
	if ((int64_t)offset < m->broken_to &&
	    (int64_t)(offset + len) > m->broken_from)
		return nvr_fail(err, NVR_E_DATA, "a chunk is damaged");
	memcpy(to, m->buf.data + offset, len);
	return 0;
}

static struct nvr_bytes
bytes_of(struct memory *m)
{
	return (struct nvr_bytes){memory_pread, m, m->buf.len};
}

static void
load(struct memory *m, const char *name)
{
	struct nvr_error err = {0};

	if (nvr_file_read(path_of(name), 64 << 20, &m->buf, &err) != 0)
		fail_msg("%s", err.text);
}

/* Where a box of this type begins, searched byte by byte from an offset. */
static size_t
find(const struct memory *m, const char *type, size_t from)
{
	const char *p = memmem(m->buf.data + from, m->buf.len - from, type, 4);

	assert_non_null(p);
	return (size_t)(p - m->buf.data) - 4;
}

#endif
