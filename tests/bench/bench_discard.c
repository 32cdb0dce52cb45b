/*
 * Deleting expired footage against bare unlink(2) of as many equal files in the
 * same run, and the longest time that the store's write lock was held.  Both
 * kinds of files are on the disk before, and go in turns.
 *
 *	bench_discard DIR [SEGMENTS [OTHERS]]
 *
 * OTHERS: rows of other cameras, recorded at the same time, which stay.
 *
 * Linked with --wrap=nvr_store_begin and --wrap=nvr_store_end.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "core/discard.h"
#include "core/inventory.h"
#include "core/segment.h"

#define BYTES 4096
#define CAMERAS 4
#define ROUNDS 23

static struct nvr_error err;
static int64_t began, longest, locks, locked;

int __real_nvr_store_begin(struct nvr_store *st, struct nvr_error *e);
int __real_nvr_store_end(struct nvr_store *st, int rc, struct nvr_error *e);
int __wrap_nvr_store_begin(struct nvr_store *st, struct nvr_error *e);
int __wrap_nvr_store_end(struct nvr_store *st, int rc, struct nvr_error *e);

int
__wrap_nvr_store_begin(struct nvr_store *st, struct nvr_error *e)
{
	int rc = __real_nvr_store_begin(st, e);

	began = nvr_time_monotonic();
	return rc;
}

int
__wrap_nvr_store_end(struct nvr_store *st, int rc, struct nvr_error *e)
{
	int64_t us;

	rc = __real_nvr_store_end(st, rc, e);
	us = nvr_time_monotonic() - began;
	longest = us > longest ? us : longest;
	locked += us;
	locks++;
	return rc;
}

static void
must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_discard: %s\n", err.text);
		exit(1);
	}
}

static int64_t
add_camera(struct nvr_state *s, int n)
{
	struct nvr_camera_change change = NVR_CAMERA_NO_CHANGE;
	struct nvr_camera *cam = NULL;
	char name[16];
	int64_t id;

	snprintf(name, sizeof(name), "c%d", n);
	change.name = name;
	change.url = "rtsp://192.0.2.1/";
	must(nvr_inventory_add(s, &change, &err));
	must(nvr_inventory_find(s, name, &cam, &err));
	id = cam->id;
	nvr_camera_free(cam);
	return id;
}

static void
make_file(const char *path)
{
	static const char bytes[BYTES] = {1};
	char folder[PATH_MAX];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		strlcpy(folder, path, sizeof(folder));
		*strrchr(folder, '/') = '\0';
		must(nvr_dir_make(folder, 0700, &err));
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	}
	must(nvr_write_all(fd, bytes, BYTES, &err));
	close(fd);
}

/* The peer's path: the same, below `bare` instead of the store. */
static void
path_of(const char *dir, bool bare, const struct nvr_segment *x,
    char full[PATH_MAX])
{
	char path[NVR_SEGMENT_PATH];

	nvr_segment_path(x->camera_id, x->stream, x->id, x->sealed, path);
	snprintf(full, PATH_MAX, "%s%s/%s", dir, bare ? "/bare" : "", path);
}

/* A segment a minute of each camera, in the order in which they are recorded;
 * they are deleted one camera after the other. */
static void
fill(struct nvr_state *s, const char *dir, struct nvr_segment *seg, int n)
{
	int64_t camera[CAMERAS], from = nvr_time_now() - 40 * NVR_DAY;
	char full[PATH_MAX];
	int of_each = n / CAMERAS;

	for (int c = 0; c < CAMERAS; c++)
		camera[c] = add_camera(s, c);
	for (int i = 0; i < n; i++) {
		int c = i % CAMERAS;
		int64_t at = from + i / CAMERAS * NVR_MINUTE + c;
		struct nvr_segment *x = &seg[c * of_each + i / CAMERAS];

		*x = (struct nvr_segment){
		    .id = (at / 1000 - INT64_C(1577836800000)) * (1 << 22) + c,
		    .camera_id = camera[c],
		    .run_id = 1,
		    .start_at = at,
		    .end_at = at + NVR_MINUTE,
		    .media_us = NVR_MINUTE,
		    .size_bytes = BYTES,
		    .sealed = true};
		for (int bare = 0; bare < 2; bare++) {
			path_of(dir, bare != 0, x, full);
			make_file(full);
		}
		must(nvr_segment_close(s->store, x, &err));
	}
}

static void
fill_others(struct nvr_state *s, const struct nvr_segment *seg, int n, int all)
{
	int64_t camera[CAMERAS];

	for (int c = 0; c < CAMERAS; c++)
		camera[c] = add_camera(s, CAMERAS + c);
	for (int i = 0; i < all; i++) {
		struct nvr_segment x = seg[(int64_t)i * (n / CAMERAS) / all];

		x.id += 100 + i;
		x.camera_id = camera[i % CAMERAS];
		must(nvr_segment_close(s->store, &x, &err));
	}
}

static int64_t
delete_bare(const char *dir, const struct nvr_segment *seg, int n)
{
	int64_t t = nvr_time_monotonic();
	char full[PATH_MAX];

	for (int i = 0; i < n; i++) {
		path_of(dir, true, &seg[i], full);
		must(unlink(full));
	}
	return nvr_time_monotonic() - t;
}

static int64_t
delete_segments(struct nvr_state *s, const struct nvr_segment *seg, int n)
{
	int64_t t = nvr_time_monotonic();
	bool gone[NVR_DISCARD_BATCH];
	struct nvr_discard *d = NULL;

	must(nvr_discard_open(s, NULL, NULL, &d, &err));
	for (int i = 0; i < n; i += NVR_DISCARD_BATCH) {
		int of = n - i < NVR_DISCARD_BATCH ? n - i : NVR_DISCARD_BATCH;

		must(nvr_discard_segments(d, seg + i, (size_t)of, gone, &err));
		for (int j = 0; j < of; j++)
			must(gone[j] ? 0 : -1);
	}
	nvr_discard_close(d);
	return nvr_time_monotonic() - t;
}

int
main(int argc, char **argv)
{
	int n = argc > 2 ? (int)strtonum(argv[2], 1000, 1000000, NULL) : 23000;
	int others = argc > 3 ? (int)strtonum(argv[3], 0, 10000000, NULL) : 0;
	int64_t ours = 0, bare = 0, part = 0;
	struct nvr_segment *seg;
	struct nvr_state *s = NULL;

	if (argc < 2)
		return 64;
	n -= n % (CAMERAS * ROUNDS);
	seg = calloc((size_t)n, sizeof(*seg));
	must(seg == NULL ? -1 : 0);
	must(nvr_state_open(argv[1], NVR_STATE_CREATE, &s, &err));
	fill(s, argv[1], seg, n);
	fill_others(s, seg, n, others);
	sync();
	longest = locks = locked = 0;
	part = n / ROUNDS;
	for (int i = 0; i < ROUNDS; i++) {
		const struct nvr_segment *at = seg + i * part;

		if (i % 2 == 0)
			bare += delete_bare(argv[1], at, (int)part);
		ours += delete_segments(s, at, (int)part);
		if (i % 2 != 0)
			bare += delete_bare(argv[1], at, (int)part);
	}
	printf("%d segments deleted\t%.0f/s\n", n,
	    (double)n * NVR_SECOND / (double)ours);
	printf("bare unlink\t%.0f/s\n", (double)n * NVR_SECOND / (double)bare);
	printf("ratio of the rates\t%.2f\t(at least 0.5)\n",
	    (double)bare / (double)ours);
	printf("write lock held\t%.1f ms at the longest\t(under 50; %.1f of "
	       "%lld on average)\n",
	    (double)longest / 1000, (double)locked / 1000 / (double)locks,
	    (long long)locks);
	nvr_state_close(s);
	free(seg);
	return 0;
}
