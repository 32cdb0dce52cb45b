/* QR codes on a terminal (ISO/IEC 18004, by libqrencode). */
#ifndef NVR_CLI_QR_H
#define NVR_CLI_QR_H

#include "base/buf.h"
#include "base/error.h"

/*
 * Appends the text as a code in half blocks, two rows of it a line: dark on
 * light whatever the terminal's colours, since not every reader takes it the
 * other way round.  NVR_E_USAGE for a text that is too long for one.
 */
int nvr_qr(const char *text, struct nvr_buf *out, struct nvr_error *err);

#endif
