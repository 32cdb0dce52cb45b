/*
 * Keys in files of their own: 32 random bytes in the state folder's keys/,
 * which only their owner can read (0400).
 *
 *	keys/pepper-N	mixed into passwords; the highest N is the current
 *	keys/log	the seed of the key that signs the log's heads
 *
 * They stay out of every database, so that a copy of one is no use alone.
 * The caller wipes what it got.
 *
 * Errors: NVR_E_NOENT where the file is gone, NVR_E_PERMISSION where others
 * can read it, NVR_E_DATA where it is not a key.
 */
#ifndef NVR_CORE_KEYFILE_H
#define NVR_CORE_KEYFILE_H

#include <stdbool.h>

#include "core/state.h"

/*
 * keys/NAME.  make: it is drawn where it is not there; of programs that do so
 * at the same moment, all get the one that lasts.
 */
int nvr_key_file(struct nvr_state *s, const char *name, bool make,
    uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err);

/*
 * Writes such a file, whole and flushed; NVR_E_CREATE where it is there and
 * fresh.  Root makes it for whoever owns the folder, so that what root does to
 * the store of a service leaves that able to read its keys.
 */
int nvr_key_write(const char *path, const uint8_t key[NVR_ACCOUNT_KEY_LEN],
    bool fresh, struct nvr_error *err);

/*
 * The seed of keys/log, drawn when first asked for.  keys.db remembers which
 * key that was: NVR_E_NOENT where it is gone, NVR_E_DATA for another one.
 */
int nvr_log_key(struct nvr_state *s, uint8_t seed[NVR_ACCOUNT_KEY_LEN],
    struct nvr_error *err);
/* The same, and draws none; *drawn: there is one. */
int nvr_log_key_check(struct nvr_state *s, uint8_t seed[NVR_ACCOUNT_KEY_LEN],
    bool *drawn, struct nvr_error *err);

#endif
