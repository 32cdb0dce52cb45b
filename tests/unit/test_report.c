/* Escaping by place, and mails: what goes in comes out as text, whatever. */
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

#include "base/escape.h"
#include "core/keys.h"
#include "core/mail.h"
#include "core/report_int.h"

typedef int escape(struct nvr_buf *b, const char *text, struct nvr_error *err);

static void
expect(escape *f, const char *text, const char *want)
{
	struct nvr_buf b = {0};
	struct nvr_error err;

	assert_int_equal(f(&b, text, &err), 0);
	assert_string_equal(b.len > 0 ? b.data : "", want);
	nvr_buf_release(&b);
}

static void
html_text_holds_no_markup(void **unused)
{
	(void)unused;
	expect(nvr_html_text, "", "");
	expect(nvr_html_text, "<script>&amp;</script>",
	    "&lt;script&gt;&amp;amp;&lt;/script&gt;");
	expect(nvr_html_text, "gäte \xe2\x82\xac", "gäte \xe2\x82\xac");
	expect(nvr_html_text, "a\tb\nc\rd", "a b c d");
	/* Escapes, broken UTF-8, overlong and surrogate forms, bidi. */
	expect(nvr_html_text, "\x1b[31m\x07\x7f\xc2\x9b", "?[31m???");
	expect(nvr_html_text, "\xff\xc0\xbc\xed\xa0\x80", "??????");
	expect(nvr_html_text, "\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8", "???");
	expect(nvr_html_text, "\xe2\x80", "??");
}

static void
html_attributes_are_not_left(void **unused)
{
	(void)unused;
	expect(nvr_html_attr, "\" onload='x' `<>&",
	    "&quot; onload=&#39;x&#39; &#96;&lt;&gt;&amp;");
	expect(nvr_html_attr, "a\nb", "a b");
}

static void
csv_fields_are_no_formulas(void **unused)
{
	(void)unused;
	expect(nvr_csv_field, NULL, "");
	expect(nvr_csv_field, "", "\"\"");
	expect(nvr_csv_field, "say \"yes\", 5-3", "\"say \"\"yes\"\", 5-3\"");
	expect(nvr_csv_field, "=1", "\"'=1\"");
	expect(nvr_csv_field, "+1", "\"'+1\"");
	expect(nvr_csv_field, "-1", "\"'-1\"");
	expect(nvr_csv_field, "@A", "\"'@A\"");
	expect(nvr_csv_field, "\t=1", "\" '=1\"");
	expect(nvr_csv_field, "\r\n=1", "\"  '=1\"");
	expect(nvr_csv_field, "  =1", "\"  '=1\"");
	expect(nvr_csv_field,
	    "\xef\xbc\x9d"
	    "1",
	    "\"'\xef\xbc\x9d"
	    "1\"");
	expect(nvr_csv_field, "\x01=1", "\"?'=1\"");
	expect(nvr_csv_field, "\"=1", "\"\"\"'=1\"");
	/* Where a locale separates with semicolons. */
	expect(nvr_csv_field, "a;=1", "\"a;'=1\"");
	expect(nvr_csv_field, "a\";\"=1", "\"a\"\";\"\"'=1\"");
	expect(nvr_csv_field, "a\nb", "\"a b\"");
}

static int
address(const char *text)
{
	struct nvr_error err;

	return nvr_mail_address(text, &err);
}

static void
an_address_is_one_and_bare(void **unused)
{
	char local[80], domain[400];

	(void)unused;
	assert_int_equal(address("jane@example.org"), 0);
	assert_int_equal(address("jane.d+x@mail.example.co"), 0);
	assert_int_equal(address("root@localhost"), 0);
	memset(local, 'a', 64);
	strlcpy(local + 64, "@b.org", 16);
	assert_int_equal(address(local), 0);
	memset(local, 'a', 65);
	strlcpy(local + 65, "@b.org", 15);
	assert_int_equal(address(local), NVR_E_USAGE);
	strlcpy(domain, "a@", sizeof(domain));
	for (int i = 0; i < 126; i++)
		strlcat(domain, "b.", sizeof(domain));
	strlcat(domain, "c", sizeof(domain));
	assert_int_equal(address(domain), NVR_E_USAGE); /* 255 */
	domain[3] = '\0';
	for (int i = 0; i < 125; i++)
		strlcat(domain, ".b", sizeof(domain));
	assert_int_equal(address(domain), 0);
	assert_int_equal(address(""), NVR_E_USAGE);
	assert_int_equal(address("@"), NVR_E_USAGE);
	assert_int_equal(address("a@b."), NVR_E_USAGE);
	assert_int_equal(address("a@b\r\nBcc: c@d"), NVR_E_USAGE);
	assert_int_equal(address("a@b,c@d"), NVR_E_USAGE);
	assert_int_equal(address("a b@c"), NVR_E_USAGE);
	assert_int_equal(address("<a@b>"), NVR_E_USAGE);
	assert_int_equal(address("a@b@c"), NVR_E_USAGE);
	assert_int_equal(address("j\xc3\xbcrgen@example.org"), NVR_E_USAGE);
	assert_int_equal(address("a@m\xc3\xbcnchen.de"), NVR_E_USAGE);
}

/* Lines of 76 at the most that end in CRLF, and nothing but ASCII. */
static void
expect_lines(const struct nvr_buf *b)
{
	size_t column = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '\r') {
			assert_true(i + 1 < b->len && b->data[i + 1] == '\n');
			assert_true(i == 0 || (b->data[i - 1] != ' ' &&
						  b->data[i - 1] != '\t'));
			column = 0;
			i++;
			continue;
		}
		assert_true(b->data[i] == '\t' ||
			    (b->data[i] >= ' ' && b->data[i] <= '~'));
		assert_true(++column <= 76);
	}
	assert_int_equal(column, 0);
}

static void
header_texts_fit_and_fold(void **unused)
{
	struct nvr_buf b = {0};
	struct nvr_error err;
	char text[400];

	(void)unused;
	assert_int_equal(nvr_mail_text_field(&b, "Subject", "plain", &err), 0);
	assert_string_equal(b.data, "Subject: plain\r\n");
	b.len = 0;
	assert_int_equal(
	    nvr_mail_text_field(&b, "Subject", "\xc3\xa4", &err), 0);
	assert_string_equal(b.data, "Subject: =?UTF-8?B?w6Q=?=\r\n");
	b.len = 0;
	/* What looks encoded stays what it is. */
	assert_int_equal(
	    nvr_mail_text_field(&b, "Subject", "=?UTF-8?B?eA==?=", &err), 0);
	assert_memory_equal(b.data, "Subject: =?UTF-8?B?PT9V", 23);
	b.len = 0;
	assert_int_equal(
	    nvr_mail_text_field(&b, "Subject", "a\r\nBcc: b", &err), 0);
	assert_string_equal(b.data, "Subject: a??Bcc: b\r\n");
	for (size_t n = 1; n + 1 < sizeof(text); n++) {
		memset(text, 'x', n);
		text[n] = '\0';
		if (n > 3)
			memcpy(text + n - 3, "\xe2\x82\xac", 3);
		b.len = 0;
		assert_int_equal(
		    nvr_mail_text_field(&b, "Subject", text, &err), 0);
		expect_lines(&b);
	}
	nvr_buf_release(&b);
}

static int
hex(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

static size_t
unquote(const struct nvr_buf *b, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '=' && b->data[i + 1] == '\r') {
			i += 2;
		} else if (b->data[i] == '=') {
			out[n++] = (char)(hex(b->data[i + 1]) << 4 |
					  hex(b->data[i + 2]));
			i += 2;
		} else if (b->data[i] != '\r') {
			out[n++] = b->data[i];
		}
	}
	return n;
}

static void
quoted_printable_gives_back_what_went_in(void **unused)
{
	static const char letters[] = "ab =\t\n\r.\xc3\xa4\x01~";
	struct nvr_error err;
	char text[600], back[1300];

	(void)unused;
	srandom(7);
	for (int round = 0; round < 3000; round++) {
		struct nvr_quoted q = {0};
		struct nvr_buf b = {0};
		size_t len = (size_t)random() % sizeof(text), at = 0, n;

		for (size_t i = 0; i < len; i++)
			text[i] = letters[(size_t)random() %
					  (round % 2 ? 2 : sizeof(letters))];
		while (at < len) {
			n = (size_t)random() % (len - at) + 1;
			assert_int_equal(
			    nvr_quoted_write(&q, &b, text + at, n, &err), 0);
			at += n;
		}
		assert_int_equal(nvr_quoted_end(&q, &b, &err), 0);
		expect_lines(&b);
		n = unquote(&b, back);
		/* A last line gets its end. */
		if (len > 0 && text[len - 1] != '\n')
			assert_int_equal(back[--n], '\n');
		assert_int_equal(n, len);
		assert_memory_equal(back, text, len);
		nvr_buf_release(&b);
	}
}

static void
base64_is_in_lines(void **unused)
{
	struct nvr_buf b = {0};
	struct nvr_error err;
	uint8_t data[200] = {0};

	(void)unused;
	assert_int_equal(nvr_mail_base64(&b, "foobar", 6, &err), 0);
	assert_string_equal(b.data, "Zm9vYmFy\r\n");
	b.len = 0;
	assert_int_equal(nvr_mail_base64(&b, "fooba", 5, &err), 0);
	assert_string_equal(b.data, "Zm9vYmE=\r\n");
	for (size_t n = 0; n < sizeof(data); n++) {
		b.len = 0;
		assert_int_equal(nvr_mail_base64(&b, data, n, &err), 0);
		expect_lines(&b);
	}
	nvr_buf_release(&b);
}

static void
a_date_is_as_mails_have_it(void **unused)
{
	struct nvr_buf b = {0};
	struct nvr_error err;

	(void)unused;
	assert_int_equal(
	    nvr_mail_date_field(&b, INT64_C(1795248000) * 1000000, &err), 0);
	assert_string_equal(
	    b.data, "Date: Sat, 21 Nov 2026 08:00:00 +0000\r\n");
	nvr_buf_release(&b);
}

/* A sealed column of the one row there is. */
static void
expect_sealed(struct nvr_state *s, int64_t id, const char *column, int i,
    const char *want)
{
	const struct nvr_column at = {"outbox", column, id};
	char path[PATH_MAX];
	struct nvr_buf plain = {0};
	struct nvr_error err;
	sqlite3_stmt *q;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/nvr.db", s->dir);
	assert_int_equal(sqlite3_open(path, &db), 0);
	assert_int_equal(
	    sqlite3_prepare_v2(
		db, "SELECT recipient, message FROM outbox", -1, &q, NULL),
	    0);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(nvr_sealed_get(s, 0, &at, sqlite3_column_blob(q, i),
			     (size_t)sqlite3_column_bytes(q, i), &plain, &err),
	    0);
	assert_string_equal(plain.data, want);
	assert_int_equal(sqlite3_step(q), SQLITE_DONE);
	sqlite3_finalize(q);
	sqlite3_close(db);
	nvr_buf_wipe(&plain);
}

static int
drop(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb, (void)type, (void)ftw;
	return remove(path);
}

static void
a_posted_mail_opens_with_the_owners_key(void **unused)
{
	char dir[] = "/tmp/nvr-report-XXXXXX";
	struct nvr_buf mail = {0};
	struct nvr_state *s;
	struct nvr_post post = {.now = 1,
	    .channel = "mail",
	    .kind = "report",
	    .to = "jane@example.org"};
	struct nvr_error err;
	int64_t id = 0;

	(void)unused;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(nvr_state_open(dir, NVR_STATE_CREATE, &s, &err), 0);
	assert_int_equal(nvr_buf_add(&mail, "hello", 5, &err), 0);
	assert_int_equal(nvr_mail_post(s, &post, &mail, &id, &err), 0);
	expect_sealed(s, id, "recipient", 0, "jane@example.org");
	expect_sealed(s, id, "message", 1, "hello");
	nvr_buf_release(&mail);
	nvr_state_close(s);
	assert_int_equal(nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* A sink that fails after so many writes. */
struct broken {
	int left;
};

static int
write_broken(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct broken *b = ctx;

	(void)data, (void)len;
	return b->left-- > 0 ? 0 : nvr_fail(err, NVR_E_IO, "broken");
}

static void
nothing_is_written_behind_a_failure(void **unused)
{
	struct broken broken = {2};
	const struct nvr_sink sink = {write_broken, &broken};
	struct nvr_error err = {0};
	struct nvr_report r = {.to = &sink, .err = &err};

	(void)unused;
	for (int i = 0; i < 1000000; i++) {
		nvr_putf(&r, "%d\n", i);
		nvr_put_html(&r, "<>");
		nvr_put_attr(&r, "\"");
	}
	assert_int_equal(r.rc, NVR_E_IO);
	assert_int_equal(broken.left, -1);
	assert_true(r.buf.cap < 1 << 18);
	nvr_buf_release(&r.buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(html_text_holds_no_markup),
	    cmocka_unit_test(html_attributes_are_not_left),
	    cmocka_unit_test(csv_fields_are_no_formulas),
	    cmocka_unit_test(an_address_is_one_and_bare),
	    cmocka_unit_test(header_texts_fit_and_fold),
	    cmocka_unit_test(quoted_printable_gives_back_what_went_in),
	    cmocka_unit_test(base64_is_in_lines),
	    cmocka_unit_test(a_date_is_as_mails_have_it),
	    cmocka_unit_test(a_posted_mail_opens_with_the_owners_key),
	    cmocka_unit_test(nothing_is_written_behind_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
