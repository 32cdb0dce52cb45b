/* What a model is asked about a still, and what it may answer. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/verdict.h"

static struct nvr_checks
checks_of(const char *prompt)
{
	struct nvr_checks c;
	struct nvr_error err;

	assert_int_equal(nvr_checks_parse(prompt, &c, &err), 0);
	return c;
}

static void
lines_with_ids_are_checks(void **state)
{
	struct nvr_checks c = checks_of("\n  gate-open: Is the gate open?\r\n"
					"\n\tdoor2:\tIs it: shut? \n");

	(void)state;
	assert_int_equal(c.n, 2);
	assert_string_equal(c.item[0].id, "gate-open");
	assert_string_equal(c.item[0].question, "Is the gate open?");
	assert_string_equal(c.item[1].id, "door2");
	assert_string_equal(c.item[1].question, "Is it: shut?");
	nvr_checks_release(&c);
}

static void
any_other_prompt_is_one_check(void **state)
{
	static const char *const prompt[] = {"Is the gate open?",
	    "Look: is the gate open?", "gate: open?\nAnd the door?",
	    "see https://h/", " gate open ", "gate:open?"};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct nvr_checks c = checks_of(prompt[i]);

		assert_int_equal(c.n, 1);
		assert_string_equal(c.item[0].id, "prompt");
		assert_non_null(strstr(prompt[i], c.item[0].question));
		nvr_checks_release(&c);
	}
}

static void
no_prompt_is_no_check(void **state)
{
	static const char *const prompt[] = {NULL, "", " \n\t"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct nvr_checks c = checks_of(prompt[i]);

		assert_int_equal(c.n, 0);
		nvr_checks_release(&c);
	}
}

static void
a_wrong_prompt_is_refused_by_its_line(void **state)
{
	char many[2048] = "", wide[8002], id[80];
	struct {
		const char *prompt, *why;
	} row[] = {
	    {"a: x\nb: y\na: z", "line 3: the check 'a' is there twice"},
	    {many, "line 33: more than 32 checks"},
	    {wide, "longer than 8000 bytes"},
	    {id, "line 1: its id is longer than 63 letters"},
	    {"is \x1b[2J open?", "control characters"},
	    {"is \xff open?", "not UTF-8"},
	    {"is \xe2\x80\xae open?", "control characters"},
	};
	struct nvr_checks c;
	struct nvr_error err;

	(void)state;
	for (int i = 0; i < 33; i++)
		snprintf(many + strlen(many), 32, "c%d: why?\n", i);
	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	memset(id, 'x', 64);
	strlcpy(id + 64, ": why?", 16);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(
		    nvr_checks_parse(row[i].prompt, &c, &err), NVR_E_USAGE);
		assert_non_null(strstr(err.text, row[i].why));
	}
}

static void
the_model_is_told_each_check(void **state)
{
	struct nvr_checks c = checks_of("a: Is it?\nb: Was it?"), none = {0};
	struct nvr_buf b = {0};
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_checks_text(&c, &b, &err), 0);
	assert_non_null(strstr(b.data, "\na: Is it?\n"));
	assert_non_null(strstr(b.data, "\nb: Was it?\n"));
	nvr_buf_release(&b);
	assert_int_equal(nvr_checks_text(&none, &b, &err), 0);
	assert_non_null(strstr(b.data, "no checks"));
	nvr_buf_release(&b);
	nvr_checks_release(&c);
}

/*
 * `strict` takes objects whose members are all required, with no others, and
 * none of the words that bound lengths and numbers.
 */
static void
check_strict(json_t *s)
{
	static const char *const known[] = {"type", "additionalProperties",
	    "required", "properties", "items", "enum"};
	json_t *properties = json_object_get(s, "properties"), *v;
	json_t *required = json_object_get(s, "required");
	const char *key;
	size_t i = 0;

	json_object_foreach(s, key, v)
	{
		bool found = false;

		for (size_t k = 0; k < 6; k++)
			found = found || strcmp(known[k], key) == 0;
		assert_true(found);
	}
	if (json_object_get(s, "items") != NULL)
		check_strict(json_object_get(s, "items"));
	if (json_object_get(s, "enum") != NULL)
		assert_true(json_array_size(json_object_get(s, "enum")) > 0);
	if (strcmp(json_string_value(json_object_get(s, "type")), "object") !=
	    0)
		return;
	assert_true(json_is_false(json_object_get(s, "additionalProperties")));
	assert_int_equal(
	    json_array_size(required), json_object_size(properties));
	json_object_foreach(properties, key, v)
	{
		assert_string_equal(
		    json_string_value(json_array_get(required, i++)), key);
		check_strict(v);
	}
}

static void
the_schema_is_strict_and_has_evidence_first(void **state)
{
	struct nvr_checks c = checks_of("a: Is it?\nb: Was it?"), none = {0};
	json_t *s = nvr_verdict_schema(&c), *p, *ids;
	char *text;

	(void)state;
	assert_non_null(s);
	check_strict(s);
	p = json_object_get(
	    json_object_get(
		json_object_get(json_object_get(s, "properties"), "checks"),
		"items"),
	    "properties");
	ids = json_object_get(json_object_get(p, "id"), "enum");
	assert_int_equal(json_array_size(ids), 2);
	assert_string_equal(json_string_value(json_array_get(ids, 1)), "b");
	text = json_dumps(p, JSON_COMPACT);
	assert_true(strstr(text, "evidence") < strstr(text, "\"verdict\""));
	assert_true(
	    strstr(text, "\"verdict\"") < strstr(text, "\"confidence\""));
	free(text);
	json_decref(s);
	s = nvr_verdict_schema(&none);
	check_strict(s);
	assert_null(
	    json_object_get(json_object_get(s, "properties"), "checks"));
	json_decref(s);
	nvr_checks_release(&c);
}

static void
prompts_are_there(void **state)
{
	(void)state;
	assert_non_null(strstr(nvr_prompt_audit, "cannot_determine"));
	assert_non_null(strstr(nvr_prompt_audit, "REFERENCE"));
	assert_null(strstr(nvr_prompt_audit, "take_snapshot"));
	assert_non_null(strstr(nvr_prompt_agent, "cannot_determine"));
	assert_non_null(strstr(nvr_prompt_agent, "take_snapshot"));
}

#define CHECK_A                                                      \
	"{\"id\":\"a\",\"evidence\":\"It is.\",\"verdict\":\"yes\"," \
	"\"uncertainty\":\"none\",\"confidence\":0.75}"
#define CHECK_B                                                      \
	"{\"id\":\"b\",\"evidence\":\"Too dark.\","                  \
	"\"verdict\":\"cannot_determine\",\"uncertainty\":\"dark\"," \
	"\"confidence\":1}"
#define OBJECT                                                \
	"{\"label\":\"car\",\"count\":2,\"region\":\"left\"," \
	"\"evidence\":\"By the wall.\",\"confidence\":0}"
#define HEAD "{\"scene\":\"A yard.\",\"image_quality\":\"good\",\"objects\":["
#define TAIL "],\"visible_text\":[\"EXIT\"],\"limitations\":[]}"
#define GOOD HEAD OBJECT "],\"checks\":[" CHECK_B "," CHECK_A TAIL

static int
read_it(const char *content, struct nvr_verdict *v, struct nvr_error *err)
{
	struct nvr_checks c = checks_of("a: Is it?\nb: Was it?");
	int rc = nvr_verdict_read(&c, content, v, err);

	nvr_checks_release(&c);
	return rc;
}

static void
an_answer_becomes_findings(void **state)
{
	struct nvr_verdict v;
	struct nvr_error err;
	const struct nvr_finding *f;

	(void)state;
	assert_int_equal(read_it(GOOD, &v, &err), 0);
	assert_string_equal(v.scene, "A yard.");
	assert_string_equal(v.quality, "good");
	assert_int_equal(v.findings.n, 3);
	f = v.findings.item;
	assert_string_equal(f->source, "model");
	assert_string_equal(f->kind, "check");
	assert_string_equal(f->label, "a");
	assert_string_equal(f->verdict, "yes");
	assert_string_equal(f->evidence, "It is.");
	assert_true(f->confidence == 0.75);
	assert_string_equal(f->confidence_method, "verbalised");
	assert_null(f->uncertainty);
	assert_null(f->region);
	f++;
	assert_string_equal(f->label, "b");
	assert_string_equal(f->verdict, "cannot_determine");
	assert_string_equal(f->uncertainty, "dark");
	f++;
	assert_string_equal(f->kind, "object");
	assert_string_equal(f->label, "car");
	assert_string_equal(f->verdict, "yes");
	assert_string_equal(f->region, "left");
	assert_int_equal(f->count, 2);
	nvr_verdict_release(&v);
}

static void
an_object_of_none_is_not_there(void **state)
{
	struct nvr_checks none = {0};
	struct nvr_verdict v;
	struct nvr_error err;

	(void)state;
	assert_int_equal(
	    nvr_verdict_read(&none,
		HEAD "{\"label\":\"car\",\"count\":0,\"region\":\"whole\","
		     "\"evidence\":\"\",\"confidence\":0.5}" TAIL,
		&v, &err),
	    0);
	assert_int_equal(v.findings.n, 1);
	assert_string_equal(v.findings.item[0].verdict, "no");
	assert_null(v.findings.item[0].region);
	nvr_verdict_release(&v);
}

static void
fences_and_white_space_are_passed_over(void **state)
{
	static const char *const content[] = {" \n" GOOD "\t\n",
	    "```json\n" GOOD "\n```", "```\n" GOOD "\n```\n",
	    "\n```JSON " GOOD "```"};
	static const char *const bad[] = {"", "   ", "```", "``````",
	    "```json```", "```json\n" GOOD, GOOD "```", GOOD " I hope it helps",
	    "Here it is: " GOOD, GOOD GOOD, "[" GOOD "]",
	    "```json\n" GOOD "\n``` bye", "null", "\x22yes\""};
	struct nvr_verdict v;
	struct nvr_error err;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(read_it(content[i], &v, &err), 0);
		nvr_verdict_release(&v);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_it(bad[i], &v, &err), NVR_E_DATA);
}

/* GOOD with the first `from` in it replaced. */
static char *
changed(const char *from, const char *to)
{
	const char *p = strstr(GOOD, from);
	char *s;

	assert_non_null(p);
	assert_true(asprintf(&s, "%.*s%s%s", (int)(p - GOOD), GOOD, to,
			p + strlen(from)) > 0);
	return s;
}

static void
the_first_thing_wrong_is_named(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} row[] = {
	    {"\"scene\":\"A yard.\",", "", "scene is missing"},
	    {"\"A yard.\"", "7", "scene is not a string"},
	    {"good", "fine", "image_quality is none of good, degraded"},
	    {"\"good\"", "null", "image_quality is none of"},
	    {"\"objects\":[", "\"objects\":[7,", "objects[0] is not an object"},
	    {"\"label\":\"car\"", "\"label\":\"\"",
		"objects[0].label is empty"},
	    {"\"count\":2", "\"count\":-1", "objects[0].count is not"},
	    {"\"count\":2", "\"count\":10001", "objects[0].count is not"},
	    {"\"count\":2", "\"count\":1.5", "objects[0].count is not"},
	    {"\"count\":2,", "", "objects[0].count is missing"},
	    {"\"left\"", "\"top\"", "objects[0].region is none of left,"},
	    {"\"confidence\":0}", "\"confidence\":-0.1}",
		"objects[0].confidence is not a number from 0 to 1"},
	    {"\"confidence\":0}", "\"confidence\":\"0\"}",
		"objects[0].confidence is not a number"},
	    {"\"confidence\":0}", "\"confidence\":0,\"x\\u001b\":1}",
		"objects[0].x? is not in the schema"},
	    {"\"confidence\":1}", "\"confidence\":1.01}",
		"checks[0].confidence is not a number from 0 to 1"},
	    {"\"confidence\":1}", "\"confidence\":1e999}", "not one JSON"},
	    {"\"dark\"", "\"none\"",
		"checks[0].uncertainty is none, but the verdict is"},
	    {"\"dark\"", "\"sleepy\"", "checks[0].uncertainty is none of"},
	    {"\"yes\"", "\"maybe\"", "checks[1].verdict is none of yes,"},
	    {"\"id\":\"a\"", "\"id\":\"b\"",
		"checks[1].id was answered before"},
	    {"\"id\":\"a\"", "\"id\":\"c\"", "checks[1].id is no check"},
	    {"\"id\":\"a\",", "", "checks[1].id is missing"},
	    {"," CHECK_A, "", "the check 'a' is not answered"},
	    {"," CHECK_A, "," CHECK_A "," CHECK_A,
		"checks is not an array of at most 2"},
	    {"\"checks\"", "\"cheques\"", "cheques is not in the schema"},
	    {"\"EXIT\"", "{}", "visible_text[0] is not a string"},
	    {"\"limitations\":[]", "\"limitations\":null",
		"limitations is not an array"},
	    {",\"limitations\":[]", "", "limitations is missing"},
	    {"\"scene\"", "\"scene\":\"\",\"scene\"", "not one JSON object"},
	};
	struct nvr_verdict v;
	struct nvr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char *s = changed(row[i].from, row[i].to);

		assert_int_equal(read_it(s, &v, &err), NVR_E_DATA);
		if (strstr(err.text, row[i].why) == NULL)
			print_error("%s\n", err.text);
		assert_non_null(strstr(err.text, row[i].why));
		free(s);
	}
}

/* A JSON string of n letters. */
static const char *
letters(size_t n)
{
	static char s[2048];

	memset(s, 'x', n + 1);
	s[0] = s[n + 1] = '"';
	s[n + 2] = '\0';
	return s;
}

static void
texts_are_bounded(void **state)
{
	static const struct {
		const char *from;
		size_t max;
	} row[] = {{"\"A yard.\"", 1000}, {"\"car\"", 64}, {"\"It is.\"", 500},
	    {"\"By the wall.\"", 500}, {"\"EXIT\"", 500}};
	struct nvr_verdict v;
	struct nvr_error err;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		char *s = changed(row[i].from, letters(row[i].max));

		assert_int_equal(read_it(s, &v, &err), 0);
		nvr_verdict_release(&v);
		free(s);
		s = changed(row[i].from, letters(row[i].max + 1));
		assert_int_equal(read_it(s, &v, &err), NVR_E_DATA);
		free(s);
	}
}

static void
lists_are_bounded(void **state)
{
	struct nvr_checks none = {0};
	struct nvr_verdict v;
	struct nvr_error err;

	(void)state;
	for (int n = 64; n <= 65; n++) {
		struct nvr_buf b = {0};

		assert_int_equal(nvr_buf_addf(&b, &err, "%s", HEAD), 0);
		for (int i = 0; i < n; i++)
			assert_int_equal(nvr_buf_addf(&b, &err, "%s%s",
					     i > 0 ? "," : "", OBJECT),
			    0);
		assert_int_equal(nvr_buf_addf(&b, &err, "%s", TAIL), 0);
		if (n == 64) {
			assert_int_equal(
			    nvr_verdict_read(&none, b.data, &v, &err), 0);
			assert_int_equal(v.findings.n, 64);
			nvr_verdict_release(&v);
		} else {
			assert_int_equal(
			    nvr_verdict_read(&none, b.data, &v, &err),
			    NVR_E_DATA);
		}
		nvr_buf_release(&b);
	}
}

static void
what_would_move_a_terminal_becomes_a_question_mark(void **state)
{
	struct nvr_verdict v;
	struct nvr_error err;
	char *s = changed(
	    "It is.", "\\u001b]0;x\\u0007 \\u202eabc\\u2066 \\n\\u00e9");

	(void)state;
	assert_int_equal(read_it(s, &v, &err), 0);
	assert_string_equal(
	    v.findings.item[0].evidence, "?]0;x? ?abc? ?\xc3\xa9");
	nvr_verdict_release(&v);
	free(s);
	s = changed("A yard.", "\\u009b");
	assert_int_equal(read_it(s, &v, &err), 0);
	assert_string_equal(v.scene, "?");
	nvr_verdict_release(&v);
	free(s);
}

static void
an_endless_answer_is_not_read(void **state)
{
	size_t len = 300 * 1024;
	char *s = malloc(len + 1);
	struct nvr_verdict v;
	struct nvr_error err;

	(void)state;
	assert_non_null(s);
	memset(s, '[', len);
	s[len] = '\0';
	assert_int_equal(read_it(s, &v, &err), NVR_E_DATA);
	s[200 * 1024] = '\0';
	assert_int_equal(read_it(s, &v, &err), NVR_E_DATA);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_with_ids_are_checks),
	    cmocka_unit_test(any_other_prompt_is_one_check),
	    cmocka_unit_test(no_prompt_is_no_check),
	    cmocka_unit_test(a_wrong_prompt_is_refused_by_its_line),
	    cmocka_unit_test(the_model_is_told_each_check),
	    cmocka_unit_test(the_schema_is_strict_and_has_evidence_first),
	    cmocka_unit_test(prompts_are_there),
	    cmocka_unit_test(an_answer_becomes_findings),
	    cmocka_unit_test(an_object_of_none_is_not_there),
	    cmocka_unit_test(fences_and_white_space_are_passed_over),
	    cmocka_unit_test(the_first_thing_wrong_is_named),
	    cmocka_unit_test(texts_are_bounded),
	    cmocka_unit_test(lists_are_bounded),
	    cmocka_unit_test(
		what_would_move_a_terminal_becomes_a_question_mark),
	    cmocka_unit_test(an_endless_answer_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
