/*
 * What is answered: a response of CGI/1.1 (RFC 3875, 6), with the headers that
 * keep browsers from doing with it what it is not for.  Nothing of it may be
 * stored (but what `lasts`), framed, sniffed or run; see
 * nvr_web_response_format.
 */
#ifndef NVR_WEB_RESPONSE_H
#define NVR_WEB_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct nvr_web_response {
	int status;	  /* of HTTP; 0: none was set, which is 500 */
	const char *type; /* constant; NULL: there is no body */
	bool lasts;	  /* it is the same for ever, and may be kept */
	struct nvr_buf head, body;
};

void nvr_web_response_release(struct nvr_web_response *rs); /* wipes it */

/*
 * A header of its own.  NVR_E_BUG for a name that is no token, for a value with
 * other characters than those of ASCII that print (CR and LF would begin
 * another header), and for one that the format writes itself.
 */
int nvr_web_response_header(struct nvr_web_response *rs, const char *name,
    const char *value, struct nvr_error *err);

/* Retry-After in seconds, rounded up. */
int nvr_web_response_retry(
    struct nvr_web_response *rs, int64_t us, struct nvr_error *err);

/*
 * Replaces what there is by problem details (RFC 9457) as JSON: `status`,
 * `title`, and what of `code`, a word for programs, `detail` and `reference` is
 * not NULL.  Headers that were set stay.
 */
struct nvr_web_problem {
	int status;
	const char *code, *title, *detail, *reference;
};
int nvr_web_response_problem(struct nvr_web_response *rs,
    const struct nvr_web_problem *p, struct nvr_error *err);

/* Appends status line, headers and body.  secure: it goes by TLS.  bare: as the
 * answer to HEAD. */
int nvr_web_response_format(const struct nvr_web_response *rs, bool secure,
    bool bare, struct nvr_buf *out, struct nvr_error *err);

/* `Not Found`; "Error" for a status that is not known here. */
const char *nvr_web_status(int status);

#endif
