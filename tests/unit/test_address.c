/* E-mail addresses in one spelling, and names of people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"
#include "base/text.h"
#include "base/unicode.h"

static struct nvr_error err;

static struct nvr_address
parse(const char *text)
{
	struct nvr_address a;

	if (nvr_address_parse(text, &a, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	return a;
}

static void
assert_mail(const char *text, const char *mail)
{
	assert_string_equal(parse(text).mail, mail);
}

static void
assert_same(const char *a, const char *b)
{
	assert_string_equal(parse(a).key, parse(b).key);
}

static void
assert_differ(const char *a, const char *b)
{
	assert_string_not_equal(parse(a).key, parse(b).key);
}

static void
assert_shown(const char *text, const char *shown)
{
	char buf[NVR_ADDRESS_SHOWN];

	assert_string_equal(nvr_address_show(parse(text).mail, buf), shown);
}

static void
assert_refused(const char *text, const char *says)
{
	struct nvr_address a;

	if (nvr_address_parse(text, &a, &err) != NVR_E_USAGE)
		fail_msg("'%s' was taken as '%s'", text, a.mail);
	if (strstr(err.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, says);
}

static void
spellings_of_an_address_are_one(void **state)
{
	(void)state;
	assert_mail("Jane.Doe@Example.ORG", "Jane.Doe@example.org");
	assert_same("Jane.Doe@Example.ORG", "jane.doe@example.org");
	assert_same("a+b@example.org", "A+B@EXAMPLE.org");
	assert_differ("a+b@example.org", "a@example.org");
	assert_differ("jane.doe@example.org", "janedoe@example.org");
	assert_mail(
	    "!#$%&'*/=?^_`{|}~-@example.org", "!#$%&'*/=?^_`{|}~-@example.org");
	/* Once normalised it stays. */
	assert_same(parse("J\u00dcRGEN@M\u00dcNCHEN.de").mail,
	    "j\u00fcrgen@m\u00fcnchen.de");
}

static void
domains_of_other_languages_are_idna2008(void **state)
{
	(void)state;
	assert_mail("a@M\u00dcNCHEN.de", "a@xn--mnchen-3ya.de");
	assert_same("a@mu\u0308nchen.de", "a@xn--mnchen-3ya.de");
	assert_same("a@XN--MNCHEN-3YA.DE", "a@m\u00fcnchen.de");
	/* Not transitional: sharp s is a letter of its own. */
	assert_mail("a@fa\u00df.de", "a@xn--fa-hia.de");
	assert_differ("a@fa\u00df.de", "a@fass.de");
	assert_same("a@\uff45xample\u3002org", "a@example.org");
	assert_refused("a@\u2603.net", "domain");   /* snowman */
	assert_refused("a@a\u2260b.org", "domain"); /* UTS #46 lets it pass */
	assert_refused("a@xn--n3h.net", "domain");  /* the same */
	assert_refused("a@xn--a.org", "domain");    /* no Punycode */
	assert_refused("a@xn--zz.org", "domain");
	assert_refused("a@ab--c.org", "domain");
	assert_refused("a@\u0301x.org", "domain");  /* begins with an accent */
	assert_refused("a@\u05d0a.org", "domain");  /* the Bidi Rule */
	assert_refused("a@x\u200dy.org", "domain"); /* joiners, alone */
	assert_refused("a@exam\u00adple.org", "domain"); /* soft hyphen */
	assert_refused("a@exa\u200bmple.org", "domain");
}

static void
a_letter_goes_to_the_domain_that_was_read(void **state)
{
	(void)state;
	/* libidn2 can drop what no host name may have. */
	assert_refused("user@a_b.org", "domain");
	assert_refused("user@a b.org", "domain");
	assert_refused("user@a%b.org", "domain");
	assert_refused("user@[192.0.2.7]", "domain");
	assert_refused("user@192.0.2.7", "domain");
	assert_refused("user@localhost", "dot");
	assert_refused("user@example.org.", "domain");
	assert_refused("user@.example.org", "domain");
	assert_refused("user@a..org", "domain");
	assert_refused("user@-a.org", "domain");
	assert_refused("user@a-.org", "domain");
	assert_refused("user@a.123", "domain");
	assert_refused("user@", "dot");
}

static void
a_look_alike_domain_is_another_account(void **state)
{
	(void)state;
	/* Cyrillic a, p, ie; and all of it in Cyrillic. */
	assert_differ("a@\u0430pple.com", "a@apple.com");
	assert_differ("a@\u0430\u0440\u0440\u04cf\u0435.com", "a@apple.com");
	assert_differ("\u0430@apple.com", "a@apple.com");
	/* And is not shown as what it looks like. */
	assert_shown("a@\u0430pple.com", "a@xn--pple-43d.com");
	assert_shown(
	    "a@\u0430\u0440\u0440\u04cf\u0435.com", "a@xn--80ak6aa92e.com");
	assert_shown("a@m\u0131crosoft.com", "a@xn--mcrosoft-tkb.com");
	assert_shown("a@apple.\u0440\u0444", "a@apple.xn--p1ai");
	assert_shown("a@\u0251pple.com", parse("a@\u0251pple.com").mail);
}

static void
domains_are_shown_in_their_letters_where_that_is_safe(void **state)
{
	(void)state;
	assert_shown("a@m\u00fcnchen.de", "a@m\u00fcnchen.de");
	assert_shown("a@\u4f8b\u3048.jp", "a@\u4f8b\u3048.jp");
	assert_shown("a@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
	    "a@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444");
	assert_shown("Jane@example.org", "Jane@example.org");
	assert_shown("a@ab\u00b7c.org", "a@xn--abc-mga.org");
	assert_shown(
	    "a@\u0628\u0627\u0632\u0627\u0631.com", "a@xn--mgbab2bd.com");
}

static void
hostile_text_is_shown_as_it_is(void **state)
{
	char buf[NVR_ADDRESS_SHOWN];

	(void)state;
	assert_string_equal(nvr_address_show("", buf), "");
	assert_string_equal(nvr_address_show("xn--", buf), "xn--");
	assert_string_equal(nvr_address_show("@xn--", buf), "@xn--");
	assert_string_equal(nvr_address_show("@xn--\x1b", buf), "@xn--\x1b");
}

static void
local_parts_of_other_languages_are_held_to_letters(void **state)
{
	(void)state;
	assert_mail("ju\u0308rgen@example.org", "j\u00fcrgen@example.org");
	assert_same("J\u00dcRGEN@example.org", "ju\u0308rgen@example.org");
	assert_same("Stra\u00dfe@example.org", "STRASSE@example.org");
	assert_mail("\u7528\u6237@example.org", "\u7528\u6237@example.org");
	assert_mail("\u05e9\u05dc\u05d5\u05dd@example.org",
	    "\u05e9\u05dc\u05d5\u05dd@example.org");
	assert_refused("a\u05e9@example.org", "directions");
	assert_refused("\u05e9a\u05dc@example.org", "directions");
	assert_refused("\uff46ull@example.org", "stands for others");
	assert_refused("\ufb01@example.org", "stands for others");
	assert_refused("\u0301a@example.org", "accent");
	assert_refused("a.\u0301a@example.org", "accent");
	assert_refused("\u2603@example.org", "may not stand");
	assert_refused("\U0001f600@example.org", "may not stand");
	assert_refused("a\u200b@example.org", "may not stand");
	assert_refused("a\u2060b@example.org", "may not stand");
	assert_refused("a\u034f@example.org", "may not stand");
	assert_refused("a\ufe0f@example.org", "may not stand");
	assert_refused("a\u3164@example.org", "stand");
	assert_refused("a\ue000@example.org", "may not stand"); /* private */
	assert_refused("a\u0378@example.org", "may not stand"); /* unassigned */
}

static void
what_is_no_plain_address_is_refused(void **state)
{
	(void)state;
	assert_refused("", "no @");
	assert_refused("jane", "no @");
	assert_refused("@example.org", "nothing ahead");
	assert_refused(".a@example.org", "dot");
	assert_refused("a.@example.org", "dot");
	assert_refused("a..b@example.org", "dot");
	assert_refused(" a@example.org", "may not stand");
	assert_refused("a@example.org ", "domain");
	assert_refused("a@example.org\n", "control");
	assert_refused("\"a b\"@example.org", "may not stand");
	assert_refused("a@b@example.org", "may not stand");
	assert_refused("Jane <jane@example.org>", "may not stand");
	assert_refused("a@example.org,b@example.org", "may not stand");
	assert_refused("a(x)@example.org", "may not stand");
	assert_refused("a\\b@example.org", "may not stand");
	assert_refused("a\u202eb@example.org", "control");
	assert_refused("a\x1b[31m@example.org", "control");
	assert_refused("a\xff@example.org", "UTF-8");
	assert_refused("a@\xc3\x28.org", "UTF-8");
	assert_refused("a@example.org\r\nBcc: x@example.org", "control");
	/* Quotes of SQL are letters of an address like any other. */
	assert_mail("o'brien@example.org", "o'brien@example.org");
	assert_refused("x'; DROP TABLE account; --@example.org", "may not");
}

static char *
repeat(const char *unit, size_t n, const char *rest)
{
	size_t len = strlen(unit);
	char *text = malloc(n * len + strlen(rest) + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, unit, len);
	strlcpy(text + n * len, rest, strlen(rest) + 1);
	return text;
}

static void
assert_repeated(const char *unit, size_t n, const char *rest, const char *says)
{
	char *text = repeat(unit, n, rest);

	if (says != NULL)
		assert_refused(text, says);
	else
		parse(text);
	free(text);
}

static void
lengths_are_those_of_rfc_5321(void **state)
{
	(void)state;
	assert_repeated("a", 64, "@example.org", NULL);
	assert_repeated("a", 65, "@example.org", "64 bytes");
	assert_repeated("\u00fc", 32, "@example.org", NULL);
	assert_repeated("\u00fc", 33, "@example.org", "64 bytes");
	/* U+0958 is two characters in NFC, six bytes for three. */
	assert_repeated("\u0958", 10, "@example.org", NULL);
	assert_repeated("\u0958", 11, "@example.org", "64 bytes");
	/* U+0390 is three when folded. */
	assert_repeated("\u0390", 32, "@example.org", NULL);
	assert_repeated("a@", 1,
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    ".org",
	    NULL);
	assert_repeated("a@", 1,
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    ".org",
	    "domain");
	assert_repeated("a@x", 1, "", "dot");
	/* 1 + 1 + 126 * 2 = 254. */
	char *domain = repeat("b.", 125, "bb");
	char *text = repeat("a@", 1, domain);

	parse(text);
	text[0] = 'a';
	free(text);
	text = repeat("aa@", 1, domain);
	assert_refused(text, "254");
	free(text);
	free(domain);
	assert_repeated("a", 10000000, "@example.org", "254");
	assert_repeated("a\u0301", 10000000 / 3, "", "254");
}

static void
assert_name(const char *text, const char *says)
{
	char out[NVR_NAME_TEXT];
	int rc = nvr_name_take("the name", text, out, &err);

	if (says == NULL && rc != 0)
		fail_msg("%s: %s", text, err.text);
	if (says != NULL &&
	    (rc != NVR_E_USAGE || strstr(err.text, says) == NULL))
		fail_msg("'%s' does not say '%s'", err.text, says);
}

static void
assert_long_name(const char *unit, size_t n, const char *says)
{
	char *text = repeat(unit, n, "");

	assert_name(text, says);
	free(text);
}

static void
names_are_those_of_people(void **state)
{
	char out[NVR_NAME_TEXT];

	(void)state;
	assert_name("Jane Doe", NULL);
	assert_name("Nguy\u1ec5n V\u0103n A", NULL);
	assert_name("O'Brien-Smith, Jr. \u2116 5", NULL);
	assert_name("\u5c71\u7530\u3000\u592a\u90ce", NULL);
	assert_name("Robert'); DROP TABLE account;--", NULL);
	assert_int_equal(nvr_name_take("the name", "u\u0308", out, &err), 0);
	assert_string_equal(out, "\u00fc");
	assert_long_name("\U00020000", 200, NULL);
	assert_long_name("\U00020000", 201, "200 characters");
	assert_long_name("a", 10000000, "200 characters");
}

static void
hostile_names_are_refused(void **state)
{
	(void)state;
	assert_name("", "empty");
	assert_name(" ", "space");
	assert_name(" Jane", "space");
	assert_name("Jane ", "space");
	assert_name("Jane\nDoe", "control");
	assert_name("Jane\tDoe", "control");
	assert_name("\x1b]0;owned\x07", "control");
	assert_name("Jane\u202eeoD", "control");
	assert_name("Jane\u2066Doe", "control");
	assert_name("Jane\u200eDoe", "cannot be seen");
	assert_name("Jane\u200bDoe", "cannot be seen");
	assert_name("Jane\u00a0Doe", "cannot be seen");
	assert_name("\u3164", "cannot be seen");
	assert_name("\ue000", "cannot be seen");
	assert_name("\u0378", "cannot be seen");
	assert_name("\u0301x", "accents");
	assert_name("x \u0301", "accents");
	assert_name("\xff", "UTF-8");
	assert_name("\xed\xa0\x80", "UTF-8");
	assert_long_name("q\u0323\u0323\u0323\u0323\u0323\u0323\u0323\u0323"
			 "\u0323",
	    1, "accents");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spellings_of_an_address_are_one),
	    cmocka_unit_test(domains_of_other_languages_are_idna2008),
	    cmocka_unit_test(a_letter_goes_to_the_domain_that_was_read),
	    cmocka_unit_test(a_look_alike_domain_is_another_account),
	    cmocka_unit_test(
		domains_are_shown_in_their_letters_where_that_is_safe),
	    cmocka_unit_test(hostile_text_is_shown_as_it_is),
	    cmocka_unit_test(
		local_parts_of_other_languages_are_held_to_letters),
	    cmocka_unit_test(what_is_no_plain_address_is_refused),
	    cmocka_unit_test(lengths_are_those_of_rfc_5321),
	    cmocka_unit_test(names_are_those_of_people),
	    cmocka_unit_test(hostile_names_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
