/* A value of a page, by the context that it goes to; see template.h. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/size.h"
#include "base/time.h"
#include "web/template_int.h"

struct putting {
	const json_t *v;
	const struct nvr_web_view *view;
	struct nvr_buf *out;
	struct nvr_error *err;
};

static int
bad_type(const struct putting *p, const char *type)
{
	return nvr_fail(p->err, NVR_E_BUG, "the value is no %s", type);
}

static int
put_text(const struct putting *p)
{
	const char *s = json_string_value(p->v);

	return s != NULL ? nvr_html_text(p->out, s, p->err)
			 : bad_type(p, "string");
}

static int
put_attr(const struct putting *p)
{
	const char *s = json_string_value(p->v);

	return s != NULL ? nvr_html_attr(p->out, s, p->err)
			 : bad_type(p, "string");
}

/* Unreserved characters stay (RFC 3986, 2.3). */
static int
put_part(const struct putting *p)
{
	static const char HEX[] = "0123456789ABCDEF";
	const char *s = json_string_value(p->v);
	int rc = 0;

	if (s == NULL)
		return bad_type(p, "string");
	for (; rc == 0 && *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		const char esc[] = {'%', HEX[c >> 4], HEX[c & 15]};
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') ||
			     strchr("-._~", c) != NULL;

		rc = plain ? nvr_buf_add(p->out, s, 1, p->err)
			   : nvr_buf_add(p->out, esc, sizeof(esc), p->err);
	}
	return rc;
}

static int
put_int(const struct putting *p)
{
	return json_is_integer(p->v)
		   ? nvr_buf_addf(p->out, p->err, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(p->v))
		   : bad_type(p, "whole number");
}

static int
put_number(const struct putting *p)
{
	double d = json_number_value(p->v);

	if (!json_is_number(p->v) || !isfinite(d))
		return bad_type(p, "number");
	return nvr_buf_addf(p->out, p->err, "%.1f", d);
}

static int
put_size(const struct putting *p)
{
	char text[NVR_SIZE_TEXT];

	if (!json_is_integer(p->v) || json_integer_value(p->v) < 0)
		return bad_type(p, "number of bytes");
	return nvr_buf_addf(p->out, p->err, "%s",
	    nvr_size_about(json_integer_value(p->v), text));
}

/* To two units, so that it can be taken in at a glance. */
static void
span_text(int64_t us, char *buf, size_t size)
{
	static const struct {
		int64_t us;
		const char *unit;
	} units[] = {{NVR_DAY, "d"}, {NVR_HOUR, "h"}, {NVR_MINUTE, "min"},
	    {NVR_SECOND, "s"}};
	size_t i = 0;

	while (i < 3 && us < units[i].us)
		i++;
	snprintf(buf, size, "%" PRId64 " %s", us / units[i].us, units[i].unit);
	if (i < 3 && us % units[i].us >= units[i + 1].us)
		snprintf(buf + strlen(buf), size - strlen(buf),
		    " %" PRId64 " %s", us % units[i].us / units[i + 1].us,
		    units[i + 1].unit);
}

static int
put_span(const struct putting *p)
{
	char text[64];

	if (!json_is_integer(p->v) || json_integer_value(p->v) < 0)
		return bad_type(p, "duration");
	span_text(json_integer_value(p->v), text, sizeof(text));
	return nvr_buf_addf(p->out, p->err, "%s", text);
}

/* `2026-11-22 21:40`, of clocks that are that far ahead of UTC. */
static bool
clock_text(int64_t t, int64_t offset, char *buf, size_t size)
{
	time_t at = (time_t)(t / NVR_SECOND + offset);
	struct tm tm;

	return t >= 0 && t <= NVR_TIME_MAX && gmtime_r(&at, &tm) != NULL &&
	       strftime(buf, size, "%Y-%m-%d %H:%M", &tm) > 0;
}

/* The element around what people read of a moment. */
static int
put_moment(const struct putting *p, bool ago)
{
	int64_t t = json_integer_value(p->v), since = p->view->now - t;
	char utc[32], local[32], span[64], iso[NVR_TIME_TEXT];
	int64_t offset = 0;

	if (!json_is_integer(p->v) || !clock_text(t, 0, utc, sizeof(utc)))
		return bad_type(p, "moment");
	if (p->view->zone != NULL)
		offset = nvr_zone_span(p->view->zone, t / NVR_SECOND).offset;
	clock_text(t, offset, local, sizeof(local));
	span_text(since < 0 ? -since : since, span, sizeof(span));
	return nvr_buf_addf(p->out, p->err,
	    "<time datetime=\"%s\" title=\"%s UTC\">%s%s</time>",
	    nvr_time_format(t, iso), utc, ago ? span : local,
	    !ago	? ""
	    : since < 0 ? " ahead"
			: " ago");
}

static int
put_time(const struct putting *p)
{
	return put_moment(p, false);
}

static int
put_ago(const struct putting *p)
{
	return put_moment(p, true);
}

int
nvr_web_put(const char *how, const json_t *v, const struct nvr_web_view *view,
    struct nvr_buf *out, bool *known, struct nvr_error *err)
{
	static const struct {
		const char *name;
		int (*put)(const struct putting *p);
	} hows[] = {{"text", put_text}, {"attr", put_attr}, {"part", put_part},
	    {"int", put_int}, {"number", put_number}, {"size", put_size},
	    {"span", put_span}, {"time", put_time}, {"ago", put_ago}};
	const struct putting p = {v, view, out, err};

	*known = true;
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		if (strcmp(hows[i].name, how) == 0)
			return v == NULL || json_is_null(v) ? 0
							    : hows[i].put(&p);
	*known = false;
	return 0;
}
