/* Where the other tools are. */
#ifndef NVR_CORE_PATH_H
#define NVR_CORE_PATH_H

#define NVR_PATH_TEXT 4096

/*
 * The path of nvr-NAME: beside the program that runs, so that a build folder
 * and an installed tree both work and $PATH cannot put another in its place.
 */
void nvr_tool_path(const char *name, char path[NVR_PATH_TEXT]);

#endif
