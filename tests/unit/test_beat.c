/* Heartbeats as JSON: what is written is read again, and whatever no recorder
 * of ours writes is refused, cheaply. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "core/beat.h"
#include "schema_check.h"

#define NOW (INT64_C(1795334400) * NVR_SECOND + 123000)
#define ID INT64_C(0x123456789abcdef)

static struct nvr_error err;

static struct nvr_beat_report
report(uint64_t sequence)
{
	return (struct nvr_beat_report){.sequence = sequence,
	    .at = NOW,
	    .cpu = 12.5,
	    .memory = 40,
	    .load = 0.25,
	    .temperature = 51,
	    .disk_free = 60.5,
	    .disk_free_bytes = INT64_C(1) << 40,
	    .uptime = NVR_DAY,
	    .clock = -1500,
	    .backlog = 0,
	    .overdue = 2,
	    .cameras = 2,
	    .cameras_down = 1};
}

static bool
is_same_report(const struct nvr_beat_report *a, const struct nvr_beat_report *b)
{
	struct nvr_buf x = {0}, y = {0};
	bool same;

	assert_int_equal(nvr_beat_report_write(a, &x, &err), 0);
	assert_int_equal(nvr_beat_report_write(b, &y, &err), 0);
	same = strcmp(x.data, y.data) == 0;
	nvr_buf_release(&x);
	nvr_buf_release(&y);
	return same;
}

static struct nvr_beat_camera cameras[] = {
    {ID, "recording", NOW, 3}, {ID + 1, "lost", 0, -1}};
static struct nvr_beat_inventory inventory[] = {
    {ID, "front \"door\"", "Einfahrt ä", "Acme", "X1", "\0\1\2\3", 4},
    {ID + 1, "back", "", "", "", "too long", 0},
    {ID + 2, "attic", "", "", "", "12345", 5}};
static struct nvr_beat_report late[2];

static struct nvr_beat
beat(void)
{
	struct nvr_beat b = {.report = report(1795334400123),
	    .agent = "nvr 0.1",
	    .interval = NVR_MINUTE,
	    .started_at = NOW - NVR_DAY,
	    .settings = 7,
	    .previous = 1795334400000,
	    .camera = cameras,
	    .ncameras = 2,
	    .tells_inventory = true,
	    .inventory = inventory,
	    .ninventory = 3,
	    .late = late,
	    .nlate = 2};

	memset(b.fingerprint, 0xa5, sizeof(b.fingerprint));
	late[0] = report(5);
	late[1] = report(6);
	return b;
}

static struct nvr_buf
written(void)
{
	struct nvr_beat b = beat();
	struct nvr_buf out = {0};

	assert_int_equal(nvr_beat_write(&b, &out, &err), 0);
	return out;
}

static void
what_is_written_is_read_again(void **state)
{
	struct nvr_buf text = written();
	struct nvr_beat want = beat(), got;

	(void)state;
	assert_true(fits_file(text.data, text.len, "heartbeat"));
	assert_int_equal(nvr_beat_parse(text.data, text.len, &got, &err), 0);
	assert_true(is_same_report(&want.report, &got.report));
	assert_string_equal(got.agent, want.agent);
	assert_memory_equal(got.fingerprint, want.fingerprint, NVR_FINGERPRINT);
	assert_true(got.previous == want.previous);
	assert_true(got.interval == want.interval && got.settings == 7 &&
		    got.started_at == want.started_at);
	assert_int_equal(got.ncameras, 2);
	assert_true(got.camera[0].id == ID && got.camera[0].newest == NOW &&
		    got.camera[0].gaps == 3);
	assert_true(got.camera[1].newest == 0 && got.camera[1].gaps == -1);
	assert_string_equal(got.camera[1].state, "lost");
	assert_true(got.tells_inventory && got.ninventory == 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(got.inventory[i].id == inventory[i].id);
		assert_string_equal(got.inventory[i].name, inventory[i].name);
		assert_string_equal(got.inventory[i].zone, inventory[i].zone);
		assert_int_equal(
		    got.inventory[i].secrets_len, inventory[i].secrets_len);
		if (inventory[i].secrets_len != 0)
			assert_memory_equal(got.inventory[i].secrets,
			    inventory[i].secrets, inventory[i].secrets_len);
	}
	assert_int_equal(got.nlate, 2);
	assert_true(is_same_report(&late[1], &got.late[1]));
	nvr_beat_release(&got);
	nvr_buf_release(&text);
}

static void
what_is_not_known_is_left_out(void **state)
{
	struct nvr_beat_report r = {.sequence = 1,
				   .at = NOW,
				   .cpu = NAN,
				   .memory = 101, /* no machine has that */
				   .load = INFINITY,
				   .temperature = -1000,
				   .disk_free = NAN,
				   .disk_free_bytes = -1,
				   .uptime = -1,
				   .clock = NVR_BEAT_NO_TIME,
				   .backlog = -1,
				   .overdue = -1,
				   .cameras = -1,
				   .cameras_down = -1},
			       got;
	struct nvr_buf text = {0};

	(void)state;
	assert_int_equal(nvr_beat_report_write(&r, &text, &err), 0);
	assert_string_equal(
	    text.data, "{\"sequence\":1,\"at\":\"2026-11-22T08:00:00.123Z\"}");
	assert_int_equal(nvr_beat_report_parse(text.data, &got, &err), 0);
	assert_true(isnan(got.cpu) && isnan(got.memory) && isnan(got.load) &&
		    isnan(got.temperature) && isnan(got.disk_free));
	assert_true(got.disk_free_bytes == -1 && got.uptime == -1 &&
		    got.clock == NVR_BEAT_NO_TIME && got.backlog == -1 &&
		    got.overdue == -1 && got.cameras == -1 &&
		    got.cameras_down == -1);
	nvr_buf_release(&text);
}

static bool fits; /* the schema, as parse_with() found */

/* The body with one piece of it put in place of another. */
static int
parse_with(const char *from, const char *to)
{
	struct nvr_buf text = written(), out = {0};
	const char *at = strstr(text.data, from);
	struct nvr_beat got;
	int rc;

	assert_non_null(at);
	assert_int_equal(
	    nvr_buf_addf(&out, &err, "%.*s%s%s", (int)(at - text.data),
		text.data, to, at + strlen(from)),
	    0);
	err.text[0] = '\0';
	fits = fits_file(out.data, out.len, "heartbeat");
	rc = nvr_beat_parse(out.data, out.len, &got, &err);
	nvr_beat_release(&got);
	nvr_buf_release(&out);
	nvr_buf_release(&text);
	return rc;
}

static void
what_no_recorder_writes_is_refused_by_name(void **state)
{
	static const struct {
		const char *from, *to, *says;
		bool beyond; /* what a schema can say */
	} wrong[] = {
	    {"\"sequence\":1795334400123,", "", "report.sequence"},
	    {"\"sequence\":1795334400123", "\"sequence\":0", "report.sequence"},
	    {"\"sequence\":1795334400123", "\"sequence\":1e3",
		"report.sequence"},
	    {"\"sequence\":1795334400123", "\"sequence\":9007199254740992",
		"report.sequence"},
	    {"T08:00:00.123Z", "T08:00:00Z", "report.at"},
	    {"2026-11-22T08:00:00.123Z", "now", "report.at"},
	    {"\"cpu_percent\":12.5", "\"cpu_percent\":-1",
		"report.cpu_percent"},
	    {"\"cpu_percent\":12.5", "\"cpu_percent\":1e99",
		"report.cpu_percent"},
	    {"\"cpu_percent\":12.5", "\"cpu_percent\":\"1\"",
		"report.cpu_percent"},
	    {"\"cpu_percent\":12.5", "\"cpu_percent\":null",
		"report.cpu_percent"},
	    {"\"overdue\":2", "\"overdue\":2.0", "report.overdue"},
	    {"\"cameras_down\":1", "\"cameras_down\":3", "cameras_down", true},
	    {"\"load\":0.25", "\"loaf\":0.25", "report.loaf"},
	    {"\"agent\":\"nvr 0.1\"", "\"agent\":\"a\\u202eb\"", "agent", true},
	    {"\"agent\":\"nvr 0.1\"", "\"agent\":\"a\\u0007b\"", "agent", true},
	    {"\"agent\":\"nvr 0.1\"", "\"agent\":\"\"", "agent"},
	    {"\"agent\":", "\"video\":\"AAAA\",\"agent\":", "video"},
	    {"a5a5", "A5a5", "fingerprint"},
	    {"a5a5", "a5", "fingerprint"},
	    {"\"interval_ms\":60000", "\"interval_ms\":1", "interval_ms"},
	    {"\"interval_ms\":60000", "\"interval_ms\":86400001",
		"interval_ms"},
	    {"\"settings\":7", "\"settings\":-7", "settings"},
	    {"\"previous\":1795334400000", "\"previous\":1795334400123",
		"previous", true},
	    {"\"state\":\"lost\"", "\"state\":\"Lost!\"", "cameras[1].state"},
	    {"\"gaps\":3", "\"gaps\":-3", "cameras[0].gaps"},
	    {"\"name\":\"back\"", "\"name\":\"\"", "inventory[1].name"},
	    {",\"name\":\"back\"", "", "inventory[1].name"},
	    {"AAECAw==", "AAECA", "inventory[0].secrets", true},
	    {"AAECAw==", "AAECAx==", "inventory[0].secrets", true},
	    {"AAECAw==", "====", "inventory[0].secrets", true},
	    {"\"sequence\":5", "\"sequence\":6", "late[1].sequence", true},
	    {"\"sequence\":6", "\"sequence\":1795334400123", "late[1].sequence",
		true},
	    {"\"cameras\":[", "\"cameras\":[[],", "cameras[0]"},
	    {"\"report\":{", "\"report\":[],\"x\":{", "x"},
	};

	(void)state;
	assert_int_equal(parse_with("AAECAw==", "AAECAw=="), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
		    parse_with(wrong[i].from, wrong[i].to), NVR_E_DATA);
		if (strstr(err.text, wrong[i].says) == NULL)
			fail_msg("%s: %s", wrong[i].says, err.text);
		/* The schema says so too, where it has words for it. */
		if (fits != wrong[i].beyond)
			fail_msg("%s: and heartbeat.json?", wrong[i].to);
	}
}

static void
a_member_or_a_camera_is_there_once(void **state)
{
	(void)state;
	assert_int_equal(
	    parse_with("\"settings\":7", "\"settings\":7,\"settings\":8"),
	    NVR_E_DATA);
	assert_int_equal(
	    parse_with("\"load\":0.25", "\"load\":0.25,\"load\":0.25"),
	    NVR_E_DATA);
	cameras[1].id = ID;
	assert_int_equal(parse_with("{", "{"), NVR_E_DATA);
	cameras[1].id = ID + 1;
	inventory[2].id = ID;
	assert_int_equal(parse_with("{", "{"), NVR_E_DATA);
	inventory[2].id = ID + 2;
	assert_int_equal(parse_with("{", "{"), 0);
}

/* `depth` levels of what. */
static int
parse_nested(const char *open, const char *close, int depth)
{
	struct nvr_buf text = {0};
	struct nvr_beat got;
	int rc;

	for (int i = 0; i < depth; i++)
		assert_int_equal(nvr_buf_addf(&text, &err, "%s", open), 0);
	for (int i = 0; i < depth; i++)
		assert_int_equal(nvr_buf_addf(&text, &err, "%s", close), 0);
	rc = nvr_beat_parse(text.data, text.len, &got, &err);
	assert_null(got.raw);
	nvr_beat_release(&got);
	nvr_buf_release(&text);
	return rc;
}

static void
a_thousand_levels_are_refused_before_they_are_parsed(void **state)
{
	(void)state;
	assert_int_equal(parse_nested("{\"a\":", "}", 1000), NVR_E_DATA);
	assert_non_null(strstr(err.text, "nested"));
	assert_int_equal(parse_nested("[", "]", 1000), NVR_E_DATA);
	assert_non_null(strstr(err.text, "nested"));
	assert_int_equal(parse_nested("[", "", 100000), NVR_E_DATA);
	assert_non_null(strstr(err.text, "nested"));
	/* What is in a text does not count, quotes in it or not. */
	assert_int_equal(
	    parse_with("nvr 0.1", "\\\\\\\"[[[[[[[[[[[[[[[[[["), 0);
	assert_int_equal(parse_with("nvr 0.1\"", "\\\\\",\"x\":[[[[[[[[[[[[[["
						 "[[[[[[[["),
	    NVR_E_DATA);
	assert_non_null(strstr(err.text, "nested"));
}

static void
a_body_is_of_256_kib_at_most(void **state)
{
	char *big = malloc(NVR_BEAT_MAX + 1);
	struct nvr_buf text = written();
	struct nvr_beat got;

	(void)state;
	assert_non_null(big);
	memset(big, ' ', NVR_BEAT_MAX + 1);
	memcpy(big, text.data, text.len);
	assert_int_equal(nvr_beat_parse(big, NVR_BEAT_MAX, &got, &err), 0);
	nvr_beat_release(&got);
	assert_int_equal(
	    nvr_beat_parse(big, NVR_BEAT_MAX + 1, &got, &err), NVR_E_DATA);
	nvr_beat_release(&got);
	memset(big, ',', NVR_BEAT_MAX);
	assert_int_equal(
	    nvr_beat_parse(big, NVR_BEAT_MAX, &got, &err), NVR_E_DATA);
	nvr_beat_release(&got);
	assert_int_equal(nvr_beat_parse("", 0, &got, &err), NVR_E_DATA);
	nvr_beat_release(&got);
	nvr_buf_release(&text);
	free(big);
}

/* The body cut anywhere, or with a NUL in it. */
static void
a_part_of_one_is_none(void **state)
{
	struct nvr_buf text = written();
	struct nvr_beat got;
	char was;

	(void)state;
	for (size_t i = 0; i < text.len; i++) {
		assert_int_equal(
		    nvr_beat_parse(text.data, i, &got, &err), NVR_E_DATA);
		nvr_beat_release(&got);
		was = text.data[i];
		text.data[i] = '\0';
		assert_int_equal(
		    nvr_beat_parse(text.data, text.len, &got, &err),
		    NVR_E_DATA);
		nvr_beat_release(&got);
		text.data[i] = was;
	}
	nvr_buf_release(&text);
}

static void
a_full_one_fits(void **state)
{
	static struct nvr_beat_camera camera[NVR_BEAT_CAMERAS];
	static struct nvr_beat_inventory all[NVR_BEAT_CAMERAS];
	static struct nvr_beat_report reports[NVR_BEAT_LATE];
	struct nvr_beat b = beat(), got;
	struct nvr_buf text = {0};
	char secrets[400] = "";

	(void)state;
	for (int i = 0; i < NVR_BEAT_CAMERAS; i++) {
		camera[i] =
		    (struct nvr_beat_camera){ID + i, "connecting", NOW, 1000};
		all[i] = (struct nvr_beat_inventory){ID + i,
		    "a name of 32 characters or so, x", "zone", "Manufacturer",
		    "Model 1234", secrets, sizeof(secrets)};
	}
	for (int i = 0; i < NVR_BEAT_LATE; i++)
		reports[i] = report((uint64_t)i + 1);
	b.camera = camera, b.ncameras = NVR_BEAT_CAMERAS;
	b.inventory = all, b.ninventory = NVR_BEAT_CAMERAS;
	b.late = reports, b.nlate = NVR_BEAT_LATE;
	assert_int_equal(nvr_beat_write(&b, &text, &err), 0);
	assert_int_equal(nvr_beat_parse(text.data, text.len, &got, &err), 0);
	assert_int_equal(got.ninventory, NVR_BEAT_CAMERAS);
	assert_int_equal(got.nlate, NVR_BEAT_LATE);
	nvr_beat_release(&got);
	nvr_buf_release(&text);
	/* And what does not fit is not written. */
	for (int i = 0; i < NVR_BEAT_CAMERAS; i++) {
		static char large[NVR_BEAT_SECRETS];

		all[i].secrets = large;
		all[i].secrets_len = sizeof(large);
	}
	assert_int_equal(nvr_beat_write(&b, &text, &err), NVR_E_DATA);
	nvr_buf_release(&text);
}

static void
an_answer_is_read_again(void **state)
{
	struct nvr_beat_answer a = {.now = NOW,
				   .sequence = 9,
				   .wants_inventory = true,
				   .moved = true,
				   .late = 60,
				   .settings = {.version = NOW,
				       .retain_us = 30 * NVR_DAY,
				       .retain_bytes = INT64_C(1) << 40},
				   .inherited = inventory,
				   .ninherited = 2},
			       got;
	struct nvr_buf text = {0};
	char *p;

	(void)state;
	assert_int_equal(nvr_beat_answer_write(&a, &text, &err), 0);
	assert_true(fits_file(text.data, text.len, "heartbeat-answer"));
	assert_int_equal(
	    nvr_beat_answer_parse(text.data, text.len, &got, &err), 0);
	assert_true(got.now == NOW && got.sequence == 9 &&
		    got.wants_inventory && got.moved && got.late == 60);
	assert_true(got.unset.code == 0 && got.settings.version == NOW &&
		    got.settings.retain_us == 30 * NVR_DAY &&
		    got.settings.retain_bytes == INT64_C(1) << 40 &&
		    got.settings.nalerts == 0);
	assert_int_equal(got.ninherited, 2);
	assert_memory_equal(got.inherited[0].secrets, "\0\1\2\3", 4);
	nvr_beat_answer_release(&got);
	/* The list of settings is closed, and the rest is taken all the same.
	 */
	p = strstr(text.data, "retain_ms");
	assert_non_null(p);
	memcpy(p, "run-thisx", 9);
	assert_int_equal(
	    nvr_beat_answer_parse(text.data, text.len, &got, &err), 0);
	assert_int_equal(got.unset.code, NVR_E_DATA);
	assert_non_null(strstr(got.unset.text, "settings.run-thisx"));
	assert_true(got.settings.nalerts == 0 && got.settings.retain_us == 0);
	assert_true(got.sequence == 9 && got.ninherited == 2);
	nvr_beat_answer_release(&got);
	nvr_buf_release(&text);
}

static void
an_enrolment_is_read_again(void **state)
{
	struct nvr_beat_enrol e = {.code = "abcde-fghij",
				  .box = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j"
					 "2elw8zmrj2kg5sfn9aqmcac8p",
				  .agent = "nvr 0.1",
				  .interval = NVR_MINUTE},
			      got;
	struct nvr_beat_enrolled d = {ID, true, true, NOW}, back;
	struct nvr_buf text = {0};

	(void)state;
	memset(e.fingerprint, 9, sizeof(e.fingerprint));
	assert_int_equal(nvr_beat_enrol_write(&e, &text, &err), 0);
	assert_true(fits_file(text.data, text.len, "enrol"));
	assert_int_equal(
	    nvr_beat_enrol_parse(text.data, text.len, &got, &err), 0);
	assert_string_equal(got.code, e.code);
	assert_string_equal(got.box, e.box);
	assert_memory_equal(got.fingerprint, e.fingerprint, NVR_FINGERPRINT);
	assert_true(got.interval == e.interval);
	nvr_beat_enrol_release(&got);
	assert_int_equal(
	    nvr_beat_enrol_parse("{\"code\":\"a\"}", 12, &got, &err),
	    NVR_E_DATA);
	nvr_beat_enrol_release(&got);
	text.len = 0;
	assert_int_equal(nvr_beat_enrolled_write(&d, &text, &err), 0);
	assert_true(fits_file(text.data, text.len, "enrol-answer"));
	assert_int_equal(
	    nvr_beat_enrolled_parse(text.data, text.len, &back, &err), 0);
	assert_true(back.recorder == ID && back.waits && back.replaces &&
		    back.now == NOW);
	nvr_buf_release(&text);
}

static void
each_refusal_is_read_again(void **state)
{
	struct nvr_beat_refusal got;
	struct nvr_buf text = {0};

	(void)state;
	for (int p = NVR_BEAT_MALFORMED; p < NVR_BEAT_PROBLEMS; p++) {
		struct nvr_beat_refusal r = {.problem = p,
		    .detail = "the \"reason\"",
		    .now = NOW,
		    .sequence = 12,
		    .retry = NVR_MINUTE};

		text.len = 0;
		assert_int_equal(nvr_beat_refusal_write(&r, &text, &err), 0);
		assert_true(fits_file(text.data, text.len, "problem"));
		assert_int_equal(
		    nvr_beat_refusal_parse(text.data, text.len, &got, &err), 0);
		assert_int_equal(got.problem, p);
		assert_string_equal(got.detail, r.detail);
		assert_true(got.now == NOW && got.sequence == 12 &&
			    got.retry == NVR_MINUTE);
		assert_true(nvr_beat_status(p) >= 400);
		assert_true(strlen(got.title) > 0);
	}
	nvr_buf_release(&text);
}

static void
what_else_answers_is_told_from_a_refusal(void **state)
{
	static const char html[] = "<html>502 Bad Gateway</html>";
	static const char later[] =
	    "{\"code\":\"tea-time\",\"detail\":\"a\\u001b[1mb\",\"pot\":1}";
	struct nvr_beat_refusal got;

	(void)state;
	assert_int_equal(
	    nvr_beat_refusal_parse(html, strlen(html), &got, &err), NVR_E_DATA);
	assert_int_equal(got.problem, NVR_BEAT_PROBLEMS);
	assert_int_equal(
	    nvr_beat_refusal_parse(later, strlen(later), &got, &err), 0);
	assert_int_equal(got.problem, NVR_BEAT_PROBLEMS);
	assert_string_equal(got.detail, "a?[1mb");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read_again),
	    cmocka_unit_test(what_is_not_known_is_left_out),
	    cmocka_unit_test(what_no_recorder_writes_is_refused_by_name),
	    cmocka_unit_test(a_member_or_a_camera_is_there_once),
	    cmocka_unit_test(
		a_thousand_levels_are_refused_before_they_are_parsed),
	    cmocka_unit_test(a_body_is_of_256_kib_at_most),
	    cmocka_unit_test(a_part_of_one_is_none),
	    cmocka_unit_test(a_full_one_fits),
	    cmocka_unit_test(an_answer_is_read_again),
	    cmocka_unit_test(an_enrolment_is_read_again),
	    cmocka_unit_test(each_refusal_is_read_again),
	    cmocka_unit_test(what_else_answers_is_told_from_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
