/*
 * One writer for what a tool prints: TSV for pipes, an aligned table with a
 * header for a terminal, JSON Lines for --json.
 *
 *	nvr_out_init(&out, json);
 *	…	nvr_out_text(&out, "name", name);
 *		nvr_out_int(&out, "size_bytes", size);
 *		nvr_out_more(&out);
 *		nvr_out_id(&out, "id", id);
 *		nvr_out_end(&out);
 *	nvr_out_flush(&out);
 *
 * Fields after nvr_out_more() of a row are for JSON only.  In TSV a tab, a
 * new line and a backslash are written \t, \n and \\, other control
 * characters as `?`, and NULL as nothing; a number that is not there is NULL
 * in JSON.  Failures of stdout show in nvr_finish().
 */
#ifndef NVR_CLI_OUT_H
#define NVR_CLI_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define NVR_OUT_COLUMNS 16

enum nvr_out_mode { NVR_OUT_TSV, NVR_OUT_TABLE, NVR_OUT_JSON, NVR_OUT_RECORD };

struct nvr_out {
	enum nvr_out_mode mode;
	json_t *row;	     /* JSON: the row being made */
	struct nvr_buf text; /* TSV: the row; table: all rows as TSV */
	char head[NVR_OUT_COLUMNS][32];
	int column, columns; /* so far in this row; in the heads */
	int last;	     /* how many the last row had */
	bool more;	     /* what follows is for JSON only */
	bool stream;	     /* a table that is printed as it comes */
	int width[NVR_OUT_COLUMNS];
};

/* The mode that --json and the kind of stdout ask for. */
void nvr_out_init(struct nvr_out *o, bool json);

/* As init, for one thing shown as `name: value` lines instead of a row. */
void nvr_out_init_record(struct nvr_out *o, bool json);

/*
 * The rows come slowly: a table prints each as it ends and lets its columns
 * grow, where it else waits for all of them.
 */
void nvr_out_stream(struct nvr_out *o);

void nvr_out_text(struct nvr_out *o, const char *name, const char *value);
void nvr_out_int(struct nvr_out *o, const char *name, int64_t value);
void nvr_out_real(struct nvr_out *o, const char *name, double value);
void nvr_out_bool(struct nvr_out *o, const char *name, bool value);
void nvr_out_id(struct nvr_out *o, const char *name, int64_t id);
/* 0 is no time: NULL. */
void nvr_out_time(struct nvr_out *o, const char *name, int64_t t);
/* Takes the reference; in TSV it is the compact JSON text. */
void nvr_out_json(struct nvr_out *o, const char *name, json_t *value);

void nvr_out_more(struct nvr_out *o);
void nvr_out_end(struct nvr_out *o);
void nvr_out_flush(struct nvr_out *o);

/*
 * The errno of stdout's first failed write, 0 while none failed.  Right after
 * a write it sees that; others' errno is too late.
 */
int nvr_out_failed(void);

#endif
