/*
 * The file keys/erasures: the ledger of erasures, of which core/erasure.h
 * tells.  A line is a time and an account, `2026-11-22T07:00:00.000Z
 * 13-char-id`, and is only ever added.
 */
#ifndef NVR_CORE_LEDGER_H
#define NVR_CORE_LEDGER_H

#include "core/state.h"
#include "store/erase.h"

/* The setting that says how many bytes of the file were heeded, in nvr.db and
 * in keys.db. */
#define NVR_ERASURES "erasures"
/* The setting of nvr.db that says when a backup took its place. */
#define NVR_RESTORED "restored"

struct nvr_ledger {
	struct nvr_erased *entry; /* by account, each once */
	size_t n;
	int64_t size; /* of the file, in bytes, up to the end of a line */
	/* Lines that are none, and the first of them, counted from 1. */
	int64_t bad, first_bad;
	int fd; /* -1: only read */
	char path[PATH_MAX];
};

/* How many bytes the file has; 0 when there is none. */
int nvr_ledger_size(
    const struct nvr_state *s, int64_t *ret, struct nvr_error *err);

/*
 * Opens, locks and reads it; it is made when it is not there.  What a loss of
 * power left of a last line goes: nothing was done yet for it.  NVR_E_AGAIN
 * when another program erases for longer than ten seconds.
 */
int nvr_ledger_open(
    struct nvr_state *s, struct nvr_ledger *l, struct nvr_error *err);
/* Only reads that file, which may be what `nvr-store erasures` prints; NULL is
 * the store's own, which may not be there. */
int nvr_ledger_read(const struct nvr_state *s, const char *path,
    struct nvr_ledger *l, struct nvr_error *err);
void nvr_ledger_close(struct nvr_ledger *l);

bool nvr_ledger_has(const struct nvr_ledger *l, int64_t account);

/* Those that are not in it; they are on the disk when it returns. */
int nvr_ledger_add(struct nvr_ledger *l, const struct nvr_erased *list,
    size_t n, struct nvr_error *err);

/* NVR_E_DATA, naming the first line that is none. */
int nvr_ledger_sound(const struct nvr_ledger *l, struct nvr_error *err);

/* How much of it that store has heeded; -1 when that cannot be read. */
int nvr_ledger_heeded(
    struct nvr_store *st, int64_t *ret, struct nvr_error *err);
int nvr_ledger_heed(struct nvr_store *st, int64_t size, struct nvr_error *err);

#endif
