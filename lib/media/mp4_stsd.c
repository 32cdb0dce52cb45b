/* Sample descriptions of MP4: what a track's samples are. */
#include <stdlib.h>

#include "media/mp4_int.h"

#define VISUAL_LEN 78 /* VisualSampleEntry without its boxes */
#define AUDIO_LEN 28  /* AudioSampleEntry likewise */

/* The boxes that configure a decoder. */
static const uint32_t CONFIGS[] = {
    NVR_BOX('a', 'v', 'c', 'C'),
    NVR_BOX('h', 'v', 'c', 'C'),
    NVR_BOX('a', 'v', '1', 'C'),
    NVR_BOX('v', 'p', 'c', 'C'),
    NVR_BOX('e', 's', 'd', 's'),
    NVR_BOX('d', 'O', 'p', 's'),
    NVR_BOX('p', 'c', 'm', 'C'),
};

static void
type_text(uint32_t type, char text[5])
{
	nvr_put32((uint8_t *)text, type);
	text[4] = '\0';
}

static int
find_config(
    struct nvr_span boxes, struct nvr_mp4_track_info *t, struct nvr_error *err)
{
	struct nvr_span b;
	uint32_t type;
	size_t i;
	int rc;

	while ((rc = nvr_span_box(&boxes, &type, &b, err)) == 1) {
		/* QuickTime keeps esds in a box of its own. */
		if (type == NVR_BOX('w', 'a', 'v', 'e')) {
			rc = nvr_span_find(
			    b, NVR_BOX('e', 's', 'd', 's'), &b, err);
			if (rc < 0)
				return rc;
			if (rc == 0)
				continue;
			type = NVR_BOX('e', 's', 'd', 's');
		}
		for (i = 0; i < sizeof(CONFIGS) / sizeof(*CONFIGS); i++) {
			if (type != CONFIGS[i])
				continue;
			type_text(type, t->config_type);
			t->config = b.data;
			t->config_len = b.len;
			return 0;
		}
	}
	return rc;
}

/* QuickTime's later versions of a sound description are longer. */
static size_t
audio_len(bool quicktime, const uint8_t *entry)
{
	switch (quicktime ? nvr_be16(entry + 8) : 0) {
	case 1:
		return AUDIO_LEN + 16;
	case 2:
		return AUDIO_LEN + 36;
	default:
		return AUDIO_LEN;
	}
}

int
nvr_mp4_stsd(bool quicktime, struct nvr_span stsd, struct nvr_mp4_track_info *t,
    struct nvr_error *err)
{
	struct nvr_span box, entry;
	uint32_t type;
	size_t len;
	int rc;

	t->stsd = stsd.data;
	t->stsd_len = stsd.len;
	rc = nvr_span_box(&stsd, &type, &box, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || nvr_span_take(&box, 8) == NULL)
		return nvr_fail(err, NVR_E_DATA, "stsd is too short");
	rc = nvr_span_box(&box, &type, &entry, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || entry.len < AUDIO_LEN ||
	    (t->video && entry.len < VISUAL_LEN))
		return nvr_fail(err, NVR_E_DATA, "a track has no description");
	type_text(type, t->format);
	if (t->video) {
		t->width = nvr_be16(entry.data + 24);
		t->height = nvr_be16(entry.data + 26);
	}
	len = t->video ? VISUAL_LEN : audio_len(quicktime, entry.data);
	if (nvr_span_take(&entry, len) == NULL)
		return nvr_fail(err, NVR_E_DATA, "stsd is too short");
	return find_config(entry, t, err);
}
