/* CGI and FastCGI; see serve.h. */
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "web/serve.h"

#define LISTENER 0 /* FCGI_LISTENSOCK_FILENO */

bool
nvr_web_is_fastcgi(void)
{
	return FCGX_IsCGI() == 0;
}

static ssize_t
read_fd(void *ctx, void *buf, size_t len)
{
	return read(*(const int *)ctx, buf, len);
}

int
nvr_web_cgi(const struct nvr_web *w, char *const *env, int in, int out,
    struct nvr_error *err)
{
	const struct nvr_web_source body = {read_fd, &in};
	struct nvr_buf response = {0};
	int rc;

	alarm(NVR_WEB_TIME);
	rc = nvr_web_answer(w, env, &body, &response, err);
	if (rc == 0)
		rc = nvr_write_all(out, response.data, response.len, err);
	nvr_buf_wipe(&response);
	return rc;
}

static ssize_t
read_stream(void *ctx, void *buf, size_t len)
{
	int most = len < 65536 ? (int)len : 65536;

	return FCGX_GetStr(buf, most, ctx);
}

/* A client that left is no trouble of ours. */
static void
answer(const struct nvr_web *w, FCGX_Request *request)
{
	const struct nvr_web_source body = {read_stream, request->in};
	struct nvr_buf response = {0};
	struct nvr_error err = {0};

	if (nvr_web_answer(w, request->envp, &body, &response, &err) == 0)
		FCGX_PutStr(response.data, (int)response.len, request->out);
	else
		w->trouble(w->ctx, "-", "a request", &err);
	nvr_buf_wipe(&response);
	FCGX_Finish_r(request);
}

/* Accepting it is reading all of it but for its body. */
static void
take_one(const struct nvr_web *w, FCGX_Request *request)
{
	alarm(NVR_WEB_TIME);
	if (FCGX_Accept_r(request) == 0)
		answer(w, request);
	alarm(0);
}

int
nvr_web_fastcgi(const struct nvr_web *w, const sigset_t *signals,
    const volatile sig_atomic_t *stop, struct nvr_error *err)
{
	struct pollfd listener = {.fd = LISTENER, .events = POLLIN};
	sigset_t before, waiting;
	FCGX_Request request;
	int rc = 0;

	/* Of several processes on one socket one gets it, and the others must
	 * not wait where no signal is heard.  Where the queue is full, lighttpd
	 * takes the connection for made and answers 503: so let it be long. */
	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(&request, LISTENER, FCGI_FAIL_ACCEPT_ON_INTR) !=
		0 ||
	    fcntl(LISTENER, F_SETFL, fcntl(LISTENER, F_GETFL) | O_NONBLOCK) !=
		0 ||
	    listen(LISTENER, SOMAXCONN) != 0)
		return nvr_fail_errno(
		    err, NVR_E_IO, "cannot listen for FastCGI");
	sigprocmask(SIG_BLOCK, signals, &before);
	waiting = before;
	for (int s = 1; s < NSIG; s++)
		if (sigismember(signals, s) == 1)
			sigdelset(&waiting, s);
	while (rc == 0 && !*stop) {
		if (ppoll(&listener, 1, NULL, &waiting) < 0) {
			if (errno != EINTR)
				rc = nvr_fail_errno(
				    err, NVR_E_IO, "the web server's socket");
			continue;
		}
		if ((listener.revents & (POLLERR | POLLNVAL)) != 0)
			rc = nvr_fail(
			    err, NVR_E_IO, "the web server's socket is gone");
		else if (w->is_over != NULL && w->is_over(w->ctx))
			break;
		else
			take_one(w, &request);
	}
	FCGX_Free(&request, 1);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}
