/* For lib/web/template*.c alone. */
#ifndef NVR_WEB_TEMPLATE_INT_H
#define NVR_WEB_TEMPLATE_INT_H

#include <stdbool.h>

#include "web/template.h"

/*
 * Writes a value for the context `how`: *known says whether there is such a
 * one.  NVR_E_BUG where the value is of another type.
 */
int nvr_web_put(const char *how, const json_t *v,
    const struct nvr_web_view *view, struct nvr_buf *out, bool *known,
    struct nvr_error *err);

#endif
