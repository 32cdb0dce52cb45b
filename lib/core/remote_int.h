/* What the files about recorders elsewhere share; see remote.h. */
#ifndef NVR_CORE_REMOTE_INT_H
#define NVR_CORE_REMOTE_INT_H

#include <jansson.h>

#include "core/remote.h"

/* Beside errors, which are negative: it is refused, and the refusal says why.
 */
#define NVR_REFUSED 1

int nvr_remote_refuse(struct nvr_beat_refusal *ret, enum nvr_beat_problem p,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The message with what its signature says; whose key it is, which nothing has
 * proved yet. */
int nvr_remote_read(const struct nvr_remote_request *r,
    struct nvr_http_message *m, uint8_t key[NVR_REMOTE_KEY],
    struct nvr_beat_refusal *refusal, struct nvr_error *err);
/* Whether that key signed it, and lately. */
int nvr_remote_prove(const struct nvr_remote_request *r,
    const struct nvr_http_message *m, const uint8_t key[NVR_REMOTE_KEY],
    struct nvr_beat_refusal *refusal, struct nvr_error *err);
int nvr_remote_late(const struct nvr_remote_request *r,
    const struct nvr_http_message *m, struct nvr_beat_refusal *refusal);
/* The end of either: what is left to be told of rc. */
int nvr_remote_told(int rc, const struct nvr_remote_request *r,
    struct nvr_beat_refusal *refusal);

/* A row of the security log about it; more: an object that is taken, or NULL.
 */
int nvr_remote_log(struct nvr_state *s, const char *type,
    const struct nvr_remote *r, json_t *more, struct nvr_error *err);

/* remote_enter.c: a report in hand. */
struct nvr_hearing {
	struct nvr_state *s;
	const struct nvr_remote_request *r;
	const struct nvr_http_message *m;
	struct nvr_beat beat;
	struct nvr_remote *row; /* as it was, and then as it will be */
	int64_t received;	/* by our clock, in the transaction */
	bool wants_inventory;
	struct nvr_beat_answer *ret;
	struct nvr_beat_refusal *refusal;
	struct nvr_error *err;
};
/* Whether another report was taken since the one that it knows of. */
static inline bool
nvr_hearing_is_behind(const struct nvr_hearing *h)
{
	return h->beat.previous > 0 &&
	       h->beat.previous < (uint64_t)h->row->sequence;
}
/* In a transaction: all of it, and the answer. */
int nvr_hearing_enter(struct nvr_hearing *h);
int nvr_hearing_answer(struct nvr_hearing *h);
/* Which has what is set for it. */
int nvr_hearing_settings(struct nvr_hearing *h);

#endif
