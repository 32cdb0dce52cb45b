/* What the parts of the security log share, for core/log*.c alone. */
#ifndef NVR_CORE_LOG_INT_H
#define NVR_CORE_LOG_INT_H

#include "core/log.h"
#include "store/log.h"

#define NVR_LOG_KEY "log" /* the service key of the tail */
#define NVR_LOG_SALT 32
#define NVR_LOG_TAMPERED "log.tampered"

/* As nvr_log_append, at a time that is not now. */
int nvr_log_append_at(struct nvr_state *s, int64_t at, int64_t account,
    const char *type, json_t *detail, struct nvr_error *err);

/* The row's hash behind that of the row ahead of it; its type is in bounds. */
int nvr_log_hash(const uint8_t prev[NVR_LOG_HASH],
    const struct nvr_log_row *row, uint8_t ret[NVR_LOG_HASH],
    struct nvr_error *err);

/* What the tail's mac has to be. */
int nvr_log_mac(struct nvr_state *s, const struct nvr_log_end *end,
    uint8_t ret[NVR_LOG_HASH], struct nvr_error *err);

/* 1 to NVR_LOG_TYPE of a-z, 0-9, `.` and `-`. */
bool nvr_log_type_good(const char *type);

#endif
