/*
 * By what a recorder is told from its copy (C3):
 *
 *	HMAC-SHA256(machine-id, "nvr recorder 1" NUL address NUL model)
 *
 * machine-id: /etc/machine-id, which is not to be given away (machine-id(5)),
 * and is not.  address: of the network interface that is the first by name of
 * those that are hardware (/sys/class/net/NAME/device).  model: /proc/cpuinfo's
 * first `model name`, else `Hardware`, else /proc/device-tree/model.  What is
 * not there is "".
 *
 * NVR_E_UNAVAILABLE without a machine-id.  root: ahead of those paths, "" for
 * this machine's.
 */
#ifndef NVR_CORE_FINGERPRINT_H
#define NVR_CORE_FINGERPRINT_H

#include "core/beat.h"

int nvr_fingerprint(
    const char *root, uint8_t ret[NVR_FINGERPRINT], struct nvr_error *err);

#endif
