/* How long transactions keep others from the store. */
#ifndef TESTS_HOLD_HELP_H
#define TESTS_HOLD_HELP_H

#include <signal.h>
#include <string.h>

#include <sqlite3.h>

#include "base/time.h"

struct waits {
	int n, die_at; /* transactions; behind which one it is killed */
	int64_t began, most;
};

static int
time_transaction(unsigned type, void *ctx, void *stmt, void *ns)
{
	struct waits *w = ctx;
	const char *sql = sqlite3_sql(stmt);
	int64_t now = nvr_time_monotonic();

	(void)type, (void)ns;
	if (sql != NULL && strcmp(sql, "BEGIN IMMEDIATE") == 0)
		w->began = now;
	if (sql == NULL || strcmp(sql, "COMMIT") != 0)
		return 0;
	w->most = now - w->began > w->most ? now - w->began : w->most;
	if (++w->n == w->die_at)
		raise(SIGKILL);
	return 0;
}

/* Until its trace is another one. */
static inline void
watch_transactions(sqlite3 *db, struct waits *w)
{
	sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, time_transaction, w);
}

#endif
