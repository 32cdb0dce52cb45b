/* Nuisances and tampers; see spoil.h. */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spoil.h"

/* Pixels of a picture that is 640 wide, as the analyzer sees it. */
#define SEEN (IMAGE_W / 640.0)

static struct paint
paint(struct rng *r, double level, double grain, double period)
{
	double tint = rng_uniform(r, -15, 15);

	return (struct paint){
	    {level + tint, level, level - tint}, grain, period, rng_next(r)};
}

/* Nuisances. */

static void
nothing(struct image *im, struct rng *r, double strength)
{
	(void)im;
	(void)r;
	(void)strength;
}

static void
gamma_curve(struct image *im, struct rng *r, double gamma)
{
	(void)r;
	image_tone(im, gamma, 1, 0);
}

static void
contrast(struct image *im, struct rng *r, double gain)
{
	image_tone(im, 1, gain, 128 * (1 - gain) + rng_uniform(r, -15, 15));
}

static void
sensor_noise(struct image *im, struct rng *r, double sigma)
{
	image_noise(im, r, sigma);
}

/* A person or a van close by, taking a share of the picture. */
static void
foreground(struct image *im, struct rng *r, double share)
{
	double h = rng_uniform(r, 0.55, 0.95) * IMAGE_H;
	double w = share * IMAGE_W * IMAGE_H / h;
	double x = rng_uniform(r, 0, IMAGE_W - w);
	struct paint coat = paint(r, rng_uniform(r, 30, 200),
	    rng_uniform(r, 5, 50), rng_uniform(r, 10, 60));
	struct paint trim = paint(r, rng_uniform(r, 30, 200), 10, 30);

	draw_rect(im, x, IMAGE_H - h, w, h, &coat);
	draw_rect(im, x + w * 0.2, IMAGE_H - h * 0.8, w * 0.5, h * 0.2, &trim);
}

/* Little light, a lamp somewhere, much gain. */
static void
night(struct image *im, struct rng *r, double light)
{
	image_spot(im, rng_uniform(r, 200, 1080), rng_uniform(r, 100, 500),
	    rng_uniform(r, 500, 900), 0.35);
	image_tone(im, 1.1, light, 6);
	image_noise(im, r, 4);
}

static void
infrared(struct image *im, struct rng *r, double light)
{
	image_grey(im);
	image_tone(im, 0.8, light, 0);
	image_spot(im, IMAGE_W / 2, IMAGE_H / 2, 650, 0.25);
	image_noise(im, r, 4);
}

static void
wind(struct image *im, struct rng *r, double percent)
{
	double angle = rng_uniform(r, 0, 2 * M_PI);

	image_move(im, cos(angle) * percent * IMAGE_W / 100,
	    sin(angle) * percent * IMAGE_H / 100, rng_uniform(r, -.3, .3));
}

static void
haze(struct image *im, struct rng *r, double depth)
{
	image_tone(im, 1, 1 - depth, 190 * depth);
	image_noise(im, r, 2);
}

static void
rain(struct image *im, struct rng *r, double drops)
{
	image_tone(im, 1, 0.75, 25);
	for (int i = 0; i < drops; i++) {
		double x = rng_uniform(r, 0, IMAGE_W);
		double y = rng_uniform(r, 0, IMAGE_H);
		double l = rng_uniform(r, 15, 50);
		double xy[4][2] = {{x, y}, {x + 2, y}, {x + 2 - l / 4, y + l},
		    {x - l / 4, y + l}};
		struct paint drop = paint(r, 170, 20, 8);

		draw_polygon(im, (const double(*)[2])xy, 4, &drop);
	}
}

/* The shadow of a house across the picture. */
static void
shadow(struct image *im, struct rng *r, double light)
{
	double x = rng_uniform(r, 0.3, 0.7) * IMAGE_W;
	double slope = rng_uniform(r, -0.8, 0.8);

	for (int y = 0; y < IMAGE_H; y++)
		for (int i = 0;
		     i < x + slope * (y - IMAGE_H / 2) && i < IMAGE_W; i++)
			for (int k = 0; k < 3; k++)
				im->rgb[y][i][k] =
				    (uint8_t)(im->rgb[y][i][k] * light);
}

/* Tampers. */

static void
black(struct image *im, struct rng *r, double level)
{
	struct paint dark = {{level, level, level}, 0, 1, 0};

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &dark);
	image_noise(im, r, 2);
}

/* A lens cap that lets a glow in at one side. */
static void
cap(struct image *im, struct rng *r, double level)
{
	black(im, r, level + 20);
	image_spot(im, 0, rng_uniform(r, 0, IMAGE_H), 300, 0.3);
}

static void
over_exposed(struct image *im, struct rng *r, double light)
{
	image_tone(im, 0.6, 1.2, light);
	image_noise(im, r, 1);
}

static void
dazzled(struct image *im, struct rng *r, double level)
{
	struct paint white = {{level, level, level}, 8, 500, rng_next(r)};

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &white);
}

static void
cover_card(struct image *im, struct rng *r, double level)
{
	struct paint card = paint(r, level, 6, 600);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &card);
	image_noise(im, r, 3);
}

/* Cloth: a weave under folds; a finer one is sharper. */
static void
cover_cloth(struct image *im, struct rng *r, double period)
{
	struct paint folds =
	    paint(r, rng_uniform(r, 60, 170), rng_uniform(r, 25, 60), 350);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &folds);
	for (int y = 0; y < IMAGE_H; y++)
		for (int x = 0; x < IMAGE_W; x++) {
			double w = sin(x * 2 * M_PI / period) *
				   sin(y * 2 * M_PI / period);

			for (int k = 0; k < 3; k++)
				im->rgb[y][x][k] = (uint8_t)fmax(
				    0, fmin(255, im->rgb[y][x][k] + 18 * w));
		}
	image_noise(im, r, 3);
}

/* A hand before the lens: out of focus, gaps of light at the border. */
static void
cover_hand(struct image *im, struct rng *r, double blur)
{
	struct paint skin = {{150, 95, 75}, 30, 300, rng_next(r)};
	double gap = rng_uniform(r, 0.03, 0.10) * IMAGE_H;
	bool top = rng_uniform(r, 0, 1) < 0.5;

	draw_rect(im, 0, top ? gap : 0, IMAGE_W, IMAGE_H - gap, &skin);
	for (int i = 1; i < 4; i++) {
		struct paint dark = {{60, 35, 30}, 10, 100, rng_next(r)};

		draw_rect(im, i * 310, 0, 18, IMAGE_H * 0.7, &dark);
	}
	image_blur(im, blur);
	image_noise(im, r, 2);
}

/* Paint sprayed on the dome; what is left free shows the scene. */
static void
cover_spray(struct image *im, struct rng *r, double share)
{
	uint64_t seed = rng_next(r);
	double level = rng_uniform(r, 15, 150);

	for (int y = 0; y < IMAGE_H; y++)
		for (int x = 0; x < IMAGE_W; x++) {
			double n = noise_at(seed, x, y, 420);
			double opaque = (n - (0.72 - 0.5 * share)) * 8 + 0.5;

			opaque = fmax(0, fmin(1, opaque));
			for (int k = 0; k < 3; k++)
				im->rgb[y][x][k] =
				    (uint8_t)(im->rgb[y][x][k] * (1 - opaque) +
					      (level + 25 * n) * opaque);
		}
	image_noise(im, r, 2);
}

/* A crumpled plastic bag: bright, creased. */
static void
cover_bag(struct image *im, struct rng *r, double creases)
{
	struct paint bag = paint(r, rng_uniform(r, 90, 190), 30, 260);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &bag);
	for (int i = 0; i < creases; i++) {
		double x = rng_uniform(r, 0, IMAGE_W);
		double y = rng_uniform(r, 0, IMAGE_H);
		double u = rng_uniform(r, -220, 220);
		double v = rng_uniform(r, -160, 160);
		double t = rng_uniform(r, 2, 10);
		double xy[4][2] = {
		    {x, y}, {x + t, y + t}, {x + u, y + v}, {x + u - t, y + v}};
		struct paint crease = paint(r, rng_uniform(r, 60, 230), 6, 90);

		draw_polygon(im, (const double(*)[2])xy, 4, &crease);
	}
	image_blur(im, 2);
	image_noise(im, r, 2);
}

/* A branch grown into the view. */
static void
cover_leaves(struct image *im, struct rng *r, double period)
{
	struct paint leaf = {{60, 90, 45}, 75, period, rng_next(r)};

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &leaf);
	image_blur(im, 1);
	image_noise(im, r, 2);
}

static void
blurred(struct image *im, struct rng *r, double sigma)
{
	image_blur(im, sigma * SEEN);
	image_noise(im, r, 1);
}

static void
shifted(struct image *im, struct rng *r, double percent)
{
	static const int way[8][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1},
	    {1, -1}, {-1, 1}, {-1, -1}};
	const int *w = way[rng_next(r) % 8];

	image_move(im, w[0] * percent * IMAGE_W / 100,
	    w[1] * percent * IMAGE_H / 100, 0);
	image_noise(im, r, 1);
}

static void
rotated(struct image *im, struct rng *r, double degrees)
{
	image_move(im, 0, 0, rng_uniform(r, 0, 1) < 0.5 ? degrees : -degrees);
	image_noise(im, r, 1);
}

/* Rebuilt: most of the picture shows its other side, upside down. */
static void
rebuilt(struct image *im, struct rng *r, double share)
{
	struct image *old = malloc(sizeof(*old));
	int width = (int)(share * IMAGE_W);

	if (old == NULL)
		err(1, NULL);
	*old = *im;
	for (int y = 0; y < IMAGE_H; y++)
		for (int x = 0; x < width; x++)
			memcpy(im->rgb[y][x],
			    old->rgb[IMAGE_H - 1 - y][IMAGE_W - 1 - x], 3);
	free(old);
	image_noise(im, r, 1);
}

const struct spoil spoils[] = {
    {"healthy", nothing, {1, 2, 3, 4, 5, 6}, 0, 0, 0},
    {"gamma", gamma_curve, {0.6, 0.7, 0.85, 1.2, 1.4, 1.7}, 0, 0, 0},
    {"contrast", contrast, {0.5, 0.6, 0.75, 1.2, 1.4}, 0, 0, 0},
    {"noise", sensor_noise, {4, 7, 10}, 0, 0, 0},
    {"JPEG quality 25", nothing, {1, 2}, 0, 0, 25},
    {"JPEG quality 50", nothing, {1, 2}, 0, 0, 50},
    {"JPEG quality 95", nothing, {1, 2}, 0, 0, 95},
    {"foreground", foreground, {0.10, 0.15, 0.18, 0.20, 0.201}, 0, 0, 0},
    {"night", night, {0.2, 0.25, 0.3, 0.4}, 0, 0, 0},
    {"infrared", infrared, {0.5, 0.7, 1}, 0, 0, 0},
    {"wind", wind, {0.2, 0.4, 0.6}, 0, 0, 0},
    {"haze", haze, {0.3, 0.5}, 0, 0, 0},
    {"rain", rain, {200, 500}, 0, 0, 0},
    {"shadow", shadow, {0.4, 0.5, 0.65}, 0, 0, 0},

    {"black", black, {2, 8, 16}, 1, NVR_HEALTH_BLACK, 0},
    {"lens cap", cap, {2, 6}, 1, NVR_HEALTH_BLACK, 0},
    {"over-exposed", over_exposed, {150, 180}, 1, NVR_HEALTH_OVER_EXPOSED, 0},
    {"dazzled", dazzled, {228, 245}, 1, NVR_HEALTH_OVER_EXPOSED, 0},
    {"cover: card", cover_card, {60, 110, 170}, 1, NVR_HEALTH_COVERED, 0},
    {"cover: cloth", cover_cloth, {6, 14, 40}, 1, NVR_HEALTH_COVERED, 0},
    {"cover: hand", cover_hand, {5, 12}, 1, NVR_HEALTH_COVERED, 0},
    {"cover: spray", cover_spray, {0.8, 0.9, 1}, 1, NVR_HEALTH_COVERED, 0},
    {"cover: bag", cover_bag, {15, 60}, 1, NVR_HEALTH_COVERED, 0},
    {"cover: leaves", cover_leaves, {20, 60, 150}, 1, NVR_HEALTH_COVERED, 0},
    {"blur", blurred, {2, 2.5, 3, 4, 6, 10}, 1, NVR_HEALTH_BLURRED, 0},
    {"shift", shifted, {10, 10.1, 12, 15, 20, 30}, 1, NVR_HEALTH_MOVED, 0},
    {"rebuilt", rebuilt, {0.75, 0.85}, 1, NVR_HEALTH_SCENE_CHANGED, 0},
    {"rotation", rotated, {8, 8.1, 10, 15, 30}, 1, NVR_HEALTH_MOVED, 0},
};
const int nspoils = sizeof(spoils) / sizeof(spoils[0]);
