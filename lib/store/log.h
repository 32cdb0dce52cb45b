/*
 * The rows of the security log, its tail and its signed marks.  What is in
 * them is in core/log.h.
 *
 * A row whose digests do not have 32 bytes is given zeros for them, which fit
 * nothing.
 */
#ifndef NVR_STORE_LOG_H
#define NVR_STORE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

#define NVR_LOG_HASH 32

struct nvr_log_row {
	int64_t seq, account, at;
	const char *type;
	const void *sealed; /* NULL: it was erased */
	size_t sealed_len;
	uint8_t commitment[NVR_LOG_HASH], hash[NVR_LOG_HASH];
};

/* An end of the chain: its tail, or its last row, which has no mac. */
struct nvr_log_end {
	int64_t seq; /* 0: there is none */
	uint8_t hash[NVR_LOG_HASH], mac[NVR_LOG_HASH];
};

/* NVR_E_BUG outside a transaction. */
int nvr_log_add(
    struct nvr_store *st, const struct nvr_log_row *row, struct nvr_error *err);
int nvr_log_last(
    struct nvr_store *st, struct nvr_log_end *ret, struct nvr_error *err);
int nvr_log_tail(
    struct nvr_store *st, struct nvr_log_end *ret, struct nvr_error *err);
int nvr_log_tail_put(
    struct nvr_store *st, const struct nvr_log_end *end, struct nvr_error *err);

#endif
