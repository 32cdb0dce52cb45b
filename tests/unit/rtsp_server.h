/*
 * An RTSP server of a few lines on 127.0.0.1, in a thread, that misbehaves as
 * a test wants it to.
 */
#ifndef RTSP_SERVER_H
#define RTSP_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define SDP                                                            \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"          \
	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:" \
	"trackID=1\r\n"

struct server {
	/* Of a request of this method (or of all, NULL): … */
	const char *method;
	/* … the status and headers (without CSeq) and body; NULL: 200. */
	const char *answer;
	/* Or bytes as they are; NULL: see above. */
	const char *raw;
	size_t raw_len;
	const char *later; /* what comes 10 ms after the reply to PLAY */
	bool silent;	   /* no answer to it */
	bool trickle;	   /* a byte each 20 ms, without end */
	bool hang_up;	   /* closes after it */
	bool wants_digest;
	int cseq_off;
	const char *describe_headers, *public_;
	const char *sdp;       /* NULL: SDP */
	const char *transport; /* of SETUP's reply; NULL: as asked */
	bool streams;	       /* a packet each 10 ms after PLAY */

	int listener, port;
	pthread_t thread;
	atomic_bool stop;
	_Atomic unsigned torn_down;
	char log[16384]; /* all that came; read it once the thread has ended */
};

static const char packet1[] = "$\0\0\5hello";

static inline void
send_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static inline void
reply(struct server *s, int fd, int cseq, const char *rest)
{
	char text[70000];
	int n = snprintf(text, sizeof(text), "RTSP/1.0 %.*s\r\nCSeq: %d\r\n%s",
	    (int)strcspn(rest, "\r"), rest, cseq + s->cseq_off,
	    rest + strcspn(rest, "\r") + 2);

	send_all(fd, text, (size_t)n);
}

static inline void
describe(struct server *s, int fd, int cseq)
{
	static char text[300000];
	const char *sdp = s->sdp != NULL ? s->sdp : SDP;
	int n = snprintf(text, sizeof(text),
	    "RTSP/1.0 200 OK\r\nCSeq: %d\r\nContent-Type: application/sdp\r\n"
	    "%sContent-Length: %zu\r\n\r\n%s",
	    cseq, s->describe_headers != NULL ? s->describe_headers : "",
	    strlen(sdp), sdp);

	send_all(fd, text, (size_t)n);
}

static inline void
setup(struct server *s, int fd, int cseq, const char *request)
{
	const char *t = strstr(request, "Transport: ");
	char text[512];

	snprintf(text, sizeof(text),
	    "200 OK\r\nSession: 123;timeout=1\r\nTransport: %.*s\r\n\r\n",
	    s->transport != NULL ? 400 : (int)strcspn(t + 11, "\r"),
	    s->transport != NULL ? s->transport : t + 11);
	reply(s, fd, cseq, text);
}

static inline void
trickle(struct server *s, int fd)
{
	static const char head[] = "RTSP/1.0 200 OK\r\nX: ";

	send_all(fd, head, sizeof(head) - 1);
	while (!s->stop) {
		send_all(fd, "x", 1);
		usleep(20000);
	}
}

static inline bool
misbehaves(struct server *s, int fd, int cseq)
{
	if (s->raw != NULL)
		send_all(fd, s->raw, s->raw_len);
	else if (s->answer != NULL)
		reply(s, fd, cseq, s->answer);
	else if (s->trickle)
		trickle(s, fd);
	return s->raw != NULL || s->answer != NULL || s->trickle || s->silent;
}

/* False: hangs up. */
static inline bool
answer(struct server *s, int fd, const char *request, bool *playing)
{
	const char *c = strcasestr(request, "CSeq: ");
	int cseq = 0;
	size_t n = strcspn(request, " ");
	bool ours =
	    s->method == NULL ||
	    (strlen(s->method) == n && strncmp(request, s->method, n) == 0);
	char text[256];

	if (c != NULL)
		sscanf(c + 6, "%d", &cseq);
	if (s->wants_digest && strstr(request, "Authorization: Digest") == NULL)
		reply(s, fd, cseq,
		    "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"c\","
		    " nonce=\"abc\"\r\n\r\n");
	else if (ours && misbehaves(s, fd, cseq))
		;
	else if (strncmp(request, "DESCRIBE", n) == 0)
		describe(s, fd, cseq);
	else if (strncmp(request, "SETUP", n) == 0)
		setup(s, fd, cseq, request);
	else {
		snprintf(text, sizeof(text),
		    "200 OK\r\nSession: 123\r\nPublic: %s\r\n\r\n",
		    s->public_ != NULL ? s->public_ : "OPTIONS, PLAY");
		reply(s, fd, cseq, text);
	}
	*playing |= strncmp(request, "PLAY", n) == 0;
	s->torn_down += strncmp(request, "TEARDOWN", n) == 0;
	return !(ours && s->hang_up);
}

static inline void
talk(struct server *s, int fd)
{
	char request[4096] = "";
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	bool playing = false;
	ssize_t n;

	while (!s->stop) {
		if (poll(&p, 1, 10) == 0) {
			if (playing && s->later != NULL)
				send_all(fd, s->later, strlen(s->later));
			s->later = playing ? NULL : s->later;
			if (playing && s->streams)
				send_all(fd, packet1, 9);
			continue;
		}
		n = recv(fd, request + len, sizeof(request) - 1 - len, 0);
		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n") == NULL)
			continue;
		strlcat(s->log, request, sizeof(s->log));
		if (!answer(s, fd, request, &playing))
			return;
		len = 0;
	}
}

static inline void *
serve(void *arg)
{
	struct server *s = arg;
	struct pollfd p = {.fd = s->listener, .events = POLLIN};
	int fd;

	while (!s->stop) {
		if (poll(&p, 1, 10) <= 0)
			continue;
		fd = accept(s->listener, NULL, NULL);
		if (fd < 0)
			continue;
		talk(s, fd);
		close(fd);
	}
	return NULL;
}

static inline void
server_start(struct server *s)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(s->listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s->listener, 4), 0);
	getsockname(s->listener, (struct sockaddr *)&a, &len);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static inline void
server_stop(struct server *s)
{
	s->stop = true;
	pthread_join(s->thread, NULL);
	close(s->listener);
}

#endif
