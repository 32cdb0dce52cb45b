/* The parts of nvr-account log. */
#ifndef NVR_CMD_ACCOUNT_LOG_H
#define NVR_CMD_ACCOUNT_LOG_H

#include "nvr-account.h"

/* --verify: NVR_EXIT_NEGATIVE where something is wrong. */
int account_log_verify(struct nvr_state *s);

#endif
