/*
 * Names of files made from a pattern: %c is the camera's name, the rest is
 * strftime(3)'s, with the time in UTC.
 */
#ifndef NVR_BASE_PATTERN_H
#define NVR_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* NVR_E_USAGE when it does not fit path, or comes to nothing. */
int nvr_pattern_expand(const char *pattern, const char *camera, int64_t time,
    char *path, size_t size, struct nvr_error *err);

/* Whether each camera gets a name of its own: %c, and not %%c. */
bool nvr_pattern_names(const char *pattern);

#endif
