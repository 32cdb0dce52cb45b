/* Letters: every text fills, and nothing that is filled in breaks a mail. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/text.h"
#include "core/keys.h"
#include "core/letter.h"

#define NOW (INT64_C(1795248000) * NVR_SECOND) /* 2026-11-21 08:00 UTC */

static char dir[] = "/tmp/nvr-letter-XXXXXX";
static struct nvr_state *s;
static struct nvr_rules rules;
static struct nvr_error err;

/* Everything that texts ask of their callers. */
static const char *const values[][2] = {{"token", "00ff"}, {"change", "a"},
    {"code", "123456"}, {"head", "b"}, {"title", "c"}, {"known", "d"},
    {"text", "e"}, {"kind", "f"}, {"version", "g"}, {"effective", "h"},
    {"id", "i"}, {"received", "j"}, {"due", "k"}, {"why", "l"},
    {"outcome", "m"}, {"answer", "n"}};

static const char *
jane(void)
{
	return "jane";
}

static int
drop(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb, (void)type, (void)ftw;
	return remove(path);
}

static int
make(void **unused)
{
	(void)unused;
	strlcpy(rules.url, "https://nvr.example/", sizeof(rules.url));
	strlcpy(rules.title, "Example NVR", sizeof(rules.title));
	strlcpy(rules.mail_from, "nvr@example.org", sizeof(rules.mail_from));
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	s->rules = &rules;
	return 0;
}

static int
end(void **unused)
{
	(void)unused;
	nvr_state_close(s);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* The message of that row, opened. */
static char *
read_message(int64_t id)
{
	const struct nvr_column at = {"outbox", "message", id};
	char path[PATH_MAX];
	struct nvr_buf plain = {0};
	sqlite3_stmt *q;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	assert_int_equal(sqlite3_open(path, &db), 0);
	assert_int_equal(
	    sqlite3_prepare_v2(
		db, "SELECT message FROM outbox WHERE id = ?1", -1, &q, NULL),
	    0);
	sqlite3_bind_int64(q, 1, id);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(nvr_sealed_get(s, 0, &at, sqlite3_column_blob(q, 0),
			     (size_t)sqlite3_column_bytes(q, 0), &plain, &err),
	    0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return plain.data;
}

static char *
post(const struct nvr_letter *l)
{
	int64_t id = 0;

	if (nvr_letter_post(s, l, &id, &err) != 0)
		fail_msg("%s: %s", l->text, err.text);
	return read_message(id);
}

/* The values that a text mentions, and no other. */
static void
give(struct nvr_letter *l, const char *text)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char name[32];

		snprintf(
		    name, sizeof(name), "{%s}", i == 0 ? "link" : values[i][0]);
		if (strstr(text, name) == NULL)
			continue;
		assert_in_range(n, 0, NVR_LETTER_VALUES - 1);
		l->value[n].name = values[i][0];
		l->value[n++].value = values[i][1];
	}
}

static void
every_text_fills_and_is_a_mail(void **unused)
{
	int n = 0;

	(void)unused;
	for (const struct nvr_letter_text *t = nvr_letters; t->name != NULL;
	     t++, n++) {
		struct nvr_letter l = {.text = t->name, .expires = NOW};
		char *mail;

		l.sms = strncmp(t->name, "sms-", 4) == 0;
		l.to = l.sms ? "+4930123456" : "jane@example.org";
		give(&l, t->text);
		mail = post(&l);
		assert_null(strpbrk(mail, "{}"));
		assert_true(l.sms || (strstr(mail, "\r\nSubject: ") != NULL &&
					 strstr(mail, "\r\n\r\n") != NULL));
		free(mail);
		/* Without its values it is refused. */
		if (l.value[0].name != NULL) {
			int64_t id = 0;

			l.value[0].name = NULL;
			assert_int_equal(
			    nvr_letter_post(s, &l, &id, &err), NVR_E_BUG);
			assert_int_equal(id, 0);
		}
	}
	assert_true(n >= 19);
}

static void
texts_are_short_and_plain(void **unused)
{
	(void)unused;
	for (const struct nvr_letter_text *t = nvr_letters; t->name != NULL;
	     t++) {
		assert_true(nvr_text_lines(t->text));
		assert_true(strlen(t->text) < 800);
	}
}

static void
links_begin_with_the_url_of_the_settings(void **unused)
{
	static const char *const want[][2] = {
	    {"verify", "\r\nhttps://nvr.example/verify/00ff\r\n"},
	    {"reset", "\r\nhttps://nvr.example/reset/00ff\r\n"},
	    {"address-confirm", "\r\nhttps://nvr.example/address/00ff\r\n"},
	    {"address-changed", "\r\nhttps://nvr.example/undo/00ff\r\n"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct nvr_letter l = {.text = want[i][0],
		    .to = "jane@example.org",
		    .expires = NOW,
		    .value = {{"token", "00ff"}}};
		char *mail = post(&l);

		assert_non_null(strstr(mail, want[i][1]));
		free(mail);
		l.value[0].value = "../x";
		assert_int_equal(
		    nvr_letter_post(s, &l, &(int64_t){0}, &err), NVR_E_BUG);
	}
}

static void
a_mail_is_as_rfc_5322_and_3834_have_it(void **unused)
{
	const struct nvr_letter l = {.text = "verify",
	    .to = "jane@example.org",
	    .expires = NOW,
	    .value = {{"token", "00ff"}}};
	char *mail = post(&l);

	(void)unused;
	assert_non_null(strstr(mail, "\r\nFrom: nvr@example.org\r\n"
				     "To: jane@example.org\r\n"
				     "Subject: Confirm your address for "
				     "Example NVR\r\n"
				     "Message-ID: <"));
	assert_non_null(strstr(mail, "@example.org>\r\nMIME-Version: 1.0\r\n"
				     "Auto-Submitted: auto-generated\r\n"
				     "Content-Type: text/plain; "
				     "charset=utf-8\r\n"));
	assert_int_equal(strncmp(mail, "Date: ", 6), 0);
	assert_non_null(strstr(mail, "until 2026-11-21 08:00 UTC"));
	free(mail);
}

static void
values_break_neither_header_nor_line(void **unused)
{
	const struct nvr_letter l = {.text = "breach",
	    .to = "jane@example.org",
	    .value = {{"title", "a\r\nBcc: eve@example.org\r\n\r\nb"},
		{"known", "c\nd\x1b[31m"},
		{"text", "{link} e\n.\nf\xe2\x80\xae\xff"}}};
	char *mail = post(&l);
	const char *body = strstr(mail, "\r\n\r\n");

	(void)unused;
	assert_non_null(body);
	for (const char *p = mail; p < body; p++)
		assert_int_not_equal(strncmp(p, "\r\nBcc", 5), 0);
	assert_non_null(strstr(body, "on c d?[31m."));
	/* Its own line: it keeps its line ends. */
	assert_non_null(strstr(body, "\r\n{link} e\r\n.\r\nf??\r\n"));
	assert_null(strchr(body, '\x1b'));
	free(mail);
}

static void
lines_at_the_end_are_no_work(void **unused)
{
	struct nvr_letter l = {.text = "log-head", .to = "jane@example.org"};
	char *long_text = malloc(65537), *mail;

	(void)unused;
	memset(long_text, '\n', 65536);
	long_text[65536] = '\0';
	l.value[0].name = "head";
	l.value[0].value = long_text;
	mail = post(&l);
	assert_true(strlen(mail) < 1000);
	free(mail);
	long_text[65535] = 'x';
	mail = post(&l);
	assert_true(strlen(mail) > 131072);
	free(mail);
	free(long_text);
}

static void
addresses_may_be_international_and_nothing_else(void **unused)
{
	static const char *const bad[] = {"", "jane", "jane@", "a b@c.d",
	    "a@b.c\r\nBcc: d@e.f", "a@b.c,d@e.f", "<a@b.c>", "\xff@b.c",
	    "a\xe2\x80\xae@b.c", "a\xc2\x85@b.c"};
	struct nvr_letter l = {.text = "restored",
	    .to = "j\xc3\xa4ne@b\xc3\xbc"
		  "cher.example"};
	char *mail = post(&l);

	(void)unused;
	assert_non_null(strstr(mail, "To: j\xc3\xa4ne@"));
	free(mail);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		l.to = bad[i];
		assert_int_equal(
		    nvr_letter_post(s, &l, &(int64_t){0}, &err), NVR_E_USAGE);
	}
}

static void
an_sms_is_one_line_to_a_number(void **unused)
{
	static const char *const bad[] = {
	    "", "+", "030123456", "+49 30 123456", "+12345678901234567"};
	struct nvr_letter l = {.text = "sms-code",
	    .to = "+4930123456",
	    .sms = true,
	    .value = {{"code", "12\n3"}}};
	char *text = post(&l);

	(void)unused;
	assert_string_equal(text, "12 3 is your code for Example NVR. It is "
				  "good for 10 minutes. Give it to nobody.");
	free(text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		l.to = bad[i];
		assert_int_equal(
		    nvr_letter_post(s, &l, &(int64_t){0}, &err), NVR_E_USAGE);
	}
	l.to = "+4930123456";
	l.text = "restored";
	assert_int_equal(
	    nvr_letter_post(s, &l, &(int64_t){0}, &err), NVR_E_BUG);
}

static void
from_where_is_said(void **unused)
{
	const struct nvr_letter l = {
	    .text = "password-changed", .to = "jane@example.org"};
	char *mail;

	(void)unused;
	s->actor = (struct nvr_actor){.address = "192.0.2.1",
	    .agent = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 "
		     "Firefox/115.0"};
	mail = post(&l);
	assert_non_null(strstr(mail, "192.0.2.1 with Mozilla 5.0 (X11"));
	assert_null(strstr(mail, "115.0"));
	free(mail);
	s->actor = (struct nvr_actor){.who = jane};
	mail = post(&l);
	assert_non_null(strstr(mail, "by who runs the service."));
	free(mail);
	s->actor = (struct nvr_actor){0};
}

/* A letter of ours is no way to send links to people. */
static void
an_agent_that_says_more_is_left_out(void **unused)
{
	static const char *const bad[] = {"Fire\r\nfox",
	    "Your account is locked, see https://evil.example/", "evil.example",
	    "www.evil.example", "1.evil.2", "me@evil", "http://1.2.3.4",
	    "<a href=x>", "a&b", "caf\xc3\xa9", "5.", ".5"};
	const struct nvr_letter l = {
	    .text = "password-changed", .to = "jane@example.org"};
	char *mail;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s->actor =
		    (struct nvr_actor){.address = "192.0.2.1", .agent = bad[i]};
		mail = post(&l);
		assert_non_null(strstr(mail, "from 192.0.2.1."));
		free(mail);
	}
	s->actor = (struct nvr_actor){0};
}

static void
without_settings_no_letter_is_promised(void **unused)
{
	const struct nvr_letter l = {
	    .text = "restored", .to = "jane@example.org"};
	struct nvr_rules bare = rules;
	int64_t id = 0;

	(void)unused;
	assert_true(nvr_letter_ready(s));
	s->rules = &bare;
	bare.url[0] = '\0';
	assert_false(nvr_letter_ready(s));
	assert_int_equal(nvr_letter_post(s, &l, &id, &err), NVR_E_CONFIG);
	strlcpy(bare.url, "javascript://x", sizeof(bare.url));
	assert_int_equal(nvr_letter_post(s, &l, &id, &err), NVR_E_CONFIG);
	bare = rules;
	bare.mail_from[0] = '\0';
	assert_false(nvr_letter_ready(s));
	assert_int_equal(nvr_letter_post(s, &l, &id, &err), NVR_E_CONFIG);
	s->rules = NULL;
	assert_false(nvr_letter_ready(s));
	assert_int_equal(nvr_letter_post(s, &l, &id, &err), NVR_E_CONFIG);
	s->rules = &rules;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_text_fills_and_is_a_mail),
	    cmocka_unit_test(texts_are_short_and_plain),
	    cmocka_unit_test(links_begin_with_the_url_of_the_settings),
	    cmocka_unit_test(a_mail_is_as_rfc_5322_and_3834_have_it),
	    cmocka_unit_test(values_break_neither_header_nor_line),
	    cmocka_unit_test(lines_at_the_end_are_no_work),
	    cmocka_unit_test(addresses_may_be_international_and_nothing_else),
	    cmocka_unit_test(an_sms_is_one_line_to_a_number),
	    cmocka_unit_test(from_where_is_said),
	    cmocka_unit_test(an_agent_that_says_more_is_left_out),
	    cmocka_unit_test(without_settings_no_letter_is_promised),
	};

	return cmocka_run_group_tests(tests, make, end);
}
