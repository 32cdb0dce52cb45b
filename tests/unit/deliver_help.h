/* A store whose messages go to servers of tests/lib/notify_server.py. */
#ifndef TESTS_DELIVER_HELP_H
#define TESTS_DELIVER_HELP_H

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account_help.h"
#include "base/file.h"
#include "base/id.h"
#include "core/consent.h"
#include "core/contact.h"
#include "core/deliver.h"
#include "core/mail.h"
#include "store/outbox.h"

extern char **environ;

static char servers[64];
static pid_t server;
static int server_in = -1;
static int64_t skew; /* of the clock */

int64_t __real_nvr_time_now(void);
int64_t __wrap_nvr_time_now(void);
int64_t
__wrap_nvr_time_now(void)
{
	return __real_nvr_time_now() + skew;
}

static inline void
put_file(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", servers, name);
	ok(nvr_file_write(path, text, strlen(text), 0600, 0, &err));
}

static inline void
drop_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", servers, name);
	unlink(path);
}

static inline int
port(const char *name)
{
	char path[128], line[64];
	size_t n = strlen(name);
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/ports", servers);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, n) == 0 && line[n] == '=')
			found = (int)strtonum(
			    strtok(line + n + 1, "\n"), 1, 65535, NULL);
	if (f != NULL)
		fclose(f);
	return found;
}

static inline int
start_servers(void **state)
{
	char script[] = "tests/lib/notify_server.py";
	char *argv[] = {(char *)"python3", script, servers, NULL};
	posix_spawn_file_actions_t fa;
	int in[2];

	(void)state;
	strlcpy(servers, "/tmp/nvr-test-servers-XXXXXX", sizeof(servers));
	if (mkdtemp(servers) == NULL || pipe2(in, O_CLOEXEC) != 0)
		return -1;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in[0], 0);
	if (posix_spawnp(&server, "python3", &fa, NULL, argv, environ) != 0)
		return -1;
	posix_spawn_file_actions_destroy(&fa);
	close(in[0]);
	server_in = in[1];
	for (int i = 0; i < 1000 && port("http") == 0; i++)
		usleep(20000);
	return port("http") == 0 ? -1 : 0;
}

static inline int
stop_servers(void **state)
{
	(void)state;
	close(server_in);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	return nftw(servers, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* Mail goes to that server. */
static inline void
use_smtp(const char *scheme, const char *name)
{
	snprintf(rules.notify.smtp, sizeof(rules.notify.smtp),
	    "%s://127.0.0.1:%d", scheme, port(name));
}

static inline int
make_all(void **state)
{
	int rc = make(state);

	drop_file("smtp");
	drop_file("sms");
	drop_file("mail.log");
	drop_file("http.log");
	skew = 0;
	rules.notify = (struct nvr_notify_rules){.timeout = 5 * NVR_SECOND,
	    .webhook_private = true,
	    .mail = {1000, NVR_HOUR},
	    .sms = {1000, NVR_HOUR},
	    .webhook = {1000, NVR_HOUR},
	    .sms_account = "AC1",
	    .sms_from = "+4930111"};
	snprintf(rules.notify.tls_ca, sizeof(rules.notify.tls_ca), "%s/ca.pem",
	    servers);
	snprintf(rules.notify.sms_url, sizeof(rules.notify.sms_url),
	    "https://localhost:%d/", port("https"));
	snprintf(rules.notify.sms_token, sizeof(rules.notify.sms_token),
	    "%s/token", servers);
	put_file("token", "token-of-the-account\n");
	use_smtp("smtp", "smtp");
	return rc;
}

/* Lines of mail.log or http.log as an array, which the caller frees. */
static inline json_t *
received(const char *name)
{
	char path[128], line[65536];
	json_t *all = json_array();
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", servers, name);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		json_array_append_new(all, json_loads(line, 0, NULL));
	if (f != NULL)
		fclose(f);
	return all;
}

static inline size_t
count_received(const char *name)
{
	json_t *all = received(name);
	size_t n = json_array_size(all);

	json_decref(all);
	return n;
}

/* A text of the nth entry; borrowed until the next call. */
static inline const char *
said(const char *name, size_t n, const char *key)
{
	static char text[65536];
	json_t *all = received(name), *at = json_array_get(all, n);
	const char *found = json_string_value(json_object_get(at, key));

	if (found == NULL)
		found = json_string_value(
		    json_object_get(json_object_get(at, "headers"), key));
	strlcpy(text, found != NULL ? found : "", sizeof(text));
	json_decref(all);
	return text;
}

static struct told {
	int n;
	int64_t id, next_at, attempts;
	enum nvr_fate fate;
	char why[512];
} last;

static inline void
tell(void *ctx, const struct nvr_delivered *d)
{
	(void)ctx;
	last.n++;
	last.id = d->id;
	last.next_at = d->next_at;
	last.attempts = d->attempts;
	last.fate = d->fate;
	strlcpy(last.why, d->why, sizeof(last.why));
}

static const struct nvr_deliver deliver = {13, tell, NULL};
static struct nvr_deliver_sum sum;

static inline int
try_run(void)
{
	last = (struct told){0};
	return nvr_deliver_run(s, &deliver, &sum, &err);
}

static inline void
run(void)
{
	ok(try_run());
}

/* All that waits is due. */
static inline void
hurry(void)
{
	sql("nvr.db", "UPDATE outbox SET next_at = 1 WHERE next_at > 0");
}

static inline int64_t
post_mail(int64_t account, const char *kind, const char *to, const char *text)
{
	struct nvr_buf message = {0};
	struct nvr_post p = {.id = nvr_id_new(),
	    .account = account,
	    .now = nvr_time_now(),
	    .channel = "mail",
	    .kind = kind,
	    .to = to};
	char id[NVR_ID_TEXT];
	int64_t row = 0;

	ok(nvr_buf_addf(&message, &err,
	    "From: nvr@example.org\r\nTo: %s\r\nSubject: %s\r\n"
	    "Message-ID: <%s@example.org>\r\n\r\n.\r\n%s\r\n",
	    to, text, nvr_id_format(p.id, id), text));
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_mail_post(s, &p, &message, &row, &err));
	ok(nvr_store_commit(s->store, &err));
	nvr_buf_release(&message);
	return row;
}

static inline int64_t
add_contact(int64_t account, const char *channel, const char *address)
{
	const struct nvr_contact_change c = {
	    .channel = channel, .address = address, .least = NVR_WARNING};
	int64_t id = 0;

	ok(nvr_contact_add(s, account, &c, &id, &err));
	return id;
}

static const struct nvr_alert_news door = {.alert = 77,
    .kind = "camera-offline",
    .what = "opened",
    .subject = "Door",
    .site = "Shop",
    .why = "no picture for 3 minutes",
    .severity = NVR_CRITICAL,
    .since = INT64_C(1795248000) * NVR_SECOND,
    .at = INT64_C(1795248060) * NVR_SECOND};

struct posting {
	const struct nvr_alert_news *news;
	size_t n;
	bool essential;
	int64_t id;
};

static inline int
post_one(void *ctx, const struct nvr_contact *c)
{
	struct posting *p = ctx;

	return nvr_contact_post(
	    s, c, p->news, p->n, p->essential, &p->id, &err);
}

static inline int64_t
post_news(int64_t contact, const struct nvr_alert_news *news, size_t n,
    bool essential)
{
	struct posting p = {news, n, essential, 0};

	ok(nvr_store_begin(s->store, &err));
	ok(nvr_contact_find(s->store, contact, post_one, &p, &err));
	ok(nvr_store_commit(s->store, &err));
	return p.id;
}

static inline int64_t
post_alert(int64_t contact)
{
	return post_news(contact, &door, 1, false);
}

/* A webhook to a path of the server. */
static inline int64_t
add_webhook(int64_t account, const char *path)
{
	char url[128];

	snprintf(
	    url, sizeof(url), "https://localhost:%d%s", port("https"), path);
	return add_contact(account, "webhook", url);
}

static inline void
agree(int64_t account, bool given)
{
	const struct nvr_consent yes = {.account = account,
	    .kind = NVR_SMS_ALERTS,
	    .given = given,
	    .version = nvr_sms_alerts_version,
	    .text = nvr_sms_alerts_text,
	    .channel = "terminal"};

	ok(nvr_store_begin(s->store, &err));
	ok(nvr_consent_set(s, &yes, &err));
	ok(nvr_store_commit(s->store, &err));
}

/* A child delivers, and is killed by the server that has taken it. */
static inline void
be_killed(void)
{
	char pid[32];
	int status = 0;
	pid_t child;

	nvr_state_close(s);
	child = fork();
	if (child == 0) {
		struct nvr_state *own = NULL;
		struct nvr_error e;

		/* Until its id is where the server looks for it. */
		usleep(200000);
		if (nvr_state_open(dir, 0, &own, &e) != 0)
			_exit(1);
		own->rules = &rules;
		nvr_deliver_run(own, &deliver, &sum, &e);
		_exit(0);
	}
	snprintf(pid, sizeof(pid), "%d\n", (int)child);
	put_file("victim", pid);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	drop_file("victim");
	ok(nvr_state_open(dir, 0, &s, &err));
	s->rules = &rules;
}

#define COUNT(what) sql("nvr.db", "SELECT COUNT(*) FROM outbox WHERE " what)
#define WAIT_AT_LEAST 54 /* seconds of the first one */
#define WAIT_AT_MOST 66

static inline void
assert_waits(int64_t least, int64_t most)
{
	int64_t in = (last.next_at - nvr_time_now()) / NVR_SECOND;

	if (in < least - 5 || in > most + 1)
		fail_msg("the next attempt is in %" PRId64 " s", in);
}

#endif
