/*
 * Writing a mail: addresses and header fields (RFC 5322, RFC 2047), parts in
 * quoted-printable and base64 (RFC 2045).  Lines end in CRLF and are 76
 * characters at the most, whatever is in them.
 */
#ifndef NVR_CORE_MAIL_H
#define NVR_CORE_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/state.h"

/*
 * One address, `local@domain`, of which RFC 5321 allows 64 and 255 bytes, 254
 * in all: a dot-atom, and a host's name.  NVR_E_USAGE says what else it is:
 * a list, a name with brackets, quoted, or not ASCII (RFC 6531).
 */
int nvr_mail_address(const char *text, struct nvr_error *err);

/* The same where UTF-8 is welcome: whoever delivers it needs SMTPUTF8. */
int nvr_mail_recipient(const char *text, struct nvr_error *err);

/*
 * A header field of text, which may be anything: as it is where that is plain
 * ASCII and short, else as encoded words.  The name has 12 letters at most.
 */
int nvr_mail_text_field(struct nvr_buf *b, const char *name, const char *text,
    struct nvr_error *err);

/* `Date:`, RFC 5322, in UTC. */
int nvr_mail_date_field(struct nvr_buf *b, int64_t at, struct nvr_error *err);

/*
 * Quoted-printable, of text that comes bit by bit; a line feed in it is a line
 * end.  Start with { 0 }.  End is to be called once, behind the last of it.
 */
struct nvr_quoted {
	int column;
	char space; /* held back: it may not end a line */
};
int nvr_quoted_write(struct nvr_quoted *q, struct nvr_buf *b, const char *data,
    size_t len, struct nvr_error *err);
int nvr_quoted_end(
    struct nvr_quoted *q, struct nvr_buf *b, struct nvr_error *err);

/* A body in base64, in lines. */
int nvr_mail_base64(
    struct nvr_buf *b, const void *data, size_t len, struct nvr_error *err);

/* Where a message goes; account 0: to nobody's account. */
struct nvr_post {
	int64_t id; /* of its row; 0: a new one */
	int64_t account, now;
	int64_t contact; /* see core/contact.h; 0: none */
	bool optional;	 /* not for who has unsubscribed */
	int64_t expires; /* deleted then, sent or not; 0: it is not */
	const char *channel, *kind, *to; /* see store/outbox.h */
};

/*
 * Puts a whole message into the outbox, sealed as its recipient is, as whose
 * mail it is is nobody's affair who finds the disk.  *id names its row.
 */
int nvr_mail_post(struct nvr_state *s, const struct nvr_post *p,
    const struct nvr_buf *message, int64_t *id, struct nvr_error *err);

#endif
