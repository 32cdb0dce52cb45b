/* The path of a request; see request.h. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "web/request_int.h"

static int
refuse(struct nvr_web_request *r, struct nvr_error *err)
{
	return nvr_web_refuse(
	    r, 400, "the path is not one that is made here", err);
}

/*
 * REQUEST_URI is how it came, which is what a client signs; lighttpd, nginx and
 * Apache all have it.  Else it is what RFC 3875 has, which is decoded.
 */
static int
take_target(struct nvr_web_request *r, bool *decoded, struct nvr_error *err)
{
	const char *uri = nvr_web_meta(r, "REQUEST_URI"), *rest = "";
	size_t len;

	*decoded = uri == NULL;
	if (uri == NULL) {
		uri = nvr_or_empty(nvr_web_meta(r, "SCRIPT_NAME"));
		rest = nvr_or_empty(nvr_web_meta(r, "PATH_INFO"));
	}
	len = *decoded ? strlen(uri) : strcspn(uri, "?");
	if (len + strlen(rest) >= sizeof(r->target))
		return nvr_web_refuse(r, 414, "the path is too long", err);
	snprintf(r->target, sizeof(r->target), "%.*s%s", (int)len, uri, rest);
	if (r->target[0] != '/' || strchr(r->target, '#') != NULL)
		return refuse(r, err);
	for (const char *p = r->target; !*decoded && *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}", *p) != NULL)
			return refuse(r, err);
	return 0;
}

/* An empty segment, `.` or `..`, which servers mend in ways of their own. */
static bool
is_devious(const char *path)
{
	size_t len;

	for (const char *p = path; *p == '/'; p += len) {
		p++;
		len = strcspn(p, "/");
		if ((len == 0 && *p == '/') || (len == 1 && p[0] == '.') ||
		    (len == 2 && p[0] == '.' && p[1] == '.'))
			return true;
	}
	return false;
}

int
nvr_web_request_path(struct nvr_web_request *r, const struct nvr_web_site *site,
    struct nvr_error *err)
{
	size_t base = strlen(site->base);
	const char *path;
	bool decoded;
	int rc = take_target(r, &decoded, err);

	if (rc != 0)
		return rc;
	path = r->target;
	if (strncmp(path, site->base, base) == 0 &&
	    (path[base] == '/' || path[base] == '\0'))
		path += base;
	else
		return nvr_web_refuse(r, 404, "there is no such page", err);
	if (decoded)
		strlcpy(r->path, path, sizeof(r->path));
	else if (strcasestr(path, "%2f") != NULL ||
		 nvr_web_decode(r->path, path, strlen(path), false) < 0)
		return refuse(r, err);
	if (r->path[0] == '\0')
		strlcpy(r->path, "/", sizeof(r->path));
	return nvr_text_printable(r->path) && !is_devious(r->path)
		   ? 0
		   : refuse(r, err);
}
