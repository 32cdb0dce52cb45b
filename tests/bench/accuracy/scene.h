/*
 * Cameras of the accuracy set: views of real footage and drawn scenes.  A
 * scene gives as many healthy frames as one likes: people pass, the light
 * wanders, the sensor is noisy.
 */
#ifndef ACCURACY_SCENE_H
#define ACCURACY_SCENE_H

#include "image.h"

struct scene {
	char name[64];
	bool held_out; /* not looked at when thresholds were chosen */
	uint64_t seed;
	/* a drawn scene: its empty picture */
	struct image *base;
	/* a view of footage: the stills, in order of time */
	char **path;
	int npaths;
	double x, y, size; /* of the view, in shares of the picture */
	bool mirror;
};

/* All drawn scenes, then views of each folder.  The array lives until exit. */
int scene_all(char **folder, int nfolders, struct scene **ret);

/* Frame i of the scene; the same i gives the same frame. */
void scene_frame(const struct scene *s, int i, struct image *im);

#endif
