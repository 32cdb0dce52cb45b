/*
 * What a change of settings changed, for the security log: an object
 * {field: {old, new}} of what is no longer as it was, never a secret.
 */
#ifndef NVR_CORE_CHANGES_H
#define NVR_CORE_CHANGES_H

#include <jansson.h>
#include <stdint.h>

#define NVR_CHANGE_TEXT                                       \
	256 /* bytes; of longer ones the length alone is told \
	     */

/* NULL and "" are null. */
void nvr_change_text(
    json_t *fields, const char *field, const char *was, const char *is);
void nvr_change_int(json_t *fields, const char *field, int64_t was, int64_t is);
void nvr_change_bool(json_t *fields, const char *field, int was, int is);
/* A text as it stands there. */
json_t *nvr_change_value(const char *text);

/* An id as it is shown; 0 is null. */
json_t *nvr_change_id(int64_t id);

#endif
