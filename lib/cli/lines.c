/* Texts of options; see cli.h. */
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"

/* Lines that end in CRLF end in LF, and the last one in nothing. */
static void
mend_lines(struct nvr_buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] != '\r' ||
		    (i + 1 < text->len && text->data[i + 1] != '\n'))
			text->data[n++] = text->data[i];
	while (n > 0 && text->data[n - 1] == '\n')
		n--;
	if (text->data != NULL)
		text->data[n] = '\0';
	text->len = n;
}

int
nvr_lines_read(const char *option, const char *value, size_t most,
    struct nvr_buf *buf, const char **ret, struct nvr_error *err)
{
	int rc;

	*ret = value;
	if (value == NULL || value[0] != '@')
		return 0;
	nvr_buf_release(buf);
	rc = nvr_file_read(value + 1, most, buf, err);
	if (rc == 0)
		mend_lines(buf);
	if (rc == 0 && buf->len == 0)
		rc = nvr_fail(err, NVR_E_DATA, "it is empty");
	else if (rc == 0 &&
		 (strlen(buf->data) != buf->len || !nvr_text_lines(buf->data)))
		rc = nvr_fail(err, NVR_E_DATA, "it is no text");
	*ret = buf->data;
	return rc == 0 ? 0 : nvr_prefix(err, "--%s %s", option, value);
}
