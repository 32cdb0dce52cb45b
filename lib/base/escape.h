/*
 * Text from outside, made fit for the place that it goes to.  Each function is
 * named after that place, so that a wrong one looks wrong.  They append, and
 * all of them write control characters and broken UTF-8 as `?`, with which
 * nothing steers a terminal or turns the direction of a line around; tabs and
 * line ends become spaces.
 */
#ifndef NVR_BASE_ESCAPE_H
#define NVR_BASE_ESCAPE_H

#include <stdbool.h>

#include "base/buf.h"

/* Between tags, where markup is expected and no script or style. */
int nvr_html_text(struct nvr_buf *b, const char *text, struct nvr_error *err);

/* The value of an attribute in double quotes, which the caller writes. */
int nvr_html_attr(struct nvr_buf *b, const char *text, struct nvr_error *err);

/*
 * A field of CSV (RFC 4180), its quotes included.  What a spreadsheet would
 * take for a formula gets an apostrophe ahead of it: = + - @ and their wide
 * forms, at the beginning, and after what some locales have instead of the
 * comma.  NULL is an empty field.
 */
int nvr_csv_field(struct nvr_buf *b, const char *text, struct nvr_error *err);

/*
 * A piece of such a field, without its quotes: whole characters, and a NUL
 * behind len.  *start, true ahead of the first, goes from one piece to the
 * next.  A NUL among them is a `?`.
 */
int nvr_csv_chars(struct nvr_buf *b, const char *text, size_t len, bool *start,
    struct nvr_error *err);

/*
 * The characters of a string of JSON (RFC 8259, 7), without its quotes, for
 * text that is to come out as it was: control characters and what turns the
 * direction of text around are escaped, not replaced.  text has a NUL behind
 * len.  NVR_E_DATA for broken UTF-8, and nothing is appended then.
 */
int nvr_json_chars(
    struct nvr_buf *b, const char *text, size_t len, struct nvr_error *err);

/* Text of a line on a terminal or in a mail. */
int nvr_line_text(struct nvr_buf *b, const char *text, struct nvr_error *err);

#endif
