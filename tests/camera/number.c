/*
 * The number of a frame in its bottom row; camera.h says how it is written.
 */
#include <string.h>

#include "camera.h"

void
picture_draw_counter(struct picture *p, unsigned n)
{
	int row = MAX(p->height / COUNTER_PART, 8) & ~1;
	int y0 = p->height - row, i, x, y, next;
	uint32_t code;

	n &= 0xffffff;
	code = n << 8 | (COUNTER_CHECK - n % COUNTER_CHECK);
	for (i = 0; i < COUNTER_BLOCKS; i++) {
		x = i * p->width / COUNTER_BLOCKS;
		next = (i + 1) * p->width / COUNTER_BLOCKS;
		for (y = y0; y < p->height; y++)
			memset(p->plane[0] + y * p->stride[0] + x,
			    code << i & 0x80000000 ? 235 : 16, next - x);
	}
	for (y = y0 / 2; y < p->height / 2; y++) {
		memset(p->plane[1] + y * p->stride[1], 128, p->width / 2);
		memset(p->plane[2] + y * p->stride[2], 128, p->width / 2);
	}
}
