/* What the files of a heartbeat share; see heartbeat.h. */
#ifndef NVR_CORE_HEARTBEAT_INT_H
#define NVR_CORE_HEARTBEAT_INT_H

#include "core/heartbeat.h"
#include "core/uplink.h"

/* One in hand. */
struct nvr_beating {
	struct nvr_state *s;
	const struct nvr_heartbeat *h;
	struct nvr_heartbeat_done *ret;
	struct nvr_enrolment row;
	struct nvr_measured m;
	uint64_t previous;     /* the number that was used before this one */
	uint8_t inventory[32]; /* SHA-256 of what there is to tell */
	bool told;	       /* it goes with this one */
	struct nvr_beat_report late[NVR_BEAT_LATE];
	uint64_t late_row[NVR_BEAT_LATE]; /* and the rows to drop for them */
	size_t nlate;
	struct nvr_error *err;
};

void nvr_beating_note(const struct nvr_beating *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* heartbeat_number.c.  The next one, above this one: it grows, though the clock
 * may be set back.  note: remembers it where the store cannot. */
int nvr_beating_number(struct nvr_beating *b, uint64_t above);
void nvr_beating_note_number(const struct nvr_beating *b);

/* Those whose secrets are too long to be told lose them. */
int nvr_beating_inventory(struct nvr_beating *b);

/* What an answer sets, entered in the caller's transaction. */
int nvr_beating_set(struct nvr_beating *b, const struct nvr_beat_answer *a);
/* heartbeat_take.c: what an answer says, entered. */
int nvr_beating_taken(struct nvr_beating *b, const struct nvr_beat_answer *a);

#endif
