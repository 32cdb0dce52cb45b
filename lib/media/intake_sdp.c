/*
 * An SDP (RFC 4566) as its tracks.  Only what is needed to take the tracks
 * apart is read here.  For each track libav gets an SDP of its own, written
 * anew from the few lines that say how it is encoded, so that neither payload
 * types that two tracks share nor anything else in it can confuse it.
 */
#include <strings.h>

#include "media/intake_int.h"
#include "media/video_int.h"

#define SDP_MAX ((size_t)256 << 10)
#define TRACK_SDP_MAX 16000 /* libav takes 16383 */

/* A line of the text without its end; false after the last. */
static bool
next_line(const char **p, const char *end, const char **line, size_t *len)
{
	const char *nl;

	while (*p < end && (**p == '\r' || **p == '\n'))
		(*p)++;
	if (*p == end)
		return false;
	*line = *p;
	for (nl = *p; nl < end && *nl != '\n' && *nl != '\r'; nl++)
		;
	*len = (size_t)(nl - *line);
	*p = nl;
	return true;
}

static bool
begins(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && strncasecmp(line, with, n) == 0;
}

static void
leave_out(struct nvr_track *track, const char *why)
{
	track->wanted = false;
	if (track->why[0] == '\0')
		strlcpy(track->why, why, sizeof(track->why));
}

/* m=<media> <port> <protocol> <payload type> … */
static void
read_media(struct nvr_intake_track *t, const char *line, size_t len)
{
	char text[256], *save = NULL, *protocol, *type, *media;
	const char *bad = NULL;

	snprintf(text, sizeof(text), "%.*s", (int)(len - 2), line + 2);
	media = strtok_r(text, " \t", &save);
	(void)strtok_r(NULL, " \t", &save);
	protocol = strtok_r(NULL, " \t", &save);
	type = strtok_r(NULL, " \t", &save);
	t->pub.video = media != NULL && strcasecmp(media, "video") == 0;
	if (media == NULL || (!t->pub.video && strcasecmp(media, "audio") != 0))
		leave_out(&t->pub, "neither video nor audio");
	else if (protocol == NULL ||
		 !begins(protocol, strlen(protocol), "RTP/"))
		leave_out(&t->pub, "it does not come by RTP");
	else if (strcasestr(protocol, "SAVP") != NULL)
		leave_out(&t->pub, "it is encrypted");
	t->type = (int)strtonum(type != NULL ? type : "", 0, 127, &bad);
	/* RFC 5761, 4: those would look like RTCP with their marker set. */
	if (bad != NULL || (t->type >= 64 && t->type < 96))
		leave_out(&t->pub, "its payload type makes no sense");
}

/* Whether a line a=NAME:<payload type> speaks of the track's. */
static bool
is_about(const struct nvr_intake_track *t, const char *line, size_t len,
    const char *name)
{
	char start[32];

	snprintf(start, sizeof(start), "%s:%d", name, t->type);
	return begins(line, len, start) && len > strlen(start) &&
	       (line[strlen(start)] == ' ' || line[strlen(start)] == '\t');
}

/* Appends the lines of the section that begin so; libav wants an order. */
static int
copy_lines(const struct nvr_intake_track *t, const char *from, const char *end,
    const char *name, bool about, struct nvr_buf *to, struct nvr_error *err)
{
	const char *line;
	size_t len;
	int rc = 0;

	while (rc == 0 && next_line(&from, end, &line, &len)) {
		if (about ? !is_about(t, line, len, name)
			  : !begins(line, len, name))
			continue;
		rc = nvr_buf_addf(to, err, "%.*s\r\n", (int)len, line);
	}
	return rc;
}

static int
track_sdp(const struct nvr_intake_track *t, const char *from, const char *end,
    struct nvr_buf *to, struct nvr_error *err)
{
	int rc = nvr_buf_addf(to, err,
	    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\n"
	    "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=%s 0 RTP/AVP %d\r\n",
	    t->pub.video ? "video" : "audio", t->type);

	if (rc == 0)
		rc = copy_lines(t, from, end, "a=rtpmap", true, to, err);
	if (rc == 0)
		rc = copy_lines(t, from, end, "a=fmtp", true, to, err);
	if (rc == 0)
		rc = copy_lines(t, from, end, "a=framerate:", false, to, err);
	return rc;
}

static void
read_control(struct nvr_track *track, const char *from, const char *end)
{
	const char *line;
	size_t len, skip = strlen("a=control:");

	while (next_line(&from, end, &line, &len)) {
		if (!begins(line, len, "a=control:"))
			continue;
		while (skip < len && line[skip] == ' ')
			skip++;
		while (len > skip && line[len - 1] == ' ')
			len--;
		if (len - skip >= sizeof(track->control) ||
		    memchr(line, '\0', len) != NULL)
			leave_out(track, "its control URL is too long");
		else
			snprintf(track->control, sizeof(track->control), "%.*s",
			    (int)(len - skip), line + skip);
		return;
	}
}

/* The section of one track, its m= line first. */
static int
read_track(struct nvr_intake_track *t, const char *from, const char *end,
    bool audio, struct nvr_error *err)
{
	struct nvr_buf text = {0};
	const char *line, *p = from;
	const AVStream *st = NULL;
	size_t len;
	int rc = 0;

	if (next_line(&p, end, &line, &len))
		read_media(t, line, len);
	read_control(&t->pub, p, end);
	if (!t->pub.video && !audio)
		leave_out(&t->pub, "audio is not wanted");
	if (t->pub.why[0] != '\0')
		return 0;
	rc = track_sdp(t, p, end, &text, err);
	if (rc == 0 && text.len > TRACK_SDP_MAX)
		leave_out(&t->pub, "its description is too long");
	else if (rc == 0)
		rc = nvr_feed_open(&t->feed, text.data, text.len, &st, err);
	if (rc == 0 && st != NULL)
		rc = nvr_intake_describe(
		    t, st, st->time_base.num == 1 ? st->time_base.den : 0, err);
	nvr_buf_release(&text);
	if (rc == NVR_E_DATA) {
		leave_out(&t->pub, err->text);
		rc = 0;
	}
	if (!t->pub.wanted)
		nvr_feed_close(&t->feed);
	return rc;
}

/* Cuts the text at its m= lines. */
static int
read_tracks(struct nvr_intake *in, const char *sdp, const char *end, bool audio,
    struct nvr_error *err)
{
	const char *p = sdp, *line, *section = NULL;
	bool more = true;
	size_t len;
	int rc = 0;

	while (rc == 0 && more && in->n < NVR_TRACKS_MAX) {
		more = next_line(&p, end, &line, &len);
		if (more && !begins(line, len, "m="))
			continue;
		if (section != NULL)
			rc = read_track(&in->tracks[in->n++], section,
			    more ? line : end, audio, err);
		section = more ? line : NULL;
	}
	return rc;
}

int
nvr_intake_no_video(const struct nvr_intake *in, struct nvr_error *err)
{
	for (int i = 0; i < in->n; i++) {
		const struct nvr_track *track = &in->tracks[i].pub;

		if (track->video)
			return nvr_fail(err, NVR_E_DATA,
			    "its video cannot be recorded: %s", track->why);
	}
	return nvr_fail(err, NVR_E_DATA, "there is no video in it");
}

int
nvr_intake_sdp(const char *sdp, size_t len, bool audio,
    const struct nvr_frame_sink *sink, struct nvr_intake **ret,
    struct nvr_error *err)
{
	struct nvr_intake *in;
	int rc;

	if (len > SDP_MAX || !begins(sdp, len, "v="))
		return nvr_fail(err, NVR_E_DATA,
		    "what the camera gives as its SDP is none");
	nvr_video_log_begin();
	in = calloc(1, sizeof(*in));
	if (in == NULL)
		return nvr_fail_nomem(err);
	in->sink = *sink;
	in->pkt = av_packet_alloc();
	rc = in->pkt != NULL ? read_tracks(in, sdp, sdp + len, audio, err)
			     : nvr_fail_nomem(err);
	for (int i = 0; i < in->n && rc == 0; i++)
		if (in->tracks[i].pub.video && in->tracks[i].pub.wanted) {
			*ret = in;
			return 0;
		}
	if (rc == 0)
		rc = nvr_intake_no_video(in, err);
	nvr_intake_free(in);
	return rc;
}
