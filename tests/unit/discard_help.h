/* A store with footage to be deleted: files of a few bytes, with their rows. */
#ifndef TESTS_DISCARD_HELP_H
#define TESTS_DISCARD_HELP_H

#include <fcntl.h>
#include <sys/stat.h>

#include "core/discard.h"
#include "core/inventory.h"
#include "core/segment.h"
#include "erase_help.h"
#include "store/footage.h"
#include "store/garbage.h"

#define DAYS 3 /* that have footage */
#define PER_DAY 3
#define SEGMENTS (DAYS * PER_DAY)

static struct nvr_segment seg[SEGMENTS];
static bool gone[NVR_DISCARD_BATCH];
static int64_t gate;

static inline int64_t
add_camera(const char *name)
{
	struct nvr_camera_change change = NVR_CAMERA_NO_CHANGE;
	struct nvr_camera *cam = NULL;
	int64_t id;

	change.name = name;
	change.url = "rtsp://192.0.2.1/";
	ok(nvr_inventory_add(s, &change, &err));
	ok(nvr_inventory_find(s, name, &cam, &err));
	id = cam->id;
	nvr_camera_free(cam);
	return id;
}

static inline void
full_path(const char *path, char full[PATH_MAX])
{
	snprintf(full, PATH_MAX, "%s/%s", dir, path);
}

/* A file, and the folders that it lies in. */
static inline void
make_file(const char *path)
{
	char full[PATH_MAX], *slash;

	full_path(path, full);
	slash = strrchr(full, '/');
	*slash = '\0';
	ok(nvr_dir_make(full, 0755, &err));
	*slash = '/';
	ok(nvr_file_write(full, "footage", 7, 0644, 0, &err));
}

static inline bool
is_there(const char *path)
{
	char full[PATH_MAX];
	struct stat sb;

	full_path(path, full);
	return lstat(full, &sb) == 0;
}

static inline const char *
path_of(const struct nvr_segment *x)
{
	static char path[NVR_SEGMENT_PATH];

	nvr_segment_path(x->camera_id, x->stream, x->id, x->sealed, path);
	return path;
}

/* The folder of its day, with dir ahead of it. */
static inline const char *
day_of(const struct nvr_segment *x)
{
	static char full[PATH_MAX];

	full_path(path_of(x), full);
	*strrchr(full, '/') = '\0';
	return full;
}

/* Of the n-th minute of that day, long ago. */
static inline struct nvr_segment
add_segment(int64_t camera, int day, int n)
{
	int64_t at =
	    INT64_C(1700000000) * NVR_SECOND + day * NVR_DAY + n * NVR_MINUTE;
	struct nvr_segment x = {
	    .id = (at / 1000 - INT64_C(1577836800000)) * (1 << 22) + n,
	    .camera_id = camera,
	    .run_id = 1,
	    .start_at = at,
	    .end_at = at + NVR_MINUTE,
	    .media_us = NVR_MINUTE,
	    .size_bytes = 7,
	    .sealed = true};

	make_file(path_of(&x));
	ok(nvr_segment_close(s->store, &x, &err));
	return x;
}

static inline void
fill(void)
{
	for (int i = 0; i < SEGMENTS; i++)
		seg[i] = add_segment(gate, i / PER_DAY, i % PER_DAY);
}

static inline int
make_filled(void **state)
{
	static const struct nvr_rules rules;

	if (make(state) != 0)
		return -1;
	s->rules = &rules;
	gate = add_camera("gate");
	fill();
	return 0;
}

static inline bool
has_row(const struct nvr_segment *x)
{
	struct nvr_segment row;
	struct nvr_error ignored;

	return nvr_segment_get(s->store, x->id, &row, &ignored) == 0;
}

static inline bool
is_garbage(const char *path)
{
	bool there = false;

	ok(nvr_garbage_has(s->store, path, &there, &err));
	return there;
}

/* What failed() heard. */
static int failures;
static struct nvr_error why;

static inline void
count_failed(void *ctx, const char *path, const struct nvr_error *e)
{
	(void)ctx, (void)path;
	failures++;
	why = *e;
}

static inline struct nvr_discard *
begin(void)
{
	struct nvr_discard *d = NULL;

	failures = 0;
	ok(nvr_discard_open(s, count_failed, NULL, &d, &err));
	return d;
}

static inline void
count_swept(void *ctx, const char *path, int64_t added_at)
{
	(void)path, (void)added_at;
	++*(int64_t *)ctx;
}

static inline int64_t
sweep(void)
{
	struct nvr_discard *d = begin();
	int64_t n = 0;

	ok(nvr_discard_garbage(d, INT64_MAX, INT64_MAX, count_swept, &n, &err));
	nvr_discard_close(d);
	return n;
}

static inline int
discard_all(void)
{
	struct nvr_discard *d = begin();
	int n = 0;

	ok(nvr_discard_segments(d, seg, SEGMENTS, gone, &err));
	nvr_discard_close(d);
	for (int i = 0; i < SEGMENTS; i++)
		n += gone[i];
	return n;
}

/* Totals are those of the rows. */
static inline void
assert_totals(void)
{
	int64_t rows;
	int n = 0;

	rows = count("nvr.db",
	    "SELECT COUNT(*) FROM segment WHERE camera_id = ?1", gate);
	assert_int_equal(count("nvr.db",
			     "SELECT COUNT(*) FROM footage_sum WHERE camera_id"
			     " = ?1",
			     gate),
	    1);
	assert_int_equal(
	    count("nvr.db",
		"SELECT segments FROM footage_sum WHERE camera_id = ?1", gate),
	    rows);
	assert_int_equal(
	    count("nvr.db",
		"SELECT size_bytes FROM footage_sum WHERE camera_id = ?1",
		gate),
	    7 * rows);
	ok(nvr_footage_mend(s->store, &n, &err));
	assert_int_equal(n, 0);
}

#endif
