/*
 * What nvr-retain is to delete of a year of 16 cameras, a segment a minute
 * each: how long the plan takes, and how much memory.
 *
 *	bench_retain DIR [DAYS]
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/time.h"
#include "core/inventory.h"
#include "core/state.h"
#include "store/db.h"

#define CAMERAS 16
#define TIMES 10

static const char FAST[] = "PRAGMA synchronous = OFF";
/* A day, in the order in which recorders write it. */
static const char FILL[] =
    "WITH RECURSIVE m (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM m"
    " WHERE i < 1439) INSERT INTO segment (id, camera_id, stream, run_id,"
    " start_at, end_at, media_start_us, media_us, frames, size_bytes, sha256,"
    " sealed) SELECT ((?1 / 1000 - 1577836800000 + i * 60000) << 22) +"
    " c.rowid, c.id, 'main', c.id, ?1 + i * 60000000,"
    " ?1 + (i + 1) * 60000000, i * 60000000, 60000000, 1500, 30000000,"
    " randomblob(32), 1 FROM m CROSS JOIN camera c";
static const char SUM[] =
    "INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)"
    " SELECT id, 'main', ?1, ?1 * 30000000 FROM camera";
static const char RETAIN[] = "UPDATE camera SET retain_us = ?1";
static const char LIMIT[] = "UPDATE camera SET retain_bytes = ?1";
static const char FOUND[] =
    "WITH RECURSIVE m (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM m"
    " WHERE i < ?2) INSERT INTO incident (camera_id, at) SELECT c.id,"
    " ?1 + i * 3600000000 FROM m CROSS JOIN camera c";
static const char EVENTS[] = "UPDATE camera SET retain_events_us = ?1";
static const char UNEVENTFUL[] = "DELETE FROM incident WHERE at > ?1";
static const char HOLD[] =
    "INSERT INTO hold (id, camera_id, since, until, why, held_by, held_at)"
    " SELECT id, id, 0, ?1, 'bench', 'bench', 1 FROM camera";

static struct nvr_error err;

static void
must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_retain: %s\n", err.text);
		exit(1);
	}
}

static struct nvr_state *
make(const char *dir, int64_t from, int days)
{
	struct nvr_state *s = NULL;
	int64_t t = nvr_time_monotonic();

	must(nvr_state_open(dir, NVR_STATE_CREATE, &s, &err));
	for (int c = 0; c < CAMERAS; c++) {
		struct nvr_camera_change change = NVR_CAMERA_NO_CHANGE;
		char name[16];

		snprintf(name, sizeof(name), "c%d", c);
		change.name = name;
		change.url = "rtsp://192.0.2.1/";
		must(nvr_inventory_add(s, &change, &err));
	}
	must(nvr_db_run(s->store, FAST, &err, ""));
	for (int d = 0; d < days; d++)
		must(nvr_db_run(s->store, FILL, &err, "i", from + d * NVR_DAY));
	must(nvr_db_run(s->store, SUM, &err, "i", (int64_t)days * 1440));
	printf("%d days of %d cameras, %.1f million segments\t%.0f s to fill\n",
	    days, CAMERAS, days * 1440.0 * CAMERAS / 1e6,
	    (double)(nvr_time_monotonic() - t) / NVR_SECOND);
	return s;
}

/* As a process; what it says is thrown away. */
static void
run(const char *what, const char *dir, const char *word, const char *bound)
{
	extern char **environ;
	char *const argv[] = {(char *)(uintptr_t) "nvr-retain",
	    (char *)(uintptr_t) "-d", (char *)(uintptr_t)dir,
	    (char *)(uintptr_t)word, NULL};
	posix_spawn_file_actions_t quiet;
	int64_t all = 0, best = INT64_MAX, t;
	struct rusage ru;
	long most = 0;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < TIMES; i++) {
		t = nvr_time_monotonic();
		if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) ||
		    wait4(pid, &status, 0, &ru) != pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status) > 1) {
			fprintf(stderr, "bench_retain: nvr-retain failed\n");
			exit(1);
		}
		t = nvr_time_monotonic() - t;
		all += t;
		best = t < best ? t : best;
		most = ru.ru_maxrss > most ? ru.ru_maxrss : most;
	}
	posix_spawn_file_actions_destroy(&quiet);
	printf("%s\t%.1f ms, at best %.1f, %.1f MB\t(%s)\n", what,
	    (double)all / TIMES / 1000, (double)best / 1000,
	    (double)most / 1024, bound);
}

int
main(int argc, char **argv)
{
	int days = argc > 2 ? (int)strtonum(argv[2], 100, 3650, NULL) : 365;
	/* The first day is older than the others by one. */
	int64_t from = nvr_time_now() - days * NVR_DAY;
	struct nvr_store *st;
	struct nvr_state *s;

	if (argc < 2)
		return 64;
	s = make(argv[1], from, days);
	st = s->store;
	must(nvr_db_run(st, RETAIN, &err, "i", (days + 1) * NVR_DAY));
	run("nothing due: plan", argv[1], "-n", "under 20, 32 MB");
	run("nothing due: verify", argv[1], "verify", "under 20, 32 MB");
	must(nvr_db_run(st, RETAIN, &err, "i", (days - 1) * NVR_DAY));
	run("23,000 due by age: plan", argv[1], "-n", "under 1000, 32 MB");
	run("23,000 due by age: verify", argv[1], "verify", "");
	must(nvr_db_run(st, RETAIN, &err, "i", (days + 1) * NVR_DAY));
	must(nvr_db_run(st, LIMIT, &err, "i",
	    (int64_t)(days - 1) * 1440 * INT64_C(30000000)));
	run("23,000 due by bytes: plan", argv[1], "-n", "under 1000, 32 MB");
	/* All but ten minutes of each hour has gone long ago; here it has not,
	 * and goes. */
	must(nvr_db_run(st, LIMIT, &err, "s", INT64_C(0)));
	must(nvr_db_run(st, RETAIN, &err, "i", (days - 1) * NVR_DAY));
	must(nvr_db_run(st, EVENTS, &err, "i", (days + 1) * NVR_DAY));
	must(nvr_db_run(st, FOUND, &err, "ii", from, (int64_t)(days - 1) * 24));
	run("a finding each hour, 16,000 due: plan", argv[1], "-n", "");
	must(nvr_db_run(st, UNEVENTFUL, &err, "i", INT64_C(0)));
	must(nvr_db_run(st, RETAIN, &err, "i", 10 * NVR_DAY));
	must(nvr_db_run(st, HOLD, &err, "i", from + (days - 10) * NVR_DAY));
	run("all that is due is held: plan", argv[1], "-n", "");
	nvr_state_close(s);
	return 0;
}
