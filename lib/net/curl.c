/* What the users of libcurl share; see curl_int.h. */
#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "base/text.h"
#include "net/curl_int.h"

/* The only state of the process: libcurl's own. */
static void
init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

void
nvr_curl_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_curl);
}

bool
nvr_curl_is_https(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}

int
nvr_curl_check_url(const char *url, struct nvr_error *err)
{
	const char *host = strstr(url, "://");

	for (const char *p = url; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p) || *p == ' ')
			return nvr_fail(err, NVR_E_USAGE,
			    "a space or control character in the URL");
	if (host == NULL ||
	    (!nvr_curl_is_https(url) && strncasecmp(url, "http://", 7) != 0))
		return nvr_fail(err, NVR_E_USAGE, "not an http or https URL");
	if (memchr(host + 3, '@', strcspn(host + 3, "/?#")) != NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "user and password do not belong into the URL");
	return 0;
}

long
nvr_curl_tls(int tls_min)
{
	return tls_min == 12 ? CURL_SSLVERSION_TLSv1_2
			     : CURL_SSLVERSION_TLSv1_3;
}

static int
code_of(CURLcode rc)
{
	switch (rc) {
	case CURLE_PARTIAL_FILE:
		return NVR_E_DATA;
	case CURLE_OUT_OF_MEMORY:
		return NVR_E_NOMEM;
	default:
		return NVR_E_UNAVAILABLE;
	}
}

int
nvr_curl_fail(const struct nvr_curl_end *end, struct nvr_error *err)
{
	char why[CURL_ERROR_SIZE];

	nvr_text_safe(end->message[0] != '\0' ? end->message
					      : curl_easy_strerror(end->rc),
	    why, sizeof(why));
	switch (end->rc) {
	case CURLE_OPERATION_TIMEDOUT:
		return nvr_fail(err, NVR_E_AGAIN, "timed out after %g s",
		    (double)end->timeout / 1e6);
	case CURLE_PEER_FAILED_VERIFICATION:
		return nvr_fail(err, NVR_E_PERMISSION,
		    "its certificate is refused: %s", why);
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return nvr_fail(err, NVR_E_PERMISSION,
		    "its certificate is refused: it has another public key "
		    "than the one that is pinned");
	case CURLE_SSL_CACERT_BADFILE:
		return nvr_fail(err, NVR_E_NOENT,
		    "%s: is the package ca-certificates installed, or the file "
		    "right that names another authority",
		    why);
	case CURLE_FILESIZE_EXCEEDED:
		return nvr_fail(err, NVR_E_DATA, "more than %zu bytes, refused",
		    end->max_bytes);
	default:
		return nvr_fail(
		    err, code_of(end->rc), "%s: %s", end->failed, why);
	}
}
