/* Whether the clock is one to go by; see doctor.h. */
#include "base/time.h"
#include "core/doctor_int.h"
#include "core/retain_int.h"
#include "store/newest.h"

/* The source of this program is newer than any honest clock before it. */
#define OLDEST_CLOCK (INT64_C(1790000000) * NVR_SECOND) /* September 2026 */

/* By this clock, which nvr-retain goes by, their time is yet to come; that does
 * not say whether it is they that are wrong. */
static void
check_rows(struct nvr_doctor *d, int64_t now)
{
	int64_t n = 0;
	int rc = nvr_rows_ahead(d->s->store, now + NVR_DAY, &n, &d->err);

	if (rc == 0 && n > 0)
		nvr_doctor_tell(d, "times", NVR_CHECK_WARNING,
		    "what is of a camera goes with it: nvr-camera remove, and "
		    "add it anew; nothing goes by its age before that time; "
		    "see nvr-retain(1)",
		    n == 1 ? "%lld row is of more than a day ahead"
			   : "%lld rows are of more than a day ahead",
		    (long long)n);
	else
		nvr_doctor_judge(d, "times", rc, "no row is of a day ahead",
		    "see what 'nvr-store stats' says");
}

void
nvr_doctor_clock(struct nvr_doctor *d)
{
	char text[NVR_TIME_TEXT];
	int64_t now = nvr_time_now();
	int rc = 0;

	nvr_time_format(now, text);
	if (now < OLDEST_CLOCK) {
		nvr_doctor_tell(d, "clock", NVR_CHECK_TROUBLE,
		    "set it, and run a time service such as chrony",
		    "%s is in the past", text);
		return;
	}
	if (d->s != NULL)
		rc = nvr_clock_check(d->s, now, NULL, false, &d->err);
	nvr_doctor_judge(d, "clock", rc, text,
	    "set it, or run nvr-retain with --trust-clock: until then it "
	    "deletes nothing");
	if (rc == 0 && d->s != NULL)
		check_rows(d, now);
}
