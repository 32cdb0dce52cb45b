/*
 * Pictures for the accuracy set: RGB, drawn on, spoilt in many ways, and
 * turned into JPEGs and back.  All of it follows from seeds.
 */
#ifndef ACCURACY_IMAGE_H
#define ACCURACY_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_W 1280
#define IMAGE_H 720

struct image {
	uint8_t rgb[IMAGE_H][IMAGE_W][3];
};

struct colour {
	double r, g, b; /* 0..255 */
};

/* splitmix64 (Steele, Lea, Flood 2014); any state is a good seed. */
struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);
double rng_uniform(struct rng *r, double low, double high);
/* Mean 0, deviation 1; a sum of uniform ones, which is near enough. */
double rng_normal(struct rng *r);

/* Smooth noise of several octaves, 0..1; period in pixels. */
double noise_at(uint64_t seed, double x, double y, double period);

/*
 * Drawing.  Grain is how much noise of the given period changes the colour.
 */
struct paint {
	struct colour colour;
	double grain, period;
	uint64_t seed;
};
void draw_polygon(
    struct image *im, const double (*xy)[2], int n, const struct paint *paint);
void draw_rect(struct image *im, double x, double y, double w, double h,
    const struct paint *paint);
void draw_ellipse(struct image *im, double x, double y, double rx, double ry,
    const struct paint *paint);

/* Changing what is there. */
void image_tone(struct image *im, double gamma, double gain, double offset);
void image_grey(struct image *im);
void image_noise(struct image *im, struct rng *r, double sigma);
void image_blur(struct image *im, double sigma);
/* Light that falls from full at (x, y) to `edge` of it at a distance. */
void image_spot(
    struct image *im, double x, double y, double reach, double edge);
/* Turns around the centre and moves; what comes into view is mirrored. */
void image_move(struct image *im, double dx, double dy, double degrees);
/* The part of src from (x, y), of size w x h, all in shares of it. */
void image_view(struct image *im, const struct image *src, double x, double y,
    double w, double h, bool mirror);

/* The caller frees the bytes.  These exit on failure. */
uint8_t *image_encode(const struct image *im, int quality, size_t *len);
void image_load(struct image *im, const char *path);
void image_save(const struct image *im, const char *path);

#endif
