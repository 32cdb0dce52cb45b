/* The figures of a report as JSON; see beat.h. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/time.h"
#include "core/beat_int.h"
#include "seal/httpsig.h"

/* One that is not known, or that no machine has, is left out. */
static const struct {
	const char *key;
	size_t at;
	bool real;
	double min, max;
} figures[] = {
    {"cpu_percent", offsetof(struct nvr_beat_report, cpu), true, 0, 1e6},
    {"memory_percent", offsetof(struct nvr_beat_report, memory), true, 0, 100},
    {"load", offsetof(struct nvr_beat_report, load), true, 0, 1e6},
    {"temperature_celsius", offsetof(struct nvr_beat_report, temperature), true,
	-100, 1000},
    {"disk_free_percent", offsetof(struct nvr_beat_report, disk_free), true, 0,
	100},
    {"disk_free_bytes", offsetof(struct nvr_beat_report, disk_free_bytes),
	false, 0, (double)NVR_BEAT_WHOLE_MAX},
    {"uptime_us", offsetof(struct nvr_beat_report, uptime), false, 0,
	(double)(36525 * NVR_DAY)},
    {"clock_us", offsetof(struct nvr_beat_report, clock), false,
	-(double)(36525 * NVR_DAY), (double)(36525 * NVR_DAY)},
    {"backlog_bytes", offsetof(struct nvr_beat_report, backlog), false, 0,
	(double)NVR_BEAT_WHOLE_MAX},
    {"overdue", offsetof(struct nvr_beat_report, overdue), false, 0,
	(double)NVR_BEAT_WHOLE_MAX},
    {"cameras", offsetof(struct nvr_beat_report, cameras), false, 0, 1e6},
    {"cameras_down", offsetof(struct nvr_beat_report, cameras_down), false, 0,
	1e6},
};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

static double *
real_of(const struct nvr_beat_report *r, size_t i)
{
	return (double *)(void *)((char *)(uintptr_t)r + figures[i].at);
}

static int64_t *
whole_of(const struct nvr_beat_report *r, size_t i)
{
	return (int64_t *)(void *)((char *)(uintptr_t)r + figures[i].at);
}

json_t *
nvr_beat_report_json(const struct nvr_beat_report *r)
{
	json_t *o = json_object();
	int bad = 0;

	bad |= json_object_set_new(
	    o, "sequence", json_integer((json_int_t)r->sequence));
	bad |= json_object_set_new(o, "at", nvr_beat_time_json(r->at));
	for (size_t i = 0; i < FIGURES; i++) {
		double v =
		    figures[i].real ? *real_of(r, i) : (double)*whole_of(r, i);

		if (!(v >= figures[i].min && v <= figures[i].max))
			continue;
		bad |= json_object_set_new(o, figures[i].key,
		    figures[i].real ? json_real(v)
				    : json_integer(*whole_of(r, i)));
	}
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

static int
read_figure(const json_t *o, const char *where, size_t i,
    struct nvr_beat_report *ret, struct nvr_error *err)
{
	const json_t *v = json_object_get(o, figures[i].key);
	double n = json_number_value(v);

	if (v == NULL)
		return 0;
	if ((figures[i].real ? !json_is_number(v) : !json_is_integer(v)) ||
	    !(n >= figures[i].min && n <= figures[i].max))
		return nvr_beat_wrong(err, where, figures[i].key,
		    "is no figure that a machine has");
	if (figures[i].real)
		*real_of(ret, i) = n;
	else
		*whole_of(ret, i) = json_integer_value(v);
	return 0;
}

int
nvr_beat_report_read(const json_t *o, const char *where,
    struct nvr_beat_report *ret, struct nvr_error *err)
{
	const char *known[FIGURES + 3] = {"sequence", "at"};
	int64_t sequence = 0;
	int rc;

	*ret = (struct nvr_beat_report){.cpu = NAN,
	    .memory = NAN,
	    .load = NAN,
	    .temperature = NAN,
	    .disk_free = NAN,
	    .disk_free_bytes = -1,
	    .uptime = -1,
	    .clock = NVR_BEAT_NO_TIME,
	    .backlog = -1,
	    .overdue = -1,
	    .cameras = -1,
	    .cameras_down = -1};
	for (size_t i = 0; i < FIGURES; i++)
		known[2 + i] = figures[i].key;
	rc = nvr_beat_members(o, where, known, err);
	if (rc == 0)
		rc = nvr_beat_missing(o, where, "sequence", err);
	if (rc == 0)
		rc = nvr_beat_whole(o, where, "sequence", 1,
		    (int64_t)NVR_HTTPSIG_SEQUENCE, &sequence, err);
	if (rc == 0)
		rc = nvr_beat_time(o, where, "at", &ret->at, err);
	for (size_t i = 0; rc == 0 && i < FIGURES; i++)
		rc = read_figure(o, where, i, ret, err);
	if (rc == 0 && ret->cameras >= 0 && ret->cameras_down > ret->cameras)
		rc = nvr_beat_wrong(
		    err, where, "cameras_down", "is more than cameras");
	ret->sequence = (uint64_t)sequence;
	return rc;
}

int
nvr_beat_report_write(
    const struct nvr_beat_report *r, struct nvr_buf *out, struct nvr_error *err)
{
	return nvr_beat_dump(
	    nvr_beat_report_json(r), false, NVR_BEAT_MAX, out, err);
}

int
nvr_beat_report_parse(
    const char *text, struct nvr_beat_report *ret, struct nvr_error *err)
{
	json_t *o = NULL;
	int rc = nvr_beat_load(text, strlen(text), NVR_BEAT_MAX, &o, err);

	if (rc == 0)
		rc = nvr_beat_report_read(o, "report", ret, err);
	json_decref(o);
	return rc;
}
