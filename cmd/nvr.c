/* nvr: `nvr snap …` runs nvr-snap …; alone it lists the tools. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#include "core/path.h"

static const struct {
	const char *name, *summary;
} tools[] = {
    {"store", "make, check and migrate the store and its keys"},
    {"camera", "the inventory of cameras"},
    {"record", "record cameras around the clock"},
    {"snap", "take stills"},
    {"clip", "a stretch of a recording as one MP4"},
    {"mask", "paint over areas of a clip"},
    {"audit", "examine stills: is the camera all right?"},
    {"retain", "delete what has outlived its promise, and prove it"},
    {"account", "accounts, sessions, consents, rights, and their log"},
    {"export", "all about a person, or evidence, as archives"},
    {"heartbeat", "measure this recorder, and report to its portal"},
    {"alert", "decide what is wrong, and who must know"},
    {"notify", "deliver messages: mail, SMS, webhooks"},
};
#define NTOOLS (sizeof(tools) / sizeof(tools[0]))

static void
list(FILE *to)
{
	for (size_t i = 0; i < NTOOLS; i++)
		fprintf(to, "nvr-%-9s %s\n", tools[i].name, tools[i].summary);
	fprintf(to, "\n'nvr TOOL …' runs nvr-TOOL; 'man 7 nvr' is the tour.\n");
}

int
main(int argc, char **argv)
{
	char path[NVR_PATH_TEXT], safe[64];
	const char *near = NULL;

	if (argc < 2 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "--help") == 0) {
		list(stdout);
		return fflush(stdout) == 0 ? 0 : 74;
	}
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0) {
		printf("nvr %s\n", NVR_VERSION);
		return fflush(stdout) == 0 ? 0 : 74;
	}
	for (size_t i = 0; i < NTOOLS; i++) {
		if (strcmp(argv[1], tools[i].name) == 0) {
			nvr_tool_path(tools[i].name, path);
			argv[1] = path;
			execv(path, argv + 1);
			fprintf(stderr, "nvr: cannot run '%s': %s\n", path,
			    strerror(errno));
			return 69;
		}
		if (nvr_text_distance(argv[1], tools[i].name) < 3)
			near = tools[i].name;
	}
	nvr_text_safe(argv[1], safe, sizeof(safe));
	fprintf(stderr, "nvr: no tool '%s'%s%s%s; 'nvr' lists them\n", safe,
	    near != NULL ? "; did you mean '" : "", nvr_or_empty(near),
	    near != NULL ? "'?" : "");
	return 64;
}
