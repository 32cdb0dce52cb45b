/* The programs that run for us; see children.h. */
#include <signal.h>
#include <stddef.h>

#include "core/children.h"

#define MOST 256

static volatile sig_atomic_t running[MOST]; /* 0: free; a pid fits an int */

static void
replace(pid_t from, pid_t to)
{
	for (size_t i = 0; i < MOST; i++) {
		if (running[i] == from) {
			running[i] = to;
			return;
		}
	}
}

void
nvr_child_add(pid_t pid)
{
	replace(0, pid);
}

void
nvr_child_drop(pid_t pid)
{
	replace(pid, 0);
}

void
nvr_children_signal(int sig)
{
	for (size_t i = 0; i < MOST; i++)
		if (running[i] != 0)
			kill(running[i], sig);
}
