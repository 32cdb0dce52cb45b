/*
 * One client: where it is in each track, and what it is sent. Nothing is
 * copied for it: the film's own packets are given its numbers just before
 * the write, and again before the rest is written if the socket was full.
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"

#define US 1000000
#define REPORT_EVERY (5 * (int64_t)US)
#define NTP_UNIX 2208988800u /* from 1900 to 1970, in seconds */
#define RTCP_SR 200	     /* RFC 3550, 6.4.1 */
#define REPORT_LEN 28

static void
put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

struct client *
client_new(struct film *f, int fd, unsigned id)
{
	struct client *c = calloc(1, sizeof(*c));
	struct cursor *cur;

	if (c == NULL)
		abort();
	c->film = f;
	c->fd = fd;
	c->id = id;
	c->half = -1;
	for (cur = c->cursors; cur < c->cursors + TRACKS_MAX; cur++)
		if (getrandom(&cur->ssrc, sizeof(cur->ssrc), 0) == -1 ||
		    getrandom(&cur->time0, sizeof(cur->time0), 0) == -1 ||
		    getrandom(&cur->seq0, sizeof(cur->seq0), 0) == -1)
			abort();
	return c;
}

void
client_close(struct client *c, enum client_state state)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->state = state;
}

bool
client_say(struct client *c, const void *what, size_t n)
{
	if (n > sizeof(c->out) - c->out_len)
		return false;
	memcpy(c->out + c->out_len, what, n);
	c->out_len += n;
	return true;
}

void
client_play(struct client *c, int64_t start)
{
	int i;

	c->state = CLIENT_PLAYS;
	c->start = start;
	for (i = 0; i < TRACKS_MAX; i++)
		c->cursors[i].report = start;
}

/* When the track's next chunk is due. */
static int64_t
track_due(const struct client *c, int i)
{
	const struct track *t = &c->film->tracks[i];
	const struct cursor *cur = &c->cursors[i];
	int64_t ticks;

	ticks = (int64_t)cur->round * t->chunks[t->n_chunks].due +
		t->chunks[cur->chunk].due;
	return c->start + ticks * US / t->rate;
}

/* The track that is due first, or -1 if none is wanted. */
static int
next_track(const struct client *c)
{
	int i, best = -1;

	for (i = 0; i < c->film->n_tracks; i++)
		if (c->cursors[i].wanted &&
		    (best == -1 || track_due(c, i) < track_due(c, best)))
			best = i;
	return best;
}

int64_t
client_due(const struct client *c)
{
	int i = c->state == CLIENT_PLAYS ? next_track(c) : -1;

	return i == -1 ? INT64_MAX : track_due(c, i);
}

/* A sender report: what RTP time it is now. */
static void
report(struct client *c, int i, int64_t now)
{
	const struct track *t = &c->film->tracks[i];
	struct cursor *cur = &c->cursors[i];
	uint8_t b[RTP_AT + REPORT_LEN] = {'$', cur->channel + 1};
	uint8_t *p = b + RTP_AT;
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	put16(b + 2, REPORT_LEN);
	p[0] = 2 << 6;
	p[1] = RTCP_SR;
	put16(p + 2, REPORT_LEN / 4 - 1);
	put32(p + 4, cur->ssrc);
	put32(p + 8, (uint32_t)wall.tv_sec + NTP_UNIX);
	put32(p + 12, (uint32_t)(((uint64_t)wall.tv_nsec << 32) / 1000000000));
	put32(p + 16, cur->time0 + (uint32_t)((now - c->start) * t->rate / US));
	put32(p + 20, (uint32_t)cur->packets);
	put32(p + 24, (uint32_t)cur->octets);
	cur->report += REPORT_EVERY;
	if (client_say(c, b, sizeof(b)))
		c->bytes += sizeof(b);
}

/* Write the client's numbers into the packets of its chunk. */
static void
patch(struct track *t, const struct cursor *cur)
{
	const struct packet *p = &t->packets[t->chunks[cur->chunk].first];
	const struct packet *end = &t->packets[t->chunks[cur->chunk + 1].first];
	uint32_t time =
	    cur->time0 + (uint32_t)(cur->round * t->chunks[t->n_chunks].due);
	uint16_t seq = cur->seq0 + (uint16_t)cur->packets;
	uint8_t *b;

	for (; p < end; p++, seq++) {
		b = t->bytes + p->at;
		b[1] = cur->channel;
		put16(b + RTP_AT + 2, seq);
		put32(b + RTP_AT + 4, time + p->time);
		put32(b + RTP_AT + 8, cur->ssrc);
	}
}

/* How much the socket took; 0 and full if none. */
static size_t
push(struct client *c, const uint8_t *b, size_t n)
{
	ssize_t done = send(c->fd, b, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (done == -1 && errno != EAGAIN && errno != EINTR)
		client_close(c, CLIENT_LEFT);
	if (done != (ssize_t)n)
		c->full = true;
	return done == -1 ? 0 : (size_t)done;
}

/* True when all of the chunk is away. */
static bool
send_chunk(struct client *c, int i)
{
	struct track *t = &c->film->tracks[i];
	struct cursor *cur = &c->cursors[i];
	unsigned first = t->chunks[cur->chunk].first;
	unsigned end = t->chunks[cur->chunk + 1].first;
	size_t at = t->packets[first].at, n = t->packets[end].at - at;

	patch(t, cur);
	c->half_n += push(c, t->bytes + at + c->half_n, n - c->half_n);
	c->half = c->half_n > 0 ? i : -1;
	if (c->half_n < n)
		return false;
	c->half = -1;
	c->half_n = 0;
	c->bytes += n;
	cur->packets += end - first;
	cur->octets += n - (size_t)(end - first) * (RTP_AT + RTP_HEADER);
	if (++cur->chunk == t->n_chunks) {
		cur->chunk = 0;
		cur->round++;
	}
	return true;
}

/* True when nothing that was said waits any more. */
static bool
flush(struct client *c)
{
	size_t n;

	if (c->out_len == 0)
		return true;
	n = push(c, c->out, c->out_len);
	c->out_len -= n;
	memmove(c->out, c->out + n, c->out_len);
	return c->out_len == 0;
}

void
client_send(struct client *c, int64_t now, bool more)
{
	int64_t due;
	int i;

	c->full = false;
	while (c->fd != -1 && !c->full) {
		if (c->half != -1 && !send_chunk(c, c->half))
			return;
		if (!flush(c))
			return;
		due = more ? client_due(c) : INT64_MAX;
		if (due > now)
			return;
		i = next_track(c);
		if (now >= c->cursors[i].report) {
			report(c, i, now);
			continue;
		}
		if (now - due > c->late)
			c->late = now - due;
		send_chunk(c, i);
	}
}
