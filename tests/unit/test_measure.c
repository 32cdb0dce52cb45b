/* What a recorder measures, of machines that are strange, broken or hostile. */
#include "erase_help.h"

#include <math.h>
#include <sys/stat.h>

#include "cli/conf.h"
#include "core/coverage.h"
#include "core/fingerprint.h"
#include "core/measure.h"
#include "core/openmetrics.h"
#include "store/db.h"

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"
#define BOOT_ID "proc/sys/kernel/random/boot_id"
#define NOW (INT64_C(1800057600) * NVR_SECOND)

static char root[128];
static struct nvr_conf conf;
static struct nvr_measured m;

static void
sql(const char *text)
{
	char *why = NULL;

	if (sqlite3_exec(s->store->db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
}

static void
place(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	unlink(path);
	if (text == NULL)
		return;
	ok(nvr_file_write(path, text, strlen(text), 0600, 0, &err));
}

static int
begin(void **state)
{
	int rc = make(state);

	snprintf(root, sizeof(root), "%s/root", dir);
	nvr_conf_init(&conf);
	if (rc == 0)
		s->rules = &conf.rules;
	return rc != 0 ? rc : mkdir(root, 0700);
}

static const struct nvr_beat_report *
measure(void)
{
	nvr_measure_release(&m);
	ok(nvr_measure(s, root, NOW, &m, &err));
	ok(nvr_measure_keep(s, &m, &err));
	return &m.report;
}

static int
end(void **state)
{
	nvr_measure_release(&m);
	return unmake(state);
}

static void
nothing_is_known_of_a_machine_without_files(void **state)
{
	const struct nvr_beat_report *r = measure();

	(void)state;
	assert_true(isnan(r->cpu) && isnan(r->memory) && isnan(r->load) &&
		    isnan(r->temperature));
	assert_true(r->uptime == -1 && r->overdue == -1);
	assert_true(m.started_at == 0);
	/* The disk and the store are there. */
	assert_true(r->disk_free > 0 && r->disk_free <= 100);
	assert_true(r->disk_free_bytes > 0);
	assert_true(r->cameras == 0 && r->cameras_down == 0);
	assert_true(r->backlog == 0);
}

/* user nice system idle iowait irq softirq steal guest guest_nice */
static void
cpu_is_of_the_time_between_two_samples(void **state)
{
	(void)state;
	place(BOOT_ID, BOOT "\n");
	place("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\n"
			   "cpu0 50 0 50 400 0 0 0 0 0 0\n"
			   "cpu1 50 0 50 400 0 0 0 0 0 0\nintr 1 2 3\n");
	assert_true(isnan(measure()->cpu));
	/* Of 200 ticks of two processors 50 were busy: half of one. */
	place("proc/stat", "cpu  140 0 110 900 50 0 0 0 40 0\n"
			   "cpu0 1 0\ncpu1 1 0\ncpufreq 1\n");
	assert_true(fabs(measure()->cpu - 50) < 1e-9);
	/* Nothing passed; iowait runs back; another boot. */
	assert_true(isnan(measure()->cpu));
	place("proc/stat", "cpu  150 0 110 900 0 0 0 0\n");
	assert_true(isnan(measure()->cpu));
	place(BOOT_ID, "f1234567-89ab-cdef-0123-456789abcdef");
	place("proc/stat", "cpu  9150 0 110 9900 0 0 0 0\n");
	assert_true(isnan(measure()->cpu));
	place("proc/stat", "cpu  9250 0 110 9900 0 0 0 0\n");
	assert_true(fabs(measure()->cpu - 100) < 1e-9);
}

static void
what_stands_in_proc_may_be_anything(void **state)
{
	static const char *const bad[] = {"", "\n", "cpu", "cpu ",
	    "cpu  1 2 3\n", "cpu  a b c d\n", "cpu  -1 -1 -1 -1\n",
	    "cpu  99999999999999999999999 1 1 1\n",
	    "cpu  18446744073709551615 18446744073709551615 1 1 1\n",
	    "MemTotal: 0 kB\nMemAvailable: 0 kB\n",
	    "MemTotal: 10 kB\nMemAvailable: 11 kB\n",
	    "MemTotal: 99999999999999999999 kB\nMemAvailable: 1 kB\n",
	    "MemTotal:\nMemAvailable:\n", "nan", "inf", "-1", "1e999",
	    "99999999999999999999999.0", "1.99999999999999999999999999", ".5",
	    "\xff\xfe", "cpu \n\n\n\ncpu0cpu1\n"};
	static const char *const names[] = {"proc/stat", "proc/meminfo",
	    "proc/loadavg", "proc/uptime", BOOT_ID,
	    "sys/class/thermal/thermal_zone0/temp",
	    "sys/class/hwmon/hwmon0/temp1_input", "proc/net/route",
	    "proc/cpuinfo"};
	const struct nvr_beat_report *r;
	uint8_t print[NVR_FINGERPRINT];

	(void)state;
	place("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			place(names[k], bad[i]);
		place(BOOT_ID, BOOT);
		measure();
		r = measure();
		assert_true(isnan(r->cpu) && isnan(r->memory));
		assert_true(isnan(r->load) || r->load == 0.5 || r->load <= 1e6);
		assert_true(r->uptime >= -1);
		assert_true(isnan(r->temperature) ||
			    (r->temperature > -61 && r->temperature <= 150));
		ok(nvr_fingerprint(root, print, &err));
	}
	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
		place(names[k], NULL);
}

static void
what_would_wait_or_has_no_end_does_not_hold_it_up(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/proc/stat", root);
	place("proc/stat", "");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	unlink(path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	snprintf(path, sizeof(path), "%s/proc/loadavg", root);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(isnan(measure()->cpu) && isnan(measure()->memory) &&
		    isnan(measure()->load));
	rmdir(path);
	snprintf(path, sizeof(path), "%s/proc/stat", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	unlink(path);
}

static void
figures_are_what_their_files_say(void **state)
{
	const struct nvr_beat_report *r;

	(void)state;
	place("proc/meminfo", "MemTotal:       1000 kB\nMemFree: 1 kB\n"
			      "MemAvailable:    250 kB\n");
	place("proc/loadavg", "1.25 0.5 0.1 1/100 12\n");
	place("proc/uptime", "12345.67 5.00\n");
	place("sys/class/thermal/thermal_zone0/temp", "41000\n");
	place("sys/class/thermal/thermal_zone1/temp", "-5000\n");
	place("sys/class/thermal/cooling_device0/temp", "99000\n");
	place("sys/class/hwmon/hwmon3/temp1_input", "67500\n");
	place("sys/class/hwmon/hwmon3/temp2_input", "255000\n");
	place("sys/class/hwmon/hwmon3/temp1_crit", "105000\n");
	place("sys/class/hwmon/hwmon3/fan1_input", "120000\n");
	r = measure();
	assert_true(r->memory == 75 && r->load == 1.25);
	assert_true(r->uptime == 12345670000);
	assert_true(m.started_at == NOW - r->uptime);
	assert_true(r->temperature == 67.5);
	place("sys/class/hwmon/hwmon3/temp1_input", NULL);
	place("sys/class/thermal/thermal_zone0/temp", "garbage");
	assert_true(measure()->temperature == -5);
}

static void
of_a_damaged_setting_nothing_is_believed(void **state)
{
	static const char *const bad[] = {"", " ", "x", "x y z", BOOT,
	    BOOT " 1", BOOT " -5 3", BOOT " 99999999999999999999 1",
	    "a b c d e"};

	(void)state;
	place(BOOT_ID, BOOT);
	place("proc/stat", "cpu  1 2 3 4 5 6 7 8\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ok(nvr_setting_put(s->store, "beat_cpu", bad[i], &err));
		ok(nvr_setting_put(s->store, "beat_overdue", bad[i], &err));
		assert_true(isnan(measure()->cpu));
		assert_int_equal(m.report.overdue, -1);
	}
}

static void
overdue_is_looked_at_once_an_hour_and_believed_for_a_day(void **state)
{
	(void)state;
	ok(nvr_setting_put(s->store, "beat_overdue", "0 -1", &err));
	ok(nvr_measure_overdue(s, NOW, &err));
	assert_int_equal(measure()->overdue, 0);
	sql("UPDATE setting SET value = replace(value, ' 0', ' 7')"
	    " WHERE name = 'beat_overdue'");
	assert_int_equal(measure()->overdue, 7);
	ok(nvr_measure_overdue(s, NOW + NVR_HOUR - 1, &err));
	assert_int_equal(measure()->overdue, 7);
	ok(nvr_measure_overdue(s, NOW - NVR_DAY + 1, &err));
	assert_int_equal(measure()->overdue, 0);
	ok(nvr_measure_overdue(s, NOW - 2 * NVR_DAY, &err));
	assert_int_equal(measure()->overdue, -1);
}

static void
fingerprint(uint8_t ret[NVR_FINGERPRINT])
{
	ok(nvr_fingerprint(root, ret, &err));
}

#define HEADING \
	"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
static const char *const routes[] = {
    HEADING,
    HEADING "eth1\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\n",
    HEADING "wwan0\t00000000\t0100A8C0\t0003\t0\t0\t700\t00000000\n",
    HEADING "tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\n"
	    "eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\n",
};

static void
C3_a_fingerprint_is_of_machine_id_address_and_model(void **state)
{
	uint8_t was[NVR_FINGERPRINT], is[NVR_FINGERPRINT];

	(void)state;
	place("etc/machine-id", NULL);
	assert_int_equal(nvr_fingerprint(root, is, &err), NVR_E_UNAVAILABLE);
	place("etc/machine-id", "0123456789abcdef0123456789abcdeg\n");
	assert_int_equal(nvr_fingerprint(root, is, &err), NVR_E_UNAVAILABLE);
	place("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	place("proc/cpuinfo", "processor\t: 0\nmodel name\t: Model One\n");
	place("sys/class/net/eth0/address", "02:00:00:00:00:01\n");
	place("sys/class/net/eth0/device", "");
	place("sys/class/net/eth1/address", "02:00:00:00:00:02\n");
	place("sys/class/net/eth1/device", "");
	place("sys/class/net/wwan0/address", "02:00:00:00:00:03\n");
	place("sys/class/net/wwan0/device", "");
	place("sys/class/net/tun0/address", "");
	/* What is no hardware, whatever its name. */
	place("sys/class/net/br0/address", "02:00:00:00:00:04\n");
	place("sys/class/net/lo/address", "00:00:00:00:00:00\n");
	fingerprint(was);
	fingerprint(is);
	assert_memory_equal(was, is, sizeof(was));
	/* Wherever the traffic goes: by another cable, by a stick, by a VPN. */
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		place("proc/net/route", routes[i]);
		fingerprint(is);
		assert_memory_equal(was, is, sizeof(was));
	}
	fingerprint(was);
	place("sys/class/net/eth0/address", "02:00:00:00:00:09\n");
	fingerprint(is);
	assert_memory_not_equal(was, is, sizeof(was));
	fingerprint(was);
	place("proc/cpuinfo", "processor\t: 0\nmodel name\t: Model Two\n");
	fingerprint(is);
	assert_memory_not_equal(was, is, sizeof(was));
	fingerprint(was);
	place("etc/machine-id", "1123456789abcdef0123456789abcdef\n");
	fingerprint(is);
	assert_memory_not_equal(was, is, sizeof(was));
}

static int
count_gap(void *ctx, const struct nvr_span *span)
{
	*(int64_t *)ctx += span->kind == NVR_SPAN_GAP;
	return 0;
}

static int
number(unsigned *seed, int n)
{
	*seed = *seed * 1103515245 + 12345;
	return (int)((*seed >> 16) % (unsigned)n);
}

/* A history of two days, of runs of segments with pauses between them. */
static void
invent(unsigned seed)
{
	int64_t at = NOW - 2 * NVR_DAY + number(&seed, 100) * NVR_MINUTE;
	char text[512];

	sql("DELETE FROM segment; DELETE FROM run;"
	    " DELETE FROM camera");
	sql("INSERT INTO camera (id, name, url, recipient,"
	    " created_at, changed_at, record) VALUES (1, 'gate',"
	    " 'x', 'x', 1, 1, 'main')");
	for (int id = 1; at < NOW - NVR_HOUR; id++) {
		snprintf(text, sizeof(text),
		    "INSERT INTO run VALUES (%d, 0, 1, 'main', %lld, 0,"
		    " 'start', 'h264', 1, 1, NULL)",
		    id, (long long)at);
		sql(text);
		for (int k = number(&seed, 9); k > 0; k--) {
			int64_t len = (1 + number(&seed, 60)) * NVR_MINUTE;

			snprintf(text, sizeof(text),
			    "INSERT INTO segment VALUES (%d, 0, 1, 'main', %d,"
			    " %lld, %lld, 0, 1, 1, 1, zeroblob(32), 1)",
			    id * 100 + k, id, (long long)at,
			    (long long)(at + len));
			sql(text);
			at += len;
		}
		at += number(&seed, 3) * 600 * NVR_MILLISECOND;
		at += number(&seed, 4) == 0 ? 3 * NVR_HOUR : 0;
	}
}

static void
gaps_are_those_that_coverage_finds(void **state)
{
	int64_t most = 0;

	(void)state;
	for (unsigned i = 1; i <= 40; i++) {
		int64_t gaps = 0;

		invent(i);
		measure();
		assert_int_equal(m.ncameras, 1);
		ok(nvr_coverage(s, 1, NVR_MAIN, NOW - NVR_DAY, NOW, NOW,
		    count_gap, &gaps, &err));
		if (m.camera[0].gaps != gaps)
			fail_msg("history %u: %d of %d", i,
			    (int)m.camera[0].gaps, (int)gaps);
		most = gaps > most ? gaps : most;
	}
	assert_true(most > 3);
	assert_string_equal(m.camera[0].state, "stopped");
	assert_int_equal(m.report.cameras_down, 1);
}

static void
more_cameras_than_a_report_holds_are_counted(void **state)
{
	(void)state;
	sql("DELETE FROM segment; DELETE FROM run;"
	    " DELETE FROM camera");
	sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 300) INSERT INTO camera (id, name, url, recipient,"
	    " created_at, changed_at, record) SELECT i, 'c' || i, 'x', 'x', 1,"
	    " 1, 'none' FROM n");
	measure();
	assert_int_equal(m.ncameras, NVR_BEAT_CAMERAS);
	assert_int_equal(m.beyond, 300 - NVR_BEAT_CAMERAS);
	assert_int_equal(m.report.cameras, 300);
	assert_int_equal(m.report.cameras_down, 0);
	assert_string_equal(m.camera[0].state, "off");
}

static void
metrics_are_escaped_and_leave_out_what_is_not_known(void **state)
{
	struct nvr_buf out = {0};

	(void)state;
	measure();
	m.report.temperature = NAN;
	m.report.overdue = -1;
	m.report.disk_free_bytes = INT64_C(4611686018427387904);
	ok(nvr_openmetrics(&m, "/a\"b\\c\nd", &out, &err));
	assert_non_null(strstr(out.data, "folder=\"/a\\\"b\\\\c\\nd\""));
	assert_non_null(strstr(out.data, "# TYPE nvr_temperature_celsius"));
	assert_null(strstr(out.data, "\nnvr_temperature_celsius"));
	assert_null(strstr(out.data, "\nnvr_overdue_objects"));
	assert_null(strstr(out.data, "nan"));
	assert_string_equal(out.data + out.len - 6, "# EOF\n");
	nvr_buf_release(&out);
}

static void
metrics_tell_what_the_portal_has_taken(void **state)
{
	struct nvr_buf out = {0};

	(void)state;
	measure();
	ok(nvr_openmetrics(&m, "x", &out, &err));
	assert_non_null(strstr(
	    out.data, "\nnvr_agent_info{version=\"" NVR_VERSION "\"} 1"));
	assert_non_null(strstr(out.data, "# TYPE nvr_report_taken_timestamp"));
	assert_null(strstr(out.data, "\nnvr_report_taken_timestamp_seconds "));
	assert_non_null(strstr(out.data, "\nnvr_reports_waiting 0\n"));
	nvr_buf_release(&out);
	sql("INSERT INTO enrolment (id, url, recorder_id, enrolled_at, sent_at)"
	    " VALUES (1, 'https://p.example', 7, 1, 1800000000500000);"
	    "INSERT INTO unsent (sequence, at, report) VALUES (1, 1, 'x'),"
	    " (2, 2, 'y')");
	measure();
	ok(nvr_openmetrics(&m, "x", &out, &err));
	assert_non_null(strstr(
	    out.data, "\nnvr_report_taken_timestamp_seconds 1800000000.5\n"));
	assert_non_null(strstr(out.data, "\nnvr_reports_waiting 2\n"));
	nvr_buf_release(&out);
	sql("DELETE FROM enrolment; DELETE FROM unsent");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_known_of_a_machine_without_files),
	    cmocka_unit_test(cpu_is_of_the_time_between_two_samples),
	    cmocka_unit_test(what_stands_in_proc_may_be_anything),
	    cmocka_unit_test(what_would_wait_or_has_no_end_does_not_hold_it_up),
	    cmocka_unit_test(figures_are_what_their_files_say),
	    cmocka_unit_test(of_a_damaged_setting_nothing_is_believed),
	    cmocka_unit_test(
		overdue_is_looked_at_once_an_hour_and_believed_for_a_day),
	    cmocka_unit_test(
		C3_a_fingerprint_is_of_machine_id_address_and_model),
	    cmocka_unit_test(gaps_are_those_that_coverage_finds),
	    cmocka_unit_test(more_cameras_than_a_report_holds_are_counted),
	    cmocka_unit_test(
		metrics_are_escaped_and_leave_out_what_is_not_known),
	    cmocka_unit_test(metrics_tell_what_the_portal_has_taken),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
