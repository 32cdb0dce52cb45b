/* One request of a loop, as libcurl sees it; see loop_int.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "net/loop_int.h"
#include "net/public.h"

#define CONNECT_TIMEOUT_MS 5000L

/* How libcurl calls a line of a header of more than 100 KB; see CURLE_…. */
#if LIBCURL_VERSION_NUM >= 0x080600
#define LINE_TOO_LARGE CURLE_TOO_LARGE
#else
#define LINE_TOO_LARGE CURLE_OUT_OF_MEMORY
#endif

#define ITEM_AT(member) offsetof(struct nvr_loop_item, member)
static const struct {
	const char *name;
	size_t at; /* of the pointer to its text */
} captured[NVR_LOOP_CAPTURED] = {
    {"content-type", ITEM_AT(answer.content_type)},
    {"x-request-id", ITEM_AT(answer.request_id)},
    {"apim-request-id", ITEM_AT(apim_request_id)},
    {"x-should-retry", ITEM_AT(answer.should_retry)},
    {"retry-after-ms", ITEM_AT(answer.retry_after_ms)},
    {"retry-after", ITEM_AT(answer.retry_after)},
    {"x-ratelimit-remaining-requests", ITEM_AT(answer.remaining_requests)},
    {"x-ratelimit-reset-requests", ITEM_AT(answer.reset_requests)},
    {"x-ratelimit-remaining-tokens", ITEM_AT(answer.remaining_tokens)},
    {"x-ratelimit-reset-tokens", ITEM_AT(answer.reset_tokens)},
};

static void
set_text(struct nvr_loop_item *it, int i, const char *text)
{
	*(const char **)((char *)it + captured[i].at) = text;
}

/* A header's value without blanks around it, printable and cut to fit. */
static const char *
keep(const char *value, size_t len, char *text)
{
	char raw[NVR_LOOP_TEXT];

	while (len > 0 && isspace((unsigned char)*value)) {
		value++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)value[len - 1]))
		len--;
	if (len >= sizeof(raw))
		len = sizeof(raw) - 1;
	memcpy(raw, value, len);
	raw[len] = '\0';
	return nvr_text_safe(raw, text, NVR_LOOP_TEXT);
}

/* CURLOPT_HEADERFUNCTION */
static size_t
on_header(char *line, size_t size, size_t n, void *arg)
{
	struct nvr_loop_item *it = arg;
	size_t len = size * n, name;

	it->header_bytes += len;
	if (it->header_bytes > NVR_LOOP_HEADERS_MAX) {
		nvr_fail(&it->err, NVR_E_DATA, "too many headers");
		return 0;
	}
	/* An answer follows one of status 100. */
	if (len >= 5 && strncmp(line, "HTTP/", 5) == 0)
		for (int i = 0; i < NVR_LOOP_CAPTURED; i++)
			set_text(it, i, NULL);
	for (int i = 0; i < NVR_LOOP_CAPTURED; i++) {
		name = strlen(captured[i].name);
		if (len > name && line[name] == ':' &&
		    strncasecmp(line, captured[i].name, name) == 0)
			set_text(it, i,
			    keep(line + name + 1, len - name - 1, it->text[i]));
	}
	return len;
}

/* CURLOPT_WRITEFUNCTION */
static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct nvr_loop_item *it = arg;
	size_t len = size * n;

	if (len > it->max_bytes - it->body.len) {
		nvr_fail(&it->err, NVR_E_DATA, "more than %zu bytes, refused",
		    it->max_bytes);
		return 0;
	}
	return nvr_buf_add(&it->body, data, len, &it->err) == 0 ? len : 0;
}

static bool
add_header(struct nvr_loop_item *it, const char *line)
{
	struct curl_slist *longer = curl_slist_append(it->headers, line);

	if (longer != NULL)
		it->headers = longer;
	return longer != NULL;
}

static bool
set_headers(struct nvr_loop_item *it, const struct nvr_loop_request *req)
{
	bool good = add_header(it, "Expect:");

	for (const char *const *h = req->headers;
	     good && h != NULL && *h != NULL; h++)
		good = add_header(it, *h);
	return good && curl_easy_setopt(it->easy, CURLOPT_HTTPHEADER,
			   it->headers) == CURLE_OK;
}

static bool
set_callbacks(struct nvr_loop_item *it)
{
	CURL *c = it->easy;

	return curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) ==
		   CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HEADERDATA, it) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) ==
		   CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, it) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_ERRORBUFFER, it->message) ==
		   CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PRIVATE, it) == CURLE_OK;
}

/* CURLOPT_OPENSOCKETFUNCTION: by now the name is resolved. */
static curl_socket_t
open_public(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct nvr_loop_item *it = arg;

	(void)purpose;
	if (nvr_is_public(&to->addr))
		return socket(
		    to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	it->refused = true;
	return CURL_SOCKET_BAD;
}

/* A connection that somebody else opened was not looked at. */
static bool
set_public(struct nvr_loop_item *it)
{
	CURL *c = it->easy;

	return curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_public) ==
		   CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, it) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
}

/*
 * No PIPEWAIT: a server that has HTTP/1.1 alone shows it by its first answer,
 * and a model takes seconds for that.
 */
static bool
set_options(struct nvr_loop_item *it, const struct nvr_loop_request *req)
{
	CURL *c = it->easy;
	bool good = true;

#define SET(option, value) \
	(good = good && curl_easy_setopt(c, option, value) == CURLE_OK)
	SET(CURLOPT_URL, req->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A name server that is silent does not hold up the timeout. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_USERAGENT, "nvr/" NVR_VERSION);
	/* An answer can take minutes, in which routers forget. */
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)((req->timeout + 999) / 1000));
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)req->max_bytes);
	SET(CURLOPT_SSLVERSION, nvr_curl_tls(req->tls_min));
	if (req->tls_ca_file != NULL || req->tls_ca_dir != NULL)
		SET(CURLOPT_CAINFO, req->tls_ca_file);
	if (req->tls_ca_dir != NULL)
		SET(CURLOPT_CAPATH, req->tls_ca_dir);
	if (req->tls_pin != NULL)
		SET(CURLOPT_PINNEDPUBLICKEY, req->tls_pin);
	/* The key alone says who it is, whoever signed its certificate. */
	if (req->tls_pin != NULL && req->tls_ca_file == NULL &&
	    req->tls_ca_dir == NULL) {
		SET(CURLOPT_SSL_VERIFYPEER, 0L);
		SET(CURLOPT_SSL_VERIFYHOST, 0L);
	}
	/* What is for this machine goes to no proxy of $http_proxy's. */
	if (nvr_url_is_loopback(req->url))
		SET(CURLOPT_PROXY, "");
	if (req->body != NULL) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->len);
		SET(CURLOPT_POSTFIELDS, req->body);
	}
#undef SET
	if (req->public_only)
		good = good && set_public(it);
	return good && set_callbacks(it) && set_headers(it, req);
}

int
nvr_loop_item_new(const struct nvr_loop_request *req,
    struct nvr_loop_item **ret, struct nvr_error *err)
{
	struct nvr_loop_item *it;
	int rc = nvr_curl_check_url(req->url, err);

	if (rc != 0)
		return rc;
	it = calloc(1, sizeof(*it));
	if (it == NULL)
		return nvr_fail_nomem(err);
	it->tls_min = req->tls_min;
	it->timeout = req->timeout;
	it->max_bytes = req->max_bytes;
	it->secret = req->secret;
	it->begun = nvr_time_monotonic();
	nvr_url_host(req->url, it->host, sizeof(it->host));
	it->easy = curl_easy_init();
	if (it->easy == NULL || !set_options(it, req)) {
		nvr_loop_item_free(it);
		return nvr_fail_nomem(err);
	}
	*ret = it;
	return 0;
}

void
nvr_loop_item_free(struct nvr_loop_item *it)
{
	curl_easy_cleanup(it->easy);
	for (struct curl_slist *h = it->headers; h != NULL; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(it->headers);
	nvr_buf_release(&it->body);
	free(it);
}

/* X509_V_ERR_*: no chain from its certificate to one that is trusted. */
static bool
is_unknown_ca(const struct nvr_loop_item *it)
{
	long why = 0;

	return curl_easy_getinfo(it->easy, CURLINFO_SSL_VERIFYRESULT, &why) ==
		   CURLE_OK &&
	       (why == 2 || (why >= 18 && why <= 21));
}

/* Its alert, or ours, that there is no version of TLS in common. */
static bool
is_old_tls(const struct nvr_loop_item *it)
{
	return strstr(it->message, "protocol version") != NULL ||
	       strstr(it->message, "unsupported protocol") != NULL;
}

/* What libcurl gave up for. */
static int
lost(const struct nvr_loop_item *it, CURLcode rc, struct nvr_error *err)
{
	struct nvr_curl_end end = {.rc = rc,
	    .message = it->message,
	    .failed = "no answer",
	    .timeout = it->timeout,
	    .max_bytes = it->max_bytes};

	if (it->refused && !it->answer.sent)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "refused, as its address is private");
	switch (rc) {
	case CURLE_OPERATION_TIMEDOUT:
		if (it->answer.sent || it->timeout <= CONNECT_TIMEOUT_MS * 1000)
			break;
		return nvr_fail(err, NVR_E_AGAIN, "no connection within %ld s",
		    CONNECT_TIMEOUT_MS / 1000);
	case CURLE_SSL_CONNECT_ERROR:
		end.failed = it->tls_min == 12 ? "no TLS 1.2 with it"
					       : "no TLS 1.3 with it";
		if (!is_old_tls(it))
			break;
		nvr_fail(err, NVR_E_PERMISSION,
		    "%s, only what is older and refused", end.failed);
		return err->code;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		end.failed = "no HTTP came";
		nvr_curl_fail(&end, err);
		return err->code = NVR_E_DATA;
	case LINE_TOO_LARGE:
		if (!it->answer.sent)
			break;
		return nvr_fail(
		    err, NVR_E_DATA, "a header that is too large, refused");
	case CURLE_PARTIAL_FILE:
		end.failed = "the connection broke";
		nvr_curl_fail(&end, err);
		return err->code = NVR_E_UNAVAILABLE;
	default:
		break;
	}
	return nvr_curl_fail(&end, err);
}

/* All that a server can put its words into. */
static void
conceal(struct nvr_loop_item *it)
{
	if (it->secret == NULL)
		return;
	for (int i = 0; i < NVR_LOOP_CAPTURED; i++)
		nvr_text_conceal(it->text[i], strlen(it->text[i]), it->secret);
	nvr_text_conceal(it->redirect, strlen(it->redirect), it->secret);
	nvr_text_conceal(it->err.text, strlen(it->err.text), it->secret);
	if (it->body.len > 0)
		nvr_text_conceal(it->body.data, it->body.len, it->secret);
}

void
nvr_loop_item_end(struct nvr_loop_item *it, CURLcode rc)
{
	struct nvr_loop_answer *a = &it->answer;
	const char *to = NULL;
	long bytes = 0;

	curl_easy_getinfo(it->easy, CURLINFO_RESPONSE_CODE, &a->http);
	curl_easy_getinfo(it->easy, CURLINFO_REDIRECT_URL, &to);
	curl_easy_getinfo(it->easy, CURLINFO_REQUEST_SIZE, &bytes);
	if (to != NULL)
		a->redirect =
		    nvr_url_host(to, it->redirect, sizeof(it->redirect));
	if (a->request_id == NULL)
		a->request_id = it->apim_request_id;
	a->sent = bytes > 0;
	a->body = nvr_or_empty(it->body.data);
	a->len = it->body.len;
	a->latency_us = nvr_time_monotonic() - it->begun;
	if (rc != CURLE_OK && it->err.code == 0)
		lost(it, rc, &it->err);
	a->not_public = it->refused && !a->sent;
	a->unknown_ca =
	    rc == CURLE_PEER_FAILED_VERIFICATION && is_unknown_ca(it);
	if (it->err.code != 0)
		a->code = nvr_prefix(&it->err, "%s", it->host);
	conceal(it);
}
