/* Appending to the security log; see log.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/keys_int.h"
#include "core/log_int.h"
#include "seal/digest.h"

#define ACTOR_TEXT 512

bool
nvr_log_type_good(const char *type)
{
	size_t len = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789.-");

	return len > 0 && len <= NVR_LOG_TYPE && type[len] == '\0';
}

static uint8_t *
put_int(uint8_t *p, int64_t v)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		*p++ = (uint8_t)((uint64_t)v >> shift);
	return p;
}

int
nvr_log_hash(struct nvr_hasher *h, const uint8_t prev[NVR_LOG_HASH],
    int64_t seq, const struct nvr_log_row *row, uint8_t ret[NVR_LOG_HASH],
    struct nvr_error *err)
{
	uint8_t text[2 * NVR_LOG_HASH + 16 + NVR_LOG_TYPE], *p = text;
	size_t len = strlen(row->type);

	memcpy(p, prev, NVR_LOG_HASH);
	p = put_int(p + NVR_LOG_HASH, seq);
	p = put_int(p, row->at);
	memcpy(p, row->type, len);
	memcpy(p + len, row->commitment, NVR_LOG_HASH);
	p += len + NVR_LOG_HASH;
	len = (size_t)(p - text);
	return h != NULL ? nvr_hasher_sha256(h, text, len, ret, err)
			 : nvr_sha256(text, len, ret, err);
}

int
nvr_log_mac(struct nvr_state *s, const struct nvr_log_end *end,
    uint8_t ret[NVR_LOG_HASH], struct nvr_error *err)
{
	uint8_t text[8 + NVR_LOG_HASH], key[NVR_ACCOUNT_KEY_LEN];
	int rc = nvr_service_key(s, NVR_LOG_KEY, key, err);

	memcpy(put_int(text, end->seq), end->hash, NVR_LOG_HASH);
	if (rc == 0)
		rc = nvr_hmac(key, sizeof(key), text, sizeof(text), ret, err);
	explicit_bzero(key, sizeof(key));
	return rc;
}

/* What comes from outside is made fit to be shown; what is not there stays
 * away. */
static int
set_text(json_t *payload, const char *name, const char *text)
{
	char safe[ACTOR_TEXT];

	if (text == NULL || text[0] == '\0')
		return 0;
	nvr_text_safe(text, safe, sizeof(safe));
	return json_object_set_new(payload, name, json_string(safe));
}

static const char *
who(const struct nvr_state *s)
{
	return s->actor.who != NULL ? s->actor.who() : NULL;
}

/* The payload behind its salt, which nvr_log_append keeps beside it. */
static int
make_payload(const struct nvr_state *s, int64_t account, json_t *detail,
    struct nvr_buf *out, struct nvr_error *err)
{
	json_t *payload = json_object();
	char id[NVR_ID_TEXT], *text = NULL;
	uint8_t salt[NVR_LOG_SALT];
	int rc = nvr_random(salt, sizeof(salt), err);

	nvr_id_format(account, id);
	if (rc == 0 &&
	    (set_text(payload, "who", who(s)) != 0 ||
		set_text(payload, "channel", s->actor.channel) != 0 ||
		set_text(payload, "address", s->actor.address) != 0 ||
		set_text(payload, "agent", s->actor.agent) != 0 ||
		(account != 0 && set_text(payload, "account", id) != 0) ||
		(detail != NULL &&
		    json_object_set(payload, "detail", detail) != 0) ||
		(text = json_dumps(payload, JSON_COMPACT | JSON_SORT_KEYS)) ==
		    NULL))
		rc = nvr_fail_nomem(err);
	if (rc == 0 && strlen(text) > NVR_LOG_DETAIL)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "what the log is to hold of it is longer than %d bytes",
		    NVR_LOG_DETAIL);
	if (rc == 0)
		rc = nvr_buf_add(out, salt, sizeof(salt), err);
	if (rc == 0)
		rc = nvr_buf_add(out, text, strlen(text), err);
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(payload);
	return rc;
}

/* One row behind `end`, which becomes the new one. */
static int
extend(struct nvr_state *s, struct nvr_log_end *end, struct nvr_log_row *row,
    json_t *detail, struct nvr_error *err)
{
	struct nvr_column at = {"log", "sealed", 0};
	struct nvr_buf text = {0}, sealed = {0};
	int rc;

	if (end->seq == INT64_MAX)
		return nvr_fail(
		    err, NVR_E_DATA, "the log has no number left for a row");
	row->seq = at.row = end->seq + 1;
	rc = make_payload(s, row->account, detail, &text, err);
	if (rc == 0)
		rc = nvr_hmac(text.data, NVR_LOG_SALT, text.data + NVR_LOG_SALT,
		    text.len - NVR_LOG_SALT, row->commitment, err);
	if (rc == 0)
		rc = nvr_sealed_put(
		    s, row->account, &at, text.data, text.len, &sealed, err);
	if (rc == 0)
		rc = nvr_log_hash(
		    NULL, end->hash, row->seq, row, row->hash, err);
	row->sealed = sealed.data;
	row->sealed_len = sealed.len;
	if (rc == 0)
		rc = nvr_log_add(s->store, row, err);
	end->seq = row->seq;
	memcpy(end->hash, row->hash, sizeof(end->hash));
	nvr_buf_wipe(&text);
	nvr_buf_release(&sealed);
	return rc;
}

int
nvr_log_ends(
    struct nvr_state *s, struct nvr_log_ends *ret, struct nvr_error *err)
{
	uint8_t mac[NVR_LOG_HASH];
	int rc = nvr_log_tail(s->store, &ret->tail, err);

	if (rc == 0)
		rc = nvr_log_last(s->store, &ret->last, err);
	if (rc == 0)
		rc = nvr_log_know(s, &ret->known, err);
	if (rc == 0 && ret->tail.seq != 0)
		rc = nvr_log_mac(s, &ret->tail, mac, err);
	if (rc != 0)
		return rc;
	ret->mac =
	    ret->tail.seq == 0 || memcmp(mac, ret->tail.mac, sizeof(mac)) == 0;
	ret->agree = ret->mac && ret->tail.seq == ret->last.seq &&
		     memcmp(ret->tail.hash, ret->last.hash, sizeof(mac)) == 0 &&
		     (ret->tail.seq > 0 || ret->known.begun == 0);
	return 0;
}

int
nvr_log_sound(struct nvr_state *s, struct nvr_error *err)
{
	const struct nvr_log_mark *m;
	uint8_t hash[NVR_LOG_HASH];
	struct nvr_log_ends ends = {0};
	int rc = nvr_log_ends(s, &ends, err);
	bool sound = ends.agree;

	/* A store that was set back has an end that agrees with itself. */
	if (rc == 0 && (m = &ends.known.mark)->seq > 0) {
		rc = nvr_log_hash_at(s->store, m->seq, hash, err);
		if (rc == 0)
			sound &= memcmp(hash, m->hash, sizeof(hash)) == 0;
		if (rc == NVR_E_NOENT) { /* it may have been pruned */
			sound &= ends.tail.seq >= m->seq;
			rc = 0;
		}
	}
	return rc == 0 && !sound
		   ? nvr_fail(err, NVR_E_DATA,
			 "the log does not end where it was written last: "
			 "'nvr-account log --verify' says what is wrong")
		   : rc;
}

/*
 * The end to write behind, in *end.  Where tail and rows do not agree somebody
 * was at the store.  Going on as if nothing were would make the tail whole
 * again, and refusing would let nobody in; so a row says it.
 */
static int
find_end(struct nvr_state *s, int64_t at, struct nvr_log_end *end,
    struct nvr_error *err)
{
	struct nvr_log_row row = {.at = at, .type = NVR_LOG_TAMPERED};
	struct nvr_log_ends ends;
	json_t *detail;
	int rc = nvr_log_ends(s, &ends, err);

	if (rc != 0)
		return rc;
	*end =
	    ends.mac && ends.tail.seq >= ends.last.seq ? ends.tail : ends.last;
	if (ends.agree)
		return 0;
	detail = json_pack("{s:I, s:I, s:b}", "tail", (json_int_t)ends.tail.seq,
	    "last", (json_int_t)ends.last.seq, "signed", ends.mac);
	rc = detail != NULL ? extend(s, end, &row, detail, err)
			    : nvr_fail_nomem(err);
	json_decref(detail);
	return rc;
}

int
nvr_log_append_at(struct nvr_state *s, int64_t at, int64_t account,
    const char *type, json_t *detail, struct nvr_error *err)
{
	struct nvr_log_row row = {.account = account, .at = at, .type = type};
	struct nvr_log_end end;
	int rc = 0;

	if (!nvr_log_type_good(type))
		rc = nvr_fail(err, NVR_E_BUG, "the log has no such type");
	if (rc == 0)
		rc = find_end(s, at, &end, err);
	if (rc == 0)
		rc = extend(s, &end, &row, detail, err);
	if (rc == 0)
		rc = nvr_log_mac(s, &end, end.mac, err);
	if (rc == 0)
		rc = nvr_log_tail_put(s->store, &end, err);
	if (rc == 0)
		s->keys->logged = true;
	json_decref(detail);
	return rc;
}

int
nvr_log_append(struct nvr_state *s, int64_t account, const char *type,
    json_t *detail, struct nvr_error *err)
{
	return nvr_log_append_at(s, nvr_time_now(), account, type, detail, err);
}
