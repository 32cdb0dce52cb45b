/* Requests in flight on one thread, with timers and descriptors beside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/text.h"
#include "base/time.h"
#include "http_server.h"
#include "net/loop.h"

#define MAX_BYTES 100000
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

extern char **environ;

/* What a request came to. */
struct result {
	int calls, code;
	long http;
	char body[256], error[512], type[300], id[300], after[300];
	char redirect[256];
	bool sent, unknown_ca;
};

static void
take(void *ctx, const struct nvr_loop_answer *a, const struct nvr_error *err)
{
	struct result *r = ctx;

	r->calls++;
	r->code = a->code;
	r->http = a->http;
	r->sent = a->sent;
	r->unknown_ca = a->unknown_ca;
	assert_int_equal(a->body[a->len], '\0');
	assert_int_equal(a->code, err->code);
	assert_true(a->latency_us >= 0);
	strlcpy(r->body, a->body, sizeof(r->body));
	strlcpy(r->error, err->text, sizeof(r->error));
	strlcpy(r->type, nvr_or_empty(a->content_type), sizeof(r->type));
	strlcpy(r->id, nvr_or_empty(a->request_id), sizeof(r->id));
	strlcpy(r->after, nvr_or_empty(a->retry_after), sizeof(r->after));
	strlcpy(r->redirect, nvr_or_empty(a->redirect), sizeof(r->redirect));
}

static struct nvr_loop *
loop_new(void)
{
	struct nvr_loop *loop;
	struct nvr_error err;

	assert_int_equal(nvr_loop_open(&loop, &err), 0);
	return loop;
}

static void
begin(
    struct nvr_loop *loop, const struct nvr_loop_request *req, struct result *r)
{
	struct nvr_error err = {0};

	if (nvr_loop_send(loop, req, take, r, &err) != 0)
		fail_msg("%s", err.text);
}

static void
run(struct nvr_loop *loop)
{
	struct nvr_error err;

	while (nvr_loop_pending(loop) > 0)
		assert_int_equal(nvr_loop_turn(loop, NVR_SECOND, &err), 0);
}

static struct nvr_loop_request
request_of(const char *url)
{
	return (struct nvr_loop_request){
	    .url = url, .timeout = 5 * NVR_SECOND, .max_bytes = MAX_BYTES};
}

/* One request by itself. */
static struct result
ask(const struct nvr_loop_request *req)
{
	struct nvr_loop *loop = loop_new();
	struct result r = {0};

	begin(loop, req, &r);
	assert_int_equal(r.calls, 0);
	run(loop);
	assert_int_equal(r.calls, 1);
	nvr_loop_close(loop);
	assert_int_equal(r.calls, 1);
	return r;
}

/* The only reply of a server. */
static struct result
ask_server(const struct reply *reply)
{
	struct server *s = server_start(reply, 1);
	struct nvr_loop_request req = request_of(s->url);
	struct result r = ask(&req);
	char host[32];

	snprintf(host, sizeof(host), "127.0.0.1:%d: ", s->port);
	if (r.code != 0)
		assert_memory_equal(r.error, host, strlen(host));
	server_stop(s);
	return r;
}

static void
an_answer_comes_with_its_headers(void **state)
{
	struct result r = ask_server(&(struct reply){
	    .raw = "HTTP/1.1 100 Continue\r\nX-Request-Id: early\r\n\r\n"
		   "HTTP/1.1 429 No\r\nCONTENT-TYPE:\t text/\x1b[31m\xff \r\n"
		   "apim-request-id: a7\r\nContent-Length: 5\r\n"
		   "Retry-After:\r\nRetry-Afterwards: 7\r\n\r\nhello"});

	(void)state;
	assert_int_equal(r.code, 0);
	assert_int_equal(r.http, 429);
	assert_string_equal(r.body, "hello");
	assert_string_equal(r.type, "text/?[31m?");
	assert_string_equal(r.id, "a7");
	assert_string_equal(r.after, "");
	assert_true(r.sent);
}

static void
a_long_header_is_cut(void **state)
{
	char text[400];
	struct result r;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "X-Request-Id: ", 14);
	memcpy(text + 397, "\r\n", 3);
	r = ask_server(&(struct reply){.headers = text});
	assert_int_equal(r.http, 200);
	assert_int_equal(strlen(r.id), 255);
}

static void
a_post_says_what_it_should_and_no_more(void **state)
{
	static const struct reply reply = {.body = "{}"};
	const char *const headers[] = {"Authorization: Bearer k", NULL};
	struct server *s = server_start(&reply, 1);
	struct nvr_loop_request req = request_of(s->url);
	static char body[2000000];

	(void)state;
	req.headers = headers;
	req.body = body;
	req.len = sizeof(body);
	memset(body, 'b', sizeof(body));
	assert_int_equal(ask(&req).http, 200);
	assert_true(s->bytes > 2000000 && s->bytes < 2000500);
	assert_non_null(strstr(s->log, "POST /v1 HTTP/1.1\r\n"));
	assert_non_null(strstr(s->log, "\r\nAuthorization: Bearer k\r\n"));
	assert_non_null(strstr(s->log, "\r\nUser-Agent: nvr/"));
	assert_null(strcasestr(s->log, "Expect"));
	server_stop(s);
}

static void
many_requests_run_at_once(void **state)
{
	static const struct reply reply = {.delay_ms = 100};
	struct server *s = server_start(&reply, 1);
	struct nvr_loop_request req = request_of(s->url);
	struct nvr_loop *loop = loop_new();
	struct result r[40] = {0};
	int64_t start = nvr_time_monotonic();

	(void)state;
	for (int i = 0; i < COUNT(r); i++)
		begin(loop, &req, &r[i]);
	assert_int_equal(nvr_loop_pending(loop), COUNT(r));
	run(loop);
	for (int i = 0; i < COUNT(r); i++)
		assert_int_equal(r[i].http, 200);
	assert_true(nvr_time_monotonic() - start < 2 * NVR_SECOND);
	nvr_loop_close(loop);
	server_stop(s);
}

struct chain {
	struct nvr_loop *loop;
	struct nvr_loop_request req;
	int left;
};

static void
ask_next(void *ctx, const struct nvr_loop_answer *a, const struct nvr_error *e)
{
	struct chain *c = ctx;
	struct nvr_error err;

	(void)e;
	assert_int_equal(a->http, 200);
	if (--c->left > 0)
		assert_int_equal(
		    nvr_loop_send(c->loop, &c->req, ask_next, c, &err), 0);
}

static void
a_callback_asks_again_over_the_same_connection(void **state)
{
	static const struct reply reply = {.body = "{}"};
	struct server *s = server_start(&reply, 1);
	struct chain c = {loop_new(), request_of(s->url), 10};
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_loop_send(c.loop, &c.req, ask_next, &c, &err), 0);
	run(c.loop);
	assert_int_equal(c.left, 0);
	assert_int_equal(s->requests, 10);
	assert_int_equal(s->connections, 1);
	nvr_loop_close(c.loop);
	server_stop(s);
}

static void
a_redirect_is_an_answer_and_not_followed(void **state)
{
	static const struct reply ok = {0};
	struct server *other = server_start(&ok, 1);
	char headers[128], host[32];
	struct result r;

	(void)state;
	snprintf(host, sizeof(host), "127.0.0.1:%d", other->port);
	snprintf(
	    headers, sizeof(headers), "Location: http://u:p@%s/x?y\r\n", host);
	r = ask_server(
	    &(struct reply){.status = "307 Elsewhere", .headers = headers});
	assert_int_equal(r.code, 0);
	assert_int_equal(r.http, 307);
	assert_string_equal(r.redirect, host);
	assert_int_equal(other->connections, 0);
	server_stop(other);
}

static void
what_is_too_large_or_no_http_is_refused(void **state)
{
	static const struct reply replies[] = {
	    {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"},
	    {.raw = "HTTP/1.1 200 OK\r\n\r\n", .filler = -1},
	    {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "ffffff\r\n",
		.filler = -1},
	    {.raw = "HTTP/1.1 200 OK\r\nX: ", .filler = -1},
	    {.raw = "SSH-2.0-OpenSSH_9.2\r\n", .hang_up = true},
	    {.raw = "HTTP/9.9 200 OK\r\n\r\n", .hang_up = true},
	};

	(void)state;
	for (int i = 0; i < COUNT(replies); i++) {
		struct result r = ask_server(&replies[i]);

		assert_int_equal(r.code, NVR_E_DATA);
		assert_true(r.sent);
		if (i < 3)
			assert_non_null(strstr(r.error, "100000 bytes"));
		if (i == 3)
			assert_non_null(strstr(r.error, "too large"));
	}
}

static void
headers_without_end_are_refused(void **state)
{
	static char raw[80000] = "HTTP/1.1 200 OK\r\n";
	struct result r;

	(void)state;
	for (size_t n = strlen(raw); n < sizeof(raw) - 100; n += 90)
		snprintf(raw + n, 91, "X:%87s\n", "y");
	r = ask_server(&(struct reply){.raw = raw});
	assert_int_equal(r.code, NVR_E_DATA);
	assert_non_null(strstr(r.error, "headers"));
}

static void
a_connection_that_breaks_is_told(void **state)
{
	static const struct reply replies[] = {
	    {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
		.hang_up = true},
	    {.raw = "", .hang_up = true},
	    {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "9\r\nhalf",
		.hang_up = true},
	};

	(void)state;
	for (int i = 0; i < COUNT(replies); i++) {
		struct result r = ask_server(&replies[i]);

		assert_int_equal(r.code, NVR_E_UNAVAILABLE);
		assert_true(r.sent);
	}
}

static void
a_server_that_is_not_there_is_told(void **state)
{
	int port, fd = listen_on_loopback(&port); /* which refuses */
	struct nvr_loop_request req;
	struct result r;
	char url[64], host[32];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	snprintf(host, sizeof(host), "127.0.0.1:%d: no answer: ", port);
	req = request_of(url);
	r = ask(&req);
	assert_int_equal(r.code, NVR_E_UNAVAILABLE);
	assert_int_equal(r.http, 0);
	assert_false(r.sent);
	assert_memory_equal(r.error, host, strlen(host));
	close(fd);
}

static void
a_slow_server_times_out(void **state)
{
	static const struct reply reply = {.delay_ms = 5000};
	struct server *s = server_start(&reply, 1);
	struct nvr_loop_request req = request_of(s->url);
	struct result r;

	(void)state;
	req.timeout = 100 * NVR_MILLISECOND;
	r = ask(&req);
	assert_int_equal(r.code, NVR_E_AGAIN);
	assert_true(r.sent);
	assert_non_null(strstr(r.error, "timed out after 0.1 s"));
	server_stop(s);
}

static void
urls_that_cannot_be_used_are_refused(void **state)
{
	static const char *const urls[] = {"file:///etc/passwd", "ftp://x/",
	    "http://u:secret@127.0.0.1/", "http://127.0.0.1/a b", "x",
	    "http://127.0.0.1/\nx", ""};
	struct nvr_loop *loop = loop_new();
	struct result r = {0};

	(void)state;
	for (int i = 0; i < COUNT(urls); i++) {
		struct nvr_loop_request req = request_of(urls[i]);
		struct nvr_error err;

		assert_int_equal(
		    nvr_loop_send(loop, &req, take, &r, &err), NVR_E_USAGE);
		assert_null(strstr(err.text, "secret"));
	}
	assert_int_equal(nvr_loop_pending(loop), 0);
	nvr_loop_close(loop);
	assert_int_equal(r.calls, 0);
}

/* Certificates and an https server, by openssl(1). */

static char dir[] = "/tmp/nvr-loop-XXXXXX";

static pid_t
start_shell(const char *script, int out)
{
	const char *argv[] = {"sh", "-c", script, dir, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, 1);
	assert_int_equal(posix_spawn(&pid, "/bin/sh", &actions, NULL,
			     (char *const *)(uintptr_t)argv, environ),
	    0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static int
make_certificates(void **state)
{
	static const char script[] =
	    "cd \"$0\" && new='openssl req -x509 -nodes -days 2 -newkey ec "
	    "-pkeyopt ec_paramgen_curve:P-256 -subj /CN=test' && "
	    "$new -keyout right.key -out right.pem "
	    "-addext subjectAltName=IP:127.0.0.1 && "
	    "$new -keyout other.key -out other.pem "
	    "-addext subjectAltName=DNS:elsewhere.example && "
	    "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nsafe' >x";
	int status;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	waitpid(start_shell(script, -1), &status, 0);
	return status;
}

static int
remove_certificates(void **state)
{
	int status;

	(void)state;
	waitpid(start_shell("rm -r \"$0\"", -1), &status, 0);
	return status;
}

struct tls_server {
	pid_t pid;
	int out;
	char url[64];
};

static struct tls_server
tls_start(const char *arguments)
{
	struct tls_server s;
	char script[256], line[256];
	int fd[2], port = 0;
	FILE *out;

	snprintf(script, sizeof(script),
	    "cd \"$0\" && exec openssl s_server -accept 127.0.0.1:0 -HTTP %s",
	    arguments);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	s.pid = start_shell(script, fd[1]);
	close(fd[1]);
	out = fdopen(fd[0], "r");
	while (port == 0 && fgets(line, sizeof(line), out) != NULL)
		sscanf(line, "ACCEPT 127.0.0.1:%d", &port);
	assert_int_not_equal(port, 0);
	snprintf(s.url, sizeof(s.url), "https://127.0.0.1:%d/x", port);
	s.out = dup(fd[0]);
	fclose(out);
	return s;
}

static void
tls_stop(struct tls_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->out);
}

/* Of a server with that certificate to a client that trusts this one. */
static struct result
ask_tls(const char *arguments, const char *trusted, int tls_min)
{
	struct tls_server s = tls_start(arguments);
	struct nvr_loop_request req = request_of(s.url);
	struct result r;
	char ca[64];

	snprintf(ca, sizeof(ca), "%s/%s", dir, trusted);
	req.tls_ca_file = ca;
	req.tls_min = tls_min;
	r = ask(&req);
	tls_stop(&s);
	return r;
}

#define RIGHT "-cert right.pem -key right.key"

static void
a_certificate_of_an_own_authority_is_taken(void **state)
{
	struct result r = ask_tls(RIGHT, "right.pem", 0);

	(void)state;
	assert_string_equal(r.error, "");
	assert_string_equal(r.body, "safe");
}

static void
a_certificate_that_is_wrong_is_refused(void **state)
{
	struct result unknown = ask_tls(RIGHT, "other.pem", 0);
	struct result name =
	    ask_tls("-cert other.pem -key other.key", "other.pem", 0);

	(void)state;
	assert_int_equal(unknown.code, NVR_E_PERMISSION);
	assert_false(unknown.sent);
	assert_non_null(strstr(unknown.error, "certificate is refused"));
	assert_true(unknown.unknown_ca);
	assert_int_equal(name.code, NVR_E_PERMISSION);
	assert_false(name.sent);
	assert_non_null(strstr(name.error, "certificate is refused"));
	assert_false(name.unknown_ca);
}

static void
an_authority_that_is_not_there_is_told(void **state)
{
	struct result r = ask_tls(RIGHT, "missing.pem", 0);

	(void)state;
	assert_int_equal(r.code, NVR_E_NOENT);
	assert_non_null(strstr(r.error, "missing.pem"));
}

static void
tls_1_2_is_for_who_asks_for_it(void **state)
{
	struct result r = ask_tls(RIGHT " -tls1_2", "right.pem", 0);

	(void)state;
	/* Asking again would change nothing. */
	assert_int_equal(r.code, NVR_E_PERMISSION);
	assert_non_null(strstr(r.error, "no TLS 1.3 with it"));
	assert_false(r.unknown_ca);
	r = ask_tls(RIGHT " -tls1_2", "right.pem", 12);
	assert_string_equal(r.body, "safe");
}

/* Timers and descriptors. */

struct bell {
	struct nvr_loop *loop;
	char order[16];
	int again, fd;
};

static void
ring_a(void *ctx)
{
	strlcat(((struct bell *)ctx)->order, "a", 16);
}

static void
ring_b(void *ctx)
{
	struct bell *b = ctx;
	struct nvr_error err;

	strlcat(b->order, "b", sizeof(b->order));
	if (b->again-- > 0)
		assert_int_equal(nvr_loop_at(b->loop, 0, ring_b, b, &err), 0);
}

static void
timers_ring_in_their_order(void **state)
{
	struct bell b = {.loop = loop_new(), .again = 2};
	int64_t now = nvr_time_monotonic();
	struct nvr_error err;

	(void)state;
	nvr_loop_at(b.loop, now + 30 * NVR_MILLISECOND, ring_a, &b, &err);
	nvr_loop_at(b.loop, now + 10 * NVR_MILLISECOND, ring_b, &b, &err);
	nvr_loop_at(b.loop, now + 30 * NVR_MILLISECOND, ring_b, &b, &err);
	nvr_loop_at(b.loop, now, ring_a, &b, &err);
	assert_int_equal(nvr_loop_pending(b.loop), 4);
	/* What is added for a time that has passed waits for a turn. */
	assert_int_equal(nvr_loop_turn(b.loop, NVR_SECOND, &err), 0);
	assert_string_equal(b.order, "a");
	assert_int_equal(nvr_loop_turn(b.loop, NVR_SECOND, &err), 0);
	assert_string_equal(b.order, "ab");
	run(b.loop);
	assert_string_equal(b.order, "abbbab");
	assert_true(nvr_time_monotonic() - now >= 30 * NVR_MILLISECOND);
	nvr_loop_close(b.loop);
}

static void
ring_and_cancel(void *ctx)
{
	struct bell *b = ctx;

	strlcat(b->order, "c", sizeof(b->order));
	nvr_loop_cancel(b->loop, ring_b, b);
}

static void
a_timer_that_is_taken_back_does_not_ring(void **state)
{
	struct bell b = {.loop = loop_new()}, other = {.loop = b.loop};
	int64_t later = nvr_time_monotonic() + NVR_HOUR;
	struct nvr_error err;

	(void)state;
	nvr_loop_at(b.loop, 0, ring_and_cancel, &b, &err);
	nvr_loop_at(b.loop, 0, ring_b, &b, &err); /* due in the same turn */
	nvr_loop_at(b.loop, 0, ring_b, &other, &err);
	nvr_loop_at(b.loop, later, ring_b, &b, &err);
	nvr_loop_cancel(b.loop, ring_a, &b); /* there is none */
	assert_int_equal(nvr_loop_pending(b.loop), 4);
	assert_int_equal(nvr_loop_turn(b.loop, NVR_SECOND, &err), 0);
	assert_string_equal(b.order, "c");
	assert_string_equal(other.order, "b");
	assert_int_equal(nvr_loop_pending(b.loop), 0);
	nvr_loop_close(b.loop);
}

static void
a_turn_without_anything_takes_as_long_as_asked(void **state)
{
	struct nvr_loop *loop = loop_new();
	int64_t start = nvr_time_monotonic();
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_loop_turn(loop, 20 * NVR_MILLISECOND, &err), 0);
	assert_true(nvr_time_monotonic() - start >= 20 * NVR_MILLISECOND);
	nvr_loop_close(loop);
}

static void
read_one(void *ctx)
{
	struct bell *b = ctx;
	struct nvr_error err;
	char c[2] = "";

	if (read(b->fd, c, 1) == 0) {
		strlcpy(c, "-", sizeof(c));
		nvr_loop_watch(b->loop, b->fd, NULL, NULL, &err);
		close(b->fd);
	}
	strlcat(b->order, c, sizeof(b->order));
}

static void
a_descriptor_is_read_until_it_ends(void **state)
{
	struct bell b = {.loop = loop_new()};
	struct nvr_error err;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	b.fd = fd[0];
	assert_int_equal(nvr_loop_watch(b.loop, fd[0], read_one, &b, &err), 0);
	assert_int_equal(nvr_loop_turn(b.loop, 1000, &err), 0);
	assert_string_equal(b.order, "");
	assert_int_equal(write(fd[1], "xy", 2), 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(nvr_loop_turn(b.loop, NVR_SECOND, &err), 0);
	assert_string_equal(b.order, "xy");
	close(fd[1]);
	assert_int_equal(nvr_loop_turn(b.loop, NVR_SECOND, &err), 0);
	assert_string_equal(b.order, "xy-");
	assert_int_equal(nvr_loop_turn(b.loop, 1000, &err), 0);
	assert_string_equal(b.order, "xy-");
	nvr_loop_close(b.loop);
}

/* Both can be read, and each forgets the other one and watches a third. */
struct pair {
	struct nvr_loop *loop;
	int fd[3][2], calls;
};

static void
forget_the_rest(void *ctx)
{
	struct pair *p = ctx;
	struct nvr_error err;

	p->calls++;
	for (int i = 0; i < 2; i++)
		nvr_loop_watch(p->loop, p->fd[i][0], NULL, NULL, &err);
	assert_int_equal(
	    nvr_loop_watch(p->loop, p->fd[2][0], forget_the_rest, p, &err), 0);
}

static void
a_callback_may_forget_what_was_about_to_be_called(void **state)
{
	struct pair p = {.loop = loop_new()};
	struct nvr_error err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pipe(p.fd[i]), 0);
		assert_int_equal(write(p.fd[i][1], "x", 1), 1);
	}
	for (int i = 0; i < 2; i++)
		nvr_loop_watch(p.loop, p.fd[i][0], forget_the_rest, &p, &err);
	assert_int_equal(nvr_loop_turn(p.loop, NVR_SECOND, &err), 0);
	assert_int_equal(p.calls, 1);
	nvr_loop_close(p.loop);
	for (int i = 0; i < 6; i++)
		close(p.fd[i / 2][i % 2]);
}

/* On closing. */

static void
try_to_begin(void *ctx)
{
	struct bell *b = ctx;
	struct nvr_loop_request req = request_of("http://127.0.0.1/");
	struct nvr_error err;

	assert_true(nvr_loop_closing(b->loop));
	assert_int_equal(
	    nvr_loop_at(b->loop, 0, ring_a, b, &err), NVR_E_UNAVAILABLE);
	assert_int_equal(
	    nvr_loop_send(b->loop, &req, NULL, NULL, &err), NVR_E_UNAVAILABLE);
	strlcat(b->order, "t", sizeof(b->order));
}

static void
on_given_up(
    void *ctx, const struct nvr_loop_answer *a, const struct nvr_error *err)
{
	assert_int_equal(a->code, NVR_E_UNAVAILABLE);
	assert_non_null(strstr(err->text, "given up"));
	try_to_begin(ctx);
}

static void
closing_calls_everyone_back_once(void **state)
{
	static const struct reply reply = {.delay_ms = 5000};
	struct server *s = server_start(&reply, 1);
	struct nvr_loop_request req = request_of(s->url);
	struct bell b = {.loop = loop_new()};
	struct nvr_error err;

	(void)state;
	for (int i = 0; i < 3; i++)
		nvr_loop_send(b.loop, &req, on_given_up, &b, &err);
	nvr_loop_at(b.loop, INT64_MAX, try_to_begin, &b, &err);
	for (int i = 0; i < 1000 && s->requests < 3; i++)
		nvr_loop_turn(b.loop, 10 * NVR_MILLISECOND, &err);
	nvr_loop_send(b.loop, &req, on_given_up, &b, &err);
	assert_false(nvr_loop_closing(b.loop));
	nvr_loop_close(b.loop);
	assert_string_equal(b.order, "ttttt");
	server_stop(s);
	nvr_loop_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_comes_with_its_headers),
	    cmocka_unit_test(a_long_header_is_cut),
	    cmocka_unit_test(a_post_says_what_it_should_and_no_more),
	    cmocka_unit_test(many_requests_run_at_once),
	    cmocka_unit_test(a_callback_asks_again_over_the_same_connection),
	    cmocka_unit_test(a_redirect_is_an_answer_and_not_followed),
	    cmocka_unit_test(what_is_too_large_or_no_http_is_refused),
	    cmocka_unit_test(headers_without_end_are_refused),
	    cmocka_unit_test(a_connection_that_breaks_is_told),
	    cmocka_unit_test(a_server_that_is_not_there_is_told),
	    cmocka_unit_test(a_slow_server_times_out),
	    cmocka_unit_test(urls_that_cannot_be_used_are_refused),
	    cmocka_unit_test(a_certificate_of_an_own_authority_is_taken),
	    cmocka_unit_test(a_certificate_that_is_wrong_is_refused),
	    cmocka_unit_test(an_authority_that_is_not_there_is_told),
	    cmocka_unit_test(tls_1_2_is_for_who_asks_for_it),
	    cmocka_unit_test(timers_ring_in_their_order),
	    cmocka_unit_test(a_timer_that_is_taken_back_does_not_ring),
	    cmocka_unit_test(a_turn_without_anything_takes_as_long_as_asked),
	    cmocka_unit_test(a_descriptor_is_read_until_it_ends),
	    cmocka_unit_test(a_callback_may_forget_what_was_about_to_be_called),
	    cmocka_unit_test(closing_calls_everyone_back_once),
	};

	return cmocka_run_group_tests(
	    tests, make_certificates, remove_certificates);
}
