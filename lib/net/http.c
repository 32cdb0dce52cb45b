/* One JPEG over HTTP; see http.h. */
#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/jpeg.h"
#include "net/curl_int.h"
#include "net/http.h"
#include "net/multipart.h"

struct transfer {
	const struct nvr_http_request *req;
	struct nvr_error *err;
	CURL *curl;
	struct nvr_buf body; /* or the first part of it */
	struct nvr_multipart multipart;
	bool begun; /* the status is known and good */
	bool is_multipart;
	bool ended;	  /* by us: all that is wanted is here */
	int rc;		  /* why we ended it, when not with success */
	int64_t taken_at; /* 0: no byte of the picture yet */
	char message[CURL_ERROR_SIZE];
};

static int64_t
now_utc(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static const char *
content_type(const struct transfer *t)
{
	const char *type = NULL;

	curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
	return type != NULL ? type : "";
}

/* Everything but a 200 is told by its number; its page is not read. */
static int
check_status(const struct transfer *t, struct nvr_error *err)
{
	long status = 0;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	switch (status) {
	case 200:
		return 0;
	case 401:
		return nvr_fail(err, NVR_E_PERMISSION,
		    t->req->user != NULL
			? "wrong user or password (401)"
			: "it wants a user and password (401)");
	case 403:
		return nvr_fail(err, NVR_E_PERMISSION, "not permitted (403)");
	case 404:
	case 410:
		return nvr_fail(
		    err, NVR_E_NOENT, "no such picture (%ld)", status);
	case 429:
	case 503:
		return nvr_fail(
		    err, NVR_E_AGAIN, "the camera is busy (%ld)", status);
	default:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera answers with status %ld", status);
	}
}

static int
begin(struct transfer *t)
{
	static const char multipart[] = "multipart/";
	const char *type = content_type(t);
	int rc = check_status(t, t->err);

	t->begun = rc == 0;
	t->is_multipart =
	    strncasecmp(type, multipart, sizeof(multipart) - 1) == 0;
	if (t->is_multipart)
		nvr_multipart_init(&t->multipart, type, t->req->max_bytes);
	return rc;
}

static int
take(struct transfer *t, const char *data, size_t len)
{
	int rc;

	if (t->is_multipart) {
		rc = nvr_multipart_push(
		    &t->multipart, data, len, &t->body, t->err);
		t->ended = t->multipart.state == NVR_MULTIPART_DONE;
	} else if (len > t->req->max_bytes - t->body.len) {
		rc = nvr_fail(t->err, NVR_E_DATA,
		    "more than %zu bytes, refused", t->req->max_bytes);
	} else {
		rc = nvr_buf_add(&t->body, data, len, t->err);
	}
	if (t->taken_at == 0 && t->body.len > 0)
		t->taken_at = now_utc();
	return rc;
}

/* libcurl's CURLOPT_WRITEFUNCTION; 0 ends the transfer. */
static size_t
write_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	if (!t->begun)
		t->rc = begin(t);
	if (t->rc == 0)
		t->rc = take(t, data, size * n);
	return t->rc == 0 && !t->ended ? size * n : 0;
}

/* What came instead of a JPEG, in a few words. */
static const char *
kind_of(const struct nvr_buf *body)
{
	const char *p = body->data;
	size_t i = 0;

	if (body->len == 0)
		return "nothing";
	if (body->len >= 4 && memcmp(p, "\x89PNG", 4) == 0)
		return "a PNG picture";
	if (body->len >= 2 && memcmp(p, "\xff\xd8", 2) == 0)
		return "a JPEG that is cut short or damaged";
	while (i < body->len && isspace((unsigned char)p[i]))
		i++;
	if (i < body->len && p[i] == '<')
		return "a page of HTML or XML";
	while (i < body->len && i < 512 &&
	       (isprint((unsigned char)p[i]) || isspace((unsigned char)p[i])))
		i++;
	return i == body->len || i == 512 ? "text" : "bytes of another kind";
}

static int
check_jpeg(struct transfer *t, struct nvr_error *err)
{
	size_t resume = 0;
	long len = nvr_jpeg_length(t->body.data, t->body.len, &resume, err);
	char type[64];

	if (len > 0) {
		t->body.len = (size_t)len;
		t->body.data[len] = '\0';
		return 0;
	}
	strlcpy(type, content_type(t), sizeof(type));
	for (char *p = type; *p != '\0'; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
	return nvr_fail(err, NVR_E_DATA, "no JPEG came, but %s (type: %s)",
	    kind_of(&t->body), type[0] != '\0' ? type : "none");
}

/* What libcurl gave up for. */
static int
not_got(const struct transfer *t, CURLcode rc, struct nvr_error *err)
{
	const struct nvr_curl_end end = {.rc = rc,
	    .message = t->message,
	    .failed = "cannot get it",
	    .timeout = t->req->timeout,
	    .max_bytes = t->req->max_bytes};

	switch (rc) {
	case CURLE_SSL_CONNECT_ERROR:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "no TLS %s with it (tls-min of nvr.conf says which is "
		    "wanted): %s",
		    t->req->tls_min == 12 ? "1.2" : "1.3",
		    t->message[0] != '\0' ? t->message
					  : curl_easy_strerror(rc));
	case CURLE_UNSUPPORTED_PROTOCOL:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera redirects to a URL of another kind, which is "
		    "refused");
	case CURLE_TOO_MANY_REDIRECTS:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera redirects more than three times");
	default:
		return nvr_curl_fail(&end, err);
	}
}

static void
set_options(struct transfer *t)
{
	const struct nvr_http_request *req = t->req;
	const char *redirects =
	    nvr_curl_is_https(req->url) ? "https" : "http,https";
	CURL *c = t->curl;

	curl_easy_setopt(c, CURLOPT_URL, req->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, redirects);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, 3L);
	/* A camera is not reached through what $http_proxy says. */
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(
	    c, CURLOPT_TIMEOUT_MS, (long)((req->timeout + 999) / 1000));
	curl_easy_setopt(
	    c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)req->max_bytes);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->message);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, write_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, nvr_curl_tls(req->tls_min));
	if (req->tls_ca_file != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, req->tls_ca_file);
	if (req->tls_insecure) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (req->user != NULL) {
		/* libcurl takes the digest when both are offered */
		curl_easy_setopt(
		    c, CURLOPT_HTTPAUTH, CURLAUTH_BASIC | CURLAUTH_DIGEST);
		curl_easy_setopt(c, CURLOPT_USERNAME, req->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD,
		    req->password != NULL ? req->password : "");
	}
}

int
nvr_http_jpeg(const struct nvr_http_request *req, struct nvr_buf *jpeg,
    int64_t *taken_at, struct nvr_error *err)
{
	struct transfer t = {.req = req, .err = err};
	CURLcode got;
	int rc = nvr_curl_check_url(req->url, err);

	if (rc != 0)
		return rc;
	nvr_curl_init();
	t.curl = curl_easy_init();
	if (t.curl == NULL)
		return nvr_fail_nomem(err);
	set_options(&t);
	got = curl_easy_perform(t.curl);
	if (t.rc != 0)
		rc = t.rc;
	else if (got != CURLE_OK && !t.ended)
		rc = not_got(&t, got, err);
	else
		rc = t.begun ? 0 : check_status(&t, err);
	if (rc == 0)
		rc = check_jpeg(&t, err);
	if (rc == 0) {
		*jpeg = t.body;
		*taken_at = t.taken_at;
	} else {
		nvr_buf_release(&t.body);
	}
	curl_easy_cleanup(t.curl);
	return rc;
}
