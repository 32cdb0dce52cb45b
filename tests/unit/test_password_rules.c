/* What a password may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/password_rules.h"

static struct nvr_error err;
static const char *const jane[] = {"jane.mustermann@acme-tools.example",
    "Jane M\u00fcller-Mustermann", "Acme Tools & Co", NULL, "Gatehouse"};

static int
try(const char *text)
{
	char taken[NVR_PASSWORD_TEXT];
	int rc = nvr_password_take(text, taken, &err);

	return rc == 0 ? nvr_password_rules(taken, jane, 5, &err) : rc;
}

static void
assert_taken(const char *text)
{
	if (try(text) != 0)
		fail_msg("%s: %s", text, err.text);
}

static void
assert_refused(const char *text, const char *says)
{
	if (try(text) != NVR_E_USAGE)
		fail_msg("'%s' was taken", text);
	if (strstr(err.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, says);
	if (strlen(text) > 3 && strstr(err.text, text) != NULL)
		fail_msg("the password stands in '%s'", err.text);
}

static char *
repeat(const char *unit, size_t n)
{
	size_t len = strlen(unit);
	char *text = calloc(n, len + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, unit, len);
	return text;
}

static void
characters_are_counted_and_not_bytes(void **state)
{
	char *text;

	(void)state;
	assert_refused("", "fewer than 12");
	assert_refused("xK9#pQ2vZ7m", "fewer than 12");
	assert_taken("xK9#pQ2vZ7mL");
	assert_refused("\U0001f600\U0001f98a\U0001f40d", "fewer than 12");
	/* Two bytes each, and the accents are of the letters. */
	assert_refused("q\u0308w\u0308xzvb", "fewer than 12");
	assert_refused("a\u0308b\u0308o\u0308u\u0308A\u0308O\u0308", "fewer");
	/* 1,024 of four bytes each, and one more. */
	text = repeat("\U0001f40d\U0001f600\U0001f98a\U0001f33b", 256);
	assert_taken(text);
	free(text);
	text =
	    repeat("\U0001f40d\U0001f600\U0001f98a\U0001f33b\U0001f319", 205);
	assert_refused(text, "longer than 1024");
	free(text);
	text = repeat("xK9#pQ2vZ7mL+t8w", 64);
	assert_taken(text);
	text = realloc(text, 1026);
	memcpy(text + 1024, "x", 2);
	assert_refused(text, "longer than 1024");
	free(text);
	text = repeat("x", 10000000);
	assert_refused(text, "longer than 1024");
	free(text);
}

static void
a_password_opens_from_every_keyboard(void **state)
{
	char a[NVR_PASSWORD_TEXT], b[NVR_PASSWORD_TEXT];

	(void)state;
	assert_int_equal(
	    nvr_password_take("gr\u00fc\u00dfe\u00a0und\u3000so", a, &err), 0);
	assert_int_equal(
	    nvr_password_take("gru\u0308\u00dfe und so", b, &err), 0);
	assert_string_equal(a, b);
	/* Case and width are the owner's. */
	assert_int_equal(nvr_password_take("\uff21bC ", a, &err), 0);
	assert_string_equal(a, "\uff21bC ");
	assert_int_equal(nvr_password_take("", a, &err), 0);
	assert_string_equal(a, "");
	assert_int_equal(nvr_password_take("ab\tc", a, &err), NVR_E_USAGE);
	assert_int_equal(nvr_password_take("ab\x7f", a, &err), NVR_E_USAGE);
	assert_int_equal(nvr_password_take("ab\xff", a, &err), NVR_E_USAGE);
	assert_int_equal(nvr_password_take("\xc0\x80", a, &err), NVR_E_USAGE);
}

static void
common_words_make_no_password(void **state)
{
	static const char *const bad[] = {"password1234", "P@ssw0rd2024!",
	    "Passw0rd2024Admin", "!!!password!!!", "letmein123456",
	    "Welcome2Home!", "Adm1n1str4t0r", "iloveyou4ever!",
	    "hikvision12345", "camera-security", "correct horse battery staple",
	    "Summer-2024-!!", "$ecret$ecret1", "dragon19850412",
	    "trustno1trustno1", "TWO FOR ONE 1", "liverpool2005",
	    "liverp00l2005"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], "easily guessed");
}

static void
keys_in_a_row_and_repetitions_make_none(void **state)
{
	static const char *const bad[] = {"qwertyuiop123456", "123456789012",
	    "1qaz2wsx3edc4rfv", "zaq12wsxcde34rfv", "aaaaaaaaaaaa",
	    "aaaaaabbbbbb", "abcdefghijkl", "987654321098", "Xk9!Xk9!Xk9!",
	    "qwertzuiop\u00fc+", "asdfghjkl;'#", "!@#$%^&*()12", "xK9#pQxK9#pQ",
	    "abcabcabcabc", "19851985198519"};
	char *text = repeat("a", 1024);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], "easily guessed");
	assert_refused(text, "easily guessed");
	free(text);
}

static void
what_is_known_of_a_person_makes_none(void **state)
{
	static const char *const bad[] = {"JaneMustermann1", "j4ne.mustermann",
	    "Mustermann1985", "acme-tools-2024", "M\u00dcLLER m\u00fcller",
	    "gatehouse1234", "nvr-gatehouse!", "Jane+Acme=love"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], "easily guessed");
	assert_int_equal(
	    nvr_password_rules("JaneMustermann1", NULL, 0, &err), 0);
}

static void
good_passwords_are_taken(void **state)
{
	static const char *const good[] = {"x7#Kq!2v9Zm&", "12#4!89me$%77",
	    "gull-anvil-orbit-plum", "my dog loves the river bank",
	    "849201746283", "tr0ub4dor&3xy", "iloveyou84729184",
	    "\u0434\u043e\u0436\u0434\u044c \u0438\u0434\u0451\u0442 \u0438",
	    ("\u5c71\u5ddd\u8349\u6728\u4e00\u4e8c\u4e09\u4e94\u516b\u767e"
	     "\u5343\u4e07"),
	    "correct parrot ladder moss"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_taken(good[i]);
}

/* Of strings that are drawn, hardly one is refused. */
static void
drawn_passwords_are_taken(void **state)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"
				  "rstuvwxyz0123456789-_";
	char text[13] = "";
	int refused = 0;

	(void)state;
	srandom(7);
	for (int i = 0; i < 2000; i++) {
		for (int j = 0; j < 12; j++)
			text[j] = set[random() % 64];
		refused += nvr_password_rules(text, jane, 5, &err) != 0;
	}
	assert_true(refused <= 2);
}

/* They are compared as they are, so they have to be what folding makes. */
static void
the_words_are_lower_case(void **state)
{
	int n = 0;

	(void)state;
	for (; nvr_common_words[n] != NULL; n++)
		if (nvr_common_words[n][strspn(nvr_common_words[n],
			"abcdefghijklmnopqrstuvwxyz ")] != '\0' ||
		    nvr_common_words[n][0] == '\0')
			fail_msg("'%s'", nvr_common_words[n]);
	assert_true(n > 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(characters_are_counted_and_not_bytes),
	    cmocka_unit_test(a_password_opens_from_every_keyboard),
	    cmocka_unit_test(common_words_make_no_password),
	    cmocka_unit_test(keys_in_a_row_and_repetitions_make_none),
	    cmocka_unit_test(what_is_known_of_a_person_makes_none),
	    cmocka_unit_test(good_passwords_are_taken),
	    cmocka_unit_test(drawn_passwords_are_taken),
	    cmocka_unit_test(the_words_are_lower_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
