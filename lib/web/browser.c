/* What a browser sends and keeps; see browser.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "web/browser.h"

/* cookie-octet, of RFC 6265, 4.1.1. */
static bool
is_value(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("\",;\\", *s) != NULL)
			return false;
	return true;
}

static const char *
prefix(const struct nvr_web_request *r)
{
	return r->secure ? "__Host-" : "";
}

/* The next `name=value` of *list, which goes on behind it; a name may be empty
 * there. */
static bool
next_pair(const char **list, const char **name, size_t *len, const char **value)
{
	*list += strspn(*list, "; ");
	if (**list == '\0')
		return false;
	*name = *list;
	*len = strcspn(*list, "=;");
	*list += *len;
	*value = *list + (**list == '=');
	*list += strcspn(*list, ";");
	return true;
}

bool
nvr_web_cookie(const struct nvr_web_request *r, const char *name,
    char value[NVR_WEB_COOKIE])
{
	const char *list = nvr_web_request_header(r, "Cookie"), *is, *has;
	char full[NVR_WEB_NAME];
	size_t len, found = 0;

	snprintf(full, sizeof(full), "%s%s", prefix(r), name);
	while (list != NULL && next_pair(&list, &is, &len, &has)) {
		if (len != strlen(full) || strncmp(is, full, len) != 0)
			continue;
		if (list - has >= NVR_WEB_COOKIE)
			return false;
		snprintf(value, NVR_WEB_COOKIE, "%.*s", (int)(list - has), has);
		found++;
	}
	return found == 1 && is_value(value);
}

int
nvr_web_set_cookie(struct nvr_web_response *rs, const struct nvr_web_request *r,
    const char *name, const char *value, int64_t age, struct nvr_error *err)
{
	char text[NVR_WEB_COOKIE + 160], lasts[48] = "";

	if (!is_value(value) || strlen(value) >= NVR_WEB_COOKIE)
		return nvr_fail(
		    err, NVR_E_BUG, "no cookie can have that value");
	if (age != 0)
		snprintf(lasts, sizeof(lasts), "; Max-Age=%" PRId64,
		    age > 0 ? age : 0);
	snprintf(text, sizeof(text),
	    "%s%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", prefix(r), name,
	    value, r->secure ? "; Secure" : "", lasts);
	return nvr_web_response_header(rs, "Set-Cookie", text, err);
}

bool
nvr_web_is_own(const struct nvr_web_request *r)
{
	const char *site = nvr_web_request_header(r, "Sec-Fetch-Site");
	const char *origin = nvr_web_request_header(r, "Origin");
	char ours[NVR_WEB_HOST + 16];

	if (site != NULL)
		return strcmp(site, "same-origin") == 0;
	snprintf(ours, sizeof(ours), "http%s://%s", r->secure ? "s" : "",
	    r->authority);
	return origin != NULL && strcmp(origin, ours) == 0;
}

bool
nvr_web_is_local(const char *path)
{
	if (path[0] != '/' || path[1] == '/' || path[1] == '\\')
		return false;
	for (; *path != '\0'; path++)
		if (*path <= ' ' || *path > '~' || *path == '\\')
			return false;
	return true;
}

int
nvr_web_redirect(struct nvr_web_response *rs, const char *base,
    const char *path, struct nvr_error *err)
{
	char to[2 * NVR_WEB_PATH];

	if (!nvr_web_is_local(path) ||
	    strlen(path) + strlen(base) >= sizeof(to))
		return nvr_fail(err, NVR_E_BUG, "that is no path of ours");
	snprintf(to, sizeof(to), "%s%s", base, path);
	nvr_buf_wipe(&rs->body);
	rs->status = 303;
	rs->type = NULL;
	return nvr_web_response_header(rs, "Location", to, err);
}
