/* Archives that are imported: what comes, and what hostile ones come to. */
#include "archive_help.h"

#include "core/import.h"
#include "store/db.h"

#define SITE "0sab0e6ma9m75"
#define CAMERA "0sab0e736cjnr"
#define SCHEDULE "0sab0e7h2kmfh"
#define AUDIT "0sab0e7wqrq5m"
#define AT "\"2026-07-01T00:00:00.000000Z\""
#define TIMES "\"created_at\":" AT ",\"changed_at\":" AT ",\"removed_at\":null"

static const char account[] =
    "{\"email\":\"jane@example.org\",\"name\":\"Jane\",\"tier\":\"premium\","
    "\"verified_at\":" AT ",\"has_password\":true}\n";
static const char site[] =
    "{\"id\":\"" SITE "\",\"name\":\"home\",\"jurisdiction\":\"DE\","
    "\"zone\":\"\",\"retain_us\":0,\"retain_bytes\":0," TIMES "}\n";
#define CAMERA_OF(id, name, at, url, more)                                 \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"zone\":\"\","          \
	"\"manufacturer\":\"\",\"model\":\"\",\"url\":\"" url "\","        \
	"\"snapshot_url\":\"\",\"transport\":\"tcp\",\"tls_ca\":\"\","     \
	"\"tls_verify\":true,\"recipient\":\"age1x\",\"mask\":\"\"," TIMES \
	",\"sub_url\":\"\",\"record\":\"main\",\"audio\":false,"           \
	"\"site_id\":\"" at "\",\"has_identity\":true," more "}\n"
#define PLAIN "\"has_credentials\":false"
static const char camera[] =
    CAMERA_OF(CAMERA, "gate", SITE, "rtsp://192.0.2.1/x", PLAIN);
#define SCHEDULE_OF(name, analyzer, all)                                   \
	"{\"id\":\"" SCHEDULE "\",\"name\":\"" name "\","                  \
	"\"every_us\":3600000000,\"cron\":null,\"zone\":\"\","             \
	"\"all_cameras\":" all ",\"analyzer\":\"" analyzer "\","           \
	"\"model\":\"\",\"agentic\":false,\"prompt\":\"\",\"samples\":1,"  \
	"\"skip_unchanged\":false,\"keep_us\":0,\"next_at\":" AT "," TIMES \
	"}\n"
static const char pair[] =
    "{\"schedule_id\":\"" SCHEDULE "\",\"camera_id\":\"" CAMERA "\"}\n";
#define AUDIT_OF(id, of, more)                                               \
	"{\"id\":\"" id "\",\"camera_id\":\"" of "\",\"camera_name\":"       \
	"\"gate\",\"at\":" AT ",\"duration_us\":1,\"type\":\"regular\","     \
	"\"origin\":\"camera\",\"analyzer\":\"local\",\"schema_version\":1," \
	"\"status\":\"ok\"" more "}\n"
static const char audit[] = AUDIT_OF(AUDIT, CAMERA,
    ",\"still_id\":\"" CAMERA "\",\"schedule_id\":\"" SCHEDULE
    "\",\"slot_at\":" AT);
#define FINDING_OF(of, ordinal, evidence)                             \
	"{\"audit_id\":\"" of "\",\"ordinal\":" ordinal ",\"label\":" \
	"\"person\",\"verdict\":\"yes\",\"evidence\":\"" evidence "\"}\n"

static char left_out[4096];

static void
leave(void *ctx, const char *what, const char *why)
{
	size_t n = strlen(left_out);

	(void)ctx;
	snprintf(left_out + n, sizeof(left_out) - n, "%s: %s\n", what, why);
}

static int64_t
read_back(void *ctx, void *buf, size_t len, struct nvr_error *e)
{
	return verdict_read(ctx, buf, len, e);
}

static const struct file {
	const char *path, *text;
} good[] = {{"data/account.jsonl", account}, {"data/site.jsonl", site},
    {"data/camera.jsonl", camera}, {"data/schedule_camera.jsonl", pair},
    {"data/schedule.jsonl", SCHEDULE_OF("nightly", "", "false")},
    {"data/audit.jsonl", audit},
    {"data/finding.jsonl", FINDING_OF(AUDIT, "1", "'); DROP TABLE audit;--")}};
#define GOOD (sizeof(good) / sizeof(good[0]))

/* The good ones with one in the place of its like, or behind them. */
static struct nvr_buf
make_archive(const struct file *f, const char *what)
{
	struct nvr_buf out = {0};
	struct nvr_sink sink = {buf_write, &out};
	const struct nvr_archive_options o = {.format = NVR_PACK_TAR_GZ,
	    .sink = &sink,
	    .now = NOW,
	    .tool = "test 1",
	    .temp = dir,
	    .asked = json_pack("{s:s}", "what", what)};
	struct nvr_archive *a;
	bool put = f == NULL;

	ok(nvr_archive_open(s, &o, &a, &err));
	for (size_t i = 0; i < GOOD + 1; i++) {
		const struct file *g = i < GOOD ? &good[i] : f;

		if (i < GOOD && f != NULL && strcmp(g->path, f->path) == 0) {
			g = f;
			put = true;
		} else if (i == GOOD && put) {
			continue;
		}
		if (g->text != NULL)
			ok(nvr_archive_add(
			    a, g->path, g->text, strlen(g->text), 1, &err));
	}
	ok(nvr_archive_close(a, &err));
	nvr_archive_free(a);
	return out;
}

static int
import(
    const struct nvr_buf *b, const char *signer, struct nvr_import_summary *sum)
{
	struct verdict v = {.data = b->data, .len = b->len};
	const struct nvr_import o = {.read = read_back,
	    .left = leave,
	    .ctx = &v,
	    .signer = signer,
	    .temp = dir,
	    .now = NOW};

	left_out[0] = '\0';
	err.text[0] = '\0';
	return nvr_import(s, &o, sum, &err);
}

static int64_t
ask(const char *sql)
{
	struct nvr_error e;
	struct nvr_query q;
	int64_t n = -1;

	assert_int_equal(nvr_db_query(s->store, &q, sql, &e, ""), 0);
	if (nvr_db_step(&q, &e) == 1)
		n = nvr_db_int(&q, 0);
	nvr_db_done(&q);
	return n;
}

static int
begin(void **state)
{
	static const struct nvr_rules rules = {.cost = 4,
	    .minimum_age = 16,
	    .title = "nvr",
	    .verify = NVR_DAY,
	    .mail_from = "",
	    .url = ""};

	if (make(state) != 0)
		return -1;
	s->rules = &rules;
	s->actor.channel = "test";
	return 0;
}

/* Nothing of it is there, and the good one goes in afterwards. */
static void
refused(const char *path, const char *text, int code, const char *why)
{
	const struct file f = {path, text};
	struct nvr_buf b = make_archive(&f, "account");
	struct nvr_import_summary sum;
	int rc = import(&b, NULL, &sum);

	if (rc != code || strstr(err.text, why) == NULL)
		fail_msg("%s: %d %s", path, rc, err.text);
	assert_int_equal(ask("SELECT COUNT(*) FROM account"), 0);
	assert_int_equal(ask("SELECT COUNT(*) FROM camera"), 0);
	assert_int_equal(ask("SELECT COUNT(*) FROM log"), 0);
	nvr_buf_release(&b);
}

static void
what_is_good_comes(void **state)
{
	struct nvr_buf b = make_archive(NULL, "account");
	struct nvr_import_summary sum;

	(void)state;
	ok(import(&b, NULL, &sum));
	assert_false(sum.trusted);
	assert_int_equal(
	    ask("SELECT COUNT(*) FROM account WHERE tier = 'free' AND "
		"verified_at IS NULL AND password IS NULL"),
	    1);
	assert_int_equal(ask("SELECT account_id FROM site"), sum.account);
	assert_int_equal(ask("SELECT account_id FROM camera"), sum.account);
	assert_int_equal(ask("SELECT COUNT(*) FROM schedule WHERE next_at IS "
			     "NULL"),
	    1);
	assert_int_equal(ask("SELECT account_id FROM audit WHERE still_id IS "
			     "NULL AND schedule_id > 0"),
	    sum.account);
	assert_int_equal(ask("SELECT account_id FROM finding WHERE evidence "
			     "LIKE '%DROP TABLE%'"),
	    sum.account);
	assert_int_equal(
	    ask("SELECT COUNT(*) FROM log WHERE type = 'account.imported'"), 1);
	assert_int_equal(import(&b, NULL, &sum), NVR_E_CREATE);
	nvr_buf_release(&b);
}

static void
what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *path, *text, *why;
	} bad[] = {
	    {"data/account.jsonl", NULL, "whose is it"},
	    {"data/account.jsonl", "", "whose is it"},
	    {"data/account.jsonl", "{\"email\":\"x\",\"name\":\"y\"}\n",
		"line 1"},
	    {"data/account.jsonl", "{\"email\":7,\"name\":\"y\"}\n",
		"'email' is no text"},
	    {"data/site.jsonl", "[]\n", "no object"},
	    {"data/site.jsonl", "{\"id\":1,\"id\":2}\n", "no object"},
	    {"data/site.jsonl", "{\"id\":\"" SITE "\"}\n", "is missing"},
	    {"data/camera.jsonl",
		CAMERA_OF(CAMERA, "gate", SCHEDULE, "rtsp://x/", PLAIN),
		"site that is not in the archive"},
	    {"data/camera.jsonl",
		CAMERA_OF(CAMERA, "../x", SITE, "rtsp://x/", PLAIN), "name"},
	    {"data/camera.jsonl",
		CAMERA_OF(CAMERA, "a", SITE, "gopher://x/", PLAIN), "protocol"},
	    {"data/schedule_camera.jsonl",
		"{\"schedule_id\":\"" SCHEDULE "\",\"camera_id\":\"" SITE
		"\"}\n",
		"camera that is not"},
	    {"data/audit.jsonl",
		AUDIT_OF(AUDIT, CAMERA, ",\"taken_at\":\"now\""), "is no time"},
	    {"data/audit.jsonl",
		AUDIT_OF(AUDIT, CAMERA,
		    ",\"taken_at\":\"9999-01-01T00:00:00.000000Z\""),
		"later than now"},
	    {"data/audit.jsonl", AUDIT_OF("0", CAMERA, ""), "is no id"},
	    {"data/finding.jsonl", FINDING_OF(CAMERA, "1", "x"),
		"audit that is not"},
	    {"data/finding.jsonl",
		FINDING_OF(AUDIT, "1", "x") FINDING_OF(AUDIT, "1", "y"),
		"twice"},
	    {"data/finding.jsonl", FINDING_OF(AUDIT, "-1", "x"), "bounds"},
	    {"data/finding.jsonl", FINDING_OF(AUDIT, "1", "\\u0000"),
		"no object"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i].path, bad[i].text, NVR_E_DATA, bad[i].why);
	refused("data/audit.jsonl",
	    AUDIT_OF(AUDIT, CAMERA, "") AUDIT_OF(AUDIT, CAMERA, ""),
	    NVR_E_CREATE, "audit of that id");
	refused("data/camera.jsonl",
	    CAMERA_OF(CAMERA, "a", SITE, "rtsp://x/", PLAIN)
		CAMERA_OF(AUDIT, "a", SITE, "rtsp://x/", PLAIN),
	    NVR_E_CREATE, "line 2: the camera 'a'");
}

static void
a_line_has_its_bound(void **state)
{
	size_t len = 3 << 20;
	char *text = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	memcpy(text, "{\"name\":\"", 9);
	refused("data/site.jsonl", text, NVR_E_DATA, "longer than 1 MiB");
	free(text);
}

static void
an_archive_that_was_changed_brings_nothing(void **state)
{
	static const char other[] = "nvr namespaces=\"nvr-export\" ssh-ed25519 "
				    "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAA"
				    "AAAAAAAAAAAAAAAAAAAAAAAAAA\n";
	struct nvr_buf b = make_archive(NULL, "footage");
	struct nvr_buf signer = {0};
	struct nvr_import_summary sum;

	(void)state;
	assert_int_equal(import(&b, NULL, &sum), NVR_E_DATA);
	assert_non_null(strstr(err.text, "no archive of an account"));
	nvr_buf_release(&b);
	b = make_archive(NULL, "account");
	assert_int_equal(import(&b, other, &sum), NVR_E_DATA);
	ok(nvr_archive_signer(s, &signer, &err));
	b.len -= 1;
	assert_int_not_equal(import(&b, signer.data, &sum), 0);
	assert_int_equal(ask("SELECT COUNT(*) FROM account"), 0);
	b.len += 1;
	ok(import(&b, signer.data, &sum));
	assert_true(sum.trusted);
	nvr_buf_release(&b);
	nvr_buf_release(&signer);
}

static void
changed_import(const char *path, const char *text)
{
	const struct file f = {path, text};
	struct nvr_buf b = make_archive(&f, "account");
	struct nvr_import_summary sum;

	ok(import(&b, NULL, &sum));
	nvr_buf_release(&b);
}

static void
programs_of_another_machine_are_not_run(void **state)
{
	(void)state;
	changed_import("data/schedule.jsonl",
	    SCHEDULE_OF("nightly", "exec:/bin/sh", "false"));
	assert_non_null(strstr(left_out, "nightly: the schedule: its ana"));
	assert_int_equal(ask("SELECT COUNT(*) FROM schedule"), 0);
}

static void
a_schedule_is_of_its_own_cameras(void **state)
{
	(void)state;
	changed_import(
	    "data/schedule.jsonl", SCHEDULE_OF("nightly", "", "true"));
	assert_non_null(strstr(left_out, "of whomever"));
	assert_int_equal(ask("SELECT COUNT(*) FROM schedule"), 0);
}

/* However they are spelt: "FILE:" is read as file:. */
static void
files_of_this_machine_do_not_come(void **state)
{
	static const char *const rows[] = {
	    CAMERA_OF(CAMERA, "gate", SITE, "file:///etc/passwd", PLAIN),
	    CAMERA_OF(CAMERA, "gate", SITE, "FILE:///etc/passwd", PLAIN),
	    CAMERA_OF(CAMERA, "gate", SITE, "V4L2:///dev/video0", PLAIN)};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		changed_import("data/camera.jsonl", rows[i]);
		assert_non_null(strstr(left_out, "gate: not recorded"));
		assert_int_equal(
		    ask("SELECT COUNT(*) FROM camera WHERE record = 'none' AND "
			"url = 'rtsp://camera.invalid/'"),
		    1);
		assert_int_equal(unmake(state), 0);
		assert_int_equal(begin(state), 0);
	}
}

static void
a_camera_waits_for_its_credentials(void **state)
{
	(void)state;
	changed_import("data/camera.jsonl",
	    CAMERA_OF(CAMERA, "gate", SITE, "rtsp://192.0.2.1/x",
		"\"has_credentials\":true,\"unknown\":[1,{}]"));
	assert_non_null(strstr(left_out, "credentials"));
	assert_int_equal(
	    ask("SELECT COUNT(*) FROM camera WHERE record = 'none'"), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(what_is_good_comes),
	    T(what_cannot_be_is_refused),
	    T(a_line_has_its_bound),
	    T(an_archive_that_was_changed_brings_nothing),
	    T(programs_of_another_machine_are_not_run),
	    T(a_schedule_is_of_its_own_cameras),
	    T(files_of_this_machine_do_not_come),
	    T(a_camera_waits_for_its_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
