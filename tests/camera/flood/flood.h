/*
 * A flood of cameras: one film, sent as it is to any number of clients over
 * RTSP on 127.0.0.1, for next to no CPU.
 *
 *	film.c		the file, made into RTP packets once
 *	client.c	what one client is owed, and sending it
 *	rtsp.c		what one client asks, and the answers
 *	flood.c		options, sockets, the loop
 */
#ifndef FLOOD_H
#define FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACKS_MAX 2
#define SDP_MAX 4096

/* In bytes: '$', channel, length (RFC 2326, 10.12), then RTP. */
#define RTP_AT 4
#define RTP_HEADER 12

struct packet {
	size_t at;     /* of its '$' in bytes */
	uint32_t time; /* RTP ticks since the film began */
};

/* What is sent in one write: a frame, or a packet of sound. */
struct chunk {
	unsigned first; /* packet; the next chunk's first ends it */
	int64_t due;	/* RTP ticks since the film began */
};

/*
 * Each track begins anew by itself, after its own length, so that its time
 * stamps go on without a seam. Chunks and packets end with one that is empty
 * and due when the track begins again.
 */
struct track {
	uint8_t *bytes;
	size_t len, room;
	struct packet *packets;
	unsigned n_packets;
	struct chunk *chunks;
	unsigned n_chunks;
	unsigned rate; /* RTP ticks a second */
	bool video;
};

struct film {
	struct track tracks[TRACKS_MAX];
	int n_tracks;
	char sdp[SDP_MAX];
};

/* Prints what is wrong and exits, or fills it in. */
void film_load(struct film *, const char *path);

/* Where a client is in a track. Its packet n bears the number seq0 + n. */
struct cursor {
	unsigned chunk;
	uint64_t round, packets, octets;
	uint32_t ssrc, time0;
	uint16_t seq0;
	uint8_t channel;
	bool wanted;	/* by a SETUP */
	int64_t report; /* when the next sender report is due, in us */
};

enum client_state {
	CLIENT_OPEN,
	CLIENT_PLAYS,
	CLIENT_LEFT,
	CLIENT_DROPPED, /* it did not read, or spoke no RTSP */
};

/* Kept after it is gone, for the account at the end. */
struct client {
	struct film *film; /* ours is patched before each write */
	enum client_state state;
	int fd; /* -1 when it is gone */
	unsigned id;
	char path[128];
	struct cursor cursors[TRACKS_MAX];
	int64_t start;	/* when time0 is due, in us */
	uint64_t bytes; /* of RTP and RTCP with their '$' */
	int64_t late;	/* the worst, in us */

	int half;      /* the track whose chunk is half sent, or -1 */
	size_t half_n; /* how much of it is */
	bool full;     /* the socket: wait for it */
	uint8_t out[SDP_MAX + 1024]; /* answers and reports, between chunks */
	size_t out_len;

	char in[4096];
	size_t in_len, skip; /* skip: so much to come is of no interest */
};

struct client *client_new(struct film *, int fd, unsigned id);
/* Send what is due; unless more, only finish what was begun. */
void client_send(struct client *, int64_t now, bool more);
/* Microseconds; INT64_MAX for never. */
int64_t client_due(const struct client *);
void client_play(struct client *, int64_t start);
void client_close(struct client *, enum client_state);
/* False, and nothing is said, if it has no room for that. */
bool client_say(struct client *, const void *, size_t);

/* Obey what came in. PLAY starts at that time. False: this is no RTSP. */
bool rtsp_obey(struct client *, int64_t start);

#endif
