/*
 * A year of recorders that report each minute: how large the store is, how long
 * the overview of 1,000 and the series of one take, beside the bare statement
 * that reads the same rows, and what a day of them costs nvr-retain.
 *
 *	bench_telemetry DIR [RECORDERS [DAYS]]
 *
 * As in life: reports of the last 90 days, and of the one before, which is due;
 * hours and days of all DAYS; fewer than 91 are all kept but the first;
 *inserted in order of time.  All 1,000 report in the last hour.  A store that
 *DIR has already is measured as it is.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "core/retain_int.h"
#include "core/telemetry.h"
#include "store/db.h"
#include "store/remote.h"
#include "store/telemetry.h"
#include "store/telemetry_series.h"

#define MOST 1000 /* recorders */
#define TIMES 20

static const char FAST[] = "PRAGMA synchronous = OFF";
static const char CACHE[] = "PRAGMA cache_size = -262144";
static const char UNLOGGED[] = "PRAGMA journal_mode = OFF";
static const char WAL[] = "PRAGMA journal_mode = WAL";
/* Whose newest report is fill_hour's last. */
static const char RECORDERS[] =
    "WITH RECURSIVE m (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM m WHERE k <"
    " 999), x (i, at) AS (SELECT 1 + k * 389 % 1000, ?2 + k * 59000 FROM m)"
    " INSERT INTO recorder (id, account_id, site_id, state, public_key, box,"
    " fingerprint, interval_us, created_at, approved_at, at, seen_at, sequence,"
    " agent) SELECT ?1 + i, ?1 + i / 4, ?1 + i / 4, 'active', randomblob(32),"
    " 'age1x', zeroblob(32), 60000000, 1, 1, at, at, 1, 'nvr 0.1' FROM x";
static const char CAMERAS[] =
    "WITH RECURSIVE m (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i <"
    " 8) INSERT INTO recorder_camera (recorder_id, camera_id, account_id, name,"
    " state, changed_at) SELECT x.id, x.id * 8 + i, x.account_id, 'cam' || i,"
    " 'recording', 1 FROM recorder x CROSS JOIN m";
/* What nvr_telemetry_sum would have made of figures like these. */
static const char SUM[] =
    "WITH RECURSIVE m (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i <"
    " ?3) INSERT INTO telemetry_sum (recorder_id, period, at, account_id,"
    " made_at, settled, reports, cpu, cpu_max, cpu_reports, memory,"
    " memory_max, memory_reports, disk_free_min, disk_free_bytes_min,"
    " temperature, temperature_max, temperature_reports, cameras,"
    " cameras_down_max) SELECT ?1 + i, ?2, ?4, ?1 + i / 4, ?4 + ?5, ?6, ?7,"
    " f + i * 0.01, f * 3, ?7, f + 0.3, f + 2.1, ?7, f * 2.2, CAST(f * 3.3e10"
    " AS BIGINT), f + 20.3, f + 21.7, ?7, 8, 0 FROM m CROSS JOIN (SELECT 10 +"
    " ABS(RANDOM() % 1000000) / 3.1e4 AS f)";
static const char SETTING[] = "INSERT INTO setting (name, value) VALUES"
			      " ('telemetry_rolled', ?1), ('telemetry_closed',"
			      " ?1)";
static const char ROWS[] = "SELECT COUNT(*) FROM telemetry";
static const char SUMS[] = "SELECT COUNT(*) FROM telemetry_sum";

static struct nvr_error err;
static struct nvr_state *s;
static int64_t first, now; /* an id below the recorders'; midnight */
static int64_t kept;	   /* days of reports */

static void
must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_telemetry: %s\n", err.text);
		exit(1);
	}
}

static double
figure(double least, double span)
{
	return least + span * (arc4random() / 4294967296.0);
}

/* Figures have all their digits, as recorders tell them; these come in an order
 * of their own, the same each minute: the k-th of that many. */
static void
put(int64_t k, int64_t many, int64_t minute)
{
	int64_t i = 1 + k * 389 % many, at = minute + k * 59000;
	const struct nvr_telemetry t = {.recorder = first + i,
	    .account = first + i / 4,
	    .at = at,
	    .received_at = at + 40000 + arc4random() % 100000,
	    .cpu = figure(5, 40),
	    .memory = figure(20, 30),
	    .disk_free = figure(4, 70),
	    .disk_free_bytes = (int64_t)figure(1e11, 1e12) & ~INT64_C(4095),
	    .temperature = (int)figure(30, 25),
	    .cameras = 8,
	    .agent = "nvr 0.1",
	    .sequence = (uint64_t)at / 1000,
	    .load = figure(0, 2),
	    .uptime = at - (now - 400 * NVR_DAY),
	    .clock = (int)figure(-5000, 10000)};

	must(nvr_telemetry_put(s->store, &t, &err));
}

static void
sum(const char *period, int64_t n, int64_t at, int64_t width, bool settled)
{
	must(nvr_db_run(s->store, SUM, &err, "itiiiii", first, period, n, at,
	    width, (int64_t)settled, width / NVR_MINUTE));
}

/* An hour of reports, and what was summed up once it was over; the newest day
 * is nvr-retain's to sum up. */
static void
fill_hour(int64_t n, int64_t at)
{
	int64_t day = at - NVR_DAY, who = at == now - NVR_HOUR ? MOST : n;

	must(nvr_store_begin(s->store, &err));
	if (at >= now - (kept + 1) * NVR_DAY)
		for (int m = 0; m < 60; m++)
			for (int64_t k = 0; k < who; k++)
				put(k, who, at + m * NVR_MINUTE);
	if (at < now - NVR_DAY)
		sum("hour", n, at, NVR_HOUR, at < now - (kept + 1) * NVR_DAY);
	if (at % NVR_DAY == 0)
		sum("day", n, day, NVR_DAY, false);
	must(nvr_store_commit(s->store, &err));
}

static void
fill(const char *dir, int64_t n, int64_t days)
{
	char text[32];
	int64_t t = nvr_time_monotonic(), closed = now - NVR_DAY;

	must(nvr_state_open(dir, NVR_STATE_CREATE, &s, &err));
	snprintf(text, sizeof(text), "%lld", (long long)closed);
	must(nvr_db_run(s->store, FAST, &err, ""));
	must(nvr_db_run(s->store, CACHE, &err, ""));
	must(nvr_db_run(s->store, UNLOGGED, &err, ""));
	must(nvr_db_run(
	    s->store, RECORDERS, &err, "ii", first, now - NVR_MINUTE));
	must(nvr_db_run(s->store, CAMERAS, &err, ""));
	must(nvr_db_run(s->store, SETTING, &err, "t", text));
	for (int64_t at = now - days * NVR_DAY; at < now; at += NVR_HOUR)
		fill_hour(n, at);
	must(nvr_db_run(s->store, WAL, &err, ""));
	nvr_state_close(s);
	s = NULL;
	printf("%lld recorders, %lld days\t%.0f s to fill\n", (long long)n,
	    (long long)days, (double)(nvr_time_monotonic() - t) / NVR_SECOND);
}

/* What the bare statement reads of the same rows. */
static const char BARE_RAW[] =
    "SELECT at, cpu, memory, disk_free, disk_free_bytes, temperature, cameras,"
    " cameras_down FROM telemetry WHERE recorder_id = ?1 AND at >= ?2 AND at <"
    " ?3 ORDER BY at";
#define BARE_SUMS(period)                                                 \
	"SELECT at, cpu, cpu_max, memory, memory_max, disk_free_min,"     \
	" disk_free_bytes_min, temperature, temperature_max, cameras,"    \
	" cameras_down_max FROM telemetry_sum WHERE recorder_id = ?1 AND" \
	" period = '" period "' AND at >= ?2 AND at < ?3 ORDER BY at"
static const char BARE_HOURS[] = BARE_SUMS("hour");
static const char BARE_DAYS[] = BARE_SUMS("day");
static const char BARE_NEWEST[] =
    "SELECT r.id, r.seen_at, t.at, t.cpu, t.memory, t.disk_free,"
    " t.cameras_down FROM recorder r JOIN telemetry t ON t.recorder_id = r.id"
    " AND t.at = r.at WHERE r.id >= ?1 AND r.seen_at BETWEEN ?2 AND ?3";

struct what {
	const char *name, *bare;
	int64_t span; /* 0: the overview */
};

static int rows; /* that the last one gave */

static int
see_point(void *ctx, const struct nvr_series_point *p)
{
	(void)ctx, (void)p;
	rows++;
	return 0;
}

static int
see_recorder(void *ctx, const struct nvr_remote_now *n)
{
	(void)ctx;
	rows += n->newest != NULL;
	return 0;
}

static void
ask(const struct what *w, int64_t recorder)
{
	const struct nvr_series which = {.recorder = recorder,
	    .until = now,
	    .since = now - w->span,
	    .points = 300};

	must(w->span != 0
		 ? nvr_telemetry_series(s->store, &which, see_point, NULL, &err)
		 : nvr_remote_overview(
		       s->store, 0, 0, see_recorder, NULL, &err));
}

static void
ask_bare(const struct what *w, int64_t recorder)
{
	int64_t since = w->span != 0 ? now - w->span : 0;
	struct nvr_query q;

	must(nvr_db_query(s->store, &q, w->bare, &err, "iii",
	    w->span != 0 ? recorder : INT64_C(0), since, now + NVR_DAY));
	while (nvr_db_step(&q, &err) == 1)
		for (int i = 0; i < sqlite3_column_count(q.stmt); i++)
			nvr_db_real(&q, i);
	nvr_db_done(&q);
}

/* Pages come from the disk again. */
static void
forget(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	nvr_state_close(s);
	s = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fdatasync(fd) != 0 ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		exit(1);
	close(fd);
	must(nvr_state_open(dir, 0, &s, &err));
}

/* Another recorder each time, as those who look have other ones. */
static double
time_of(void (*f)(const struct what *, int64_t), const struct what *w,
    int64_t n, int times)
{
	int64_t t = nvr_time_monotonic();

	for (int i = 0; i < times; i++) {
		rows = 0;
		f(w, first + 1 + i * 7 % n);
	}
	return (double)(nvr_time_monotonic() - t) / times / NVR_MILLISECOND;
}

static void
measure(const char *dir, int64_t n)
{
	static const struct what all[] = {{"overview of 1,000", BARE_NEWEST, 0},
	    {"24 hours", BARE_RAW, NVR_DAY},
	    {"30 days", BARE_HOURS, 30 * NVR_DAY},
	    {"1 year", BARE_DAYS, 365 * NVR_DAY}};
	double cold, ms, bare;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		forget(dir);
		cold = time_of(ask, &all[i], n, 1);
		time_of(ask, &all[i], n, TIMES);
		ms = time_of(ask, &all[i], n, TIMES);
		bare = time_of(ask_bare, &all[i], n, TIMES);
		ask(&all[i], first + 1);
		printf("%s\t%.1f ms, bare %.1f, ratio %.2f; from the disk %.0f"
		       " ms\t(%d points; under 20)\n",
		    all[i].name, ms, bare, ms / bare, cold, rows);
	}
}

static int64_t
number(const char *sql)
{
	int64_t ret = 0;

	must(nvr_db_number(s->store, sql, &ret, &err, ""));
	return ret;
}

static void
weigh(const char *dir, int64_t n)
{
	char path[PATH_MAX];
	struct stat sb;
	double each;

	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	if (stat(path, &sb) != 0)
		exit(1);
	each = (double)sb.st_size / (double)n;
	printf("database\t%.2f GB of %lld reports and %lld sums; %.1f MB a"
	       " recorder, %.1f GB of 1,000\n",
	    (double)sb.st_size / 1e9, (long long)number(ROWS),
	    (long long)number(SUMS), each / 1e6, each / 1e6);
}

static void
hear(void *ctx, const struct nvr_leaving *d)
{
	++*(long *)ctx, (void)d;
}

/* Bytes that were written so far, to the log and to the store. */
static int64_t
written(void)
{
	char line[64] = "";
	int64_t n = -1;
	FILE *f = fopen("/proc/self/io", "re");

	while (n < 0 && f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "wchar: ", 7) == 0)
			n = strtonum(line + 7, 0, INT64_MAX, NULL);
	}
	if (f != NULL)
		fclose(f);
	return n;
}

static int64_t began, wrote;

static void
begin(void)
{
	began = nvr_time_monotonic();
	wrote = written();
}

static void
tell(const char *what, int64_t n)
{
	printf("%s\t%.1f s, %.2f GB written\t(%lld)\n", what,
	    (double)(nvr_time_monotonic() - began) / NVR_SECOND,
	    (double)(written() - wrote) / 1e9, (long long)n);
}

/* The newest day is summed up, and the oldest goes. */
static void
retain(void)
{
	struct nvr_rules rules = {
	    .keep = {.telemetry = kept * NVR_DAY, .hours = 730 * NVR_DAY}};
	long hours = 0;
	const struct nvr_retain r = {.now = now, .tell = hear, .ctx = &hours};
	struct nvr_retained went = {0};
	struct nvr_retaining x = {
	    .s = s, .r = &r, .now = now, .ret = &went, .err = &err};
	int64_t before = number(SUMS);

	s->rules = &rules;
	went.kind[0].kind = "telemetry";
	went.kind[0].promise = "C16";
	begin();
	must(nvr_telemetry_roll(s, now, &err));
	tell("a day summed up: hours and days", number(SUMS) - before);
	begin();
	must(nvr_retain_telemetry_apply(&x));
	tell("a day of reports deleted: hours", hours);
	s->rules = NULL;
}

int
main(int argc, char **argv)
{
	int64_t n = argc > 2 ? strtonum(argv[2], 1, MOST, NULL) : 20;
	int64_t days = argc > 3 ? strtonum(argv[3], 2, 3650, NULL) : 365;
	char path[PATH_MAX];
	struct stat sb;

	if (argc < 2 || n == 0 || days < 2)
		return 64;
	now = nvr_time_now() / NVR_DAY * NVR_DAY;
	kept = days > 90 ? 90 : days - 1;
	first = INT64_C(900000000000000000);
	snprintf(path, sizeof(path), "%s/nvr.db", argv[1]);
	if (stat(path, &sb) != 0)
		fill(argv[1], n, days);
	must(nvr_state_open(argv[1], 0, &s, &err));
	weigh(argv[1], n);
	retain();
	measure(argv[1], n);
	nvr_state_close(s);
	return 0;
}
