/*
 * What a still is reduced to before it is judged: a few numbers, a coarse map
 * of where the picture has structure, and a hash for each of its blocks.
 * Everything later is judged from this alone, so none of it sees a picture.
 */
#ifndef NVR_CORE_HEALTH_FEATURES_H
#define NVR_CORE_HEALTH_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include "still/luma.h"

/* A cell is 4 x 4 pixels, a block 10 x 10 cells. */
#define NVR_CELLS_X 160
#define NVR_CELLS_Y 90
#define NVR_CELLS (NVR_CELLS_X * NVR_CELLS_Y)
#define NVR_BLOCKS_X 16
#define NVR_BLOCKS_Y 9
#define NVR_BLOCKS (NVR_BLOCKS_X * NVR_BLOCKS_Y)

struct nvr_features {
	double mean, sigma; /* of luma, 0..255 */
	double dark;	    /* share of pixels under 10 % of the range */
	double bright;	    /* share of pixels over 95 % of the range */
	double entropy;	    /* of the histogram, bits, 0..8 */
	/*
	 * Mean square of the Laplacian over that of the Sobel gradient of
	 * the 3 x 3-box-smoothed picture, each pixel weighted with its
	 * squared gradient.  It is near 1 / width^2 of the strong edges: it
	 * falls with blur, whatever the contrast, and noise in even parts,
	 * which lifts the usual variance of the Laplacian, weighs nothing.
	 */
	double sharpness;
	/*
	 * 16 times the root of the mean Sobel magnitude |gx| + |gy| of a
	 * cell's smoothed pixels, 255 at most.
	 */
	uint8_t map[NVR_CELLS];
	/* FNV-1a over each block's pixels, 0 when they are all alike */
	uint32_t hash[NVR_BLOCKS];
};

void nvr_features_measure(const struct nvr_luma *luma, struct nvr_features *f);

struct nvr_shift {
	int x, y;   /* cells, right and down positive */
	int turn;   /* degrees, clockwise positive */
	double ncc; /* normalised cross-correlation there, -1..1 */
};

/* How a map of a still lies to another map. */
struct nvr_match {
	/* the best place within NVR_MATCH_SLACK cells: wind, warmth */
	struct nvr_shift near;
	/*
	 * Of the other map's structured blocks, weighted with their structure
	 * up to a limit: the share not found at that place, and the share
	 * that has become flat; and how many such blocks there are.
	 */
	double gone, flat;
	int blocks;
};

#define NVR_MATCH_SLACK 3

void nvr_map_match(
    const uint8_t *map, const uint8_t *other, struct nvr_match *ret);

/*
 * The best place within a quarter of the picture, or turn within 30 degrees,
 * to 2 cells and 2 degrees; *here is what the slack alone allows.  Both are
 * measured on maps of half the size, and so compare.
 */
void nvr_map_search(const uint8_t *map, const uint8_t *other,
    struct nvr_shift *here, struct nvr_shift *far);

#endif
