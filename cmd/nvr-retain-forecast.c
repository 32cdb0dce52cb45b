/* nvr-retain forecast: when each camera and the disk will be full. */
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/time.h"
#include "core/forecast.h"
#include "core/inventory.h"

#include "nvr-retain.h"
#include "open.h"

static struct nvr_out out;

/* NVR_FOREVER is null. */
static void
put_ms(const char *name, int64_t us)
{
	if (us == NVR_FOREVER)
		nvr_out_text(&out, name, NULL);
	else
		nvr_out_int(&out, name, us / NVR_MILLISECOND);
}

static void
put_limit(const char *name, int64_t limit)
{
	if (limit == 0)
		nvr_out_text(&out, name, NULL);
	else
		nvr_out_int(&out, name, limit);
}

/* `30d 200G` */
static const char *
limit_text(int64_t us, int64_t bytes, char *buf, size_t size)
{
	char age[NVR_TIME_TEXT] = "", most[NVR_SIZE_TEXT] = "";

	if (us > 0)
		nvr_duration_format(us, age);
	if (bytes > 0)
		nvr_size_format(bytes, most);
	snprintf(
	    buf, size, "%s%s%s", age, us > 0 && bytes > 0 ? " " : "", most);
	return buf[0] != '\0' ? buf : NULL;
}

static void
put_stream(const struct nvr_stream_of *of, const struct nvr_forecast_stream *e)
{
	static const char *const by[] = {NULL, "age", "bytes"};
	char limit[NVR_TIME_TEXT + NVR_SIZE_TEXT];

	nvr_out_text(&out, "kind", "stream");
	nvr_out_text(&out, "camera", of->cam->name);
	nvr_out_text(&out, "stream", nvr_stream_names[of->stream]);
	nvr_out_int(&out, "size_bytes", of->bytes);
	nvr_out_int(&out, "bytes_per_day", e->rate);
	nvr_out_text(&out, "limit",
	    limit_text(e->keep, e->keep_most, limit, sizeof(limit)));
	nvr_out_time(&out, "full_at", e->full_at);
	nvr_out_text(&out, "limited_by", e->robbed ? "disk" : by[e->by]);
	put_ms("keeps_ms", e->keeps);
	put_ms("then_ms", e->then);
	nvr_out_more(&out);
	put_limit("keep_ms", e->keep / NVR_MILLISECOND);
	put_limit("keep_bytes", e->keep_most);
	nvr_out_time(&out, "oldest", e->oldest);
	nvr_out_text(&out, "free_bytes", NULL);
	nvr_out_text(&out, "floor_bytes", NULL);
	nvr_out_text(&out, "deletes", NULL);
	nvr_out_text(&out, "wanting_bytes", NULL);
	nvr_out_end(&out);
}

static void
put_disk(const struct nvr_forecast_disk *d, int64_t bytes)
{
	static const char *const victims[] = {NULL, "open", "all"};
	char floor[NVR_SIZE_TEXT];

	nvr_out_text(&out, "kind", "disk");
	nvr_out_text(&out, "camera", NULL);
	nvr_out_text(&out, "stream", NULL);
	nvr_out_int(&out, "size_bytes", bytes);
	nvr_out_int(&out, "bytes_per_day", d->growth);
	nvr_out_text(&out, "limit", nvr_size_format(d->floor, floor));
	nvr_out_time(&out, "full_at", d->full_at);
	nvr_out_text(&out, "limited_by", d->full_at != 0 ? "disk" : NULL);
	nvr_out_text(&out, "keeps_ms", NULL);
	put_ms("then_ms", d->reach);
	nvr_out_more(&out);
	nvr_out_text(&out, "keep_ms", NULL);
	nvr_out_text(&out, "keep_bytes", NULL);
	nvr_out_time(&out, "oldest", 0);
	nvr_out_int(&out, "free_bytes", d->avail);
	nvr_out_int(&out, "floor_bytes", d->floor);
	nvr_out_text(&out, "deletes", victims[d->victims]);
	nvr_out_int(&out, "wanting_bytes", d->wanting);
	nvr_out_end(&out);
}

/* What people ask: is it kept for as long as was said? */
static void
warn_robbed(const struct nvr_stream_of *of, const struct nvr_forecast_stream *e)
{
	char keep[NVR_TIME_TEXT], then[NVR_TIME_TEXT];
	int64_t unit = e->then >= NVR_DAY ? NVR_HOUR : NVR_MINUTE;

	nvr_warn("%s (%s): is to be kept for %s, and the disk is too small for "
		 "more than %s of it",
	    of->cam->name, nvr_stream_names[of->stream],
	    nvr_duration_format(e->keep, keep),
	    nvr_duration_format(e->then / unit * unit, then));
}

/* What came in some hours says little of what comes in a month. */
static void
note_weak(const struct nvr_stream_of *of, const struct nvr_forecast_stream *e,
    int64_t now)
{
	char since[NVR_TIME_TEXT];

	if (e->rate > 0 && now - e->oldest < NVR_DAY)
		nvr_debug(&cli,
		    "%s (%s): a weak basis: there is footage of less than "
		    "a day, since %s",
		    of->cam->name, nvr_stream_names[of->stream],
		    nvr_time_format(e->oldest, since));
}

static int
show(
    const struct nvr_forecast_of *f, int64_t now, const struct nvr_camera *only)
{
	int64_t bytes = 0;
	bool robbed = false;

	nvr_out_init(&out, cli.json);
	for (size_t i = 0; i < f->streams.n; i++) {
		const struct nvr_stream_of *of = &f->streams.e[i];

		bytes += of->bytes;
		if (only != NULL && only->id != of->cam->id)
			continue;
		put_stream(of, &f->e[i]);
		if (f->e[i].robbed)
			warn_robbed(of, &f->e[i]);
		note_weak(of, &f->e[i], now);
		robbed |= f->e[i].robbed;
	}
	if (only == NULL)
		put_disk(&f->disk, bytes);
	nvr_out_flush(&out);
	return robbed ? NVR_EXIT_NEGATIVE : 0;
}

int
retain_forecast(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_forecast_of f = {.e = NULL};
	struct nvr_camera *only = NULL;
	struct nvr_state *s = NULL;
	int64_t now = nvr_time_now();
	int rc = nvr_open_made(&cli, NVR_STATE_LOOK, &s);

	(void)argc, (void)argv;
	if (rc == 0 && opt.camera != NULL)
		rc = nvr_inventory_find_any(s, opt.camera, &only, &c->err);
	if (rc == 0)
		rc = nvr_forecast_load(s, now, &f, &c->err);
	if (rc == 0)
		rc = show(&f, now, only);
	nvr_forecast_free(&f);
	nvr_camera_free(only);
	nvr_state_close(s);
	return rc;
}
