/* What servers say of what they got: it tells of nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void
words_with_a_part_of_the_address_are_left_out(void **state)
{
	static const struct {
		const char *address, *text, *want;
	} t[] = {
	    {"jane@example.org", "5.1.1 no such user", "5.1.1 no such user"},
	    {"jane@example.org", "5.1.1 <Jane@Example.org>: Recipient address",
		"5.1.1 … Recipient address"},
	    {"jane@example.org", "no jane, (jane) jane%40x JANE=y janet here",
		"no … … … … janet here"},
	    {"jane@example.org", "relay for mx.example.org, EXAMPLE.ORG denied",
		"relay for … … denied"},
	    {"jane@example.org", "from [192.0.2.77] id 4bQ12345 - gsmtp",
		"from … id … - gsmtp"},
	    {"jane@example.org", "to a.doe@x.example", "to …"},
	    {"jane.doe@example.org", "jane.doe jane doe jane.doe.x",
		"… jane doe …"},
	    {"a\xc3\xa9@example.org", "a\xc3\xa9 a\xc3\xa9\xc3\xa9", "… …"},
	    {"jane@example.org", "one\r\ntwo\x1b[2J \xff", "one??two?[2J ?"},
	    {"jane@example.org", "", ""},
	    {"jane@example.org", "   a   b  ", "a b"},
	    {"jane@", "a jane", "a …"},
	    {"@", "a b", "a b"},
	    {"+4930123456", "The 'To' number +49 30 123 456 is not valid",
		"The 'To' number … … … … is not valid"},
	};
	char buf[256];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(
		    nvr_text_reply(t[i].text, t[i].address, buf, sizeof(buf)),
		    t[i].want);
}

static void
what_is_cut_ends_in_no_half_of_an_address(void **state)
{
	char text[512], buf[256], small[16];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 4; i < sizeof(text); i += 5)
		text[i] = ' ';
	memcpy(text + 190, "jane@example.org ", 17);
	text[sizeof(text) - 1] = '\0';
	nvr_text_reply(text, "jane@example.org", buf, sizeof(buf));
	assert_null(strstr(buf, "jan"));
	assert_true(strlen(buf) > 150);
	for (size_t i = 0; i < 400; i++)
		text[i] = i % 2 == 0 ? '@' : ' ';
	nvr_text_reply(text, "jane@example.org", buf, sizeof(buf));
	assert_true(nvr_text_printable(buf));
	for (size_t size = 1; size <= sizeof(small); size++) {
		nvr_text_reply("abc def", "a@b", small, size);
		assert_true(strlen(small) < size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_with_a_part_of_the_address_are_left_out),
	    cmocka_unit_test(what_is_cut_ends_in_no_half_of_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
