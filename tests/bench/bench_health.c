/*
 * bench_health [JPEG...]: how many stills one core judges in a second, from
 * JPEGs in memory: those named, or drawn ones of 1920 x 1080.  The last line
 * is the figure for decode, judge and learn together.
 */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <turbojpeg.h>

#include "accuracy/image.h"
#include "core/health.h"

#define WIDTH 1920
#define HEIGHT 1080
#define STILLS 12
#define MAX_STILLS 64
#define ROUNDS 20

struct jpeg {
	uint8_t *data;
	size_t len;
};

/* One core's time, seconds. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Houses and gravel, with the noise of still number i. */
static void
draw(uint8_t *grey, int i)
{
	struct rng r = {(uint64_t)i};

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			double v = 40 + 90 * noise_at(7, x, y, 24);

			v += (x / 160 + y / 120) % 3 * 35 + 3 * rng_normal(&r);
			grey[y * WIDTH + x] = (uint8_t)fmax(0, fmin(255, v));
		}
}

static struct jpeg
drawn(int i)
{
	struct jpeg j = {NULL, 0};
	static uint8_t grey[WIDTH * HEIGHT], rgb[WIDTH * HEIGHT * 3];
	unsigned long size = 0;
	tjhandle tj = tjInitCompress();

	draw(grey, i);
	for (size_t p = 0; p < sizeof(rgb); p++)
		rgb[p] = (uint8_t)(grey[p / 3] * (9 - p % 3) / 9);
	if (tj == NULL || tjCompress2(tj, rgb, WIDTH, 0, HEIGHT, TJPF_RGB,
			      &j.data, &size, TJSAMP_420, 75, 0) != 0)
		errx(1, "cannot encode a JPEG");
	tjDestroy(tj);
	j.len = size;
	return j;
}

static struct jpeg
loaded(const char *path)
{
	struct jpeg j = {malloc(8 << 20), 0};
	FILE *f = fopen(path, "rbe");

	if (f == NULL || j.data == NULL)
		err(1, "%s", path);
	j.len = fread(j.data, 1, 8 << 20, f);
	fclose(f);
	return j;
}

static void
show(const char *what, int n, double seconds)
{
	printf("%-28s %8.1f stills/s %8.2f ms\n", what, n / seconds,
	    1000 * seconds / n);
}

int
main(int argc, char **argv)
{
	static struct nvr_luma luma;
	static struct nvr_features f;
	struct jpeg still[MAX_STILLS];
	struct nvr_health_report report;
	struct nvr_luma_reader *reader;
	struct nvr_baseline *b;
	struct nvr_error e;
	double t0, t1, t2, t3, decode = 0, measure = 0, judge = 0, learn = 0;
	int n = argc > 1 ? argc - 1 : STILLS, total = 0;
	size_t bytes = 0;

	n = n < MAX_STILLS ? n : MAX_STILLS;
	for (int i = 0; i < n; i++) {
		still[i] = argc > 1 ? loaded(argv[i + 1]) : drawn(i);
		bytes += still[i].len;
	}
	if (nvr_luma_reader_new(&reader, &e) != 0 ||
	    nvr_baseline_new(&b, &e) != 0)
		errx(1, "%s", e.text);
	for (int i = 0; i < n * ROUNDS; i++, total++) {
		const struct jpeg *j = &still[i % n];

		t0 = now();
		if (nvr_luma_read(reader, j->data, j->len, &luma, &e) != 0)
			errx(1, "%s", e.text);
		t1 = now();
		nvr_features_measure(&luma, &f);
		t2 = now();
		nvr_health_judge(b, &f, &report);
		nvr_baseline_look(b, &f);
		t3 = now();
		nvr_baseline_learn(b, &f);
		decode += t1 - t0;
		measure += t2 - t1;
		judge += t3 - t2;
		learn += now() - t3;
	}
	printf("%d stills of %zu KB each\n", n, bytes / (size_t)n / 1024);
	show("decode to luma", total, decode);
	show("features", total, measure);
	show("judge and look", total, judge);
	show("learn", total, learn);
	show("all", total, decode + measure + judge + learn);
	nvr_baseline_free(b);
	nvr_luma_reader_free(reader);
	return 0;
}
