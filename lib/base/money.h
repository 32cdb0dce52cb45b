/* Money as millionths of a currency: `2.50`, `0.000125`. */
#ifndef NVR_BASE_MONEY_H
#define NVR_BASE_MONEY_H

#include <stdint.h>

#include "base/error.h"

/* Digits, at most six after the point, up to a billion; or NVR_E_USAGE. */
int nvr_money_parse(const char *text, int64_t *ret, struct nvr_error *err);

/* With two digits after the point, or as many as it takes.  Returns buf. */
#define NVR_MONEY_TEXT 32
const char *nvr_money_format(int64_t micros, char buf[NVR_MONEY_TEXT]);

#endif
