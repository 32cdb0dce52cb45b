/* QR codes on a terminal; see qr.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <qrencode.h>

#include "cli/qr.h"

#define QUIET 4 /* modules of margin, as the standard asks for */
#define COLOURS "\033[38;5;231;48;5;16m" /* white on black */
#define PLAIN "\033[0m\n"

static bool
light(const QRcode *q, int x, int y)
{
	return x < 0 || y < 0 || x >= q->width || y >= q->width ||
	       (q->data[y * q->width + x] & 1) == 0;
}

/* The light halves are drawn; the dark ones are what is behind. */
static int
put_line(const QRcode *q, int y, struct nvr_buf *out, struct nvr_error *err)
{
	static const char *const block[] = {" ", "▄", "▀", "█"};
	int rc = nvr_buf_add(out, COLOURS, strlen(COLOURS), err);

	for (int x = -QUIET; rc == 0 && x < q->width + QUIET; x++) {
		const char *b = block[2 * light(q, x, y) + light(q, x, y + 1)];

		rc = nvr_buf_add(out, b, strlen(b), err);
	}
	return rc == 0 ? nvr_buf_add(out, PLAIN, strlen(PLAIN), err) : rc;
}

int
nvr_qr(const char *text, struct nvr_buf *out, struct nvr_error *err)
{
	QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	int rc = 0;

	if (q == NULL)
		return errno == ENOMEM
			   ? nvr_fail_nomem(err)
			   : nvr_fail(err, NVR_E_USAGE,
				 "the text is too long for a QR code");
	for (int y = -QUIET; rc == 0 && y < q->width + QUIET; y += 2)
		rc = put_line(q, y, out, err);
	explicit_bzero(q->data, (size_t)q->width * (size_t)q->width);
	QRcode_free(q);
	return rc;
}
