/* What the parts of the security log share, for core/log*.c alone. */
#ifndef NVR_CORE_LOG_INT_H
#define NVR_CORE_LOG_INT_H

#include "core/log.h"
#include "seal/digest.h"

#define NVR_LOG_KEY "log" /* the service key of the tail */
#define NVR_LOG_SALT 32
#define NVR_LOG_TAMPERED "log.tampered"

/* As nvr_log_append, at a time that is not now. */
int nvr_log_append_at(struct nvr_state *s, int64_t at, int64_t account,
    const char *type, json_t *detail, struct nvr_error *err);

/* The hash of the row, had it that number, behind the hash of another one.
 * Its type is in bounds. */
int nvr_log_hash(struct nvr_hasher *h, const uint8_t prev[NVR_LOG_HASH],
    int64_t seq, const struct nvr_log_row *row, uint8_t ret[NVR_LOG_HASH],
    struct nvr_error *err);

/* What the tail's mac has to be. */
int nvr_log_mac(struct nvr_state *s, const struct nvr_log_end *end,
    uint8_t ret[NVR_LOG_HASH], struct nvr_error *err);

/* What keys.db knows of the log. */
struct nvr_log_known {
	int64_t begun;		  /* when; 0: not that it was */
	struct nvr_log_mark mark; /* the newest, unsigned; seq 0: none */
};
int nvr_log_know(
    struct nvr_state *s, struct nvr_log_known *ret, struct nvr_error *err);
/* A mark that was committed. */
int nvr_log_know_mark(
    struct nvr_state *s, const struct nvr_log_mark *m, struct nvr_error *err);

/* Tail and last row, and whether they agree and the tail's mac is right: where
 * there is neither, that none was begun. */
struct nvr_log_ends {
	struct nvr_log_end tail, last;
	struct nvr_log_known known;
	bool mac, agree;
};
int nvr_log_ends(
    struct nvr_state *s, struct nvr_log_ends *ret, struct nvr_error *err);

/* 1 to NVR_LOG_TYPE of a-z, 0-9, `.` and `-`. */
bool nvr_log_type_good(const char *type);

/*
 * Opens payloads.  The key of each account is set up once, as long as its
 * place is not needed for another.
 */
struct nvr_log_opener;

int nvr_log_opener_new(
    struct nvr_state *s, struct nvr_log_opener **ret, struct nvr_error *err);
void nvr_log_opener_free(struct nvr_log_opener *o);

/* How opening went; negative: an error. */
enum {
	NVR_LOG_FITS,	    /* salt and payload are in *text until the next */
	NVR_LOG_UNFIT,	    /* it is not what was sealed in that place */
	NVR_LOG_KEYLESS,    /* the account's key is gone */
	NVR_LOG_RESTRICTED, /* the account's key is not to be used */
};
int nvr_log_open(struct nvr_log_opener *o, const struct nvr_log_row *row,
    int64_t seq, const struct nvr_buf **text, struct nvr_error *err);

bool nvr_log_read_hash(const char *hex, uint8_t ret[NVR_LOG_HASH]);

/* What is signed of a mark, appended. */
int nvr_log_mark_text(struct nvr_state *s, const struct nvr_log_mark *m,
    struct nvr_buf *out, struct nvr_error *err);
/* Signs the mark and enters it; text and signature are appended to out; NULL:
 * nobody wants them.  In a transaction. */
int nvr_log_mark_enter(struct nvr_state *s, struct nvr_log_mark *m,
    struct nvr_buf *out, struct nvr_error *err);
/* Whether this store's key signed it. */
int nvr_log_mark_own(struct nvr_state *s, const struct nvr_log_mark *m,
    bool *ret, struct nvr_error *err);

#endif
