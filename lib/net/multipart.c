/* The first part of a multipart body; see multipart.h. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "net/multipart.h"

#define SKIP_MAX 65536 /* preamble and headers */

void
nvr_multipart_init(
    struct nvr_multipart *m, const char *content_type, size_t max)
{
	const char *p = strcasestr(content_type, "boundary=");
	size_t n;

	*m = (struct nvr_multipart){.max = max};
	if (p == NULL)
		return;
	p += strlen("boundary=");
	n = *p == '"' ? strcspn(++p, "\"") : strcspn(p, "; \t");
	while (n > 0 && *p == '-')
		p++, n--;
	if (n < sizeof(m->boundary))
		memcpy(m->boundary, p, n);
}

/*
 * Does a delimiter stand at p?  1 or 0; -1 when there are too few bytes to
 * tell.  Dashes may be more than two: some boundaries begin with them.
 */
static int
is_delimiter(const struct nvr_multipart *m, const char *p, size_t len)
{
	size_t n = strlen(m->boundary), dashes = 0;

	while (dashes < len && dashes < sizeof(m->boundary) && p[dashes] == '-')
		dashes++;
	if (dashes < 2)
		return dashes == len ? -1 : 0;
	p += dashes;
	len -= dashes;
	if (memcmp(p, m->boundary, len < n ? len : n) != 0)
		return 0;
	return len < n ? -1 : 1;
}

static int
take_header(struct nvr_multipart *m, struct nvr_error *err)
{
	static const char name[] = "content-length:";
	const char *p = m->line + sizeof(name) - 1, *why = NULL;
	long long n;

	if (strncasecmp(m->line, name, sizeof(name) - 1) != 0)
		return 0;
	p += strspn(p, " \t");
	n = strtonum(p, 0, INT64_MAX, &why);
	if (why != NULL)
		return nvr_fail(
		    err, NVR_E_DATA, "the length of a part is no number");
	if ((unsigned long long)n > m->max)
		return nvr_fail(
		    err, NVR_E_DATA, "more than %zu bytes, refused", m->max);
	m->has_length = true;
	m->length = (size_t)n;
	return 0;
}

/* A line before the part's body, without its end. */
static int
take_line(struct nvr_multipart *m, struct nvr_error *err)
{
	while (
	    m->line_len > 0 && isspace((unsigned char)m->line[m->line_len - 1]))
		m->line_len--;
	m->line[m->line_len] = '\0';
	if (m->state == NVR_MULTIPART_PREAMBLE) {
		if (is_delimiter(m, m->line, m->line_len) == 1)
			m->state = NVR_MULTIPART_HEADER;
		return 0;
	}
	if (m->line_len > 0)
		return take_header(m, err);
	if (m->has_length && m->length == 0) {
		m->has_length = false;
		m->state = NVR_MULTIPART_PREAMBLE;
	} else {
		m->state = NVR_MULTIPART_BODY;
	}
	return 0;
}

/* Takes up to the end of a line; returns how many bytes. */
static size_t
fill_line(struct nvr_multipart *m, const char *p, size_t len)
{
	const char *end = memchr(p, '\n', len);
	size_t n = end != NULL ? (size_t)(end - p) + 1 : len;
	size_t room = sizeof(m->line) - 1 - m->line_len;

	memcpy(m->line + m->line_len, p, n < room ? n : room);
	m->line_len += n < room ? n : room;
	m->skipped += n;
	return n;
}

/* Ends the part before the new line of a delimiter that stands in it. */
static void
find_end(struct nvr_multipart *m, struct nvr_buf *part)
{
	while (m->seen < part->len) {
		char *nl =
		    memchr(part->data + m->seen, '\n', part->len - m->seen);
		size_t at = nl != NULL ? (size_t)(nl - part->data) : part->len;
		int rc = 0;

		if (nl != NULL)
			rc = is_delimiter(m, nl + 1, part->len - at - 1);
		m->seen = rc == 0 && nl != NULL ? at + 1 : at;
		if (rc < 0)
			return;
		if (rc > 0) {
			part->len = at;
			if (at > 0 && part->data[at - 1] == '\r')
				part->len--;
			part->data[part->len] = '\0';
			m->state = NVR_MULTIPART_DONE;
			return;
		}
	}
}

static int
take_body(struct nvr_multipart *m, const char *p, size_t len,
    struct nvr_buf *part, struct nvr_error *err)
{
	/* a delimiter can stand behind the last byte that is allowed */
	size_t limit = m->max + sizeof(m->boundary) * 2 + 4;
	int rc;

	if (m->has_length && len > m->length - part->len)
		len = m->length - part->len;
	if (!m->has_length && len > limit - part->len)
		len = limit - part->len;
	rc = nvr_buf_add(part, p, len, err);
	if (rc != 0)
		return rc;
	if (m->has_length) {
		if (part->len == m->length)
			m->state = NVR_MULTIPART_DONE;
		return 0;
	}
	find_end(m, part);
	if (part->len > m->max &&
	    (m->state == NVR_MULTIPART_DONE || part->len == limit))
		return nvr_fail(
		    err, NVR_E_DATA, "more than %zu bytes, refused", m->max);
	return 0;
}

int
nvr_multipart_push(struct nvr_multipart *m, const void *data, size_t len,
    struct nvr_buf *part, struct nvr_error *err)
{
	const char *p = data, *end = p + len;
	int rc = 0;

	while (rc == 0 && p < end && m->state < NVR_MULTIPART_BODY) {
		p += fill_line(m, p, (size_t)(end - p));
		if (p[-1] == '\n') {
			rc = take_line(m, err);
			m->line_len = 0;
		}
		if (rc == 0 && m->skipped > SKIP_MAX)
			rc = nvr_fail(
			    err, NVR_E_DATA, "a multipart body without a part");
	}
	if (rc == 0 && p < end && m->state == NVR_MULTIPART_BODY)
		rc = take_body(m, p, (size_t)(end - p), part, err);
	return rc;
}
