/* Hands a mail to a server; see smtp.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/text.h"
#include "base/url.h"
#include "net/curl_int.h"
#include "net/smtp.h"

#define GOODBYE 1L /* seconds */

struct nvr_smtp {
	CURL *easy;
	bool open; /* it has taken a mail, and may take another */
};

struct sending {
	const struct nvr_smtp_mail *m;
	size_t sent;
	bool begun; /* DATA was answered, and the mail is on its way */
	int fine;   /* 250s since it greeted, or began TLS: EHLO, MAIL, … */
	bool signed_in;
	char said[256]; /* its last refusal, without the number */
	bool more;	/* of which more lines come */
	bool nobody;	/* it goes on to MAIL without having asked who we are */
	CURL *easy;
	struct curl_slist *to;
	char message[CURL_ERROR_SIZE];
};

/* CURLOPT_READFUNCTION */
static size_t
read_mail(char *buf, size_t size, size_t n, void *arg)
{
	struct sending *x = arg;
	size_t len = x->m->len - x->sent, most = size * n;

	x->begun = true;
	if (len > most)
		len = most;
	memcpy(buf, x->m->message + x->sent, len);
	x->sent += len;
	return len;
}

/* The words of a refusal, of all its lines. */
static void
keep_words(struct sending *x, const char *line, size_t len)
{
	size_t n = x->more ? strlen(x->said) : 0;

	x->more = line[3] == '-';
	if (line[0] != '4' && line[0] != '5')
		return;
	while (len > 4 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	snprintf(x->said + n, sizeof(x->said) - n, "%s%.*s", n > 0 ? " " : "",
	    (int)len - 4, line + 4);
}

/* CURLOPT_HEADERFUNCTION: a line of what it answers.  Where no way to sign in
 * is offered libcurl would do without. */
static size_t
read_line(char *line, size_t size, size_t n, void *arg)
{
	struct sending *x = arg;
	size_t len = size * n;

	if (len < 4)
		return len;
	keep_words(x, line, len);
	if (x->more)
		return len;
	if (memcmp(line, "220", 3) == 0) {
		x->fine = 0;
		x->signed_in = false;
	}
	x->fine += memcmp(line, "250", 3) == 0;
	x->signed_in = x->signed_in || memcmp(line, "235", 3) == 0;
	x->nobody = x->m->user != NULL && x->fine > 1 && !x->signed_in;
	return x->nobody ? 0 : len;
}

/* CURLOPT_DEBUGFUNCTION: what it is told.  libcurl would wait for the answer to
 * QUIT for as long as it has waited for all that came before. */
static int
see_quit(CURL *easy, curl_infotype what, char *text, size_t len, void *arg)
{
	(void)arg;
	if (what == CURLINFO_HEADER_OUT && len >= 4 &&
	    memcmp(text, "QUIT", 4) == 0)
		curl_easy_setopt(
		    easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, GOODBYE);
	return 0;
}

static bool
set_options(struct sending *x, bool fresh)
{
	const struct nvr_smtp_mail *m = x->m;
	CURL *c = x->easy;
	bool good = true;

#define SET(option, value) \
	(good = good && curl_easy_setopt(c, option, value) == CURLE_OK)
	curl_easy_reset(c);
	SET(CURLOPT_URL, m->url);
	SET(CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	SET(CURLOPT_SSLVERSION, nvr_curl_tls(m->tls_min));
	if (m->tls_ca_file != NULL)
		SET(CURLOPT_CAINFO, m->tls_ca_file);
	if (m->user != NULL && m->password != NULL) {
		SET(CURLOPT_USERNAME, m->user);
		SET(CURLOPT_PASSWORD, m->password);
	}
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_TIMEOUT_MS, (long)((m->timeout + 999) / 1000));
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT,
	    (long)((m->timeout + 999999) / 1000000));
	SET(CURLOPT_MAIL_FROM, m->from);
	SET(CURLOPT_MAIL_RCPT, x->to);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, read_mail);
	SET(CURLOPT_READDATA, x);
	SET(CURLOPT_VERBOSE, 1L);
	SET(CURLOPT_DEBUGFUNCTION, see_quit);
	SET(CURLOPT_HEADERFUNCTION, read_line);
	SET(CURLOPT_HEADERDATA, x);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->len);
	SET(CURLOPT_ERRORBUFFER, x->message);
#undef SET
	return good;
}

/* What is wrong with us, whatever the mail: wanting TLS or a password. */
static bool
is_ours(long code)
{
	return code == 421 || code == 454 || code == 530 || code == 534 ||
	       code == 535 || code == 538;
}

/* What the server answered with, or what became of the connection. */
static int
judge(struct sending *x, CURLcode rc, struct nvr_error *err)
{
	struct nvr_curl_end end = {.rc = rc,
	    .message = x->message,
	    .failed = "cannot hand it the mail",
	    .timeout = x->m->timeout};
	char words[256];
	long code = 0;

	if (x->m->password != NULL)
		nvr_text_conceal(x->said, strlen(x->said), x->m->password);
	nvr_text_reply(x->said, x->m->to, words, sizeof(words));
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &code);
	if (x->nobody)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "it offers no way to sign in, as smtp-user in [notify] of "
		    "nvr.conf is to");
	/* MAIL, RCPT, DATA; and what comes behind it. */
	if (code >= 400 && !is_ours(code) &&
	    (rc == CURLE_SEND_ERROR ||
		(rc == CURLE_WEIRD_SERVER_REPLY && x->begun)))
		return nvr_fail(err, code >= 500 ? NVR_E_DATA : NVR_E_AGAIN,
		    "the mail is refused %s: %ld %s",
		    code >= 500 ? "for good" : "for now", code, words);
	switch (rc) {
	case CURLE_LOGIN_DENIED:
		return nvr_fail(err, NVR_E_PERMISSION,
		    "user or password is refused: smtp-user and "
		    "smtp-password-file in [notify] of nvr.conf");
	case CURLE_USE_SSL_FAILED:
		return nvr_fail(err, NVR_E_PERMISSION,
		    "it offers no STARTTLS, without which no mail goes out");
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return nvr_fail(err, NVR_E_CONFIG,
		    "smtp in [notify] of nvr.conf is smtp://host:port or "
		    "smtps://host:port");
	default:
		break;
	}
	nvr_curl_fail(&end, err);
	if (x->begun && err->code != NVR_E_PERMISSION)
		return err->code = NVR_E_AGAIN;
	if (err->code == NVR_E_AGAIN || err->code == NVR_E_DATA)
		err->code = NVR_E_UNAVAILABLE;
	return err->code;
}

static int
hand_over(struct nvr_smtp *line, const struct nvr_smtp_mail *m, bool *begun,
    struct nvr_error *err)
{
	struct sending x = {
	    .m = m, .easy = line->easy, .signed_in = line->open};
	curl_socket_t fd = CURL_SOCKET_BAD;
	CURLcode code;
	int rc = 0;

	x.to = curl_slist_append(NULL, m->to);
	if (x.to == NULL || !set_options(&x, !line->open))
		rc = nvr_fail_nomem(err);
	if (rc == 0 && (code = curl_easy_perform(x.easy)) != CURLE_OK)
		rc = judge(&x, code, err);
	/* One that failed is left as it is, without waiting for a farewell. */
	if (rc != 0 &&
	    curl_easy_getinfo(x.easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
	    fd != CURL_SOCKET_BAD)
		shutdown(fd, SHUT_RDWR);
	curl_easy_setopt(x.easy, CURLOPT_MAIL_RCPT, NULL);
	curl_easy_setopt(x.easy, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(x.to);
	line->open = rc == 0;
	*begun = x.begun;
	return rc;
}

static int
open_line(struct nvr_smtp **line, struct nvr_error *err)
{
	struct nvr_smtp *l = calloc(1, sizeof(*l));

	nvr_curl_init();
	if (l != NULL)
		l->easy = curl_easy_init();
	if (l == NULL || l->easy == NULL) {
		free(l);
		return nvr_fail_nomem(err);
	}
	*line = l;
	return 0;
}

int
nvr_smtp_send(struct nvr_smtp **line, const struct nvr_smtp_mail *m,
    struct nvr_error *err)
{
	char host[256];
	bool begun, was_open;
	int rc = 0;

	if (strncasecmp(m->url, "smtp://", 7) != 0 &&
	    strncasecmp(m->url, "smtps://", 8) != 0)
		return nvr_fail(err, NVR_E_CONFIG,
		    "smtp in [notify] of nvr.conf is smtp://host:port or "
		    "smtps://host:port");
	if (*line == NULL)
		rc = open_line(line, err);
	if (rc != 0)
		return rc;
	was_open = (*line)->open;
	rc = hand_over(*line, m, &begun, err);
	/* A server may have enough of a connection, and not of us. */
	if (rc == NVR_E_UNAVAILABLE && was_open && !begun)
		rc = hand_over(*line, m, &begun, err);
	return rc == 0 ? 0
		       : nvr_prefix(err, "%s",
			     nvr_url_host(m->url, host, sizeof(host)));
}

/* QUIT, whose answer is waited for as long as is said here, and not for the two
 * minutes that cleaning up would. */
static void
end_line(CURL *c)
{
	curl_easy_setopt(c, CURLOPT_UPLOAD, 0L);
	curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, NULL);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "NOOP");
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, NULL);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, NULL);
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 0L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 1000 * GOODBYE);
	curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, GOODBYE);
	curl_easy_perform(c);
}

void
nvr_smtp_close(struct nvr_smtp *line)
{
	if (line == NULL)
		return;
	if (line->open)
		end_line(line->easy);
	curl_easy_cleanup(line->easy);
	free(line);
}
