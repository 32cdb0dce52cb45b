/*
 * A name server that answers otherwise each time (DNS rebinding): what is
 * connected to is what was looked at.  libcurl's getaddrinfo and connect are
 * ours here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "net/loop.h"

#define PUBLIC "93.184.216.34"

/* Who is asked says these, one list after another, then the last again. */
static const char *const *lists[4];
static int asked, connected;
static char to[8][INET6_ADDRSTRLEN];

static struct addrinfo *
make(const char *text)
{
	struct addrinfo *a =
	    calloc(1, sizeof(*a) + sizeof(struct sockaddr_in6));
	struct sockaddr_in *in = (void *)(a + 1);
	struct sockaddr_in6 *in6 = (void *)(a + 1);

	a->ai_addr = (void *)(a + 1);
	a->ai_socktype = SOCK_STREAM;
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		a->ai_addrlen = sizeof(*in);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
		in6->sin6_family = AF_INET6;
		a->ai_addrlen = sizeof(*in6);
	}
	a->ai_family = a->ai_addr->sa_family;
	return a;
}

int getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res);
void freeaddrinfo(struct addrinfo *res);
int connect(int fd, const struct sockaddr *addr, socklen_t len);

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **res)
{
	const char *const *p = lists[asked];

	(void)service, (void)hints;
	assert_string_equal(node, "rebind.example");
	if (lists[asked + 1] != NULL)
		asked++;
	for (*res = NULL; *p != NULL; p++) {
		*res = make(*p);
		res = &(*res)->ai_next;
	}
	return 0;
}

void
freeaddrinfo(struct addrinfo *a)
{
	while (a != NULL) {
		struct addrinfo *next = a->ai_next;

		free(a);
		a = next;
	}
}

int
connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	const void *at =
	    addr->sa_family == AF_INET
		? (const void *)&((struct sockaddr_in *)addr)->sin_addr
		: &((struct sockaddr_in6 *)addr)->sin6_addr;

	(void)fd, (void)len;
	assert_true(connected < 8);
	inet_ntop(addr->sa_family, at, to[connected++], INET6_ADDRSTRLEN);
	errno = ECONNREFUSED;
	return -1;
}

static bool done, not_public;

static void
on_done(void *ctx, const struct nvr_loop_answer *a, const struct nvr_error *err)
{
	(void)ctx, (void)err;
	assert_int_equal(a->http, 0);
	not_public = a->not_public;
	done = true;
}

static void
ask(struct nvr_loop *loop)
{
	const struct nvr_loop_request req = {
	    .url = "https://rebind.example:8443/",
	    .timeout = 5 * NVR_SECOND,
	    .max_bytes = 100,
	    .public_only = true};
	struct nvr_error err;

	connected = 0;
	done = not_public = false;
	assert_int_equal(nvr_loop_send(loop, &req, on_done, NULL, &err), 0);
	while (!done)
		assert_int_equal(nvr_loop_turn(loop, NVR_SECOND, &err), 0);
}

static struct nvr_loop *
begin(void)
{
	struct nvr_loop *loop = NULL;
	struct nvr_error err;

	asked = 0;
	memset(lists, 0, sizeof(lists));
	assert_int_equal(nvr_loop_open(&loop, &err), 0);
	return loop;
}

static const char *const public[] = {PUBLIC, NULL};
static const char *const private[] = {"127.0.0.1", NULL};

static void
a_name_that_turns_private_is_connected_to_as_it_was_looked_at(void **state)
{
	struct nvr_loop *loop = begin();

	(void)state;
	lists[0] = public;
	lists[1] = private;
	ask(loop);
	assert_int_equal(connected, 1);
	assert_string_equal(to[0], PUBLIC);
	assert_false(not_public);
	/* And the other way round. */
	nvr_loop_close(loop);
	loop = begin();
	lists[0] = private;
	lists[1] = public;
	ask(loop);
	assert_int_equal(connected, 0);
	assert_true(not_public);
	nvr_loop_close(loop);
}

static void
of_several_addresses_the_private_ones_are_not_tried(void **state)
{
	static const char *const mixed[] = {"10.0.0.1", PUBLIC, "::1",
	    "169.254.169.254", "::ffff:127.0.0.1", "2606:4700::1111", NULL};
	struct nvr_loop *loop = begin();

	(void)state;
	lists[0] = mixed;
	ask(loop);
	assert_in_range(connected, 1, 2);
	for (int i = 0; i < connected; i++)
		assert_true(strcmp(to[i], PUBLIC) == 0 ||
			    strcmp(to[i], "2606:4700::1111") == 0);
	nvr_loop_close(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_name_that_turns_private_is_connected_to_as_it_was_looked_at),
	    cmocka_unit_test(
		of_several_addresses_the_private_ones_are_not_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
