/* What the files of rotate share. */
#ifndef NVR_CORE_ROTATE_INT_H
#define NVR_CORE_ROTATE_INT_H

#include "core/keys_int.h"
#include "core/rotate.h"

#define NVR_ROTATE_BATCH 256

/*
 * Takes the lock of those who replace keys, completes what one before may have
 * left, and opens what is restricted: sealing it anew is keeping it safe, not
 * using it.  end() follows a begin() that went well.
 */
struct nvr_rotating {
	struct nvr_keys *k;
	bool rights; /* as the state had it */
};
int nvr_rotate_begin(
    struct nvr_state *s, struct nvr_rotating *g, struct nvr_error *err);
void nvr_rotate_end(struct nvr_state *s, struct nvr_rotating *g);

/* `key.rotated`, in the caller's transaction. */
int nvr_rotate_say(struct nvr_state *s, int64_t account, const char *what,
    struct nvr_error *err);

/*
 * Seals under the newer keys of *n accounts what is under the previous; those
 * stay in the list in which all opened.  What is written is committed for many
 * at once, but not so many that a recorder would wait for it.
 */
int nvr_reseal(struct nvr_state *s, int64_t *account, int *n,
    struct nvr_rotation *r, struct nvr_error *err);

#endif
