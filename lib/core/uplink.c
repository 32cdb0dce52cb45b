/* A recorder's requests to its portal; see uplink.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "core/uplink.h"
#include "net/loop.h"
#include "seal/base64.h"
#include "seal/httpsig.h"

#define PIN "sha256//"
#define RETRY_MOST NVR_HOUR

int
nvr_uplink_check(const char *url, char *ret, size_t size, struct nvr_error *err)
{
	bool https = strncasecmp(url, "https://", 8) == 0;
	size_t n = strlen(url), host;

	if (!https && strncasecmp(url, "http://", 7) != 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "a portal's URL is https://HOST or https://HOST:PORT");
	if (!https && !nvr_url_is_loopback(url))
		return nvr_fail(err, NVR_E_USAGE,
		    "a portal is https: anybody could read and change what is "
		    "sent to it");
	host = https ? 8 : 7;
	if (url[n - 1] == '/' && n > host)
		n--;
	if (n >= size || n == host || !nvr_text_printable(url) ||
	    strcspn(url + host, "/?#@ \\") != n - host)
		return nvr_fail(err, NVR_E_USAGE,
		    "a portal's URL is https://HOST or https://HOST:PORT, "
		    "without user, path or query, of at most %zu bytes",
		    size - 1);
	for (size_t i = 0; i < n; i++)
		ret[i] = (char)tolower((unsigned char)url[i]);
	ret[n] = '\0';
	return 0;
}

int
nvr_uplink_check_pin(const char *pin, struct nvr_error *err)
{
	uint8_t key[48];
	const char *p = pin;

	for (;;) {
		size_t n = strcspn(p, ";");

		/* 32 bytes are 43 characters and a `=`, which ours has not. */
		if (n != strlen(PIN) + 44 ||
		    strncmp(p, PIN, strlen(PIN)) != 0 || p[n - 1] != '=' ||
		    nvr_base64_decode(p + strlen(PIN), 43, key) != 32)
			return nvr_fail(err, NVR_E_USAGE,
			    "a pin is sha256//BASE64 of the SHA-256 of a "
			    "public key, or several with ';' between them");
		if (p[n] == '\0')
			return 0;
		p += n + 1;
	}
}

/* Host, and port where it is not the usual one: what libcurl says in `Host`. */
static void
authority_of(const char *url, char *buf, size_t size)
{
	bool https = strncmp(url, "https://", 8) == 0;
	const char *usual = https ? ":443" : ":80";
	size_t n, u = strlen(usual);

	nvr_url_host(url, buf, size);
	n = strlen(buf);
	if (n > u && strcmp(buf + n - u, usual) == 0)
		buf[n - u] = '\0';
}

#define HEADERS 6
struct headers {
	char text[HEADERS][NVR_HTTPSIG_HEADER + 32];
	const char *line[HEADERS + 1];
};

static void
add_header(struct headers *h, const char *name, const char *value)
{
	int i = 0;

	while (h->line[i] != NULL)
		i++;
	snprintf(h->text[i], sizeof(h->text[i]), "%s: %s", name, value);
	h->line[i] = h->text[i];
}

static int
sign(const struct nvr_uplink *u, const char *path, uint64_t sequence,
    const struct nvr_buf *body, struct headers *h, struct nvr_error *err)
{
	char authority[512];
	struct nvr_http_signature sig;
	const struct nvr_http_message m = {.method = "POST",
	    .authority = authority,
	    .path = path,
	    .body = body->data,
	    .len = body->len,
	    .sequence = sequence,
	    .created = nvr_time_now()};
	int rc;

	authority_of(u->url, authority, sizeof(authority));
	rc = nvr_httpsig_sign(u->seed, &m, &sig, err);
	if (rc != 0)
		return rc;
	add_header(h, "Content-Type", "application/json");
	add_header(h, "Accept", "application/json, application/problem+json");
	add_header(h, "Content-Digest", sig.digest);
	add_header(h, "Nvr-Sequence", sig.sequence);
	add_header(h, "Signature-Input", sig.input);
	add_header(h, "Signature", sig.signature);
	return 0;
}

/* Debian's, of one file for each authority: all of them in one file are read
 * in 35 ms of a processor, which is most of what a heartbeat would cost. */
#define SYSTEM_DIR "/etc/ssl/certs"

struct wait {
	struct nvr_uplink_answer *ret;
	bool unknown_ca;
	struct nvr_error *err;
	int rc;
};

/* Seconds alone; a date would need a clock that is right. */
static int64_t
retry_of(const struct nvr_loop_answer *a)
{
	const char *wrong = NULL;
	int64_t s = 0;

	if (a->retry_after != NULL)
		s = strtonum(
		    a->retry_after, 0, RETRY_MOST / NVR_SECOND, &wrong);
	return wrong == NULL ? s * NVR_SECOND : 0;
}

static int
take_refusal(const struct nvr_loop_answer *a, struct nvr_beat_refusal *r,
    struct nvr_error *err)
{
	struct nvr_error ignored;
	bool told = a->content_type != NULL &&
		    strstr(a->content_type, "json") != NULL &&
		    nvr_beat_refusal_parse(a->body, a->len, r, &ignored) == 0;

	if (a->redirect != NULL)
		return nvr_fail(err, NVR_E_DATA,
		    "it redirects to '%s', which is not followed: enrol with "
		    "the URL of the portal itself",
		    a->redirect);
	if (!told) {
		*r = (struct nvr_beat_refusal){
		    .problem = NVR_BEAT_PROBLEMS, .title = ""};
		snprintf(r->detail, sizeof(r->detail), "status %ld", a->http);
		if (a->http == 429)
			r->problem = NVR_BEAT_TOO_OFTEN;
		else if (a->http == 413)
			r->problem = NVR_BEAT_TOO_LARGE;
		else if (a->http >= 500)
			r->problem = NVR_BEAT_BUSY;
	}
	if (r->retry == 0)
		r->retry = retry_of(a);
	if (r->retry > RETRY_MOST)
		r->retry = RETRY_MOST;
	return 0;
}

static void
done(void *ctx, const struct nvr_loop_answer *a, const struct nvr_error *err)
{
	struct wait *w = ctx;

	w->unknown_ca = a->unknown_ca;
	if (a->code != 0) {
		w->rc = nvr_fail(w->err, a->code, "%s", err->text);
		return;
	}
	if (a->http == 200 || a->http == 201) {
		w->ret->taken = true;
		w->rc = nvr_buf_add(&w->ret->body, a->body, a->len, w->err);
		return;
	}
	w->rc = take_refusal(a, &w->ret->refusal, w->err);
}

static bool
is_folder(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
}

/* One request, until it is done. */
static int
request(const struct nvr_loop_request *req, struct wait *w)
{
	struct nvr_loop *loop = NULL;
	int rc = nvr_loop_open(&loop, w->err);

	w->unknown_ca = false;
	if (rc == 0)
		rc = nvr_loop_send(loop, req, done, w, w->err);
	while (rc == 0 && nvr_loop_pending(loop) > 0)
		rc = nvr_loop_turn(loop, NVR_SECOND, w->err);
	nvr_loop_close(loop);
	return rc == 0 ? w->rc : rc;
}

static void
choose_tls(const struct nvr_uplink *u, struct nvr_loop_request *req)
{
	if (u->pin[0] != '\0')
		req->tls_pin = u->pin;
	if (u->tls_ca[0] != '\0' && is_folder(u->tls_ca))
		req->tls_ca_dir = u->tls_ca;
	else if (u->tls_ca[0] != '\0')
		req->tls_ca_file = u->tls_ca;
	else if (req->tls_pin == NULL && is_folder(SYSTEM_DIR))
		req->tls_ca_dir = SYSTEM_DIR;
}

int
nvr_uplink_post(const struct nvr_uplink *u, const char *path, uint64_t sequence,
    const struct nvr_buf *body, struct nvr_uplink_answer *ret,
    struct nvr_error *err)
{
	int64_t left = u->deadline - nvr_time_monotonic();
	char url[1024];
	struct headers h = {0};
	struct wait w = {.ret = ret, .err = err};
	struct nvr_loop_request req = {.url = url,
	    .headers = h.line,
	    .body = body->data,
	    .len = body->len,
	    .timeout = left < NVR_UPLINK_TIMEOUT ? left : NVR_UPLINK_TIMEOUT,
	    .max_bytes = NVR_BEAT_ANSWER_MAX};
	int rc;

	*ret = (struct nvr_uplink_answer){0};
	if (left < NVR_SECOND)
		return nvr_fail(err, NVR_E_AGAIN, "there is no time left");
	snprintf(url, sizeof(url), "%s%s", u->url, path);
	choose_tls(u, &req);
	rc = sign(u, path, sequence, body, &h, err);
	if (rc == 0)
		rc = request(&req, &w);
	/* Elsewhere that folder is no index, or not of all of them. */
	if (w.unknown_ca && u->tls_ca[0] == '\0') {
		req.tls_ca_dir = NULL;
		req.timeout = u->deadline - nvr_time_monotonic();
		rc = request(&req, &w);
	}
	if (rc != 0)
		nvr_buf_release(&ret->body);
	return rc;
}

static int
refused_for_clock(
    const struct nvr_beat_refusal *r, int64_t now, struct nvr_error *err)
{
	char by[NVR_TIME_TEXT];
	int64_t off = now - r->now;

	if (r->now == 0)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "the clock is wrong, the portal says: set it");
	return nvr_fail(err, NVR_E_PERMISSION,
	    "the clock is %s %s the portal's: set it, or what is sent is not "
	    "taken",
	    nvr_duration_format(llabs(off / NVR_SECOND) * NVR_SECOND, by),
	    off < 0 ? "behind" : "ahead of");
}

int
nvr_uplink_refused(const struct nvr_uplink *u, const struct nvr_beat_refusal *r,
    int64_t now, struct nvr_error *err)
{
	static const struct {
		int code;
		const char *why;
	} say[NVR_BEAT_PROBLEMS + 1] = {
	    [NVR_BEAT_MALFORMED] = {NVR_E_DATA, "it does not understand the "
						"request, one of the two is "
						"too old"},
	    [NVR_BEAT_UNSIGNED] = {NVR_E_PERMISSION,
		"it finds the signature wrong: is the URL the one that it "
		"knows itself by"},
	    [NVR_BEAT_UNKNOWN] = {NVR_E_PERMISSION,
		"it does not know this recorder: nvr-heartbeat leave, and "
		"enrol anew"},
	    [NVR_BEAT_CODE] = {NVR_E_PERMISSION, "it does not take this code"},
	    [NVR_BEAT_REVOKED] = {NVR_E_PERMISSION,
		"this recorder was revoked there: nvr-heartbeat leave ends "
		"it here"},
	    [NVR_BEAT_WAITING] = {NVR_E_PERMISSION,
		"this recorder waits there to be approved"},
	    [NVR_BEAT_REPLAYED] = {NVR_E_AGAIN,
		"it has newer reports of this recorder: is there a copy of "
		"it"},
	    [NVR_BEAT_TOO_LARGE] = {NVR_E_DATA, "it finds it too large"},
	    [NVR_BEAT_HOST] = {NVR_E_UNAVAILABLE,
		"it does not know itself by this name: [portal] url or hosts "
		"of its nvr.conf is to have it"},
	    [NVR_BEAT_TOO_OFTEN] = {NVR_E_AGAIN, "it has too much to do"},
	    [NVR_BEAT_BUSY] = {NVR_E_AGAIN, "it cannot take it now"},
	    [NVR_BEAT_PROBLEMS] = {NVR_E_UNAVAILABLE,
		"it does not answer as a portal does"},
	};
	/* Of these all is said; the others have more to say. */
	bool whole = r->problem == NVR_BEAT_REVOKED ||
		     r->problem == NVR_BEAT_HOST || r->detail[0] == '\0';
	char host[256];
	int code;

	nvr_url_host(u->url, host, sizeof(host));
	if (r->problem == NVR_BEAT_SKEW) {
		refused_for_clock(r, now, err);
		return nvr_prefix(err, "%s", host);
	}
	code = say[r->problem].code;
	nvr_fail(err, code != 0 ? code : NVR_E_UNAVAILABLE, "%s: %s%s%s", host,
	    nvr_or_empty(say[r->problem].why), whole ? "" : ": ",
	    whole ? "" : r->detail);
	return err->code;
}
