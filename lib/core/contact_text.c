/*
 * Alerts in words, from the texts of share/alerts: `{name}` stands for a value.
 * A line of its own whose values are all empty is left out.  words.txt has a
 * line for each kind of alert and what became of it; `*` is any other kind.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/id.h"
#include "base/text.h"
#include "core/contact_int.h"
#include "core/letter.h"
#include "core/mail.h"

#define SMS_MAX 300  /* bytes, which is two of them */
#define WHY_MAX 1000 /* bytes of a reason */

struct value {
	const char *name, *text;
	bool raw; /* made by us, with its lines */
};
/* The last one's name is NULL. */
struct filling {
	const struct value *value;
	bool html;
	struct nvr_buf *out;
	struct nvr_error *err;
};

static const char *
text_of(const char *name)
{
	const struct nvr_alert_text *t = nvr_alert_texts;

	while (t->name != NULL && strcmp(t->name, name) != 0)
		t++;
	return nvr_or_empty(t->text);
}

static const struct value *
find(const struct filling *f, const char *name, size_t len)
{
	for (const struct value *v = f->value; v->name != NULL; v++)
		if (strlen(v->name) == len && strncmp(v->name, name, len) == 0)
			return v;
	return NULL;
}

static int
put(struct filling *f, const struct value *v)
{
	if (v == NULL || v->text == NULL)
		return 0;
	if (v->raw)
		return nvr_buf_add(f->out, v->text, strlen(v->text), f->err);
	return f->html ? nvr_html_text(f->out, v->text, f->err)
		       : nvr_line_text(f->out, v->text, f->err);
}

/* One line of a text, without its end.  *said: it has a value, or none was to
 * stand in it. */
static int
fill_line(struct filling *f, const char *line, size_t len, bool *said)
{
	const char *end = line + len;
	bool asked = false, any = false;
	int rc = 0;

	while (rc == 0 && line < end) {
		const char *open = memchr(line, '{', (size_t)(end - line));
		const char *close =
		    open != NULL ? memchr(open, '}', (size_t)(end - open))
				 : NULL;
		const struct value *v;

		if (close == NULL)
			open = end;
		rc = nvr_buf_add(f->out, line, (size_t)(open - line), f->err);
		if (rc != 0 || open == end)
			break;
		v = find(f, open + 1, (size_t)(close - open - 1));
		asked = true;
		any = any || (v != NULL && nvr_or_empty(v->text)[0] != '\0');
		rc = put(f, v);
		line = close + 1;
	}
	*said = any || !asked;
	return rc;
}

static int
fill(struct filling *f, const char *text)
{
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		size_t len = strcspn(text, "\n"), start = f->out->len;
		bool said = false;

		rc = fill_line(f, text, len, &said);
		if (rc == 0 && !said)
			f->out->len = start;
		else if (rc == 0 && text[len] == '\n')
			rc = nvr_buf_add(f->out, "\n", 1, f->err);
		text += len + (text[len] == '\n');
	}
	if (rc == 0 && f->out->data != NULL)
		f->out->data[f->out->len] = '\0';
	return rc;
}

/* The words for it; NULL: there are none. */
static const char *
words(const char *kind, const char *what, size_t *len)
{
	const char *p = text_of("words");
	size_t k = strlen(kind), w = strlen(what);

	for (; *p != '\0'; p += strcspn(p, "\n") + 1) {
		if (strncmp(p, kind, k) != 0 || p[k] != ' ' ||
		    strncmp(p + k + 1, what, w) != 0 || p[k + 1 + w] != '\t')
			continue;
		p += k + w + 2;
		*len = strcspn(p, "\n");
		return p;
	}
	return NULL;
}

static int
say(const char *kind, const char *what, const struct value *v,
    struct nvr_buf *out, struct nvr_error *err)
{
	struct filling f = {v, false, out, err};
	size_t len = 0;
	const char *p = words(kind, what, &len);
	bool said;

	if (p == NULL)
		p = words("*", what, &len);
	return p != NULL ? fill_line(&f, p, len, &said) : 0;
}

/* `The camera door sends no pictures` */
static int
put_line(
    const struct nvr_alert_news *n, struct nvr_buf *out, struct nvr_error *err)
{
	const struct value v[] = {{"kind", n->kind, false},
	    {"subject", n->subject, false}, {NULL, NULL, false}};
	struct nvr_buf line = {0};
	size_t len;
	bool own = strcmp(n->what, "opened") == 0 ||
		   strcmp(n->what, "closed") == 0 ||
		   words(n->kind, n->what, &len) != NULL;
	/* Others go by what was told when it opened. */
	int rc =
	    say(n->kind, own ? n->what : "opened", v, own ? out : &line, err);

	if (rc == 0 && line.len > 0) {
		const struct value l[] = {
		    {"line", line.data, true}, {NULL, NULL, false}};

		rc = say("*", n->what, l, out, err);
	}
	nvr_buf_release(&line);
	return rc;
}

/* Of a message: what there is to say in a line. */
static int
put_headline(const struct nvr_contact_message *m, struct nvr_buf *out,
    struct nvr_error *err)
{
	char count[24];
	const struct value v[] = {{"count", count, false}, {NULL, NULL, false}};

	if (m->n == 1)
		return put_line(&m->news[0], out, err);
	snprintf(count, sizeof(count), "%zu", m->n);
	return say("*", "many", v, out, err);
}

static int
put_item(const struct nvr_alert_news *n, bool html, struct nvr_buf *out,
    struct nvr_error *err)
{
	char since[NVR_TIME_TEXT], why[WHY_MAX];
	struct nvr_buf line = {0};
	int rc = put_line(n, &line, err);

	if (rc == 0) {
		const struct value v[] = {{"line", line.data, false},
		    {"site", n->site, false},
		    {"severity", nvr_severity_names[n->severity], false},
		    {"since", nvr_letter_time(n->since, since), false},
		    {"why", nvr_text_safe(nvr_or_empty(n->why), why, WHY_MAX),
			false},
		    {NULL, NULL, false}};
		struct filling f = {v, html, out, err};

		rc = fill(&f, text_of(html ? "item-html" : "item"));
	}
	nvr_buf_release(&line);
	return rc;
}

static int
put_items(const struct nvr_contact_message *m, bool html, struct nvr_buf *out,
    struct nvr_error *err)
{
	size_t shown = m->n < NVR_TOLD_MOST ? m->n : NVR_TOLD_MOST;
	char count[24];
	const struct value v[] = {{"count", count, false}, {NULL, NULL, false}};
	struct filling f = {v, html, out, err};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < shown; i++) {
		if (i > 0 && !html)
			rc = nvr_buf_add(out, "\n", 1, err);
		if (rc == 0)
			rc = put_item(&m->news[i], html, out, err);
	}
	snprintf(count, sizeof(count), "%zu", m->n - shown);
	if (rc == 0 && shown < m->n)
		rc = nvr_buf_addf(out, err, html ? "<p>" : "\n");
	if (rc == 0 && shown < m->n)
		rc = fill(&f, text_of("more"));
	return rc;
}

static const char *
portal(const struct nvr_contact_message *m)
{
	return m->s->rules->title[0] != '\0' ? m->s->rules->title : "nvr";
}

/* Both bodies, and the subject ahead of the plain one. */
static int
put_body(const struct nvr_contact_message *m, bool html, struct nvr_buf *out,
    struct nvr_error *err)
{
	struct nvr_buf headline = {0}, items = {0}, stop = {0};
	const struct value l[] = {
	    {"link", m->link.data, false}, {NULL, NULL, false}};
	struct filling f = {l, false, &stop, err};
	int rc = put_headline(m, &headline, err);

	if (rc == 0)
		rc = put_items(m, html, &items, err);
	if (rc == 0 && m->link.len > 0)
		rc = fill(&f, text_of("stop"));
	while (stop.len > 0 && stop.data[stop.len - 1] == '\n')
		stop.data[--stop.len] = '\0';
	while (items.len > 0 && items.data[items.len - 1] == '\n')
		items.data[--items.len] = '\0';
	if (rc == 0) {
		const struct value v[] = {{"portal", portal(m), false},
		    {"headline", headline.data, false},
		    {html ? "items-html" : "items", items.data, true},
		    {"url", m->s->rules->url, false},
		    {"stop", stop.data, false}, {NULL, NULL, false}};

		f = (struct filling){v, html, out, err};
		rc = fill(&f, text_of(html ? "html" : "mail"));
	}
	nvr_buf_release(&headline);
	nvr_buf_release(&items);
	nvr_buf_release(&stop);
	return rc;
}

static int
put_head(const struct nvr_contact_message *m, const char *subject,
    struct nvr_buf *out, struct nvr_error *err)
{
	const char *from = m->s->rules->mail_from;
	char id[NVR_ID_TEXT];
	int rc = nvr_mail_date_field(out, m->now, err);

	nvr_id_format(m->id, id);
	if (rc == 0)
		rc = nvr_buf_addf(
		    out, err, "From: %s\r\nTo: %s\r\n", from, m->address);
	if (rc == 0)
		rc = nvr_mail_text_field(out, "Subject", subject, err);
	if (rc == 0 && m->link.len > 0 && !m->essential)
		rc = nvr_buf_addf(out, err,
		    "List-Unsubscribe: <%s>\r\n"
		    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
		    m->link.data);
	if (rc == 0)
		rc = nvr_buf_addf(out, err,
		    "Message-ID: <%s%s>\r\n"
		    "MIME-Version: 1.0\r\n"
		    "Auto-Submitted: auto-generated\r\n"
		    "Content-Type: multipart/alternative;\r\n"
		    " boundary=\"=_A%s\"\r\n\r\n",
		    id, strrchr(from, '@'), id);
	return rc;
}

static int
put_part(const struct nvr_contact_message *m, const char *type,
    const char *text, struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_quoted quoted = {0};
	char id[NVR_ID_TEXT];
	int rc = nvr_buf_addf(out, err,
	    "--=_A%s\r\n"
	    "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	    nvr_id_format(m->id, id), type);

	if (rc == 0)
		rc = nvr_quoted_write(&quoted, out, text, strlen(text), err);
	return rc == 0 ? nvr_quoted_end(&quoted, out, err) : rc;
}

int
nvr_contact_mail(const struct nvr_contact_message *m, struct nvr_buf *out,
    struct nvr_error *err)
{
	struct nvr_buf plain = {0}, html = {0};
	char id[NVR_ID_TEXT], *body = NULL;
	int rc = nvr_mail_address(m->s->rules->mail_from, err);

	if (rc == 0)
		rc = nvr_mail_recipient(m->address, err);
	if (rc == 0)
		rc = put_body(m, false, &plain, err);
	if (rc == 0)
		rc = put_body(m, true, &html, err);
	if (rc == 0 && (body = strstr(plain.data, "\n\n")) == NULL)
		rc = nvr_fail(err, NVR_E_BUG, "the alert has no subject");
	if (rc == 0) {
		*body = '\0';
		rc = put_head(m, plain.data, out, err);
	}
	if (rc == 0)
		rc = put_part(m, "text/plain", body + 2, out, err);
	if (rc == 0)
		rc = put_part(m, "text/html", html.data, out, err);
	if (rc == 0)
		rc = nvr_buf_addf(
		    out, err, "--=_A%s--\r\n", nvr_id_format(m->id, id));
	nvr_buf_release(&plain);
	nvr_buf_release(&html);
	return rc;
}

/* In place: into one.  Those of values are no line feeds any more. */
static const char *
join_lines(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++)
		if (*p != '\n')
			*to++ = *p;
	*to = '\0';
	return text;
}

int
nvr_contact_sms(const struct nvr_contact_message *m, struct nvr_buf *out,
    struct nvr_error *err)
{
	char since[NVR_TIME_TEXT], cut[SMS_MAX];
	const struct nvr_alert_news *one = m->n == 1 ? m->news : NULL;
	struct nvr_buf headline = {0}, text = {0};
	int rc = put_headline(m, &headline, err);

	if (rc == 0) {
		const struct value v[] = {{"portal", portal(m), false},
		    {"headline", headline.data, false},
		    {"site", m->news[0].site, false},
		    {"since", nvr_letter_time(m->news[0].since, since), false},
		    {"why", one != NULL ? one->why : NULL, false},
		    {NULL, NULL, false}};
		struct filling f = {v, false, &text, err};

		rc = fill(&f, text_of("sms"));
	}
	if (rc == 0 && text.data != NULL) {
		nvr_text_safe(join_lines(text.data), cut, sizeof(cut));
		rc = nvr_buf_add(out, cut, strlen(cut), err);
	}
	nvr_buf_release(&headline);
	nvr_buf_release(&text);
	return rc;
}
