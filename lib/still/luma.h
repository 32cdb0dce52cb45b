/*
 * The brightness of a JPEG still on a grid of one size, which is what the
 * health of a camera is judged from.  Whatever the camera sends is stretched
 * to 640 x 360, without regard to its shape: it is compared with nothing but
 * earlier stills of the same camera and resolution.
 */
#ifndef NVR_STILL_LUMA_H
#define NVR_STILL_LUMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define NVR_LUMA_WIDTH 640
#define NVR_LUMA_HEIGHT 360

struct nvr_luma {
	/* Y' of JFIF (ITU-T T.871), full range 0..255, row by row */
	uint8_t y[NVR_LUMA_HEIGHT * NVR_LUMA_WIDTH];
	int source_width, source_height; /* pixels of the JPEG */
	double chroma; /* mean of |Cb - 128| + |Cr - 128|, 0..256 */
};

/* Holds what is costly to set up for each still.  Not for two threads. */
struct nvr_luma_reader;

int nvr_luma_reader_new(struct nvr_luma_reader **ret, struct nvr_error *err);
void nvr_luma_reader_free(struct nvr_luma_reader *r);

/*
 * Decodes one JPEG from memory; bytes after its end are ignored.  NVR_E_DATA
 * for what is not a whole and sound 8-bit grey or Y'CbCr JPEG within the
 * limits of picture.h: cut short, damaged, CMYK, or of more than 500 scans.
 */
int nvr_luma_read(struct nvr_luma_reader *r, const void *jpeg, size_t len,
    struct nvr_luma *ret, struct nvr_error *err);

/* Taken by infrared: without colour but for what compression makes. */
bool nvr_luma_is_infrared(const struct nvr_luma *luma);

/*
 * Too little colour to tell: asphalt under clouds has as much as an infrared
 * picture after compression.  Which of the two it is, others have to say.
 */
bool nvr_luma_is_colourless(const struct nvr_luma *luma);

#endif
