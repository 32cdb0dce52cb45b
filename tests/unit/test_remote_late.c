/* A recorder that was cut off for six hours, beside one that was not. */
#include <math.h>

#include "core/alert_int.h"
#include "core/telemetry.h"
#include "remote_help.h"

#define HOURS 6
#define CUT (HOURS * 60) /* reports, one a minute */
#define FIGURES                                                        \
	"at, account_id, cpu, memory, disk_free, disk_free_bytes,"     \
	" temperature, cameras, cameras_down, agent, load, uptime_us," \
	" clock_us, backlog, overdue"
#define SUMS                                                      \
	"period, at, account_id, settled, reports, cpu, cpu_max," \
	" cpu_reports, memory, memory_max, memory_reports,"       \
	" disk_free_min, disk_free_bytes_min, temperature,"       \
	" temperature_max, temperature_reports, cameras,"         \
	" cameras_down_max"

static int64_t start;

/* What both measured in that minute; in the second hour much is wrong. */
static struct nvr_beat_report
measured(int minute)
{
	bool bad = minute / 60 == 1;

	return (struct nvr_beat_report){.at = start + minute * NVR_MINUTE,
	    .sequence =
		(uint64_t)((start + minute * NVR_MINUTE) / NVR_MILLISECOND),
	    .cpu = minute * 7 % 100,
	    .memory = minute * 3 % 100,
	    .load = minute % 4,
	    .temperature = minute % 5 == 0 ? NAN : 30 + minute % 40,
	    .disk_free = bad ? 0.5 : 50,
	    .disk_free_bytes = bad ? 1 << 20 : INT64_C(1) << 40,
	    .uptime = minute * NVR_MINUTE,
	    .clock = bad ? 10 * NVR_MINUTE : 0,
	    .overdue = bad ? 5 : 0,
	    .cameras = 4,
	    .cameras_down = bad ? 3 : 0};
}

static void
say_of(struct machine *m, int minute, int first_late, int nlate)
{
	static struct nvr_beat_report late[NVR_BEAT_LATE];

	prepare(m);
	beat.ncameras = 0;
	beat.report = measured(minute);
	for (int i = 0; i < nlate; i++)
		late[i] = measured(first_late + i);
	beat.late = late;
	beat.nlate = (size_t)nlate;
	assert_int_equal(say(m), NVR_BEAT_FINE);
}

static void
judge(void)
{
	struct nvr_alert_done done;

	ok(nvr_alert_evaluate(s, now, &done, &err));
}

/* Rows of that recorder which the other one has not. */
static int64_t
differs(const char *columns, const char *table, int64_t of, int64_t from)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "SELECT COUNT(*) FROM (SELECT %s FROM %s WHERE recorder_id = %lld"
	    " EXCEPT SELECT %s FROM %s WHERE recorder_id = %lld)",
	    columns, table, (long long)of, columns, table, (long long)from);
	return sql("nvr.db", text);
}

static void
assert_twins(const struct machine *a, const struct machine *b)
{
	assert_int_equal(differs(FIGURES, "telemetry", a->id, b->id), 0);
	assert_int_equal(differs(FIGURES, "telemetry", b->id, a->id), 0);
	assert_int_equal(differs(SUMS, "telemetry_sum", a->id, b->id), 0);
	assert_int_equal(differs(SUMS, "telemetry_sum", b->id, a->id), 0);
}

/* Each minute from `first` on the twin is heard, and at full hours what is over
 * is summed up. */
static void
pass(struct machine *twin, int first, int n)
{
	for (int minute = first; minute < first + n; minute++) {
		now = start + minute * NVR_MINUTE;
		say_of(twin, minute, 0, 0);
		judge();
		if (minute % 60 == 59)
			ok(nvr_telemetry_roll(s, now, &err));
	}
}

static void
c16_six_hours_come_back_in_order_with_no_alert_and_the_same_sums(void **state)
{
	struct machine twin = enrol(1), m = enrol(2);
	int64_t alerts;

	(void)state;
	rules.keep.telemetry = 90 * NVR_DAY;
	rules.keep.hours = 730 * NVR_DAY;
	rules.alert = (struct nvr_alerting){.interval = NVR_MINUTE,
	    .camera = NVR_MINUTE,
	    .space = 5,
	    .space_left = 3 * NVR_DAY,
	    .clock = 2 * NVR_MINUTE,
	    .request = 7 * NVR_DAY,
	    .remind = NVR_DAY};
	start = now / NVR_DAY * NVR_DAY + NVR_HOUR;
	now = start;
	say_of(&m, 0, 0, 0);
	pass(&twin, 0, CUT);
	/* That it is silent is told, as is what is wrong with the twin. */
	alerts = sql("nvr.db", "SELECT COUNT(*) FROM alert");
	assert_true(alerts > 1);
	/* The present one goes first, and then what waited, an hour each. */
	for (int k = 0; k <= HOURS; k++) {
		int first = 1 + (k - 1) * NVR_BEAT_LATE;
		int n =
		    first + NVR_BEAT_LATE > CUT ? CUT - first : NVR_BEAT_LATE;

		pass(&twin, CUT + k, 1);
		say_of(&m, CUT + k, first, k == 0 ? 0 : n);
		judge();
	}
	pass(&twin, CUT + HOURS + 1, 1);
	say_of(&m, CUT + HOURS + 1, 0, 0);
	judge();
	ok(nvr_telemetry_roll(s, start + 23 * NVR_HOUR, &err));
	ok(nvr_telemetry_roll(s, start + 47 * NVR_HOUR, &err));
	assert_twins(&twin, &m);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM telemetry_sum"
				       " WHERE period = 'hour'"),
	    2 * (HOURS + 1));
	assert_int_equal(
	    sql("nvr.db", "SELECT SUM(late) FROM telemetry"), CUT - 1);
	assert_int_equal(
	    sql("nvr.db",
		"SELECT COUNT(*) FROM (SELECT at, LAG(at) OVER (ORDER BY rowid)"
		" AS was FROM telemetry WHERE late = 1) x WHERE at <= was"),
	    0);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM alert"), alerts);
	assert_int_equal(sql("nvr.db", "SELECT stale FROM recorder"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(c16_six_hours_come_back_in_order_with_no_alert_and_the_same_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
