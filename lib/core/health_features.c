/*
 * Features of a still; see health_features.h.  The loops over pixels are
 * integer, without branches and over whole rows, so that the compiler makes
 * vector code of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "core/health_features.h"

#define W NVR_LUMA_WIDTH
#define H NVR_LUMA_HEIGHT
#define CELL 4
#define BLOCK 40
#define SIDE (BLOCK / CELL) /* cells of a block's side */

enum { HALF_X = NVR_CELLS_X / 2, HALF_Y = NVR_CELLS_Y / 2 };

/* Deviation of a block's cells, 0..128: below this it has nothing to find. */
#define STRUCTURE_MIN 12
/* Above, more structure weighs no more. */
#define STRUCTURE_MAX 60
/* A block with less than this share of its structure has become flat. */
#define FLAT 0.4
/* Blocks that correlate more than this show the same. */
#define SAME_BLOCK 0.5
/* Maps that correlate more than this need not be aligned. */
#define GOOD_MATCH 0.7

/* Sums over every other row of what sharpness is made of. */
struct energy {
	uint64_t gradient;  /* of g to the fourth power */
	uint64_t laplacian; /* of the square of g by that of l */
};

static void
measure_histogram(const uint8_t *y, struct nvr_features *f)
{
	uint32_t part[4][256] = {0};
	double n = W * H, sum = 0, squares = 0;

	/* Four, since neighbours are often alike and would wait in line. */
	for (int i = 0; i < W * H; i += 4)
		for (int k = 0; k < 4; k++)
			part[k][y[i + k]]++;
	f->entropy = f->dark = f->bright = 0;
	for (int v = 0; v < 256; v++) {
		double p =
		    (part[0][v] + part[1][v] + part[2][v] + part[3][v]) / n;

		if (p > 0)
			f->entropy -= p * log2(p);
		sum += p * v;
		squares += p * v * v;
		f->dark += v < 26 ? p : 0;
		f->bright += v > 242 ? p : 0;
	}
	f->mean = sum;
	f->sigma = sqrt(fmax(0, squares - sum * sum));
}

/* Sums of 3 x 3 pixels around each pixel of row y; the outer columns are 0. */
NVR_VECTOR_LOOP static void
box_row(const uint8_t *luma, int y, int16_t *restrict box)
{
	const uint8_t *p = luma + (y - 1) * W, *q = p + W, *r = q + W;
	int16_t column[W];

	for (int x = 0; x < W; x++)
		column[x] = (int16_t)(p[x] + q[x] + r[x]);
	for (int x = 1; x < W - 1; x++)
		box[x] = (int16_t)(column[x - 1] + column[x] + column[x + 1]);
	box[0] = box[W - 1] = 0;
}

/*
 * Of the row b between a and c: g = (|gx| + |gy|) / 8 of the Sobel operator
 * and l = Laplacian / 4.  Box sums reach 9 * 255, no derivative passes 4 times
 * that, and so all of it fits 16 bits.
 */
NVR_VECTOR_LOOP static void
derive_row(const int16_t *restrict a, const int16_t *restrict b,
    const int16_t *restrict c, int16_t *restrict g, int16_t *restrict l)
{
	int16_t down[W], across[W];

	for (int x = 0; x < W; x++) {
		across[x] = (int16_t)(a[x] + 2 * b[x] + c[x]);
		down[x] = (int16_t)(c[x] - a[x]);
	}
	for (int x = 1; x < W - 1; x++) {
		int16_t gx = (int16_t)(across[x + 1] - across[x - 1]);
		int16_t gy = (int16_t)(down[x - 1] + 2 * down[x] + down[x + 1]);
		int16_t wide = (int16_t)(b[x - 1] + b[x + 1] + a[x] + c[x]);

		gx = (int16_t)(gx < 0 ? -gx : gx);
		gy = (int16_t)(gy < 0 ? -gy : gy);
		g[x] = (int16_t)((gx + gy) >> 3);
		l[x] = (int16_t)((4 * b[x] - wide) >> 2);
	}
	/* The outermost have no whole neighbourhood. */
	g[0] = g[1] = g[W - 2] = g[W - 1] = 0;
}

NVR_VECTOR_LOOP static void
add_energy(const int16_t *g, const int16_t *l, struct energy *e)
{
	for (int x = 0; x < W; x++) {
		uint32_t gg = (uint32_t)(g[x] * g[x]);
		uint32_t ll = (uint32_t)(l[x] * l[x]);

		e->gradient += (uint64_t)gg * gg;
		e->laplacian += (uint64_t)gg * ll;
	}
}

/* A row of cells from the sums of its columns. */
static void
fold_cells(const uint16_t *column, uint8_t *cell)
{
	/* |gx| + |gy| of box sums is 9 times that of means; 1/8 of it is in */
	const float mean = 8.0f / (9 * CELL * CELL);

	for (int x = 0; x < NVR_CELLS_X; x++) {
		const uint16_t *c = column + x * CELL;
		float g = (float)(c[0] + c[1] + c[2] + c[3]) * mean;
		float v = 16 * sqrtf(g);

		cell[x] = (uint8_t)(v < 255 ? v : 255);
	}
}

NVR_VECTOR_LOOP static void
measure_structure(const uint8_t *y, struct nvr_features *f)
{
	int16_t box[3][W], g[W], l[W] = {0};
	uint16_t column[W] = {0};
	struct energy e = {0};

	box_row(y, 1, box[1]);
	box_row(y, 2, box[2]);
	for (int r = 0; r < H; r++) {
		if (r >= 2 && r < H - 2) {
			box_row(y, r + 1, box[(r + 1) % 3]);
			derive_row(box[(r + 2) % 3], box[r % 3],
			    box[(r + 1) % 3], g, l);
			for (int x = 0; x < W; x++)
				column[x] = (uint16_t)(column[x] + g[x]);
			if (r % 2 == 0)
				add_energy(g, l, &e);
		}
		if (r % CELL == CELL - 1) {
			fold_cells(column, f->map + r / CELL * NVR_CELLS_X);
			memset(column, 0, sizeof(column));
		}
	}
	f->sharpness = (double)e.laplacian / ((double)e.gradient + 1) / 4;
}

static uint32_t
hash_block(const uint8_t *p)
{
	uint64_t h = 14695981039346656037u, first, word;
	bool even = true;

	memset(&first, p[0], sizeof(first));
	for (int y = 0; y < BLOCK; y++, p += W)
		for (int x = 0; x < BLOCK; x += 8) {
			memcpy(&word, p + x, sizeof(word));
			even = even && word == first;
			h = (h ^ word) * 1099511628211u;
			h ^= h >> 32;
		}
	return even ? 0 : (uint32_t)h | 1;
}

void
nvr_features_measure(const struct nvr_luma *luma, struct nvr_features *f)
{
	measure_histogram(luma->y, f);
	measure_structure(luma->y, f);
	for (int i = 0; i < NVR_BLOCKS; i++)
		f->hash[i] = hash_block(luma->y + i / NVR_BLOCKS_X * BLOCK * W +
					i % NVR_BLOCKS_X * BLOCK);
}

static int
clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

/* Sums of which a correlation is made. */
struct sums {
	uint32_t n, a, b, aa, bb, ab;
};

/* 14,400 cells of at most 255 * 255 fit 32 bits. */
static void
add_sums(
    struct sums *s, const uint8_t *restrict a, const uint8_t *restrict b, int n)
{
	s->n += (uint32_t)n;
	for (int i = 0; i < n; i++) {
		s->a += a[i];
		s->b += b[i];
		s->aa += (uint32_t)(a[i] * a[i]);
		s->bb += (uint32_t)(b[i] * b[i]);
		s->ab += (uint32_t)(a[i] * b[i]);
	}
}

/* 0 when one of them is even. */
static double
correlation(const struct sums *s)
{
	double va = s->aa - (double)s->a * s->a / s->n;
	double vb = s->bb - (double)s->b * s->b / s->n;

	if (va < 1 || vb < 1)
		return 0;
	return (s->ab - (double)s->a * s->b / s->n) / sqrt(va * vb);
}

/* Maps of w x h cells, the other one moved by (dx, dy), where they overlap. */
NVR_VECTOR_LOOP static double
correlate(
    const uint8_t *map, const uint8_t *other, int w, int h, int dx, int dy)
{
	int x0 = dx > 0 ? dx : 0, x1 = dx < 0 ? w + dx : w;
	int y0 = dy > 0 ? dy : 0, y1 = dy < 0 ? h + dy : h;
	struct sums s = {0};

	for (int y = y0; y < y1; y++)
		add_sums(&s, map + y * w + x0, other + (y - dy) * w + x0 - dx,
		    x1 - x0);
	return correlation(&s);
}

static void
search(const uint8_t *map, const uint8_t *other, int w, int h,
    struct nvr_shift from, int reach_x, int reach_y, struct nvr_shift *best)
{
	*best = (struct nvr_shift){0, 0, 0, -1};
	for (int y = from.y - reach_y; y <= from.y + reach_y; y++)
		for (int x = from.x - reach_x; x <= from.x + reach_x; x++) {
			double ncc = correlate(map, other, w, h, x, y);

			if (ncc > best->ncc)
				*best = (struct nvr_shift){x, y, 0, ncc};
		}
}

/* Half the size, by the mean of 2 x 2 cells. */
static void
halve(const uint8_t *map, uint8_t *half)
{
	for (int y = 0; y < HALF_Y; y++)
		for (int x = 0; x < HALF_X; x++) {
			const uint8_t *p = map + 2 * y * NVR_CELLS_X + 2 * x;

			*half++ = (uint8_t)((p[0] + p[1] + p[NVR_CELLS_X] +
						p[NVR_CELLS_X + 1] + 2) /
					    4);
		}
}

/* Half a map turned around its centre; its border goes on for ever. */
static void
turn_half(const uint8_t *half, int degrees, uint8_t *turned)
{
	const double c = cos(degrees * M_PI / 180);
	const double s = sin(degrees * M_PI / 180);

	for (int y = 0; y < HALF_Y; y++)
		for (int x = 0; x < HALF_X; x++) {
			double u = x - 0.5 * (HALF_X - 1);
			double v = y - 0.5 * (HALF_Y - 1);
			int fx =
			    (int)lround(u * c + v * s + 0.5 * (HALF_X - 1));
			int fy =
			    (int)lround(v * c - u * s + 0.5 * (HALF_Y - 1));

			*turned++ = half[clamp(fy, 0, HALF_Y - 1) * HALF_X +
					 clamp(fx, 0, HALF_X - 1)];
		}
}

void
nvr_map_search(const uint8_t *map, const uint8_t *other, struct nvr_shift *here,
    struct nvr_shift *far)
{
	static const int turns[] = {
	    -30, -26, -22, -18, -14, -11, -8, -5, 5, 8, 11, 14, 18, 22, 26, 30};
	const int slack = (NVR_MATCH_SLACK + 1) / 2;
	const struct nvr_shift centre = {0};
	uint8_t half[HALF_X * HALF_Y], still[HALF_X * HALF_Y];
	uint8_t turned[HALF_X * HALF_Y];
	struct nvr_shift s;

	halve(map, half);
	halve(other, still);
	search(half, still, HALF_X, HALF_Y, centre, slack, slack, here);
	search(
	    half, still, HALF_X, HALF_Y, centre, HALF_X / 4, HALF_Y / 4, far);
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		turn_half(still, turns[i], turned);
		search(half, turned, HALF_X, HALF_Y, centre, slack, slack, &s);
		s.turn = turns[i];
		if (s.ncc > far->ncc)
			*far = s;
	}
	here->x *= 2;
	here->y *= 2;
	far->x *= 2;
	far->y *= 2;
}

/* The correlation of two blocks, given their first cells. */
static double
correlate_block(const uint8_t *a, const uint8_t *b)
{
	struct sums s = {0};

	for (int y = 0; y < SIDE; y++)
		add_sums(&s, a + y * NVR_CELLS_X, b + y * NVR_CELLS_X, SIDE);
	return correlation(&s);
}

static double
deviation_block(const uint8_t *a)
{
	struct sums s = {0};

	for (int y = 0; y < SIDE; y++)
		add_sums(&s, a + y * NVR_CELLS_X, a + y * NVR_CELLS_X, SIDE);
	return sqrt(fmax(0, s.aa - (double)s.a * s.a / s.n) / s.n);
}

/* Is the block at (x, y) of the other map at (dx, dy) from there, or next? */
static bool
find_block(
    const uint8_t *map, const uint8_t *other, int x, int y, int dx, int dy)
{
	static const int near[9][2] = {{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1},
	    {-1, -1}, {1, -1}, {-1, 1}, {1, 1}};

	for (int i = 0; i < 9; i++) {
		int u = clamp(x + dx + near[i][0], 0, NVR_CELLS_X - SIDE);
		int v = clamp(y + dy + near[i][1], 0, NVR_CELLS_Y - SIDE);

		if (correlate_block(map + v * NVR_CELLS_X + u,
			other + y * NVR_CELLS_X + x) > SAME_BLOCK)
			return true;
	}
	return false;
}

static void
match_blocks(const uint8_t *map, const uint8_t *other, struct nvr_match *m)
{
	double total = 0, gone = 0;
	int flat = 0;

	m->blocks = 0;
	for (int i = 0; i < NVR_BLOCKS; i++) {
		int x = i % NVR_BLOCKS_X * SIDE, y = i / NVR_BLOCKS_X * SIDE;
		int at = y * NVR_CELLS_X + x;
		double structure = deviation_block(other + at);
		double weight = fmin(structure, STRUCTURE_MAX);

		if (structure < STRUCTURE_MIN)
			continue;
		m->blocks++;
		total += weight;
		if (!find_block(map, other, x, y, m->near.x, m->near.y))
			gone += weight;
		flat += deviation_block(map + at) < FLAT * structure;
	}
	m->gone = m->blocks > 0 ? gone / total : 0;
	m->flat = m->blocks > 0 ? (double)flat / m->blocks : 0;
}

/* The best place within NVR_MATCH_SLACK: by half maps, then around that. */
static void
search_near(const uint8_t *map, const uint8_t *other, struct nvr_shift *best)
{
	const int slack = (NVR_MATCH_SLACK + 1) / 2,
		  inner = NVR_MATCH_SLACK - 1;
	const struct nvr_shift centre = {0};
	uint8_t half[HALF_X * HALF_Y], still[HALF_X * HALF_Y];
	struct nvr_shift from;

	halve(map, half);
	halve(other, still);
	search(half, still, HALF_X, HALF_Y, centre, slack, slack, &from);
	from.x = clamp(2 * from.x, -inner, inner);
	from.y = clamp(2 * from.y, -inner, inner);
	search(map, other, NVR_CELLS_X, NVR_CELLS_Y, from, 1, 1, best);
}

void
nvr_map_match(const uint8_t *map, const uint8_t *other, struct nvr_match *ret)
{
	struct nvr_shift here = {0}, near;

	here.ncc = correlate(map, other, NVR_CELLS_X, NVR_CELLS_Y, 0, 0);
	ret->near = here;
	if (here.ncc < GOOD_MATCH) {
		search_near(map, other, &near);
		if (near.ncc > here.ncc)
			ret->near = near;
	}
	match_blocks(map, other, ret);
}
