/*
 * Hands mail to a server (RFC 5321, by libcurl), always over TLS: by
 * STARTTLS (RFC 3207), which the server has to offer, or from the start (RFC
 * 8314).  Several go by one connection, one after another.
 */
#ifndef NVR_NET_SMTP_H
#define NVR_NET_SMTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct nvr_smtp; /* the connection */

struct nvr_smtp_mail {
	const char *url;	 /* smtp://host:587, or smtps://host:465 */
	const char *user;	 /* NULL: none */
	const char *password;	 /* NULL: none */
	const char *tls_ca_file; /* PEM; NULL: the system's */
	int tls_min;		 /* 12 or 13 (1.2, 1.3); 0: 13 */
	int64_t timeout;	 /* microseconds, for everything */
	const char *from, *to;	 /* bare addresses, checked by the caller */
	const char *message;	 /* whole, with CRLF */
	size_t len;
};

/*
 * 0: the server has it.  *line is NULL ahead of the first one; those that
 * follow are for the same server.  What err says has the server's number and
 * words, and neither address nor password.
 *
 *	NVR_E_DATA		this mail is refused for good: 5xx
 *	NVR_E_AGAIN		this mail may be taken later: 4xx, or no word
 *				after it was handed over, so it may be there
 *	NVR_E_UNAVAILABLE	the server is not there, or takes nobody's mail
 *	NVR_E_PERMISSION	its certificate, our password, no STARTTLS, or
 *				no AUTH where there is a user
 *	NVR_E_CONFIG		what url says is no server
 */
int nvr_smtp_send(struct nvr_smtp **line, const struct nvr_smtp_mail *m,
    struct nvr_error *err);
void nvr_smtp_close(struct nvr_smtp *line);

#endif
