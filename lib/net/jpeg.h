/* Where a JPEG (ITU-T T.81, annex B) ends. */
#ifndef NVR_NET_JPEG_H
#define NVR_NET_JPEG_H

#include <stddef.h>

/*
 * The length of the JPEG at data, from SOI to EOI, or 0 when there is none or
 * it is cut short.  It is walked marker by marker, for the thumbnail inside
 * has an EOI of its own.  Nothing is decoded.
 */
size_t nvr_jpeg_length(const void *data, size_t len);

#endif
