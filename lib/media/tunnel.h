/*
 * A TLS connection to a camera, offered to libav as a port of 127.0.0.1.
 *
 * Up to FFmpeg 7.1 at least, the RTSP demuxer opens rtsps:// without checking
 * the certificate, and has no option that would make it: it hands none to the
 * tls protocol, whose tls_verify is off.  So TLS is opened here, checked, and
 * libav speaks plain RTSP to us.  The one connection taken is this process's
 * own.
 */
#ifndef NVR_MEDIA_TUNNEL_H
#define NVR_MEDIA_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct nvr_tunnel;

struct nvr_tunnel_request {
	/* rtsps://host[:port]/…, whose host is a name or an address as in the
	 * certificate; the port is 322 unless it says so. */
	const char *url;
	const char *ca_file; /* PEM; NULL: the system's */
	bool insecure;	     /* take any certificate */
	/* Microseconds of CLOCK_MONOTONIC, until nvr_tunnel_keep. */
	int64_t deadline;
};

/*
 * Connects and checks the certificate.  NVR_E_PERMISSION when it is refused,
 * NVR_E_UNAVAILABLE when nobody answers, NVR_E_AGAIN after the deadline.
 */
int nvr_tunnel_open(const struct nvr_tunnel_request *req,
    struct nvr_tunnel **ret, struct nvr_error *err);

/* The port to connect to. */
int nvr_tunnel_port(const struct nvr_tunnel *t);

/* From now on there is no deadline. */
void nvr_tunnel_keep(struct nvr_tunnel *t);

void nvr_tunnel_close(struct nvr_tunnel *t);

#endif
