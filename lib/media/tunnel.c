/* TLS for libav's RTSP; see tunnel.h. */
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/tunnel.h"
#include "media/video_int.h"

/*
 * Two threads, one a direction: `up` takes libav's connection and carries what
 * it sends, `down` what the camera sends.  GnuTLS allows one to send while the
 * other receives.
 */
struct nvr_tunnel {
	AVIOContext *tls;
	int listener;	  /* -1: none */
	atomic_int plain; /* libav's connection; -1: none yet */
	int port;
	atomic_llong deadline;
	atomic_bool stop;
	bool threads;
	pthread_t up, down;
};

static int
interrupted(void *arg)
{
	struct nvr_tunnel *t = arg;

	return atomic_load(&t->stop) ||
	       nvr_video_clock() >= atomic_load(&t->deadline);
}

/* Is the other end of this loopback connection one of our own descriptors? */
static bool
is_ours(int fd)
{
	struct sockaddr_in peer, own = {0};
	socklen_t len = sizeof(peer);
	int most = getdtablesize() < 1024 ? getdtablesize() : 1024;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
		return false;
	for (int i = 0; i < most; i++) {
		len = sizeof(own);
		if (getsockname(i, (struct sockaddr *)&own, &len) == 0 &&
		    own.sin_family == AF_INET &&
		    own.sin_port == peer.sin_port &&
		    own.sin_addr.s_addr == peer.sin_addr.s_addr)
			return true;
	}
	return false;
}

static int
accept_own(struct nvr_tunnel *t)
{
	for (;;) {
		int fd = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 || is_ours(fd))
			return fd;
		close(fd);
	}
}

static bool
send_all(int fd, const uint8_t *p, ssize_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, (size_t)n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		p += sent;
		n -= sent;
	}
	return true;
}

/*
 * Both call libav's own reader and writer: an AVIOContext's buffer is not made
 * for two directions.
 */
static void *
carry_down(void *arg)
{
	struct nvr_tunnel *t = arg;
	int fd = atomic_load(&t->plain);
	uint8_t buf[16384];
	int n;

	do
		n = t->tls->read_packet(t->tls->opaque, buf, sizeof(buf));
	while (n > 0 && send_all(fd, buf, n));
	shutdown(fd, SHUT_RDWR);
	return NULL;
}

static void *
carry_up(void *arg)
{
	struct nvr_tunnel *t = arg;
	uint8_t buf[4096];
	int fd = accept_own(t);
	ssize_t n;

	if (fd < 0)
		return NULL;
	atomic_store(&t->plain, fd);
	if (pthread_create(&t->down, NULL, carry_down, t) != 0) {
		shutdown(fd, SHUT_RDWR);
		return NULL;
	}
	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n > 0 &&
	       t->tls->write_packet(t->tls->opaque, buf, (int)n) == (int)n);
	atomic_store(&t->stop, true);
	shutdown(fd, SHUT_RDWR);
	pthread_join(t->down, NULL);
	return NULL;
}

static int
listen_loopback(struct nvr_tunnel *t, struct nvr_error *err)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sin);

	t->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (t->listener < 0 ||
	    bind(t->listener, (struct sockaddr *)&sin, len) != 0 ||
	    listen(t->listener, 4) != 0 ||
	    getsockname(t->listener, (struct sockaddr *)&sin, &len) != 0)
		return nvr_fail_errno(err, NVR_E_UNAVAILABLE,
		    "cannot listen on 127.0.0.1 for the TLS tunnel");
	t->port = ntohs(sin.sin_port);
	return 0;
}

/* Signals are for the program's own threads. */
static int
start(struct nvr_tunnel *t, struct nvr_error *err)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	t->threads = pthread_create(&t->up, NULL, carry_up, t) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return t->threads ? 0 : nvr_fail_nomem(err);
}

/* What the tls protocol knows of the reason it only tells the log. */
static int
refused(int averror, struct nvr_error *err)
{
	const char *why = nvr_video_log_last();
	char text[AV_ERROR_MAX_STRING_SIZE];

	if (strstr(why, "failed verification") != NULL)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "its certificate is refused: not signed by an authority "
		    "we trust, or out of date");
	if (strstr(why, "does not match hostname") != NULL)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "its certificate is refused: made out to another host");
	return nvr_fail(err, NVR_E_UNAVAILABLE, "cannot connect: %s",
	    nvr_video_why(averror, text, sizeof(text)));
}

static int
connect_tls(const struct nvr_tunnel_request *req, struct nvr_tunnel *t,
    struct nvr_error *err)
{
	AVIOInterruptCB interrupt = {interrupted, t};
	AVDictionary *options = NULL;
	char host[1024], url[1100];
	int port, rc;
	bool v6;

	av_url_split(
	    NULL, 0, NULL, 0, host, sizeof(host), &port, NULL, 0, req->url);
	if (host[0] == '\0' || port == 0 || port > 65535)
		return nvr_fail(err, NVR_E_USAGE, "no host, or a bad port");
	v6 = strchr(host, ':') != NULL;
	if (req->ca_file != NULL && access(req->ca_file, R_OK) != 0)
		return nvr_fail_errno(err, 0, "%s", req->ca_file);
	snprintf(url, sizeof(url), "tls://%s%s%s:%d", v6 ? "[" : "", host,
	    v6 ? "]" : "", port > 0 ? port : 322);
	av_dict_set(&options, "protocol_whitelist", "tls,tcp", 0);
	av_dict_set(&options, "http_proxy", "", 0); /* not the environment's */
	av_dict_set(&options, "tcp_nodelay", "1", 0);
	av_dict_set(&options, "tls_verify", req->insecure ? "0" : "1", 0);
	if (req->ca_file != NULL)
		av_dict_set(&options, "ca_file", req->ca_file, 0);
	rc = avio_open2(
	    &t->tls, url, AVIO_FLAG_READ_WRITE, &interrupt, &options);
	av_dict_free(&options);
	if (rc >= 0)
		return 0;
	if (nvr_video_clock() >= req->deadline)
		return nvr_fail(err, NVR_E_AGAIN, "timed out");
	return refused(rc, err);
}

int
nvr_tunnel_open(const struct nvr_tunnel_request *req, struct nvr_tunnel **ret,
    struct nvr_error *err)
{
	struct nvr_tunnel *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return nvr_fail_nomem(err);
	nvr_video_log_begin(); /* which has the reason of a refusal */
	t->listener = -1;
	t->plain = -1;
	t->deadline = req->deadline;
	rc = connect_tls(req, t, err);
	if (rc == 0)
		rc = listen_loopback(t, err);
	if (rc == 0)
		rc = start(t, err);
	if (rc != 0)
		nvr_tunnel_close(t);
	else
		*ret = t;
	return rc;
}

void
nvr_tunnel_keep(struct nvr_tunnel *t)
{
	atomic_store(&t->deadline, INT64_MAX);
}

int
nvr_tunnel_port(const struct nvr_tunnel *t)
{
	return t->port;
}

/* Shutting a socket down wakes whoever sleeps on it. */
void
nvr_tunnel_close(struct nvr_tunnel *t)
{
	if (t == NULL)
		return;
	atomic_store(&t->stop, true);
	if (t->threads) {
		shutdown(t->listener, SHUT_RDWR);
		pthread_join(t->up, NULL);
	}
	if (t->plain >= 0)
		close(t->plain);
	if (t->listener >= 0)
		close(t->listener);
	avio_close(t->tls);
	free(t);
}
