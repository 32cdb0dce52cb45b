/*
 * How fast an hour of segments becomes a clip, and in how much memory, beside
 * ffmpeg's concat on the same files, all in /dev/shm.  BENCH_HOURS=24 for a
 * day, into /dev/null then.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/time.h"
#include "media/clip.h"

#define SEGMENT                                                              \
	"ffmpeg -v error -y -f lavfi -i testsrc2=s=1280x720:r=25:d=60 "      \
	"-f lavfi -i sine=r=16000:d=60 -c:v libx264 -preset ultrafast "      \
	"-b:v 4M -minrate 4M -maxrate 4M -bufsize 4M -nal-hrd cbr -g 50 "    \
	"-c:a aac -shortest "                                                \
	"-movflags empty_moov+default_base_moof+frag_keyframe+skip_trailer " \
	"segment.mp4"
#define CONCAT                                                              \
	"ffmpeg -v error -y -f concat -i list -c copy -movflags faststart " \
	"theirs.mp4"

extern char **environ;

static struct nvr_error err;

struct source {
	struct nvr_buf segment;
	int given, n;
};

static void
must(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench_clip: %s\n", err.text);
	exit(1);
}

static int
source_pread(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *e)
{
	(void)e;
	memcpy(buf, ((struct source *)ctx)->segment.data + offset, len);
	return 0;
}

static int
source_next(void *ctx, struct nvr_clip_segment *ret, struct nvr_error *e)
{
	struct source *s = ctx;

	(void)e;
	if (s->given == s->n)
		return 0;
	ret->bytes = (struct nvr_bytes){source_pread, s, s->segment.len};
	ret->start = s->given++ * NVR_MINUTE;
	return 1;
}

static int
source_rewind(void *ctx, struct nvr_error *e)
{
	(void)e;
	((struct source *)ctx)->given = 0;
	return 0;
}

static int
sink_write(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	return nvr_write_all(*(int *)ctx, data, len, e);
}

static double
now(void)
{
	return (double)nvr_time_monotonic() / 1e6;
}

/* Its words are separated by blanks.  The seconds it took. */
static double
run(const char *line)
{
	char text[1024], *argv[64], *p = text;
	double start = now();
	int argc = 0, status;
	pid_t pid;

	strlcpy(text, line, sizeof(text));
	while ((argv[argc] = strsep(&p, " ")) != NULL)
		if (*argv[argc] != '\0')
			argc++;
	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "bench_clip: '%s' failed\n", line);
		exit(1);
	}
	return now() - start;
}

static double
ours(struct source *s, const char *path, struct nvr_clip_result *r)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct nvr_clip_source source = {source_next, source_rewind, s};
	struct nvr_sink sink = {sink_write, &fd};
	struct nvr_clip_options o = {
	    .since = 30 * NVR_SECOND,
	    .until = s->n * NVR_MINUTE,
	    .temp = ".",
	};
	double start = now();

	s->given = 0;
	must(nvr_clip_write(&source, &sink, &o, r, &err));
	close(fd);
	return now() - start;
}

static void
compare(struct source *s, const struct nvr_clip_result *r, double seconds)
{
	FILE *list = fopen("list", "w");
	double theirs;
	int i;

	if (list == NULL)
		return;
	for (i = 0; i < s->n; i++)
		fprintf(list, "file segment.mp4\n");
	fclose(list);
	theirs = run(CONCAT);
	printf("ffmpeg concat: %.2f s; %.1f times as long\n", theirs,
	    theirs / seconds);
	(void)r;
}

int
main(void)
{
	char dir[] = "/dev/shm/bench_clip.XXXXXX";
	const char *hours = getenv("BENCH_HOURS"), *e;
	struct nvr_clip_result r;
	struct source s = {.n = 60};
	struct rusage before, after;
	double seconds;
	int i;

	if (hours != NULL)
		s.n = 60 * (int)strtonum(hours, 1, 48, &e);
	if (mkdtemp(dir) == NULL || chdir(dir) != 0) {
		perror(dir);
		return 1;
	}
	run(SEGMENT);
	must(nvr_file_read("segment.mp4", 1 << 30, &s.segment, &err));
	getrusage(RUSAGE_SELF, &before);
	for (i = 0; i < 2; i++) /* the second counts: it runs warm */
		seconds =
		    ours(&s, hours != NULL ? "/dev/null" : "ours.mp4", &r);
	getrusage(RUSAGE_SELF, &after);
	printf("clip of %d min: %.0f MB in %.2f s, %.0f MB/s; "
	       "%.1f MB of memory besides the segment's\n",
	    s.n, (double)r.bytes / 1e6, seconds,
	    (double)r.bytes / 1e6 / seconds,
	    (double)(after.ru_maxrss - before.ru_maxrss) / 1024);
	fflush(stdout);
	if (hours == NULL)
		compare(&s, &r, seconds);
	unlink("segment.mp4");
	unlink("ours.mp4");
	unlink("theirs.mp4");
	unlink("list");
	if (chdir("/") != 0 || rmdir(dir) != 0)
		perror(dir);
	nvr_buf_release(&s.segment);
	return 0;
}
