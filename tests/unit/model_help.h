/*
 * A model's server on the loopback for unit tests: it gives the answers of a
 * list, one after another, and keeps what it was asked.
 */
#ifndef NVR_TESTS_MODEL_HELP_H
#define NVR_TESTS_MODEL_HELP_H

#include <arpa/inet.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MODEL_ANSWERS 32

struct model_server {
	int fd, port;
	pthread_t thread;
	json_t *message[MODEL_ANSWERS];
	int n, served;
	int delay_ms, tokens_in;    /* of each answer; 0: none, 100 */
	char *asked[MODEL_ANSWERS]; /* bodies */
};

/* The next answer: choices[0].message. */
static inline void
model_says(struct model_server *m, json_t *message)
{
	assert_non_null(message);
	assert_true(m->n < MODEL_ANSWERS);
	m->message[m->n++] = message;
}

static inline json_t *
model_call(const char *name, const char *arguments)
{
	return json_pack("{s:s, s:s, s:{s:s, s:s}}", "id", "call_1", "type",
	    "function", "function", "name", name, "arguments", arguments);
}

/* The next answer calls that tool. */
static inline void
model_calls(struct model_server *m, const char *name, const char *arguments)
{
	model_says(
	    m, json_pack("{s:s, s:n, s:[o]}", "role", "assistant", "content",
		   "tool_calls", model_call(name, arguments)));
}

static inline char *
model_read_body(int fd)
{
	size_t len = 0, want = 0, cap = 8 << 20;
	char *buf = calloc(1, cap), *end = NULL, *p, *body;
	ssize_t n;

	while (end == NULL || len < (size_t)(end - buf) + 4 + want) {
		n = read(fd, buf + len, cap - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		buf[len] = '\0';
		if (end != NULL || (end = strstr(buf, "\r\n\r\n")) == NULL)
			continue;
		p = strcasestr(buf, "\r\ncontent-length:");
		if (p != NULL)
			sscanf(p + 17, "%zu", &want);
	}
	body = strdup(end != NULL ? end + 4 : "");
	free(buf);
	return body;
}

static inline void
model_answer(struct model_server *m, int fd)
{
	int i = m->served;
	json_t *o;
	char *text;

	if (i >= m->n) { /* more than the test foresaw */
		dprintf(fd, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n"
			    "Connection: close\r\n\r\n");
		return;
	}
	o = json_pack("{s:s, s:s, s:[{s:s, s:O}], s:{s:i, s:i}}", "id", "c-1",
	    "model", "model-1", "choices", "finish_reason", "stop", "message",
	    m->message[i], "usage", "prompt_tokens",
	    m->tokens_in > 0 ? m->tokens_in : 100, "completion_tokens", 10);
	text = json_dumps(o, JSON_COMPACT);
	signal(SIGPIPE, SIG_IGN); /* it may have gone */
	dprintf(fd,
	    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	    strlen(text), text);
	free(text);
	json_decref(o);
}

static inline void *
model_serve(void *arg)
{
	struct model_server *m = arg;
	int fd;

	while ((fd = accept(m->fd, NULL, NULL)) >= 0) {
		char *body = model_read_body(fd);

		usleep(1000 * (unsigned)m->delay_ms);
		model_answer(m, fd);
		if (m->served < MODEL_ANSWERS)
			m->asked[m->served++] = body;
		else
			free(body);
		close(fd);
	}
	return NULL;
}

static inline void
model_start(struct model_server *m)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);

	*m = (struct model_server){.fd = socket(AF_INET, SOCK_STREAM, 0)};
	assert_int_equal(bind(m->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(m->fd, 8), 0);
	assert_int_equal(getsockname(m->fd, (struct sockaddr *)&at, &len), 0);
	m->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&m->thread, NULL, model_serve, m), 0);
}

/* Its lists can be read after that, until model_release. */
static inline void
model_stop(struct model_server *m)
{
	shutdown(m->fd, SHUT_RDWR);
	pthread_join(m->thread, NULL);
	close(m->fd);
}

static inline void
model_release(struct model_server *m)
{
	for (int i = 0; i < MODEL_ANSWERS; i++) {
		json_decref(m->message[i]);
		free(m->asked[i]);
	}
}

#endif
