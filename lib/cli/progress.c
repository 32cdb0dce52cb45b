/* How far a long work is; see cli.h. */
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/cli.h"

/* `1.5 GB`: of 1000, as disks and downloads are counted. */
static const char *
show_bytes(long long n, char buf[32])
{
	static const char *const units[] = {"kB", "MB", "GB", "TB"};
	double v = (double)n / 1000;
	size_t i = 0;

	for (; v >= 999.95 && i + 1 < sizeof(units) / sizeof(*units); i++)
		v /= 1000;
	snprintf(buf, 32, "%.1f %s", v, units[i]);
	return buf;
}

static const char *
show_amount(const struct nvr_progress *p, long long n, char buf[32])
{
	if (p->bytes)
		return show_bytes(n, buf);
	snprintf(buf, 32, "%lld", n);
	return buf;
}

/* As if it went on as it went so far; in whole seconds, then minutes. */
static void
show_left(const struct nvr_progress *p, long long now, long long done,
    char *line, size_t size)
{
	double spent = (double)(now - p->started) / NVR_SECOND;
	double left = spent * (double)(p->total - done) / (double)done;

	if (left < 90)
		snprintf(line, size, ", %.0f s left", left);
	else if (left < 5400)
		snprintf(line, size, ", %.0f min left", left / 60);
	else
		snprintf(line, size, ", %.1f h left", left / 3600);
}

void
nvr_progress_show(struct nvr_progress *p, long long done)
{
	long long now = nvr_time_monotonic();
	char text[32], total[32], left[64] = "";

	if (p->started == 0)
		p->started = now;
	if (now - p->started < 2 * NVR_SECOND ||
	    now - p->shown < NVR_SECOND / 4 || !isatty(STDERR_FILENO) ||
	    (!p->alone && isatty(STDOUT_FILENO))) /* its lines would break */
		return;
	p->shown = now;
	show_amount(p, done, text);
	if (p->total <= 0) {
		fprintf(stderr, "\r%s %s\033[K", p->what, text);
		return;
	}
	/* What was expected was a guess. */
	if (done > p->total)
		done = p->total;
	if (p->bytes && done > 0)
		show_left(p, now, done, left, sizeof(left));
	fprintf(stderr, "\r%s %s of %s (%lld %%)%s\033[K", p->what, text,
	    show_amount(p, p->total, total), done * 100 / p->total, left);
}

void
nvr_progress_end(struct nvr_progress *p)
{
	if (p->shown != 0)
		fprintf(stderr, "\r\033[K");
}
