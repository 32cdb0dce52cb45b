/* The body of a request; see request.h. */
#include <errno.h>
#include <string.h>

#include "web/request_int.h"

/* One of those that are wanted. */
static bool
is_of(const char *type, const char *wanted)
{
	size_t n = strlen(type), len;

	for (const char *p = wanted; *p != '\0'; p += len + (p[len] == ' ')) {
		len = strcspn(p, " ");
		if (len == n && memcmp(p, type, n) == 0)
			return true;
	}
	return false;
}

static int
check(struct nvr_web_request *r, const char *type, size_t limit,
    struct nvr_error *err)
{
	const char *coding = nvr_web_request_header(r, "Content-Encoding");

	if (type == NULL)
		return r->length == 0 ? 0
				      : nvr_web_refuse(r, 413,
					    "there is to be no body", err);
	if (!r->has_length)
		return nvr_web_refuse(r, 411, "Content-Length is missing", err);
	if (r->length > limit)
		return nvr_web_refuse(r, 413, "the body is too large", err);
	if (!is_of(r->type, type) || coding != NULL)
		return nvr_web_refuse(
		    r, 415, "the body is of another type", err);
	return 0;
}

/* All the room at once: a copy that growing leaves behind is not wiped. */
static int
read_all(struct nvr_web_request *r, const struct nvr_web_source *from,
    struct nvr_error *err)
{
	int rc = nvr_buf_reserve(&r->body, r->length, err);
	ssize_t n;

	while (rc == 0 && r->body.len < r->length) {
		n = from->read(from->ctx, r->body.data + r->body.len,
		    r->length - r->body.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return nvr_web_refuse(
			    r, 400, "the body ended before its length", err);
		r->body.len += (size_t)n;
		r->body.data[r->body.len] = '\0';
	}
	return rc;
}

int
nvr_web_request_body(struct nvr_web_request *r, const char *type, size_t limit,
    const struct nvr_web_source *from, struct nvr_error *err)
{
	int rc = check(r, type, limit, err);

	if (rc != 0 || type == NULL)
		return rc;
	rc = read_all(r, from, err);
	if (rc != 0 || strcmp(r->type, NVR_WEB_FORM) != 0)
		return rc;
	rc = nvr_web_fields_parse(&r->form, r->body.data, r->body.len, err);
	if (rc == NVR_E_DATA)
		r->refused = 400;
	return rc;
}
