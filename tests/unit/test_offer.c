/* Exports that are asked for, made, fetched, and end. */
#include <dirent.h>

#include "account_help.h"

#include "core/erasure.h"
#include "core/offer.h"
#include "core/offer_int.h"
#include "core/retain.h"
#include "kill_help.h"

static struct nvr_buf got;
static void (*before_it_is_there)(void); /* a file has its name */

int __real_nvr_own(const char *path, struct nvr_error *e);
int __wrap_nvr_own(const char *path, struct nvr_error *e);
int
__wrap_nvr_own(const char *path, struct nvr_error *e)
{
	if (before_it_is_there != NULL)
		before_it_is_there();
	return __real_nvr_own(path, e);
}

static int
make_offers(void **state)
{
	int rc = make(state);

	rules.exports = (struct nvr_rate){3, NVR_DAY};
	return rc;
}

static int64_t account;

static int
ask_at(int64_t of, int64_t at, int64_t *id, int64_t *wait)
{
	const struct nvr_offer o = {
	    .account = of, .format = "zip", .language = "en", .asked_at = at};

	return nvr_offer_ask(s, &o, id, wait, &err);
}

static int64_t
ask(int64_t of)
{
	int64_t id = 0, wait;

	ok(ask_at(of, 0, &id, &wait));
	return id;
}

static char told[512];

static void
tell(void *ctx, const struct nvr_offer *o, const char *error)
{
	(void)ctx, (void)o;
	strlcpy(told, error != NULL ? error : "ready", sizeof(told));
}

static int64_t
open_requests(void)
{
	return sql(
	    "nvr.db", "SELECT COUNT(*) FROM request WHERE done_at IS NULL");
}

static int
make_pending(void)
{
	const struct nvr_offer_making m = {
	    .now = nvr_time_now(), .tool = "test", .told = tell};

	told[0] = '\0';
	return nvr_offer_make(s, &m, &err);
}

static int64_t
made(int64_t of)
{
	int64_t id = ask(of);

	ok(make_pending());
	assert_string_equal(told, "ready");
	return id;
}

static int
take(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	(void)ctx;
	return nvr_buf_add(&got, data, len, e);
}

static int
fetch_at(int64_t id, int64_t by, int64_t now)
{
	const struct nvr_sink sink = {take, NULL};

	nvr_buf_release(&got);
	return nvr_offer_fetch(s, id, by, &sink, now, &err);
}

static int
fetch(int64_t id, int64_t by)
{
	return fetch_at(id, by, nvr_time_now());
}

static void
assert_fetched(int64_t id, int64_t by)
{
	struct nvr_offered o;

	ok(fetch(id, by));
	ok(nvr_offer_get(s, id, &o, &err));
	assert_int_equal(o.row.size_bytes, got.len);
	nvr_offer_release(&o);
	assert_memory_equal(got.data, "PK\3\4", 4);
	assert_non_null(memmem(got.data, got.len, "MANIFEST.json.sig", 17));
	nvr_buf_release(&got);
}

static bool
is_there(int64_t id)
{
	char name[NVR_OFFER_PATH], path[256];

	nvr_offer_path(id, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void
put_file(const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/exports/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

/* But for its lock. */
static int
files(void)
{
	char path[256];
	struct dirent *e;
	DIR *d;
	int n = 0;

	snprintf(path, sizeof(path), "%s/exports", dir);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_type == DT_REG && strcmp(e->d_name, ".lock") != 0;
	closedir(d);
	return n;
}

static void
N20_what_is_asked_for_is_made_and_fetched(void **state)
{
	int64_t id, wait;
	char to[NVR_SETTING_TEXT];
	char *text;
	struct stat sb;
	char name[NVR_OFFER_PATH], path[256];

	(void)state;
	account = add("a@example.org");
	id = ask(account);
	assert_int_equal(logged(account, "export.asked", "zip"), 1);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM request r JOIN"
				       " export e ON e.id = r.id WHERE r.kind"
				       " = 'export' AND r.done_at IS NULL"),
	    1);
	assert_fails(fetch(id, account), NVR_E_AGAIN, "not made yet");
	assert_fails(ask_at(account, 0, &wait, &wait), NVR_E_AGAIN,
	    "in the making: wait for a minute");
	assert_true(wait > 0);
	ok(make_pending());
	assert_int_equal(logged(account, "request.done", "granted"), 1);
	text = letter(account, "export-ready", to);
	assert_non_null(text);
	assert_string_equal(to, "a@example.org");
	/* The only link is to the portal. */
	assert_non_null(strstr(text, "https://nvr.example\r\n"));
	assert_null(strstr(text, "https://nvr.example/"));
	free(text);
	assert_null(letter(account, "request-done", to));
	nvr_offer_path(id, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_fetched(id, account);
	assert_fetched(id, 0);
	assert_int_equal(logged(account, "export.taken", ""), 2);
	assert_false(holds(name, "MANIFEST"));
	ok(nvr_offer_drop(s, id, &err));
	assert_false(is_there(id));
	assert_fails(fetch(id, account), NVR_E_NOENT, "there is no export");
	assert_fails(nvr_offer_drop(s, id, &err), NVR_E_NOENT, "no export");
}

static void
anothers_export_is_as_if_it_did_not_exist(void **state)
{
	int64_t a = add("a@example.org"), b = add("b@example.org"), id;
	char none[sizeof(err.text)];

	(void)state;
	id = made(a);
	assert_fails(fetch(id, b), NVR_E_NOENT, "there is no export");
	strlcpy(none, err.text, sizeof(none));
	assert_int_equal(got.len, 0);
	ok(nvr_offer_drop(s, id, &err));
	assert_int_equal(fetch(id, b), NVR_E_NOENT);
	assert_string_equal(err.text, none);
	assert_int_equal(logged(a, "export.taken", ""), 0);
	assert_int_equal(fetch(0, b), NVR_E_NOENT);
	assert_int_equal(fetch(-1, 0), NVR_E_NOENT);
}

static void
past_its_time_it_is_not_to_be_had(void **state)
{
	int64_t id, now = nvr_time_now();

	(void)state;
	id = made(add("a@example.org"));
	ok(fetch_at(id, 0, now + NVR_OFFER_KEEP - NVR_MINUTE));
	assert_fails(fetch_at(id, 0, now + NVR_OFFER_KEEP + NVR_MINUTE),
	    NVR_E_NOENT, "past its time");
	nvr_buf_release(&got);
}

static void
no_more_are_made_than_the_rate_says(void **state)
{
	int64_t a = add("a@example.org"), b = add("b@example.org"), id, wait;
	int64_t at = nvr_time_now() - 2 * NVR_DAY;

	(void)state;
	for (int i = 0; i < 3; i++) {
		ok(ask_at(a, at, &id, &wait));
		ok(nvr_offer_drop(s, id, &err));
	}
	assert_fails(ask_at(a, at, &id, &wait), NVR_E_AGAIN, "wait for 8h");
	assert_int_equal(wait, 8 * NVR_HOUR);
	ok(ask_at(b, at, &id, &wait));
	ok(ask_at(a, at + 8 * NVR_HOUR, &id, &wait));
}

static void
what_cannot_be_asked_for_is_refused(void **state)
{
	struct nvr_offer o = {
	    .account = add("a@example.org"), .format = "zip", .language = "en"};
	int64_t id, wait;

	(void)state;
	o.format = "rar";
	assert_fails(nvr_offer_ask(s, &o, &id, &wait, &err), NVR_E_USAGE, "");
	o.format = "zip";
	o.language = "tlh";
	assert_fails(nvr_offer_ask(s, &o, &id, &wait, &err), NVR_E_USAGE, "");
	o.language = "en";
	o.include = 8;
	assert_fails(nvr_offer_ask(s, &o, &id, &wait, &err), NVR_E_USAGE, "");
	o.include = 0;
	o.account = 12345;
	assert_fails(
	    nvr_offer_ask(s, &o, &id, &wait, &err), NVR_E_NOENT, "account");
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM export"), 0);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM request"), 0);
}

static void
one_that_fails_says_why_and_is_asked_for_anew(void **state)
{
	int64_t a = add("a@example.org"), id = ask(a), b, other;

	(void)state;
	sql("nvr.db", "UPDATE export SET language = 'tlh'");
	b = add("b@example.org");
	other = ask(b);
	ok(make_pending());
	assert_string_equal(told, "ready");
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM export WHERE"
				       " state = 'failed' AND error <> ''"
				       " AND identity IS NULL"),
	    1);
	assert_int_equal(files(), 1);
	assert_fetched(other, b);
	assert_fails(fetch(id, a), NVR_E_NOENT, "could not be made");
	assert_int_equal(ask(a), id);
	ok(make_pending());
	assert_fetched(id, a);
	/* Under the one request, which is answered now. */
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(*) FROM request WHERE outcome ="
			  " 'granted'"),
	    2);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM request"), 2);
}

static void
past_its_time_it_is_not_made_and_its_request_is_still_due(void **state)
{
	int64_t a = add("a@example.org"), id, other, wait;
	int64_t at = nvr_time_now() - NVR_OFFER_KEEP - NVR_MINUTE;

	(void)state;
	ok(ask_at(a, at, &id, &wait));
	ok(make_pending());
	assert_string_equal(told, "");
	assert_fails(fetch(id, a), NVR_E_NOENT, "past its time");
	/* Nor is it in the way of one that is made, under the same request. */
	assert_int_equal(ask(a), id);
	ok(make_pending());
	assert_fetched(id, a);
	assert_int_equal(open_requests(), 0);
	ok(nvr_offer_drop(s, id, &err));
	/* Likewise once nvr-retain has taken the row. */
	ok(ask_at(a, at, &other, &wait));
	assert_int_not_equal(other, id);
	ok(make_pending());
	sql("nvr.db", "DELETE FROM export");
	assert_int_equal(open_requests(), 1);
	assert_int_equal(ask(a), other);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM request"), 2);
	assert_true(sql("nvr.db", "SELECT received_at FROM request WHERE"
				  " done_at IS NULL") == at);
}

static void
what_is_taken_back_is_a_request_that_was_refused(void **state)
{
	int64_t a = add("a@example.org"), b = add("b@example.org"), id;
	char to[NVR_SETTING_TEXT];
	char *text;

	(void)state;
	ask(b);
	id = ask(a);
	ok(nvr_account_restrict(s, a, "it is contested", &err));
	s->rights = false;
	ok(nvr_offer_drop(s, id, &err));
	s->rights = true;
	assert_int_equal(logged(a, "request.done", "refused"), 1);
	assert_int_equal(open_requests(), 1); /* b's */
	text = letter(a, "request-done", to);
	assert_non_null(text);
	assert_non_null(strstr(text, "was taken back"));
	free(text);
	assert_int_not_equal(ask(a), id);
	/* Who has it has been answered; that he has no more is no refusal. */
	ok(make_pending());
	assert_int_equal(open_requests(), 0);
	sql("nvr.db", "UPDATE request SET outcome = 'granted'");
	ok(nvr_offer_drop(
	    s, sql("nvr.db", "SELECT MIN(id) FROM export"), &err));
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM request WHERE"
				       " outcome <> 'granted'"),
	    0);
}

static int
make_and_die(void *ctx)
{
	(void)ctx;
	ok(nvr_state_open(dir, NVR_STATE_DURABLE, &s, &err));
	s->rules = &rules;
	s->actor.channel = "terminal";
	arm();
	return make_pending() == 0 ? 0 : 1;
}

static void
reopen(void)
{
	ok(nvr_state_open(dir, NVR_STATE_DURABLE, &s, &err));
	s->rules = &rules;
	s->rights = true;
	s->actor.channel = "terminal";
}

static void
killed_anywhere_it_is_made_by_the_next(void **state)
{
	int64_t a = add("a@example.org");
	int status, unmade = 0, done = 0;

	(void)state;
	rules.exports = (struct nvr_rate){1000, NVR_DAY};
	for (int at = 1;; at += 1 + at / 3) {
		int64_t id = ask(a);

		nvr_state_close(s);
		die_at = at;
		status = child(make_and_die, NULL);
		die_at = died_after = 0;
		reopen();
		if (fetch(id, a) == 0)
			done++;
		else
			unmade++;
		ok(make_pending());
		assert_fetched(id, a);
		assert_int_equal(files(), 1);
		ok(nvr_offer_drop(s, id, &err));
		assert_int_equal(files(), 0);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			break;
		}
	}
	print_message("killed: %d unmade, %d made\n", unmade, done);
	assert_true(unmade > 5);
}

static void
erase_account(void)
{
	before_it_is_there = NULL;
	ok(nvr_erase(s, account, &err));
}

static void
C22_erasing_takes_it_at_once(void **state)
{
	int64_t id;

	(void)state;
	account = add("a@example.org");
	id = made(account);
	assert_true(is_there(id));
	erase_account();
	assert_int_equal(files(), 0);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM export"), 0);
	assert_fails(fetch(id, 0), NVR_E_NOENT, "there is no export");
}

static void
C22_one_in_the_making_is_not_made_for_who_is_erased(void **state)
{
	(void)state;
	account = add("a@example.org");
	ask(account);
	before_it_is_there = erase_account;
	ok(make_pending());
	assert_null(before_it_is_there);
	assert_string_equal(told, "");
	assert_int_equal(files(), 0);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM export"), 0);
}

static int64_t dropped;

static void
drop_it(void)
{
	before_it_is_there = NULL;
	ok(nvr_offer_drop(s, dropped, &err));
}

static void
one_that_is_taken_back_while_it_is_made_is_not_ready(void **state)
{
	char to[NVR_SETTING_TEXT];

	(void)state;
	account = add("a@example.org");
	dropped = ask(account);
	before_it_is_there = drop_it;
	ok(make_pending());
	assert_string_equal(told, "");
	assert_int_equal(files(), 0);
	assert_int_equal(logged(account, "request.done", "granted"), 0);
	assert_null(letter(account, "export-ready", to));
}

static void
drop_and_ask(void)
{
	drop_it();
	/* As if it had been given up: under the same number. */
	sql("nvr.db", "UPDATE request SET done_at = NULL, outcome = NULL");
	assert_int_equal(ask(account), dropped);
	sql("nvr.db", "UPDATE export SET format = 'tar.gz'");
}

static void
one_that_is_asked_for_anew_meanwhile_is_made_as_it_is_asked_for(void **state)
{
	(void)state;
	account = add("a@example.org");
	dropped = ask(account);
	before_it_is_there = drop_and_ask;
	ok(make_pending());
	assert_string_equal(told, "ready");
	ok(fetch(dropped, account));
	assert_memory_equal(got.data, "\x1f\x8b", 2);
	nvr_buf_release(&got);
}

static void
restricted_and_deleted_accounts_have_that_right(void **state)
{
	int64_t a = add("a@example.org"), b = add("b@example.org");

	(void)state;
	ok(nvr_account_restrict(s, a, "it is contested", &err));
	ok(nvr_account_delete(s, b, NULL, &err));
	s->rights = false;
	assert_fetched(made(a), a);
	assert_fetched(made(b), b);
	assert_false(s->rights);
}

static void
files_that_no_row_names_are_swept(void **state)
{
	const struct nvr_offer_sweep look = {.until = INT64_MAX, .look = true};
	struct nvr_retain r = {.only = "exports"};
	struct nvr_retained plan = {0};
	struct nvr_error clock;
	int64_t id;
	int fd;

	(void)state;
	id = made(add("a@example.org"));
	put_file("0000000000001.age");
	put_file("0000000000001.age.Ab12Cd");
	put_file(".nvr-Ab12Cd");
	put_file("notes.txt");
	ok(nvr_offer_sweep(s, &look, &err));
	assert_int_equal(files(), 5);
	r.now = nvr_time_now() + NVR_MINUTE;
	ok(nvr_retain_plan(s, &r, &plan, &clock, &err));
	assert_int_equal(plan.kind[0].objects, 3);
	assert_int_equal(files(), 5);
	/* Who is writing may need a spool of his. */
	ok(nvr_offer_lock(s, &fd, &err));
	ok(nvr_retain_plan(s, &r, &plan, &clock, &err));
	assert_int_equal(plan.kind[0].objects, 2);
	assert_fails(make_pending(), NVR_E_AGAIN, "another nvr-export");
	close(fd);
	ok(make_pending());
	assert_int_equal(files(), 2);
	assert_fetched(id, 0);
	/* The row is past its time; grace is none here. */
	r.now += NVR_OFFER_KEEP;
	ok(nvr_retain_verify(s, &r, &plan, &err));
	assert_int_equal(plan.kind[0].objects, 1);
}

static void
a_file_that_is_damaged_or_gone_is_said_to_be(void **state)
{
	int64_t id = made(add("a@example.org"));
	char name[NVR_OFFER_PATH], path[256];
	FILE *f;

	(void)state;
	nvr_offer_path(id, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r+");
	fseek(f, 300, SEEK_SET);
	fputs("damaged", f);
	fclose(f);
	assert_fails(fetch(id, 0), NVR_E_DATA, "");
	sql("nvr.db", "UPDATE export SET identity = zeroblob(5000)");
	assert_fails(fetch(id, 0), NVR_E_DATA, "");
	sql("nvr.db", "UPDATE export SET identity = zeroblob(100)");
	assert_fails(fetch(id, 0), NVR_E_DATA, "");
	id = made(add("b@example.org"));
	nvr_offer_path(id, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	assert_fails(fetch(id, 0), NVR_E_NOENT, "is gone");
	nvr_buf_release(&got);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_offers, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(N20_what_is_asked_for_is_made_and_fetched),
	    T(anothers_export_is_as_if_it_did_not_exist),
	    T(past_its_time_it_is_not_to_be_had),
	    T(no_more_are_made_than_the_rate_says),
	    T(what_cannot_be_asked_for_is_refused),
	    T(one_that_fails_says_why_and_is_asked_for_anew),
	    T(past_its_time_it_is_not_made_and_its_request_is_still_due),
	    T(what_is_taken_back_is_a_request_that_was_refused),
	    T(killed_anywhere_it_is_made_by_the_next),
	    T(C22_erasing_takes_it_at_once),
	    T(C22_one_in_the_making_is_not_made_for_who_is_erased),
	    T(one_that_is_taken_back_while_it_is_made_is_not_ready),
	    T(one_that_is_asked_for_anew_meanwhile_is_made_as_it_is_asked_for),
	    T(restricted_and_deleted_accounts_have_that_right),
	    T(files_that_no_row_names_are_swept),
	    T(a_file_that_is_damaged_or_gone_is_said_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
