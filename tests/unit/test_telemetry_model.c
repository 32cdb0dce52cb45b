/*
 * Telemetry against a plain model of its rules, through random histories of
 * reports in time, late, twice or of a clock ahead, and runs that are cut
 * short: the next one always gets to the same.
 */
#include "telemetry_help.h"

#define RECORDERS 4 /* the last is of a restricted account */
#define HOURS_MAX (24 * 40)
#define EACH_MAX 64 /* reports of an hour */
#define RAW_DAYS 3
#define HOUR_DAYS 8

static struct {
	struct {
		int64_t at;
		double cpu;   /* NAN: none */
		int64_t disk; /* -1 */
	} report[EACH_MAX];
	int n;
	struct sum {
		bool there, settled;
		int reports, known; /* with the figure */
		double cpu, cpu_max;
		int64_t disk_min;
	} hour;
} model[RECORDERS][HOURS_MAX];
static struct sum days[RECORDERS][HOURS_MAX / 24];
static int64_t account;

static void
model_hour(int r, int h)
{
	struct sum sum = {
	    .there = true, .cpu = NAN, .cpu_max = NAN, .disk_min = -1};
	double all = 0;
	int known = 0;

	for (int i = 0; i < model[r][h].n; i++) {
		double cpu = model[r][h].report[i].cpu;
		int64_t disk = model[r][h].report[i].disk;

		if (!isnan(cpu)) {
			all += cpu;
			known++;
			sum.cpu_max = fmax(sum.cpu_max, cpu);
		}
		if (disk >= 0 && (sum.disk_min < 0 || disk < sum.disk_min))
			sum.disk_min = disk;
	}
	sum.reports = model[r][h].n;
	sum.known = known;
	sum.cpu = known > 0 ? all / known : NAN;
	if (sum.reports > 0 && !model[r][h].hour.settled)
		model[r][h].hour = sum;
}

static void
model_day(int r, int d)
{
	struct sum sum = {
	    .there = true, .cpu = NAN, .cpu_max = NAN, .disk_min = -1};
	double all = 0, known = 0;

	for (int h = d * 24; h < (d + 1) * 24; h++) {
		const struct sum *of = &model[r][h].hour;

		if (!of->there)
			continue;
		sum.reports += of->reports;
		if (!isnan(of->cpu)) {
			all += of->cpu * of->known;
			known += of->known;
			sum.cpu_max = fmax(sum.cpu_max, of->cpu_max);
		}
		if (of->disk_min >= 0 &&
		    (sum.disk_min < 0 || of->disk_min < sum.disk_min))
			sum.disk_min = of->disk_min;
	}
	sum.cpu = known > 0 ? all / known : NAN;
	if (sum.reports > 0 && !days[r][d].settled)
		days[r][d] = sum;
}

/* A run, as the promise reads. */
static void
model_run(int64_t now)
{
	for (int r = 0; r < RECORDERS - 1; r++) {
		for (int h = 0; START + (h + 1) * NVR_HOUR <= now; h++) {
			model_hour(r, h);
			if (model[r][h].n > 0 &&
			    START + (h + 1) * NVR_HOUR + RAW_DAYS * NVR_DAY <=
				now) {
				model[r][h].hour.settled = true;
				model[r][h].n = 0;
			}
		}
		for (int d = 0; START + (d + 1) * NVR_DAY <= now; d++) {
			model_day(r, d);
			if (START + (d + 1 + HOUR_DAYS) * NVR_DAY > now)
				continue;
			days[r][d].settled = days[r][d].there;
			for (int h = d * 24; h < (d + 1) * 24; h++)
				model[r][h].hour = (struct sum){0};
		}
	}
}

static void
enter_one(int64_t now)
{
	int r = (int)arc4random_uniform(RECORDERS), h, i;
	int64_t back =
	    arc4random_uniform(20) == 0 ? 12 * NVR_DAY : 3 * NVR_HOUR;
	int64_t at =
	    now + NVR_TELEMETRY_AHEAD -
	    (int64_t)arc4random_uniform((uint32_t)(back / NVR_SECOND)) *
		NVR_SECOND;
	struct nvr_telemetry t = report(r + 1, at, NAN);

	if (at < START)
		return;
	h = (int)((at - START) / NVR_HOUR);
	if (model[r][h].n > 0 && arc4random_uniform(5) == 0)
		t.at = model[r][h].report[0].at;
	if (arc4random_uniform(4) > 0)
		t.cpu = arc4random_uniform(100);
	if (arc4random_uniform(4) > 0)
		t.disk_free_bytes = arc4random_uniform(100);
	t.received_at = now;
	t.account = r == RECORDERS - 1 ? account : 0;
	for (i = 0; i < model[r][h].n; i++)
		if (model[r][h].report[i].at == t.at)
			break;
	if (i == EACH_MAX)
		return;
	ok(nvr_telemetry_put(s->store, &t, &err));
	if (i < model[r][h].n)
		return;
	model[r][h].report[i].at = t.at;
	model[r][h].report[i].cpu = t.cpu;
	model[r][h].report[i].disk = t.disk_free_bytes;
	model[r][h].n++;
}

static void
same(const struct sum *sum, sqlite3_stmt *q, const char *what, int n)
{
	double cpu = sqlite3_column_type(q, 4) == SQLITE_NULL
			 ? NAN
			 : sqlite3_column_double(q, 4);
	double most = sqlite3_column_type(q, 5) == SQLITE_NULL
			  ? NAN
			  : sqlite3_column_double(q, 5);
	int64_t disk = sqlite3_column_type(q, 6) == SQLITE_NULL
			   ? -1
			   : sqlite3_column_int64(q, 6);

	if (!sum->there || sum->reports != sqlite3_column_int(q, 3) ||
	    sum->settled != sqlite3_column_int(q, 7) || sum->disk_min != disk ||
	    isnan(sum->cpu) != isnan(cpu) || fabs(sum->cpu - cpu) > 1e-9 ||
	    (!isnan(cpu) && sum->cpu_max != most))
		fail_msg("%s %d: %d %d %d %g %g %lld, not %d %d %g %g %lld",
		    what, n, sum->there, sum->reports, sum->settled, sum->cpu,
		    sum->cpu_max, (long long)sum->disk_min,
		    sqlite3_column_int(q, 3), sqlite3_column_int(q, 7), cpu,
		    most, (long long)disk);
}

static void
compare(void)
{
	sqlite3_stmt *q;
	int sums = 0, reports = 0;

	sqlite3_prepare_v2(s->store->db,
	    "SELECT recorder_id, period, at, reports, cpu, cpu_max,"
	    " disk_free_bytes_min, settled FROM telemetry_sum",
	    -1, &q, NULL);
	while (sqlite3_step(q) == SQLITE_ROW) {
		int r = sqlite3_column_int(q, 0) - 1;
		bool hour = strcmp((const char *)sqlite3_column_text(q, 1),
				"hour") == 0;
		int n = (int)((sqlite3_column_int64(q, 2) - START) /
			      (hour ? NVR_HOUR : NVR_DAY));

		same(hour ? &model[r][n].hour : &days[r][n], q,
		    hour ? "hour" : "day", n);
		sums++;
	}
	sqlite3_finalize(q);
	for (int r = 0; r < RECORDERS; r++) {
		for (int h = 0; h < HOURS_MAX; h++) {
			reports += model[r][h].n;
			sums -= model[r][h].hour.there;
		}
		for (int d = 0; d < HOURS_MAX / 24; d++)
			sums -= days[r][d].there;
	}
	assert_int_equal(sums, 0);
	assert_int_equal(reports, (int)number(RAW));
}

static int left;

static int
stop_there(void *ctx)
{
	(void)ctx;
	return left-- == 0;
}

/* Cut short after so many steps of SQLite, or before the n-th commit. */
static void
cut_short(int64_t now)
{
	bool commit = arc4random_uniform(2) == 0;

	left = (int)arc4random_uniform(commit ? 6 : 40);
	if (commit)
		sqlite3_commit_hook(s->store->db, stop_there, NULL);
	else
		sqlite3_progress_handler(s->store->db, 200, stop_there, NULL);
	(void)retain(now, true);
	sqlite3_commit_hook(s->store->db, NULL, NULL);
	sqlite3_progress_handler(s->store->db, 0, NULL, NULL);
	/* It may stop a BEGIN that has begun. */
	nvr_store_rollback(s->store);
}

static void
c16_whatever_comes_and_goes_the_sums_are_those_of_the_rules(void **state)
{
	int64_t now = START;

	(void)state;
	rules.keep.telemetry = RAW_DAYS * NVR_DAY;
	rules.keep.hours = HOUR_DAYS * NVR_DAY;
	account = person("jane@example.org");
	run_sql("UPDATE account SET restricted_at = 1");
	while (now < START + 30 * NVR_DAY) {
		now += (int64_t)arc4random_uniform(7 * 3600) * NVR_SECOND;
		ok(nvr_store_begin(s->store, &err));
		for (int i = (int)arc4random_uniform(40); i > 0; i--)
			enter_one(now);
		ok(nvr_store_commit(s->store, &err));
		if (arc4random_uniform(2) == 0)
			continue;
		if (arc4random_uniform(2) == 0)
			cut_short(now);
		if (arc4random_uniform(4) == 0) {
			cut_short(now);
			now += NVR_HOUR;
		}
		run_at(now);
		model_run(now);
		compare();
	}
	assert_true(number(DAYS) > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		c16_whatever_comes_and_goes_the_sums_are_those_of_the_rules,
		make_telemetry, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
