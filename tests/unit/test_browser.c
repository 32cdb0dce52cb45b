/* What browsers send and keep: cookies, where forms come from, and where they
 * are sent on to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/browser.h"

static struct nvr_error err;
static char line[3][9000];
static char *env[] = {line[0], line[1], line[2], NULL};
static struct nvr_web_request r = {
    .env = env, .authority = "nvr.example", .secure = true};

static void
send_header(int i, const char *name, const char *value)
{
	if (value != NULL)
		snprintf(line[i], sizeof(line[i]), "HTTP_%s=%s", name, value);
	else
		snprintf(line[i], sizeof(line[i]), "X=");
}

/* NULL: there is none. */
static const char *
cookie(const char *list)
{
	static char value[NVR_WEB_COOKIE];

	send_header(0, "COOKIE", list);
	return nvr_web_cookie(&r, "nvr", value) ? value : NULL;
}

static void
a_cookie_is_had_by_its_whole_name_and_once(void **state)
{
	char long_one[600] = "__Host-nvr=";

	(void)state;
	assert_string_equal(cookie("__Host-nvr=abc"), "abc");
	assert_string_equal(cookie("a=b; __Host-nvr=abc;c=d"), "abc");
	assert_string_equal(cookie("__Host-nvr="), "");
	assert_null(cookie(NULL));
	assert_null(cookie(""));
	assert_null(cookie("nvr=abc"));
	assert_null(cookie("__Host-nvrx=abc"));
	assert_null(cookie("x__Host-nvr=abc"));
	assert_null(cookie("__host-nvr=abc"));
	assert_null(cookie("a=__Host-nvr=abc"));
	/* Somebody else may have set one of them. */
	assert_null(cookie("__Host-nvr=abc; __Host-nvr=def"));
	assert_null(cookie("__Host-nvr=a\"b"));
	assert_null(cookie("__Host-nvr=a b"));
	assert_string_equal(cookie(";;; ; =x; __Host-nvr=abc;"), "abc");
	memset(long_one + 11, 'a', NVR_WEB_COOKIE);
	assert_null(cookie(long_one));
	long_one[11 + NVR_WEB_COOKIE - 1] = '\0';
	assert_non_null(cookie(long_one));
	r.secure = false;
	assert_string_equal(cookie("nvr=abc"), "abc");
	r.secure = true;
}

static void
a_cookie_is_set_for_this_host_alone(void **state)
{
	struct nvr_web_response rs = {0};

	(void)state;
	assert_int_equal(nvr_web_set_cookie(&rs, &r, "nvr", "abc", 0, &err), 0);
	assert_string_equal(rs.head.data,
	    "Set-Cookie: __Host-nvr=abc; Path=/; HttpOnly; SameSite=Lax; "
	    "Secure\r\n");
	nvr_web_response_release(&rs);
	assert_int_equal(nvr_web_set_cookie(&rs, &r, "nvr", "", -1, &err), 0);
	assert_non_null(strstr(rs.head.data, "; Max-Age=0\r\n"));
	nvr_web_response_release(&rs);
	assert_int_equal(
	    nvr_web_set_cookie(&rs, &r, "nvr", "a;b", 0, &err), NVR_E_BUG);
	assert_int_equal(
	    nvr_web_set_cookie(&rs, &r, "nvr", "a\r\nb", 0, &err), NVR_E_BUG);
	assert_null(rs.head.data);
}

static bool
is_own(const char *site, const char *origin)
{
	send_header(1, "SEC_FETCH_SITE", site);
	send_header(2, "ORIGIN", origin);
	return nvr_web_is_own(&r);
}

static void
a_form_comes_from_the_portal_itself_or_not_at_all(void **state)
{
	(void)state;
	assert_true(is_own("same-origin", NULL));
	assert_true(is_own("same-origin", "https://nvr.example"));
	assert_false(is_own("same-site", "https://nvr.example"));
	assert_false(is_own("cross-site", NULL));
	assert_false(is_own("none", NULL));
	assert_true(is_own(NULL, "https://nvr.example"));
	assert_false(is_own(NULL, "http://nvr.example"));
	assert_false(is_own(NULL, "https://nvr.example.org"));
	assert_false(is_own(NULL, "https://nvr.example:444"));
	assert_false(is_own(NULL, "null"));
	assert_false(is_own(NULL, NULL));
}

static void
nobody_is_sent_elsewhere(void **state)
{
	static const char *const elsewhere[] = {"", "x", "//x", "/\\x", "\\x",
	    "https://x", "javascript:x", "/a\nb", "/a\tb", "/\x80", " /", NULL};
	struct nvr_web_response rs = {0};

	(void)state;
	for (int i = 0; elsewhere[i] != NULL; i++) {
		assert_false(nvr_web_is_local(elsewhere[i]));
		assert_int_equal(
		    nvr_web_redirect(&rs, "", elsewhere[i], &err), NVR_E_BUG);
	}
	assert_true(nvr_web_is_local("/"));
	assert_true(nvr_web_is_local("/site/7?span=day&x=//y"));
	assert_int_equal(nvr_web_redirect(&rs, "/nvr", "/site/7", &err), 0);
	assert_int_equal(rs.status, 303);
	assert_string_equal(rs.head.data, "Location: /nvr/site/7\r\n");
	nvr_web_response_release(&rs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cookie_is_had_by_its_whole_name_and_once),
	    cmocka_unit_test(a_cookie_is_set_for_this_host_alone),
	    cmocka_unit_test(a_form_comes_from_the_portal_itself_or_not_at_all),
	    cmocka_unit_test(nobody_is_sent_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
