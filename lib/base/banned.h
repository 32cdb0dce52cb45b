/*
 * Functions that do not compile in nvr.  The Makefile includes this header
 * ahead of every file of lib/ and cmd/, so that a use is an error that names
 * its replacement.  The system's own headers are read first, because poisoned
 * names may not even be declared.
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
#undef atoi
#undef strtol
#undef gmtime
#undef localtime
#undef system
#undef popen
#define strcpy(...) nvr_banned_use_strlcpy(__VA_ARGS__)
#define strcat(...) nvr_banned_use_strlcat(__VA_ARGS__)
#define sprintf(...) nvr_banned_use_snprintf(__VA_ARGS__)
#define vsprintf(...) nvr_banned_use_vsnprintf(__VA_ARGS__)
#define atoi(...) nvr_banned_use_strtonum(__VA_ARGS__)
#define strtol(...) nvr_banned_use_strtonum(__VA_ARGS__)
#define gmtime(...) nvr_banned_use_gmtime_r(__VA_ARGS__)
#define localtime(...) nvr_banned_use_localtime_r(__VA_ARGS__)
#define system(...) nvr_banned_use_posix_spawn(__VA_ARGS__)
#define popen(...) nvr_banned_use_posix_spawn(__VA_ARGS__)

#endif
