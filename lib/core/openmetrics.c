/* What was measured as OpenMetrics text; see openmetrics.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/openmetrics.h"

struct writer {
	struct nvr_buf *out;
	struct nvr_error *err;
	int rc;
};

static void
add(struct writer *w, const char *text)
{
	if (w->rc == 0)
		w->rc = nvr_buf_add(w->out, text, strlen(text), w->err);
}

static void
head(struct writer *w, const char *name, const char *unit, const char *help)
{
	const char *const parts[] = {"# TYPE nvr_", name, " gauge\n",
	    unit != NULL ? "# UNIT nvr_" : "", unit != NULL ? name : "",
	    unit != NULL ? " " : "", nvr_or_empty(unit),
	    unit != NULL ? "\n" : "", "# HELP nvr_", name, " ", help, "\n"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		add(w, parts[i]);
}

/* `name="value"`; what a label may hold is any UTF-8, three escaped. */
static void
label(struct writer *w, const char *before, const char *name, const char *value)
{
	char one[2] = "";

	add(w, before);
	add(w, name);
	add(w, "=\"");
	for (const char *p = nvr_or_empty(value); *p != '\0'; p++) {
		one[0] = *p;
		add(w, *p == '\\'   ? "\\\\"
		       : *p == '"'  ? "\\\""
		       : *p == '\n' ? "\\n"
				    : one);
	}
	add(w, "\"");
}

static void
value(struct writer *w, double v)
{
	char text[40];

	snprintf(text, sizeof(text), " %.15g\n", v);
	add(w, text);
}

/* A figure of the machine; labelled by `what`, where there is one. */
static void
figure(struct writer *w, const char *name, const char *unit, const char *help,
    double v, const char *what, const char *is)
{
	head(w, name, unit, help);
	if (isnan(v))
		return;
	add(w, "nvr_");
	add(w, name);
	if (what != NULL) {
		label(w, "{", what, is);
		add(w, "}");
	}
	value(w, v);
}

/* -1: not known. */
static double
whole(int64_t n)
{
	return n < 0 ? NAN : (double)n;
}

static void
machine(struct writer *w, const struct nvr_measured *m, const char *folder)
{
	const struct nvr_beat_report *r = &m->report;

	figure(w, "agent_info", NULL, "1, with the version of nvr as a label.",
	    1, "version", NVR_VERSION);
	figure(w, "cpu_used_ratio", "ratio",
	    "Processors in use since the last measurement, 1 for each.",
	    r->cpu / 100, NULL, NULL);
	figure(w, "memory_used_ratio", "ratio", "Memory that is not available.",
	    r->memory / 100, NULL, NULL);
	figure(w, "load", NULL, "Load average of the last minute.", r->load,
	    NULL, NULL);
	figure(w, "temperature_celsius", "celsius", "The hottest sensor.",
	    r->temperature, NULL, NULL);
	figure(w, "disk_free_ratio", "ratio", "Free space of the media folder.",
	    r->disk_free / 100, "folder", folder);
	figure(w, "disk_free_bytes", "bytes", "Free space of the media folder.",
	    whole(r->disk_free_bytes), "folder", folder);
	figure(w, "uptime_seconds", "seconds", "Since the machine was started.",
	    whole(r->uptime) / 1e6, NULL, NULL);
	figure(w, "clock_ahead_seconds", "seconds",
	    "What the kernel is still to take back from the clock.",
	    r->clock == NVR_BEAT_NO_TIME ? NAN : (double)r->clock / 1e6, NULL,
	    NULL);
	figure(w, "backlog_bytes", "bytes", "Size of the reports that wait.",
	    whole(r->backlog), NULL, NULL);
	figure(w, "reports_waiting", NULL, "Reports that wait for the portal.",
	    whole(m->waiting), NULL, NULL);
	figure(w, "report_taken_timestamp_seconds", "seconds",
	    "When the last report was made that the portal took.",
	    m->taken_at > 0 ? (double)m->taken_at / 1e6 : NAN, NULL, NULL);
	figure(w, "overdue_objects", NULL,
	    "What is past its time and still there (nvr-retain verify).",
	    whole(r->overdue), NULL, NULL);
	figure(w, "cameras", NULL, "Cameras in use.", whole(r->cameras), NULL,
	    NULL);
	figure(w, "cameras_down", NULL,
	    "Cameras that are to be recorded and are not.",
	    whole(r->cameras_down), NULL, NULL);
}

static void
sample(struct writer *w, const char *name, const struct nvr_measured *m,
    size_t i, const char *state, double v)
{
	char id[NVR_ID_TEXT];

	add(w, "nvr_");
	add(w, name);
	label(w, "{", "camera", nvr_or_empty(m->inventory[i].name));
	label(w, ",", "id", nvr_id_format(m->camera[i].id, id));
	if (state != NULL)
		label(w, ",", "state", state);
	add(w, "}");
	value(w, v);
}

static void
cameras(struct writer *w, const struct nvr_measured *m)
{
	head(w, "camera_state", NULL, "1, with the state as a label.");
	for (size_t i = 0; i < m->ncameras; i++)
		sample(w, "camera_state", m, i, m->camera[i].state, 1);
	head(w, "camera_newest_timestamp_seconds", "seconds",
	    "Up to when footage is on the disk.");
	for (size_t i = 0; i < m->ncameras; i++)
		if (m->camera[i].newest != 0)
			sample(w, "camera_newest_timestamp_seconds", m, i, NULL,
			    (double)m->camera[i].newest / 1e6);
	head(w, "camera_gaps", NULL, "Gaps in the footage of the last day.");
	for (size_t i = 0; i < m->ncameras; i++)
		sample(w, "camera_gaps", m, i, NULL, (double)m->camera[i].gaps);
}

int
nvr_openmetrics(const struct nvr_measured *m, const char *folder,
    struct nvr_buf *out, struct nvr_error *err)
{
	struct writer w = {out, err, 0};

	machine(&w, m, folder);
	cameras(&w, m);
	add(&w, "# EOF\n");
	return w.rc;
}
