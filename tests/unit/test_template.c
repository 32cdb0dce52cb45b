/* Pages as texts: values by context, blocks, and that no text of share/web puts
 * a value where its escaper does not belong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "web/template.h"

#define HOSTILE "<script>\"'&`\n\x01\xff</a>"

static struct nvr_buf out;
static struct nvr_error err;

static int
tear_down(void **state)
{
	(void)state;
	nvr_buf_release(&out);
	return 0;
}

static int
token(void *ctx, const char *action, struct nvr_buf *to, struct nvr_error *e)
{
	(void)ctx;
	return nvr_buf_addf(to, e, "token-of-%s", action);
}

/* A text that the portal has not. */
static int
render(const char *text, json_t *values)
{
	const struct nvr_web_view view = {.values = values,
	    .body = "done",
	    .base = "/n&vr",
	    .now = 1700000000 * NVR_SECOND,
	    .token = token};
	int rc;

	nvr_buf_release(&out);
	assert_non_null(values);
	rc = nvr_web_render_text(text, &view, &out, &err);
	json_decref(values);
	return rc;
}

static void
gives(const char *text, json_t *values, const char *want)
{
	int rc = render(text, values);

	if (rc != 0)
		print_message("%s: %s\n", text, err.text);
	assert_int_equal(rc, 0);
	assert_string_equal(out.data != NULL ? out.data : "", want);
}

static void
fails(const char *text, json_t *values, const char *why)
{
	assert_int_equal(render(text, values), NVR_E_BUG);
	assert_non_null(strstr(err.text, why));
}

static void
a_value_is_written_for_its_context(void **state)
{
	(void)state;
	gives("<p>{{text x}}</p>", json_pack("{ss%}", "x", HOSTILE, 14),
	    "<p>&lt;script&gt;\"'&amp;` ?</p>");
	gives("{{attr x}}", json_pack("{ss}", "x", "<\"'&`>"),
	    "&lt;&quot;&#39;&amp;&#96;&gt;");
	gives("{{part x}}", json_pack("{ss}", "x", "a/b?c=d&e \"#%\xc3\xa4"),
	    "a%2Fb%3Fc%3Dd%26e%20%22%23%25%C3%A4");
	gives("{{int x}}", json_pack("{si}", "x", -7), "-7");
	gives("{{number x}}", json_pack("{sf}", "x", 41.26), "41.3");
	gives("{{size x}}", json_pack("{sI}", "x", (json_int_t)1 << 30), "1G");
	gives("{{base}}", json_object(), "/n&amp;vr");
	gives("{{text x}}", json_pack("{sn}", "x"), "");
}

static void
a_value_of_another_type_is_an_error(void **state)
{
	(void)state;
	fails("{{int x}}", json_pack("{ss}", "x", "7"), "whole number");
	fails("{{text x}}", json_pack("{si}", "x", 7), "string");
	fails("{{time x}}", json_pack("{si}", "x", -7), "moment");
	fails("{{text y}}", json_pack("{si}", "x", 7), "no such value");
	fails("{{bold x}}", json_pack("{si}", "x", 7), "no such place");
	fails("{{text x", json_pack("{ss}", "x", ""), "no end");
	fails("{{}}", json_object(), "empty");
	fails("{{if x}}", json_object(), "{{end}} is missing");
	fails("{{if x}}a{{else}}b{{else}}c{{end}}", json_object(), "{{end}}");
	fails("{{end}}", json_object(), "end of nothing");
	fails("{{use nothing}}", json_object(), "nothing");
}

static void
a_moment_tells_its_clock_and_utc(void **state)
{
	json_int_t t = 1699996400 * (json_int_t)NVR_SECOND;

	(void)state;
	gives("{{time t}}", json_pack("{sI}", "t", t),
	    "<time datetime=\"2023-11-14T21:13:20.000Z\" "
	    "title=\"2023-11-14 21:13 UTC\">2023-11-14 21:13</time>");
	gives("{{ago t}}", json_pack("{sI}", "t", t),
	    "<time datetime=\"2023-11-14T21:13:20.000Z\" "
	    "title=\"2023-11-14 21:13 UTC\">1 h ago</time>");
	gives("{{span t}}", json_pack("{sI}", "t", (json_int_t)(3 * NVR_DAY)),
	    "3 d");
	gives("{{span t}}",
	    json_pack("{sI}", "t", (json_int_t)(90 * NVR_MINUTE)),
	    "1 h 30 min");
	gives("{{span t}}", json_pack("{si}", "t", 0), "0 s");
}

static void
blocks_are_shown_or_not(void **state)
{
	(void)state;
	gives("{{if x}}a{{else}}b{{end}}", json_pack("{sb}", "x", 1), "a");
	gives("{{if x}}a{{else}}b{{end}}", json_pack("{ss}", "x", ""), "b");
	gives("{{if x}}a{{else}}b{{end}}", json_object(), "b");
	gives("{{if x}}{{if y}}1{{else}}2{{end}}{{else}}{{if y}}3{{else}}4"
	      "{{end}}{{end}}",
	    json_pack("{sb}", "y", 1), "3");
	gives(
	    "{{is x on}}a{{else}}b{{end}}", json_pack("{ss}", "x", "on"), "a");
	gives("{{is x on}}a{{end}}", json_pack("{ss}", "x", "off"), "");
	/* What is not shown is not looked at. */
	gives("{{if x}}{{text missing}}{{end}}", json_object(), "");
}

static void
lists_are_gone_through(void **state)
{
	(void)state;
	gives("{{each l}}<{{text n}}{{int o}}>{{else}}none{{end}}",
	    json_pack("{s[{ss}{ss}]si}", "l", "n", "a", "n", "b", "o", 7),
	    "<a7><b7>");
	gives("{{each l}}x{{else}}none{{end}}!", json_pack("{s[]}", "l"),
	    "none!");
	gives("{{each l}}x{{else}}none{{end}}!", json_object(), "none!");
	gives("{{each l}}{{text .}},{{end}}",
	    json_pack("{s[ss]}", "l", "a", "b"), "a,b,");
	gives("{{each l}}{{each m}}{{int .}}{{end}};{{end}}",
	    json_pack("{s[{s[ii]}{s[]}]}", "l", "m", 1, 2, "m"), "12;;");
	gives("{{with a.b}}{{text c}}{{end}}{{text a.b.c}}",
	    json_pack("{s{s{ss}}}", "a", "b", "c", "x"), "xx");
}

static void
a_form_has_its_token_and_what_was_typed(void **state)
{
	(void)state;
	gives("{{csrf /a/*}}", json_object(),
	    "<input type=\"hidden\" name=\"csrf\" value=\"token-of-/a/*\">");
	assert_int_equal(render("{{input email email username E-mail address}}",
			     json_pack("{s{ss}s{ss}}", "form", "email", "a\"b",
				 "errors", "email", "it is <wrong>")),
	    0);
	assert_non_null(strstr(out.data, ">E-mail address</label>"));
	assert_non_null(strstr(out.data, " value=\"a&quot;b\""));
	assert_non_null(strstr(out.data, " aria-describedby=\"email-wrong\""));
	assert_non_null(strstr(out.data, "it is &lt;wrong&gt;"));
}

/* Where in HTML a place is: enough of its grammar for our own texts. */
enum where { BETWEEN, TAG, QUOTED };

static enum where
walk(enum where at, const char *p, size_t len)
{
	for (; len > 0; p++, len--)
		at = at == BETWEEN ? (*p == '<' ? TAG : BETWEEN)
		     : at == TAG   ? (*p == '>'	     ? BETWEEN
					 : *p == '"' ? QUOTED
						     : TAG)
				   : (*p == '"' ? TAG : QUOTED);
	return at;
}

static bool
belongs(const char *how, enum where at)
{
	static const char *const between[] = {
	    "text", "time", "ago", "use", "body", "csrf", "input", NULL};
	static const char *const quoted[] = {
	    "attr", "part", "base", "sum", NULL};
	static const char *const both[] = {
	    "int", "number", "size", "span", NULL};
	static const char *const blocks[] = {
	    "if", "is", "each", "with", "else", "end", NULL};
	const char *const *lists[] = {blocks,
	    at == BETWEEN  ? between
	    : at == QUOTED ? quoted
			   : blocks,
	    at != TAG ? both : blocks};

	for (int i = 0; i < 3; i++)
		for (const char *const *w = lists[i]; *w != NULL; w++)
			if (strcmp(*w, how) == 0)
				return true;
	return false;
}

static void
no_text_puts_a_value_where_it_does_not_belong(void **state)
{
	(void)state;
	for (const struct nvr_web_text *t = nvr_web_texts; t->name != NULL;
	     t++) {
		const char *p = t->text, *open;
		enum where at = BETWEEN;
		char how[32];

		if (strcmp(t->name, "style") == 0)
			continue;
		assert_null(strstr(t->text, "<script"));
		assert_null(strstr(t->text, "<style"));
		assert_null(strstr(t->text, " style="));
		assert_null(strstr(t->text, "://"));
		while ((open = strstr(p, "{{")) != NULL) {
			at = walk(at, p, (size_t)(open - p));
			assert_int_equal(sscanf(open + 2, "%31[a-z]", how), 1);
			if (!belongs(how, at))
				fail_msg("%s: {{%s}} in a %s", t->name, how,
				    at == BETWEEN  ? "text"
				    : at == QUOTED ? "value"
						   : "tag");
			p = strstr(open, "}}") + 2;
		}
		assert_int_equal(walk(at, p, strlen(p)), BETWEEN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		a_value_is_written_for_its_context, tear_down),
	    cmocka_unit_test_teardown(
		a_value_of_another_type_is_an_error, tear_down),
	    cmocka_unit_test_teardown(
		a_moment_tells_its_clock_and_utc, tear_down),
	    cmocka_unit_test_teardown(blocks_are_shown_or_not, tear_down),
	    cmocka_unit_test_teardown(lists_are_gone_through, tear_down),
	    cmocka_unit_test_teardown(
		a_form_has_its_token_and_what_was_typed, tear_down),
	    cmocka_unit_test(no_text_puts_a_value_where_it_does_not_belong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
