/* The routes of recorders: enrol and heartbeat (core/remote.h). */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "nvr.cgi.h"
#include "core/remote.h"

/* What was signed, as it came. */
struct signed_request {
	struct nvr_http_message message;
	struct nvr_http_signature signature;
	struct nvr_remote_request request;
};

static bool
take(const struct nvr_web_request *r, const char *name,
    char out[NVR_HTTPSIG_HEADER])
{
	const char *value = nvr_web_request_header(r, name);

	return value != NULL &&
	       strlcpy(out, value, NVR_HTTPSIG_HEADER) < NVR_HTTPSIG_HEADER;
}

/* False: a header is missing, or longer than any is. */
static bool
prepare(struct signed_request *q, const struct nvr_web_request *r)
{
	struct nvr_http_signature *s = &q->signature;

	q->message = (struct nvr_http_message){
	    .method = r->method,
	    .authority = r->authority,
	    .path = r->target,
	    .body = r->body.data,
	    .len = r->body.len,
	};
	q->request = (struct nvr_remote_request){
	    .message = &q->message,
	    .signature = s,
	    .address = r->address,
	    .now = nvr_time_now(),
	};
	return take(r, "Content-Digest", s->digest) &&
	       take(r, "Nvr-Sequence", s->sequence) &&
	       take(r, "Signature-Input", s->input) &&
	       take(r, "Signature", s->signature);
}

static int
refuse(struct nvr_web_response *rs, const struct nvr_beat_refusal *why,
    struct nvr_error *err)
{
	int rc =
	    why->retry > 0 ? nvr_web_response_retry(rs, why->retry, err) : 0;

	rs->status = nvr_beat_status(why->problem);
	rs->type = "application/problem+json";
	return rc == 0 ? nvr_beat_refusal_write(why, &rs->body, err) : rc;
}

static int
refuse_unsigned(struct nvr_web_response *rs, struct nvr_error *err)
{
	const struct nvr_beat_refusal why = {
	    .problem = NVR_BEAT_UNSIGNED,
	    .title = "the request is not signed",
	    .detail = "Content-Digest, Nvr-Sequence, Signature-Input and "
		      "Signature are to be there",
	    .now = nvr_time_now(),
	};

	return refuse(rs, &why, err);
}

/*
 * A store that is full or held by others is told to both: the recorder is
 * refused with a number, and who runs the portal reads what it is of.
 */
static void
trouble(struct portal *p, const struct nvr_web_request *r,
    struct nvr_beat_refusal *refusal, const struct nvr_error *err)
{
	char reference[NVR_ID_TEXT], text[sizeof(refusal->detail)];
	char what[NVR_WEB_PATH + 16];

	if (refusal->problem != NVR_BEAT_BUSY || err->code == 0)
		return;
	snprintf(what, sizeof(what), "%s %s", r->method, r->path);
	portal_tell(p, nvr_id_format(nvr_id_new(), reference), what, err);
	strlcpy(text, refusal->detail, sizeof(text));
	snprintf(refusal->detail, sizeof(refusal->detail),
	    "%.200s (reference %s)", text, reference);
	portal_done(p, err->code);
}

typedef int handler(struct nvr_state *s, const struct nvr_remote_request *q,
    struct nvr_web_response *rs, struct nvr_beat_refusal *refusal,
    struct nvr_error *err);

/* What is common to both: the answer is what `handle` writes, or why not. */
static int
serve(struct portal *p, const struct nvr_web_request *r, handler *handle,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	struct nvr_beat_refusal refusal = {0};
	struct signed_request q;
	struct nvr_state *s;
	int rc;

	if (!prepare(&q, r))
		return refuse_unsigned(rs, err);
	rc = portal_open(p, r, &s, err);
	if (rc == 0) {
		err->code = 0;
		rs->type = NVR_WEB_JSON;
		rc = handle(s, &q.request, rs, &refusal, err);
	}
	if (rc == 0) {
		trouble(p, r, &refusal, err);
		if (refusal.problem != NVR_BEAT_FINE)
			rc = refuse(rs, &refusal, err);
	}
	return portal_done(p, rc);
}

static int
enrol(struct nvr_state *s, const struct nvr_remote_request *q,
    struct nvr_web_response *rs, struct nvr_beat_refusal *refusal,
    struct nvr_error *err)
{
	struct nvr_beat_enrolled ret = {0};
	/* A recorder is told once that it is enrolled. */
	int rc = nvr_store_durable(s->store, err);

	if (rc == 0)
		rc = nvr_remote_enrol(s, q, &ret, refusal, err);
	rs->status = 201;
	return rc == 0 && refusal->problem == NVR_BEAT_FINE
		   ? nvr_beat_enrolled_write(&ret, &rs->body, err)
		   : rc;
}

int
portal_enrol(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	int rc = serve(ctx, r, enrol, rs, err);

	/* Reports need not wait for the disk, each of them. */
	portal_close(ctx);
	return rc;
}

static int
hear(struct nvr_state *s, const struct nvr_remote_request *q,
    struct nvr_web_response *rs, struct nvr_beat_refusal *refusal,
    struct nvr_error *err)
{
	struct nvr_beat_answer answer = {0};
	int rc = nvr_remote_hear(s, q, &answer, refusal, err);

	rs->status = 200;
	if (rc == 0 && refusal->problem == NVR_BEAT_FINE)
		rc = nvr_beat_answer_write(&answer, &rs->body, err);
	nvr_beat_answer_release(&answer);
	return rc;
}

int
portal_hear(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err)
{
	return serve(ctx, r, hear, rs, err);
}
