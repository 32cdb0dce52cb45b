/* Mail: by SMTP, or a program that is called as sendmail is; see deliver.h. */
#include <string.h>
#include <sysexits.h>

#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "core/deliver_int.h"
#include "core/exec.h"
#include "core/mail.h"

#define SECRET_MAX 4096
#define OUTPUT_MAX 65536

int
nvr_courier_secret(const char *key, const char *path, struct nvr_buf *ret,
    struct nvr_error *err)
{
	int rc;

	if (ret->data != NULL)
		return 0;
	if (path[0] == '\0')
		return nvr_buf_add(ret, "", 0, err);
	rc = nvr_file_read_secret(path, SECRET_MAX, ret, err);
	if (rc == 0 && ret->data != NULL) {
		ret->len = strcspn(ret->data, "\r\n");
		ret->data[ret->len] = '\0';
	}
	if (rc == 0 && (ret->len == 0 || !nvr_text_printable(ret->data)))
		rc = nvr_fail(err, NVR_E_CONFIG, "no secret is in its file");
	if (rc == 0)
		return 0;
	nvr_buf_wipe(ret);
	return nvr_prefix(err, "%s in [notify] of nvr.conf", key);
}

/* smtp://host, smtps://host, and a port; nothing else. */
static bool
is_server(const char *url)
{
	const char *host = strstr(url, "://"), *colon, *wrong = NULL;
	struct nvr_error ignored;
	struct nvr_url u = {0};
	char port[8] = "";
	bool good =
	    nvr_url_parse(url, &u, &ignored) == 0 && u.user == NULL &&
	    u.password == NULL &&
	    (strcmp(u.scheme, "smtp") == 0 || strcmp(u.scheme, "smtps") == 0);

	nvr_url_release(&u);
	if (!good)
		return false;
	host += 3;
	url = host + strcspn(host, "/?#");
	colon = memrchr(host, ':', (size_t)(url - host));
	if (colon != NULL &&
	    memchr(colon, ']', (size_t)(url - colon)) == NULL) {
		strlcpy(port, colon + 1, sizeof(port));
		port[strcspn(port, "/")] = '\0';
		strtonum(port, 1, 65535, &wrong);
	}
	return wrong == NULL && (url[0] == '\0' || strcmp(url, "/") == 0);
}

int
nvr_deliver_check(const struct nvr_notify_rules *r, struct nvr_error *err)
{
	if (r->smtp[0] != '\0' && !is_server(r->smtp))
		return nvr_fail(err, NVR_E_CONFIG,
		    "smtp in [notify] of nvr.conf is smtp://host:port or "
		    "smtps://host:port");
	if (r->smtp[0] != '\0' && r->sendmail[0] != '\0')
		return nvr_fail(err, NVR_E_CONFIG,
		    "mail goes by smtp or sendmail in [notify] of nvr.conf, "
		    "not by both");
	if (r->sendmail[0] != '\0' && r->sendmail[0] != '/')
		return nvr_fail(err, NVR_E_CONFIG,
		    "sendmail in [notify] of nvr.conf is an absolute path");
	if ((r->smtp_user[0] != '\0') != (r->smtp_password[0] != '\0'))
		return nvr_fail(err, NVR_E_CONFIG,
		    "smtp-user and smtp-password-file in [notify] of nvr.conf "
		    "need each other");
	return 0;
}

/* The bare address of its From. */
static int
find_sender(const char *message, char from[256], struct nvr_error *err)
{
	const char *p = message;
	size_t len = 0;

	while (p != NULL && strncmp(p, "From: ", 6) != 0 &&
	       strncmp(p, "\r\n", 2) != 0) {
		p = strstr(p, "\r\n");
		p = p != NULL ? p + 2 : NULL;
	}
	if (p != NULL && *p == 'F')
		len = strcspn(p += 6, "\r\n");
	if (len == 0 || len >= 256)
		return nvr_fail(err, NVR_E_DATA, "the mail has no sender");
	memcpy(from, p, len);
	from[len] = '\0';
	return nvr_mail_address(from, err);
}

static void
by_smtp(struct nvr_courier *c, const char *from, struct nvr_parcel *p)
{
	struct nvr_outcome *o = &p->o;
	const struct nvr_notify_rules *r = &c->s->rules->notify;
	int rc = nvr_courier_secret(
	    "smtp-password-file", r->smtp_password, &c->password, &o->why);
	const struct nvr_smtp_mail m = {.url = r->smtp,
	    .user = r->smtp_user[0] != '\0' ? r->smtp_user : NULL,
	    .password = c->password.data,
	    .tls_ca_file = r->tls_ca[0] != '\0' ? r->tls_ca : NULL,
	    .tls_min = c->d->tls_min,
	    .timeout = r->timeout,
	    .from = from,
	    .to = p->to.data,
	    .message = p->message.data,
	    .len = p->message.len};

	if (rc == 0)
		rc = nvr_deliver_check(r, &o->why);
	if (rc == 0)
		rc = nvr_smtp_send(&c->line, &m, &o->why);
	o->fate = rc == 0	      ? NVR_FATE_SENT
		  : rc == NVR_E_DATA  ? NVR_FATE_DEAD
		  : rc == NVR_E_AGAIN ? NVR_FATE_LATER
				      : NVR_FATE_BLOCKED;
}

/* As text is here: such programs turn the ends of its lines themselves. */
static int
unix_lines(
    const struct nvr_buf *message, struct nvr_buf *ret, struct nvr_error *err)
{
	const char *p = message->data;
	int rc = nvr_buf_reserve(ret, message->len, err);

	while (rc == 0 && *p != '\0') {
		size_t len = strcspn(p, "\r");

		rc = nvr_buf_add(ret, p, len, err);
		p += len + (p[len] == '\r');
	}
	return rc;
}

/* sysexits(3), as sendmail's have been ever since. */
static void
by_program(struct nvr_courier *c, const char *from, struct nvr_parcel *p)
{
	struct nvr_outcome *o = &p->o;
	const struct nvr_notify_rules *r = &c->s->rules->notify;
	const char *args[] = {"-i", "-f", from, "--", p->to.data, NULL};
	int status = -1;
	struct nvr_exec x = {.path = r->sendmail,
	    .args = args,
	    .timeout = r->timeout,
	    .max_output = OUTPUT_MAX,
	    .status = &status};
	struct nvr_buf out = {0}, in = {0};
	int rc = unix_lines(&p->message, &in, &o->why);

	x.in = in.data;
	x.in_len = in.len;
	if (rc == 0)
		rc = nvr_exec_run(&x, &out, &o->why);
	nvr_buf_wipe(&in);
	nvr_buf_release(&out);
	if (rc == 0)
		o->fate = NVR_FATE_SENT;
	else if (status == EX_NOUSER || status == EX_NOHOST ||
		 status == EX_DATAERR)
		o->fate = NVR_FATE_DEAD;
	else if (rc == NVR_E_AGAIN || status == EX_TEMPFAIL)
		o->fate = NVR_FATE_LATER;
	else
		o->fate = NVR_FATE_BLOCKED;
}

void
nvr_send_mail(struct nvr_courier *c, struct nvr_parcel *p)
{
	struct nvr_outcome *o = &p->o;
	char from[256];

	if (p->message.data == NULL || p->to.data == NULL ||
	    nvr_mail_recipient(p->to.data, &o->why) != 0 ||
	    find_sender(p->message.data, from, &o->why) != 0) {
		/* What says why may repeat an address. */
		nvr_fail(&o->why, NVR_E_DATA,
		    "the mail has no sender or no recipient");
		o->fate = NVR_FATE_DEAD;
		return;
	}
	if (c->s->rules->notify.smtp[0] != '\0')
		by_smtp(c, from, p);
	else
		by_program(c, from, p);
}
