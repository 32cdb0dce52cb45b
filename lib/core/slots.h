/*
 * How many passwords are hashed at once, over all programs of the store: each
 * hash keeps a processor for a quarter of a second, so that who may ask for
 * any number of them at once has the machine.
 */
#ifndef NVR_CORE_SLOTS_H
#define NVR_CORE_SLOTS_H

#include "core/state.h"

/*
 * Takes one of rules.hashes places, without waiting; NVR_E_AGAIN where all are
 * taken.  It is given back by nvr_slot_leave, or by the end of the process.
 */
int nvr_slot_take(struct nvr_state *s, int *slot, struct nvr_error *err);
/* The same for who was signed in before: there is one place more for them. */
int nvr_slot_take_known(struct nvr_state *s, int *slot, struct nvr_error *err);
void nvr_slot_leave(int slot); /* -1: none */

#endif
