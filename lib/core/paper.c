/* Documents; see paper.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/size.h"
#include "base/text.h"
#include "base/time.h"
#include "base/wrap.h"
#include "core/page.h"
#include "core/paper.h"

#define COLUMNS 79

static void
put(struct nvr_paper *p, const char *text)
{
	if (p->rc == 0)
		p->rc = nvr_buf_add(&p->to, text, strlen(text), p->err);
}

static void
put_html(struct nvr_paper *p, const char *before, const char *text,
    const char *after)
{
	put(p, before);
	if (p->rc == 0)
		p->rc = nvr_html_text(&p->to, text, p->err);
	put(p, after);
}

static void
put_wrapped(struct nvr_paper *p, int indent, const char *text)
{
	if (p->rc == 0)
		p->rc = nvr_wrap(&p->to, indent, COLUMNS, text, p->err);
}

static void
put_underlined(struct nvr_paper *p, const char *text, const char *line)
{
	put_wrapped(p, 0, text);
	for (int i = nvr_columns(text); i > 0; i--)
		put(p, line);
	put(p, "\n");
}

/* Takes what is to be under the key of the object. */
static void
set(struct nvr_paper *p, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0 && p->rc == 0)
		p->rc = nvr_fail_nomem(p->err);
}

void
nvr_paper_begin(struct nvr_paper *p, enum nvr_paper_format format,
    const char *title, struct nvr_error *err)
{
	*p = (struct nvr_paper){.format = format, .err = err};
	if (format == NVR_PAPER_JSON) {
		p->all = json_object();
		if (p->all == NULL)
			p->rc = nvr_fail_nomem(err);
	} else if (format == NVR_PAPER_TEXT) {
		put_underlined(p, title, "=");
	} else {
		put(p, nvr_page_head);
		put_html(p, "<title>", title, "</title>\n");
		put(p, nvr_page_style);
		put_html(p, "<body>\n<main>\n<h1>", title, "</h1>\n");
	}
}

int
nvr_paper_end(struct nvr_paper *p, struct nvr_buf *ret)
{
	if (p->format == NVR_PAPER_HTML)
		put(p, "</main>\n</body>\n</html>\n");
	if (p->format == NVR_PAPER_JSON && p->rc == 0) {
		char *text = json_dumps(p->all, JSON_COMPACT);

		if (text == NULL)
			p->rc = nvr_fail_nomem(p->err);
		else
			put(p, text);
		put(p, "\n");
		free(text);
	}
	json_decref(p->all);
	nvr_buf_wipe(&p->line);
	if (p->rc == 0)
		*ret = p->to;
	else
		nvr_buf_wipe(&p->to);
	return p->rc;
}

void
nvr_paper_heading(struct nvr_paper *p, const char *text)
{
	if (p->format == NVR_PAPER_HTML)
		put_html(p, "<h2>", text, "</h2>\n");
	if (p->format != NVR_PAPER_TEXT)
		return;
	put(p, "\n");
	put_underlined(p, text, "-");
}

void
nvr_paper_say(struct nvr_paper *p, const char *text)
{
	if (p->format == NVR_PAPER_HTML)
		put_html(p, "<p>", text, "</p>\n");
	else if (p->format == NVR_PAPER_TEXT)
		put_wrapped(p, 0, text);
}

void
nvr_paper_sayf(struct nvr_paper *p, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	nvr_paper_say(p, text);
}

/* Facts are a table of two columns, of which the left says what is right. */
static const struct nvr_paper_column fact_columns[] = {
    {"", "What"}, {"", "Which"}, {NULL, NULL}};

static void
start_table(struct nvr_paper *p, const char *caption, bool facts,
    const struct nvr_paper_column *columns)
{
	p->columns = columns;
	p->column = p->cells = 0;
	p->facts = facts;
	if (p->format == NVR_PAPER_TEXT) {
		put(p, "\n");
		put_wrapped(p, 0, caption);
	}
	if (p->format != NVR_PAPER_HTML)
		return;
	put_html(p, NVR_PAGE_WIDE "<table><caption>", caption,
	    "</caption><thead><tr>");
	for (; columns->key != NULL; columns++)
		put_html(p, "<th scope=\"col\" class=\"w\">", columns->heading,
		    "</th>");
	put(p, "</tr></thead><tbody>\n");
}

void
nvr_paper_table(struct nvr_paper *p, const char *key, const char *caption,
    const struct nvr_paper_column *columns)
{
	if (p->format == NVR_PAPER_JSON)
		set(p, p->all, key, p->list = json_array());
	start_table(p, caption, false, columns);
}

void
nvr_paper_facts(struct nvr_paper *p, const char *key, const char *caption)
{
	if (p->format == NVR_PAPER_JSON)
		set(p, p->all, key, p->row = json_object());
	start_table(p, caption, true, fact_columns);
}

void
nvr_paper_table_end(struct nvr_paper *p)
{
	if (p->format == NVR_PAPER_HTML)
		put(p, "</tbody></table></div>\n");
	if (p->cells == 0)
		nvr_paper_say(p, "None.");
}

void
nvr_paper_facts_end(struct nvr_paper *p)
{
	nvr_paper_table_end(p);
}

/* Takes the value. */
static void
cell_json(struct nvr_paper *p, json_t *value)
{
	const char *key = p->facts ? p->fact.key : p->columns[p->column].key;

	if (!p->facts && p->column == 0) {
		p->row = json_object();
		if (json_array_append_new(p->list, p->row) != 0 && p->rc == 0)
			p->rc = nvr_fail_nomem(p->err);
	}
	if (p->rc == 0)
		set(p, p->row, key, value);
	else
		json_decref(value);
}

static void
cell_html(struct nvr_paper *p, const char *text)
{
	bool head = p->column == 0;

	put(p, head ? "<tr>" : "");
	put_html(p,
	    head ? "<th scope=\"row\" class=\"w\">" : "<td class=\"w\">",
	    text != NULL ? text : "\xe2\x80\x93", head ? "</th>" : "</td>");
	put(p, p->columns[p->column + 1].key == NULL ? "</tr>\n" : "");
}

/* The first one stands out, the others follow below it, each with its name. */
static void
cell_text(struct nvr_paper *p, const char *text)
{
	bool fact = p->facts && p->column == 1;
	bool last = p->columns[p->column + 1].key == NULL;

	if (p->column == 0 && !p->facts)
		put_wrapped(p, 2, text != NULL ? text : "-");
	else if (text != NULL && p->column > 0)
		p->rc = nvr_buf_addf(&p->line, p->err, "%s%s: %s",
		    p->line.len > 0 ? "; " : "",
		    fact ? p->fact.heading : p->columns[p->column].heading,
		    text);
	if (!last || p->line.len == 0)
		return;
	put_wrapped(p, fact ? 2 : 4, p->line.data);
	p->line.len = 0;
}

/* text: for people; NULL: there is nothing to read. */
static void
cell(struct nvr_paper *p, const char *text)
{
	if (p->rc != 0)
		return;
	p->cells++;
	if (p->format == NVR_PAPER_HTML)
		cell_html(p, text);
	else
		cell_text(p, text);
	if (p->columns[++p->column].key == NULL)
		p->column = 0;
}

/* The same for both kinds of readers; takes the value. */
static void
put_cell(struct nvr_paper *p, const char *text, json_t *value)
{
	if (p->format != NVR_PAPER_JSON) {
		json_decref(value);
		cell(p, text);
		return;
	}
	cell_json(p, value);
	if (!p->facts && p->columns[++p->column].key == NULL)
		p->column = 0;
}

void
nvr_paper_fact(struct nvr_paper *p, const char *key, const char *label)
{
	p->fact = (struct nvr_paper_column){key, label};
	if (p->format != NVR_PAPER_JSON)
		cell(p, label);
}

/* As it may be shown; NULL when memory is short. */
static json_t *
safe_string(struct nvr_paper *p, const char *text)
{
	struct nvr_buf safe = {0};
	json_t *s = NULL;
	int rc = nvr_line_text(&safe, text, p->err);

	if (rc == 0)
		s = json_string(nvr_or_empty(safe.data));
	if (p->rc == 0 && s == NULL)
		p->rc = rc != 0 ? rc : nvr_fail_nomem(p->err);
	nvr_buf_release(&safe);
	return s;
}

void
nvr_paper_text(struct nvr_paper *p, const char *value, const char *instead)
{
	bool any = value != NULL && value[0] != '\0';

	put_cell(p, any ? value : instead,
	    any ? safe_string(p, value) : json_null());
}

void
nvr_paper_words(struct nvr_paper *p, json_t *words)
{
	struct nvr_buf all = {0};
	json_t *safe = json_array(), *word;
	size_t i;

	json_array_foreach(words, i, word)
	{
		const char *text = json_string_value(word);

		if (p->rc == 0)
			p->rc = nvr_buf_addf(&all, p->err, "%s%s",
			    i > 0 ? ", " : "", nvr_or_empty(text));
		json_array_append_new(safe, safe_string(p, nvr_or_empty(text)));
	}
	json_decref(words);
	put_cell(p, all.data, safe);
	nvr_buf_release(&all);
}

void
nvr_paper_int(struct nvr_paper *p, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, n);
	put_cell(p, text, json_integer(n));
}

void
nvr_paper_bool(struct nvr_paper *p, bool yes)
{
	put_cell(p, yes ? "yes" : "no", json_boolean(yes));
}

void
nvr_paper_time(struct nvr_paper *p, int64_t t, const char *instead)
{
	char text[NVR_TIME_TEXT];

	if (t == 0) {
		put_cell(p, instead, json_null());
		return;
	}
	nvr_time_format(t, text);
	put_cell(p, text, json_string(text));
}

void
nvr_paper_duration(struct nvr_paper *p, int64_t us, const char *instead)
{
	char text[NVR_TIME_TEXT];

	put_cell(p, us != 0 ? nvr_duration_format(us, text) : instead,
	    us != 0 ? json_integer(us / NVR_MILLISECOND) : json_null());
}

void
nvr_paper_size(struct nvr_paper *p, int64_t bytes, const char *instead)
{
	char text[NVR_SIZE_TEXT];

	put_cell(p, bytes != 0 ? nvr_size_format(bytes, text) : instead,
	    bytes != 0 ? json_integer(bytes) : json_null());
}
