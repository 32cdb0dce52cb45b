/*
 * A recorder's requests to its portal: POSTs of JSON that the recorder's key
 * signs (seal/httpsig.h), over TLS 1.3, or plain HTTP to this machine itself.
 * Proxies are as libcurl has them; no redirect is followed.
 */
#ifndef NVR_CORE_UPLINK_H
#define NVR_CORE_UPLINK_H

#include "core/beat.h"
#include "seal/sshsig.h"

#define NVR_UPLINK_TIMEOUT (12 * NVR_SECOND)

struct nvr_uplink {
	const char *url;    /* https://host, as nvr_uplink_check has it */
	const char *pin;    /* "": none */
	const char *tls_ca; /* a file, or a folder; "": the system's */
	const uint8_t *seed;
	int64_t deadline; /* of nvr_time_monotonic */
};

/*
 * Without a slash at its end.  NVR_E_USAGE: neither https nor http to this
 * machine; a path, a user, or a pin that libcurl would not know.
 */
int nvr_uplink_check(
    const char *url, char *ret, size_t size, struct nvr_error *err);
int nvr_uplink_check_pin(const char *pin, struct nvr_error *err);

struct nvr_uplink_answer {
	bool taken; /* status 200, or 201 for what was made */
	struct nvr_buf body;
	struct nvr_beat_refusal refusal; /* where it is not taken */
};

/*
 * 0 where the portal answered, whatever: a refusal that says nothing of itself
 * is told by its status, with NVR_BEAT_PROBLEMS as its problem.  Errors as
 * nvr_loop_send has them; NVR_E_DATA for what is no answer of a portal.
 */
int nvr_uplink_post(const struct nvr_uplink *u, const char *path,
    uint64_t sequence, const struct nvr_buf *body,
    struct nvr_uplink_answer *ret, struct nvr_error *err);

/* What a refusal comes to, as an error with the way out. */
int nvr_uplink_refused(const struct nvr_uplink *u,
    const struct nvr_beat_refusal *r, int64_t now, struct nvr_error *err);

#endif
