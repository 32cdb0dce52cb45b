/* nvr-heartbeat --print: what is measured, and nothing is sent. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/openmetrics.h"

#include "nvr-heartbeat.h"

/* -1: not known. */
static void
show_whole(struct nvr_out *out, const char *name, int64_t n, int64_t unit)
{
	if (n < 0)
		nvr_out_text(out, name, NULL);
	else
		nvr_out_int(out, name, n / unit);
}

/* NAN: not known. */
static void
show_real(struct nvr_out *out, const char *name, double v)
{
	if (isnan(v))
		nvr_out_text(out, name, NULL);
	else
		nvr_out_real(out, name, round(v * 100) / 100);
}

static void
show_machine(struct nvr_out *out, const struct nvr_beat_report *r)
{
	nvr_out_time(out, "at", r->at);
	nvr_out_text(out, "agent", NVR_VERSION);
	show_real(out, "cpu_percent", r->cpu);
	show_real(out, "memory_percent", r->memory);
	show_real(out, "load", r->load);
	show_real(out, "temperature_celsius", r->temperature);
	show_real(out, "disk_free_percent", r->disk_free);
	show_whole(out, "disk_free_bytes", r->disk_free_bytes, 1);
	show_whole(out, "uptime_ms", r->uptime, NVR_MILLISECOND);
	if (r->clock == NVR_BEAT_NO_TIME)
		nvr_out_text(out, "clock_us", NULL);
	else
		nvr_out_int(out, "clock_us", r->clock);
	show_whole(out, "backlog_bytes", r->backlog, 1);
	show_whole(out, "overdue", r->overdue, 1);
	show_whole(out, "cameras", r->cameras, 1);
	show_whole(out, "cameras_down", r->cameras_down, 1);
}

static json_t *
time_json(int64_t t)
{
	char text[NVR_TIME_TEXT];

	return t == 0 ? json_null() : json_string(nvr_time_format(t, text));
}

static json_t *
list_cameras(const struct nvr_measured *m)
{
	json_t *list = json_array();
	char id[NVR_ID_TEXT];

	for (size_t i = 0; i < m->ncameras; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:o, s:I}", "id",
			      nvr_id_format(m->camera[i].id, id), "name",
			      m->inventory[i].name, "state", m->camera[i].state,
			      "newest", time_json(m->camera[i].newest), "gaps",
			      (json_int_t)m->camera[i].gaps));
	return list;
}

static void
show(struct nvr_cli *c, const struct nvr_measured *m)
{
	struct nvr_out out;
	char name[NVR_BEAT_NAME + 16];

	nvr_out_init_record(&out, c->json);
	show_machine(&out, &m->report);
	for (size_t i = 0; !c->json && i < m->ncameras; i++) {
		snprintf(name, sizeof(name), "%s %s", m->camera[i].state,
		    m->inventory[i].name);
		nvr_out_text(&out, "camera", name);
	}
	if (c->json)
		nvr_out_json(&out, "camera", list_cameras(m));
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

int
heartbeat_print(struct nvr_cli *c)
{
	struct nvr_buf text = {0};
	struct nvr_measured m = {0};
	struct nvr_error ignored;
	struct nvr_state *s = NULL;
	char folder[PATH_MAX] = "";
	int64_t now = nvr_time_now();
	int rc = nvr_open(c, NVR_STATE_LOOK, &s);

	/* A store that cannot be written to is measured all the same. */
	if (rc == 0)
		nvr_measure_overdue(s, now, &ignored);
	if (rc == 0)
		rc = nvr_measure(s, "", now, &m, &c->err);
	if (rc == 0)
		nvr_measure_keep(s, &m, &ignored);
	if (rc == 0)
		snprintf(folder, sizeof(folder), "%s/media", s->dir);
	if (rc == 0 && opt.openmetrics)
		rc = nvr_openmetrics(&m, folder, &text, &c->err);
	if (rc == 0 && !opt.openmetrics)
		show(c, &m);
	else if (rc == 0) /* why it failed is nvr_finish's to say */
		(void)!fwrite(text.data, 1, text.len, stdout);
	nvr_buf_release(&text);
	nvr_measure_release(&m);
	nvr_state_close(s);
	return rc;
}
