/*
 * What it costs to take a camera's stream apart and to write it as MP4: 1080p
 * H.264 of 4 Mbit/s with AAC, as RTP packets in memory, over and over.  The
 * sink throws everything away.
 */
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>

#include "stream_help.h"
#include "base/time.h"
#include "media/intake.h"
#include "media/mp4_writer.h"

#define SECONDS 8
#define ROUNDS 50

struct bench {
	struct nvr_intake *in;
	struct nvr_mp4_writer *w;
	size_t bytes;
	int writes, frames;
	int64_t began; /* dts of the fragment's first picture */
};

static struct nvr_error err;

static void
must(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench_intake: %s\n", err.text);
	exit(1);
}

static int
throw_away(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	struct bench *b = ctx;

	(void)data, (void)e;
	b->bytes += len;
	b->writes++;
	return 0;
}

static void
open_writer(struct bench *b, const struct nvr_frame *f)
{
	const struct nvr_sink sink = {throw_away, b};
	const struct nvr_mp4_options o = {.camera = "bench", .start = 1};
	struct nvr_mp4_track tracks[] = {
	    {nvr_intake_track(b->in, 0), f->dts},
	    {nvr_intake_track(b->in, 1), 0},
	};

	must(nvr_mp4_writer_open(&sink, tracks, 2, &o, &b->w, &err));
	b->began = f->dts;
}

static int
take(void *ctx, const struct nvr_frame *f, struct nvr_error *e)
{
	struct bench *b = ctx;

	b->frames++;
	if (b->w == NULL && f->track != 0)
		return 0;
	if (b->w == NULL)
		open_writer(b, f);
	if (f->track == 0 && f->dts - b->began >= 180000) {
		must(nvr_mp4_writer_fragment(b->w, e));
		b->began = f->dts;
	}
	return nvr_mp4_writer_frame(b->w, f->track, f, e);
}

static void
encode(struct stream *s)
{
	const struct clip_options o = {.encoder = "libx264",
	    .width = 1920,
	    .height = 1080,
	    .frames = SECONDS * 25,
	    .gop = 50,
	    .extra = "bitrate=4000:vbv-maxrate=4000:vbv-bufsize=8000"};
	struct clip *c = malloc(sizeof(*c));

	clip_video(c, &o);
	stream_add(s, c, NULL);
	clip_free(c);
	clip_audio(c, "aac", 48000, SECONDS * 48000 / 1024);
	stream_add(s, c, NULL);
	clip_free(c);
	free(c);
}

/* Sorts by time, as a camera would send it. */
static int
by_time(const void *a, const void *b)
{
	const struct rtp_packet *p = a, *q = b;
	double t = rtp_time(p) / (p->track == 0 ? 90e3 : 48e3);
	double u = rtp_time(q) / (q->track == 0 ? 90e3 : 48e3);

	if (p->track == q->track)
		return (int16_t)(rtp_seq(p) - rtp_seq(q));
	return t < u ? -1 : t > u;
}

/* Every packet moves on by one round: time from 0, numbers without a gap. */
static void
renumber(struct stream *s)
{
	uint32_t first[2] = {0, 0};
	int n = 0, count[2] = {0, 0};

	for (int i = 0; i < s->n; i++) {
		struct rtp_packet *p = &s->p[i];

		if (p->rtcp) {
			free(p->data);
			continue;
		}
		if (count[p->track] == 0)
			first[p->track] = rtp_time(p);
		rtp_set_time(p, rtp_time(p) - first[p->track]);
		rtp_set_seq(p, count[p->track]++);
		s->p[n++] = *p;
	}
	s->n = n;
}

static void
move_on(struct stream *s, const int *count)
{
	for (int i = 0; i < s->n; i++) {
		struct rtp_packet *p = &s->p[i];

		rtp_set_seq(p, rtp_seq(p) + count[p->track]);
		rtp_set_time(
		    p, rtp_time(p) + (p->track == 0
					     ? SECONDS * 90000
					     : SECONDS * 48000 / 1024 * 1024));
	}
}

static double
cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int
main(void)
{
	struct bench b = {0};
	const struct nvr_frame_sink to = {take, &b};
	struct stream *s = stream_new();
	int count[2] = {0, 0};
	double used = 0, start;
	size_t bytes = 0;
	struct mallinfo2 before, after;

	encode(s);
	renumber(s);
	qsort(s->p, (size_t)s->n, sizeof(s->p[0]), by_time);
	for (int i = 0; i < s->n; i++) {
		count[s->p[i].track]++;
		bytes += s->p[i].len;
	}
	before = mallinfo2();
	must(nvr_intake_sdp(s->sdp, strlen(s->sdp), true, &to, &b.in, &err));
	for (int r = 0; r < ROUNDS; r++) {
		start = cpu();
		for (int i = 0; i < s->n; i++)
			must(nvr_intake_push(b.in, s->p[i].track, false,
			    s->p[i].data, s->p[i].len, i, &err));
		used += cpu() - start;
		move_on(s, count);
	}
	after = mallinfo2();
	printf("stream\t%.2f Mbit/s, %d packets/s, %d frames\n",
	    (double)bytes * 8 / SECONDS / 1e6, s->n / SECONDS, b.frames);
	printf("intake and MP4\t%.4f %% of a core\n",
	    used * 100 / SECONDS / ROUNDS);
	printf("writes\t%.1f a fragment\n",
	    (double)b.writes / (SECONDS * ROUNDS / 2.0));
	printf("held\t%zu KiB, %zu of them in the open fragment\n",
	    (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) >>
		10,
	    nvr_mp4_writer_held(b.w) >> 10);
	printf("lost\t%lld\n", (long long)(nvr_intake_losses(b.in).broken +
					   nvr_intake_losses(b.in).missing));
	nvr_mp4_writer_free(b.w);
	nvr_intake_free(b.in);
	stream_free(s);
	return 0;
}
