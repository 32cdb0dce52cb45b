/*
 * How fast age files are sealed and opened, beside the stock age program in
 * the same run (through files in /dev/shm), and how many chunks a random read
 * costs.
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

#include "seal/age.h"

#define SIZE ((size_t)256 << 20)
#define READS 2000

extern char **environ;

static struct nvr_error err;

/* A file in memory, sealed into and read from. */
struct memory {
	char *data;
	size_t len;
	int reads;
};

static void
must(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench_seal: %s\n", err.text);
	exit(1);
}

static int
memory_write(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	struct memory *m = ctx;

	(void)e;
	memcpy(m->data + m->len, data, len);
	m->len += len;
	return 0;
}

static int
memory_pread(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *e)
{
	struct memory *m = ctx;

	(void)e;
	m->reads++;
	memcpy(buf, m->data + offset, len);
	return 0;
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Processor time of the programs run so far. */
static double
children_cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double
seal(const struct nvr_age_identity *id, const char *data, struct memory *m)
{
	struct nvr_sink sink = {memory_write, m};
	struct nvr_age_writer *w = NULL;
	double start = now();
	size_t i;

	must(nvr_age_writer_open(&sink, &id->recipient, 1, &w, &err));
	for (i = 0; i < SIZE; i += 32768)
		must(nvr_age_writer_write(w, data + i, 32768, &err));
	must(nvr_age_writer_finish(w, &err));
	nvr_age_writer_free(w);
	return (double)SIZE / (now() - start) / 1e6;
}

static double
unseal(struct nvr_age_reader *r, char *block, size_t len)
{
	double start = now();
	size_t i, got;

	for (i = 0; i < SIZE; i += len)
		must(nvr_age_reader_pread(r, block, len, i, &got, &err));
	return (double)SIZE / (now() - start) / 1e6;
}

static double
reads_per_seek(struct nvr_age_reader *r, struct memory *m)
{
	char byte;
	size_t i, got;

	m->reads = 0;
	for (i = 0; i < READS; i++)
		must(nvr_age_reader_pread(
		    r, &byte, 1, (uint64_t)random() % SIZE, &got, &err));
	return (double)m->reads / READS;
}

static void
put_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

/* Runs age; its speed by the clock and by processor time, in MB/s. */
static int
time_age(const char *const argv[], double *wall, double *cpu)
{
	double start = now(), before = children_cpu();
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, argv[0], NULL, NULL,
		(char *const *)(uintptr_t)argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		return -1;
	*wall = (double)SIZE / (now() - start) / 1e6;
	*cpu = (double)SIZE / (children_cpu() - before) / 1e6;
	return 0;
}

static void
compare(const struct nvr_age_identity *id, const char *data,
    const struct memory *m, double sealing, double opening)
{
	char dir[] = "/dev/shm/bench_seal.XXXXXX";
	char to[NVR_AGE_RECIPIENT_TEXT];
	struct nvr_buf text = {0};
	double wall, cpu;

	if (mkdtemp(dir) == NULL || chdir(dir) != 0) {
		perror(dir);
		return;
	}
	nvr_age_recipient_format(&id->recipient, to);
	must(nvr_age_identity_format(id, 0, &text, &err));
	put_file("key", text.data, text.len);
	put_file("plain", data, SIZE);
	put_file("sealed", m->data, m->len);
	if (time_age((const char *const[]){"age", "-r", to, "-o", "/dev/null",
			 "plain", NULL},
		&wall, &cpu) == 0)
		printf("seal: %.1f times age by the clock (%.0f MB/s), "
		       "%.1f times by processor time (%.0f MB/s)\n",
		    sealing / wall, wall, sealing / cpu, cpu);
	if (time_age((const char *const[]){"age", "-d", "-i", "key", "-o",
			 "/dev/null", "sealed", NULL},
		&wall, &cpu) == 0)
		printf("open: %.1f times age by the clock (%.0f MB/s), "
		       "%.1f times by processor time (%.0f MB/s)\n",
		    opening / wall, wall, opening / cpu, cpu);
	unlink("key");
	unlink("plain");
	unlink("sealed");
	if (chdir("/") != 0 || rmdir(dir) != 0)
		perror(dir);
	nvr_buf_wipe(&text);
}

int
main(void)
{
	char *data = malloc(SIZE), block[32768];
	struct memory m = {malloc(SIZE + SIZE / 1024), 0, 0};
	struct nvr_bytes source = {memory_pread, &m, 0};
	struct nvr_age_reader *r = NULL;
	struct nvr_age_identity id;
	double sealing = 0, opening = 0;
	int i;

	if (data == NULL || m.data == NULL)
		return 1;
	memset(data, 'x', SIZE);
	memset(m.data, 0, SIZE + SIZE / 1024);
	must(nvr_age_identity_generate(&id, &err));
	for (i = 0; i < 3; i++) { /* the last counts: it runs warm */
		m.len = 0;
		sealing = seal(&id, data, &m);
	}
	source.size = m.len;
	must(nvr_age_reader_open(&source, &id, &r, &err));
	for (i = 0; i < 3; i++)
		opening = unseal(r, block, sizeof(block));
	printf("seal MB/s: %.0f\n", sealing);
	printf("open MB/s: %.0f\n", opening);
	printf(
	    "seek: chunks read per random read: %.3f\n", reads_per_seek(r, &m));
	fflush(stdout);
	compare(&id, data, &m, sealing, opening);
	nvr_age_reader_free(r);
	free(m.data);
	free(data);
	return 0;
}
