/*
 * What keys.db knows of the security log: that it was begun, and the newest
 * mark that was signed.  Who can write to the store alone can take all of the
 * log away, with its tail and its marks, and not this.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/keys_int.h"
#include "core/log_int.h"

#define HEX (2 * NVR_LOG_HASH)

/* A setting of keys.db; "" where it is not there. */
static int
get(struct nvr_state *s, const char *name, char text[NVR_SETTING_TEXT],
    struct nvr_error *err)
{
	struct nvr_keys *k = NULL;
	int rc = nvr_keys_open(s, &k, err);

	text[0] = '\0';
	if (rc == 0)
		rc = nvr_setting_get(k->db, name, text, err);
	return rc == NVR_E_NOENT && k != NULL ? 0 : rc;
}

static int
put(struct nvr_state *s, const char *name, const char *text,
    struct nvr_error *err)
{
	struct nvr_keys *k;
	int rc = nvr_keys_open(s, &k, err);

	return rc == 0 ? nvr_setting_put(k->db, name, text, err) : rc;
}

/* `SEQ TIME HASH`.  What is not like that says nothing. */
static void
parse(char *text, struct nvr_log_known *ret)
{
	char *rest = text, *seq = strsep(&rest, " "), *at = strsep(&rest, " ");
	struct nvr_log_mark m = {0};
	struct nvr_error ignored;
	const char *bad = NULL;

	m.seq = strtonum(seq, 1, INT64_MAX, &bad);
	if (bad == NULL && at != NULL && rest != NULL &&
	    nvr_time_parse(at, 0, &m.at, &ignored) == 0 &&
	    nvr_log_read_hash(rest, m.hash))
		ret->mark = m;
}

int
nvr_log_know(
    struct nvr_state *s, struct nvr_log_known *ret, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT];
	struct nvr_error ignored;
	int rc = get(s, NVR_KEYS_LOG, text, err);

	*ret = (struct nvr_log_known){0};
	if (rc == 0 && text[0] != '\0' &&
	    nvr_time_parse(text, 0, &ret->begun, &ignored) != 0)
		ret->begun = 1; /* it was */
	if (rc == 0)
		rc = get(s, NVR_KEYS_MARK, text, err);
	if (rc == 0)
		parse(text, ret);
	return rc;
}

static int
put_mark(
    struct nvr_state *s, const struct nvr_log_mark *m, struct nvr_error *err)
{
	char text[NVR_SETTING_TEXT], at[NVR_TIME_TEXT], hash[HEX + 1];

	nvr_hex(m->hash, sizeof(m->hash), hash);
	snprintf(text, sizeof(text), "%" PRId64 " %s %s", m->seq,
	    nvr_time_format(m->at, at), hash);
	return put(s, NVR_KEYS_MARK, text, err);
}

int
nvr_log_know_mark(
    struct nvr_state *s, const struct nvr_log_mark *m, struct nvr_error *err)
{
	struct nvr_log_known known;
	int rc = nvr_log_know(s, &known, err);

	return rc == 0 && m->seq > known.mark.seq ? put_mark(s, m, err) : rc;
}

/* Only of what another program, or this one, has committed. */
void
nvr_log_settle(struct nvr_state *s)
{
	char text[NVR_SETTING_TEXT], now[NVR_TIME_TEXT];
	struct nvr_error ignored;
	struct nvr_log_end tail;

	if (s->keys == NULL || !s->keys->logged)
		return;
	nvr_store_rollback(s->store);
	if (nvr_log_tail(s->store, &tail, &ignored) != 0 || tail.seq == 0 ||
	    get(s, NVR_KEYS_LOG, text, &ignored) != 0 || text[0] != '\0')
		return;
	nvr_time_format(nvr_time_now(), now);
	(void)put(s, NVR_KEYS_LOG, now, &ignored);
}

static int
take_newest(void *ctx, const struct nvr_log_mark *m)
{
	*(struct nvr_log_mark *)ctx = *m;
	((struct nvr_log_mark *)ctx)->signature = NULL;
	return 0;
}

int
nvr_log_know_anew(struct nvr_state *s, struct nvr_error *err)
{
	struct nvr_log_mark newest = {0};
	struct nvr_log_end tail;
	int rc = nvr_log_tail(s->store, &tail, err);

	if (rc == 0)
		rc = nvr_log_marks(s->store, take_newest, &newest, err);
	if (rc == 0)
		rc = newest.seq > 0 ? put_mark(s, &newest, err)
				    : put(s, NVR_KEYS_MARK, "", err);
	return rc == 0 && tail.seq == 0 ? put(s, NVR_KEYS_LOG, "", err) : rc;
}
