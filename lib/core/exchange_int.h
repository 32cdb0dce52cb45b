/* What the files of the exchange share; see exchange.h. */
#ifndef NVR_CORE_EXCHANGE_INT_H
#define NVR_CORE_EXCHANGE_INT_H

#include "core/exchange.h"

struct nvr_host {
	struct nvr_model model;
	char name[256];
	char *key;	/* within key_line; NULL: none */
	char *key_line; /* the header */
	int64_t held;	/* of nvr_time_monotonic, until which no call goes */
	int64_t tokens; /* that the last answer took */
	double excess;	/* of what it took in over its estimate; 0: none */
	struct nvr_buf url;
	const char *headers[4]; /* of the request that is being made */
};

#endif
