/* A growable run of bytes; see buf.h. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

int
nvr_buf_reserve(struct nvr_buf *b, size_t more, struct nvr_error *err)
{
	size_t cap = b->cap > 0 ? b->cap : 64;
	char *p;

	if (more >= SIZE_MAX / 4 - b->len)
		return nvr_fail_nomem(err);
	while (cap < b->len + more + 1)
		cap *= 2;
	if (cap == b->cap)
		return 0;
	p = realloc(b->data, cap);
	if (p == NULL)
		return nvr_fail_nomem(err);
	p[b->len] = '\0';
	b->data = p;
	b->cap = cap;
	return 0;
}

int
nvr_buf_add(
    struct nvr_buf *b, const void *data, size_t len, struct nvr_error *err)
{
	int rc = nvr_buf_reserve(b, len, err);

	if (rc != 0)
		return rc;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int
nvr_buf_addf(struct nvr_buf *b, struct nvr_error *err, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n, rc;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return nvr_fail_nomem(err);
	rc = nvr_buf_add(b, text, (size_t)n, err);
	free(text);
	return rc;
}

void
nvr_buf_release(struct nvr_buf *b)
{
	free(b->data);
	*b = (struct nvr_buf){0};
}

void
nvr_buf_wipe(struct nvr_buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	nvr_buf_release(b);
}
