/* What the RTSP client reads in headers and SDP; see rtsp_int.h. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/url.h"
#include "net/rtsp_int.h"

/* The number at p, of at most nine digits; -1: none.  *end is behind it. */
static int
number(const char *p, const char **end)
{
	int n = 0, digits = 0;

	for (; digits < 9 && isdigit((unsigned char)p[digits]); digits++)
		n = n * 10 + (p[digits] - '0');
	*end = p + digits;
	return digits > 0 && !isdigit((unsigned char)**end) ? n : -1;
}

bool
nvr_rtsp_interleaved(const char *transport, int *rtp, int *rtcp)
{
	static const char name[] = "interleaved=";
	const char *p = strcasestr(transport, name);
	int a, b;

	if (p == NULL)
		return false;
	a = number(p + sizeof(name) - 1, &p);
	b = *p == '-' ? number(p + 1, &p) : a + 1;
	if (a < 0 || b < 0 || a > 255 || b > 255)
		return false;
	*rtp = a;
	*rtcp = b;
	return true;
}

int
nvr_rtsp_session_seconds(const char *session)
{
	static const char name[] = "timeout=";
	const char *p = strcasestr(session, name);
	int n = p != NULL ? number(p + sizeof(name) - 1, &p) : 0;

	return n > 0 && n <= 86400 ? n : 60;
}

void
nvr_rtsp_sdp_control(const char *sdp, char *value, size_t size)
{
	static const char name[] = "a=control:";
	const char *line = sdp;
	size_t n;

	*value = '\0';
	while (*line != '\0' && strncmp(line, "m=", 2) != 0) {
		n = strcspn(line, "\r\n");
		if (strncmp(line, name, sizeof(name) - 1) == 0) {
			line += sizeof(name) - 1;
			n -= sizeof(name) - 1;
			if (n < size)
				snprintf(value, size, "%.*s", (int)n, line);
			return;
		}
		line += n;
		line += strspn(line, "\r\n");
	}
}

/* The host of a URL without user and password, as bytes of it. */
static const char *
host_of(const char *bare, size_t *len)
{
	const char *host = strstr(bare, "://") + 3;

	*len = host[0] == '[' ? strcspn(host, "]") : strcspn(host, ":/?#");
	return host;
}

static int
absolute(
    const char *url, const char *control, char **ret, struct nvr_error *err)
{
	struct nvr_url u = {0};
	const char *a, *b;
	size_t a_len, b_len;
	int rc = 0;

	if (nvr_url_parse(control, &u, err) != 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera names a track by a URL that is none");
	a = host_of(url, &a_len);
	b = host_of(u.bare, &b_len);
	if (strncmp(u.scheme, "rtsp", 4) != 0 || a_len != b_len ||
	    strncasecmp(a, b, a_len) != 0) {
		rc = nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera names a track on another host, which is "
		    "refused");
	} else {
		*ret = u.bare;
		u.bare = NULL;
	}
	nvr_url_release(&u);
	return rc;
}

/* As ffmpeg and live555 do it, since that is what cameras are made for. */
static int
relative(
    const char *base, const char *control, char **ret, struct nvr_error *err)
{
	size_t n = strlen(base);
	bool slash =
	    *control != '\0' && *control != '/' && n > 0 && base[n - 1] != '/';
	struct nvr_buf text = {0};

	for (const char *p = control; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return nvr_fail(err, NVR_E_UNAVAILABLE,
			    "the camera names a track with blanks in it");
	if (nvr_buf_addf(
		&text, err, "%s%s%s", base, slash ? "/" : "", control) != 0)
		return err->code;
	*ret = text.data;
	return 0;
}

int
nvr_rtsp_resolve(const char *url, const char *base, const char *control,
    char **ret, struct nvr_error *err)
{
	if (strlen(base) + strlen(control) + 2 > NVR_RTSP_URL_MAX)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera names a track by too long a URL");
	if (strcmp(control, "*") == 0)
		control = "";
	if (strstr(control, "://") != NULL)
		return absolute(url, control, ret, err);
	return relative(base, control, ret, err);
}
