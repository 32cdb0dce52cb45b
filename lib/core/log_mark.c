/* Signed states of the security log; see log.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/keyfile.h"
#include "core/log_int.h"
#include "core/mail.h"
#include "seal/sshsig.h"

#define STORE_UUID "media_uuid"
#define POST_FOR (30 * NVR_DAY)
#define BEGINS "-----BEGIN SSH SIGNATURE-----"
#define ENDS "-----END SSH SIGNATURE-----"
#define TITLE "nvr log head"

int
nvr_log_mark_text(struct nvr_state *s, const struct nvr_log_mark *m,
    struct nvr_buf *out, struct nvr_error *err)
{
	char uuid[NVR_SETTING_TEXT], hex[NVR_SHA256_HEX], at[NVR_TIME_TEXT];
	int rc = nvr_setting_get(s->store, STORE_UUID, uuid, err);

	nvr_hex(m->hash, sizeof(m->hash), hex);
	return rc == 0 ? nvr_buf_addf(out, err,
			     "nvr log %s\nstore %s\nseq %" PRId64
			     "\nhash %s\nat %s\n",
			     m->pruned ? "pruned" : "head", uuid, m->seq, hex,
			     nvr_time_format(m->at, at))
		       : rc;
}

/* The public key, and where seed is not NULL the secret too. */
static int
signer(struct nvr_state *s, uint8_t seed[NVR_ACCOUNT_KEY_LEN],
    uint8_t public[NVR_SIGN_KEY_LEN], struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	int rc = nvr_log_key(s, key, err);

	if (rc == 0)
		rc = nvr_sign_public(key, public, err);
	if (rc == 0 && seed != NULL)
		memcpy(seed, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_log_mark_own(struct nvr_state *s, const struct nvr_log_mark *m, bool *ret,
    struct nvr_error *err)
{
	uint8_t public[NVR_SIGN_KEY_LEN];
	struct nvr_buf text = {0};
	int rc = signer(s, NULL, public, err);

	if (rc == 0)
		rc = nvr_log_mark_text(s, m, &text, err);
	if (rc == 0)
		rc = nvr_sshsig_verify(public, NVR_LOG_NAMESPACE, text.data,
		    text.len, m->signature, ret, err);
	if (rc == NVR_E_DATA) {
		*ret = false;
		rc = 0;
	}
	nvr_buf_release(&text);
	return rc;
}

static int
sign(struct nvr_state *s, const struct nvr_log_mark *m, struct nvr_buf *text,
    struct nvr_buf *signature, struct nvr_error *err)
{
	uint8_t seed[NVR_ACCOUNT_KEY_LEN], public[NVR_SIGN_KEY_LEN];
	int rc = signer(s, seed, public, err);

	if (rc == 0)
		rc = nvr_log_mark_text(s, m, text, err);
	if (rc == 0)
		rc = nvr_sshsig_sign(seed, NVR_LOG_NAMESPACE, text->data,
		    text->len, signature, err);
	explicit_bzero(seed, sizeof(seed));
	return rc;
}

int
nvr_log_head_of(struct nvr_state *s, const struct nvr_log_end *end, int64_t at,
    struct nvr_buf *text, struct nvr_buf *signature, struct nvr_error *err)
{
	struct nvr_log_mark m = {.seq = end->seq, .at = at};

	memcpy(m.hash, end->hash, sizeof(m.hash));
	return sign(s, &m, text, signature, err);
}

int
nvr_log_mark_enter(struct nvr_state *s, struct nvr_log_mark *m,
    struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_buf text = {0}, signature = {0};
	int rc = sign(s, m, &text, &signature, err);

	m->signature = signature.data;
	if (rc == 0)
		rc = nvr_log_mark_put(s->store, m, err);
	m->signature = NULL;
	if (rc == 0 && out != NULL)
		rc = nvr_buf_add(out, text.data, text.len, err);
	if (rc == 0 && out != NULL)
		rc = nvr_buf_add(out, signature.data, signature.len, err);
	nvr_buf_release(&text);
	nvr_buf_release(&signature);
	return rc;
}

/* In a transaction. */
static int
sign_end(struct nvr_state *s, struct nvr_log_mark *m, struct nvr_buf *out,
    struct nvr_error *err)
{
	struct nvr_log_end tail;
	int rc = nvr_log_sound(s, err);

	if (rc == 0)
		rc = nvr_log_tail(s->store, &tail, err);
	if (rc == 0 && tail.seq == 0)
		return nvr_fail(err, NVR_E_NOENT, "the log is empty");
	if (rc != 0)
		return rc;
	m->seq = tail.seq;
	memcpy(m->hash, tail.hash, sizeof(m->hash));
	return nvr_log_mark_enter(s, m, out, err);
}

int
nvr_log_head(struct nvr_state *s, struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_log_mark m = {.at = nvr_time_now()};
	size_t len = out->len;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = sign_end(s, &m, out, err);
	rc = nvr_store_end(s->store, rc, err);
	if (rc == 0)
		rc = nvr_log_know_mark(s, &m, err);
	if (rc != 0)
		out->len = len;
	return rc;
}

/*
 * The value behind `name ` in the line at *text, which goes on to the next.
 * False where the line is another one.
 */
static bool
line_value(const char **text, const char *name, char *ret, size_t size)
{
	size_t n = strlen(name), len = strcspn(*text, "\r\n");

	if (strncmp(*text, name, n) != 0 || (*text)[n] != ' ' || len - n > size)
		return false;
	memcpy(ret, *text + n + 1, len - n - 1);
	ret[len - n - 1] = '\0';
	*text += len;
	*text += strspn(*text, "\r");
	*text += **text == '\n';
	return true;
}

bool
nvr_log_read_hash(const char *hex, uint8_t ret[NVR_LOG_HASH])
{
	char again[NVR_SHA256_HEX];
	unsigned byte;

	if (strlen(hex) != 2 * NVR_LOG_HASH)
		return false;
	for (int i = 0; i < NVR_LOG_HASH; i++) {
		if (sscanf(hex + 2 * (size_t)i, "%2x", &byte) != 1)
			return false;
		ret[i] = (uint8_t)byte;
	}
	nvr_hex(ret, NVR_LOG_HASH, again);
	return strcmp(hex, again) == 0;
}

/* The armored signature, whose lines a mail may have ended with CRLF. */
static bool
read_signature(const char *text, char *ret, size_t size)
{
	const char *end = strstr(text, ENDS);
	size_t n = 0;

	if (strncmp(text, BEGINS, strlen(BEGINS)) != 0 || end == NULL ||
	    (size_t)(end - text) + sizeof(ENDS) + 1 > size)
		return false;
	for (const char *p = text; p < end + strlen(ENDS); p++)
		if (*p != '\r')
			ret[n++] = *p;
	ret[n++] = '\n';
	ret[n] = '\0';
	return true;
}

static bool
parse(const char *text, struct nvr_log_head *ret)
{
	char seq[24], hex[NVR_SHA256_HEX + 1], at[NVR_TIME_TEXT];
	char again[NVR_TIME_TEXT];
	struct nvr_error ignored;
	const char *wrong = NULL;

	if (!line_value(&text, "store", ret->store, sizeof(ret->store)) ||
	    !line_value(&text, "seq", seq, sizeof(seq)) ||
	    !line_value(&text, "hash", hex, sizeof(hex)) ||
	    !line_value(&text, "at", at, sizeof(at)))
		return false;
	ret->seq = strtonum(seq, 1, INT64_MAX, &wrong);
	return wrong == NULL && nvr_log_read_hash(hex, ret->hash) &&
	       nvr_time_parse(at, 0, &ret->at, &ignored) == 0 &&
	       strcmp(nvr_time_format(ret->at, again), at) == 0 &&
	       nvr_text_printable(ret->store) &&
	       read_signature(text + strspn(text, "\r\n"), ret->signature,
		   sizeof(ret->signature));
}

int
nvr_log_head_parse(
    const char *text, struct nvr_log_head *ret, struct nvr_error *err)
{
	for (; (text = strstr(text, TITLE)) != NULL;) {
		text += strlen(TITLE);
		text += strspn(text, "\r");
		if (*text == '\n' && parse(text + 1, ret))
			return 0;
	}
	return nvr_fail(
	    err, NVR_E_DATA, "there is no signed head of a log in it");
}

int
nvr_log_signer(struct nvr_state *s, struct nvr_buf *out, struct nvr_error *err)
{
	uint8_t public[NVR_SIGN_KEY_LEN];
	int rc = signer(s, NULL, public, err);

	if (rc == 0)
		rc = nvr_buf_addf(out, err, "%s namespaces=\"%s\" ",
		    NVR_LOG_NAMESPACE, NVR_LOG_NAMESPACE);
	if (rc == 0)
		rc = nvr_sign_public_text(public, out, err);
	return rc == 0 ? nvr_buf_add(out, "\n", 1, err) : rc;
}

/* Nothing in it needs encoding, so that what is saved can be checked as it
 * is. */
static int
write_mail(const char *from, const struct nvr_post *post,
    const struct nvr_buf *head, struct nvr_buf *out, struct nvr_error *err)
{
	const char *line = head->data;
	char id[NVR_ID_TEXT];
	int rc = nvr_mail_date_field(out, post->now, err);

	nvr_id_format(post->id, id);
	if (rc == 0)
		rc = nvr_buf_addf(out, err,
		    "From: %s\r\nTo: %s\r\n"
		    "Subject: Signed head of the security log\r\n"
		    "Message-ID: <%s%s>\r\n"
		    "MIME-Version: 1.0\r\n"
		    "Auto-Submitted: auto-generated\r\n"
		    "Content-Type: text/plain; charset=us-ascii\r\n"
		    "Content-Transfer-Encoding: 7bit\r\n\r\n",
		    from, post->to, id, strrchr(from, '@'));
	while (rc == 0 && *line != '\0') {
		int len = (int)strcspn(line, "\n");

		rc = nvr_buf_addf(out, err, "%.*s\r\n", len, line);
		line += len + (line[len] == '\n');
	}
	return rc;
}

int
nvr_log_head_post(struct nvr_state *s, const struct nvr_buf *head,
    const char *to, int64_t *id, struct nvr_error *err)
{
	int64_t now = nvr_time_now();
	struct nvr_post post = {.id = nvr_id_new(),
	    .now = now,
	    .expires = now + POST_FOR,
	    .channel = "mail",
	    .kind = "log-head",
	    .to = to};
	const char *from = s->rules != NULL ? s->rules->mail_from : "";
	struct nvr_buf mail = {0};
	int rc;

	if (from[0] == '\0')
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf has no sender: set mail-from in [portal]");
	rc = nvr_mail_address(from, err);
	if (rc == 0)
		rc = nvr_mail_address(to, err);
	if (rc == 0)
		rc = write_mail(from, &post, head, &mail, err);
	if (rc == 0)
		rc = nvr_mail_post(s, &post, &mail, id, err);
	nvr_buf_wipe(&mail);
	return rc;
}
