/* A request of CGI, and its answer: variables with a NUL behind each, an empty
 * one, and the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/browser.h"
#include "web/router.h"

#define MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct rest {
	const char *p;
	size_t len;
};

static ssize_t
read_rest(void *ctx, void *buf, size_t len)
{
	struct rest *r = ctx;

	if (len > r->len)
		len = r->len;
	memcpy(buf, r->p, len);
	r->p += len;
	r->len -= len;
	return (ssize_t)len;
}

/* What is let through is as it is promised. */
static int
handle(void *ctx, const struct nvr_web_request *r, struct nvr_web_response *rs,
    struct nvr_error *err)
{
	char cookie[NVR_WEB_COOKIE];

	(void)ctx;
	if (r->body.len != r->length || r->length > 4096 ||
	    strstr(r->path, "..") != NULL || strchr(r->path, '\n') != NULL ||
	    strcmp(r->authority, "a.b") != 0 || r->query.n > NVR_WEB_FIELDS)
		abort();
	for (int i = 0; i < r->form.n; i++)
		if (strlen(r->form.field[i].value) > NVR_WEB_VALUE ||
		    nvr_web_field(&r->form, r->form.field[i].name) !=
			r->form.field[i].value)
			abort();
	if (nvr_web_cookie(r, "n", cookie) &&
	    nvr_web_set_cookie(rs, r, "n", cookie, nvr_web_is_own(r), err) != 0)
		abort();
	if (nvr_web_is_local(r->target))
		nvr_web_redirect(rs, "", r->target, err);
	rs->status = 200;
	rs->type = "text/plain";
	if (nvr_web_response_header(
		rs, "X", r->form.n > 0 ? r->form.field[0].value : "", err) != 0)
		return err->code;
	return nvr_buf_addf(&rs->body, err, "%s", r->path);
}

static void
tell(void *ctx, const char *reference, const char *what,
    const struct nvr_error *err)
{
	(void)ctx, (void)reference, (void)what, (void)err;
}

static const struct nvr_web_route routes[] = {
    {"GET", "/", NULL, 0, true, handle},
    {"POST", "/f", NVR_WEB_FORM, 4096, true, handle},
    {"POST", "/j", NVR_WEB_JSON, 4096, false, handle},
    {NULL},
};

/* One status, the headers that are always there, one empty line. */
static void
check(const struct nvr_buf *out)
{
	const char *end = strstr(out->data, "\r\n\r\n");

	if (strncmp(out->data, "Status: ", 8) != 0 || end == NULL ||
	    strlen(out->data) > out->len)
		abort();
	for (const char *p = out->data; p < end; p++)
		if ((*p == '\n' && p[-1] != '\r') || *p < 0)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct nvr_web_site site;
	const struct nvr_web w = {&site, routes, NULL, tell};
	char *text = malloc(len + 2), *env[MOST + 1] = {NULL};
	struct nvr_buf out = {0};
	struct nvr_error err;
	struct rest rest;
	size_t at = 0;

	if (text == NULL ||
	    nvr_web_site_init(&site, "https://a.b", "", &err) != 0)
		abort();
	memcpy(text, data, len);
	text[len] = text[len + 1] = '\0';
	for (int n = 0; n < MOST && at < len && text[at] != '\0'; n++) {
		env[n] = text + at;
		at += strlen(text + at) + 1;
	}
	if (at < len)
		at++;
	else
		at = len;
	rest = (struct rest){text + at, len - at};
	if (nvr_web_answer(&w, env,
		&(const struct nvr_web_source){read_rest, &rest}, &out,
		&err) == 0)
		check(&out);
	nvr_buf_release(&out);
	free(text);
	return 0;
}
