/* One writer for TSV, tables and JSON Lines; see out.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/out.h"

void
nvr_out_init(struct nvr_out *o, bool json)
{
	*o = (struct nvr_out){0};
	o->mode = json			  ? NVR_OUT_JSON
		  : isatty(STDOUT_FILENO) ? NVR_OUT_TABLE
					  : NVR_OUT_TSV;
}

void
nvr_out_init_record(struct nvr_out *o, bool json)
{
	*o = (struct nvr_out){0};
	o->mode = json ? NVR_OUT_JSON : NVR_OUT_RECORD;
}

int
nvr_out_failed(void)
{
	static int first;

	if (first == 0 && ferror(stdout))
		first = errno != 0 ? errno : EIO;
	return first;
}

static void __attribute__((noreturn)) out_of_memory(void)
{
	fprintf(stderr, "nvr: out of memory\n");
	exit(-NVR_E_NOMEM);
}

static void
add(struct nvr_out *o, const char *data, size_t len)
{
	struct nvr_error err;

	if (nvr_buf_add(&o->text, data, len, &err) != 0)
		out_of_memory();
}

/* Escapes what would break a line of TSV or a terminal. */
static void
add_escaped(struct nvr_out *o, const char *s)
{
	unsigned c;

	while (*s != '\0') {
		int n = nvr_utf8_next(s, &c);

		if (*s == '\t')
			add(o, "\\t", 2);
		else if (*s == '\n')
			add(o, "\\n", 2);
		else if (*s == '\\')
			add(o, "\\\\", 2);
		else if (n == 0 || nvr_is_control(c))
			add(o, "?", 1);
		else
			add(o, s, (size_t)n);
		s += n > 0 ? n : 1;
	}
}

/* A value of a row, of which text is the TSV form and json the other. */
static void
put(struct nvr_out *o, const char *name, const char *text, json_t *json)
{
	if (o->mode == NVR_OUT_JSON) {
		if (o->row == NULL)
			o->row = json_object();
		if (json == NULL ||
		    json_object_set_new_nocheck(o->row, name, json) != 0)
			out_of_memory();
		return;
	}
	json_decref(json);
	if (o->mode == NVR_OUT_RECORD) {
		add(o, name, strlen(name));
		add(o, ": ", 2);
		add_escaped(o, text);
		add(o, "\n", 1);
		return;
	}
	if (o->more)
		return;
	if (o->column < NVR_OUT_COLUMNS)
		strlcpy(o->head[o->column], name, sizeof(o->head[0]));
	if (o->column++ > 0)
		add(o, "\t", 1);
	add_escaped(o, text);
}

void
nvr_out_text(struct nvr_out *o, const char *name, const char *value)
{
	char safe[4096];
	json_t *j = NULL;

	if (o->mode == NVR_OUT_JSON) {
		j = value == NULL ? json_null() : json_string(value);
		if (j == NULL) /* not UTF-8 */
			j = json_string(
			    nvr_text_safe(value, safe, sizeof(safe)));
	}
	put(o, name, nvr_or_empty(value), j);
}

void
nvr_out_int(struct nvr_out *o, const char *name, int64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%lld", (long long)value);
	put(o, name, buf, o->mode == NVR_OUT_JSON ? json_integer(value) : NULL);
}

void
nvr_out_real(struct nvr_out *o, const char *name, double value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%.4g", value);
	put(o, name, buf, o->mode == NVR_OUT_JSON ? json_real(value) : NULL);
}

void
nvr_out_bool(struct nvr_out *o, const char *name, bool value)
{
	put(o, name, value ? "yes" : "no",
	    o->mode == NVR_OUT_JSON ? json_boolean(value) : NULL);
}

void
nvr_out_id(struct nvr_out *o, const char *name, int64_t id)
{
	char buf[NVR_ID_TEXT];

	nvr_out_text(o, name, nvr_id_format(id, buf));
}

void
nvr_out_time(struct nvr_out *o, const char *name, int64_t t)
{
	char buf[NVR_TIME_TEXT];

	nvr_out_text(o, name, t == 0 ? NULL : nvr_time_format(t, buf));
}

void
nvr_out_json(struct nvr_out *o, const char *name, json_t *value)
{
	char *text = NULL;

	if (o->mode != NVR_OUT_JSON)
		text = json_dumps(value, JSON_COMPACT);
	put(o, name, nvr_or_empty(text), value);
	free(text);
}

void
nvr_out_more(struct nvr_out *o)
{
	o->more = true;
}

/* The columns a text takes on a terminal, one per character. */
static int
width_of(const char *s, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static void
print_cell(const char *s, size_t len, int width, bool last)
{
	printf("%.*s", (int)len, s);
	if (last)
		putchar('\n');
	else
		printf("%*s", width - width_of(s, len) + 2, "");
}

/* Measures the cells of the collected rows, or prints them. */
static void
each_cell(struct nvr_out *o, bool print)
{
	const char *p = o->text.data;
	int column = 0;

	while (p != NULL && *p != '\0') {
		size_t len = strcspn(p, "\t\n");
		int w = width_of(p, len);
		bool last = p[len] == '\n';

		if (print)
			print_cell(p, len,
			    column < NVR_OUT_COLUMNS ? o->width[column] : 0,
			    last);
		else if (column < NVR_OUT_COLUMNS && w > o->width[column])
			o->width[column] = w;
		column = last ? 0 : column + 1;
		p += len + (p[len] != '\0');
	}
}

static void
print_head(struct nvr_out *o)
{
	for (int i = 0; i < o->columns; i++) {
		for (char *p = o->head[i]; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		print_cell(o->head[i], strlen(o->head[i]), o->width[i],
		    i == o->columns - 1);
	}
}

/* Prints what has been collected, under its heads if these are the first. */
static void
print_table(struct nvr_out *o)
{
	bool first = o->columns == 0;

	if (o->text.len == 0)
		return;
	for (int i = 0; first && i < o->column && i < NVR_OUT_COLUMNS; i++)
		o->width[i] = (int)strlen(o->head[i]);
	each_cell(o, false);
	if (first) {
		o->columns =
		    o->column < NVR_OUT_COLUMNS ? o->column : NVR_OUT_COLUMNS;
		print_head(o);
	}
	each_cell(o, true);
	o->text.len = 0;
	o->text.data[0] = '\0';
	fflush(stdout);
	nvr_out_failed();
}

void
nvr_out_stream(struct nvr_out *o)
{
	o->stream = true;
}

void
nvr_out_end(struct nvr_out *o)
{
	size_t how = JSON_COMPACT | JSON_REAL_PRECISION(6);

	if (o->mode == NVR_OUT_JSON) {
		/* A terminal gets nothing that could steer it. */
		if (isatty(STDOUT_FILENO))
			how |= JSON_ENSURE_ASCII;
		json_dumpf(o->row, stdout, how);
		putchar('\n');
		json_decref(o->row);
		o->row = NULL;
	} else if (o->mode != NVR_OUT_RECORD) {
		add(o, "\n", 1);
	}
	if (o->mode == NVR_OUT_TSV || o->mode == NVR_OUT_RECORD) {
		fwrite(o->text.data, 1, o->text.len, stdout);
		o->text.len = 0;
	}
	if (o->mode == NVR_OUT_TABLE && o->stream)
		print_table(o);
	else if (o->stream)
		fflush(stdout);
	nvr_out_failed();
	o->last = o->column;
	o->column = 0;
	o->more = false;
}

void
nvr_out_flush(struct nvr_out *o)
{
	o->column = o->last;
	if (o->mode == NVR_OUT_TABLE)
		print_table(o);
	nvr_buf_release(&o->text);
}
