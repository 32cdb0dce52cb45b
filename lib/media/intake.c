/*
 * Packets in, frames out (see intake.h).
 *
 * libav's depacketizers give H.264 and H.265 in pieces; here they are put
 * together.  A picture ends with the packet that has the marker (RFC 6184,
 * 5.1), which saves waiting for the next one, or where the time stamp changes,
 * for cameras that set no marker or set it after every slice.  So the marker
 * is believed only after it has been right for a while.
 *
 * Packets come in TCP's order.  Sequence numbers serve to count what the
 * camera itself left out.
 */
#include "media/intake_int.h"

#define DROPOUT_MAX 3000 /* a wider gap is a sender that began anew */
#define MARKERS_ENOUGH 8
#define KEEP_MAX ((size_t)1 << 20) /* of a unit's buffer, between units */

/* Takes note of sequence number, time stamp and source. */
static void
follow(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_rtp *rtp)
{
	uint16_t missing = (uint16_t)(rtp->seq - t->seq - 1);

	t->gap = false;
	if (!t->seen) {
		t->seen = true;
		t->rtp_time = rtp->time;
	} else if (rtp->ssrc != t->ssrc) {
		t->gap = true;
		t->reported = false;
		nvr_reorder_clear(&t->reorder);
	} else if (missing > 0 && missing <= DROPOUT_MAX) {
		in->losses.missing += missing;
		t->gap = true;
	}
	t->ssrc = rtp->ssrc;
	t->seq = rtp->seq;
	t->time += (int32_t)(rtp->time - t->rtp_time);
	t->rtp_time = rtp->time;
	if (t->report_due) {
		t->report_pts = t->time + (int32_t)(t->report.time - rtp->time);
		t->report_due = false;
	}
}

static void
take_report(struct nvr_intake_track *t, const void *packet, size_t len)
{
	if (!nvr_rtcp_parse(packet, len, &t->report))
		return;
	t->reported = true;
	t->report_due = !t->seen;
	if (t->seen)
		t->report_pts =
		    t->time + (int32_t)(t->report.time - t->rtp_time);
}

/* What the unit that ends tells about the markers. */
static void
learn_markers(struct nvr_intake_track *t)
{
	const struct nvr_unit *u = &t->unit;
	bool h265 = t->codec == AV_CODEC_ID_HEVC;

	if (t->markers != NVR_MARKERS_LEARNING || u->broken)
		return;
	if (u->marked_inside) {
		t->markers = NVR_MARKERS_BAD;
	} else if (!u->marked) {
		t->good_markers = 0;
		t->good_key = false;
	} else {
		t->good_markers++;
		t->good_key |= (u->types & nvr_nal_keys(h265)) != 0;
	}
	if (t->good_markers >= MARKERS_ENOUGH && t->good_key)
		t->markers = NVR_MARKERS_GOOD;
}

static void
reset_unit(struct nvr_unit *u)
{
	struct nvr_buf data = u->data;

	if (data.cap > KEEP_MAX)
		nvr_buf_release(&data);
	data.len = 0;
	*u = (struct nvr_unit){.data = data};
}

/*
 * Parameter sets that come with a time stamp of their own belong to the
 * picture that follows and stay for it.  A picture that lacks something is
 * counted and handed on: what is left of it may be all there is of a moment,
 * and decoders conceal what they can.
 */
static int
end_unit(
    struct nvr_intake *in, struct nvr_intake_track *t, struct nvr_error *err)
{
	struct nvr_unit *u = &t->unit;
	struct nvr_raw_frame raw = {
	    .data = (const uint8_t *)u->data.data,
	    .len = u->data.len,
	    .pts = u->pts,
	    .arrived = u->arrived,
	    .types = u->types,
	};
	bool h265 = t->codec == AV_CODEC_ID_HEVC;
	int rc = 0;

	u->open = false;
	u->broken |= u->unfinished;
	in->losses.broken += u->broken;
	if (u->types & nvr_nal_slices(h265)) {
		learn_markers(t);
		rc = nvr_intake_video(in, t, &raw, err);
	} else if (!u->broken && u->data.len < KEEP_MAX / 16) {
		return 0;
	}
	reset_unit(u);
	return rc;
}

/* What libav makes of the packet is appended to the unit. */
static int
collect(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_nal_payload *p, struct nvr_error *err)
{
	struct nvr_unit *u = &t->unit;
	bool taken = false;
	int rc = 0, av;

	while (rc == 0 && (av = nvr_feed_pull(&t->feed, in->pkt)) >= 0) {
		size_t n = (size_t)in->pkt->size;

		if (n > 0 && u->data.len + n <= NVR_INTAKE_UNIT_MAX) {
			rc = nvr_buf_add(&u->data, in->pkt->data, n, err);
			taken = true;
		}
		av_packet_unref(in->pkt);
	}
	if (taken) {
		u->types |= p->types;
		u->unfinished = p->unfinished;
	} else {
		u->broken = true;
		u->unfinished = false;
	}
	return rc == 0 && av == AVERROR(ENOMEM) ? nvr_fail_nomem(err) : rc;
}

static void
begin_unit(struct nvr_intake_track *t)
{
	struct nvr_unit *u = &t->unit;

	u->open = true;
	u->time = t->rtp_time;
	u->pts = t->time;
	u->marked = u->marked_inside = false;
}

/*
 * Whether the packet is the rest of a picture that was ended by a marker:
 * then markers are not to be believed any more.
 */
static bool
is_rest(struct nvr_intake *in, struct nvr_intake_track *t)
{
	if (t->unit.open || !t->cut || t->cut_time != t->rtp_time || t->gap)
		return false;
	if (!t->skipping) {
		t->markers = NVR_MARKERS_BAD;
		in->losses.broken++;
	}
	t->skipping = true;
	return true;
}

static int
push_piece(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_rtp *rtp, int64_t arrived, struct nvr_error *err)
{
	bool h265 = t->codec == AV_CODEC_ID_HEVC;
	struct nvr_nal_payload p =
	    nvr_nal_payload(h265, rtp->payload, rtp->len);
	struct nvr_unit *u = &t->unit;
	int rc = 0;

	if (t->gap && u->open)
		u->broken |= u->time == t->rtp_time || !u->marked;
	if (u->open && u->time != t->rtp_time)
		rc = end_unit(in, t, err);
	if (rc != 0 || is_rest(in, t))
		return rc;
	t->cut = t->skipping = false;
	if (!u->open)
		begin_unit(t);
	/* The rest of a unit whose beginning is missing is of no use. */
	if (p.continues && (!u->unfinished || t->gap)) {
		u->broken = true;
		u->unfinished = false;
	} else {
		nvr_feed_push(&t->feed, rtp, t->gap);
		rc = collect(in, t, &p, err);
	}
	u->arrived = arrived;
	u->marked_inside |= u->marked;
	u->marked = rtp->marker;
	if (rc != 0 || !u->marked || t->markers != NVR_MARKERS_GOOD ||
	    !(u->types & nvr_nal_slices(h265)))
		return rc;
	t->cut = true;
	t->cut_time = u->time;
	return end_unit(in, t, err);
}

int
nvr_intake_piece(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_raw_frame *raw, struct nvr_error *err)
{
	struct nvr_unit *u = &t->unit;
	int rc = 0;

	if (u->open && u->pts != raw->pts)
		rc = end_unit(in, t, err);
	t->time = raw->pts;
	if (rc == 0 && !u->open)
		begin_unit(t);
	if (rc == 0 && u->data.len + raw->len > NVR_INTAKE_UNIT_MAX)
		u->broken = true;
	else if (rc == 0)
		rc = nvr_buf_add(&u->data, raw->data, raw->len, err);
	u->types |=
	    nvr_nal_types(t->codec == AV_CODEC_ID_HEVC, raw->data, raw->len);
	u->arrived = raw->arrived;
	return rc;
}

/* libav gives whole frames: of audio, maybe several from one packet. */
static int
push_whole(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_rtp *rtp, int64_t arrived, struct nvr_error *err)
{
	struct nvr_raw_frame raw = {
	    .pts = t->time, .arrived = arrived, .key = true};
	bool any = false;
	int rc = 0;

	nvr_feed_push(&t->feed, rtp, t->gap);
	while (rc == 0 && nvr_feed_pull(&t->feed, in->pkt) >= 0) {
		any = true;
		raw.data = in->pkt->data;
		raw.len = (size_t)in->pkt->size;
		if (t->pub.video)
			rc = nvr_intake_video(in, t, &raw, err);
		else
			rc = nvr_intake_audio(in, t, &raw, err);
		raw.pts += t->duration;
		av_packet_unref(in->pkt);
	}
	in->losses.broken += !any && rtp->marker;
	return rc;
}

int
nvr_intake_push(struct nvr_intake *in, int track, bool rtcp, const void *packet,
    size_t len, int64_t arrived, struct nvr_error *err)
{
	struct nvr_intake_track *t;
	struct nvr_rtp rtp;

	if (track < 0 || track >= in->n || !in->tracks[track].pub.wanted)
		return 0;
	t = &in->tracks[track];
	if (rtcp) {
		take_report(t, packet, len);
		return 0;
	}
	if (len > UINT16_MAX || !nvr_rtp_parse(packet, len, &rtp) ||
	    rtp.type != t->type) {
		in->losses.broken++;
		return 0;
	}
	follow(in, t, &rtp);
	if (rtp.len == 0)
		return 0; /* keeps a connection alive */
	if (nvr_intake_pieces(t->codec))
		return push_piece(in, t, &rtp, arrived, err);
	return push_whole(in, t, &rtp, arrived, err);
}

int
nvr_intake_tracks(const struct nvr_intake *in)
{
	return in->n;
}

const struct nvr_track *
nvr_intake_track(const struct nvr_intake *in, int i)
{
	return &in->tracks[i].pub;
}

bool
nvr_intake_report(
    const struct nvr_intake *in, int track, int64_t *wall, int64_t *pts)
{
	const struct nvr_intake_track *t;

	if (track < 0 || track >= in->n)
		return false;
	t = &in->tracks[track];
	if (!t->reported || t->report_due)
		return false;
	*wall = t->report.wall;
	*pts = t->report_pts;
	return true;
}

struct nvr_intake_losses
nvr_intake_losses(const struct nvr_intake *in)
{
	return in->losses;
}

void
nvr_intake_free(struct nvr_intake *in)
{
	if (in == NULL)
		return;
	for (int i = 0; i < in->n; i++) {
		struct nvr_intake_track *t = &in->tracks[i];

		nvr_feed_close(&t->feed);
		nvr_buf_release(&t->unit.data);
		nvr_buf_release(&t->pub.config);
	}
	nvr_pull_free(in->pull);
	av_packet_free(&in->pkt);
	free(in);
}
