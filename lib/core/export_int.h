/* What the parts of an account's export share; see export.h. */
#ifndef NVR_CORE_EXPORT_INT_H
#define NVR_CORE_EXPORT_INT_H

#include "core/export.h"
#include "core/keys.h"
#include "store/export.h"
#include "store/log.h"

/* A table, and what went into the archive of it. */
struct nvr_export_part {
	struct nvr_export_table t;
	int64_t rows; /* -1: it is not of the account */
	bool csv;
};

/* A gap, for the page. */
struct nvr_export_missing {
	char what[96], why[256];
};

/* Where pictures were sent. */
struct nvr_export_sent {
	char host[256];
	int64_t pictures, first, last;
};
#define NVR_EXPORT_SENT 64 /* hosts that are told apart; one is the others */

struct nvr_exporting {
	struct nvr_state *s;
	const struct nvr_export_account *o;
	struct nvr_archive *a;
	struct nvr_ring ring;	/* the account's keys */
	struct nvr_ring own;	/* the store's, for what outlives accounts */
	struct nvr_log_end end; /* of the security log; seq 0: it is empty */
	bool headless;		/* that end is not one to sign */
	bool headed;		/* a signed one is in the archive */
	struct nvr_export_part **part; /* by name */
	size_t nparts;
	struct nvr_export_missing *missing;
	size_t nmissing;
	struct nvr_export_sent sent[NVR_EXPORT_SENT];
	size_t nsent;
	/* Of the log, what has this camera in its payload since then; camera 0:
	 * all of the account's. */
	int64_t camera, since;
	struct nvr_error *err;
};

int nvr_export_missing(struct nvr_exporting *x, const char *what,
    const char *why, ...) __attribute__((format(printf, 3, 4)));

/*
 * Rows of a table into data/TABLE.jsonl and, where the part says so, .csv: the
 * columns as its table has them.  What cannot be read of a row is null there,
 * named in its member `unreadable`, and a gap; what is not to leave is null and
 * named in `withheld`.
 */
struct nvr_export_writer;
int nvr_export_writer_open(struct nvr_exporting *x,
    struct nvr_export_part *part, struct nvr_export_writer **ret);
int nvr_export_write_row(void *w, const struct nvr_export_row *r);
/* Files, gaps and schema; the count of rows is in the part. */
int nvr_export_writer_close(struct nvr_export_writer *w);
void nvr_export_writer_free(struct nvr_export_writer *w);

/* The same of `departure`, and takes note of where they went. */
struct nvr_export_departures {
	struct nvr_exporting *x;
	struct nvr_export_writer *w;
	const struct nvr_export_table *t;
};
int nvr_export_write_departure(void *d, const struct nvr_export_row *r);

/* A camera's URL, of which path and query stay here: cameras take passwords
 * there, under any name or none. */
bool nvr_export_is_url(
    const struct nvr_export_table *t, const struct nvr_export_column *c);

/* schema/TABLE.json. */
int nvr_export_schema(
    struct nvr_exporting *x, const struct nvr_export_table *t);

/*
 * A value that is neither text nor sealed, as JSON has it: `quoted` where that
 * wants quotes.  False for one that no RFC 3339, no id, no JSON can say.
 */
struct nvr_export_clock { /* the day that was asked for last */
	int64_t day;
	char text[16];
};
bool nvr_export_plain(struct nvr_export_clock *clock, enum nvr_export_kind kind,
    const struct nvr_export_value *v, char *to, size_t *len, bool *quoted);
#define NVR_EXPORT_PLAIN 40 /* room for it; hexadecimal needs 2 * len */

/* data/log.jsonl and its signed head. */
int nvr_export_log(struct nvr_exporting *x, struct nvr_export_part *part);

/* Pictures, where they are asked for. */
int nvr_export_media(struct nvr_state *s, const struct nvr_export_account *o,
    struct nvr_archive *a, struct nvr_error *err);

/* The words of the page; NVR_E_USAGE says which languages there are. */
struct nvr_export_words;
int nvr_export_words_in(const char *language,
    const struct nvr_export_words **ret, struct nvr_error *err);
int nvr_export_page(
    struct nvr_exporting *x, const struct nvr_export_words *words);

#endif
