/*
 * What a still says of itself, in EXIF 2.31 (JEITA CP-3451D; libexif):
 * DateTimeOriginal with SubSecTimeOriginal and OffsetTimeOriginal, which is
 * always UTC; ImageDescription is the camera's name, Make and Model what the
 * inventory says; ImageUniqueID is 32 hex digits, the camera's id and the
 * still's.
 */
#ifndef NVR_STILL_EXIF_H
#define NVR_STILL_EXIF_H

#include <stdint.h>

#include "base/buf.h"

struct nvr_exif {
	char camera[128]; /* ImageDescription; "" when there is none */
	char make[64], model[64];
	int64_t camera_id, still_id; /* 0: not one of ours */
	int64_t taken_at;	     /* microseconds UTC; 0: not told */
};

/*
 * Appends the JPEG with this EXIF to out, in the place of any that it has.
 * Nothing is decoded.  All other segments stay.
 */
int nvr_exif_put(const void *jpeg, size_t len, const struct nvr_exif *exif,
    struct nvr_buf *out, struct nvr_error *err);

/* What is not there, not valid or not UTF-8 stays empty.  Never fails. */
void nvr_exif_get(const void *jpeg, size_t len, struct nvr_exif *ret);

#endif
