/* A request, as the web server hands it over; see request.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "web/request_int.h"

#define MOST_LENGTH (1LL << 40) /* that can be said; routes take less */

const char *
nvr_web_meta(const struct nvr_web_request *r, const char *name)
{
	size_t len = strlen(name);

	for (char *const *e = r->env; *e != NULL; e++)
		if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
			return *e + len + 1;
	return NULL;
}

int
nvr_web_refuse(struct nvr_web_request *r, int status, const char *why,
    struct nvr_error *err)
{
	r->refused = status;
	return nvr_fail(err, NVR_E_DATA, "%s", why);
}

const char *
nvr_web_request_header(const struct nvr_web_request *r, const char *name)
{
	char meta[5 + NVR_WEB_NAME];
	const char *value;

	if (snprintf(meta, sizeof(meta), "HTTP_%s", name) >= (int)sizeof(meta))
		return NULL;
	for (char *p = meta; *p != '\0'; p++)
		*p = (char)(*p == '-'		     ? '_'
			    : *p >= 'a' && *p <= 'z' ? *p - 32
						     : *p);
	if (strcmp(meta, "HTTP_PROXY") == 0)
		return NULL;
	value = nvr_web_meta(r, meta);
	if (value == NULL || strlen(value) > NVR_WEB_VALUE ||
	    !nvr_text_printable(value))
		return NULL;
	return value;
}

/* Lower case, and without the port that goes without saying. */
static bool
authority(const char *host, bool tls, char out[NVR_WEB_HOST])
{
	size_t len = strlcpy(out, host, NVR_WEB_HOST);
	const char *port = tls ? ":443" : ":80";

	if (len == 0 || len >= NVR_WEB_HOST)
		return false;
	for (char *p = out; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
		else if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-:[]",
			     *p) == NULL)
			return false;
	}
	if (len > strlen(port) && strcmp(out + len - strlen(port), port) == 0)
		out[len - strlen(port)] = '\0';
	return true;
}

static int
add_host(struct nvr_web_site *site, const char *host, const char *key,
    struct nvr_error *err)
{
	if (site->nhosts == NVR_WEB_HOSTS)
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf's hosts in [portal] are too many: %d with that "
		    "of url",
		    NVR_WEB_HOSTS);
	if (!authority(host, site->tls, site->host[site->nhosts]))
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf's %s in [portal]: '%s' is no host as nvr.example "
		    "or nvr.example:8443",
		    key, host);
	site->nhosts++;
	return 0;
}

int
nvr_web_site_init(struct nvr_web_site *site, const char *url, const char *hosts,
    struct nvr_error *err)
{
	const char *start = strstr(url, "://"), *path;
	char host[NVR_WEB_HOST];
	size_t len;
	int rc;

	*site = (struct nvr_web_site){.tls = strncmp(url, "https:", 6) == 0};
	if (start == NULL)
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf's url in [portal] is not set: the portal answers "
		    "to the name that it says, as 'https://nvr.example'");
	start += 3;
	len = strcspn(start, "/");
	path = start + len;
	if (len >= sizeof(host) ||
	    strlcpy(site->base, path, sizeof(site->base)) >= sizeof(site->base))
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf's url in [portal] is too long");
	strlcpy(host, start, len + 1);
	for (len = strlen(site->base); len > 0 && site->base[len - 1] == '/';)
		site->base[--len] = '\0';
	rc = add_host(site, host, "url", err);
	for (; rc == 0 && *(hosts += strspn(hosts, " ")) != '\0';
	     hosts += len) {
		len = strcspn(hosts, " ");
		strlcpy(host, hosts,
		    len + 1 < sizeof(host) ? len + 1 : sizeof(host));
		rc = add_host(site, host, "hosts", err);
	}
	return rc;
}

/* Who asks, by which name, and how. */
static int
take_host(struct nvr_web_request *r, const struct nvr_web_site *site,
    struct nvr_error *err)
{
	const char *host = nvr_web_request_header(r, "Host"),
		   *https = nvr_web_meta(r, "HTTPS"),
		   *scheme = nvr_web_meta(r, "REQUEST_SCHEME");
	int i = 0;

	r->secure = (https != NULL && strcmp(https, "on") == 0) ||
		    (scheme != NULL && strcmp(scheme, "https") == 0);
	if (host == NULL || !authority(host, r->secure, r->authority))
		return nvr_web_refuse(
		    r, 400, "there is no Host, or none that can be", err);
	while (i < site->nhosts && strcmp(site->host[i], r->authority) != 0)
		i++;
	if (i == site->nhosts)
		return nvr_web_refuse(
		    r, 421, "this is no host of that name", err);
	if (site->tls && !r->secure)
		return nvr_web_refuse(r, 403, "this is served by TLS", err);
	return 0;
}

static int
take_client(struct nvr_web_request *r, struct nvr_error *err)
{
	const char *method = nvr_web_meta(r, "REQUEST_METHOD"),
		   *address = nvr_web_meta(r, "REMOTE_ADDR");
	uint8_t raw[16];

	if (method == NULL || method[0] == '\0' ||
	    method[strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] != '\0' ||
	    strlcpy(r->method, method, sizeof(r->method)) >= sizeof(r->method))
		return nvr_web_refuse(
		    r, 501, "there is no method of that name", err);
	if (address == NULL ||
	    (inet_pton(AF_INET, address, raw) != 1 &&
		inet_pton(AF_INET6, address, raw) != 1) ||
	    strlcpy(r->address, address, sizeof(r->address)) >=
		sizeof(r->address))
		return nvr_web_refuse(
		    r, 400, "the server does not say who asks", err);
	return 0;
}

/* What is said of the body. */
static int
take_length(struct nvr_web_request *r, struct nvr_error *err)
{
	const char *length = nvr_web_meta(r, "CONTENT_LENGTH"), *wrong = NULL;
	const char *coding = nvr_web_meta(r, "HTTP_TRANSFER_ENCODING");

	/* The server has taken the chunks apart (RFC 3875, 4.2); who passes
	 * them on has not. */
	if (coding != NULL && coding[0] != '\0')
		return nvr_web_refuse(
		    r, 400, "the server passed a transfer coding on", err);
	if (length == NULL || length[0] == '\0')
		return 0;
	if (length[strspn(length, "0123456789")] == '\0')
		r->length = (size_t)strtonum(length, 0, MOST_LENGTH, &wrong);
	else
		wrong = "invalid";
	r->has_length = true;
	if (wrong != NULL && strcmp(wrong, "too large") == 0)
		return nvr_web_refuse(r, 413, "the body is too large", err);
	return wrong == NULL
		   ? 0
		   : nvr_web_refuse(r, 400, "Content-Length is no number", err);
}

/* The media type in lower case; its only parameter may be charset=utf-8, or the
 * boundary of form data. */
static int
take_type(struct nvr_web_request *r, struct nvr_error *err)
{
	const char *type = nvr_web_meta(r, "CONTENT_TYPE"), *p;
	size_t len;

	if (type == NULL || type[0] == '\0')
		return 0;
	len = strcspn(type, "; \t");
	p = type + len;
	p += strspn(p, " \t");
	if (*p == ';')
		p += 1 + strspn(p + 1, " \t");
	if (len >= sizeof(r->type) ||
	    (*p != '\0' && strcasecmp(p, "charset=utf-8") != 0 &&
		strcasecmp(p, "charset=\"utf-8\"") != 0 &&
		(strncasecmp(type, NVR_WEB_FORM_DATA ";", 20) != 0 ||
		    strncasecmp(p, "boundary=", 9) != 0)))
		return nvr_web_refuse(
		    r, 415, "Content-Type has parameters of its own", err);
	for (size_t i = 0; i < len; i++)
		r->type[i] =
		    (char)(type[i] >= 'A' && type[i] <= 'Z' ? type[i] + 32
							    : type[i]);
	return 0;
}

static int
take_query(struct nvr_web_request *r, struct nvr_error *err)
{
	const char *query = nvr_web_meta(r, "QUERY_STRING");
	int rc;

	if (query == NULL || query[0] == '\0')
		return 0;
	if (strlen(query) > NVR_WEB_QUERY)
		return nvr_web_refuse(r, 414, "the query is too long", err);
	rc = nvr_web_fields_parse(&r->query, query, strlen(query), err);
	if (rc == NVR_E_DATA)
		r->refused = 400;
	return rc;
}

int
nvr_web_request_init(struct nvr_web_request *r, const struct nvr_web_site *site,
    char *const *env, struct nvr_error *err)
{
	int rc;

	*r = (struct nvr_web_request){.env = env};
	rc = take_client(r, err);
	if (rc == 0)
		rc = take_host(r, site, err);
	if (rc == 0)
		rc = nvr_web_request_path(r, site, err);
	if (rc == 0)
		rc = take_length(r, err);
	if (rc == 0)
		rc = take_query(r, err);
	return rc == 0 ? take_type(r, err) : rc;
}

void
nvr_web_request_release(struct nvr_web_request *r)
{
	nvr_web_fields_release(&r->query);
	nvr_web_fields_release(&r->form);
	nvr_buf_wipe(&r->body);
}
