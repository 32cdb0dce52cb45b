/*
 * Objections (GDPR, article 21) to what is done in a legitimate interest, as
 * privacy_column has it.  See register.h.
 */
#ifndef NVR_CORE_OBJECTION_H
#define NVR_CORE_OBJECTION_H

#include "core/state.h"
#include "store/request.h"

/* What can be objected to; word NULL ends. */
struct nvr_objectable {
	const char *word;
	const char *what;	/* is done, in a sentence */
	const char *purpose[2]; /* what privacy_column calls it; or NULL */
	/* NULL: an objection is heeded as it is made; else why it is not: the
	 * compelling grounds that it is answered with. */
	const char *grounds;
};
extern const struct nvr_objectable nvr_objectables[];

/* By its word, or what privacy_column calls it.  NVR_E_USAGE lists the words.
 */
int nvr_objectable_find(const char *purpose, const struct nvr_objectable **ret,
    struct nvr_error *err);

/*
 * Records it, and opens a request of kind `objection`, whose answer is
 * whether the purpose ends or why it goes on.  why NULL: not said.
 */
int nvr_object(struct nvr_state *s, int64_t account, const char *purpose,
    const char *why, int64_t *request, struct nvr_error *err);

/* NVR_E_NOENT where none holds. */
int nvr_object_withdraw(struct nvr_state *s, int64_t account,
    const char *purpose, struct nvr_error *err);

/*
 * Whether one holds.  What goes on all the same, on the grounds above, need not
 * ask; the rows that calibration reads are chosen in store/label.c.  Who does
 * something new in a legitimate interest asks here, each time.
 */
int nvr_objected(struct nvr_state *s, int64_t account, const char *purpose,
    bool *ret, struct nvr_error *err);

#endif
