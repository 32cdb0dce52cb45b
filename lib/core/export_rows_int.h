/* Rows on their way into an archive; see export_int.h. */
#ifndef NVR_CORE_EXPORT_ROWS_INT_H
#define NVR_CORE_EXPORT_ROWS_INT_H

#include "core/export_int.h"
#include "store/sealed.h"

struct nvr_export_sheet {
	struct nvr_archive_file *f; /* NULL: there is none */
	struct nvr_buf buf;
};

struct nvr_export_state {
	char key[NVR_EXPORT_NAME + 8]; /* `,"name":` */
	size_t key_len;
	struct nvr_column_opener *opener;
	bool url; /* of which but the origin stays here */
	int keys; /* that it may be sealed under */
	uint8_t key_of[2][NVR_ACCOUNT_KEY_LEN];
	int64_t lost, first; /* values that could not be read, and in which
				row the first of them */
	const char *why;
};

struct nvr_export_writer {
	struct nvr_exporting *x;
	struct nvr_export_part *part;
	struct nvr_export_sheet json, csv;
	struct nvr_export_state column[NVR_EXPORT_COLUMNS];
	struct nvr_export_clock clock;
	struct nvr_buf opened, unreadable, withheld;
	int64_t rows;
	int rc;
};

/* What waits, once it is that long. */
void nvr_export_hand_on(
    struct nvr_export_writer *w, struct nvr_export_sheet *h, size_t from);

#endif
