/* What the users of libcurl share. */
#ifndef NVR_NET_CURL_INT_H
#define NVR_NET_CURL_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/error.h"

/* Once a process, by whoever comes first; cheap afterwards. */
void nvr_curl_init(void);

bool nvr_curl_is_https(const char *url);

/* NVR_E_USAGE: not http or https, blanks, or a user and password in it. */
int nvr_curl_check_url(const char *url, struct nvr_error *err);

/* CURLOPT_SSLVERSION of the least TLS: 12 is 1.2, anything else 1.3. */
long nvr_curl_tls(int tls_min);

/*
 * Says what libcurl gave up for; message is CURLOPT_ERRORBUFFER's, and failed
 * what to call it (`cannot get it`).  Returns the code.
 */
struct nvr_curl_end {
	CURLcode rc;
	const char *message;
	const char *failed;
	int64_t timeout; /* microseconds */
	size_t max_bytes;
};
int nvr_curl_fail(const struct nvr_curl_end *end, struct nvr_error *err);

#endif
