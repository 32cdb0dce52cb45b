/* Codes by which a recorder is enrolled: 128 bits as 26 characters of base32
 * (RFC 4648, 6) in lower case, in five groups.  Only their SHA-256 is kept. */
#ifndef NVR_CORE_REMOTE_CODE_H
#define NVR_CORE_REMOTE_CODE_H

#include "core/remote.h"

int nvr_remote_code_draw(char code[NVR_CODE_TEXT],
    uint8_t hash[NVR_INVITATION_HASH], struct nvr_error *err);
/* As somebody typed it: hyphens, blanks and case do not matter.  NVR_E_DATA for
 * what is no code. */
int nvr_remote_code_hash(const char *typed, uint8_t hash[NVR_INVITATION_HASH],
    struct nvr_error *err);

#endif
