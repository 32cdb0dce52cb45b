/*
 * The recorder's clock, for an export of footage: what the kernel says of it
 * now, whether anything here contradicts it, and how exact times are.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "base/time.h"
#include "core/export_footage_int.h"
#include "core/retain_int.h"

/* An export as if at another time has nothing to say of now. */
#define NOW (5 * NVR_SECOND)

static const char HOW[] =
    "Times are UTC of the recorder's clock. A frame is placed by the camera's "
    "own clock within its run, and the run by the least delay with which "
    "frames arrived: so no time is earlier than the frame was made, and it is "
    "late by that least delay, which networks keep below a second. A later "
    "correction of the recorder's clock moves a running recording by no more "
    "than 500 microseconds a second; where the clock was set, the run ends "
    "and the next has the reason `step`.";

static json_t *
kernel(void)
{
	struct timex t = {0};
	int state = adjtimex(&t);
	int64_t unit = (t.status & STA_NANO) != 0 ? 1000 : 1;

	if (state < 0)
		return NULL;
	return json_pack("{s:b, s:I, s:I, s:I, s:f}", "synchronized",
	    state != TIME_ERROR && (t.status & STA_UNSYNC) == 0, "offset_us",
	    (json_int_t)(t.offset / unit), "estimated_error_us",
	    (json_int_t)t.esterror, "maximum_error_us", (json_int_t)t.maxerror,
	    "frequency_ppm", (double)t.freq / 65536.0);
}

static json_t *
doubts(struct nvr_evidence *e)
{
	struct nvr_error why;
	int rc = nvr_clock_check(e->x.s, e->o->now, NULL, false, &why);

	return rc == 0 ? NULL : json_string(why.text);
}

int
nvr_evidence_clock(struct nvr_evidence *e)
{
	int64_t apart = nvr_time_now() - e->o->now;
	bool now = apart < NOW && apart > -NOW;
	char at[NVR_TIME_TEXT], *text;
	json_t *clock = json_pack("{s:s, s:o?, s:o?, s:s}", "at",
	    nvr_time_format(e->o->now, at), "kernel", now ? kernel() : NULL,
	    "doubts", now ? doubts(e) : NULL, "times", HOW);
	int rc;

	text = json_dumps(clock, JSON_INDENT(2));
	json_decref(clock);
	if (text == NULL)
		return nvr_fail_nomem(e->x.err);
	rc = nvr_archive_add(
	    e->x.a, "data/clock.json", text, strlen(text), -1, e->x.err);
	free(text);
	return rc;
}
