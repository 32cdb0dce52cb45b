/* A store that others use as well: its lock and its WAL; see db.h. */
#include <time.h>

#include "store/db.h"

#define PATIENCE 5000	/* ms */
#define CHECKPOINT 1000 /* pages, as SQLite has it */
#define MUCH (4 * CHECKPOINT)
#define MOMENT 10 /* ms */

/*
 * Most transactions last for some tenths of a millisecond.  SQLite by itself
 * would look for the lock after whole ones, and then more and more rarely.
 */
static int
wait_for_lock(void *ctx, int looks)
{
	struct nvr_store *st = ctx;
	int us = looks < 20 ? 100 : looks < 40 ? 1000 : 5000;
	const struct timespec pause = {.tv_nsec = us * 1000L};

	if (looks == 0)
		st->waited = 0;
	if (st->waited / 1000 >= st->patience)
		return 0;
	st->waited += us;
	nanosleep(&pause, NULL);
	return 1;
}

void
nvr_store_patience(struct nvr_store *st, int ms)
{
	st->patience = ms;
}

/*
 * SQLite by itself tries at every commit from so many pages on, which costs as
 * much as many of those, and where others read at any time the WAL grows all
 * the same: it begins anew only when nobody does.  So each try is so many pages
 * after the one before, and where it has grown the others are kept from it for
 * a moment; what there is to be written is little then.
 */
static int
checkpoint(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct nvr_store *st = ctx;
	int patience = st->patience;
	bool again = st->tried > 0 && pages >= st->tried;

	if (!again)
		st->tried = 0;
	if (pages < st->tried + CHECKPOINT)
		return SQLITE_OK;
	st->tried = pages;
	st->patience = MOMENT;
	sqlite3_wal_checkpoint_v2(db, name,
	    again && pages >= MUCH ? SQLITE_CHECKPOINT_RESTART
				   : SQLITE_CHECKPOINT_PASSIVE,
	    NULL, NULL);
	st->patience = patience;
	return SQLITE_OK;
}

void
nvr_db_share(struct nvr_store *st)
{
	st->patience = PATIENCE;
	sqlite3_busy_handler(st->db, wait_for_lock, st);
	sqlite3_wal_hook(st->db, checkpoint, st);
}
