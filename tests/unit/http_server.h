/*
 * An HTTP server of a few lines on 127.0.0.1, a thread for each connection,
 * that answers as a test wants it to.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 128

/* Zero is a 200 with an empty body. */
struct reply {
	const char *status;  /* `429 Too Many Requests`; NULL: 200 OK */
	const char *headers; /* each with its CRLF; NULL: application/json */
	const char *body;
	const char *raw; /* bytes instead of all that */
	int filler;	 /* so many bytes more, without end where < 0 */
	int delay_ms;
	bool hang_up; /* afterwards */
};

struct server {
	const struct reply *replies; /* one a request; the last one for ever */
	int n;

	atomic_int requests, connections, bytes;
	atomic_bool stop;
	int listener, port;
	pthread_t thread, talks[CONNECTIONS_MAX];
	pthread_mutex_t lock;
	char log[65536]; /* heads and bodies that came */
	char url[64];
};

struct talk {
	struct server *s;
	int fd;
};

static inline bool
send_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static inline void
send_reply(struct server *s, int fd, const struct reply *r)
{
	static const char filler[4096];
	const char *body = r->body != NULL ? r->body : "";
	char head[70000];

	for (int ms = 0; ms < r->delay_ms && !s->stop; ms += 5)
		usleep(5000);
	if (r->raw != NULL)
		send_all(fd, r->raw, strlen(r->raw));
	if (r->raw == NULL) {
		snprintf(head, sizeof(head),
		    "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s",
		    r->status != NULL ? r->status : "200 OK", strlen(body),
		    r->headers != NULL ? r->headers
				       : "Content-Type: application/json\r\n",
		    body);
		send_all(fd, head, strlen(head));
	}
	for (int n = r->filler; n != 0 && !s->stop; n -= n > 0)
		if (!send_all(fd, filler, n > 0 ? 1 : sizeof(filler)))
			break;
}

/* Reads one request; false when there is no other. */
static inline bool
read_request(struct server *s, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char text[8192] = "", more[65536];
	const char *body = NULL, *length;
	size_t len = 0, left = 0;
	ssize_t n;

	while (body == NULL || left > 0) {
		if (s->stop)
			return false;
		if (poll(&p, 1, 10) <= 0)
			continue;
		n = recv(fd, more, body != NULL ? sizeof(more) : 1, 0);
		if (n <= 0)
			return false;
		s->bytes += (int)n;
		if (len + (size_t)n < sizeof(text)) {
			memcpy(text + len, more, (size_t)n);
			len += (size_t)n;
			text[len] = '\0';
		}
		if (body != NULL) {
			left -= (size_t)n;
		} else if ((body = strstr(text, "\r\n\r\n")) != NULL) {
			length = strcasestr(text, "Content-Length: ");
			if (length != NULL)
				sscanf(length + 16, "%zu", &left);
		}
	}
	pthread_mutex_lock(&s->lock);
	strlcat(s->log, text, sizeof(s->log));
	pthread_mutex_unlock(&s->lock);
	return true;
}

static inline void *
talk(void *arg)
{
	struct talk t = *(struct talk *)arg;
	const struct reply *r;
	int i;

	free(arg);
	while (read_request(t.s, t.fd)) {
		i = t.s->requests++;
		r = &t.s->replies[i < t.s->n ? i : t.s->n - 1];
		send_reply(t.s, t.fd, r);
		if (r->hang_up)
			break;
	}
	close(t.fd);
	return NULL;
}

static inline void *
serve(void *arg)
{
	struct server *s = arg;
	struct pollfd p = {.fd = s->listener, .events = POLLIN};
	struct talk *t;

	while (!s->stop) {
		if (poll(&p, 1, 10) <= 0 || s->connections == CONNECTIONS_MAX)
			continue;
		t = malloc(sizeof(*t));
		*t = (struct talk){s, accept(s->listener, NULL, NULL)};
		pthread_create(&s->talks[atomic_fetch_add(&s->connections, 1)],
		    NULL, talk, t);
	}
	return NULL;
}

static inline int
listen_on_loopback(int *port)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	*port = ntohs(a.sin_port);
	return fd;
}

static inline struct server *
server_start(const struct reply *replies, int n)
{
	struct server *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->replies = replies;
	s->n = n;
	pthread_mutex_init(&s->lock, NULL);
	s->listener = listen_on_loopback(&s->port);
	assert_int_equal(listen(s->listener, CONNECTIONS_MAX), 0);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/v1", s->port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	return s;
}

static inline void
server_stop(struct server *s)
{
	s->stop = true;
	pthread_join(s->thread, NULL);
	for (int i = 0; i < s->connections; i++)
		pthread_join(s->talks[i], NULL);
	close(s->listener);
	free(s);
}

#endif
