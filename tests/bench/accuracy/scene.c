/* Cameras of the accuracy set; see scene.h. */
#include <dirent.h>
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

#define MAX_SCENES 64

static struct paint
paint(double r, double g, double b, double grain, double period)
{
	static uint64_t seed = 1000;

	return (struct paint){{r, g, b}, grain, period, seed++};
}

static struct paint
any_paint(struct rng *r, double grain, double period)
{
	return paint(rng_uniform(r, 30, 220), rng_uniform(r, 30, 220),
	    rng_uniform(r, 30, 220), grain, period);
}

/* A brick wall with a door and a paved yard before it. */
static void
draw_yard(struct image *im, struct rng *r)
{
	struct paint mortar = paint(150, 145, 135, 20, 20);
	struct paint slab = paint(120, 120, 115, 40, 12);
	struct paint door = any_paint(r, 10, 40);
	double top = rng_uniform(r, 350, 480), x0 = rng_uniform(r, 200, 900);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &mortar);
	for (int row = 0; row * 28 < top; row++)
		for (int i = -1; i < 20; i++) {
			struct paint brick =
			    paint(rng_uniform(r, 120, 170), 80, 60, 25, 9);

			draw_rect(im, i * 70 + row % 2 * 35, row * 28, 64, 23,
			    &brick);
		}
	draw_rect(im, 0, top, IMAGE_W, IMAGE_H - top, &slab);
	for (int i = 1; i < 5; i++) {
		struct paint line = paint(70, 70, 66, 10, 8);

		draw_rect(im, 0, top + i * i * 18, IMAGE_W, 3 + i, &line);
	}
	draw_rect(im, x0, top - 300, 150, 300, &door);
}

/* Bare walls, a door, a desk: few edges. */
static void
draw_room(struct image *im, struct rng *r)
{
	struct paint wall = paint(190, 188, 180, 5, 400);
	struct paint floor = paint(130, 110, 90, 12, 30);
	struct paint dark = any_paint(r, 6, 60), desk = any_paint(r, 15, 30);
	struct paint frame = paint(90, 85, 80, 4, 20);
	double line = rng_uniform(r, 430, 520), x = rng_uniform(r, 80, 500);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &wall);
	draw_rect(im, 0, line, IMAGE_W, IMAGE_H - line, &floor);
	draw_rect(im, 0, line - 12, IMAGE_W, 12, &frame);
	draw_rect(im, x, line - 330, 170, 330, &frame);
	draw_rect(im, x + 10, line - 320, 150, 320, &dark);
	draw_rect(im, x + 480, line - 60, 260, 20, &desk);
	draw_rect(im, x + 490, line - 40, 16, 160, &desk);
	draw_rect(im, x + 710, line - 40, 16, 160, &desk);
	draw_rect(im, x + 560, line - 140, 110, 80, &dark);
}

/* Sky, houses, trees, a road with its markings. */
static void
draw_street(struct image *im, struct rng *r)
{
	struct paint sky = paint(170, 190, 215, 22, 500);
	struct paint road = paint(88, 88, 90, 16, 6);
	struct paint glass = paint(45, 55, 70, 10, 20);
	struct paint white = paint(215, 215, 210, 8, 10);
	double horizon = rng_uniform(r, 330, 430), x = -40;

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &sky);
	while (x < IMAGE_W) {
		double w = rng_uniform(r, 120, 280);
		double h = rng_uniform(r, 80, 280);
		struct paint house = any_paint(r, 14, 12);

		draw_rect(im, x, horizon - h, w, h, &house);
		for (double v = horizon - h + 20; v < horizon - 30; v += 55)
			for (double u = x + 15; u < x + w - 30; u += 48)
				draw_rect(im, u, v, 24, 32, &glass);
		x += w + rng_uniform(r, 0, 120);
	}
	draw_rect(im, 0, horizon, IMAGE_W, IMAGE_H - horizon, &road);
	for (int i = 0; i < 5; i++) {
		struct paint tree = paint(50, 85, 40, 60, 16);

		draw_ellipse(im, rng_uniform(r, 0, IMAGE_W), horizon - 40,
		    rng_uniform(r, 30, 80), rng_uniform(r, 40, 90), &tree);
	}
	for (int i = 0; i < 6; i++)
		draw_rect(im, 60 + i * 220, horizon + 130, 110, 9, &white);
	draw_rect(im, 0, IMAGE_H - 70, IMAGE_W, 8, &white);
}

/* Racks of boxes, much alike. */
static void
draw_store(struct image *im, struct rng *r)
{
	struct paint back = paint(60, 60, 65, 10, 50);
	struct paint beam = paint(200, 110, 30, 8, 30);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &back);
	for (int row = 0; row < 5; row++) {
		double base = 140 + row * 140;

		for (double x = 0; x < IMAGE_W;) {
			double w = rng_uniform(r, 50, 110);
			double h = rng_uniform(r, 50, 110);
			struct paint box = paint(rng_uniform(r, 120, 200),
			    rng_uniform(r, 100, 150), 80, 14, 25);

			draw_rect(im, x, base - h, w - 6, h, &box);
			x += w;
		}
		draw_rect(im, 0, base, IMAGE_W, 14, &beam);
	}
	for (int i = 0; i < 5; i++)
		draw_rect(im, 100 + i * 270, 0, 14, IMAGE_H, &beam);
}

/* A corridor in perspective. */
static void
draw_corridor(struct image *im, struct rng *r)
{
	struct paint wall = paint(175, 170, 160, 8, 90);
	struct paint floor = paint(110, 115, 120, 20, 14);
	struct paint edge = paint(70, 70, 70, 6, 20);
	double cx = rng_uniform(r, 500, 780), cy = rng_uniform(r, 250, 330);
	double tile[4][2] = {{0, IMAGE_H}, {IMAGE_W, IMAGE_H},
	    {cx + 90, cy + 110}, {cx - 90, cy + 110}};

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &wall);
	draw_polygon(im, (const double(*)[2])tile, 4, &floor);
	draw_rect(im, cx - 90, cy - 90, 180, 200, &edge);
	for (int i = 0; i < 5; i++) {
		struct paint door = any_paint(r, 8, 30);
		double n = pow(0.68, i), f = n * 0.8;
		double left[4][2] = {{cx - (cx - 20) * n, cy + 400 * n},
		    {cx - (cx - 20) * f, cy + 400 * f},
		    {cx - (cx - 20) * f, cy - 180 * f},
		    {cx - (cx - 20) * n, cy - 180 * n}};
		double right[4][2] = {
		    {cx + (IMAGE_W - cx) * n * 0.92, cy + 380 * n},
		    {cx + (IMAGE_W - cx) * f * 0.92, cy + 380 * f},
		    {cx + (IMAGE_W - cx) * f * 0.92, cy - 200 * f},
		    {cx + (IMAGE_W - cx) * n * 0.92, cy - 200 * n}};

		draw_polygon(im, (const double(*)[2])left, 4, &door);
		draw_polygon(im, (const double(*)[2])right, 4, &edge);
	}
}

/* A car park by night: pools of light, parked cars. */
static void
draw_night(struct image *im, struct rng *r)
{
	struct paint ground = paint(95, 90, 85, 25, 8);
	struct paint line = paint(190, 190, 185, 8, 10);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &ground);
	for (int i = 0; i < 8; i++) {
		double x = 60 + i * 155;
		struct paint car = any_paint(r, 6, 30);
		struct paint glass = paint(20, 22, 28, 4, 20);

		draw_rect(im, x, 240, 6, 190, &line);
		if (rng_uniform(r, 0, 1) < 0.3)
			continue;
		draw_rect(im, x + 30, 260, 100, 150, &car);
		draw_rect(im, x + 42, 290, 76, 30, &glass);
		draw_rect(im, x + 42, 370, 76, 22, &glass);
	}
	draw_rect(im, 0, 560, IMAGE_W, 7, &line);
	image_spot(im, rng_uniform(r, 200, 1000), 300, 420, 0.12);
	image_tone(im, 1, 0.75, 4);
}

/* Shelves full of small bright goods, a counter, a sign. */
static void
draw_shop(struct image *im, struct rng *r)
{
	struct paint wall = paint(205, 200, 190, 6, 100);
	struct paint counter = any_paint(r, 12, 60);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &wall);
	for (int row = 0; row < 6; row++)
		for (double x = 640; x < IMAGE_W; x += 34) {
			struct paint good = any_paint(r, 20, 10);

			draw_rect(im, x, 60 + row * 80, 26,
			    rng_uniform(r, 40, 66), &good);
		}
	for (int i = 0; i < 12; i++) {
		struct paint poster = any_paint(r, 30, 24);

		draw_rect(
		    im, 40 + i % 4 * 140, 60 + i / 4 * 120, 90, 70, &poster);
	}
	draw_rect(im, 0, 540, 700, IMAGE_H - 540, &counter);
}

/* A lobby: a big window, a plant, a sofa, bare wall. */
static void
draw_lobby(struct image *im, struct rng *r)
{
	struct paint wall = paint(160, 165, 170, 6, 300);
	struct paint floor = paint(140, 138, 130, 10, 50);
	struct paint sky = paint(225, 230, 235, 14, 200);
	struct paint bar = paint(60, 60, 62, 4, 20);
	struct paint sofa = any_paint(r, 14, 30);
	struct paint plant = paint(45, 95, 50, 70, 14);
	double x = rng_uniform(r, 500, 760);

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &wall);
	draw_rect(im, 0, 500, IMAGE_W, 220, &floor);
	draw_rect(im, x, 80, 420, 300, &sky);
	for (int i = 0; i < 4; i++)
		draw_rect(im, x + i * 135, 80, 12, 300, &bar);
	draw_rect(im, x, 72, 420, 12, &bar);
	draw_rect(im, 120, 430, 330, 60, &sofa);
	draw_rect(im, 100, 490, 370, 90, &sofa);
	draw_ellipse(im, x - 60, 430, 50, 110, &plant);
}

/* A fence of bars before a lawn, and a shed. */
static void
draw_fence(struct image *im, struct rng *r)
{
	struct paint lawn = paint(70, 115, 60, 50, 10);
	struct paint sky = paint(190, 200, 210, 12, 400);
	struct paint shed = any_paint(r, 20, 14);
	struct paint bar = paint(50, 48, 45, 8, 20);
	double x = rng_uniform(r, 300, 800);

	draw_rect(im, 0, 0, IMAGE_W, 300, &sky);
	draw_rect(im, 0, 300, IMAGE_W, IMAGE_H - 300, &lawn);
	draw_rect(im, x, 170, 260, 190, &shed);
	for (int i = 0; i < 26; i++)
		draw_rect(
		    im, i * 50 + rng_uniform(r, -4, 4), 420, 12, 240, &bar);
	draw_rect(im, 0, 450, IMAGE_W, 10, &bar);
	draw_rect(im, 0, 620, IMAGE_W, 10, &bar);
}

/* A crossing from above: kerbs at odd angles, stripes, manholes. */
static void
draw_crossing(struct image *im, struct rng *r)
{
	struct paint road = paint(95, 95, 98, 18, 7);
	struct paint walk = paint(150, 146, 140, 22, 16);
	struct paint white = paint(210, 210, 205, 12, 10);
	struct paint lid = paint(60, 58, 55, 10, 8);
	double k = rng_uniform(r, 100, 300);
	double kerb[4][2] = {{0, 0}, {k + 250, 0}, {k, IMAGE_H}, {0, IMAGE_H}};

	draw_rect(im, 0, 0, IMAGE_W, IMAGE_H, &road);
	draw_polygon(im, (const double(*)[2])kerb, 4, &walk);
	for (int i = 0; i < 7; i++) {
		double x = k + 330 + i * 80;
		double bar[4][2] = {
		    {x, 200}, {x + 40, 200}, {x + 10, 480}, {x - 30, 480}};

		draw_polygon(im, (const double(*)[2])bar, 4, &white);
	}
	for (int i = 0; i < 4; i++)
		draw_ellipse(im, rng_uniform(r, 500, 1200),
		    rng_uniform(r, 20, 700), 26, 18, &lid);
}

static const struct {
	const char *name;
	void (*draw)(struct image *, struct rng *);
	bool held_out;
} drawn[] = {
    {"yard", draw_yard, false},
    {"room", draw_room, false},
    {"street", draw_street, false},
    {"store", draw_store, false},
    {"room-2", draw_room, false},
    {"street-2", draw_street, true},
    {"corridor", draw_corridor, true},
    {"night", draw_night, true},
    {"shop", draw_shop, true},
    {"lobby", draw_lobby, true},
    {"fence", draw_fence, true},
    {"crossing", draw_crossing, true},
    {"room-3", draw_room, true},
};

/* Parts of footage that see different things. */
static const struct {
	const char *name;
	double x, y, size;
	bool mirror, held_out;
} views[] = {
    {"whole", 0, 0, 1, false, false},
    {"left", 0, 0, 0.8, false, false},
    {"right mirrored", 0.25, 0, 0.75, true, true},
    {"middle mirrored", 0.1, 0, 0.88, true, true},
};

static void
add_drawn(struct scene *s, int i)
{
	struct rng r = {(uint64_t)i * 77 + 5};

	snprintf(s->name, sizeof(s->name), "drawn %s", drawn[i].name);
	s->held_out = drawn[i].held_out;
	s->seed = (uint64_t)i + 100;
	s->base = malloc(sizeof(*s->base));
	if (s->base == NULL)
		err(1, NULL);
	drawn[i].draw(s->base, &r);
	image_blur(s->base, 1);
}

static int
is_still(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".jpg") == 0;
}

static void
list_stills(const char *folder, struct scene *s)
{
	struct dirent **d;

	s->npaths = scandir(folder, &d, is_still, alphasort);
	if (s->npaths < 24)
		errx(1, "%s: fewer than 24 stills", folder);
	s->path = calloc((size_t)s->npaths, sizeof(*s->path));
	if (s->path == NULL)
		err(1, NULL);
	for (int i = 0; i < s->npaths; i++)
		if (asprintf(&s->path[i], "%s/%s", folder, d[i]->d_name) < 0)
			err(1, NULL);
}

int
scene_all(char **folder, int nfolders, struct scene **ret)
{
	static struct scene all[MAX_SCENES];
	const int ndrawn = sizeof(drawn) / sizeof(drawn[0]);
	const int nviews = sizeof(views) / sizeof(views[0]);
	int n = 0;

	for (int i = 0; i < ndrawn; i++)
		add_drawn(&all[n++], i);
	for (int f = 0; f < nfolders; f++)
		for (int v = 0; v < nviews && n < MAX_SCENES; v++) {
			struct scene *s = &all[n++];
			const char *slash = strrchr(folder[f], '/');

			list_stills(folder[f], s);
			snprintf(s->name, sizeof(s->name), "%.40s %s",
			    slash != NULL ? slash + 1 : folder[f],
			    views[v].name);
			s->held_out = views[v].held_out;
			s->seed = (uint64_t)(1000 + f * 10 + v);
			s->x = views[v].x;
			s->y = views[v].y;
			s->size = views[v].size;
			s->mirror = views[v].mirror;
		}
	*ret = all;
	return n;
}

/* Somebody on foot, or none. */
static void
draw_passer(struct image *im, struct rng *r)
{
	struct paint coat = any_paint(r, 20, 30);
	struct paint head = paint(190, 150, 130, 10, 20);
	double h = rng_uniform(r, 120, 300), w = h * 0.32;
	double x = rng_uniform(r, 0, IMAGE_W), y = rng_uniform(r, 300, 640);

	if (rng_uniform(r, 0, 1) < 0.5)
		return;
	draw_rect(im, x - w / 2, y - h * 0.8, w, h * 0.8, &coat);
	draw_ellipse(im, x, y - h * 0.88, w * 0.3, h * 0.12, &head);
}

/*
 * Of footage, the first twenty frames are spread over the first half and the
 * others over the second.
 */
void
scene_frame(const struct scene *s, int i, struct image *im)
{
	struct rng r = {s->seed * 1000003 + (uint64_t)i};

	if (s->base != NULL) {
		*im = *s->base;
		draw_passer(im, &r);
		draw_passer(im, &r);
		image_tone(im, rng_uniform(&r, 0.9, 1.1),
		    rng_uniform(&r, 0.92, 1.08), 0);
		image_noise(im, &r, rng_uniform(&r, 1.5, 3));
	} else {
		struct image *whole = malloc(sizeof(*whole));
		int half = s->npaths / 2;

		if (whole == NULL)
			err(1, NULL);
		image_load(
		    whole, s->path[i < 20 ? i * 7 % half
					  : half + i * 7 % (s->npaths - half)]);
		image_view(im, whole, s->x, s->y, s->size, s->size, s->mirror);
		image_noise(im, &r, 1);
		free(whole);
	}
}
