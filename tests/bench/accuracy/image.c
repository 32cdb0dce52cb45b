/* Pictures for the accuracy set; see image.h. */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "image.h"

uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

double
rng_uniform(struct rng *r, double low, double high)
{
	return low + (high - low) * (double)(rng_next(r) >> 11) * 0x1p-53;
}

double
rng_normal(struct rng *r)
{
	uint64_t bits = rng_next(r);
	double sum = 0;

	for (int i = 0; i < 4; i++, bits >>= 16)
		sum += (double)(bits & 0xffff) / 65535;
	return (sum - 2) * sqrt(3);
}

static double
lattice(uint64_t seed, int x, int y)
{
	struct rng r = {seed ^ (uint64_t)(uint32_t)x << 32 ^
			(uint64_t)(uint32_t)y * 2654435761u};

	return rng_uniform(&r, 0, 1);
}

static double
octave(uint64_t seed, double x, double y)
{
	double fx = floor(x), fy = floor(y);
	double u = x - fx, v = y - fy;
	int ix = (int)fx, iy = (int)fy;

	u = u * u * (3 - 2 * u);
	v = v * v * (3 - 2 * v);
	return (lattice(seed, ix, iy) * (1 - u) +
		   lattice(seed, ix + 1, iy) * u) *
		   (1 - v) +
	       (lattice(seed, ix, iy + 1) * (1 - u) +
		   lattice(seed, ix + 1, iy + 1) * u) *
		   v;
}

double
noise_at(uint64_t seed, double x, double y, double period)
{
	double sum = 0, weight = 0.5;

	for (int i = 0; i < 4 && period >= 1.5; i++) {
		sum +=
		    weight * octave(seed + (uint64_t)i, x / period, y / period);
		weight /= 2;
		period /= 2;
	}
	return sum + weight; /* the octaves left out, at their mean */
}

static uint8_t
clip(double v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5);
}

static void
put(struct image *im, int x, int y, const struct paint *p)
{
	double grain = 0;
	uint8_t *px = im->rgb[y][x];

	if (p->grain > 0)
		grain =
		    p->grain * (noise_at(p->seed, x, y, p->period) - 0.5) * 2;
	px[0] = clip(p->colour.r + grain);
	px[1] = clip(p->colour.g + grain);
	px[2] = clip(p->colour.b + grain);
}

/* Even-odd rule, at the centres of pixels. */
static bool
inside(const double (*xy)[2], int n, double x, double y)
{
	bool in = false;

	for (int i = 0, j = n - 1; i < n; j = i++)
		if ((xy[i][1] > y) != (xy[j][1] > y) &&
		    x < (xy[j][0] - xy[i][0]) * (y - xy[i][1]) /
				(xy[j][1] - xy[i][1]) +
			    xy[i][0])
			in = !in;
	return in;
}

void
draw_polygon(
    struct image *im, const double (*xy)[2], int n, const struct paint *paint)
{
	double x0 = IMAGE_W, x1 = 0, y0 = IMAGE_H, y1 = 0;

	for (int i = 0; i < n; i++) {
		x0 = fmin(x0, xy[i][0]);
		x1 = fmax(x1, xy[i][0]);
		y0 = fmin(y0, xy[i][1]);
		y1 = fmax(y1, xy[i][1]);
	}
	for (int y = (int)fmax(0, y0); y < (int)fmin(IMAGE_H, y1 + 1); y++)
		for (int x = (int)fmax(0, x0); x < (int)fmin(IMAGE_W, x1 + 1);
		     x++)
			if (inside(xy, n, x + 0.5, y + 0.5))
				put(im, x, y, paint);
}

void
draw_rect(struct image *im, double x, double y, double w, double h,
    const struct paint *paint)
{
	double xy[4][2] = {{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}};

	draw_polygon(im, (const double(*)[2])xy, 4, paint);
}

void
draw_ellipse(struct image *im, double x, double y, double rx, double ry,
    const struct paint *paint)
{
	double xy[64][2];

	for (int i = 0; i < 64; i++) {
		xy[i][0] = x + rx * cos(i * M_PI / 32);
		xy[i][1] = y + ry * sin(i * M_PI / 32);
	}
	draw_polygon(im, (const double(*)[2])xy, 64, paint);
}

void
image_tone(struct image *im, double gamma, double gain, double offset)
{
	uint8_t table[256], *p = &im->rgb[0][0][0];

	for (int i = 0; i < 256; i++)
		table[i] = clip(pow(i / 255.0, gamma) * 255 * gain + offset);
	for (size_t i = 0; i < sizeof(im->rgb); i++)
		p[i] = table[p[i]];
}

void
image_grey(struct image *im)
{
	for (int i = 0; i < IMAGE_W * IMAGE_H; i++) {
		uint8_t *p = &im->rgb[0][0][0] + i * 3;

		p[0] = p[1] = p[2] =
		    clip(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]);
	}
}

void
image_noise(struct image *im, struct rng *r, double sigma)
{
	for (int i = 0; i < IMAGE_W * IMAGE_H; i++) {
		uint8_t *p = &im->rgb[0][0][0] + i * 3;
		double n = rng_normal(r) * sigma;

		for (int k = 0; k < 3; k++)
			p[k] = clip(p[k] + n);
	}
}

/* One box pass over n samples that are `step` bytes apart; the ends repeat. */
static void
box(uint8_t *p, int n, size_t step, int radius)
{
	uint8_t line[IMAGE_W > IMAGE_H ? IMAGE_W : IMAGE_H];
	int sum = 0, size = 2 * radius + 1;

	for (int i = 0; i < n; i++)
		line[i] = p[(size_t)i * step];
	for (int i = -radius; i <= radius; i++)
		sum += line[i < 0 ? 0 : i >= n ? n - 1 : i];
	for (int i = 0; i < n; i++) {
		int in = i + radius + 1, out = i - radius;

		p[(size_t)i * step] = (uint8_t)((sum + size / 2) / size);
		sum += line[in >= n ? n - 1 : in] - line[out < 0 ? 0 : out];
	}
}

/* Three boxes come close to a Gaussian; a box of width d has (d*d-1)/12. */
void
image_blur(struct image *im, double sigma)
{
	double want = sigma * sigma * 12 / 3, error = 0;

	for (int pass = 0; pass < 3; pass++) {
		int radius = (int)((sqrt(want + error + 1) - 1) / 2 + 0.5);
		int d = 2 * radius + 1;

		error += want - (d * d - 1);
		for (int y = 0; y < IMAGE_H; y++)
			for (int k = 0; k < 3; k++)
				box(&im->rgb[y][0][k], IMAGE_W, 3, radius);
		for (int x = 0; x < IMAGE_W; x++)
			for (int k = 0; k < 3; k++)
				box(&im->rgb[0][x][k], IMAGE_H, IMAGE_W * 3,
				    radius);
	}
}

void
image_spot(struct image *im, double cx, double cy, double reach, double edge)
{
	for (int y = 0; y < IMAGE_H; y++)
		for (int x = 0; x < IMAGE_W; x++) {
			double d = hypot(x - cx, y - cy) / reach;
			double light = edge + (1 - edge) / (1 + d * d);

			for (int k = 0; k < 3; k++)
				im->rgb[y][x][k] =
				    clip(im->rgb[y][x][k] * light);
		}
}

static int
mirrored(int i, int n)
{
	i %= 2 * n;
	if (i < 0)
		i += 2 * n;
	return i < n ? i : 2 * n - 1 - i;
}

/* Bilinear. */
static void
sample(const struct image *src, double x, double y, uint8_t *px)
{
	int ix = (int)floor(x), iy = (int)floor(y);
	int x0 = mirrored(ix, IMAGE_W), x1 = mirrored(ix + 1, IMAGE_W);
	int y0 = mirrored(iy, IMAGE_H), y1 = mirrored(iy + 1, IMAGE_H);
	double u = x - ix, v = y - iy;

	for (int k = 0; k < 3; k++)
		px[k] = clip(
		    (src->rgb[y0][x0][k] * (1 - u) + src->rgb[y0][x1][k] * u) *
			(1 - v) +
		    (src->rgb[y1][x0][k] * (1 - u) + src->rgb[y1][x1][k] * u) *
			v);
}

void
image_move(struct image *im, double dx, double dy, double degrees)
{
	struct image *src = malloc(sizeof(*src));
	double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);

	if (src == NULL)
		err(1, NULL);
	*src = *im;
	for (int y = 0; y < IMAGE_H; y++)
		for (int x = 0; x < IMAGE_W; x++) {
			double u = x - IMAGE_W / 2 - dx;
			double v = y - IMAGE_H / 2 - dy;

			sample(src, IMAGE_W / 2 + u * c + v * s,
			    IMAGE_H / 2 - u * s + v * c, im->rgb[y][x]);
		}
	free(src);
}

void
image_view(struct image *im, const struct image *src, double x, double y,
    double w, double h, bool mirror)
{
	for (int i = 0; i < IMAGE_H; i++)
		for (int j = 0; j < IMAGE_W; j++)
			sample(src,
			    x * IMAGE_W + (mirror ? IMAGE_W - j : j) * w,
			    y * IMAGE_H + i * h, im->rgb[i][j]);
}

uint8_t *
image_encode(const struct image *im, int quality, size_t *len)
{
	tjhandle tj = tjInitCompress();
	unsigned char *jpeg = NULL;
	unsigned long size = 0;

	if (tj == NULL ||
	    tjCompress2(tj, &im->rgb[0][0][0], IMAGE_W, 0, IMAGE_H, TJPF_RGB,
		&jpeg, &size, TJSAMP_420, quality, 0) != 0)
		errx(1, "cannot encode a JPEG");
	*len = size;
	tjDestroy(tj);
	return jpeg;
}

static uint8_t *
read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *data = malloc(16 << 20);

	if (f == NULL || data == NULL)
		err(1, "%s", path);
	*len = fread(data, 1, 16 << 20, f);
	fclose(f);
	return data;
}

/* Stretches to the size of an image. */
void
image_load(struct image *im, const char *path)
{
	tjhandle tj = tjInitDecompress();
	size_t len;
	uint8_t *jpeg = read_file(path, &len), *rgb;
	int w, h, sub, space;

	if (tj == NULL ||
	    tjDecompressHeader3(tj, jpeg, len, &w, &h, &sub, &space) != 0)
		errx(1, "%s: not a JPEG", path);
	rgb = malloc((size_t)w * (size_t)h * 3);
	if (rgb == NULL ||
	    tjDecompress2(tj, jpeg, len, rgb, w, 0, h, TJPF_RGB, 0) != 0)
		errx(1, "%s: cannot decode", path);
	for (int y = 0; y < IMAGE_H; y++)
		for (int x = 0; x < IMAGE_W; x++) {
			double fx = fmin((x + 0.5) * w / IMAGE_W, w - 1.001);
			double fy = fmin((y + 0.5) * h / IMAGE_H, h - 1.001);
			const uint8_t *p =
			    rgb + ((int)fy * (size_t)w + (size_t)fx) * 3;
			const uint8_t *q = p + (size_t)w * 3;
			double u = fx - floor(fx), v = fy - floor(fy);

			for (int k = 0; k < 3; k++)
				im->rgb[y][x][k] = clip(
				    (p[k] * (1 - u) + p[k + 3] * u) * (1 - v) +
				    (q[k] * (1 - u) + q[k + 3] * u) * v);
		}
	tjDestroy(tj);
	free(jpeg);
	free(rgb);
}

void
image_save(const struct image *im, const char *path)
{
	size_t len;
	uint8_t *jpeg = image_encode(im, 90, &len);
	FILE *f = fopen(path, "wbe");

	if (f == NULL || fwrite(jpeg, 1, len, f) != len || fclose(f) != 0)
		err(1, "%s", path);
	tjFree(jpeg);
}
