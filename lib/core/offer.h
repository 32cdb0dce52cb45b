/*
 * Exports that people ask for in the portal: a row for each, made by
 * `nvr-export pending`, offered for seven days, sealed to a key of their own
 * which is sealed under the account's.  What was not made within seven days of
 * being asked for is given up, but its request stays open and due.  Restricted
 *accounts and deleted ones have that right, too: all of these open their data.
 *
 *	exports/ID.age	below the state folder (0600)
 *
 * Erasing the account destroys what opens them; nvr-retain takes away the files
 * and rows that are past their time, and files that no row names.
 */
#ifndef NVR_CORE_OFFER_H
#define NVR_CORE_OFFER_H

#include "core/archive.h"
#include "store/offer.h"

/*
 * Asks for one, in a transaction of its own, which is logged as `export.asked`
 * and entered as a request of the kind `export` (core/request.h), whose number
 * it has; a request for one that is open already is taken for it, such as that
 * of one that failed or was given up.  Of `o` counts what
 * is asked for, by whom, and asked_at (0: now).
 * NVR_E_AGAIN for one too many: an account has one in the making, and no more
 * than [portal] export-rate; *wait says for how long, in microseconds.
 */
int nvr_offer_ask(struct nvr_state *s, const struct nvr_offer *o, int64_t *id,
    int64_t *wait, struct nvr_error *err);

/* What is asked for, as a manifest has it (core/archive.h); a new reference. */
json_t *nvr_offer_asked(int64_t account, int include, const char *language);

/*
 * Makes what is asked for, one after the other; what a crash left in the
 * making is made anew, and after the others.  NVR_E_AGAIN while another one is
 * at it.  told() for each; one that fails says why in its row and is no reason
 * not to make the others.
 */
struct nvr_offer_making {
	int64_t now;
	const char *tool;
	/* error NULL: it is ready; or NULL. */
	void (*told)(void *ctx, const struct nvr_offer *o, const char *error);
	void (*progress)(void *ctx, uint64_t written); /* or NULL */
	void *ctx;
};
int nvr_offer_make(struct nvr_state *s, const struct nvr_offer_making *m,
    struct nvr_error *err);

/*
 * Writes the archive, opened, to the sink, and enters that it was taken
 * (`export.taken`) ahead of its first byte.  NVR_E_NOENT for one that is none,
 * or another account's (account 0: the operator's, whose it is does not
 * matter), could not be made, or is past its time; NVR_E_AGAIN for one that is
 * not made yet.
 */
int nvr_offer_fetch(struct nvr_state *s, int64_t id, int64_t account,
    const struct nvr_sink *sink, int64_t now, struct nvr_error *err);

/* Takes it back, file and row.  Where it was not made yet its request is
 * refused, with a letter, as the register of requests has no other word. */
int nvr_offer_drop(struct nvr_state *s, int64_t id, struct nvr_error *err);

#endif
