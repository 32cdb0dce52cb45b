/* What the files of a heartbeat's JSON share; see beat.h. */
#ifndef NVR_CORE_BEAT_INT_H
#define NVR_CORE_BEAT_INT_H

#include "base/time.h"
#include "core/beat.h"

#define NVR_BEAT_WHOLE_MAX (((int64_t)1 << 53) - 1) /* RFC 8259, 6 */
#define NVR_BEAT_RETAIN_MAX (36525 * NVR_DAY)

/* Reading: where is the object, ahead of its members in errors, or "". */

/*
 * The object that a text of at most max bytes holds.  What is nested deeper
 * than 16 levels, or has more values than any of ours, is refused before it is
 * parsed.
 */
int nvr_beat_load(const void *body, size_t len, size_t max, json_t **ret,
    struct nvr_error *err);
/* That it is an object with those members and no others; NULL ends them. */
int nvr_beat_members(const json_t *o, const char *where,
    const char *const *known, struct nvr_error *err);
/* Printable, of up to max bytes, and of at least one unless it is optional:
 * "" then. */
int nvr_beat_text(const json_t *o, const char *where, const char *key,
    size_t max, bool optional, const char **ret, struct nvr_error *err);
/* Left alone where it is missing. */
int nvr_beat_whole(const json_t *o, const char *where, const char *key,
    int64_t min, int64_t max, int64_t *ret, struct nvr_error *err);
int nvr_beat_flag(const json_t *o, const char *where, const char *key,
    bool *ret, struct nvr_error *err);
/* Milliseconds, of a microsecond at the least. */
int nvr_beat_ms(const json_t *o, const char *where, const char *key,
    int64_t max_us, int64_t *ret, struct nvr_error *err);
int nvr_beat_time(const json_t *o, const char *where, const char *key,
    int64_t *ret, struct nvr_error *err);
int nvr_beat_id(const json_t *o, const char *where, const char *key,
    int64_t *ret, struct nvr_error *err);
int nvr_beat_hex(const json_t *o, const char *key, uint8_t *ret, size_t len,
    struct nvr_error *err);
/* An array of at most max; NULL where it is missing. */
int nvr_beat_list(const json_t *o, const char *key, size_t max, json_t **ret,
    struct nvr_error *err);
int nvr_beat_missing(
    const json_t *o, const char *where, const char *key, struct nvr_error *err);
int nvr_beat_interval(const json_t *o, int64_t *ret, struct nvr_error *err);
int nvr_beat_wrong(struct nvr_error *err, const char *where, const char *key,
    const char *what);

int nvr_beat_report_read(const json_t *o, const char *where,
    struct nvr_beat_report *ret, struct nvr_error *err);
/* A list of them under that key; held has room for the secrets. */
int nvr_beat_inventory_read(const json_t *o, const char *key,
    struct nvr_buf *held, struct nvr_beat_inventory **ret, size_t *n,
    bool *is_there, struct nvr_error *err);

int nvr_beat_settings_read(
    const json_t *o, struct nvr_beat_settings *ret, struct nvr_error *err);

/* Writing: NULL, or what a member that is NULL does to an object, is want of
 * memory, told at the end. */

json_t *nvr_beat_time_json(int64_t t);
json_t *nvr_beat_id_json(int64_t id);
json_t *nvr_beat_hex_json(const uint8_t *data, size_t len);
json_t *nvr_beat_report_json(const struct nvr_beat_report *r);
json_t *nvr_beat_inventory_json(
    const struct nvr_beat_inventory *list, size_t n);
/* Appends the text and releases o; bad: something in it is missing. */
int nvr_beat_dump(json_t *o, bool bad, size_t max, struct nvr_buf *out,
    struct nvr_error *err);

#endif
