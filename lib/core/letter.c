/* Messages to people; see letter.h. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/id.h"
#include "base/text.h"
#include "core/letter.h"
#include "core/mail.h"
#include "core/portal.h"

#define NAME_MAX_LEN 32 /* of a value */
#define AGENT 60	/* characters of what a browser says it is */
#define NUMBER_MIN 7	/* digits of a telephone number; ITU-T E.164 */
#define NUMBER_MAX 15

/* The pages that links lead to. */
static const struct {
	const char *text, *path;
} paths[] = {
    {"verify", "verify"},
    {"reset", "reset"},
    {"address-confirm", "address"},
    {"address-changed", "undo"},
};

struct filling {
	struct nvr_state *s;
	const struct nvr_letter *l;
	int64_t id; /* of the outbox's row, and the Message-ID */
	int64_t now;
	struct nvr_buf *out;
	struct nvr_error *err;
};

const char *
nvr_letter_day(int64_t t, char buf[NVR_TIME_TEXT])
{
	nvr_time_format(t, buf);
	buf[strcspn(buf, "T")] = '\0';
	return buf;
}

const char *
nvr_letter_time(int64_t t, char buf[NVR_TIME_TEXT])
{
	char *at;

	nvr_time_format(t, buf);
	at = strchr(buf, 'T');
	if (at != NULL) {
		*at = ' ';
		strlcpy(at + 6, " UTC", NVR_TIME_TEXT - (size_t)(at + 6 - buf));
	}
	return buf;
}

bool
nvr_letter_ready(const struct nvr_state *s)
{
	return s->rules != NULL && s->rules->mail_from[0] != '\0' &&
	       s->rules->url[0] != '\0';
}

static int
put_url(const struct nvr_state *s, struct nvr_buf *b, struct nvr_error *err)
{
	size_t len = s->rules != NULL ? strlen(s->rules->url) : 0;
	int rc;

	if (len == 0)
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf has no url in [portal]: what links begin with");
	rc = nvr_portal_check(s->rules, err);
	if (rc != 0)
		return rc;
	while (len > 0 && s->rules->url[len - 1] == '/')
		len--;
	return nvr_buf_add(b, s->rules->url, len, err);
}

int
nvr_letter_link(const struct nvr_state *s, const char *text, const char *token,
    struct nvr_buf *ret, struct nvr_error *err)
{
	const char *path = NULL;
	int rc;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strcmp(paths[i].text, text) == 0)
			path = paths[i].path;
	if (path == NULL || token[0] == '\0' ||
	    token[strspn(token, "0123456789abcdef")] != '\0')
		return nvr_fail(err, NVR_E_BUG,
		    "the letter '%s' cannot have such a link", text);
	rc = put_url(s, ret, err);
	return rc == 0 ? nvr_buf_addf(ret, err, "/%s/%s", path, token) : rc;
}

static const char *
find_value(const struct nvr_letter *l, const char *name)
{
	for (int i = 0; i < NVR_LETTER_VALUES && l->value[i].name != NULL; i++)
		if (strcmp(l->value[i].name, name) == 0)
			return l->value[i].value;
	return NULL;
}

/* Without line ends behind the last line. */
static int
put_lines(struct nvr_buf *b, const char *text, struct nvr_error *err)
{
	size_t left = strlen(text);
	int rc = 0;

	while (left > 0 && text[left - 1] == '\n')
		left--;
	while (rc == 0 && left > 0) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);

		rc = line != NULL ? nvr_line_text(b, line, err)
				  : nvr_fail_nomem(err);
		free(line);
		left -= len;
		text += len;
		if (rc == 0 && left > 0) {
			rc = nvr_buf_add(b, "\n", 1, err);
			left--;
			text++;
		}
	}
	return rc;
}

/* What a browser says it is, as a letter of ours may repeat it: so that no mail
 * program makes a link of it, with dots between digits alone.  "" where it says
 * more than browsers do. */
static void
plain_agent(const char *agent, char out[AGENT + 1])
{
	size_t n = 0;

	for (const char *p = agent; *p != '\0' && n < AGENT; p++) {
		bool dot = *p == '.' && p > agent &&
			   isdigit((unsigned char)p[-1]) &&
			   isdigit((unsigned char)p[1]);

		if (dot || isalnum((unsigned char)*p) ||
		    strchr(" _()-", *p) != NULL)
			out[n++] = *p;
		else if (strchr("/:;,", *p) != NULL &&
			 strncmp(p, "://", 3) != 0)
			out[n++] = ' ';
		else {
			n = 0;
			break;
		}
	}
	out[n] = '\0';
	while (n > 0 && out[n - 1] == ' ')
		out[--n] = '\0';
}

static int
put_where(struct filling *f)
{
	const struct nvr_actor *a = &f->s->actor;
	char agent[AGENT + 1];
	int rc;

	if (a->address == NULL)
		return nvr_buf_addf(f->out, f->err, "by %s",
		    a->who != NULL ? "who runs the service" : "yourself");
	rc = nvr_buf_addf(f->out, f->err, "from ");
	if (rc == 0)
		rc = nvr_line_text(f->out, a->address, f->err);
	plain_agent(nvr_or_empty(a->agent), agent);
	if (rc == 0 && agent[0] != '\0')
		rc = nvr_buf_addf(f->out, f->err, " with %s", agent);
	return rc;
}

static int
put_value(struct filling *f, const char *name, bool alone)
{
	const char *value = find_value(f->l, name);
	const char *token = find_value(f->l, "token");
	char when[NVR_TIME_TEXT];

	if (value != NULL)
		return alone ? put_lines(f->out, value, f->err)
			     : nvr_line_text(f->out, value, f->err);
	if (strcmp(name, "portal") == 0)
		return nvr_line_text(f->out,
		    f->s->rules->title[0] != '\0' ? f->s->rules->title : "nvr",
		    f->err);
	if (strcmp(name, "url") == 0)
		return put_url(f->s, f->out, f->err);
	if (strcmp(name, "link") == 0 && token != NULL)
		return nvr_letter_link(f->s, f->l->text, token, f->out, f->err);
	if (strcmp(name, "now") == 0)
		return nvr_buf_addf(
		    f->out, f->err, "%s", nvr_letter_time(f->now, when));
	if (strcmp(name, "until") == 0 && f->l->expires != 0)
		return nvr_buf_addf(
		    f->out, f->err, "%s", nvr_letter_time(f->l->expires, when));
	if (strcmp(name, "where") == 0)
		return put_where(f);
	return nvr_fail(
	    f->err, NVR_E_BUG, "the letter '%s' has no {%s}", f->l->text, name);
}

static int
fill(struct filling *f, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	char name[NAME_MAX_LEN];
	int rc = 0;

	while (rc == 0 && p < end) {
		const char *open = memchr(p, '{', (size_t)(end - p));
		const char *close;
		bool alone;

		if (open == NULL)
			open = end;
		rc = nvr_buf_add(f->out, p, (size_t)(open - p), f->err);
		if (rc != 0 || open == end)
			break;
		close = memchr(open, '}', (size_t)(end - open));
		if (close == NULL || close - open > (int)sizeof(name))
			return nvr_fail(f->err, NVR_E_BUG,
			    "the letter '%s' has a brace alone", f->l->text);
		strlcpy(name, open + 1, (size_t)(close - open));
		p = close + 1;
		alone = (open == text || open[-1] == '\n') &&
			(p == end || *p == '\n');
		rc = put_value(f, name, alone);
	}
	return rc;
}

static int
put_head(struct filling *f, struct nvr_buf *mail, const char *subject)
{
	const char *from = f->s->rules->mail_from;
	char id[NVR_ID_TEXT];
	int rc = nvr_mail_address(from, f->err);

	if (rc == 0)
		rc = nvr_mail_recipient(f->l->to, f->err);
	if (rc == 0)
		rc = nvr_mail_date_field(mail, f->now, f->err);
	if (rc == 0)
		rc = nvr_buf_addf(
		    mail, f->err, "From: %s\r\nTo: %s\r\n", from, f->l->to);
	if (rc == 0)
		rc = nvr_mail_text_field(mail, "Subject", subject, f->err);
	if (rc == 0)
		rc = nvr_buf_addf(mail, f->err,
		    "Message-ID: <%s%s>\r\n"
		    "MIME-Version: 1.0\r\n"
		    "Auto-Submitted: auto-generated\r\n"
		    "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		    nvr_id_format(f->id, id), strrchr(from, '@'));
	return rc;
}

static int
put_mail(struct filling *f, const char *text, struct nvr_buf *mail)
{
	const char *body = strstr(text, "\n\n");
	struct nvr_buf subject = {0}, plain = {0};
	struct nvr_quoted quoted = {0};
	struct filling head = *f, rest = *f;
	int rc;

	if (body == NULL)
		return nvr_fail(f->err, NVR_E_BUG,
		    "the letter '%s' has no subject", f->l->text);
	head.out = &subject;
	rest.out = &plain;
	rc = fill(&head, text, (size_t)(body - text));
	if (rc == 0)
		rc = fill(&rest, body + 2, strlen(body + 2));
	if (rc == 0)
		rc = put_head(f, mail, subject.data);
	if (rc == 0)
		rc = nvr_quoted_write(
		    &quoted, mail, plain.data, plain.len, f->err);
	if (rc == 0)
		rc = nvr_quoted_end(&quoted, mail, f->err);
	nvr_buf_wipe(&subject);
	nvr_buf_wipe(&plain);
	return rc;
}

static int
put_sms(struct filling *f, const char *text, struct nvr_buf *message)
{
	const char *to = f->l->to;
	size_t digits = to[0] == '+' ? strspn(to + 1, "0123456789") : 0;

	if (digits < NUMBER_MIN || digits > NUMBER_MAX ||
	    to[digits + 1] != '\0')
		return nvr_fail(f->err, NVR_E_USAGE,
		    "that is no telephone number, as +4930123456");
	if (strchr(text, '\n') != text + strlen(text) - 1)
		return nvr_fail(f->err, NVR_E_BUG,
		    "the letter '%s' is none for SMS", f->l->text);
	f->out = message;
	return fill(f, text, strlen(text) - 1);
}

int
nvr_letter_post(struct nvr_state *s, const struct nvr_letter *l, int64_t *id,
    struct nvr_error *err)
{
	const struct nvr_letter_text *t = nvr_letters;
	struct filling f = {s, l, nvr_id_new(), nvr_time_now(), NULL, err};
	struct nvr_buf message = {0};
	struct nvr_post post = {.id = f.id,
	    .account = l->account,
	    .now = f.now,
	    .expires = l->expires,
	    .channel = l->sms ? "sms" : "mail",
	    .kind = l->text,
	    .to = l->to};
	int rc;

	while (t->name != NULL && strcmp(t->name, l->text) != 0)
		t++;
	if (t->name == NULL)
		return nvr_fail(err, NVR_E_BUG, "no letter '%s'", l->text);
	if (s->rules == NULL || (!l->sms && s->rules->mail_from[0] == '\0'))
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf has no mail-from in [portal]: who letters are "
		    "from");
	rc = l->sms ? put_sms(&f, t->text, &message)
		    : put_mail(&f, t->text, &message);
	if (rc == 0)
		rc = nvr_mail_post(s, &post, &message, id, err);
	nvr_buf_wipe(&message);
	return rc;
}
