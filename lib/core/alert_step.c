/* The machine of an alert; see alert.h.  No store, no clock. */
#include "base/time.h"
#include "core/alert.h"

static unsigned
close_it(struct nvr_alert *a, int64_t now)
{
	a->state = NVR_ALERT_CLOSED;
	a->closed_at = now;
	a->inhibited_by = 0; /* that it is over is told */
	return NVR_ALERT_CHANGED | NVR_ALERT_OVER;
}

/* It has been bad for as long as it may be, as far as somebody saw. */
static unsigned
ripen(struct nvr_alert *a, const struct nvr_alert_limits *l,
    const struct nvr_alert_look *look, int64_t now)
{
	unsigned did = NVR_ALERT_CHANGED | NVR_ALERT_OPENED;

	/* What is of before the clock was set back tells nothing of now. */
	if (a->state != NVR_ALERT_PENDING || look->at > now ||
	    look->at - a->since < l->grace)
		return 0;
	a->state = NVR_ALERT_OPEN;
	a->opened_at = a->flipped_at = now;
	a->flips = look->flips + 1;
	a->unstable = a->flips > NVR_ALERT_FLIPS;
	return a->unstable ? did | NVR_ALERT_SHAKES : did;
}

static unsigned
turn_bad(struct nvr_alert *a, int64_t now)
{
	unsigned did = 0;

	if (a->good > 0) {
		did = NVR_ALERT_CHANGED;
		if (a->unstable) {
			a->flips++;
			a->flipped_at = now;
		}
		a->good = 0;
	} else if (a->unstable && now - a->flipped_at >= NVR_HOUR) {
		a->unstable = false; /* but for bad */
		did = NVR_ALERT_CHANGED | NVR_ALERT_STEADY;
	}
	return did;
}

static unsigned
turn_good(struct nvr_alert *a, int64_t now)
{
	if (a->state == NVR_ALERT_PENDING)
		return NVR_ALERT_PASSED;
	if (a->unstable && a->good == 0) {
		a->flips++;
		a->flipped_at = now;
	}
	if (a->good < NVR_ALERT_GOOD)
		a->good++;
	else if (a->unstable && now - a->flipped_at < NVR_HOUR)
		return 0;
	if (a->good < NVR_ALERT_GOOD ||
	    (a->unstable && now - a->flipped_at < NVR_HOUR))
		return NVR_ALERT_CHANGED;
	return close_it(a, now);
}

/* Nothing is later than now, whatever the clock said before. */
static unsigned
clamp(struct nvr_alert *a, int64_t now)
{
	int64_t *const times[] = {
	    &a->since, &a->opened_at, &a->seen_at, &a->flipped_at};
	unsigned did = 0;

	/* The same report would be good once more when its time comes again. */
	if (a->seen_at > now)
		a->good = 0;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (*times[i] > now) {
			*times[i] = now;
			did = NVR_ALERT_CHANGED;
		} else if (*times[i] < 0) { /* a hostile store */
			*times[i] = 0;
			did = NVR_ALERT_CHANGED;
		}
	return did;
}

unsigned
nvr_alert_step(struct nvr_alert *a, const struct nvr_alert_limits *l,
    const struct nvr_alert_look *look, int64_t now)
{
	unsigned did = clamp(a, now);
	bool is_new;

	if (!l->enabled)
		return did | (a->state == NVR_ALERT_PENDING ? NVR_ALERT_PASSED
							    : close_it(a, now));
	if (look->blamed != a->inhibited_by) {
		did |= NVR_ALERT_CHANGED |
		       (look->blamed != 0 ? NVR_ALERT_INHIBITED
					  : NVR_ALERT_RELEASED);
		a->inhibited_by = look->blamed;
		/* What nobody could see does not count. */
		if (a->state == NVR_ALERT_PENDING)
			a->since = now;
	}
	if (a->inhibited_by != 0 || !look->judged)
		return did;
	/* Or it was judged already; or is of before the clock was set back. */
	is_new = look->at > a->seen_at && look->at <= now;
	if (is_new) {
		a->seen_at = look->at;
		did |= NVR_ALERT_CHANGED;
	}
	if (look->bad)
		return did | turn_bad(a, now) | ripen(a, l, look, now);
	return is_new ? did | turn_good(a, now) : did;
}
