/*
 * libcurl, driven by hand: its sockets and its one timer are ours to wait for,
 * which takes a system call where curl_multi_poll takes several, and lets a
 * socket be read that has less than its low-water mark.  See rtsp_int.h.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "base/text.h"
#include "net/curl_int.h"
#include "net/rtsp_int.h"

int64_t
nvr_rtsp_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* CURLMOPT_SOCKETFUNCTION */
static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct nvr_rtsp *r = arg;
	struct pollfd *slot = NULL;

	(void)easy;
	(void)unused;
	for (int i = 0; i < NVR_RTSP_SOCKETS; i++)
		if (r->fds[i].fd == fd || (slot == NULL && r->fds[i].fd < 0))
			slot = &r->fds[i];
	if (slot == NULL)
		return 0;
	if (r->connected)
		r->socket = fd; /* there is no other any more */
	slot->fd = what == CURL_POLL_REMOVE ? -1 : fd;
	slot->events = 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		slot->events |= POLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		slot->events |= POLLOUT;
	return 0;
}

/* CURLMOPT_TIMERFUNCTION */
static int
watch_timer(CURLM *multi, long ms, void *arg)
{
	struct nvr_rtsp *r = arg;

	(void)multi;
	r->timer = ms < 0 ? 0 : nvr_rtsp_now() + ms * 1000;
	return 0;
}

/*
 * CURLOPT_OPENSOCKETFUNCTION.  libcurl would send the rest of a session over
 * another connection when the first is closed.
 */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
	const struct nvr_rtsp *r = arg;

	(void)purpose;
	if (r->connected)
		return CURL_SOCKET_BAD;
	return socket(
	    addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

static void
keep(const char *line, size_t len, const char *name, char *value, size_t size)
{
	size_t n = strlen(name);

	if (len < n || strncasecmp(line, name, n) != 0)
		return;
	while (n < len && (line[n] == ' ' || line[n] == '\t'))
		n++;
	while (len > n && isspace((unsigned char)line[len - 1]))
		len--;
	if (len - n < size)
		snprintf(value, size, "%.*s", (int)(len - n), line + n);
}

static size_t
on_header(char *line, size_t size, size_t n, void *arg)
{
	struct nvr_rtsp *r = arg;
	struct nvr_rtsp_reply *reply = &r->reply;
	size_t len = size * n, bytes = reply->bytes + len;

	if (len >= 5 && strncmp(line, "RTSP/", 5) == 0)
		*reply = (struct nvr_rtsp_reply){0};
	reply->bytes = bytes;
	if (bytes > NVR_RTSP_HEADERS_MAX)
		return 0;
	keep(line, len, "Content-Base:", reply->base, sizeof(reply->base));
	keep(line, len, "Content-Location:", reply->location,
	    sizeof(reply->location));
	keep(line, len, "Transport:", reply->transport,
	    sizeof(reply->transport));
	keep(line, len, "Session:", reply->session, sizeof(reply->session));
	keep(line, len, "Public:", reply->public_, sizeof(reply->public_));
	return len;
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct nvr_rtsp *r = arg;
	size_t len = size * n;
	struct nvr_error err;

	/* Only DESCRIBE's is of use; that of its errors is not. */
	if (r->connected)
		return len;
	if (len > NVR_RTSP_SDP_MAX - r->reply.body)
		return 0;
	r->reply.body += len;
	if (nvr_rtsp_status(r) != 200)
		return len;
	return nvr_buf_add(&r->sdp, data, len, &err) == 0 ? len : 0;
}

static size_t
on_packet(char *data, size_t size, size_t n, void *arg)
{
	nvr_rtsp_packet(arg, data, size * n);
	return size * n;
}

static void
set_callbacks(struct nvr_rtsp *r)
{
	CURL *c = r->easy;

	curl_multi_setopt(r->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(r->multi, CURLMOPT_SOCKETDATA, r);
	curl_multi_setopt(r->multi, CURLMOPT_TIMERFUNCTION, watch_timer);
	curl_multi_setopt(r->multi, CURLMOPT_TIMERDATA, r);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, r);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(c, CURLOPT_INTERLEAVEFUNCTION, on_packet);
	curl_easy_setopt(c, CURLOPT_INTERLEAVEDATA, r);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->message);
}

/* The connection's URL: only its host and port matter. */
static void
set_url(struct nvr_rtsp *r, int tunnel_port)
{
	const char *host = strstr(r->url, "://") + 3;
	char text[NVR_RTSP_URL_MAX + 16];
	struct curl_slist *to;

	snprintf(text, sizeof(text), "rtsp://%.*s/", (int)strcspn(host, "/?#"),
	    host);
	curl_easy_setopt(r->easy, CURLOPT_URL, text);
	if (tunnel_port == 0)
		return;
	snprintf(text, sizeof(text), "::127.0.0.1:%d", tunnel_port);
	to = curl_slist_append(NULL, text);
	curl_easy_setopt(r->easy, CURLOPT_CONNECT_TO, to);
	r->connect_to = to;
}

int
nvr_rtsp_curl_open(struct nvr_rtsp *r, const struct nvr_rtsp_request *req,
    struct nvr_error *err)
{
	CURL *c;

	nvr_curl_init();
	for (int i = 0; i < NVR_RTSP_SOCKETS; i++)
		r->fds[i].fd = -1;
	r->multi = curl_multi_init();
	c = r->easy = curl_easy_init();
	if (r->multi == NULL || c == NULL)
		return nvr_fail_nomem(err);
	set_callbacks(r);
	set_url(r, req->tunnel_port);
	if (req->tunnel_port != 0 && r->connect_to == NULL)
		return nvr_fail_nomem(err);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "rtsp");
	/* A camera is not reached through what $http_proxy says. */
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* A name server that is silent does not hold up the timeout. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "nvr/" NVR_VERSION);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, NVR_RTSP_BUFFER);
	if (req->user != NULL) {
		/* libcurl takes the digest when both are offered */
		curl_easy_setopt(
		    c, CURLOPT_HTTPAUTH, CURLAUTH_BASIC | CURLAUTH_DIGEST);
		curl_easy_setopt(c, CURLOPT_USERNAME, req->user);
		curl_easy_setopt(
		    c, CURLOPT_PASSWORD, nvr_or_empty(req->password));
	}
	return 0;
}

/* Lets libcurl act, and takes note of the request's end. */
static void
act(struct nvr_rtsp *r, curl_socket_t fd, int what)
{
	CURLMsg *msg;
	int n;

	if (fd == CURL_SOCKET_TIMEOUT)
		r->timer = 0; /* it rings once */
	curl_multi_socket_action(r->multi, fd, what, &n);
	while ((msg = curl_multi_info_read(r->multi, &n)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		r->result = msg->data.result;
		curl_multi_remove_handle(r->multi, r->easy);
		r->busy = false;
		return;
	}
}

int
nvr_rtsp_begin(
    struct nvr_rtsp *r, long request, const char *url, struct nvr_error *err)
{
	r->request = request;
	r->reply = (struct nvr_rtsp_reply){0};
	r->message[0] = '\0';
	if (curl_easy_setopt(r->easy, CURLOPT_RTSP_REQUEST, request) !=
		CURLE_OK ||
	    curl_easy_setopt(r->easy, CURLOPT_RTSP_STREAM_URI, url) !=
		CURLE_OK ||
	    curl_multi_add_handle(r->multi, r->easy) != CURLM_OK)
		return nvr_fail_nomem(err);
	r->busy = true;
	act(r, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

void
nvr_rtsp_abort(struct nvr_rtsp *r)
{
	if (r->busy)
		curl_multi_remove_handle(r->multi, r->easy);
	r->busy = false;
}

void
nvr_rtsp_force(struct nvr_rtsp *r)
{
	act(r, r->socket, CURL_CSELECT_IN);
}

static int
what_of(short revents)
{
	return ((revents & (POLLIN | POLLHUP)) != 0 ? CURL_CSELECT_IN : 0) |
	       ((revents & POLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
	       ((revents & (POLLERR | POLLNVAL)) != 0 ? CURL_CSELECT_ERR : 0);
}

bool
nvr_rtsp_wait(struct nvr_rtsp *r, int64_t until)
{
	struct pollfd fds[NVR_RTSP_SOCKETS];
	int64_t now = nvr_rtsp_now(), left;
	nfds_t n = 0;

	if (r->timer != 0 && r->timer < until)
		until = r->timer;
	left = until > now ? (until - now + 999) / 1000 : 0;
	for (int i = 0; i < NVR_RTSP_SOCKETS; i++)
		if (r->fds[i].fd >= 0)
			fds[n++] = r->fds[i];
	if (poll(fds, n, left < INT32_MAX ? (int)left : INT32_MAX) < 0)
		return errno != EINTR;
	for (nfds_t i = 0; i < n && r->busy; i++)
		if (fds[i].revents != 0)
			act(r, fds[i].fd, what_of(fds[i].revents));
	if (r->busy && r->timer != 0 && r->timer <= nvr_rtsp_now())
		act(r, CURL_SOCKET_TIMEOUT, 0);
	return true;
}
