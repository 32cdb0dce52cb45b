/* Where the other tools are; see path.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/path.h"

void
nvr_tool_path(const char *name, char path[NVR_PATH_TEXT])
{
	char self[NVR_PATH_TEXT - 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	snprintf(path, NVR_PATH_TEXT, "%s/nvr-%s",
	    slash != NULL ? self : "/usr/bin", name);
}
