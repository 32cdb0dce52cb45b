/* Text that comes from outside. */
#ifndef NVR_BASE_TEXT_H
#define NVR_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the UTF-8 character at p, or 0 where p holds none. */
int nvr_utf8_next(const char *p, unsigned *code);

/* C0, DEL, C1, and what turns the direction of text around. */
bool nvr_is_control(unsigned code);

/* Whole and well-formed UTF-8 without control characters (C0, DEL, C1). */
bool nvr_text_printable(const char *text);

/* The same, of lines: line feeds and tabs are welcome. */
bool nvr_text_lines(const char *text);

/*
 * A copy that is safe on a terminal and in a line of a log: control
 * characters and broken UTF-8 become `?`.  Cut to fit.  Returns buf.
 */
const char *nvr_text_safe(const char *text, char *buf, size_t size);

/*
 * In place, `*` for each byte of a secret that the text repeats, be it as it is
 * or as JSON may escape it (RFC 8259, 7), also within a string of a string;
 * and of its beginning where that ends the text, since a cut can leave it.
 * len without a NUL, which has to follow.  A secret of less than 8 bytes is a
 * word that stands in for one (`EMPTY`, `ollama`): it stays.
 */
void nvr_text_conceal(char *text, size_t len, const char *secret);

/*
 * What a server says of what it got for an address, a mail's or a telephone's,
 * as far as it tells of nobody: `…` for each word with a part of the address,
 * an @, or five digits (any, where the address is a number).  Printable, and
 * cut to fit and to 200 bytes.  Returns buf.
 */
const char *nvr_text_reply(
    const char *text, const char *address, char *buf, size_t size);

/* How far apart two words are (Damerau-Levenshtein), 99 when too long. */
int nvr_text_distance(const char *a, const char *b);

/* The value of a hexadecimal digit of either case; -1: it is none. */
static inline int
nvr_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number that is the next word of *rest, which goes on behind it; false:
 * there is none, or it is not from least to most. */
bool nvr_text_number(char **rest, int64_t least, int64_t most, int64_t *ret);

/* A string that may be NULL, as "". */
static inline const char *
nvr_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

#endif
