/* The record of processing activities, and the documents it is made as. */
#include <inttypes.h>

#include "core/article30_int.h"
#include "core/page.h"

#include "account_help.h"

static int
known(void *ctx, const struct nvr_privacy_column *c)
{
	struct nvr_table_words w = nvr_table_words(c->table);
	char text[NVR_IN_FORCE];

	(void)ctx;
	if (strcmp(w.words, c->table) == 0)
		fail_msg("article30_words.c has no words for %s", c->table);
	/* Whose a table is with personal data, somebody must be. */
	if (nvr_article6(c->basis) == NULL &&
	    strcmp(c->column, "account_id") != 0)
		assert_int_equal(w.subjects, 0);
	else if (nvr_article6(c->basis) != NULL &&
		 strcmp(c->column, "account_id") != 0)
		assert_int_not_equal(w.subjects, 0);
	nvr_in_force(&rules, c->table, c->rule, text);
	if (strstr(text, "no rule") != NULL)
		fail_msg("%s: what is in force for %s?", c->table, c->rule);
	return 0;
}

static void
every_table_and_every_rule_has_its_words(void **unused)
{
	(void)unused;
	for (int i = 0; i < NVR_PRIVACY_ORDERS; i++)
		ok(nvr_privacy_each(
		    s->store, (enum nvr_privacy_order)i, known, NULL, &err));
	assert_string_equal(nvr_table_words("sinew").words, "sinew");
	assert_int_equal(nvr_table_words("sinew").subjects, 7);
}

static void
what_is_in_force_is_what_the_settings_say(void **unused)
{
	char text[NVR_IN_FORCE];
	struct nvr_rules r = {.restore = 30 * NVR_DAY,
	    .log_keep = 365 * NVR_DAY,
	    .keep = {.audits = {0, 30 * NVR_DAY, 90 * NVR_DAY},
		.holds = 365 * NVR_DAY,
		.requests = 3 * NVR_DAY,
		.registers = 10 * NVR_DAY}};

	(void)unused;
	assert_string_equal(nvr_in_force(&r, "audit", "audits", text),
	    "30d free, 90d premium, no limit owner");
	assert_string_equal(nvr_in_force(&r, "finding", "-audits", text),
	    "with that of audits: 30d free, 90d premium, no limit owner");
	assert_string_equal(nvr_in_force(&r, "account", "accounts", text),
	    "30d after its deletion");
	assert_string_equal(
	    nvr_in_force(&r, "hold", "holds", text), "365d after the release");
	/* As retain_rows.c has them. */
	assert_string_equal(nvr_in_force(&r, "processor", "processors", text),
	    "3d after the end");
	assert_string_equal(
	    nvr_in_force(&r, "disclosure", "disclosures", text), "10d");
	/* 0 is no limit, and of what can be restored that it cannot be. */
	assert_string_equal(
	    nvr_in_force(&r, "event", "events", text), "no limit");
	assert_string_equal(
	    nvr_in_force(&r, "camera", "cameras", text), "no limit");
	assert_string_equal(nvr_in_force(&r, "x", "y", text), "no rule");
	assert_string_equal(
	    nvr_in_force(&r, "x", "-", text), "with that of : no rule");
	assert_string_equal(nvr_in_force(&r, "x", "", text), "no rule");
}

static void
sealed_is_what_is_sealed(void **unused)
{
	const struct nvr_privacy_column in[] = {
	    {"account", "email", "who signs in, sealed"},
	    {"account", "tier", "who signs in"},
	    {"outbox", "message", "messages to people, sealed"},
	    {"outbox", "kind", "messages to people, sealed"},
	    {"camera", "secrets", "opens the camera, sealed to the box key"},
	    {"still", "path", "finds the sealed file"},
	};
	const bool want[] = {true, false, true, false, true, false};

	(void)unused;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		assert_int_equal(nvr_privacy_is_sealed(&in[i]), want[i]);
}

static char *
record(enum nvr_paper_format format)
{
	const struct nvr_article30 a = {.now = 1, .version = "0.0"};
	struct nvr_buf text = {0};

	ok(nvr_article30(s, &a, format, &text, &err));
	return text.data;
}

static void
a_controller_that_is_not_set_is_asked_for(void **unused)
{
	char *text = record(NVR_PAPER_TEXT);

	(void)unused;
	assert_non_null(strstr(text, "'name' in [controller]"));
	assert_non_null(strstr(text, "'contact' in [controller]"));
	assert_non_null(strstr(text, "'officer' in [controller]"));
	free(text);
	strlcpy(rules.controller, "A\x1b\"<b>", sizeof(rules.controller));
	text = record(NVR_PAPER_HTML);
	assert_non_null(strstr(text, "A?\"&lt;b&gt;"));
	assert_null(strstr(text, "'name' in"));
	free(text);
	text = record(NVR_PAPER_JSON);
	assert_non_null(
	    strstr(text, "{\"name\":\"A?\\\"<b>\",\"contact\":null"));
	free(text);
	rules.controller[0] = '\0';
}

static void
a_record_of_a_broken_store_is_an_error(void **unused)
{
	const struct nvr_article30 a = {.now = 1, .version = "0.0"};
	struct nvr_buf text = {0};

	(void)unused;
	sql("nvr.db", "ALTER TABLE processor RENAME TO lost");
	for (int i = NVR_PAPER_HTML; i <= NVR_PAPER_JSON; i++) {
		assert_int_not_equal(
		    nvr_article30(s, &a, (enum nvr_paper_format)i, &text, &err),
		    0);
		assert_null(text.data);
	}
	sql("nvr.db", "ALTER TABLE lost RENAME TO processor");
}

static void
write_paper(enum nvr_paper_format format, const char *want)
{
	static const struct nvr_paper_column columns[] = {
	    {"a", "A"}, {"b", "B"}, {"c", "C"}, {NULL, NULL}};
	struct nvr_buf text = {0};
	struct nvr_paper p;
	const char *at;

	nvr_paper_begin(&p, format, "T & t", &err);
	nvr_paper_heading(&p, "H");
	nvr_paper_sayf(&p, "say %d", 7);
	nvr_paper_facts(&p, "f", "F");
	nvr_paper_fact(&p, "none", "None");
	nvr_paper_text(&p, "", "instead");
	nvr_paper_fact(&p, "time", "Time");
	nvr_paper_time(&p, 1000000, NULL);
	nvr_paper_facts_end(&p);
	nvr_paper_table(&p, "t", "Rows", columns);
	nvr_paper_text(&p, "x<", NULL);
	nvr_paper_int(&p, INT64_MIN);
	nvr_paper_words(&p, json_pack("[ss]", "p", "\xe2\x80\xae"));
	nvr_paper_size(&p, 0, NULL);
	nvr_paper_duration(&p, 90 * NVR_SECOND, NULL);
	nvr_paper_bool(&p, true);
	nvr_paper_table_end(&p);
	nvr_paper_table(&p, "e", "Empty", columns);
	nvr_paper_table_end(&p);
	ok(nvr_paper_end(&p, &text));
	at = strstr(text.data, format == NVR_PAPER_HTML ? "<body>" : "");
	assert_string_equal(at, want);
	nvr_buf_release(&text);
}

static void
a_document_says_the_same_in_all_its_forms(void **unused)
{
	(void)unused;
	write_paper(NVR_PAPER_JSON,
	    "{\"f\":{\"none\":null,\"time\":\"1970-01-01T00:00:01.000Z\"},"
	    "\"t\":[{\"a\":\"x<\",\"b\":-9223372036854775808,"
	    "\"c\":[\"p\",\"?\"]},{\"a\":null,\"b\":90000,\"c\":true}],"
	    "\"e\":[]}\n");
	write_paper(NVR_PAPER_TEXT,
	    "T & t\n=====\n\nH\n-\nsay 7\n\nF\n  None: instead\n"
	    "  Time: 1970-01-01T00:00:01.000Z\n\nRows\n  x<\n"
	    "    B: -9223372036854775808; C: p, ?\n  -\n    B: 1m30s; C: yes\n"
	    "\nEmpty\nNone.\n");
#define HEADS                                                       \
	"</caption><thead><tr><th scope=\"col\" class=\"w\">A</th>" \
	"<th scope=\"col\" class=\"w\">B</th>"                      \
	"<th scope=\"col\" class=\"w\">C</th></tr></thead><tbody>\n"
	write_paper(NVR_PAPER_HTML,
	    "<body>\n<main>\n<h1>T &amp; t</h1>\n<h2>H</h2>\n<p>say "
	    "7</p>\n" NVR_PAGE_WIDE "<table><caption>F</caption><thead><tr>"
	    "<th scope=\"col\" class=\"w\">What</th>"
	    "<th scope=\"col\" class=\"w\">Which</th></tr></thead><tbody>\n"
	    "<tr><th scope=\"row\" class=\"w\">None</th>"
	    "<td class=\"w\">instead</td></tr>\n"
	    "<tr><th scope=\"row\" class=\"w\">Time</th>"
	    "<td class=\"w\">1970-01-01T00:00:01.000Z</td></tr>\n"
	    "</tbody></table></div>\n" NVR_PAGE_WIDE
	    "<table><caption>Rows" HEADS
	    "<tr><th scope=\"row\" class=\"w\">x&lt;</th>"
	    "<td class=\"w\">-9223372036854775808</td>"
	    "<td class=\"w\">p, ?</td></tr>\n"
	    "<tr><th scope=\"row\" class=\"w\">\xe2\x80\x93</th>"
	    "<td class=\"w\">1m30s</td><td class=\"w\">yes</td></tr>\n"
	    "</tbody></table></div>\n" NVR_PAGE_WIDE
	    "<table><caption>Empty" HEADS
	    "</tbody></table></div>\n<p>None.</p>\n"
	    "</main>\n</body>\n</html>\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_table_and_every_rule_has_its_words),
	    cmocka_unit_test(what_is_in_force_is_what_the_settings_say),
	    cmocka_unit_test(sealed_is_what_is_sealed),
	    cmocka_unit_test(a_controller_that_is_not_set_is_asked_for),
	    cmocka_unit_test(a_record_of_a_broken_store_is_an_error),
	    cmocka_unit_test(a_document_says_the_same_in_all_its_forms),
	};

	return cmocka_run_group_tests(tests, make, end);
}
