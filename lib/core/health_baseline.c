/*
 * What a healthy camera looks like; see health.h.
 *
 * The bytes of a baseline, integers and IEEE 754 single floats little-endian:
 *
 *     8        "nvrbase" and the version, 1
 *     4        samples
 *     4        alike
 *     320      recent, metric by metric
 *     7,200    map, two cells a byte, the first in the low half
 *     7,200    reference, the same
 *     576      hashes of the last look
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/health_baseline.h"

static const char magic[8] = {'n', 'v', 'r', 'b', 'a', 's', 'e', 1};

/* No metric is larger: luma and its deviation end at 255, the others below. */
#define METRIC_MAX 1e6f

int
nvr_baseline_new(struct nvr_baseline **ret, struct nvr_error *err)
{
	struct nvr_baseline *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return nvr_fail_nomem(err);
	*ret = b;
	return 0;
}

void
nvr_baseline_free(struct nvr_baseline *b)
{
	free(b);
}

uint32_t
nvr_baseline_samples(const struct nvr_baseline *b)
{
	return b->samples;
}

int
nvr_baseline_accept(struct nvr_baseline *b, struct nvr_error *err)
{
	if (b->samples < NVR_BASELINE_READY)
		return nvr_fail(err, NVR_E_USAGE,
		    "the baseline has %u of %d stills, too few to accept",
		    b->samples, NVR_BASELINE_READY);
	memcpy(b->reference, b->map, sizeof(b->reference));
	return 0;
}

static uint8_t
step_to(uint8_t level, int target, int step)
{
	int d = target - level;

	return (uint8_t)(level + (d > step ? step : d < -step ? -step : d));
}

/*
 * A bounded step towards each still leads to the median of the stills (the
 * sign of the distance is the gradient of the absolute error), in long steps
 * at first.
 */
void
nvr_baseline_learn(struct nvr_baseline *b, const struct nvr_features *f)
{
	uint32_t slot = b->samples % NVR_BASELINE_RECENT;
	int step = b->samples < 15 ? 16 / ((int)b->samples + 1) : 1;

	for (int i = 0; i < NVR_CELLS; i++)
		b->map[i] = step_to(b->map[i], NVR_LEVEL(f->map[i]), step);
	b->recent[NVR_METRIC_MEAN][slot] = (float)f->mean;
	b->recent[NVR_METRIC_SIGMA][slot] = (float)f->sigma;
	b->recent[NVR_METRIC_ENTROPY][slot] = (float)f->entropy;
	b->recent[NVR_METRIC_SHARPNESS][slot] = (float)f->sharpness;
	if (b->samples < UINT32_MAX - NVR_BASELINE_RECENT)
		b->samples++;
	else /* stay on the same slot of the ring */
		b->samples -= NVR_BASELINE_RECENT - 1;
	if (b->samples == NVR_BASELINE_READY)
		memcpy(b->reference, b->map, sizeof(b->reference));
}

double
nvr_baseline_unchanged(
    const struct nvr_baseline *b, const struct nvr_features *f, int *counted)
{
	int same = 0;

	*counted = 0;
	for (int i = 0; i < NVR_BLOCKS; i++)
		if (f->hash[i] != 0) {
			(*counted)++;
			same += f->hash[i] == b->hash[i];
		}
	return *counted > 0 ? (double)same / *counted : 0;
}

void
nvr_baseline_look(struct nvr_baseline *b, const struct nvr_features *f)
{
	int counted;
	double unchanged = nvr_baseline_unchanged(b, f, &counted);

	if (counted < NVR_FROZEN_BLOCKS || unchanged <= NVR_FROZEN_UNCHANGED)
		b->alike = 0;
	else if (b->alike < UINT32_MAX)
		b->alike++;
	memcpy(b->hash, f->hash, sizeof(b->hash));
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, uint32_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

struct nvr_typical
nvr_baseline_typical(const struct nvr_baseline *b, enum nvr_metric metric)
{
	double v[NVR_BASELINE_RECENT];
	uint32_t n =
	    b->samples < NVR_BASELINE_RECENT ? b->samples : NVR_BASELINE_RECENT;
	struct nvr_typical t = {0, 0};

	if (n == 0)
		return t;
	for (uint32_t i = 0; i < n; i++)
		v[i] = b->recent[metric][i];
	t.median = median(v, n);
	for (uint32_t i = 0; i < n; i++)
		v[i] = fabs(v[i] - t.median);
	t.mad = median(v, n);
	return t;
}

static void
put32(uint8_t **p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		*(*p)++ = (uint8_t)(v >> 8 * i);
}

static uint32_t
get32(const uint8_t **p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v |= (uint32_t) * (*p)++ << 8 * i;
	return v;
}

static void
put_map(uint8_t **p, const uint8_t *map)
{
	for (int i = 0; i < NVR_CELLS; i += 2)
		*(*p)++ = (uint8_t)(map[i] | map[i + 1] << 4);
}

static void
get_map(const uint8_t **p, uint8_t *map)
{
	for (int i = 0; i < NVR_CELLS; i += 2, (*p)++) {
		map[i] = **p & 15;
		map[i + 1] = **p >> 4;
	}
}

int
nvr_baseline_encode(
    const struct nvr_baseline *b, struct nvr_buf *out, struct nvr_error *err)
{
	const float *recent = &b->recent[0][0];
	uint8_t *p;
	int rc = nvr_buf_reserve(out, NVR_BASELINE_BYTES, err);

	if (rc != 0)
		return rc;
	p = (uint8_t *)out->data + out->len;
	memcpy(p, magic, sizeof(magic));
	p += sizeof(magic);
	put32(&p, b->samples);
	put32(&p, b->alike);
	for (int i = 0; i < NVR_METRICS * NVR_BASELINE_RECENT; i++) {
		uint32_t bits;

		memcpy(&bits, recent + i, sizeof(bits));
		put32(&p, bits);
	}
	put_map(&p, b->map);
	put_map(&p, b->reference);
	for (int i = 0; i < NVR_BLOCKS; i++)
		put32(&p, b->hash[i]);
	out->len += NVR_BASELINE_BYTES;
	out->data[out->len] = '\0';
	return 0;
}

int
nvr_baseline_decode(const void *data, size_t len, struct nvr_baseline **ret,
    struct nvr_error *err)
{
	const uint8_t *p = data;
	struct nvr_baseline *b = NULL;
	float *recent;
	int rc;

	if (len != NVR_BASELINE_BYTES || memcmp(p, magic, sizeof(magic)) != 0)
		return nvr_fail(
		    err, NVR_E_DATA, "not a baseline of version %d", magic[7]);
	rc = nvr_baseline_new(&b, err);
	if (rc != 0)
		return rc;
	p += sizeof(magic);
	b->samples = get32(&p);
	b->alike = get32(&p);
	recent = &b->recent[0][0];
	for (int i = 0; i < NVR_METRICS * NVR_BASELINE_RECENT; i++) {
		uint32_t bits = get32(&p);

		memcpy(recent + i, &bits, sizeof(bits));
		/* written so that a NaN is refused as well */
		if (!(recent[i] >= 0 && recent[i] <= METRIC_MAX)) {
			nvr_baseline_free(b);
			return nvr_fail(err, NVR_E_DATA,
			    "a baseline with a number out of its range");
		}
	}
	get_map(&p, b->map);
	get_map(&p, b->reference);
	for (int i = 0; i < NVR_BLOCKS; i++)
		b->hash[i] = get32(&p);
	*ret = b;
	return 0;
}
