/*
 * What nvr.conf's [portal] says.  Links in letters begin with its url, and a
 * link that leads elsewhere gives somebody's account away: so it is https (or
 * http on this machine) and has neither user, query nor fragment.
 */
#ifndef NVR_CORE_PORTAL_H
#define NVR_CORE_PORTAL_H

#include "base/error.h"
#include "base/rules.h"

/* NVR_E_CONFIG, naming the key.  What is not set is fine. */
int nvr_portal_check(const struct nvr_rules *r, struct nvr_error *err);

#endif
