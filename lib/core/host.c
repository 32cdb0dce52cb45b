/* A model's server as nvr.conf names it, and its key; see exchange.h. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/url.h"
#include "core/exchange_int.h"

#define KEY_MAX_BYTES 4096
#define TOKENS_MAX 1e12
#define CA_MAX_BYTES (4 * 1024 * 1024)

static int
check_url(const struct nvr_model *m, struct nvr_error *err)
{
	struct nvr_url url;
	bool user, https, http;

	if (strstr(m->url, "://") == NULL)
		return nvr_fail(err, NVR_E_CONFIG,
		    "url of [model %s] is no URL; write for instance "
		    "https://api.openai.com/v1",
		    m->name);
	if (nvr_url_parse(m->url, &url, err) != 0) {
		nvr_prefix(err, "url of [model %s]", m->name);
		return err->code = NVR_E_CONFIG;
	}
	user = url.user != NULL;
	https = strcmp(url.scheme, "https") == 0;
	http = strcmp(url.scheme, "http") == 0;
	nvr_url_release(&url);
	if (user)
		return nvr_fail(err, NVR_E_CONFIG,
		    "url of [model %s] holds a user or password; a key belongs "
		    "into a file that key-file names",
		    m->name);
	if (!https && !http)
		return nvr_fail(err, NVR_E_CONFIG,
		    "url of [model %s] is not https://…", m->name);
	if (http && !nvr_url_is_loopback(m->url) &&
	    (m->quirks & NVR_QUIRK_PLAIN_HTTP) == 0)
		return nvr_fail(err, NVR_E_CONFIG,
		    "url of [model %s] would send pictures over the network "
		    "unencrypted; write https://…, or, if that is meant, "
		    "quirks = plain-http",
		    m->name);
	return 0;
}

static int
check_mode(const struct nvr_model *m, int fd, struct nvr_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return nvr_fail_errno(
		    err, NVR_E_CONFIG, "cannot read '%s'", m->key_file);
	if (!S_ISREG(st.st_mode))
		return nvr_fail(err, NVR_E_CONFIG,
		    "'%s', key-file of [model %s], is not a file", m->key_file,
		    m->name);
	if (!nvr_mode_is_private(&st))
		return nvr_fail(err, NVR_E_CONFIG,
		    "others can read the key in '%s'; run chmod 600 '%s'",
		    m->key_file, m->key_file);
	return 0;
}

/* The whole file into key, of KEY_MAX_BYTES + 1. */
static int
read_key(const struct nvr_model *m, int fd, char *key, struct nvr_error *err)
{
	size_t len = 0;
	ssize_t n;

	while (len <= KEY_MAX_BYTES) {
		n = read(fd, key + len, KEY_MAX_BYTES + 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return nvr_fail_errno(
			    err, NVR_E_CONFIG, "cannot read '%s'", m->key_file);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	if (len > KEY_MAX_BYTES)
		return nvr_fail(err, NVR_E_CONFIG,
		    "'%s' is larger than a key: %d bytes at the most",
		    m->key_file, KEY_MAX_BYTES);
	key[len] = '\0';
	if (strlen(key) != len)
		return nvr_fail(
		    err, NVR_E_CONFIG, "'%s' is no text", m->key_file);
	return 0;
}

/* Its first line, which has to fit into a header (RFC 9110, 5.5). */
static int
check_key(const struct nvr_model *m, char *key, struct nvr_error *err)
{
	key[strcspn(key, "\r\n")] = '\0';
	if (key[0] == '\0')
		return nvr_fail(err, NVR_E_CONFIG,
		    "'%s' holds no key in its first line", m->key_file);
	for (const char *p = key; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return nvr_fail(err, NVR_E_CONFIG,
			    "the first line of '%s' is no key: blanks, control "
			    "characters or other than ASCII in it",
			    m->key_file);
	return 0;
}

static int
set_key(struct nvr_host *h, const char *key, struct nvr_error *err)
{
	const char *name = h->model.api == NVR_API_AZURE
			       ? "api-key: "
			       : "Authorization: Bearer ";
	size_t n = strlen(name), size = n + strlen(key) + 1;

	h->key_line = malloc(size);
	if (h->key_line == NULL)
		return nvr_fail_nomem(err);
	snprintf(h->key_line, size, "%s%s", name, key);
	h->key = h->key_line + n;
	return 0;
}

static int
take_key(struct nvr_host *h, struct nvr_error *err)
{
	const struct nvr_model *m = &h->model;
	char key[KEY_MAX_BYTES + 1];
	int rc, fd;

	if (m->key_file[0] == '\0' && !nvr_url_is_loopback(m->url) &&
	    (m->api == NVR_API_OPENAI || m->api == NVR_API_AZURE))
		return nvr_fail(err, NVR_E_CONFIG,
		    "[model %s] has no key-file; write the key into a file "
		    "that only you can read, and name it in nvr.conf",
		    m->name);
	if (m->key_file[0] == '\0')
		return 0;
	fd = open(m->key_file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return nvr_fail_errno(err, NVR_E_CONFIG,
		    "cannot open '%s', key-file of [model %s]", m->key_file,
		    m->name);
	rc = check_mode(m, fd, err);
	if (rc == 0)
		rc = read_key(m, fd, key, err);
	close(fd);
	if (rc == 0)
		rc = check_key(m, key, err);
	if (rc == 0)
		rc = set_key(h, key, err);
	explicit_bzero(key, sizeof(key));
	return rc;
}

/*
 * libcurl would tell of it at each attempt, as of a server that is not there.
 * Of what begins like a certificate it is the judge.
 */
static int
check_ca(const struct nvr_model *m, struct nvr_error *err)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	struct nvr_buf text = {0};
	struct stat st;
	int rc = 0;

	if (m->tls_ca[0] == '\0')
		return 0;
	if (stat(m->tls_ca, &st) != 0)
		rc = nvr_fail_errno(
		    err, NVR_E_CONFIG, "cannot open '%s'", m->tls_ca);
	else if (!S_ISREG(st.st_mode))
		rc = nvr_fail(
		    err, NVR_E_CONFIG, "'%s' is not a file", m->tls_ca);
	else
		rc = nvr_file_read(m->tls_ca, CA_MAX_BYTES, &text, err);
	if (rc == 0 && (text.len == 0 || memmem(text.data, text.len, begin,
					     sizeof(begin) - 1) == NULL))
		rc = nvr_fail(err, NVR_E_CONFIG,
		    "'%s' holds no certificate (PEM)", m->tls_ca);
	nvr_buf_release(&text);
	if (rc == 0)
		return 0;
	nvr_prefix(err, "tls-ca of [model %s]", m->name);
	return err->code = NVR_E_CONFIG;
}

int
nvr_host_open(
    const struct nvr_model *model, struct nvr_host **ret, struct nvr_error *err)
{
	struct nvr_host *h = calloc(1, sizeof(*h));
	int rc;

	if (h == NULL)
		return nvr_fail_nomem(err);
	h->model = *model;
	nvr_url_host(model->url, h->name, sizeof(h->name));
	rc = check_url(model, err);
	if (rc == 0)
		rc = check_ca(model, err);
	if (rc == 0)
		rc = take_key(h, err);
	if (rc != 0)
		nvr_host_close(h);
	else
		*ret = h;
	return rc;
}

void
nvr_host_close(struct nvr_host *h)
{
	if (h == NULL)
		return;
	if (h->key_line != NULL)
		explicit_bzero(h->key_line, strlen(h->key_line));
	free(h->key_line);
	nvr_buf_release(&h->url);
	free(h);
}

const struct nvr_model *
nvr_host_model(const struct nvr_host *h)
{
	return &h->model;
}

const char *
nvr_host_name(const struct nvr_host *h)
{
	return h->name;
}

void
nvr_host_learn(struct nvr_host *h, int64_t estimate, int64_t took)
{
	if (estimate > 0 && took >= 0)
		h->excess = took > estimate
				? (double)(took - estimate) / (double)estimate
				: 0;
}

int64_t
nvr_host_expect(const struct nvr_host *h, int64_t estimate)
{
	double more = ceil(h->excess * (double)estimate);

	/* What a server reports may be any number. */
	return estimate + (int64_t)fmin(more, TOKENS_MAX);
}

int
nvr_host_request(struct nvr_host *h, const char *path, const char *body,
    size_t len, struct nvr_loop_request *ret, struct nvr_error *err)
{
	int rc, n = 0;

	h->url.len = 0;
	rc = nvr_chat_url(&h->model, path, &h->url, err);
	if (rc != 0)
		return rc;
	if (h->key_line != NULL)
		h->headers[n++] = h->key_line;
	h->headers[n++] = "Accept: application/json";
	if (body != NULL)
		h->headers[n++] = "Content-Type: application/json";
	h->headers[n] = NULL;
	*ret = (struct nvr_loop_request){
	    .url = h->url.data,
	    .headers = h->headers,
	    .body = body,
	    .len = len,
	    .tls_ca_file = h->model.tls_ca[0] != '\0' ? h->model.tls_ca : NULL,
	    .timeout = h->model.timeout,
	    .max_bytes = NVR_CHAT_ANSWER_MAX,
	    .secret = h->key,
	};
	return 0;
}
