/*
 * What a recorder reports of itself (C3): figures of the machine, of the disk
 * and of its cameras.  Nothing of a picture is read.
 *
 *	cpu		/proc/stat, the lines `cpu` and `cpuN`: all but idle and
 *			iowait, since the sample that the store remembers; of
 *			another boot there is none
 *	memory		/proc/meminfo: MemTotal less MemAvailable
 *	load		/proc/loadavg, of the last minute
 *	uptime		/proc/uptime; started_at is that long ago
 *	temperature	/sys/class/thermal/thermal_zone* and
 *			/sys/class/hwmon/hwmon*, the hottest
 *	disk_free	statvfs(3) of the media folder, for an ordinary user
 *	clock		adjtimex(2): what the kernel is still to take back,
 *			where something keeps it in step
 *	backlog		what waits in the table `unsent`: nothing else is
 *			uploaded
 *	overdue		nvr-retain verify (core/retain.h), as it was found
 *			within the last day: nvr_measure_overdue
 *	cameras		those in use (store/camera.h)
 *	 state, newest	who records them (core/station.h), and the newest row
 *	 gaps		core/coverage.h, of the last day; of the main stream, or
 *			the sub stream where that alone is recorded
 */
#ifndef NVR_CORE_MEASURE_H
#define NVR_CORE_MEASURE_H

#include "core/beat.h"
#include "core/state.h"

/* What two looks at the processors differ by. */
struct nvr_cpu_sample {
	char boot[37]; /* "": none */
	uint64_t busy, total;
};

struct nvr_measured {
	struct nvr_beat_report report; /* but its sequence */
	int64_t started_at;	       /* of the machine; 0: not told */
	/* As many of each, by name; texts belong to inventory. */
	struct nvr_beat_camera *camera;
	struct nvr_beat_inventory *inventory;
	size_t ncameras;
	int64_t beyond; /* cameras that are too many to be told of */
	struct nvr_cpu_sample cpu;
	int64_t taken_at; /* the last report that the portal took; 0: none */
	int64_t waiting;  /* reports that are to go to it */
};

/*
 * What cannot be told is NAN, -1 or NVR_BEAT_NO_TIME, whatever stands in /proc
 * and /sys.  root: ahead of their paths, "" for this machine's.  Errors are of
 * the store alone.  Released by nvr_measure_release, also where it fails.
 */
int nvr_measure(struct nvr_state *s, const char *root, int64_t now,
    struct nvr_measured *ret, struct nvr_error *err);
void nvr_measure_release(struct nvr_measured *m);

/* Remembers the sample for the next time; in a transaction or without. */
int nvr_measure_keep(
    struct nvr_state *s, const struct nvr_measured *m, struct nvr_error *err);

/*
 * Verifies what is overdue, where that was not done within the hour, and keeps
 * the figure: reading all that is due can take long.  s->rules are needed.
 */
int nvr_measure_overdue(
    struct nvr_state *s, int64_t now, struct nvr_error *err);

#endif
