/*
 * A row of every table that has an account, filled by the columns' types and
 * names; what refers to others refers to this account's.
 */
#ifndef TESTS_FILL_HELP_H
#define TESTS_FILL_HELP_H

#include "erase_help.h"

struct filling {
	sqlite3 *db;
	int64_t account, camera, next;
};

static inline bool
is_of_footage(const char *table)
{
	return strcmp(table, "run") == 0 || strcmp(table, "segment") == 0 ||
	       strcmp(table, "open_segment") == 0 || strcmp(table, "hold") == 0;
}

static inline int64_t
number_for(struct filling *f, const char *table, const char *column)
{
	if (strcmp(column, "account_id") == 0)
		return f->account;
	if (strcmp(column, "camera_id") == 0)
		return f->camera;
	if (strcmp(column, "id") == 0 && strcmp(table, "camera") == 0)
		return f->camera;
	if (strcmp(column, "site_id") == 0 || strcmp(table, "site") == 0 ||
	    strcmp(column, "audit_id") == 0 || strcmp(table, "audit") == 0 ||
	    strcmp(column, "still_id") == 0 || strcmp(table, "still") == 0 ||
	    strcmp(column, "schedule_id") == 0 ||
	    strcmp(table, "schedule") == 0)
		return f->camera + 1;
	return ++f->next;
}

static inline void
fill_table(struct filling *f, const char *table)
{
	char columns[2048] = "", marks[512] = "", sql[4096], text[64];
	sqlite3_stmt *q, *insert;
	int n = 0;

	sqlite3_prepare_v2(f->db,
	    "SELECT name, type FROM pragma_table_info(?1)", -1, &q, NULL);
	sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
	while (sqlite3_step(q) == SQLITE_ROW) {
		strlcat(columns, n > 0 ? ", " : "", sizeof(columns));
		strlcat(columns, (const char *)sqlite3_column_text(q, 0),
		    sizeof(columns));
		strlcat(marks, n++ > 0 ? ", ?" : "?", sizeof(marks));
	}
	snprintf(sql, sizeof(sql), "INSERT INTO %s (%s) VALUES (%s)", table,
	    columns, marks);
	sqlite3_reset(q);
	if (sqlite3_prepare_v2(f->db, sql, -1, &insert, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(f->db));
	for (int i = 1; sqlite3_step(q) == SQLITE_ROW; i++) {
		const char *name = (const char *)sqlite3_column_text(q, 0);
		const char *type = (const char *)sqlite3_column_text(q, 1);

		snprintf(
		    text, sizeof(text), "%s-%lld", name, (long long)++f->next);
		if (strcmp(type, "BIGINT") == 0)
			sqlite3_bind_int64(
			    insert, i, number_for(f, table, name));
		else if (strcmp(type, "DOUBLE PRECISION") == 0)
			sqlite3_bind_double(insert, i, (double)++f->next + 0.5);
		else if (strcmp(type, "BYTEA") == 0)
			sqlite3_bind_blob(insert, i, text, (int)strlen(text),
			    SQLITE_TRANSIENT);
		else
			sqlite3_bind_text(
			    insert, i, text, -1, SQLITE_TRANSIENT);
	}
	if (sqlite3_step(insert) != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(f->db));
	sqlite3_finalize(insert);
	sqlite3_finalize(q);
}

static const char *const TABLES =
    "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) p"
    " WHERE m.type = 'table' AND p.name = 'account_id'"
    " AND m.name NOT IN ('account', 'log', 'log_tail', 'erasure')"
    " ORDER BY m.name";

static inline int
fill(int64_t account, bool footage)
{
	static int64_t next = 1000;
	struct filling f = {raw("nvr.db"), account, next + 1000, next + 1000};
	sqlite3_stmt *q;
	int n = 0;

	next += 1000;
	sqlite3_exec(f.db,
	    "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
	    NULL, NULL, NULL);
	sqlite3_prepare_v2(f.db, TABLES, -1, &q, NULL);
	while (sqlite3_step(q) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(q, 0);

		if (!footage && is_of_footage(table))
			continue;
		fill_table(&f, table);
		n++;
	}
	sqlite3_finalize(q);
	/* Rows of the store's other parts that say nothing of an account. */
	sqlite3_exec(f.db,
	    "UPDATE finding SET account_id = 0; UPDATE still SET account_id = "
	    "0;"
	    "UPDATE label SET account_id = 0",
	    NULL, NULL, NULL);
	sqlite3_close(f.db);
	return n;
}

#endif
