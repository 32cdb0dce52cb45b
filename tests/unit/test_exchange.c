/* A request to a model, its retries, its key and its pace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/time.h"
#include "core/exchange_int.h"
#include "http_server.h"

#define KEY "sk-very-secret-0123456789"
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define JSON "Content-Type: application/json\r\n"
#define SOON JSON "Retry-After-Ms: 2\r\n"
#define OK                                                                     \
	"{\"model\":\"m-1\",\"choices\":[{\"message\":{\"content\":\"fine\"}," \
	"\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,"       \
	"\"completion_tokens\":20}}"

static char key_file[] = "/tmp/nvr-key-XXXXXX";

static int
write_key(const char *text, size_t len, mode_t mode)
{
	int fd = open(key_file, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len ||
	    fchmod(fd, mode) != 0)
		return -1;
	return close(fd);
}

static int
make_key(void **state)
{
	(void)state;
	close(mkstemp(key_file));
	return write_key(
	    KEY "\r\nnot this\n", sizeof(KEY "\r\nnot this"), 0600);
}

static int
remove_key(void **state)
{
	(void)state;
	return unlink(key_file);
}

static struct nvr_model
model_of(const char *url)
{
	struct nvr_model m = {.name = "gpt", .timeout = 5 * NVR_SECOND};

	strlcpy(m.url, url, sizeof(m.url));
	strlcpy(m.key_file, key_file, sizeof(m.key_file));
	return m;
}

static struct nvr_host *
host_of(const struct nvr_model *m)
{
	struct nvr_host *h;
	struct nvr_error err;

	if (nvr_host_open(m, &h, &err) != 0)
		fail_msg("%s", err.text);
	return h;
}

/* An exchange as its owner sees it. */
struct seen {
	int refuse_at;	/* before refuses that one; 0: none */
	int fail_after; /* after fails then */
	int befores, afters, dones, rc;
	char status[32], why[512], content[64], model[32], id[64];
	char error[512]; /* of the newest attempt */
	struct nvr_tried t[3];
	int64_t tokens;
};

static int
before(void *ctx, struct nvr_error *err)
{
	struct seen *s = ctx;

	if (++s->befores == s->refuse_at)
		return nvr_fail(err, NVR_E_PERMISSION, "no money");
	return 0;
}

static int
after(void *ctx, const struct nvr_tried *t, struct nvr_error *err)
{
	struct seen *s = ctx;

	assert_int_equal(t->ordinal, ++s->afters);
	assert_int_equal(s->befores, s->afters);
	assert_true(nvr_time_now() - t->at < 10 * NVR_SECOND);
	s->t[s->afters - 1] = *t;
	strlcpy(s->error, nvr_or_empty(t->error), sizeof(s->error));
	strlcpy(s->model, nvr_or_empty(t->model), sizeof(s->model));
	strlcpy(s->id, nvr_or_empty(t->request_id), sizeof(s->id));
	assert_null(strstr(s->error, KEY));
	if (t->ordinal == s->fail_after)
		return nvr_fail(err, NVR_E_IO, "the disk is full");
	return 0;
}

static void
done(void *ctx, int rc, const struct nvr_chat_answer *a)
{
	struct seen *s = ctx;

	s->dones++;
	s->rc = rc;
	strlcpy(s->status, a->status, sizeof(s->status));
	strlcpy(s->why, a->why.code != 0 ? a->why.text : "", sizeof(s->why));
	strlcpy(s->content, nvr_or_empty(a->content), sizeof(s->content));
	s->tokens = a->tokens_in;
	assert_null(strstr(s->why, KEY));
}

static struct nvr_loop *
loop_new(void)
{
	struct nvr_loop *loop;
	struct nvr_error err;

	assert_int_equal(nvr_loop_open(&loop, &err), 0);
	return loop;
}

static int64_t deadline; /* of the next ones */

static void
begin(struct nvr_loop *loop, struct nvr_host *host, struct seen *s)
{
	const struct nvr_exchange_request req = {.host = host,
	    .body = "{}",
	    .len = 2,
	    .deadline = deadline,
	    .before = before,
	    .after = after,
	    .done = done,
	    .ctx = s};
	struct nvr_error err;

	assert_int_equal(nvr_exchange_start(loop, &req, &err), 0);
	assert_int_equal(s->befores + s->dones, 0);
}

/* Returns how many turns it took. */
static int
run(struct nvr_loop *loop)
{
	struct nvr_error err;
	int n = 0;

	for (; nvr_loop_pending(loop) > 0; n++)
		assert_int_equal(nvr_loop_turn(loop, NVR_SECOND, &err), 0);
	return n;
}

static void
exchange(struct nvr_host *host, struct seen *s)
{
	struct nvr_loop *loop = loop_new();

	begin(loop, host, s);
	run(loop);
	nvr_loop_close(loop);
	assert_int_equal(s->dones, 1);
}

/* With a server of its own; returns how many requests that saw. */
static int
exchange_with(const struct reply *replies, int n, struct seen *s)
{
	struct server *server = server_start(replies, n);
	struct nvr_model m = model_of(server->url);
	struct nvr_host *h = host_of(&m);
	int requests;

	exchange(h, s);
	requests = server->requests;
	if (s->why[0] != '\0' && s->rc == 0)
		assert_non_null(strstr(s->why, nvr_host_name(h)));
	nvr_host_close(h);
	server_stop(server);
	return requests;
}

static void
an_answer_is_told_with_what_it_took(void **state)
{
	static const struct reply reply = {
	    .headers = JSON "X-Request-Id: r1\r\n", .body = OK};
	struct seen s = {0};

	(void)state;
	assert_int_equal(exchange_with(&reply, 1, &s), 1);
	assert_string_equal(s.status, "ok");
	assert_string_equal(s.content, "fine");
	assert_int_equal(s.tokens, 100);
	assert_int_equal(s.afters, 1);
	assert_string_equal(s.model, "m-1");
	assert_string_equal(s.id, "r1");
	assert_null(s.t[0].error);
	assert_true(s.t[0].sent && !s.t[0].again);
	assert_int_equal(s.t[0].tokens_out, 20);
	assert_int_equal(s.t[0].tokens_cached, -1);
}

static void
the_key_goes_where_the_api_wants_it(void **state)
{
	static const struct reply reply = {.body = OK};
	static const struct {
		enum nvr_api api;
		bool key;
		const char *line;
	} t[] = {
	    {NVR_API_OPENAI, true, "\r\nAuthorization: Bearer " KEY "\r\n"},
	    {NVR_API_VLLM, true, "\r\nAuthorization: Bearer " KEY "\r\n"},
	    {NVR_API_AZURE, true, "\r\napi-key: " KEY "\r\n"},
	    {NVR_API_OLLAMA, false, NULL},
	};

	(void)state;
	for (int i = 0; i < COUNT(t); i++) {
		struct server *server = server_start(&reply, 1);
		struct nvr_model m = model_of(server->url);
		struct nvr_host *h;
		struct seen s = {0};

		m.api = t[i].api;
		strlcat(m.url, "/?api-version=1", sizeof(m.url));
		if (!t[i].key)
			m.key_file[0] = '\0';
		h = host_of(&m);
		exchange(h, &s);
		assert_string_equal(s.status, "ok");
		assert_non_null(strstr(server->log,
		    "POST /v1/chat/completions?api-version=1 HTTP/1.1\r\n"));
		assert_non_null(strstr(
		    server->log, "\r\nContent-Type: application/json\r\n"));
		if (t[i].line != NULL)
			assert_non_null(strstr(server->log, t[i].line));
		assert_int_equal(
		    strcasestr(server->log, "authorization") != NULL,
		    t[i].key && t[i].api != NVR_API_AZURE);
		nvr_host_close(h);
		server_stop(server);
	}
}

static void
what_may_pass_is_tried_three_times(void **state)
{
	static const char *const statuses[] = {
	    "408 a", "409 a", "429 a", "500 a", "503 a", "599 a"};

	(void)state;
	for (int i = 0; i < COUNT(statuses); i++) {
		struct seen s = {0};

		assert_int_equal(
		    exchange_with(&(struct reply){.status = statuses[i],
				      .headers = SOON,
				      .body = "{\"error\":\"busy\"}"},
			1, &s),
		    3);
		assert_string_equal(s.status, "error");
		assert_non_null(strstr(s.why, "busy"));
		assert_int_equal(s.rc, 0);
		assert_int_equal(s.afters, 3);
		assert_true(s.t[0].again && s.t[1].again && !s.t[2].again);
		assert_int_equal(s.t[0].http, s.t[2].http);
	}
}

static void
an_error_and_then_an_answer_is_an_answer(void **state)
{
	static const struct reply replies[] = {
	    {.status = "500 Oh", .headers = SOON},
	    {.status = "500 Oh",
		.headers =
		    JSON "X-Should-Retry: true\r\nRetry-After: 0.01\r\n"},
	    {.body = OK}};
	struct seen s = {0};

	(void)state;
	assert_int_equal(exchange_with(replies, 3, &s), 3);
	assert_string_equal(s.status, "ok");
	assert_int_equal(s.t[0].http, 500);
	assert_int_equal(s.t[2].http, 200);
	assert_string_equal(s.why, "");
}

static void
what_will_not_pass_is_not_tried_again(void **state)
{
	static const char *const statuses[] = {
	    "400 a", "401 a", "403 a", "404 a", "422 a"};

	(void)state;
	for (int i = 0; i < COUNT(statuses); i++) {
		struct seen s = {0};

		assert_int_equal(
		    exchange_with(
			&(struct reply){.status = statuses[i],
			    .headers = SOON "X-Should-Retry: true\r\n"},
			1, &s),
		    1);
		assert_string_equal(s.status, "error");
		assert_false(s.t[0].again);
	}
}

static void
the_server_says_whether_to_try_again(void **state)
{
	struct seen no = {0}, yes = {0}, neither = {0};

	(void)state;
	assert_int_equal(
	    exchange_with(&(struct reply){.status = "500 a",
			      .headers = SOON "X-Should-Retry: false\r\n"},
		1, &no),
	    1);
	assert_int_equal(
	    exchange_with(&(struct reply){.status = "418 a",
			      .headers = SOON "X-Should-Retry: true\r\n"},
		1, &yes),
	    3);
	assert_int_equal(
	    exchange_with(&(struct reply){.status = "418 a", .headers = SOON},
		1, &neither),
	    1);
}

static void
a_quota_that_is_used_up_is_not_asked_again(void **state)
{
	static const struct reply replies[] = {
	    {.status = "429 a",
		.headers = JSON "Retry-After: 20\r\nX-Should-Retry: true\r\n",
		.body = "{\"error\":{\"code\":\"insufficient_quota\","
			"\"message\":\"pay\"}}"},
	    {.body = OK}};
	struct server *server = server_start(replies, 2);
	struct nvr_model m = model_of(server->url);
	struct nvr_host *h = host_of(&m);
	struct seen s[2] = {0};

	(void)state;
	exchange(h, &s[0]);
	assert_int_equal(s[0].afters, 1);
	assert_string_equal(s[0].status, "error");
	assert_int_equal(h->held, 0);
	exchange(h, &s[1]); /* at once */
	assert_string_equal(s[1].status, "ok");
	nvr_host_close(h);
	server_stop(server);
}

static void
a_server_that_wants_too_long_a_wait_is_left_alone(void **state)
{
	static const struct {
		const char *headers, *says;
	} t[] = {
	    {JSON "Retry-After: 121\r\n", "no call before 20"},
	    {JSON "Retry-After-Ms: 120001\r\n", "no call before 20"},
	    {JSON "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n",
		"no call before 2100-01-01T00:00:0"},
	};

	(void)state;
	for (int i = 0; i < COUNT(t); i++) {
		struct seen s = {0};

		assert_int_equal(
		    exchange_with(&(struct reply){.status = "503 a",
				      .headers = t[i].headers},
			1, &s),
		    1);
		assert_non_null(strstr(s.why, t[i].says));
	}
}

static void
a_redirect_is_not_followed(void **state)
{
	static const struct reply ok = {.body = OK};
	struct server *other = server_start(&ok, 1);
	char headers[128], to[32];
	struct seen s = {0};

	(void)state;
	snprintf(to, sizeof(to), "127.0.0.1:%d", other->port);
	snprintf(headers, sizeof(headers),
	    SOON "Location: http://%s/path?" KEY "\r\n", to);
	assert_int_equal(
	    exchange_with(
		&(struct reply){.status = "308 a", .headers = headers}, 1, &s),
	    1);
	assert_string_equal(s.status, "error");
	assert_non_null(strstr(s.why, to));
	assert_null(strstr(s.why, "path"));
	assert_int_equal(other->connections, 0);
	server_stop(other);
}

static void
what_broke_off_may_be_billed(void **state)
{
	static const struct reply half = {
	    .raw = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
	    .hang_up = true};
	struct seen s = {.fail_after = 1};

	(void)state;
	exchange_with(&half, 1, &s);
	assert_string_equal(s.t[0].status, "error");
	assert_true(s.t[0].sent && s.t[0].again);
	assert_int_equal(s.t[0].tokens_in, -1);
	assert_non_null(strstr(s.error, "broke"));
}

static void
what_nobody_took_was_not_sent(void **state)
{
	int port, fd = listen_on_loopback(&port); /* which refuses */
	struct nvr_model m;
	struct nvr_host *h;
	struct seen s = {.fail_after = 1};
	char url[64];

	(void)state;
	snprintf(url, sizeof(url), "http://localhost:%d", port);
	m = model_of(url);
	h = host_of(&m);
	exchange(h, &s);
	assert_true(!s.t[0].sent && s.t[0].again);
	assert_non_null(strstr(s.error, "[model gpt]"));
	nvr_host_close(h);
	close(fd);
}

static void
a_timeout_is_tried_again_after_half_a_second(void **state)
{
	static const struct reply replies[] = {
	    {.delay_ms = 5000, .hang_up = true}, {.body = OK}};
	struct server *server = server_start(replies, 2);
	struct nvr_model m = model_of(server->url);
	int64_t start = nvr_time_monotonic(), took;
	struct nvr_host *h;
	struct seen s = {0};

	(void)state;
	m.timeout = 100 * NVR_MILLISECOND;
	h = host_of(&m);
	exchange(h, &s);
	took = nvr_time_monotonic() - start;
	assert_string_equal(s.status, "ok");
	assert_int_equal(s.afters, 2);
	assert_true(s.t[0].sent && s.t[0].tokens_in == -1);
	assert_true(
	    took >= 600 * NVR_MILLISECOND && took < 1100 * NVR_MILLISECOND);
	nvr_host_close(h);
	server_stop(server);
}

static void
a_huge_answer_is_refused_and_not_asked_for_again(void **state)
{
	static const struct reply huge = {
	    .raw = "HTTP/1.1 200 OK\r\n" JSON "\r\n", .filler = -1};
	struct seen s = {0};

	(void)state;
	assert_int_equal(exchange_with(&huge, 1, &s), 1);
	assert_string_equal(s.status, "error");
	assert_true(s.t[0].sent && !s.t[0].again);
	assert_non_null(strstr(s.why, "bytes, refused"));
}

static void
what_is_refused_beforehand_is_not_sent(void **state)
{
	static const struct reply reply = {.status = "500 a", .headers = SOON};
	struct seen first = {.refuse_at = 1}, second = {.refuse_at = 2};

	(void)state;
	assert_int_equal(exchange_with(&reply, 1, &first), 0);
	assert_int_equal(first.rc, NVR_E_PERMISSION);
	assert_int_equal(first.afters, 0);
	assert_string_equal(first.status, "error");
	assert_string_equal(first.why, "no money");
	assert_int_equal(exchange_with(&reply, 1, &second), 1);
	assert_int_equal(second.rc, NVR_E_PERMISSION);
	assert_int_equal(second.afters, 1);
}

static void
what_cannot_be_entered_ends_it(void **state)
{
	static const struct reply ok = {.body = OK};
	struct seen s = {.fail_after = 1};

	(void)state;
	assert_int_equal(exchange_with(&ok, 1, &s), 1);
	assert_int_equal(s.rc, NVR_E_IO);
	assert_string_equal(s.status, "error");
	assert_string_equal(s.why, "the disk is full");
	assert_string_equal(s.content, "");
}

static void
a_server_that_repeats_the_key_is_not_quoted(void **state)
{
	char body[512], dots[256];
	struct seen s;

	(void)state;
	memset(dots, '.', sizeof(dots));
	for (int pad = 165; pad < 205; pad += 3) { /* it is cut about there */
		s = (struct seen){0};
		snprintf(body, sizeof(body),
		    "{\"error\":{\"message\":\"" KEY " %.*s" KEY "\"}}",
		    pad - (int)strlen(KEY), dots);
		exchange_with(
		    &(struct reply){.status = "401 a", .body = body}, 1, &s);
		assert_non_null(strstr(s.why, "HTTP 401"));
		assert_null(strstr(s.why, "sk-v"));
		assert_null(strstr(s.error, "sk-v"));
	}
}

/* The next call to a host waits as long as an answer says. */
static void
second_call_waits(const struct reply *first, int64_t least)
{
	const struct reply replies[] = {*first, {.body = OK}};
	struct server *server = server_start(replies, 2);
	struct nvr_model m = model_of(server->url);
	struct nvr_host *h = host_of(&m);
	struct seen s[3] = {0};
	struct nvr_loop *loop = loop_new();
	int64_t start;

	exchange(h, &s[0]);
	assert_int_equal(h->held > 0, least > 0);
	start = nvr_time_monotonic();
	begin(loop, h, &s[1]);
	begin(loop, h, &s[2]);
	assert_in_range(run(loop), 1, 30); /* and not without a rest */
	nvr_loop_close(loop);
	assert_string_equal(s[1].status, "ok");
	assert_string_equal(s[2].status, "ok");
	assert_true(nvr_time_monotonic() - start >= least - 20000);
	nvr_host_close(h);
	server_stop(server);
}

#define LIMIT(what, left, reset)                     \
	JSON "X-RateLimit-Remaining-" what ": " left \
	     "\r\nx-ratelimit-reset-" what ": " reset "\r\n"

static void
limits_slow_the_next_calls_down(void **state)
{
	static const struct {
		struct reply reply;
		int64_t least;
	} t[] = {
	    {{.headers = LIMIT("requests", "0", "100ms"), .body = OK}, 100000},
	    {{.headers = LIMIT("tokens", "0", "0.1s"), .body = OK}, 100000},
	    {{.headers = LIMIT("tokens", "119", "0.1"), .body = OK}, 100000},
	    {{.headers = LIMIT("tokens", "120", "6m0s"), .body = OK}, 0},
	    {{.headers = LIMIT("requests", "1", "6m0s"), .body = OK}, 0},
	    {{.headers = LIMIT("requests", "0", "soon"), .body = OK}, 0},
	    {{.headers = JSON "Retry-After-Ms: 100\r\n", .body = OK}, 0},
	    {{.status = "429 a",
		 .headers =
		     JSON "X-Should-Retry: false\r\nRetry-After-Ms: 100\r\n"},
		100000},
	};

	(void)state;
	for (int i = 0; i < COUNT(t); i++)
		second_call_waits(&t[i].reply, t[i].least);
}

static void
a_host_is_held_for_two_minutes_at_most(void **state)
{
	static const struct reply ok = {
	    .headers = LIMIT("requests", "0", "24h"), .body = OK};
	struct server *server = server_start(&ok, 1);
	struct nvr_model m = model_of(server->url);
	struct nvr_host *h = host_of(&m);
	struct seen s[2] = {0};
	struct nvr_loop *loop = loop_new();
	struct nvr_error err;
	int64_t left;

	(void)state;
	exchange(h, &s[0]);
	left = h->held - nvr_time_monotonic();
	assert_true(left > 110 * NVR_SECOND && left <= 120 * NVR_SECOND);
	begin(loop, h, &s[1]);
	for (int i = 0; i < 5; i++)
		nvr_loop_turn(loop, NVR_MILLISECOND, &err);
	assert_int_equal(s[1].befores, 0);
	nvr_loop_close(loop);
	assert_int_equal(s[1].dones, 1);
	assert_string_equal(s[1].status, "error");
	assert_non_null(strstr(s[1].why, "given up"));
	nvr_host_close(h);
	server_stop(server);
}

static int
exchange_within(int64_t time, const struct reply *reply, struct seen *s)
{
	int64_t start = nvr_time_monotonic();
	int requests;

	deadline = start + time;
	requests = exchange_with(reply, 1, s);
	deadline = 0;
	assert_true(nvr_time_monotonic() - start < time + 200000);
	assert_int_equal(s->rc, 0);
	assert_string_equal(s->status, "budget");
	assert_non_null(strstr(s->why, "its time was used up: "));
	return requests;
}

static void
no_wait_and_no_attempt_goes_beyond_the_deadline(void **state)
{
	static const struct reply busy = {.status = "503 a",
	    .headers = JSON "Retry-After: 60\r\n",
	    .body = "{\"error\":\"busy\"}"};
	static const struct reply error = {.status = "500 a"};
	static const struct reply slow = {.body = OK, .delay_ms = 2000};
	struct seen s[4] = {0};

	(void)state;
	assert_int_equal(exchange_within(NVR_SECOND / 2, &busy, &s[0]), 1);
	assert_non_null(strstr(s[0].why, "busy"));
	assert_non_null(strstr(s[0].error, "busy"));
	assert_string_equal(s[0].t[0].status, "error"); /* of the attempt */
	assert_false(s[0].t[0].again);
	/* The first wait is 0.5 s to 0.625 s. */
	assert_int_equal(exchange_within(3 * NVR_SECOND / 4, &error, &s[1]), 2);
	assert_int_equal(exchange_within(NVR_SECOND / 5, &slow, &s[2]), 1);
	assert_true(s[2].t[0].sent && !s[2].t[0].again);
	assert_int_equal(exchange_within(-1, &slow, &s[3]), 0);
	assert_int_equal(s[3].befores, 0);
}

static void
a_deadline_far_off_changes_nothing(void **state)
{
	static const struct reply replies[] = {
	    {.status = "500 a", .headers = SOON}, {.body = OK}};
	struct seen s = {0};

	(void)state;
	deadline = nvr_time_monotonic() + 60 * NVR_SECOND;
	assert_int_equal(exchange_with(replies, 2, &s), 2);
	deadline = 0;
	assert_string_equal(s.status, "ok");
}

static void
a_host_that_is_held_beyond_the_deadline_is_not_waited_for(void **state)
{
	static const struct reply limited = {
	    .headers = LIMIT("requests", "0", "60s"), .body = OK};
	struct server *server = server_start(&limited, 1);
	struct nvr_model m = model_of(server->url);
	struct nvr_host *h = host_of(&m);
	struct seen s[2] = {0};
	int64_t start = nvr_time_monotonic();

	(void)state;
	exchange(h, &s[0]);
	deadline = start + 5 * NVR_SECOND;
	exchange(h, &s[1]);
	deadline = 0;
	assert_true(nvr_time_monotonic() - start < NVR_SECOND);
	assert_int_equal(s[1].befores, 0);
	assert_string_equal(s[1].status, "budget");
	nvr_host_close(h);
	server_stop(server);
}

static void
what_a_model_took_over_its_estimate_is_expected_again(void **state)
{
	struct nvr_model m = model_of("http://127.0.0.1:1/v1");
	struct nvr_host *h = host_of(&m);

	(void)state;
	assert_int_equal(nvr_host_expect(h, 1000), 1000);
	nvr_host_learn(h, 1000, 2500);
	assert_int_equal(nvr_host_expect(h, 1000), 2500);
	assert_int_equal(nvr_host_expect(h, 400), 1000);
	nvr_host_learn(h, 1000, -1); /* not told */
	assert_int_equal(nvr_host_expect(h, 1000), 2500);
	nvr_host_learn(h, 1000, 700);
	assert_int_equal(nvr_host_expect(h, 1000), 1000);
	nvr_host_learn(h, 1, INT64_MAX);
	assert_true(nvr_host_expect(h, INT32_MAX) > INT32_MAX);
	nvr_host_close(h);
}

static void
many_exchanges_run_at_once(void **state)
{
	static const struct reply ok = {.body = OK, .delay_ms = 100};
	struct server *server = server_start(&ok, 1);
	struct nvr_model m = model_of(server->url);
	struct nvr_host *h = host_of(&m);
	struct nvr_loop *loop = loop_new();
	int64_t start = nvr_time_monotonic();
	struct seen s[40] = {0};

	(void)state;
	for (int i = 0; i < COUNT(s); i++)
		begin(loop, h, &s[i]);
	run(loop);
	assert_true(nvr_time_monotonic() - start < 2 * NVR_SECOND);
	for (int i = 0; i < COUNT(s); i++)
		assert_string_equal(s[i].status, "ok");
	nvr_loop_close(loop);
	nvr_host_close(h);
	server_stop(server);
}

static void
closing_the_loop_ends_each_exchange_once(void **state)
{
	static const struct reply replies[] = {
	    {.status = "500 a", .headers = JSON}, /* waits to try again */
	    {.delay_ms = 5000},			  /* is under way */
	};
	struct server *server = server_start(replies, 2);
	struct nvr_model m = model_of(server->url);
	struct nvr_host *h = host_of(&m);
	struct nvr_loop *loop = loop_new();
	struct seen s[3] = {0};
	struct nvr_error err;

	(void)state;
	begin(loop, h, &s[0]);
	while (s[0].afters == 0)
		nvr_loop_turn(loop, NVR_SECOND, &err);
	begin(loop, h, &s[1]);
	while (server->requests < 2)
		nvr_loop_turn(loop, NVR_MILLISECOND, &err);
	begin(loop, h, &s[2]); /* has not begun */
	nvr_loop_close(loop);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(s[i].dones, 1);
		assert_int_equal(s[i].rc, 0);
		assert_string_equal(s[i].status, "error");
		assert_non_null(strstr(s[i].why, "given up"));
	}
	assert_true(s[1].t[0].sent && !s[1].t[0].again);
	assert_int_equal(s[2].befores, 0);
	nvr_host_close(h);
	server_stop(server);
}

/* Keys and URLs. */

static void
refuses(const struct nvr_model *m, const char *word)
{
	struct nvr_host *h;
	struct nvr_error err = {0};

	assert_int_equal(nvr_host_open(m, &h, &err), NVR_E_CONFIG);
	if (strstr(err.text, word) == NULL)
		fail_msg("'%s' says no %s", err.text, word);
	assert_null(strstr(err.text, KEY));
}

static void
a_key_file_that_holds_no_key_is_refused(void **state)
{
	struct nvr_model m = model_of("https://127.0.0.1/v1");
	char large[5000];

	(void)state;
	memset(large, 'k', sizeof(large));
	assert_int_equal(write_key("", 0, 0600), 0);
	refuses(&m, "no key");
	assert_int_equal(write_key("\n" KEY, 1 + strlen(KEY), 0600), 0);
	refuses(&m, "no key");
	assert_int_equal(write_key(large, 4097, 0600), 0);
	refuses(&m, "4096");
	assert_int_equal(write_key(KEY "\tx", strlen(KEY) + 2, 0600), 0);
	refuses(&m, "control");
	assert_int_equal(write_key(KEY "\0x", strlen(KEY) + 2, 0600), 0);
	refuses(&m, "no text");
	assert_int_equal(write_key("\xef\xbb\xbf" KEY, 10, 0600), 0);
	refuses(&m, "ASCII");
	assert_int_equal(write_key(large, 4096, 0600), 0);
	nvr_host_close(host_of(&m));
	strlcpy(m.key_file, "/tmp", sizeof(m.key_file));
	refuses(&m, "not a file");
	strlcpy(m.key_file, "/tmp/nvr-no-such", sizeof(m.key_file));
	refuses(&m, "No such file");
	make_key(NULL);
}

static void
a_key_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = {0644, 0640, 0604, 0660, 0610, 0444};
	struct nvr_model m = model_of("https://127.0.0.1/v1");

	(void)state;
	for (int i = 0; i < COUNT(modes); i++) {
		assert_int_equal(chmod(key_file, modes[i]), 0);
		refuses(&m, "chmod 600");
	}
	assert_int_equal(chmod(key_file, 0440), 0);
	if (getuid() == 0) /* a credential by systemd */
		nvr_host_close(host_of(&m));
	else
		refuses(&m, "chmod 600");
	assert_int_equal(chmod(key_file, 0400), 0);
	nvr_host_close(host_of(&m));
	assert_int_equal(chmod(key_file, 0600), 0);
}

static void
pictures_go_unencrypted_to_this_machine_alone(void **state)
{
	struct nvr_model m = model_of("http://198.51.100.7/v1");
	struct nvr_host *h;

	(void)state;
	refuses(&m, "plain-http");
	m.quirks = NVR_QUIRK_PLAIN_HTTP;
	h = host_of(&m);
	assert_string_equal(nvr_host_name(h), "198.51.100.7");
	assert_string_equal(nvr_host_model(h)->name, "gpt");
	nvr_host_close(h);
	m = model_of("http://localhost:8080");
	h = host_of(&m);
	assert_string_equal(nvr_host_name(h), "localhost:8080");
	nvr_host_close(h);
	m = model_of("https://user:" KEY "@api.example/v1");
	refuses(&m, "key-file");
	m = model_of("ftp://api.example/v1");
	refuses(&m, "https");
	m = model_of("api.example");
	refuses(&m, "[model gpt]");
	m = model_of("https://api example/");
	refuses(&m, "blank");
	nvr_host_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_is_told_with_what_it_took),
	    cmocka_unit_test(the_key_goes_where_the_api_wants_it),
	    cmocka_unit_test(what_may_pass_is_tried_three_times),
	    cmocka_unit_test(an_error_and_then_an_answer_is_an_answer),
	    cmocka_unit_test(what_will_not_pass_is_not_tried_again),
	    cmocka_unit_test(the_server_says_whether_to_try_again),
	    cmocka_unit_test(a_quota_that_is_used_up_is_not_asked_again),
	    cmocka_unit_test(a_server_that_wants_too_long_a_wait_is_left_alone),
	    cmocka_unit_test(a_redirect_is_not_followed),
	    cmocka_unit_test(what_broke_off_may_be_billed),
	    cmocka_unit_test(what_nobody_took_was_not_sent),
	    cmocka_unit_test(a_timeout_is_tried_again_after_half_a_second),
	    cmocka_unit_test(a_huge_answer_is_refused_and_not_asked_for_again),
	    cmocka_unit_test(what_is_refused_beforehand_is_not_sent),
	    cmocka_unit_test(what_cannot_be_entered_ends_it),
	    cmocka_unit_test(a_server_that_repeats_the_key_is_not_quoted),
	    cmocka_unit_test(limits_slow_the_next_calls_down),
	    cmocka_unit_test(a_host_is_held_for_two_minutes_at_most),
	    cmocka_unit_test(no_wait_and_no_attempt_goes_beyond_the_deadline),
	    cmocka_unit_test(a_deadline_far_off_changes_nothing),
	    cmocka_unit_test(
		a_host_that_is_held_beyond_the_deadline_is_not_waited_for),
	    cmocka_unit_test(
		what_a_model_took_over_its_estimate_is_expected_again),
	    cmocka_unit_test(many_exchanges_run_at_once),
	    cmocka_unit_test(closing_the_loop_ends_each_exchange_once),
	    cmocka_unit_test(a_key_file_that_holds_no_key_is_refused),
	    cmocka_unit_test(a_key_that_others_can_read_is_refused),
	    cmocka_unit_test(pictures_go_unencrypted_to_this_machine_alone),
	};

	return cmocka_run_group_tests(tests, make_key, remove_key);
}
