/*
 * Where data is: a country of ISO 3166-1 (DE), or one of its parts by ISO
 * 3166-2 (US-CA), whose shape alone is checked.
 */
#ifndef NVR_BASE_JURISDICTION_H
#define NVR_BASE_JURISDICTION_H

#include <stdbool.h>

#include "base/error.h"

#define NVR_JURISDICTION 7 /* bytes, NUL included */

/* In capitals; NVR_E_USAGE for what is none. */
int nvr_jurisdiction_parse(
    const char *text, char ret[NVR_JURISDICTION], struct nvr_error *err);

/* Whether it is in the European Economic Area, where the GDPR holds: data that
 * stays there is not transferred (articles 44 to 50). */
bool nvr_jurisdiction_eea(const char code[NVR_JURISDICTION]);

#endif
