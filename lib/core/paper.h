/*
 * A document of headings, paragraphs and tables, written once and come out as
 * a page, as text of 80 columns, or as one JSON object: there each table is an
 * array of objects, facts are an object, and headings and paragraphs are not.
 *
 *	nvr_paper_begin(&p, NVR_PAPER_HTML, "Record", err);
 *	nvr_paper_heading(&p, "Recipients");
 *	nvr_paper_table(&p, "recipients", "In the register", columns);
 *	…	nvr_paper_text(&p, name, NULL);	 as many cells as columns
 *		nvr_paper_int(&p, pictures);
 *	nvr_paper_table_end(&p);
 *	rc = nvr_paper_end(&p, &buf);
 *
 * All text may be hostile; what fails shows in nvr_paper_end, and what follows
 * it does nothing.
 */
#ifndef NVR_CORE_PAPER_H
#define NVR_CORE_PAPER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum nvr_paper_format { NVR_PAPER_HTML, NVR_PAPER_TEXT, NVR_PAPER_JSON };

struct nvr_paper_column {
	const char *key, *heading; /* of JSON, and for people; NULL ends */
};

struct nvr_paper {
	enum nvr_paper_format format;
	struct nvr_buf to;
	struct nvr_buf line;	  /* of text: the row in hand */
	json_t *all, *list, *row; /* list and row are borrowed */
	const struct nvr_paper_column *columns;
	struct nvr_paper_column fact; /* the one in hand */
	int column, cells;
	bool facts;
	struct nvr_error *err;
	int rc;
};

void nvr_paper_begin(struct nvr_paper *p, enum nvr_paper_format format,
    const char *title, struct nvr_error *err);
/* What has been written, to be released by the caller; p is no more. */
int nvr_paper_end(struct nvr_paper *p, struct nvr_buf *ret);

void nvr_paper_heading(struct nvr_paper *p, const char *text);
void nvr_paper_say(struct nvr_paper *p, const char *text);
void nvr_paper_sayf(struct nvr_paper *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void nvr_paper_table(struct nvr_paper *p, const char *key, const char *caption,
    const struct nvr_paper_column *columns);
void nvr_paper_table_end(struct nvr_paper *p);

/* Each fact is followed by its cell. */
void nvr_paper_facts(struct nvr_paper *p, const char *key, const char *caption);
void nvr_paper_fact(struct nvr_paper *p, const char *key, const char *label);
void nvr_paper_facts_end(struct nvr_paper *p);

/* Cells.  NULL or "" is null; instead: what people read there, or NULL. */
void nvr_paper_text(
    struct nvr_paper *p, const char *value, const char *instead);
/* `a, b` for people; takes the array of strings. */
void nvr_paper_words(struct nvr_paper *p, json_t *words);
void nvr_paper_int(struct nvr_paper *p, int64_t n);
void nvr_paper_bool(struct nvr_paper *p, bool yes);
void nvr_paper_time(struct nvr_paper *p, int64_t t, const char *instead);
/* Milliseconds and bytes; 0 is null. */
void nvr_paper_duration(struct nvr_paper *p, int64_t us, const char *instead);
void nvr_paper_size(struct nvr_paper *p, int64_t bytes, const char *instead);

#endif
