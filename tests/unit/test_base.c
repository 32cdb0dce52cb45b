/* Times, durations, ids, URLs, text, JPEG ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/jpeg.h"
#include "base/size.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"

static void
times_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text, *utc;
	} good[] = {
	    {"2026-11-21T08:00:00Z", "2026-11-21T08:00:00.000Z"},
	    {"2026-11-21 08:00:00.25Z", "2026-11-21T08:00:00.250Z"},
	    {"2026-11-21T08:00:00+02:00", "2026-11-21T06:00:00.000Z"},
	    {"2026-11-21T08:00-05:30", "2026-11-21T13:30:00.000Z"},
	    {"2026-11-21", "2026-11-21T00:00:00.000Z"},
	    {"08:30", "2026-11-21T08:30:00.000Z"},
	    {"08:30:15", "2026-11-21T08:30:15.000Z"},
	    {"now", "2026-11-21T12:34:56.000Z"},
	    {"15m", "2026-11-21T12:19:56.000Z"},
	    {"1h30m", "2026-11-21T11:04:56.000Z"},
	    {"7d", "2026-11-14T12:34:56.000Z"},
	    {"2024-02-29", "2024-02-29T00:00:00.000Z"},
	    {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"},
	};
	int64_t now = INT64_C(1795264496) * NVR_SECOND, t;
	char buf[NVR_TIME_TEXT];
	struct nvr_error err;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
		    nvr_time_parse(good[i].text, now, &t, &err), 0);
		assert_string_equal(nvr_time_format(t, buf), good[i].utc);
	}
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {"", "x", "2026-13-01", "2026-11-31",
	    "2023-02-29", "25:00", "8:00", "2026-11-21T", "2026-11-21T08",
	    "2026-11-21T08:00:00+25:00", "2026-11-21T08:00:00Zx", "-5m", "5",
	    "5y", "99999999999999999999d", "1h-5m", "5 m", "1969-12-31",
	    "2026-11-21T08:00:00."};
	struct nvr_error err;
	int64_t t = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    nvr_time_parse(bad[i], 0, &t, &err), NVR_E_USAGE);
		assert_int_equal(t, 42);
	}
}

static void
durations_are_written_as_they_are_read(void **state)
{
	static const char *const texts[] = {
	    "0s", "500ms", "1s", "1m30s", "1h", "1d", "7d", "36d5h6m7s8ms"};
	char buf[NVR_TIME_TEXT];
	struct nvr_error err;
	int64_t d;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(nvr_duration_parse(texts[i], &d, &err), 0);
		assert_string_equal(nvr_duration_format(d, buf), texts[i]);
	}
	assert_int_equal(nvr_duration_parse("90s", &d, &err), 0);
	assert_int_equal(d, 90 * NVR_SECOND);
}

static void
ids_sort_by_time_and_read_back(void **state)
{
	char a[NVR_ID_TEXT], b[NVR_ID_TEXT];
	int64_t last = 0, id, back;
	struct nvr_error err;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		id = nvr_id_new();
		assert_true(id > last);
		nvr_id_format(last, a);
		nvr_id_format(id, b);
		assert_true(strcmp(a, b) < 0);
		assert_int_equal(nvr_id_parse(b, &back, &err), 0);
		assert_int_equal(back, id);
		last = id;
	}
	assert_int_equal(
	    nvr_id_parse("zzzzzzzzzzzzz", &back, &err), NVR_E_USAGE);
	assert_int_equal(nvr_id_parse("", &back, &err), NVR_E_USAGE);
	assert_int_equal(
	    nvr_id_parse("0000000000u00", &back, &err), NVR_E_USAGE);
	assert_int_equal(
	    nvr_id_parse("0000000000000", &back, &err), NVR_E_USAGE);
}

static void
a_url_is_taken_apart_without_losing_a_secret(void **state)
{
	struct nvr_error err;
	struct nvr_url u;

	(void)state;
	assert_int_equal(
	    nvr_url_parse("RTSP://us%40er:p%3Aw@d@host:55/a?b#c", &u, &err), 0);
	assert_string_equal(u.scheme, "rtsp");
	assert_string_equal(u.user, "us@er");
	assert_string_equal(u.password, "p:w@d");
	assert_string_equal(u.bare, "rtsp://host:55/a?b#c");
	nvr_url_release(&u);
	assert_int_equal(nvr_url_parse("http://h/x@y", &u, &err), 0);
	assert_null(u.user);
	assert_string_equal(u.bare, "http://h/x@y");
	nvr_url_release(&u);
	assert_int_equal(nvr_url_parse("file:///a/b", &u, &err), 0);
	nvr_url_release(&u);
}

static void
what_is_no_url_is_refused(void **state)
{
	static const char *const bad[] = {"", "x", "http:/x", "://h/",
	    "http://", "http:///path", "rtsp://u:p@/x", "http://a b/",
	    "http://h/\n", "http://u%zz:p@h/", "http://u%00:p@h/",
	    "http://u:p%4@h/", "averyveryverylongscheme://h/"};
	struct nvr_error err;
	struct nvr_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(nvr_url_parse(bad[i], &u, &err), NVR_E_USAGE);
}

static void
secret_parameters_are_hidden(void **state)
{
	static const struct {
		const char *url, *shown;
	} t[] = {
	    {"http://h/a?PWD=x&ch=1", "http://h/a?PWD=***&ch=1"},
	    {"http://h/a?ch=1&user=a&password=b",
		"http://h/a?ch=1&user=***&password=***"},
	    {"http://h/a?token=x#token=y", "http://h/a?token=***"},
	    {"http://h/a#x", "http://h/a"},
	    {"http://h/a?u=a&p=b/c?d&n=1", "http://h/a?u=***&p=***&n=1"},
	    {"http://h/a?api_key=x", "http://h/a?api_key=***"},
	    {"rtsp://h/user=a&password=b&channel=1/x",
		"rtsp://h/user=***&password=***&channel=1/x"},
	    {"rtsp://h/user=a_password=b_c_channel=1_stream=0.sdp?real",
		"rtsp://h/user=***_password=***_channel=1_stream=0.sdp?real"},
	    {"rtsp://h/a_b;pass=b", "rtsp://h/a_b;pass=***"},
	    {"rtsp://h;pass=b/", "rtsp://h;pass=***/"},
	    {"http://h/a?pwd=", "http://h/a?pwd="},
	    {"http://h/a?xpwd=1&pwdx=2", "http://h/a?xpwd=1&pwdx=2"},
	    {"http://h/a", "http://h/a"},
	    {"http://h/a?&&=&=x", "http://h/a?&&=&=x"},
	};
	struct nvr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct nvr_buf shown = {0};
		bool secret;

		assert_int_equal(
		    nvr_url_redact(t[i].url, &secret, &shown, &err), 0);
		assert_string_equal(shown.data, t[i].shown);
		assert_int_equal(secret, strstr(t[i].shown, "***") != NULL);
		nvr_buf_release(&shown);
	}
}

static void
the_origin_of_a_url_holds_nothing_else(void **state)
{
	static const struct {
		const char *url, *origin;
	} t[] = {
	    {"RTSP://u:p@h:554/user=a&password=x", "rtsp://h:554/"},
	    {"rtsp://h;pass=x/", "rtsp://h/"},
	    {"http://[::1]:80?p=x", "http://[::1]:80/"},
	    {"http://h#x", "http://h/"},
	    {"file:///etc/passwd", "file:///"},
	    {"shared url", ""},
	    {"pass=x://h/", ""},
	    {"", ""},
	};
	char buf[NVR_URL_ORIGIN];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(
		    nvr_url_origin(t[i].url, buf, sizeof(buf)), t[i].origin);
}

static void
the_host_of_a_url_is_told_without_its_password(void **state)
{
	static const struct {
		const char *url, *host;
		bool loopback;
	} t[] = {
	    {"https://api.example/v1?x", "api.example", false},
	    {"http://u:p@h:80", "h:80", false},
	    {"http://u@127.0.0.1:p@h", "h", false},
	    {"http://h?@127.0.0.1", "h", false},
	    {"mailto:a@b", "", false},
	    {"http://a\x1b[1m/", "a?[1m", false},
	    {"http://localhost", "localhost", true},
	    {"http://LOCALHOST:1/", "LOCALHOST:1", true},
	    {"http://127.8.9.10:1/", "127.8.9.10:1", true},
	    {"http://[::1]:1/", "[::1]:1", true},
	    {"http://[::1", "[::1", false},
	    {"http://[::10]/", "[::10]", false},
	    {"http://128.0.0.1/", "128.0.0.1", false},
	    {"http://127.example/", "127.example", false},
	    {"http://127.0.0.1.example/", "127.0.0.1.example", false},
	    {"http://localhost.example/", "localhost.example", false},
	    {"http://127.0.0.1\\x/", "127.0.0.1\\x", false},
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_string_equal(
		    nvr_url_host(t[i].url, buf, sizeof(buf)), t[i].host);
		assert_int_equal(nvr_url_is_loopback(t[i].url), t[i].loopback);
	}
	assert_string_equal(nvr_url_host("http://abcdef", buf, 4), "abc");
}

static void
control_characters_do_not_reach_a_terminal(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(
	    nvr_text_safe("a\033[31mb", buf, sizeof(buf)), "a?[31mb");
	assert_string_equal(nvr_text_safe("\xc2\x9b", buf, sizeof(buf)), "?");
	assert_string_equal(nvr_text_safe("\xff\xc3", buf, sizeof(buf)), "??");
	assert_string_equal(
	    nvr_text_safe("\xe2\x80\xae", buf, sizeof(buf)), "?");
	assert_string_equal(nvr_text_safe("Größe", buf, sizeof(buf)), "Größe");
	assert_string_equal(nvr_text_safe("Größe", buf, 4), "Gr");
	assert_true(nvr_text_printable("北門"));
	assert_false(nvr_text_printable("\xc0\xaf"));	  /* overlong */
	assert_false(nvr_text_printable("\xed\xa0\x80")); /* a surrogate */
	assert_int_equal(nvr_text_distance("gate", "gaet"), 1);
}

static void
a_jpeg_ends_at_its_own_end(void **state)
{
	static const char jpeg[] =
	    "\xff\xd8\xff\xe1\0\x08\xff\xd8\xff\xd9..\xff\xff\xda\0\x04"
	    "abcd\xff\0ef\xff\xd0gh\xff\xd9rubbish\xff\xd9";
	size_t end = sizeof(jpeg) - 1 - strlen("rubbish\xff\xd9");
	struct nvr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(jpeg); i++) {
		size_t resume = 0;

		assert_int_equal(
		    nvr_jpeg_length(jpeg, i, &resume, &err), i < end ? 0 : end);
	}
	/* However it comes in pieces, it ends at the same place. */
	for (size_t step = 1; step < 9; step++) {
		size_t resume = 0, have = 0;
		long n = 0;

		while (n == 0 && have < sizeof(jpeg) - 1) {
			have += step;
			if (have > sizeof(jpeg) - 1)
				have = sizeof(jpeg) - 1;
			n = nvr_jpeg_length(jpeg, have, &resume, &err);
		}
		assert_int_equal(n, end);
	}
}

static void
what_is_no_jpeg_has_no_end(void **state)
{
	struct nvr_error err;
	size_t resume = 0;

	(void)state;
	assert_int_equal(
	    nvr_jpeg_length("GIF89a", 6, &resume, &err), NVR_E_DATA);
	assert_int_equal(
	    nvr_jpeg_length("\x89PNG", 4, &resume, &err), NVR_E_DATA);
	assert_int_equal(nvr_jpeg_length("x", 1, &resume, &err), NVR_E_DATA);
	resume = 0;
	assert_int_equal(
	    nvr_jpeg_length("\xff\xd8\xff\xe0\0\1xx", 8, &resume, &err),
	    NVR_E_DATA);
	resume = 0;
	assert_int_equal(
	    nvr_jpeg_length("\xff\xd8\xff\xd8", 4, &resume, &err), NVR_E_DATA);
}

static void
sizes_are_written_as_they_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t size;
	} t[] = {
	    {"0", 0},
	    {"1", 1},
	    {"1000", 1000},
	    {"1K", 1024},
	    {"500M", INT64_C(500) << 20},
	    {"20G", INT64_C(20) << 30},
	    {"8388607T", INT64_C(8388607) << 40},
	    {"9223372036854775807", INT64_MAX},
	};
	static const char *const bad[] = {"", "K", "1k", "1KB", "1.5G", "-1",
	    "+1", " 1", "1 ", "0x10", "8388608T", "9223372036854775808",
	    "9999999999999999999999999999999999G"};
	char buf[NVR_SIZE_TEXT];
	struct nvr_error err;
	int64_t v = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(nvr_size_parse(bad[i], 0, INT64_MAX, &v, &err),
		    NVR_E_USAGE);
	assert_int_equal(
	    nvr_size_parse("1K", 1025, 4096, &v, &err), NVR_E_USAGE);
	assert_int_equal(nvr_size_parse("5K", 0, 4096, &v, &err), NVR_E_USAGE);
	assert_int_equal(v, 7);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(
		    nvr_size_parse(t[i].text, 0, INT64_MAX, &v, &err), 0);
		assert_int_equal(v, t[i].size);
		assert_string_equal(nvr_size_format(v, buf), t[i].text);
	}
}

static void
an_error_that_is_too_long_is_cut(void **state)
{
	struct nvr_error err;
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(nvr_fail(&err, NVR_E_DATA, "%s", text), NVR_E_DATA);
	assert_int_equal(nvr_prefix(&err, "%s", text), NVR_E_DATA);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void
a_secret_is_concealed_however_json_has_it(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = {
	    {"", ""},
	    {"sk-a/b\"c", "********"},
	    {"x sk-a/b\"c, sk-a/b\"cc", "x ********, ********c"},
	    {"\\u0073k-a\\/b\\\"c.", "***************."},
	    {"\\\\u0073\\u006B-a/b\\u0022c", "************************"},
	    {"a\\\\\\\\sk-a/b\"c", "a************"},
	    {"u0073k-a/b\"c", "u0073k-a/b\"c"},
	    {"\\u0074k-a/b\"c \\u007", "\\u0074k-a/b\"c \\u007"},
	    {"sk-a/b\" c sk-", "sk-a/b\" c sk-"},
	    {"cut off: sk-a", "cut off: ****"},
	    {"\\\\\\", "\\\\\\"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		strlcpy(text, t[i].text, sizeof(text));
		nvr_text_conceal(text, strlen(text), "sk-a/b\"c");
		assert_string_equal(text, t[i].want);
	}
	strlcpy(text, "key\\\\with\\\\slash key\\with\\", sizeof(text));
	nvr_text_conceal(text, strlen(text), "key\\with\\slash");
	assert_string_equal(text, "**************** *********");
	/* What stands in for a key is no secret. */
	strlcpy(text, "{\"ollama\":null}", sizeof(text));
	nvr_text_conceal(text, strlen(text), "ollama");
	assert_string_equal(text, "{\"ollama\":null}");
}

static void
concealing_takes_no_longer_for_a_run_of_backslashes(void **state)
{
	size_t len = 4 << 20;
	char *text = malloc(len + 1);
	int64_t start = nvr_time_monotonic();

	(void)state;
	memset(text, '\\', len);
	text[len] = '\0';
	nvr_text_conceal(text, len, "sk-very-secret");
	assert_true(nvr_time_monotonic() - start < NVR_SECOND);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_read_as_people_write_them),
	    cmocka_unit_test(what_is_no_time_is_refused),
	    cmocka_unit_test(durations_are_written_as_they_are_read),
	    cmocka_unit_test(ids_sort_by_time_and_read_back),
	    cmocka_unit_test(a_url_is_taken_apart_without_losing_a_secret),
	    cmocka_unit_test(what_is_no_url_is_refused),
	    cmocka_unit_test(secret_parameters_are_hidden),
	    cmocka_unit_test(control_characters_do_not_reach_a_terminal),
	    cmocka_unit_test(a_secret_is_concealed_however_json_has_it),
	    cmocka_unit_test(
		concealing_takes_no_longer_for_a_run_of_backslashes),
	    cmocka_unit_test(a_jpeg_ends_at_its_own_end),
	    cmocka_unit_test(what_is_no_jpeg_has_no_end),
	    cmocka_unit_test(sizes_are_written_as_they_are_read),
	    cmocka_unit_test(the_origin_of_a_url_holds_nothing_else),
	    cmocka_unit_test(the_host_of_a_url_is_told_without_its_password),
	    cmocka_unit_test(an_error_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
