/* How long a FastCGI process lets itself be held up, by its web server too. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "web/serve.h"

#define SECOND 5000 /* microseconds, of each second */

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static char dir[] = "/tmp/nvr-serve-XXXXXX";
static volatile sig_atomic_t stop;
static pid_t child;

/* In the place of the system's: 200 times as fast. */
unsigned
alarm(unsigned seconds)
{
	const struct itimerval t = {.it_value.tv_usec = seconds * SECOND};

	setitimer(ITIMER_REAL, &t, NULL);
	return 0;
}

static void
on_term(int n)
{
	stop = n;
}

static int
page(void *ctx, const struct nvr_web_request *r, struct nvr_web_response *rs,
    struct nvr_error *e)
{
	(void)ctx, (void)r;
	rs->status = 200;
	rs->type = "text/plain";
	return nvr_buf_addf(&rs->body, e, "it lives");
}

static void
ignore(void *ctx, const char *reference, const char *what,
    const struct nvr_error *e)
{
	(void)ctx, (void)reference, (void)what, (void)e;
}

static void
serve(int fd)
{
	static const struct nvr_web_route routes[] = {
	    {"GET", "/page", NULL, 0, false, page}, {NULL}};
	struct nvr_web_site site;
	const struct nvr_web w = {&site, routes, NULL, ignore};
	struct nvr_error err;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	signal(SIGTERM, on_term);
	if (dup2(fd, 0) != 0 ||
	    nvr_web_site_init(&site, "https://nvr.example/", "", &err) != 0)
		_exit(1);
	_exit(nvr_web_fastcgi(&w, &set, &stop, &err) == 0 ? 0 : 2);
}

static int
begin(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", dir);
	assert_int_equal(bind(fd, (void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	child = fork();
	if (child == 0)
		serve(fd);
	close(fd);
	return child > 0 ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	unlink(address.sun_path);
	rmdir(dir);
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	return 0;
}

static void
add(char **at, int type, const char *data, size_t len)
{
	const char head[8] = {1, (char)type, 0, 1, 0, (char)len};

	memcpy(*at, head, sizeof(head));
	memcpy(*at + sizeof(head), data, len);
	*at += sizeof(head) + len;
}

/* Connects, and sends the first so many bytes of a request. */
static int
start(size_t len)
{
	static const char responder[] = {0, 1, 0, 0, 0, 0, 0, 0};
	/* The lengths of the name and of the value, and these. */
	static const char params[] = "\16\3REQUEST_METHOD"
				     "GET"
				     "\13\5REQUEST_URI"
				     "/page"
				     "\11\13HTTP_HOST"
				     "nvr.example"
				     "\13\11REMOTE_ADDR"
				     "192.0.2.7"
				     "\5\2HTTPS"
				     "on";
	char request[512], *at = request;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	add(&at, 1, responder, sizeof(responder));
	add(&at, 4, params, sizeof(params) - 1);
	add(&at, 4, "", 0);
	add(&at, 5, "", 0);
	if (len > (size_t)(at - request))
		len = (size_t)(at - request);
	assert_int_equal(connect(fd, (void *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, request, len, MSG_NOSIGNAL), len);
	return fd;
}

/* As long as a request may take, and a half. */
static void
wait_long(void)
{
	usleep(NVR_WEB_TIME * SECOND * 3 / 2);
}

static bool
answers(void)
{
	char text[1024];
	int fd = start(SIZE_MAX);
	ssize_t n, len = 0;

	while (len < (ssize_t)sizeof(text) &&
	       (n = read(fd, text + len, sizeof(text) - (size_t)len)) > 0)
		len += n;
	close(fd);
	return memmem(text, (size_t)len, "it lives", 8) != NULL;
}

static void
one_that_stops_in_the_middle_ends_the_process(void **state)
{
	static const size_t sent[] = {0, 16, 60};
	int fd, status;

	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		assert_int_equal(begin(state), 0);
		assert_true(answers());
		fd = start(sent[i]);
		wait_long();
		if (waitpid(child, &status, WNOHANG) != child) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			fail_msg("it waits behind %zu bytes", sent[i]);
		}
		assert_int_equal(WTERMSIG(status), SIGALRM);
		close(fd);
		end(state);
	}
}

static void
who_goes_away_or_says_nothing_ends_nothing(void **state)
{
	int status = -1;

	assert_int_equal(begin(state), 0);
	close(start(0));
	wait_long();
	assert_true(answers());
	close(start(30));
	wait_long();
	assert_true(answers());
	wait_long();
	kill(child, SIGTERM);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	end(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_that_stops_in_the_middle_ends_the_process),
	    cmocka_unit_test(who_goes_away_or_says_nothing_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
