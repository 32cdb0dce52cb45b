/* What a recorder reports of itself; see measure.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/measure_int.h"
#include "core/retain.h"
#include "store/enrolment.h"

#define CPU "beat_cpu"	       /* `BOOT BUSY TOTAL` */
#define OVERDUE "beat_overdue" /* `AT OBJECTS`; -1: it could not be told */

static int
read_setting(struct nvr_state *s, const char *name, char text[NVR_SETTING_TEXT],
    struct nvr_error *err)
{
	int rc = nvr_setting_get(s->store, name, text, err);

	if (rc == NVR_E_NOENT)
		text[0] = '\0';
	return rc == NVR_E_NOENT ? 0 : rc;
}

static int
read_sample(
    struct nvr_state *s, struct nvr_cpu_sample *ret, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT], *rest = text, *boot;
	int64_t busy = 0, total = 0;
	int rc = read_setting(s, CPU, text, err);

	*ret = (struct nvr_cpu_sample){""};
	if (rc != 0)
		return rc;
	boot = strsep(&rest, " ");
	if (!nvr_text_number(&rest, 0, INT64_MAX, &busy) ||
	    !nvr_text_number(&rest, 0, INT64_MAX, &total))
		return 0;
	strlcpy(ret->boot, boot, sizeof(ret->boot));
	ret->busy = (uint64_t)busy;
	ret->total = (uint64_t)total;
	return 0;
}

/* *at 0: it was never looked at. */
static int
read_overdue(
    struct nvr_state *s, int64_t *at, int64_t *n, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT], *rest = text;
	int rc = read_setting(s, OVERDUE, text, err);

	if (rc != 0 || !nvr_text_number(&rest, 0, INT64_MAX, at) ||
	    !nvr_text_number(&rest, -1, INT64_MAX, n))
		*at = 0, *n = -1;
	return rc;
}

/* How reporting itself goes. */
static int
measure_reports(
    struct nvr_state *s, struct nvr_measured *m, struct nvr_error *err)
{
	struct nvr_enrolment e = {0};
	int rc = nvr_enrolment_get(s->store, &e, err);

	if (rc == NVR_E_NOENT)
		rc = 0;
	m->taken_at = e.sent_at;
	if (rc == 0)
		rc = nvr_unsent_count(s->store, &m->waiting, err);
	return rc == 0 ? nvr_unsent_bytes(s->store, &m->report.backlog, err)
		       : rc;
}

int
nvr_measure(struct nvr_state *s, const char *root, int64_t now,
    struct nvr_measured *ret, struct nvr_error *err)
{
	struct nvr_beat_report *r = &ret->report;
	struct nvr_cpu_sample was;
	char media[PATH_MAX];
	int64_t at, n = 0;
	int rc = read_sample(s, &was, err);

	*ret = (struct nvr_measured){.report.at = now};
	nvr_measure_machine(root, &was, ret);
	snprintf(media, sizeof(media), "%s/media", s->dir);
	nvr_measure_disk(media, r);
	r->overdue = r->backlog = -1;
	if (rc == 0)
		rc = read_overdue(s, &at, &n, err);
	if (rc == 0 && at <= now && now - at < NVR_DAY)
		r->overdue = n;
	if (rc == 0)
		rc = measure_reports(s, ret, err);
	return rc == 0 ? nvr_measure_cameras(s, ret, err) : rc;
}

int
nvr_measure_keep(
    struct nvr_state *s, const struct nvr_measured *m, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT];

	if (m->cpu.boot[0] == '\0')
		return 0;
	snprintf(text, sizeof(text), "%s %" PRIu64 " %" PRIu64, m->cpu.boot,
	    m->cpu.busy, m->cpu.total);
	return nvr_setting_put(s->store, CPU, text, err);
}

/* That it was begun stands there first: one that is cut short each time must
 * not be begun each minute. */
int
nvr_measure_overdue(struct nvr_state *s, int64_t now, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT];
	struct nvr_error why;
	int64_t at, n;
	int rc = read_overdue(s, &at, &n, err);

	if (rc != 0 || (at != 0 && at <= now && now - at < NVR_HOUR))
		return rc;
	snprintf(text, sizeof(text), "%" PRId64 " -1", now);
	rc = nvr_setting_put(s->store, OVERDUE, text, err);
	if (rc != 0 || nvr_retain_overdue(s, &n, &why) != 0)
		return rc;
	snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, now, n);
	return nvr_setting_put(s->store, OVERDUE, text, err);
}
