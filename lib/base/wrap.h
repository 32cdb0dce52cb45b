/* Lines of plain text, for terminals and mails. */
#ifndef NVR_BASE_WRAP_H
#define NVR_BASE_WRAP_H

#include "base/buf.h"

/*
 * Appends text of others in lines of so many columns at the most, all of them
 * indented, the last one ended too.  A word that is longer than a line is
 * broken.  As nvr_line_text (base/escape.h) has it, nothing in it steers a
 * terminal.
 */
int nvr_wrap(struct nvr_buf *b, int indent, int columns, const char *text,
    struct nvr_error *err);

/* The columns that it takes in a line; those of East Asia take two each. */
int nvr_columns(const char *text);

#endif
