/* Writing a mail; see mail.h. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/keys.h"
#include "core/mail.h"
#include "seal/base64.h"
#include "store/outbox.h"

#define LINE 76	      /* without its CRLF */
#define WORD_BYTES 39 /* of text in an encoded word, behind `Subject: ` too */
#define LINE_BYTES 57 /* of data in a line of base64 */
#define LOCAL_MAX 64  /* RFC 5321, 4.5.3.1 */
#define DOMAIN_MAX 255
#define ADDRESS_MAX 254 /* a path of 256 with its brackets */

static bool
is_atext(char c)
{
	return isalnum((unsigned char)c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Atoms between dots; wide: RFC 6532, 3.2. */
static bool
is_dot_atom(const char *text, size_t len, bool wide)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '.'
			? i == 0 || i + 1 == len || text[i + 1] == '.'
			: !is_atext(text[i]) &&
			      !(wide && (unsigned char)text[i] >= 0x80))
			return false;
	return len > 0;
}

/* Letters, digits and hyphens between dots (RFC 1123, 2.1). */
static bool
is_host(const char *text, bool wide)
{
	size_t len;

	do {
		len = strcspn(text, ".");
		if (len == 0 || len > 63 || text[0] == '-' ||
		    text[len - 1] == '-')
			return false;
		for (size_t i = 0; i < len; i++)
			if (!isalnum((unsigned char)text[i]) &&
			    text[i] != '-' &&
			    !(wide && (unsigned char)text[i] >= 0x80))
				return false;
		text += len + (text[len] == '.');
	} while (text[0] != '\0');
	return text[-1] != '.';
}

/* wide: not ASCII is fine, as it is. */
static int
check_address(const char *text, bool wide, struct nvr_error *err)
{
	const char *at = strrchr(text, '@');
	size_t local = at != NULL ? (size_t)(at - text) : 0;
	char safe[96];

	nvr_text_safe(text, safe, sizeof(safe));
	if (strpbrk(text, " ,;<>\t\r\n") != NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is not one bare address, as jane@example.org", safe);
	if (at == NULL || !is_dot_atom(text, local, wide) ||
	    !is_host(at + 1, wide) || !nvr_text_printable(text))
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is no mail address, as jane@example.org", safe);
	if (local > LOCAL_MAX || strlen(at + 1) > DOMAIN_MAX ||
	    strlen(text) > ADDRESS_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "the mail address '%s…' is too long", safe);
	return 0;
}

int
nvr_mail_address(const char *text, struct nvr_error *err)
{
	char safe[96];

	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return nvr_fail(err, NVR_E_USAGE,
			    "'%s' is not ASCII: a mail server need not take "
			    "it; write the domain as xn--…",
			    nvr_text_safe(text, safe, sizeof(safe)));
	return check_address(text, false, err);
}

int
nvr_mail_recipient(const char *text, struct nvr_error *err)
{
	return check_address(text, true, err);
}

static bool
is_plain(const char *name, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	/* What looks like an encoded word would be decoded. */
	return strlen(name) + 2 + len <= LINE && strstr(text, "=?") == NULL;
}

/* The bytes of whole characters that fit an encoded word. */
static size_t
word_length(const char *text)
{
	size_t len = 0;
	unsigned c;

	while (text[len] != '\0') {
		int n = nvr_utf8_next(text + len, &c);

		if (len + (size_t)n > WORD_BYTES)
			break;
		len += (size_t)n;
	}
	return len;
}

int
nvr_mail_text_field(struct nvr_buf *b, const char *name, const char *text,
    struct nvr_error *err)
{
	char safe[512];
	int rc;

	nvr_text_safe(text, safe, sizeof(safe));
	text = safe;
	if (is_plain(name, text))
		return nvr_buf_addf(b, err, "%s: %s\r\n", name, text);
	rc = nvr_buf_addf(b, err, "%s:", name);
	while (rc == 0 && *text != '\0') {
		size_t len = word_length(text);

		rc = nvr_buf_addf(b, err, " =?UTF-8?B?");
		if (rc == 0)
			rc = nvr_base64_add(b, text, len, err);
		if (rc == 0)
			rc = nvr_buf_addf(b, err, "?=\r\n");
		text += len;
	}
	return rc;
}

int
nvr_mail_date_field(struct nvr_buf *b, int64_t at, struct nvr_error *err)
{
	static const char day[][4] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char month[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)(at / NVR_SECOND);
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return nvr_fail(
		    err, NVR_E_USAGE, "a time beyond all calendars");
	return nvr_buf_addf(b, err,
	    "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", day[tm.tm_wday],
	    tm.tm_mday, month[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

/* One character as it stands in a line; a soft break when it does not fit. */
static int
put(struct nvr_quoted *q, struct nvr_buf *b, char c, bool coded,
    struct nvr_error *err)
{
	int width = coded ? 3 : 1, rc = 0;

	if (q->column + width > LINE - 1) {
		rc = nvr_buf_add(b, "=\r\n", 3, err);
		q->column = 0;
	}
	q->column += width;
	if (rc != 0)
		return rc;
	return coded ? nvr_buf_addf(b, err, "=%02X", (unsigned char)c)
		     : nvr_buf_add(b, &c, 1, err);
}

static int
put_space(
    struct nvr_quoted *q, struct nvr_buf *b, bool coded, struct nvr_error *err)
{
	char c = q->space;

	q->space = '\0';
	return c != '\0' ? put(q, b, c, coded, err) : 0;
}

int
nvr_quoted_write(struct nvr_quoted *q, struct nvr_buf *b, const char *data,
    size_t len, struct nvr_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < len; i++) {
		char c = data[i];

		rc = put_space(q, b, c == '\n', err);
		if (rc != 0)
			break;
		if (c == '\n') {
			rc = nvr_buf_add(b, "\r\n", 2, err);
			q->column = 0;
		} else if (c == ' ' || c == '\t') {
			q->space = c;
		} else {
			rc = put(q, b, c, c < '!' || c > '~' || c == '=', err);
		}
	}
	return rc;
}

int
nvr_quoted_end(struct nvr_quoted *q, struct nvr_buf *b, struct nvr_error *err)
{
	int rc = put_space(q, b, true, err);

	if (rc == 0 && q->column > 0)
		rc = nvr_buf_add(b, "\r\n", 2, err);
	q->column = 0;
	return rc;
}

int
nvr_mail_base64(
    struct nvr_buf *b, const void *data, size_t len, struct nvr_error *err)
{
	const char *p = data;
	int rc = 0;

	while (rc == 0 && len > 0) {
		size_t n = len < LINE_BYTES ? len : LINE_BYTES;

		rc = nvr_base64_add(b, p, n, err);
		if (rc == 0)
			rc = nvr_buf_add(b, "\r\n", 2, err);
		p += n;
		len -= n;
	}
	return rc;
}

int
nvr_mail_post(struct nvr_state *s, const struct nvr_post *p,
    const struct nvr_buf *message, int64_t *id, struct nvr_error *err)
{
	struct nvr_outgoing o = {.id = p->id != 0 ? p->id : nvr_id_new(),
	    .contact_id = p->contact,
	    .optional = p->optional,
	    .account_id = p->account,
	    .created_at = p->now,
	    .expires_at = p->expires,
	    .channel = p->channel,
	    .kind = p->kind};
	struct nvr_column to = {"outbox", "recipient", o.id};
	struct nvr_column what = {"outbox", "message", o.id};
	struct nvr_buf sealed[2] = {{0}, {0}};
	int rc = nvr_sealed_put(
	    s, p->account, &to, p->to, strlen(p->to), &sealed[0], err);
	if (rc == 0)
		rc = nvr_sealed_put(s, p->account, &what, message->data,
		    message->len, &sealed[1], err);
	o.recipient = sealed[0].data;
	o.recipient_len = sealed[0].len;
	o.message = sealed[1].data;
	o.message_len = sealed[1].len;
	if (rc == 0)
		rc = nvr_outbox_add(s->store, &o, err);
	if (rc == 0)
		*id = o.id;
	nvr_buf_release(&sealed[0]);
	nvr_buf_release(&sealed[1]);
	return rc;
}
