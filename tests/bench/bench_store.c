/*
 * The store after a year of 16 cameras, a segment a minute each: how long a
 * day's list takes, how long a segment's rows, how large it is.
 *
 *	bench_store DIR [DAYS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/id.h"
#include "base/time.h"
#include "core/coverage.h"
#include "core/inventory.h"
#include "core/state.h"
#include "store/db.h"

#define CAMERAS 16

static const char INSERT[] =
    "INSERT INTO segment (id, camera_id, stream, run_id, start_at, end_at,"
    " media_start_us, media_us, frames, size_bytes, sha256, sealed)"
    " VALUES (?1, ?2, 'main', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1)";

static struct nvr_error err;

static void
must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_store: %s\n", err.text);
		exit(1);
	}
}

static void
fill(struct nvr_state *s, const int64_t *camera, int64_t from, int days)
{
	uint8_t sha[32];
	int64_t id = (from / 1000 - INT64_C(1577836800000)) << 22;

	arc4random_buf(sha, sizeof(sha));
	for (int d = 0; d < days; d++) {
		must(nvr_store_begin(s->store, &err));
		for (int m = 0; m < 1440; m++) {
			int64_t at = from + d * NVR_DAY + m * NVR_MINUTE;

			id += (INT64_C(60000) << 22) - CAMERAS;
			for (int c = 0; c < CAMERAS; c++) {
				memcpy(sha, &at, 8);
				must(nvr_db_run(s->store, INSERT, &err,
				    "iiiiiiiiib", ++id, camera[c], camera[c],
				    at + c, at + c + NVR_MINUTE, m * NVR_MINUTE,
				    NVR_MINUTE, INT64_C(1500),
				    INT64_C(30000000) + c, sha, sizeof(sha)));
			}
		}
		must(nvr_store_commit(s->store, &err));
	}
}

static int
count(void *ctx, const struct nvr_span *span)
{
	(void)span;
	++*(long *)ctx;
	return 0;
}

static void
list_days(struct nvr_state *s, const int64_t *camera, int64_t from, int days)
{
	int64_t worst = 0, all = 0, t;
	long rows = 0;

	for (int i = 0; i < 50; i++) {
		int64_t day =
		    from + arc4random_uniform((uint32_t)days) * NVR_DAY;

		t = nvr_time_monotonic();
		must(nvr_coverage(s, camera[i % CAMERAS], NVR_MAIN, day,
		    day + NVR_DAY, nvr_time_now(), count, &rows, &err));
		t = nvr_time_monotonic() - t;
		all += t;
		if (t > worst)
			worst = t;
	}
	printf("list of a day\t%.2f ms, at worst %.2f\t(%ld rows; under 20)\n",
	    (double)all / 50 / 1000, (double)worst / 1000, rows / 50);
}

static void
record(struct nvr_state *s, int64_t camera)
{
	int64_t open = 0, close = 0, t, now = nvr_time_now();
	const int n = 200;

	for (int i = 0; i < n; i++) {
		struct nvr_open_segment o = {.id = nvr_id_new(),
		    .camera_id = camera,
		    .run_id = 1,
		    .start_at = now + i * NVR_MINUTE,
		    .payload_key = "0123456789",
		    .payload_key_len = 10};
		struct nvr_segment seg = {.id = o.id,
		    .camera_id = camera,
		    .run_id = 1,
		    .start_at = o.start_at,
		    .end_at = o.start_at + NVR_MINUTE,
		    .media_us = NVR_MINUTE,
		    .size_bytes = 1,
		    .sealed = true};

		t = nvr_time_monotonic();
		must(nvr_segment_open(s->store, &o, &err));
		open += nvr_time_monotonic() - t;
		t = nvr_time_monotonic();
		must(nvr_segment_close(s->store, &seg, &err));
		close += nvr_time_monotonic() - t;
	}
	printf("a segment's rows, durable\t%.2f ms to open, %.2f to close\t"
	       "(under 1)\n",
	    (double)open / n / 1000, (double)close / n / 1000);
}

int
main(int argc, char **argv)
{
	int days = argc > 2 ? (int)strtonum(argv[2], 1, 3650, NULL) : 365;
	int64_t from = (nvr_time_now() / NVR_DAY - days) * NVR_DAY, t;
	struct nvr_state *s = NULL;
	int64_t camera[CAMERAS];
	struct nvr_camera *cam;
	char path[PATH_MAX];
	struct stat sb;

	if (argc < 2)
		return 64;
	must(nvr_state_open(argv[1], NVR_STATE_CREATE, &s, &err));
	for (int c = 0; c < CAMERAS; c++) {
		struct nvr_camera_change change = NVR_CAMERA_NO_CHANGE;
		char name[16];

		snprintf(name, sizeof(name), "c%d", c);
		change.name = name;
		change.url = "rtsp://192.0.2.1/";
		must(nvr_inventory_add(s, &change, &err));
		must(nvr_inventory_find(s, name, &cam, &err));
		camera[c] = cam->id;
		nvr_camera_free(cam);
	}
	t = nvr_time_monotonic();
	fill(s, camera, from, days);
	printf("%d days of %d cameras, %.1f million segments\t%.0f s to fill\n",
	    days, CAMERAS, days * 1440.0 * CAMERAS / 1e6,
	    (double)(nvr_time_monotonic() - t) / NVR_SECOND);
	list_days(s, camera, from, days);
	nvr_state_close(s);
	s = NULL;
	must(nvr_state_open(argv[1], NVR_STATE_DURABLE, &s, &err));
	record(s, camera[0]);
	nvr_state_close(s);
	snprintf(path, sizeof(path), "%s/nvr.db", argv[1]);
	if (stat(path, &sb) == 0)
		printf("database\t%.0f MB, %.0f bytes a segment\n",
		    (double)sb.st_size / 1e6,
		    (double)sb.st_size / (days * 1440.0 * CAMERAS));
	return 0;
}
