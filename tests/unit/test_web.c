/* Requests as web servers hand them over, routes, and what is answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/router.h"

#define MOST 24

static struct nvr_error err;
static struct nvr_web_site site;
static struct nvr_buf out;

/* The environment of a request that is as it has to be. */
static char *env[MOST];
static char room[MOST][20000];

static void
set(const char *name, const char *value)
{
	size_t len = strlen(name), i = 0;

	while (env[i] != NULL &&
	       (strncmp(env[i], name, len) != 0 || env[i][len] != '='))
		i++;
	assert_true(i < MOST - 1);
	if (value != NULL) {
		snprintf(room[i], sizeof(room[i]), "%s=%s", name, value);
		env[i] = room[i];
	} else if (env[i] != NULL) {
		/* Another one of no meaning, so that the list stays whole. */
		snprintf(room[i], sizeof(room[i]), "X%zu=", i);
	}
}

static int
set_up(void **state)
{
	(void)state;
	memset(env, 0, sizeof(env));
	assert_int_equal(nvr_web_site_init(&site, "https://NVR.example/",
			     "  other.example:8443 alt.example:443 ", &err),
	    0);
	set("REQUEST_METHOD", "GET");
	set("REQUEST_URI", "/page");
	set("HTTP_HOST", "nvr.example");
	set("REMOTE_ADDR", "192.0.2.7");
	set("HTTPS", "on");
	nvr_buf_release(&out);
	return 0;
}

/* The status that a request is refused with, 0 where it is not. */
static int
refused(void)
{
	struct nvr_web_request r;
	int rc = nvr_web_request_init(&r, &site, env, &err), status = r.refused;

	assert_int_equal(rc, status == 0 ? 0 : NVR_E_DATA);
	nvr_web_request_release(&r);
	return status;
}

static int
refused_with(const char *name, const char *value)
{
	int status;

	set_up(NULL);
	set(name, value);
	status = refused();
	set_up(NULL);
	return status;
}

static void
only_by_its_names(void **state)
{
	static const char *const good[] = {"nvr.example", "NVR.Example",
	    "nvr.example:443", "other.example:8443", "alt.example"};
	static const char *const other[] = {"nvr.example.", "nvr.example:80",
	    "other.example", "evil.example", "nvr.example.evil.example", "::1",
	    "nvr.example:443:443"};
	static const char *const none[] = {"", "nvr.example/", "nvr example",
	    "jane@nvr.example", "nvr.example\r\nX: y", "nvr.example,other"};
	struct nvr_web_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(refused_with("HTTP_HOST", good[i]), 0);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_int_equal(refused_with("HTTP_HOST", other[i]), 421);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(refused_with("HTTP_HOST", none[i]), 400);
	assert_int_equal(refused_with("HTTP_HOST", NULL), 400);
	set("HTTP_HOST", "Other.Example:8443");
	assert_int_equal(nvr_web_request_init(&r, &site, env, &err), 0);
	assert_string_equal(r.authority, "other.example:8443");
	nvr_web_request_release(&r);
}

static void
a_portal_of_https_is_not_served_without(void **state)
{
	(void)state;
	assert_int_equal(refused_with("HTTPS", "off"), 403);
	assert_int_equal(refused_with("HTTPS", NULL), 403);
	set("HTTPS", NULL);
	set("REQUEST_SCHEME", "https");
	assert_int_equal(refused(), 0);
	/* One of http, on this machine, is. */
	assert_int_equal(
	    nvr_web_site_init(&site, "http://127.0.0.1:8080", "", &err), 0);
	set("REQUEST_SCHEME", "http");
	set("HTTP_HOST", "127.0.0.1:8080");
	assert_int_equal(refused(), 0);
}

static void
a_site_has_a_url_and_hosts_that_are_some(void **state)
{
	char many[512] = "";

	(void)state;
	assert_int_equal(nvr_web_site_init(&site, "", "", &err), NVR_E_CONFIG);
	assert_non_null(strstr(err.text, "url in [portal]"));
	assert_int_equal(nvr_web_site_init(
			     &site, "https://a.example", "b.example c/d", &err),
	    NVR_E_CONFIG);
	assert_non_null(strstr(err.text, "hosts in [portal]: 'c/d'"));
	for (int i = 0; i < NVR_WEB_HOSTS; i++)
		strlcat(many, "a.example ", sizeof(many));
	assert_int_equal(
	    nvr_web_site_init(&site, "https://a.example", many, &err),
	    NVR_E_CONFIG);
}

static void
paths_are_plain_or_refused(void **state)
{
	static const char *const bad[] = {"/a/../b", "/a/%2e%2e/b", "/./a",
	    "/a/.", "/..", "//a", "/a//b", "/a%00b", "/a%2fb", "/a%2Fb", "/a%",
	    "/a%4", "/a%zz", "/\xc3\xa4", "/%ff", "/%c0%af", "/%0a", "/a\nb",
	    "/a b", "/a#b", "*", "https://nvr.example/a", "/a\\b", "/%1b[31m",
	    "/%e2%80%ae", ""};
	char longest[3 * NVR_WEB_PATH] = "/";
	struct nvr_web_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(refused_with("REQUEST_URI", bad[i]), 400);
	memset(longest + 1, 'a', NVR_WEB_PATH - 2);
	assert_int_equal(refused_with("REQUEST_URI", longest), 0);
	longest[NVR_WEB_PATH - 1] = 'a';
	assert_int_equal(refused_with("REQUEST_URI", longest), 414);
	set("REQUEST_URI", "/k%C3%A4se/...?x=/../%2f#");
	assert_int_equal(nvr_web_request_init(&r, &site, env, &err), 0);
	assert_string_equal(r.path, "/käse/...");
	assert_string_equal(r.target, "/k%C3%A4se/...");
	nvr_web_request_release(&r);
}

static void
a_path_is_taken_below_the_url(void **state)
{
	struct nvr_web_request r;

	(void)state;
	assert_int_equal(
	    nvr_web_site_init(&site, "https://nvr.example/nvr/", "", &err), 0);
	set("REQUEST_URI", "/nvr/page");
	assert_int_equal(nvr_web_request_init(&r, &site, env, &err), 0);
	assert_string_equal(r.path, "/page");
	assert_string_equal(r.target, "/nvr/page");
	nvr_web_request_release(&r);
	set("REQUEST_URI", "/nvr");
	assert_int_equal(nvr_web_request_init(&r, &site, env, &err), 0);
	assert_string_equal(r.path, "/");
	nvr_web_request_release(&r);
	set("REQUEST_URI", "/nvrx/page");
	assert_int_equal(refused(), 404);
	/* As RFC 3875 has it, decoded. */
	set("REQUEST_URI", NULL);
	set("SCRIPT_NAME", "/nvr");
	set("PATH_INFO", "/pa%ge");
	assert_int_equal(nvr_web_request_init(&r, &site, env, &err), 0);
	assert_string_equal(r.path, "/pa%ge");
	nvr_web_request_release(&r);
	set("PATH_INFO", "/../page");
	assert_int_equal(refused(), 400);
}

static void
what_a_server_has_no_reason_to_say(void **state)
{
	static const char *const lengths[] = {
	    "-1", "+1", " 1", "1 ", "0x10", "1,1", "1e3", "ten"};
	struct nvr_web_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		assert_int_equal(
		    refused_with("CONTENT_LENGTH", lengths[i]), 400);
	assert_int_equal(
	    refused_with("CONTENT_LENGTH", "99999999999999999999999"), 413);
	assert_int_equal(refused_with("CONTENT_LENGTH", ""), 0);
	assert_int_equal(
	    refused_with("HTTP_TRANSFER_ENCODING", "chunked"), 400);
	assert_int_equal(refused_with("REQUEST_METHOD", "get"), 501);
	assert_int_equal(refused_with("REQUEST_METHOD", ""), 501);
	assert_int_equal(refused_with("REQUEST_METHOD", NULL), 501);
	assert_int_equal(
	    refused_with("REQUEST_METHOD", "AMETHODOFMANYLETTERS"), 501);
	assert_int_equal(refused_with("REMOTE_ADDR", "somewhere"), 400);
	assert_int_equal(refused_with("REMOTE_ADDR", NULL), 400);
	assert_int_equal(refused_with("REMOTE_ADDR", "2001:db8::7"), 0);
	assert_int_equal(
	    refused_with("CONTENT_TYPE", "application/json; x=y"), 415);
	assert_int_equal(
	    refused_with("CONTENT_TYPE", "Application/JSON; Charset=UTF-8"), 0);
	assert_int_equal(
	    refused_with("CONTENT_TYPE", "Multipart/Form-Data; Boundary=x"), 0);
	assert_int_equal(
	    refused_with("CONTENT_TYPE", "multipart/form-data; x=y"), 415);
	assert_int_equal(
	    refused_with("CONTENT_TYPE", "multipart/form-dat; boundary=x"),
	    415);
	assert_int_equal(
	    refused_with("CONTENT_TYPE", "application/json; boundary=x"), 415);
	set("HTTP_PROXY", "http://evil.example");
	set("HTTP_X_LINE", "a\r\nb");
	set("HTTP_NVR_SEQUENCE", "7");
	assert_int_equal(nvr_web_request_init(&r, &site, env, &err), 0);
	assert_null(nvr_web_request_header(&r, "Proxy"));
	assert_null(nvr_web_request_header(&r, "pROXY"));
	assert_null(nvr_web_request_header(&r, "X-Line"));
	assert_null(nvr_web_request_header(&r, "Nvr"));
	assert_string_equal(nvr_web_request_header(&r, "Nvr-Sequence"), "7");
	nvr_web_request_release(&r);
}

/* The value of `a`, or NULL where the text is refused. */
static const char *
field_a(const char *text, size_t len)
{
	static char value[NVR_WEB_VALUE + 1];
	struct nvr_web_fields f;
	const char *ret = NULL;

	if (nvr_web_fields_parse(&f, text, len, &err) == 0) {
		strlcpy(value, nvr_web_field(&f, "a"), sizeof(value));
		ret = value;
	}
	nvr_web_fields_release(&f);
	return ret;
}

static const char *
a(const char *text)
{
	return field_a(text, strlen(text));
}

static void
fields_are_decoded_or_refused(void **state)
{
	static const char *const bad[] = {"a=%", "a=%0", "a=%00", "a=%g0",
	    "a=%ff", "a=%c0%80", "a=%1b", "a=%e2%80%ae", "a=1&a=1",
	    "a=1&b=2&%61=3", "a=1&=2", "a=1&b%20=2", "a=1&b\xc3\xa4=2"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(a(bad[i]));
	assert_null(field_a("a=1\0", 4));
	assert_string_equal(a("a=1"), "1");
	assert_string_equal(a("a"), "");
	assert_string_equal(a("a="), "");
	assert_string_equal(a("&&b&a&"), "");
	assert_string_equal(a("a=b=c"), "b=c");
	assert_string_equal(a("a=k%C3%a4se+und%2Bbrot%26"), "käse und+brot&");
	assert_string_equal(a("a=1%0D%0A2%0D3%0A4%09"), "1\n2\n3\n4\t");
}

static void
fields_are_so_many_and_so_long(void **state)
{
	static char text[3 * NVR_WEB_VALUE + 16];
	char name[NVR_WEB_NAME + 2];
	struct nvr_buf b = {0};

	(void)state;
	for (int i = 0; i < NVR_WEB_FIELDS - 1; i++)
		assert_int_equal(nvr_buf_addf(&b, &err, "x%d&", i), 0);
	assert_int_equal(nvr_buf_add(&b, "a=1", 3, &err), 0);
	assert_string_equal(a(b.data), "1");
	assert_int_equal(nvr_buf_add(&b, "&y", 2, &err), 0);
	assert_null(a(b.data));
	nvr_buf_release(&b);
	strlcpy(text, "a=", sizeof(text));
	for (int i = 0; i < NVR_WEB_VALUE; i++)
		memcpy(text + 2 + 3 * (size_t)i, "%41", 4);
	assert_int_equal(strlen(a(text)), NVR_WEB_VALUE);
	strlcat(text, "x", sizeof(text));
	assert_null(a(text));
	memset(name, 'n', sizeof(name));
	assert_int_equal(
	    nvr_buf_addf(&b, &err, "%.*s&a=1", NVR_WEB_NAME, name), 0);
	assert_string_equal(a(b.data), "1");
	nvr_buf_release(&b);
	assert_int_equal(
	    nvr_buf_addf(&b, &err, "%.*s&a=1", NVR_WEB_NAME + 1, name), 0);
	assert_null(a(b.data));
	nvr_buf_release(&b);
	memset(text, 'q', NVR_WEB_QUERY + 1);
	text[NVR_WEB_QUERY + 1] = '\0';
	assert_int_equal(refused_with("QUERY_STRING", text), 414);
	assert_int_equal(refused_with("QUERY_STRING", "a=%"), 400);
}

/* Routes. */

static int reads;
static const char *body_text;
static size_t body_at;
static int outcome;
static char told[256];

static ssize_t
read_body(void *ctx, void *buf, size_t len)
{
	size_t left = strlen(body_text) - body_at;

	(void)ctx;
	reads++;
	if (len > 3) /* short reads are usual */
		len = 3;
	if (len > left)
		len = left;
	memcpy(buf, body_text + body_at, len);
	body_at += len;
	return (ssize_t)len;
}

static int
show(void *ctx, const struct nvr_web_request *r, struct nvr_web_response *rs,
    struct nvr_error *e)
{
	const char *field = nvr_web_field(&r->form, "a");

	(void)ctx;
	rs->status = 200;
	rs->type = "text/plain";
	if (outcome != 0) {
		nvr_buf_addf(&rs->body, e, "half");
		nvr_web_response_header(rs, "X-Half", "yes", e);
		return nvr_fail(e, outcome, "a secret of ours");
	}
	return nvr_buf_addf(&rs->body, e, "%s%s", field != NULL ? field : "",
	    r->body.len > 0 ? r->body.data : "page");
}

static int
show_args(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *e)
{
	(void)ctx;
	rs->status = 200;
	rs->type = "text/plain";
	return nvr_buf_addf(&rs->body, e, "<%s><%s>", r->arg[0],
	    r->arg[1] != NULL ? r->arg[1] : "-");
}

static const struct nvr_web_route routes[] = {
    {"GET", "/site/*/camera/*", NULL, 0, false, show_args},
    {"GET", "/site/*", NULL, 0, false, show_args},
    {"GET", "/page", NULL, 0, false, show},
    {"POST", "/page", NVR_WEB_FORM, 16, false, show},
    {"POST", "/json", NVR_WEB_JSON, 16, false, show},
    {"POST", "/either", NVR_WEB_FORM " " NVR_WEB_FORM_DATA, 16, false, show},
    {"GET", "/query", NULL, 0, true, show},
    {NULL},
};

static void
tell(void *ctx, const char *reference, const char *what,
    const struct nvr_error *e)
{
	(void)ctx;
	snprintf(told, sizeof(told), "%s|%s|%s", reference, what, e->text);
}

static const char *
answer(const char *method, const char *uri, const char *type, const char *body)
{
	const struct nvr_web w = {&site, routes, NULL, tell};
	const struct nvr_web_source from = {read_body, NULL};
	char length[16];

	snprintf(
	    length, sizeof(length), "%zu", body != NULL ? strlen(body) : 0);
	set("REQUEST_METHOD", method);
	set("REQUEST_URI", uri);
	set("CONTENT_TYPE", type);
	set("CONTENT_LENGTH", body != NULL ? length : NULL);
	body_text = body != NULL ? body : "";
	body_at = 0;
	reads = 0;
	nvr_buf_release(&out);
	assert_int_equal(nvr_web_answer(&w, env, &from, &out, &err), 0);
	return out.data;
}

static bool
says(const char *text)
{
	if (strstr(out.data, text) != NULL)
		return true;
	print_message("no '%s' in: %s\n", text, out.data);
	return false;
}

static void
routes_are_found_by_path_and_method(void **state)
{
	(void)state;
	answer("GET", "/page", NULL, NULL);
	assert_true(says("Status: 200 OK\r\n"));
	assert_true(says("\r\nContent-Length: 4\r\n\r\npage"));
	answer("HEAD", "/page", NULL, NULL);
	assert_true(says("Content-Length: 4\r\n\r\n"));
	assert_null(strstr(out.data, "\r\n\r\npage"));
	answer("GET", "/pag", NULL, NULL);
	assert_true(says("Status: 404 Not Found"));
	answer("GET", "/page/", NULL, NULL);
	assert_true(says("Status: 404"));
	answer("DELETE", "/page", NULL, NULL);
	assert_true(says("Status: 405 Method Not Allowed"));
	assert_true(says("\r\nAllow: GET, HEAD, POST\r\n"));
	answer("HEAD", "/json", NULL, NULL);
	assert_true(says("Status: 405"));
	assert_true(says("\r\nAllow: POST\r\n"));
}

static void
a_star_stands_for_one_segment(void **state)
{
	(void)state;
	answer("GET", "/site/7", NULL, NULL);
	assert_true(says("<7><->"));
	answer("GET", "/site/7/camera/18", NULL, NULL);
	assert_true(says("<7><18>"));
	answer("GET", "/site/*", NULL, NULL);
	assert_true(says("<*><->"));
	answer("GET", "/site/", NULL, NULL);
	assert_true(says("Status: 404"));
	answer("GET", "/site/7/", NULL, NULL);
	assert_true(says("Status: 404"));
	answer("GET", "/site/7/camera", NULL, NULL);
	assert_true(says("Status: 404"));
	answer("GET", "/site//camera/18", NULL, NULL);
	assert_null(strstr(out.data, "Status: 200"));
	answer("POST", "/site/7", NULL, NULL);
	assert_true(says("Allow: GET, HEAD\r\n"));
}

static void
a_body_is_checked_before_it_is_read(void **state)
{
	(void)state;
	answer("POST", "/json", "application/json", "0123456789abcdef");
	assert_true(says("Status: 200"));
	assert_true(says("0123456789abcdef"));
	answer("POST", "/json", "application/json", "0123456789abcdefg");
	assert_true(says("Status: 413"));
	assert_true(says("\"code\":\"too-large\""));
	assert_int_equal(reads, 0);
	answer("POST", "/json", "text/json", "{}");
	assert_true(says("Status: 415"));
	assert_int_equal(reads, 0);
	answer("POST", "/json", NULL, "{}");
	assert_true(says("Status: 415"));
	answer("POST", "/either", "multipart/form-data; boundary=x", "{}");
	assert_true(says("Status: 200"));
	answer("POST", "/either", NVR_WEB_FORM, "a=%");
	assert_true(says("Status: 400"));
	answer("POST", "/either", "multipart/form", "{}");
	assert_true(says("Status: 415"));
	answer("POST", "/either", NULL, "{}");
	assert_true(says("Status: 415"));
	answer("POST", "/json", "application/json", NULL);
	assert_true(says("Status: 411"));
	set("HTTP_CONTENT_ENCODING", "gzip");
	answer("POST", "/json", "application/json", "{}");
	assert_true(says("Status: 415"));
	set("HTTP_CONTENT_ENCODING", NULL);
	answer("GET", "/page", NULL, "x");
	assert_true(says("Status: 413"));
	assert_int_equal(reads, 0);
	/* It is said to be longer than it is. */
	answer("POST", "/json", "application/json", "{}");
	body_at = 0;
	set("CONTENT_LENGTH", "3");
	{
		const struct nvr_web w = {&site, routes, NULL, tell};
		const struct nvr_web_source from = {read_body, NULL};

		nvr_buf_release(&out);
		assert_int_equal(nvr_web_answer(&w, env, &from, &out, &err), 0);
	}
	assert_true(says("Status: 400"));
}

static void
a_form_is_fields(void **state)
{
	(void)state;
	answer("POST", "/page", "application/x-www-form-urlencoded", "a=%41b");
	assert_true(says("Status: 200"));
	assert_true(says("\r\n\r\nAb"));
	answer("POST", "/page", "application/x-www-form-urlencoded", "a=1&a=2");
	assert_true(says("Status: 400"));
	assert_true(says("a field is given twice"));
	set("QUERY_STRING", "x=1");
	answer("GET", "/page", NULL, NULL);
	assert_true(says("Status: 400"));
	answer("GET", "/query", NULL, NULL);
	assert_true(says("Status: 200"));
}

static void
trouble_is_told_to_us_and_a_number_to_them(void **state)
{
	char reference[32];

	(void)state;
	outcome = NVR_E_BUG;
	answer("GET", "/page", NULL, NULL);
	outcome = 0;
	assert_true(says("Status: 500"));
	assert_null(strstr(out.data, "secret"));
	assert_null(strstr(out.data, "half"));
	assert_null(strstr(out.data, "X-Half"));
	assert_non_null(strstr(told, "|GET /page|a secret of ours"));
	strlcpy(reference, told, 14);
	assert_true(says(reference));
	outcome = NVR_E_AGAIN;
	answer("GET", "/page", NULL, NULL);
	outcome = 0;
	assert_true(says("Status: 503"));
	assert_true(says("\r\nRetry-After: 5\r\n"));
	outcome = NVR_E_IO;
	answer("GET", "/page", NULL, NULL);
	outcome = 0;
	assert_true(says("Status: 503"));
	assert_true(says("\r\nRetry-After: 60\r\n"));
}

static void
every_answer_has_what_keeps_browsers_in_check(void **state)
{
	static const char *const always[] = {"Cache-Control: no-store\r\n",
	    "Content-Security-Policy: default-src 'none';",
	    "frame-ancestors 'none'\r\n", "X-Content-Type-Options: nosniff\r\n",
	    "Referrer-Policy: same-origin\r\n",
	    "Cross-Origin-Opener-Policy: same-origin\r\n",
	    "Strict-Transport-Security: max-age=31536000\r\n"};

	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		answer(bad ? "PUT" : "GET", "/page", NULL, NULL);
		for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
			assert_true(says(always[i]));
	}
	set("HTTPS", NULL);
	answer("GET", "/page", NULL, NULL);
	assert_true(says("Status: 403"));
	assert_null(strstr(out.data, "Strict-Transport"));
}

static void
headers_have_no_line_ends(void **state)
{
	struct nvr_web_response rs = {0};

	(void)state;
	assert_int_equal(
	    nvr_web_response_header(&rs, "Location", "/a", &err), 0);
	assert_int_equal(
	    nvr_web_response_header(&rs, "Location", "/a\r\nX: y", &err),
	    NVR_E_BUG);
	assert_int_equal(
	    nvr_web_response_header(&rs, "Location", "/\n", &err), NVR_E_BUG);
	assert_int_equal(
	    nvr_web_response_header(&rs, "Location", "/\xe4", &err), NVR_E_BUG);
	assert_int_equal(
	    nvr_web_response_header(&rs, "A: b\r\nX", "y", &err), NVR_E_BUG);
	assert_int_equal(
	    nvr_web_response_header(&rs, "", "y", &err), NVR_E_BUG);
	assert_int_equal(
	    nvr_web_response_header(&rs, "status", "200", &err), NVR_E_BUG);
	assert_string_equal(rs.head.data, "Location: /a\r\n");
	nvr_web_response_release(&rs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(only_by_its_names, set_up),
	    cmocka_unit_test_setup(
		a_portal_of_https_is_not_served_without, set_up),
	    cmocka_unit_test_setup(
		a_site_has_a_url_and_hosts_that_are_some, set_up),
	    cmocka_unit_test_setup(paths_are_plain_or_refused, set_up),
	    cmocka_unit_test_setup(a_path_is_taken_below_the_url, set_up),
	    cmocka_unit_test_setup(what_a_server_has_no_reason_to_say, set_up),
	    cmocka_unit_test_setup(fields_are_decoded_or_refused, set_up),
	    cmocka_unit_test_setup(fields_are_so_many_and_so_long, set_up),
	    cmocka_unit_test_setup(routes_are_found_by_path_and_method, set_up),
	    cmocka_unit_test_setup(a_star_stands_for_one_segment, set_up),
	    cmocka_unit_test_setup(a_body_is_checked_before_it_is_read, set_up),
	    cmocka_unit_test_setup(a_form_is_fields, set_up),
	    cmocka_unit_test_setup(
		trouble_is_told_to_us_and_a_number_to_them, set_up),
	    cmocka_unit_test_setup(
		every_answer_has_what_keeps_browsers_in_check, set_up),
	    cmocka_unit_test_setup(headers_have_no_line_ends, set_up),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	nvr_buf_release(&out);
	return failed;
}
