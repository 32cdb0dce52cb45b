/* URLs; see url.h. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/url.h"

/* NULL on bad escapes, an escaped NUL, or no memory. */
static char *
decode(const char *p, size_t len)
{
	char *text = malloc(len + 1), *to = text;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (p[i] != '%') {
			*to++ = p[i];
			continue;
		}
		if (len - i < 3 || nvr_hex_value(p[i + 1]) < 0 ||
		    nvr_hex_value(p[i + 2]) < 0)
			goto out;
		*to = (char)(nvr_hex_value(p[i + 1]) << 4 |
			     nvr_hex_value(p[i + 2]));
		if (*to++ == '\0')
			goto out;
		i += 2;
	}
	*to = '\0';
	return text;
out:
	free(text);
	return NULL;
}

static int
parse_userinfo(
    const char *p, size_t len, struct nvr_url *u, struct nvr_error *err)
{
	const char *colon = memchr(p, ':', len);
	size_t n = colon != NULL ? (size_t)(colon - p) : len;

	u->user = decode(p, n);
	if (colon != NULL)
		u->password = decode(colon + 1, len - n - 1);
	if (u->user == NULL || (colon != NULL && u->password == NULL))
		return nvr_fail(err, NVR_E_USAGE,
		    "the user or password in the URL is badly escaped");
	return 0;
}

/* host[:port] of n bytes; the host may be an IPv6 address in brackets. */
static int
check_port(const char *host, size_t n, struct nvr_error *err)
{
	const char *bracket = memchr(host, ']', n), *wrong;
	const char *from = bracket != NULL ? bracket : host;
	const char *colon = memchr(from, ':', n - (size_t)(from - host));
	char port[8] = "";

	if (colon == NULL)
		return 0;
	n -= (size_t)(colon + 1 - host);
	if (n < sizeof(port))
		memcpy(port, colon + 1, n);
	strtonum(port, 1, 65535, &wrong);
	if (wrong != NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "the port of the URL is not from 1 to 65535");
	return 0;
}

static int
parse(const char *text, struct nvr_url *u, struct nvr_error *err)
{
	const char *sep = strstr(text, "://"), *host, *at = NULL;
	size_t n;
	bool local;

	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return nvr_fail(err, NVR_E_USAGE,
			    "a URL with blanks or control characters is "
			    "refused; write %%20 for a blank");
	n = sep != NULL ? (size_t)(sep - text) : 0;
	if (n == 0 || n >= sizeof(u->scheme))
		return nvr_fail(err, NVR_E_USAGE,
		    "this is no URL; write for instance "
		    "rtsp://192.0.2.7/stream1");
	for (size_t i = 0; i < n; i++)
		u->scheme[i] = (char)tolower((unsigned char)text[i]);
	host = sep + 3;
	n = strcspn(host, "/?#");
	for (size_t i = 0; i < n; i++)
		if (host[i] == '@')
			at = host + i; /* the last one: RFC 3986, 3.2.1 */
	if (at != NULL &&
	    parse_userinfo(host, (size_t)(at - host), u, err) != 0)
		return err->code;
	if (at != NULL) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	local =
	    strcmp(u->scheme, "file") == 0 || strcmp(u->scheme, "v4l2") == 0;
	if (n == 0 && !local)
		return nvr_fail(err, NVR_E_USAGE, "the URL names no host");
	if (local && host[0] != '/')
		return nvr_fail(err, NVR_E_USAGE,
		    "the URL needs an absolute path: %s:///…", u->scheme);
	if (!local && check_port(host, n, err) != 0)
		return err->code;
	if (asprintf(&u->bare, "%s://%s", u->scheme, host) < 0) {
		u->bare = NULL;
		return nvr_fail_nomem(err);
	}
	return 0;
}

int
nvr_url_parse(const char *text, struct nvr_url *ret, struct nvr_error *err)
{
	struct nvr_url u = {{0}, NULL, NULL, NULL};
	int rc = parse(text, &u, err);

	if (rc != 0)
		nvr_url_release(&u);
	else
		*ret = u;
	return rc;
}

static void
wipe(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

void
nvr_url_release(struct nvr_url *url)
{
	wipe(&url->user);
	wipe(&url->password);
	wipe(&url->bare);
}

const char *
nvr_url_host(const char *url, char *buf, size_t size)
{
	const char *host = strstr(url, "://");
	char text[512];
	size_t n, skip = 0;

	host = host != NULL ? host + 3 : "";
	n = strcspn(host, "/?#");
	for (size_t i = 0; i < n; i++)
		if (host[i] == '@')
			skip = i + 1;
	n -= skip;
	if (n >= sizeof(text))
		n = sizeof(text) - 1;
	memcpy(text, host + skip, n);
	text[n] = '\0';
	return nvr_text_safe(text, buf, size);
}

bool
nvr_url_is_loopback(const char *url)
{
	char host[256];
	struct in_addr a;

	nvr_url_host(url, host, sizeof(host));
	if (strncmp(host, "[::1]", 5) == 0)
		return host[5] == '\0' || host[5] == ':';
	host[strcspn(host, ":")] = '\0';
	return strcasecmp(host, "localhost") == 0 ||
	       (inet_pton(AF_INET, host, &a) == 1 &&
		   ntohl(a.s_addr) >> 24 == 127);
}

const char *
nvr_url_origin(const char *url, char *buf, size_t size)
{
	const char *sep = strstr(url, "://");
	char host[NVR_URL_ORIGIN - 24], scheme[16] = "";
	size_t n = sep != NULL ? (size_t)(sep - url) : 0;

	buf[0] = '\0';
	if (n == 0 || n >= sizeof(scheme))
		return buf;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)url[i]))
			return buf;
		scheme[i] = (char)tolower((unsigned char)url[i]);
	}
	nvr_url_host(url, host, sizeof(host));
	host[strcspn(host, ";&=,\\")] = '\0';
	snprintf(buf, size, "%s://%s/", scheme, host);
	return buf;
}

/* Names of parameters that cameras take passwords and tokens in; of those of
 * several words, as api_key, the last one. */
static bool
is_secret(const char *name, size_t len)
{
	static const char *const words[] = {"user", "usr", "username", "u",
	    "loginuse", "login", "pwd", "pass", "passwd", "password", "p", "pw",
	    "loginpas", "psw", "token", "auth", "key", "apikey", "secret",
	    "sid", "session", "sig", "signature"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len &&
		    strncasecmp(words[i], name, len) == 0)
			return true;
	return false;
}

/* Bytes of a value.  A `_` ends it where a further parameter follows. */
static size_t
value_len(const char *value, const char *end)
{
	size_t n = strcspn(value, end);

	for (size_t i = 0; i < n; i++)
		if (value[i] == '_' &&
		    value[i + 1 + strcspn(value + i + 1, "=_&;?#/")] == '=')
			return i;
	return n;
}

int
nvr_url_redact(const char *bare, bool *secret, struct nvr_buf *shown,
    struct nvr_error *err)
{
	const char *host = strstr(bare, "://"), *end = "&;?#/";
	const char *p = host != NULL ? host + 3 : bare;
	int rc = 0;

	p += strcspn(p, "/?#;&");
	*secret = false;
	if (shown != NULL)
		rc = nvr_buf_add(shown, bare, (size_t)(p - bare), err);
	while (rc == 0 && *p != '\0' && *p != '#') {
		size_t name = 1 + strcspn(p + 1, "=&;?#/_"), value = 0;
		bool hide;

		if (*p == '?')
			end = "&;#";
		if (p[name] == '=')
			value = 1 + value_len(p + name + 1, end);
		hide = value > 1 && is_secret(p + 1, name - 1);
		*secret |= hide;
		if (shown != NULL && hide)
			rc = nvr_buf_addf(shown, err, "%.*s=***", (int)name, p);
		else if (shown != NULL)
			rc = nvr_buf_add(shown, p, name + value, err);
		p += name + value;
	}
	return rc;
}

int
nvr_url_path(const char *url, struct nvr_buf *path, struct nvr_error *err)
{
	const char *p = strstr(url, "://");
	char *text;
	int rc;

	p = p != NULL ? p + 3 : url;
	if (p[0] != '/')
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' needs an absolute path: three slashes", url);
	text = decode(p, strlen(p));
	if (text == NULL)
		return nvr_fail(err, NVR_E_USAGE, "'%s' is badly escaped", url);
	rc = nvr_buf_add(path, text, strlen(text), err);
	free(text);
	return rc;
}
