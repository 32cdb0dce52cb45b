/* Webhooks, SMS and programs. */
#include "deliver_help.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "net/public.h"
#include "seal/base64.h"

static void
only_public_addresses_are_anybodys(void **state)
{
	static const struct {
		const char *address;
		bool is;
	} all[] = {{"8.8.8.8", true}, {"0.0.0.0", false}, {"10.1.2.3", false},
	    {"100.64.0.1", false}, {"100.128.0.1", true}, {"127.9.9.9", false},
	    {"169.254.169.254", false}, {"172.15.0.1", true},
	    {"172.31.255.255", false}, {"172.32.0.1", true},
	    {"192.0.0.8", false}, {"192.168.1.1", false}, {"198.19.0.1", false},
	    {"198.20.0.1", true}, {"224.0.0.1", false}, {"239.1.1.1", false},
	    {"240.0.0.1", false}, {"255.255.255.255", false},
	    {"223.255.255.255", true}, {"2606:4700::1111", true}, {"::", false},
	    {"::1", false}, {"::127.0.0.1", false}, {"::ffff:127.0.0.1", false},
	    {"::ffff:8.8.8.8", true}, {"64:ff9b::10.0.0.1", false},
	    {"64:ff9b::8.8.8.8", true}, {"64:ff9b:1::1", false},
	    {"2002:7f00:1::", false}, {"2002:c0a8:101::", false},
	    {"2002:808:808::", true}, {"2001:0:1::", false},
	    {"2001:db8::1", false}, {"2001:4860::8888", true},
	    {"100::1", false}, {"fc00::1", false}, {"fd12::1", false},
	    {"fe80::1", false}, {"fec0::1", false}, {"ff02::1", false},
	    {"3fff::1", false}, {"5f00::1", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct sockaddr_in in = {.sin_family = AF_INET};
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
		bool four =
		    inet_pton(AF_INET, all[i].address, &in.sin_addr) == 1;

		if (!four)
			assert_int_equal(
			    inet_pton(AF_INET6, all[i].address, &in6.sin6_addr),
			    1);
		if (nvr_is_public(four ? (void *)&in : (void *)&in6) !=
		    all[i].is)
			fail_msg("%s", all[i].address);
	}
}

/* The secret of a contact, in bytes. */
static uint8_t key[64];
static int key_len;

static int
take_secret(void *ctx, const struct nvr_contact *c)
{
	struct nvr_buf address = {0}, secret = {0};
	size_t len;

	(void)ctx;
	ok(nvr_contact_open(s, c, &address, &secret, &err));
	len = strcspn(secret.data, "=");
	key_len = nvr_base64_decode(secret.data + 6, len - 6, key);
	nvr_buf_release(&address);
	nvr_buf_release(&secret);
	return 0;
}

static void
a_webhook_is_signed_as_the_standard_has_it(void **state)
{
	int64_t contact = add_webhook(0, "/ok"), id = post_alert(contact);
	char text[65536], want[128] = "v1,", shown[NVR_ID_TEXT];
	uint8_t mac[32];

	(void)state;
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	ok(nvr_contact_find(s->store, contact, take_secret, NULL, &err));
	assert_int_equal(key_len, 32);
	assert_string_equal(
	    said("http.log", 0, "webhook-id"), nvr_id_format(id, shown));
	snprintf(text, sizeof(text), "%s.%s.", shown,
	    said("http.log", 0, "webhook-timestamp"));
	strlcat(text, said("http.log", 0, "body"), sizeof(text));
	ok(nvr_hmac(key, 32, text, strlen(text), mac, &err));
	nvr_base64_encode(mac, 32, want + 3);
	strlcat(want, "=", sizeof(want));
	assert_string_equal(said("http.log", 0, "webhook-signature"), want);
	assert_string_equal(
	    said("http.log", 0, "content-type"), "application/json");
	assert_non_null(strstr(said("http.log", 0, "body"),
	    "\"kind\":\"camera-offline\",\"what\":\"opened\",\"subject\":"
	    "\"Door\""));
}

static void
no_webhook_reaches_a_private_address_whatever_its_name(void **state)
{
	char url[128];

	(void)state;
	post_alert(add_webhook(0, "/ok")); /* localhost, by name */
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/ok", port("https"));
	post_alert(add_contact(0, "webhook", url));
	snprintf(url, sizeof(url), "https://[::ffff:127.0.0.1]:%d/ok",
	    port("https"));
	post_alert(add_contact(0, "webhook", url));
	rules.notify.webhook_private = false;
	/* A proxy would be asked in our stead. */
	setenv("https_proxy", "http://127.0.0.1:9", 1);
	run();
	unsetenv("https_proxy");
	assert_int_equal(last.n, 3);
	assert_int_equal(last.fate, NVR_FATE_LATER);
	assert_non_null(strstr(last.why, "private"));
	assert_int_equal(count_received("http.log"), 0);
	assert_int_equal(
	    COUNT("error LIKE '%127.%' OR error LIKE '%local%'"), 0);
	/* And without TLS there are none. */
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", port("http"));
	assert_fails(nvr_contact_add(s, 0,
			 &(struct nvr_contact_change){
			     .channel = "webhook", .address = url},
			 &(int64_t){0}, &err),
	    NVR_E_USAGE, "https");
}

static void
what_a_webhook_answers_decides(void **state)
{
	static const struct {
		const char *path;
		enum nvr_fate fate;
		int64_t least, most; /* seconds to wait; 0: for good */
	} all[] = {
	    {"/status/204", NVR_FATE_SENT, 0, 0},
	    {"/endless", NVR_FATE_SENT, 0, 0},
	    {"/status/500", NVR_FATE_LATER, WAIT_AT_LEAST, WAIT_AT_MOST},
	    {"/status/408", NVR_FATE_LATER, WAIT_AT_LEAST, WAIT_AT_MOST},
	    {"/redirect", NVR_FATE_LATER, WAIT_AT_LEAST, WAIT_AT_MOST},
	    {"/after/429/7200", NVR_FATE_LATER, 7200, 7200},
	    {"/after/503/600", NVR_FATE_LATER, 600, 600},
	    {"/after/503/99999999", NVR_FATE_LATER, 86400, 86400},
	    {"/after/429/1", NVR_FATE_LATER, 60, 60},
	    {"/after/500/7200", NVR_FATE_LATER, WAIT_AT_LEAST, WAIT_AT_MOST},
	    {"/status/400", NVR_FATE_DEAD, 0, 0},
	    {"/status/404", NVR_FATE_DEAD, 0, 0},
	    {"/status/410", NVR_FATE_ENDED, 0, 0},
	    {"/hang", NVR_FATE_LATER, WAIT_AT_LEAST, WAIT_AT_MOST},
	};

	(void)state;
	rules.notify.timeout = NVR_SECOND;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sql("nvr.db", "DELETE FROM outbox");
		drop_file("http.log");
		post_alert(add_webhook(0, all[i].path));
		run();
		if (last.n != 1 || last.fate != all[i].fate)
			fail_msg("%s: %s, %s", all[i].path,
			    nvr_fate_names[last.fate], last.why);
		assert_int_equal(count_received("http.log"), 1);
		if (all[i].most != 0)
			assert_waits(all[i].least, all[i].most);
		assert_int_equal(COUNT("next_at > 0"), all[i].most != 0);
	}
	/* Who said 410 is not asked again. */
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM contact"), 14 - 1);
	assert_int_equal(logged(0, "contact.removed", "410"), 1);
}

static void
what_fails_holds_up_its_contact_and_nobody_else(void **state)
{
	int64_t bad = add_webhook(0, "/status/500");
	int64_t good = add_webhook(0, "/ok");

	(void)state;
	post_alert(bad);
	post_alert(bad);
	post_alert(good);
	run();
	assert_int_equal(last.n, 2);
	assert_int_equal(count_received("http.log"), 2);
	assert_int_equal(COUNT("attempts = 0 AND next_at > created_at"), 1);
	assert_int_equal(COUNT("sent_at IS NOT NULL"), 1);
}

static void
sms_goes_by_the_api_with_its_token_and_without_a_trace_of_the_number(
    void **state)
{
	int64_t ann = add("ann@example.org"), contact;
	struct nvr_alert_news bare = door;

	(void)state;
	bare.site = bare.why = "";
	assert_fails(nvr_contact_add(s, ann,
			 &(struct nvr_contact_change){
			     .channel = "sms", .address = "+49301234567"},
			 &contact, &err),
	    NVR_E_USAGE, "consent");
	agree(ann, true);
	contact = add_contact(ann, "sms", "+49301234567");
	post_alert(contact);
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	assert_string_equal(said("http.log", 0, "path"),
	    "/2010-04-01/Accounts/AC1/Messages.json");
	assert_string_equal(said("http.log", 0, "authorization"),
	    "Basic QUMxOnRva2VuLW9mLXRoZS1hY2NvdW50");
	assert_non_null(strstr(said("http.log", 0, "body"),
	    "To=%2B49301234567&From=%2B4930111&Body=Gatehouse%3A%20The%20"
	    "camera%20Door%20sends%20no%20pictures"));
	assert_non_null(strstr(said("http.log", 0, "body"),
	    "%20pictures%2C%20Shop%2C%20since%202026-11-21%2008%3A00%20UTC%3A%"
	    "20"
	    "no%20picture%20for%203%20minutes"));
	/* What there is not is not said. */
	post_news(contact, &bare, 1, false);
	run();
	assert_non_null(strstr(said("http.log", 1, "body"),
	    "no%20pictures%2C%20since%202026-11-21%2008%3A00%20UTC"));
	assert_null(strstr(said("http.log", 1, "body"), "UTC%3A"));
	/* Neither the number nor the token is in what is kept. */
	put_file("sms", "400 21211");
	post_alert(contact);
	run();
	assert_int_equal(last.fate, NVR_FATE_DEAD);
	assert_non_null(strstr(last.why, "400, code 21211: To …"));
	assert_false(holds("nvr.db", "49301234567"));
	assert_false(holds("nvr.db-wal", "49301234567"));
	assert_false(holds("nvr.db-wal", "token-of-the-account"));
	/* Ours to mend: nobody's SMS is given up for it. */
	put_file("sms", "401 20003");
	post_alert(contact);
	post_alert(contact);
	run();
	assert_int_equal(last.n, 1);
	assert_int_equal(last.fate, NVR_FATE_BLOCKED);
	put_file("sms", "400 21610");
	hurry();
	run();
	assert_int_equal(last.fate, NVR_FATE_ENDED);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM contact"), 0);
	assert_int_equal(COUNT("next_at > 0"), 0);
}

static void
C14_withdrawn_consent_stops_what_waits_and_deletes_the_number(void **state)
{
	int64_t ann = add("ann@example.org"), id;

	(void)state;
	sql("nvr.db", "DELETE FROM outbox");
	agree(ann, true);
	id = add_contact(ann, "sms", "+49301234567");
	assert_true(post_alert(id) != 0);
	agree(ann, false);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM contact"), 0);
	assert_int_equal(COUNT("channel = 'sms'"), 0);
	run();
	assert_int_equal(last.n, 0);
	/* And where somebody withdrew it behind our back. */
	agree(ann, true);
	id = add_contact(ann, "sms", "+49301234567");
	post_alert(id);
	sql("nvr.db", "UPDATE consent SET given = 0");
	assert_int_equal(post_alert(id), 0);
	run();
	assert_int_equal(last.fate, NVR_FATE_WITHHELD);
	assert_int_equal(COUNT("channel = 'sms'"), 0);
	assert_int_equal(count_received("http.log"), 0);
	assert_int_equal(logged(ann, "message.withheld", "consent"), 1);
}

static void
programs_are_run_for_the_operator_alone(void **state)
{
	char script[128], text[256], seen[128];
	int64_t ann = add("ann@example.org"), id, row;
	struct nvr_buf out = {0};

	(void)state;
	snprintf(script, sizeof(script), "%s/program", servers);
	snprintf(text, sizeof(text),
	    "#!/bin/sh\ncat >%s/given\necho $NVR_ID $* >>%s/given\n", servers,
	    servers);
	put_file("program", text);
	assert_int_equal(chmod(script, 0700), 0);
	assert_fails(nvr_contact_add(s, ann,
			 &(struct nvr_contact_change){
			     .channel = "exec", .address = script},
			 &id, &err),
	    NVR_E_USAGE, "--operator");
	id = add_contact(0, "exec", script);
	row = post_alert(id);
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	snprintf(seen, sizeof(seen), "%s/given", servers);
	ok(nvr_file_read(seen, 65536, &out, &err));
	assert_non_null(strstr(out.data, "\"severity\":\"critical\""));
	nvr_id_format(row, text);
	assert_non_null(strstr(out.data, text));
	nvr_buf_release(&out);
	put_file("program", "#!/bin/sh\nexit 3\n");
	post_alert(id);
	run();
	assert_int_equal(last.fate, NVR_FATE_LATER);
	/* One that somebody made another's in the store. */
	sql("nvr.db", "DELETE FROM outbox");
	post_alert(id);
	sql("nvr.db", "UPDATE contact SET account_id = 5");
	run();
	assert_int_equal(last.fate, NVR_FATE_WITHHELD);
}

static void
contacts_are_refused_that_make_no_sense(void **state)
{
	static const struct nvr_contact_change bad[] = {
	    {.channel = "mail", .address = "jane"},
	    {.channel = "mail", .address = "a@b.c\nBcc: x"},
	    {.channel = "mail", .address = ""},
	    {.channel = "pigeon", .address = "x"},
	    {.channel = "sms", .address = "0301234567"},
	    {.channel = "sms", .address = "+0301234567"},
	    {.channel = "webhook", .address = "ftp://x.example/"},
	    {.channel = "webhook", .address = "https://u:p@x.example/"},
	    {.channel = "webhook", .address = "https://x.example/#a"},
	    {.channel = "webhook",
		.address = "https://x.example/",
		.secret = "whsec_AAAA"},
	    {.channel = "mail",
		.address = "j@example.org",
		.secret = "whsec_AAAA"},
	    {.channel = "exec", .address = "ls"},
	    {.channel = "mail", .address = "j@example.org", .quiet = "22-7"},
	    {.channel = "mail",
		.address = "j@example.org",
		.quiet = "24:00-07:00"},
	    {.channel = "mail",
		.address = "j@example.org",
		.quiet = "07:00-07:00"},
	    {.channel = "mail", .address = "j@example.org", .zone = "../x"},
	    {.channel = "mail", .address = "j@example.org", .kinds = "A;B"},
	    {.channel = "mail", .address = "j@example.org", .kinds = "a  b"},
	    {.channel = "mail",
		.address = "j@example.org",
		.kinds = "storage-low "},
	    {.channel = "mail",
		.address = "j@example.org",
		.kinds = "storage-low camera-offlin"},
	    {.channel = "mail", .address = "j@example.org", .after = -1},
	};
	int64_t id = 0, ann = add("ann@example.org");
	const struct nvr_contact_change other = {
	    .channel = "mail", .address = "eve@example.org"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (nvr_contact_add(s, 0, &bad[i], &id, &err) != NVR_E_USAGE)
			fail_msg("%zu: %s", i, err.text);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM contact"), 0);
	/* An account itself cannot have others written to. */
	assert_fails(
	    nvr_contact_add(s, ann, &other, &id, &err), NVR_E_USAGE, "own");
	add_contact(ann, "mail", "ann@example.org");
	assert_fails(
	    nvr_contact_add(s, 12345, &other, &id, &err), NVR_E_NOENT, "");
	for (int i = 1; i < NVR_CONTACTS_MAX; i++)
		add_contact(ann, "mail", "ann@example.org");
	assert_fails(nvr_contact_add(s, ann,
			 &(struct nvr_contact_change){
			     .channel = "mail", .address = "ann@example.org"},
			 &id, &err),
	    NVR_E_USAGE, "the most");
	assert_fails(nvr_contact_remove(s, 1, &err), NVR_E_NOENT, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_all, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_public_addresses_are_anybodys),
	    TEST(a_webhook_is_signed_as_the_standard_has_it),
	    TEST(no_webhook_reaches_a_private_address_whatever_its_name),
	    TEST(what_a_webhook_answers_decides),
	    TEST(what_fails_holds_up_its_contact_and_nobody_else),
	    TEST(
		sms_goes_by_the_api_with_its_token_and_without_a_trace_of_the_number),
	    TEST(C14_withdrawn_consent_stops_what_waits_and_deletes_the_number),
	    TEST(programs_are_run_for_the_operator_alone),
	    TEST(contacts_are_refused_that_make_no_sense),
	};

	return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
