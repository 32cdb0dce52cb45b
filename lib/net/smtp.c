/* Hands a mail to a server; see smtp.h. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/url.h"
#include "net/curl_int.h"
#include "net/smtp.h"

struct sending {
	const struct nvr_smtp_mail *m;
	size_t sent;
	bool begun; /* DATA was answered, and the mail is on its way */
	int fine;   /* 250s since it greeted, or began TLS: EHLO, MAIL, … */
	bool signed_in;
	bool nobody; /* it goes on to MAIL without having asked who we are */
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

/* CURLOPT_HEADERFUNCTION: a line of what it answers.  Where no way to sign in
 * is offered libcurl would do without. */
static size_t
read_line(char *line, size_t size, size_t n, void *arg)
{
	struct sending *x = arg;
	size_t len = size * n;

	if (len < 4 || line[3] == '-')
		return len;
	if (memcmp(line, "220", 3) == 0)
		x->fine = 0;
	x->fine += memcmp(line, "250", 3) == 0;
	x->signed_in = x->signed_in || memcmp(line, "235", 3) == 0;
	x->nobody = x->m->user != NULL && x->fine > 1 && !x->signed_in;
	return x->nobody ? 0 : len;
}

static bool
set_options(struct sending *x)
{
	const struct nvr_smtp_mail *m = x->m;
	CURL *c = x->easy;
	bool good = true;

#define SET(option, value) \
	(good = good && curl_easy_setopt(c, option, value) == CURLE_OK)
	SET(CURLOPT_URL, m->url);
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
	long code = 0;

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
		    "the mail is refused %s: %ld",
		    code >= 500 ? "for good" : "for now", code);
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

int
nvr_smtp_send(const struct nvr_smtp_mail *m, struct nvr_error *err)
{
	struct sending x = {.m = m};
	char host[256];
	CURLcode code;
	int rc = 0;

	if (strncasecmp(m->url, "smtp://", 7) != 0 &&
	    strncasecmp(m->url, "smtps://", 8) != 0)
		return nvr_fail(err, NVR_E_CONFIG,
		    "smtp in [notify] of nvr.conf is smtp://host:port or "
		    "smtps://host:port");
	nvr_curl_init();
	x.easy = curl_easy_init();
	x.to = curl_slist_append(NULL, m->to);
	if (x.easy == NULL || x.to == NULL || !set_options(&x))
		rc = nvr_fail_nomem(err);
	if (rc == 0) {
		code = curl_easy_perform(x.easy);
		if (code != CURLE_OK)
			rc = judge(&x, code, err);
		if (rc != 0)
			rc = nvr_prefix(err, "%s",
			    nvr_url_host(m->url, host, sizeof(host)));
	}
	curl_easy_cleanup(x.easy);
	curl_slist_free_all(x.to);
	return rc;
}
