/* nvr-account recorder telemetry: how one has fared. */
#include <math.h>

#include "base/time.h"
#include "store/remote.h"
#include "store/restrict.h"
#include "store/telemetry_series.h"

#include "nvr-account.h"

void
account_put_real(struct nvr_out *out, const char *name, double v)
{
	if (isfinite(v))
		nvr_out_real(out, name, v);
	else
		nvr_out_text(out, name, NULL);
}

void
account_put_count(struct nvr_out *out, const char *name, int64_t n)
{
	if (n >= 0)
		nvr_out_int(out, name, n);
	else
		nvr_out_text(out, name, NULL);
}

static int
put_point(void *ctx, const struct nvr_series_point *p)
{
	struct nvr_out *out = ctx;

	nvr_out_time(out, "at", p->at);
	nvr_out_time(out, "until", p->at + p->width);
	nvr_out_int(out, "reports", p->reports);
	account_put_real(out, "cpu_percent", p->cpu);
	account_put_real(out, "cpu_percent_max", p->cpu_max);
	account_put_real(out, "memory_percent", p->memory);
	account_put_real(out, "memory_percent_max", p->memory_max);
	account_put_real(out, "disk_free_percent_min", p->disk_free_min);
	account_put_count(out, "disk_free_bytes_min", p->disk_free_bytes_min);
	account_put_real(out, "temperature_celsius", p->temperature);
	account_put_real(out, "temperature_celsius_max", p->temperature_max);
	account_put_count(out, "cameras", p->cameras);
	account_put_count(out, "cameras_down_max", p->cameras_down_max);
	nvr_out_end(out);
	return 0;
}

/* Of the account that it is of now; none of it is used that is restricted. */
static int
find(struct nvr_state *s, struct nvr_series *which)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	struct nvr_remote *r = NULL;
	int rc = nvr_remote_get(s->store, which->recorder, &r, &cli.err);

	if (rc != 0)
		return rc;
	which->account = r->account_id;
	nvr_remote_free(r);
	rc = nvr_barred(s->store, which->account, &bar, &cli.err);
	return rc == 0 && bar != NVR_BAR_NONE
		   ? nvr_fail(
			 &cli.err, NVR_E_PERMISSION, "%s", nvr_bar_reason(bar))
		   : rc;
}

int
recorder_telemetry(int argc, char **argv)
{
	struct nvr_series which = {.until = opt.until,
	    .since = opt.since,
	    .points = opt.points != 0 ? (int)opt.points : 300};
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc = account_row(argv[0], &which.recorder);

	(void)argc;
	if (which.until == 0)
		which.until = nvr_time_now();
	if (which.since == 0)
		which.since = which.until - NVR_DAY;
	if (rc == 0)
		rc = account_open(&s);
	if (rc == 0)
		rc = find(s, &which);
	nvr_out_init(&out, cli.json);
	if (rc == 0)
		rc = nvr_telemetry_series(
		    s->store, &which, put_point, &out, &cli.err);
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc;
}
