/* What is recorded, since MP4 or MOV carries it, and a track's data from
 * libav's. */
#include <libavutil/channel_layout.h>
#include <libavutil/intreadwrite.h>

#include "media/intake_int.h"

#define CONFIG_MAX (64 << 10)

bool
nvr_intake_pieces(enum AVCodecID codec)
{
	return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC;
}

static bool
is_carried(enum AVCodecID codec)
{
	switch (codec) {
	case AV_CODEC_ID_H264:
	case AV_CODEC_ID_HEVC:
	case AV_CODEC_ID_MJPEG:
	case AV_CODEC_ID_AAC:
	case AV_CODEC_ID_OPUS:
	case AV_CODEC_ID_PCM_MULAW:
	case AV_CODEC_ID_PCM_ALAW:
	case AV_CODEC_ID_PCM_S16BE:
	case AV_CODEC_ID_PCM_S16LE:
	case AV_CODEC_ID_PCM_S24BE:
	case AV_CODEC_ID_ADPCM_G722:
		return true;
	default:
		return false;
	}
}

/* RFC 7845, 5.1: mono or stereo, nothing to skip. */
static int
opus_head(struct nvr_track *track, struct nvr_error *err)
{
	uint8_t head[19] = "OpusHead\1";

	head[9] = (uint8_t)track->channels;
	AV_WL32(head + 12, 48000);
	return nvr_buf_add(&track->config, head, sizeof(head), err);
}

/*
 * Ticks of an AAC frame from its AudioSpecificConfig (ISO/IEC 14496-3,
 * 1.6.2.1): 1024 or 960 samples, at the core's rate where the clock is that of
 * the doubled one.
 */
static int64_t
aac_frame(const struct nvr_track *track)
{
	static const int rates[] = {96000, 88200, 64000, 48000, 44100, 32000,
	    24000, 22050, 16000, 12000, 11025, 8000, 7350};
	uint8_t head[8] = {0};
	int rate = track->clock_rate, used = 5, samples = 1024;
	uint64_t bits;
	unsigned object, index;

	memcpy(head, track->config.data,
	    track->config.len < 8 ? track->config.len : 8);
	bits = AV_RB64(head);
	object = bits >> 59 & 31;
	index = bits >> 55 & 15;
	used += 4;
	if (index < 13)
		rate = rates[index];
	else if (index == 15) {
		rate = (int)(bits >> 31 & 0xffffff);
		used += 24;
	}
	used += 4; /* channels */
	if (object == 5 || object == 29)
		used += 4 + 5; /* the doubled rate, and the core's object */
	if (used < 64 && (bits >> (63 - used) & 1))
		samples = 960;
	if (rate < 7350 || rate > 96000)
		rate = track->clock_rate;
	return av_rescale(samples, track->clock_rate, rate);
}

static int
describe_audio(struct nvr_intake_track *t, const AVCodecParameters *par,
    struct nvr_error *err)
{
	struct nvr_track *track = &t->pub;
	int rc = 0;

	track->sample_rate = par->sample_rate;
	track->channels = par->ch_layout.nb_channels;
	if (track->channels < 1)
		track->channels = 1;
	if (track->channels > 8 || track->sample_rate < 1 ||
	    track->sample_rate > 192000) {
		strlcpy(track->why, "its rate or channels make no sense",
		    sizeof(track->why));
		track->wanted = false;
		return 0;
	}
	if (t->codec == AV_CODEC_ID_OPUS) {
		if (track->channels > 2)
			track->channels = 2;
		track->sample_rate = 48000;
		return track->config.len > 0 ? 0 : opus_head(track, err);
	}
	if (t->codec != AV_CODEC_ID_AAC)
		return 0;
	if (track->config.len < 2) {
		strlcpy(track->why, "AAC without its configuration",
		    sizeof(track->why));
		track->wanted = false;
	} else {
		t->audio_frame = aac_frame(track);
	}
	return rc;
}

/* A first guess, until two frames have come. */
static void
guess_duration(struct nvr_intake_track *t, const AVStream *st)
{
	AVRational rate = st->avg_frame_rate;

	if (rate.num <= 0 || rate.den <= 0 || av_q2d(rate) < 0.1 ||
	    av_q2d(rate) > 1000)
		rate = (AVRational){25, 1};
	t->duration = av_rescale(t->pub.clock_rate, rate.den, rate.num);
	if (t->duration < 1)
		t->duration = 1;
}

int
nvr_intake_describe(struct nvr_intake_track *t, const AVStream *st,
    int clock_rate, struct nvr_error *err)
{
	const AVCodecParameters *par = st->codecpar;
	struct nvr_track *track = &t->pub;

	t->codec = par->codec_id;
	if (t->codec == AV_CODEC_ID_NONE) {
		strlcpy(track->why, "its encoding is not known",
		    sizeof(track->why));
		return 0;
	}
	strlcpy(track->codec, avcodec_get_name(t->codec), sizeof(track->codec));
	track->clock_rate = clock_rate;
	if (!is_carried(t->codec) ||
	    track->video != (par->codec_type == AVMEDIA_TYPE_VIDEO)) {
		snprintf(track->why, sizeof(track->why), "%s is not supported",
		    track->codec);
		return 0;
	}
	if (clock_rate < 1 || clock_rate > 1000000) {
		strlcpy(track->why, "its clock rate makes no sense",
		    sizeof(track->why));
		return 0;
	}
	track->wanted = true;
	t->reorder.second = track->clock_rate;
	guess_duration(t, st);
	if (par->extradata_size > 0 && par->extradata_size <= CONFIG_MAX &&
	    t->codec != AV_CODEC_ID_MJPEG &&
	    nvr_buf_add(&track->config, par->extradata,
		(size_t)par->extradata_size, err) != 0)
		return err->code;
	return track->video ? 0 : describe_audio(t, par, err);
}

/* Samples at 48 kHz of an Opus packet (RFC 6716, 3.1 and 3.2). */
static int64_t
opus_samples(const uint8_t *p, size_t len)
{
	int config = p[0] >> 3, frame, count;

	if (config < 12)
		frame = (const int[]){480, 960, 1920, 2880}[config & 3];
	else if (config < 16)
		frame = 480 << (config & 1);
	else
		frame = 120 << (config & 3);
	count = (p[0] & 3) == 0 ? 1 : 2;
	if ((p[0] & 3) == 3)
		count = len > 1 ? p[1] & 63 : 0;
	return (int64_t)frame * count;
}

int64_t
nvr_intake_audio_ticks(
    const struct nvr_intake_track *t, const uint8_t *data, size_t len)
{
	int64_t samples;

	if (t->codec == AV_CODEC_ID_AAC)
		return t->audio_frame;
	if (t->codec == AV_CODEC_ID_OPUS)
		samples = opus_samples(data, len);
	else
		samples = (int64_t)len * 8 / t->pub.channels /
			  av_get_bits_per_sample(t->codec);
	return av_rescale(samples, t->pub.clock_rate, t->pub.sample_rate);
}
