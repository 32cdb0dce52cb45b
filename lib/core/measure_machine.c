/* The figures of the machine; see measure.h. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/time.h"
#include "core/measure_int.h"

/* The line `intr` of /proc/stat alone can have tens of thousands; what follows
 * the processors is not needed. */
#define STAT_MAX 65536
#define SMALL 8192
/* No processor had so many yet, nor runs for so long. */
#define TICKS_MAX (UINT64_C(1) << 60)
#define SENSORS 256

const char *
nvr_measure_read(const char *root, const char *path, char *buf, size_t size)
{
	char full[PATH_MAX];
	size_t n = 0;
	ssize_t got;
	int fd;

	buf[0] = '\0';
	if (snprintf(full, sizeof(full), "%s%s", root, path) >=
	    (int)sizeof(full))
		return buf;
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return buf;
	while (n < size - 1 && (got = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	buf[n] = '\0';
	return buf;
}

/* The digits at *p, which is left behind them; false: there are none, or too
 * many. */
static bool
take_number(const char **p, uint64_t most, uint64_t *ret)
{
	const char *s = *p;
	uint64_t n = 0;

	while (*s == ' ' || *s == '\t')
		s++;
	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		n = n * 10 + (uint64_t)(*s - '0');
		if (n > most)
			return false;
	}
	*p = s;
	*ret = n;
	return true;
}

/* `12.34` at the beginning of text, as far as `most`; NAN: there is none. */
static double
take_real(const char *text, double most)
{
	const char *p = text;
	uint64_t whole, part;
	double scale = 1;

	if (!take_number(&p, UINT64_C(1) << 50, &whole))
		return NAN;
	if (*p == '.' && isdigit((unsigned char)p[1])) {
		const char *from = ++p;

		if (!take_number(&p, 1000000000, &part))
			return NAN;
		for (; from < p; from++)
			scale *= 10;
		scale = (double)whole + (double)part / scale;
	} else {
		scale = (double)whole;
	}
	return scale <= most ? scale : NAN;
}

/* The fields behind `cpu`: user, nice, system, idle, iowait, irq, softirq,
 * steal; what guests took is in the first two already. */
static bool
read_ticks(const char *p, uint64_t *busy, uint64_t *total)
{
	uint64_t n;
	int i = 0;

	*busy = *total = 0;
	for (; i < 8 && take_number(&p, TICKS_MAX, &n); i++) {
		*total += n;
		if (i != 3 && i != 4)
			*busy += n;
	}
	return i >= 4;
}

static double
measure_cpu(
    const char *root, const struct nvr_cpu_sample *was, struct nvr_measured *m)
{
	struct nvr_cpu_sample *is = &m->cpu;
	char boot[64] = "", *text = calloc(1, STAT_MAX);
	int n = 0;
	bool good;

	*is = (struct nvr_cpu_sample){""};
	if (text == NULL)
		return NAN;
	nvr_measure_read(
	    root, "/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	nvr_measure_read(root, "/proc/stat", text, STAT_MAX);
	good = strncmp(text, "cpu ", 4) == 0 &&
	       read_ticks(text + 4, &is->busy, &is->total);
	for (const char *p = text; (p = strstr(p, "\ncpu")) != NULL; p += 4)
		n += isdigit((unsigned char)p[4]) != 0;
	free(text);
	boot[strspn(boot, "0123456789abcdef-")] = '\0';
	if (!good || strlen(boot) != sizeof(is->boot) - 1)
		return NAN;
	strlcpy(is->boot, boot, sizeof(is->boot));
	/* iowait may run back. */
	if (strcmp(is->boot, was->boot) != 0 || is->total <= was->total ||
	    is->busy < was->busy ||
	    is->busy - was->busy > is->total - was->total)
		return NAN;
	return 100.0 * (n > 0 ? n : 1) * (double)(is->busy - was->busy) /
	       (double)(is->total - was->total);
}

static bool
meminfo(const char *text, const char *name, uint64_t *ret)
{
	const char *p = text;

	for (; p != NULL && *p != '\0'; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, name, strlen(name)) != 0)
			continue;
		p += strlen(name);
		return take_number(&p, UINT64_C(1) << 50, ret);
	}
	return false;
}

static double
measure_memory(const char *root)
{
	char text[SMALL] = "";
	uint64_t total, available;

	nvr_measure_read(root, "/proc/meminfo", text, sizeof(text));
	if (!meminfo(text, "MemTotal:", &total) || total == 0 ||
	    !meminfo(text, "MemAvailable:", &available) || available > total)
		return NAN;
	return 100.0 * (double)(total - available) / (double)total;
}

/* Millidegrees; a sensor that is not there says what none can. */
static double
sensor(const char *root, const char *path)
{
	char text[32] = "";
	const char *p = nvr_measure_read(root, path, text, sizeof(text));
	bool below = *p == '-';
	uint64_t n;

	p += below;
	if (!take_number(&p, 150000, &n) || (*p != '\n' && *p != '\0') ||
	    (below && n > 60000))
		return NAN;
	return (below ? -1 : 1) * (double)n / 1000;
}

static bool
is_named(const char *name, const char *head, const char *tail)
{
	size_t n = strlen(name), t = strlen(tail);

	return strncmp(name, head, strlen(head)) == 0 && n >= t &&
	       strcmp(name + n - t, tail) == 0;
}

/* The hottest of dir/HEAD*TAIL; below: that folder's files `temp*_input`. */
static double
hottest(const char *root, const char *dir, const char *head, const char *tail,
    bool below)
{
	char path[PATH_MAX], full[PATH_MAX];
	struct dirent *e;
	double most = NAN;
	int left = SENSORS;
	DIR *d;

	snprintf(full, sizeof(full), "%s%s", root, dir);
	d = opendir(full);
	while (d != NULL && left-- > 0 && (e = readdir(d)) != NULL) {
		if (!is_named(e->d_name, head, tail))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", dir, e->d_name,
		    *tail == '\0' && !below ? "/temp" : "");
		most = fmax(
		    most, below ? hottest(root, path, "temp", "_input", false)
				: sensor(root, path));
	}
	if (d != NULL)
		closedir(d);
	return most;
}

/* Positive where ours is ahead: then the kernel is to take time away. */
static int64_t
measure_clock(void)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	if (state < 0 || state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		return NVR_BEAT_NO_TIME;
	return -(int64_t)t.offset / ((t.status & STA_NANO) != 0 ? 1000 : 1);
}

void
nvr_measure_machine(
    const char *root, const struct nvr_cpu_sample *was, struct nvr_measured *m)
{
	struct nvr_beat_report *r = &m->report;
	char text[128] = "";
	double up;

	r->cpu = measure_cpu(root, was, m);
	r->memory = measure_memory(root);
	r->load = take_real(
	    nvr_measure_read(root, "/proc/loadavg", text, sizeof(text)), 1e6);
	up = take_real(
	    nvr_measure_read(root, "/proc/uptime", text, sizeof(text)), 1e10);
	r->uptime = isnan(up) ? -1 : (int64_t)(up * 1e6);
	m->started_at =
	    r->uptime >= 0 && r->at > r->uptime ? r->at - r->uptime : 0;
	r->temperature =
	    fmax(hottest(root, "/sys/class/thermal", "thermal_zone", "", false),
		hottest(root, "/sys/class/hwmon", "hwmon", "", true));
	r->clock = measure_clock();
}

void
nvr_measure_disk(const char *dir, struct nvr_beat_report *r)
{
	struct statvfs v;
	double all;

	r->disk_free = NAN;
	r->disk_free_bytes = -1;
	if (statvfs(dir, &v) != 0)
		return;
	/* As df(1) has it: root's reserve is nobody's. */
	all = (double)(v.f_blocks - v.f_bfree + v.f_bavail);
	if (all > 0)
		r->disk_free = 100.0 * (double)v.f_bavail / all;
	if (__builtin_mul_overflow(v.f_bavail, v.f_frsize, &r->disk_free_bytes))
		r->disk_free_bytes = -1;
}
