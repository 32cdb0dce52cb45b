/*
 * RTSP 1.0 (RFC 2326) as far as a recorder speaks it, over TCP only.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flood.h"

#define SESSION "Session: 1;timeout=60\r\n"

/* A request, as text that ends before its empty line. */
struct request {
	char method[32], url[512];
	const char *cseq;
	const char *text;
};

/* The value of that header, or NULL; it ends at the next line's end. */
static const char *
header(const char *text, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = strchr(text, '\n'); p != NULL; p = strchr(p, '\n')) {
		p++;
		if (strncasecmp(p, name, n) == 0 && p[n] == ':')
			return p + n + 1 + strspn(p + n + 1, " \t");
	}
	return NULL;
}

static int
value_len(const char *s)
{
	size_t n = strcspn(s, "\r\n");

	return n < 32 ? (int)n : 32;
}

static bool __attribute__((format(printf, 4, 5))) reply(struct client *c,
    const struct request *r, const char *status, const char *format, ...)
{
	char text[SDP_MAX + 512];
	va_list ap;
	size_t n;

	n = snprintf(text, sizeof(text), "RTSP/1.0 %s\r\nCSeq: %.*s\r\n",
	    status, value_len(r->cseq), r->cseq);
	va_start(ap, format);
	n += vsnprintf(text + n, sizeof(text) - n, format, ap);
	va_end(ap);
	return n < sizeof(text) && client_say(c, text, n);
}

/* The path without what SETUP adds to it. */
static void
set_path(struct client *c, const char *url)
{
	const char *p = strstr(url, "://"), *end;

	p = p != NULL ? strchr(p + 3, '/') : NULL;
	if (p == NULL)
		p = "/";
	end = strstr(p, "/streamid=");
	snprintf(c->path, sizeof(c->path), "%.*s",
	    (int)(end != NULL ? end - p : (long)strlen(p)), p);
}

static bool
describe(struct client *c, const struct request *r)
{
	size_t n = strlen(r->url);

	set_path(c, r->url);
	return reply(c, r, "200 OK",
	    "Content-Base: %s%s\r\nContent-Type: application/sdp\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    r->url, n > 0 && r->url[n - 1] == '/' ? "" : "/",
	    strlen(c->film->sdp), c->film->sdp);
}

static bool
setup(struct client *c, const struct request *r)
{
	const char *transport = header(r->text, "Transport");
	const char *id = strstr(r->url, "streamid="), *p;
	unsigned i, channel;

	i = id != NULL ? (unsigned)strtoul(id + 9, NULL, 10) : 0;
	if (i >= (unsigned)c->film->n_tracks)
		return reply(c, r, "404 Not Found", "\r\n");
	p = transport != NULL ? strstr(transport, "RTP/AVP/TCP") : NULL;
	if (p == NULL)
		return reply(c, r, "461 Unsupported Transport", "\r\n");
	channel = 2 * i;
	p = strstr(p, "interleaved=");
	if (p != NULL)
		channel = (unsigned)strtoul(p + 12, NULL, 10) & 0xfe;
	set_path(c, r->url);
	c->cursors[i].wanted = true;
	c->cursors[i].channel = channel;
	return reply(c, r, "200 OK",
	    "Transport: "
	    "RTP/AVP/TCP;unicast;interleaved=%u-%u;ssrc=%08X\r\n" SESSION
	    "\r\n",
	    channel, channel + 1, (unsigned)c->cursors[i].ssrc);
}

static bool
play(struct client *c, const struct request *r, int64_t start)
{
	char info[1200] = "";
	size_t n = 0;
	int i;

	for (i = 0; i < c->film->n_tracks; i++)
		if (c->cursors[i].wanted)
			n += snprintf(info + n, sizeof(info) - n,
			    "%surl=streamid=%d;seq=%u;rtptime=%u",
			    n > 0 ? "," : "", i, (unsigned)c->cursors[i].seq0,
			    (unsigned)c->cursors[i].time0);
	/* Its cursors do not go back: who tore down comes anew. */
	if (n == 0 || (c->start != 0 && c->state != CLIENT_PLAYS))
		return reply(
		    c, r, "455 Method Not Valid in This State", "\r\n");
	if (c->state != CLIENT_PLAYS)
		client_play(c, start);
	return reply(c, r, "200 OK",
	    SESSION "Range: npt=now-\r\nRTP-Info: %s\r\n\r\n", info);
}

static bool
answer(struct client *c, const struct request *r, int64_t start)
{
	if (strcmp(r->method, "DESCRIBE") == 0)
		return describe(c, r);
	if (strcmp(r->method, "SETUP") == 0)
		return setup(c, r);
	if (strcmp(r->method, "PLAY") == 0)
		return play(c, r, start);
	if (strcmp(r->method, "TEARDOWN") == 0)
		c->state = CLIENT_OPEN;
	else if (strcmp(r->method, "OPTIONS") == 0)
		return reply(c, r, "200 OK",
		    "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, "
		    "TEARDOWN\r\n\r\n");
	else if (strcmp(r->method, "GET_PARAMETER") != 0)
		return reply(c, r, "501 Not Implemented", "\r\n");
	return reply(c, r, "200 OK", SESSION "\r\n");
}

/* Drop n bytes of what came in, and as many to come as are missing. */
static void
drop(struct client *c, size_t n)
{
	size_t here = n < c->in_len ? n : c->in_len;

	c->skip = n - here;
	c->in_len -= here;
	memmove(c->in, c->in + here, c->in_len);
}

/* One request, or one RTCP packet. False: this is none. */
static bool
obey_one(struct client *c, size_t n, int64_t start)
{
	struct request r;
	const char *body;
	char minor;
	size_t more;
	bool ok;

	c->in[n - 1] = '\0'; /* the last of its empty line */
	r.text = c->in;
	if (sscanf(c->in, "%31s %511s RTSP/1.%c", r.method, r.url, &minor) != 3)
		return false;
	r.cseq = header(c->in, "CSeq");
	if (r.cseq == NULL)
		r.cseq = "0";
	body = header(c->in, "Content-Length");
	more = body != NULL ? strtoul(body, NULL, 10) & 0xffff : 0;
	ok = answer(c, &r, start);
	drop(c, n + more);
	return ok;
}

bool
rtsp_obey(struct client *c, int64_t start)
{
	const char *end;

	for (;;) {
		drop(c, c->skip);
		if (c->in_len < 4)
			return true;
		if (c->in[0] == '$') {
			drop(c,
			    4 + ((uint8_t)c->in[2] << 8 | (uint8_t)c->in[3]));
			continue;
		}
		end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
		if (end == NULL)
			return c->in_len < sizeof(c->in);
		if (!obey_one(c, end + 4 - c->in, start))
			return false;
	}
}
