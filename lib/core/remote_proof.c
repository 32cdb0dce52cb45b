/* Whether a request is a recorder's own, and how it is refused; see remote.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/remote_int.h"

int
nvr_remote_refuse(
    struct nvr_beat_refusal *ret, enum nvr_beat_problem p, const char *fmt, ...)
{
	va_list ap;

	ret->problem = p;
	ret->title = nvr_beat_title(p);
	va_start(ap, fmt);
	vsnprintf(ret->detail, sizeof(ret->detail), fmt, ap);
	va_end(ap);
	return NVR_REFUSED;
}

int
nvr_remote_read(const struct nvr_remote_request *r, struct nvr_http_message *m,
    uint8_t key[NVR_REMOTE_KEY], struct nvr_beat_refusal *refusal,
    struct nvr_error *err)
{
	int rc;

	*refusal =
	    (struct nvr_beat_refusal){.title = nvr_beat_title(NVR_BEAT_FINE)};
	*m = *r->message;
	if (m->len > NVR_BEAT_MAX)
		return nvr_remote_refuse(refusal, NVR_BEAT_TOO_LARGE,
		    "a request has %zu KiB at the most", NVR_BEAT_MAX / 1024);
	rc = nvr_httpsig_parse(
	    r->signature, key, &m->sequence, &m->created, err);
	return rc == NVR_E_DATA ? nvr_remote_refuse(refusal, NVR_BEAT_UNSIGNED,
				      "%s", err->text)
				: rc;
}

int
nvr_remote_prove(const struct nvr_remote_request *r,
    const struct nvr_http_message *m, const uint8_t key[NVR_REMOTE_KEY],
    struct nvr_beat_refusal *refusal, struct nvr_error *err)
{
	bool good = false;
	int rc = nvr_httpsig_verify(key, m, r->signature, &good, err);

	if (rc == NVR_E_DATA)
		return nvr_remote_refuse(
		    refusal, NVR_BEAT_UNSIGNED, "%s", err->text);
	if (rc == 0 && !good)
		return nvr_remote_refuse(refusal, NVR_BEAT_UNSIGNED,
		    "what came is not what was signed");
	return rc;
}

/* To the second: parts of one are not signed. */
int
nvr_remote_late(const struct nvr_remote_request *r,
    const struct nvr_http_message *m, struct nvr_beat_refusal *refusal)
{
	int64_t by = m->created / NVR_SECOND - r->now / NVR_SECOND;
	int64_t most = NVR_SKEW / NVR_SECOND;

	if (by >= -most && by <= most)
		return 0;
	refusal->now = r->now;
	return nvr_remote_refuse(refusal, NVR_BEAT_SKEW,
	    "it is signed for a time that is %lld s %s",
	    (long long)(by < 0 ? -by : by), by < 0 ? "ago" : "ahead");
}

int
nvr_remote_told(int rc, const struct nvr_remote_request *r,
    struct nvr_beat_refusal *refusal)
{
	if (rc == NVR_E_AGAIN || rc == NVR_E_IO) {
		nvr_remote_refuse(refusal, NVR_BEAT_BUSY, "%s",
		    rc == NVR_E_IO ? "the store is full, or failing"
				   : "others hold the store");
		refusal->retry = NVR_REMOTE_RETRY;
		rc = NVR_REFUSED;
	}
	if (rc == NVR_REFUSED)
		refusal->now = r->now;
	return rc == NVR_REFUSED ? 0 : rc;
}
