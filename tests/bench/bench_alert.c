/*
 * Judging 10,000 recorders of which none is in trouble, each with 8 cameras and
 * an hour of reports: under 100 ms.  Then with 100 that are.
 *
 *	bench_alert DIR [RECORDERS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "core/alert.h"
#include "store/db.h"

#define TIMES 20

static const char RECORDERS[] =
    "WITH RECURSIVE m (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i <"
    " ?1) INSERT INTO recorder (id, site_id, state, public_key, box,"
    " fingerprint, interval_us, created_at, approved_at, at, seen_at,"
    " clock_us, skew_us, overdue, backlog, sequence) SELECT i, 1 + i / 4,"
    " 'active', randomblob(32), 'age1x', zeroblob(32), 60000000, 1, 1, ?2, ?2,"
    " 1000, 1000, 0, 0, 1 FROM m";
static const char CAMERAS[] =
    "WITH RECURSIVE m (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i <"
    " 8) INSERT INTO recorder_camera (recorder_id, camera_id, name, state,"
    " newest_at, gaps, changed_at) SELECT x.id, x.id * 8 + i, 'cam' || i,"
    " 'recording', ?1, 0, 1 FROM recorder x CROSS JOIN m";
static const char TELEMETRY[] =
    "WITH RECURSIVE m (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM m WHERE i <"
    " 59) INSERT INTO telemetry (recorder_id, at, received_at, sequence, cpu,"
    " memory, disk_free, disk_free_bytes) SELECT x.id, ?1 - i * 60000000,"
    " ?1 - i * 60000000, 1, 10, 20, 50, 1000000000000 FROM recorder x"
    " CROSS JOIN m";
static const char BEAT[] = "UPDATE recorder SET seen_at = ?1 - id % 60 *"
			   " 1000000";
static const char LOST[] = "UPDATE recorder SET seen_at = ?1 WHERE id % 100 ="
			   " 0";

static struct nvr_error err;

static void
must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_alert: %s\n", err.text);
		exit(1);
	}
}

static int
nobody(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *e)
{
	(void)s, (void)account, (void)row, (void)ctx, (void)e;
	return 0;
}

static void
measure(struct nvr_state *s, int64_t *now, const char *what)
{
	static const struct nvr_alert_post post = {nobody, NULL};
	struct nvr_alert_done done = {0};
	int64_t t, told, least = INT64_MAX, sum = 0;

	for (int i = 0; i < TIMES; i++) {
		*now += NVR_SECOND;
		t = nvr_time_monotonic();
		must(nvr_alert_evaluate(s, *now, &done, &err));
		must(nvr_alert_tell(s, &post, *now, &told, &err));
		t = nvr_time_monotonic() - t;
		sum += t;
		if (t < least)
			least = t;
	}
	printf("%s\t%.1f ms\t(at best %.1f; %lld open)\n", what,
	    (double)sum / TIMES / NVR_MILLISECOND,
	    (double)least / NVR_MILLISECOND, (long long)done.open);
}

int
main(int argc, char **argv)
{
	int64_t n = argc > 2 ? strtonum(argv[2], 1, 1000000, NULL) : 10000;
	int64_t now = nvr_time_now();
	struct nvr_rules rules = {.restore = 30 * NVR_DAY,
	    .alert = {.interval = NVR_MINUTE,
		.camera = NVR_MINUTE,
		.space = 5,
		.clock = 2 * NVR_MINUTE,
		.request = 7 * NVR_DAY,
		.remind = NVR_DAY}};
	struct nvr_state *s = NULL;

	if (argc < 2 || argc > 3 || n == 0)
		return 64;
	must(nvr_state_open(argv[1], NVR_STATE_CREATE, &s, &err));
	s->rules = &rules;
	must(nvr_store_begin(s->store, &err));
	must(nvr_db_run(s->store, RECORDERS, &err, "ii", n, now));
	must(nvr_db_run(s->store, CAMERAS, &err, "i", now));
	must(nvr_db_run(s->store, TELEMETRY, &err, "i", now));
	must(nvr_db_run(s->store, BEAT, &err, "i", now));
	must(nvr_store_commit(s->store, &err));
	printf("%lld recorders, 8 cameras and 60 reports each\n", (long long)n);
	measure(s, &now, "nothing wrong");
	must(nvr_db_run(s->store, BEAT, &err, "i", now));
	must(nvr_db_run(s->store, LOST, &err, "i", now - 10 * NVR_MINUTE));
	measure(s, &now, "a hundredth of them silent");
	nvr_state_close(s);
	return 0;
}
