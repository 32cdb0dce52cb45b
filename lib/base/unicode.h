/* Unicode's normal forms, and names of people and firms. */
#ifndef NVR_BASE_UNICODE_H
#define NVR_BASE_UNICODE_H

#include <stddef.h>

#include "base/error.h"

/* NVR_FOLD: full case folding, in NFC: for comparing, not for showing. */
enum nvr_form { NVR_NFC, NVR_NFKC, NVR_FOLD };

/* Of well-formed UTF-8.  The length in out, of `size` bytes with its NUL; 0
 * when it does not fit, or is empty. */
size_t nvr_normalise(
    enum nvr_form form, const char *text, char *out, size_t size);

#define NVR_NAME_MAX 200 /* characters */
#define NVR_NAME_TEXT (4 * NVR_NAME_MAX + 1)

/*
 * A name of 1 to 200 characters, in NFC.  Refuses, as NVR_E_USAGE that calls
 * it `what`, what is not seen or turns text around, characters that Unicode
 * has not given away, heaps of accents, and spaces at its ends.
 */
int nvr_name_take(const char *what, const char *text, char out[NVR_NAME_TEXT],
    struct nvr_error *err);

#endif
