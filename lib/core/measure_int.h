/* What the files of measuring share; see measure.h. */
#ifndef NVR_CORE_MEASURE_INT_H
#define NVR_CORE_MEASURE_INT_H

#include "core/measure.h"

/* The figures of the machine: measure_machine.c. */
void nvr_measure_machine(
    const char *root, const struct nvr_cpu_sample *was, struct nvr_measured *m);
void nvr_measure_disk(const char *dir, struct nvr_beat_report *r);

/* measure_camera.c */
int nvr_measure_cameras(
    struct nvr_state *s, struct nvr_measured *m, struct nvr_error *err);

/*
 * The beginning of root + path, ended by a NUL; "" where it cannot be read.
 * Never waits, whatever lies there.
 */
const char *nvr_measure_read(
    const char *root, const char *path, char *buf, size_t size);

#endif
