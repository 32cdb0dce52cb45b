/*
 * Ids of rows: 63 bits, 41 of milliseconds since 2020-01-01T00:00:00Z and 22
 * of chance, so that they sort by time, need no server to hand them out, and
 * fit a BIGINT.  Where people and JSON see one, it is 13 characters of
 * Crockford's base32 in lower case: JSON numbers cannot carry 63 bits.
 */
#ifndef NVR_BASE_ID_H
#define NVR_BASE_ID_H

#include <stdint.h>

#include "base/error.h"

#define NVR_ID_TEXT 14

int64_t nvr_id_new(void);
/* When it was made, to the millisecond. */
int64_t nvr_id_time(int64_t id);
const char *nvr_id_format(int64_t id, char buf[NVR_ID_TEXT]);
/* NVR_E_USAGE when the text is no id, as that of 0 is not. */
int nvr_id_parse(const char *text, int64_t *ret, struct nvr_error *err);

#endif
