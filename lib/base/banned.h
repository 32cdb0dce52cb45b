/*
 * Functions that do not compile in nvr.  The Makefile includes this header
 * ahead of every file of lib/ and cmd/, so that a use fails with the name of
 * what to use in its place.  The system's headers that declare them come
 * first, and are not touched by the macros below.
 */
#ifndef NVR_BASE_BANNED_H
#define NVR_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#define strcpy(...) strcpy_is_banned_use_strlcpy
#define strcat(...) strcat_is_banned_use_strlcat
#define sprintf(...) sprintf_is_banned_use_snprintf
#define vsprintf(...) vsprintf_is_banned_use_vsnprintf
#define atoi(...) atoi_is_banned_use_strtonum
#define strtol(...) strtol_is_banned_use_strtonum
#define gmtime(...) gmtime_is_banned_use_gmtime_r
#define localtime(...) localtime_is_banned_use_localtime_r
#define system(...) system_is_banned_use_posix_spawn
#define popen(...) popen_is_banned_use_posix_spawn

#endif
