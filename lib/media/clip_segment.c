/*
 * The first pass over a segment: which of its samples are part of the clip,
 * and when; see clip.h.
 */
#include "media/clip_int.h"

/* Two segments meet: so much is jitter, and left to the samples. */
#define JITTER (100 * NVR_MILLISECOND)
/* The longest freeze that a gap leaves. */
#define FREEZE_MAX NVR_SECOND
/* The duration of a sample is believed up to this, in seconds. */
#define DURATION_MAX INT64_C(60)

#define TIMESCALE_MIN 10000  /* so that tracks agree within 0.1 ms */
#define TIMESCALE_MAX 192000 /* so that 32 bits hold 6 hours' pause */
#define SEGMENT_SECONDS_MAX (30 * 86400)
#define CTS_SECONDS_MAX 60
#define DESCRIPTION_MAX 65536
#define DESCRIPTIONS_LEN_MAX (1 << 20) /* of a track */

/* A segment's track, and the clip's. */
struct route {
	struct nvr_clip_track *to;
	uint32_t from, description;
	int64_t anchor; /* the clip's ticks at the segment's time 0 */
};

struct scan {
	struct nvr_clip *c;
	const struct nvr_clip_segment *segment;
	uint32_t index;
	struct route route[NVR_TRACKS_MAX];
};

static uint32_t
timescale_of(uint32_t ticks)
{
	if (ticks > TIMESCALE_MAX)
		return 90000;
	if (ticks < TIMESCALE_MIN)
		return ticks * (TIMESCALE_MIN / ticks + 1);
	return ticks;
}

/* The clip's track that is the n-th of its kind, or a new one. */
static struct nvr_clip_track *
find_track(struct nvr_clip *c, const struct nvr_mp4_track_info *info, int n)
{
	struct nvr_clip_track *t;
	int i;

	for (i = 0; i < c->n; i++)
		if (c->track[i].video == info->video &&
		    c->track[i].ordinal == n)
			return &c->track[i];
	if (c->n == NVR_CLIP_TRACKS_MAX)
		return NULL;
	t = &c->track[c->n++];
	t->video = info->video;
	t->ordinal = n;
	t->timescale = timescale_of(info->timescale);
	t->sizes.folder = t->stss.folder = t->stsc.folder = c->o->temp;
	t->stts.table.folder = t->ctts.table.folder = c->o->temp;
	return t;
}

/* The number of the description in the track's stsd, where it is added. */
static int
describe(struct nvr_clip_track *t, const struct nvr_mp4_track_info *info,
    uint32_t *ret, struct nvr_error *err)
{
	const uint8_t *entry = info->stsd + 16;
	size_t len, at = 0, n;
	uint32_t i = 0;
	int rc;

	if (info->stsd_len < 24 || nvr_be32(entry) < 8 ||
	    nvr_be32(entry) > info->stsd_len - 16 ||
	    nvr_be32(entry) > DESCRIPTION_MAX)
		return nvr_fail(err, NVR_E_DATA, "stsd is of no sane length");
	len = nvr_be32(entry);
	if ((int64_t)info->width * info->height >
	    (int64_t)t->width * t->height) {
		t->width = info->width;
		t->height = info->height;
	}
	for (; at < t->entries.len; at += n) {
		n = nvr_be32((const uint8_t *)t->entries.data + at);
		i++;
		*ret = i;
		if (n == len && memcmp(t->entries.data + at, entry, n) == 0)
			return 0;
	}
	if (t->entries.len + len > DESCRIPTIONS_LEN_MAX)
		return nvr_fail(
		    err, NVR_E_DATA, "the stream changes too often");
	rc = nvr_buf_add(&t->entries, entry, len, err);
	if (rc == 0)
		*ret = ++t->descriptions;
	return rc;
}

static int
find_routes(struct scan *s, struct nvr_mp4 *m, struct nvr_error *err)
{
	const struct nvr_mp4_track_info *info;
	int i, rc, kinds[2] = {0, 0};
	struct route *r;

	for (i = 0; i < nvr_mp4_tracks(m); i++) {
		info = nvr_mp4_track(m, i);
		r = &s->route[i];
		r->to = find_track(s->c, info, kinds[info->video]++);
		if (r->to == NULL)
			continue;
		r->from = info->timescale;
		rc = describe(r->to, info, &r->description, err);
		if (rc != 0)
			return rc;
	}
	if (nvr_mp4_quicktime(m))
		s->c->quicktime = true;
	return 0;
}

/* Of the caller's timeline, where a time of the segment is. */
static int64_t
moment(const struct scan *s, const struct route *r, int64_t ticks)
{
	return s->segment->start + nvr_muldiv(ticks, NVR_SECOND, r->from);
}

/* The track by which two segments are set side by side: video if it can. */
static const struct nvr_mp4_sample *
reference(const struct scan *s, const struct nvr_mp4_sample *samples, size_t n)
{
	const struct nvr_mp4_sample *best = NULL;
	const struct nvr_clip_track *t;
	size_t i;

	for (i = 0; i < n; i++) {
		t = s->route[samples[i].track].to;
		if (t == NULL || !t->seen)
			continue;
		if (t->video)
			return &samples[i];
		if (best == NULL)
			best = &samples[i];
	}
	return best;
}

static bool
sane(const struct scan *s, const struct nvr_mp4_sample *m)
{
	int64_t from = s->route[m->track].from;

	return from == 0 || (m->dts / from <= SEGMENT_SECONDS_MAX &&
				m->cts / from <= CTS_SECONDS_MAX &&
				m->cts / from >= -CTS_SECONDS_MAX);
}

static void
report_gap(struct scan *s, int64_t from, int64_t length, int64_t closed)
{
	nvr_clip_event(s->c, &(struct nvr_clip_event){
				 .kind = NVR_CLIP_GAP,
				 .at = from,
				 .in_clip = from - s->c->o->since -
					    s->c->closed - nvr_clip_begin(s->c),
				 .length = length,
				 .closed = closed,
				 .segment = s->index,
			     });
}

/*
 * What lies between this segment and what came before decides how far the
 * timeline moves: not at all for jitter.
 */
static void
seam(struct scan *s, const struct nvr_mp4_sample *samples, size_t n)
{
	const struct nvr_mp4_sample *first = reference(s, samples, n);
	struct nvr_clip *c = s->c;
	int64_t from, hole, by = 0;
	const struct route *r;
	int i;

	if (first == NULL)
		return;
	r = &s->route[first->track];
	if (r->to == NULL || !sane(s, first))
		return;
	from = r->to->seen_end;
	hole = moment(s, r, first->dts) - from;
	if (hole > FREEZE_MAX)
		by = hole - FREEZE_MAX;
	else if (hole < -JITTER)
		by = hole;
	else if (hole <= 0 || s->segment->gap_before <= 0)
		return;
	if (from <= c->o->since) {
		/* Nothing before it is shown: it begins behind the hole. */
		for (i = 0; i < c->n; i++)
			nvr_clip_drop(c, &c->track[i]);
		c->begin = 0;
		return;
	}
	if (from + hole >= c->o->until)
		return;
	if (hole > 0)
		report_gap(s, from, hole, by);
	c->closed += by;
}

static void
set_anchors(struct scan *s)
{
	struct nvr_clip *c = s->c;
	struct route *r;
	int i;

	for (i = 0; i < NVR_TRACKS_MAX; i++) {
		r = &s->route[i];
		if (r->to != NULL)
			r->anchor = nvr_clip_ticks(
			    r->to, s->segment->start - c->o->since - c->closed);
	}
}

/* The clip begins at this key frame, or at a later one. */
static void
begin_at(struct nvr_clip *c, struct nvr_clip_track *t, int64_t pts)
{
	int i;

	nvr_clip_drop(c, t);
	if (!c->o->key_frames || t->ordinal != 0)
		return;
	c->begin = nvr_clip_us(t, pts);
	for (i = 0; i < c->n; i++)
		if (!c->track[i].video)
			nvr_clip_drop(c, &c->track[i]);
}

static void
note_shown(struct nvr_clip_track *t, const struct nvr_clip_sample *s)
{
	int64_t end = s->pts + s->duration;

	if (t->samples == 0 || end > t->shown_end)
		t->shown_end = end;
	if (t->samples == 0 || (s->pts <= 0 && s->pts > t->shown_from))
		t->shown_from = s->pts;
}

/* Decoding order must grow, whatever overlaps. */
static void
keep_order(const struct nvr_clip_track *t, struct nvr_clip_sample *s)
{
	int64_t last = t->held_n > 0 ? t->held[t->held_n - 1].dts : t->dts;

	if ((t->samples == 0 && t->held_n == 0) || s->dts > last)
		return;
	s->pts += last + 1 - s->dts;
	s->dts = last + 1;
}

static int
take_video(struct nvr_clip *c, struct nvr_clip_track *t,
    struct nvr_clip_sample *s, int64_t until, struct nvr_error *err)
{
	unsigned i;
	int rc;

	if (s->key && s->pts <= 0 && c->closed == 0)
		begin_at(c, t, s->pts);
	if (t->samples == 0 && t->held_n == 0 && !s->key)
		return 0;
	/* It depends on what was before the first key frame. */
	if (t->samples > 0 && s->pts < t->pts0)
		return 0;
	keep_order(t, s);
	if (s->pts >= until && t->samples == 0)
		return 0;
	if (s->pts >= until) {
		t->ended = t->held_n == NVR_CLIP_HELD_MAX;
		if (!t->ended)
			t->held[t->held_n++] = *s;
		return 0;
	}
	for (i = 0; i < t->held_n; i++) {
		t->hides_end = true;
		rc = nvr_clip_add(c, t, &t->held[i], err);
		if (rc != 0)
			return rc;
	}
	t->held_n = 0;
	note_shown(t, s);
	return nvr_clip_add(c, t, s, err);
}

static int
take_audio(struct nvr_clip *c, struct nvr_clip_track *t,
    const struct nvr_clip_sample *s, struct nvr_error *err)
{
	if (s->dts + s->duration <= nvr_clip_ticks(t, c->begin))
		return 0;
	/* What is heard already is not heard again. */
	if (t->samples > 0 && s->dts <= t->dts)
		return 0;
	note_shown(t, s);
	return nvr_clip_add(c, t, s, err);
}

/* The sample in the clip's terms. */
static struct nvr_clip_sample
translate(const struct scan *s, const struct nvr_mp4_sample *m)
{
	const struct route *r = &s->route[m->track];
	int64_t scale = r->to->timescale, most = DURATION_MAX * r->from;
	int64_t dts = nvr_muldiv(m->dts, scale, r->from), end;

	end = m->dts + (m->duration < most ? m->duration : most);
	end = nvr_muldiv(end, scale, r->from);
	return (struct nvr_clip_sample){
	    .dts = r->anchor + dts,
	    .pts = r->anchor + dts +
		   (r->to->video ? nvr_muldiv(m->cts, scale, r->from) : 0),
	    .duration = end > dts ? (uint32_t)(end - dts) : 1,
	    .size = m->size,
	    .key = m->key,
	    .offset = m->offset,
	    .segment = s->index,
	    .description = r->description,
	};
}

static int
take(struct scan *s, const struct nvr_mp4_sample *m, struct nvr_error *err)
{
	struct nvr_clip_track *t = s->route[m->track].to;
	struct nvr_clip *c = s->c;
	struct nvr_clip_sample e;
	int64_t until, end;

	if (t == NULL)
		return 0;
	if (!sane(s, m))
		return nvr_fail(err, NVR_E_DATA, "a sample has no sane time");
	e = translate(s, m);
	until = nvr_clip_ticks(t, c->o->until - c->o->since - c->closed);
	/* What 32 bits cannot hold ends the track. */
	if (t->samples > 0 && e.dts - t->dts > (int64_t)UINT32_MAX)
		t->ended = true;
	if (t->ended || e.dts >= until)
		return 0;
	end = c->o->since + c->closed +
	      nvr_clip_us(t, e.dts + (int64_t)e.duration);
	if (!t->seen || end > t->seen_end)
		t->seen_end = end;
	t->seen = true;
	return t->video ? take_video(c, t, &e, until, err)
			: take_audio(c, t, &e, err);
}

static int
scan_fragments(struct scan *s, struct nvr_mp4 *m, struct nvr_error *err)
{
	const struct nvr_mp4_sample *samples;
	bool first = true;
	size_t n, i;
	int rc;

	while ((rc = nvr_mp4_next(m, &samples, &n, err)) == 1) {
		if (first && n > 0) {
			seam(s, samples, n);
			set_anchors(s);
			first = false;
		}
		for (i = 0; i < n; i++) {
			rc = take(s, &samples[i], err);
			if (rc != 0)
				return rc;
		}
	}
	return rc;
}

int
nvr_clip_segment(struct nvr_clip *c, const struct nvr_clip_segment *segment,
    uint32_t index, struct nvr_error *err)
{
	struct scan s = {.c = c, .segment = segment, .index = index};
	struct nvr_mp4 *m = NULL;
	int rc = nvr_mp4_open(&segment->bytes, &m, err);

	if (rc == 0)
		rc = find_routes(&s, m, err);
	if (rc == 0)
		rc = scan_fragments(&s, m, err);
	nvr_mp4_free(m);
	return rc;
}
