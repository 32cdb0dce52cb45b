/*
 * A loop that has many requests to JSON APIs in flight on one thread (libcurl
 * multi), and timers and descriptors beside them.  Callbacks run inside
 * nvr_loop_turn and may begin further requests and timers.
 *
 *	nvr_loop_open(&loop, err);
 *	nvr_loop_send(loop, &request, done, ctx, err);
 *	while (rc == 0 && nvr_loop_pending(loop) > 0)
 *		rc = nvr_loop_turn(loop, NVR_SECOND, err);
 *	nvr_loop_close(loop);
 */
#ifndef NVR_NET_LOOP_H
#define NVR_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct nvr_loop;

struct nvr_loop_request {
	const char *url;
	const char *const *headers; /* `Name: value`; NULL ends; copied */
	const char *body; /* NULL: GET; borrowed until done was called */
	size_t len;
	const char *tls_ca_file; /* PEM; NULL: the system's */
	/* The same in a folder that c_rehash(1) made: what is not asked for is
	 * not read.  NULL: none. */
	const char *tls_ca_dir;
	/* `sha256//BASE64`, of the public key that its certificate must have,
	 * several with `;`; without either of these that is enough.  NULL:
	 * any. */
	const char *tls_pin;
	int tls_min;	  /* 12 or 13 (1.2, 1.3); 0: 13 */
	int64_t timeout;  /* microseconds, for everything */
	size_t max_bytes; /* of the answer's body */
	/* A stranger names the server: only where nvr_is_public (public.h),
	 * directly, and over a connection of its own; else NVR_E_PERMISSION. */
	bool public_only;
	/*
	 * What answer and err do not repeat (nvr_text_conceal), whatever the
	 * server does; borrowed until done was called.  NULL: nothing.
	 */
	const char *secret;
};

/*
 * What came back.  Texts are NULL where the server did not send them; those of
 * headers are printable and cut to 255 bytes.
 */
struct nvr_loop_answer {
	int code;	  /* 0, or why there is none: an nvr_code as in err */
	long http;	  /* the status; 0: none */
	const char *body; /* followed by a NUL; "" */
	size_t len;
	const char *content_type;
	const char *request_id;	  /* x-request-id, or apim-request-id */
	const char *should_retry; /* x-should-retry */
	const char *retry_after_ms, *retry_after;
	const char *remaining_requests, *reset_requests; /* x-ratelimit-… */
	const char *remaining_tokens, *reset_tokens;
	const char *redirect; /* the host that a redirect points to */
	int64_t latency_us;
	bool sent;	 /* something of the request went out */
	bool not_public; /* NVR_E_PERMISSION: see public_only */
	bool unknown_ca; /* NVR_E_PERMISSION: nobody known signed it */
};

int nvr_loop_open(struct nvr_loop **ret, struct nvr_error *err);
/*
 * Ends what is under way, so that its owners can free it: requests are done
 * with NVR_E_UNAVAILABLE, timers call back at once.  These callbacks can begin
 * nothing new (NVR_E_UNAVAILABLE).  Descriptors are forgotten.  Not from a
 * callback.
 */
void nvr_loop_close(struct nvr_loop *loop);
/* Whether it is being closed, for a timer that has to know. */
bool nvr_loop_closing(const struct nvr_loop *loop);

/*
 * Begins a request, and needs a turn to go on; done is called once, never from
 * here, and answer and err are borrowed for that call.  No redirect is
 *followed: it is an answer like others.  An answer of more than max_bytes is
 *NVR_E_DATA. What err says names the host and never a header.
 *
 *	NVR_E_USAGE		a URL that cannot be used
 *	NVR_E_UNAVAILABLE	nobody answers, or the connection broke
 *	NVR_E_AGAIN		timed out
 *	NVR_E_PERMISSION	the certificate is refused
 *	NVR_E_DATA		no HTTP, or too large
 */
typedef void nvr_loop_done(void *ctx, const struct nvr_loop_answer *answer,
    const struct nvr_error *err);
int nvr_loop_send(struct nvr_loop *loop, const struct nvr_loop_request *req,
    nvr_loop_done *done, void *ctx, struct nvr_error *err);

/* Calls back once, at that moment of nvr_time_monotonic. */
int nvr_loop_at(struct nvr_loop *loop, int64_t at, void (*call)(void *ctx),
    void *ctx, struct nvr_error *err);
/* Takes back the timers of that call and ctx, if there are any. */
void nvr_loop_cancel(struct nvr_loop *loop, void (*call)(void *ctx), void *ctx);

/*
 * Calls back in each turn in which fd can be read or has ended; call NULL
 * forgets the descriptor.
 */
int nvr_loop_watch(struct nvr_loop *loop, int fd, void (*call)(void *ctx),
    void *ctx, struct nvr_error *err);

/* Requests and timers that have not called back. */
int nvr_loop_pending(const struct nvr_loop *loop);

/*
 * Waits for something to happen, `most` microseconds at most, and calls back.
 * A signal ends the waiting.
 */
int nvr_loop_turn(struct nvr_loop *loop, int64_t most, struct nvr_error *err);

#endif
