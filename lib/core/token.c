/* Tokens that open one thing, once; see token.h. */
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/keys.h"
#include "core/token.h"
#include "core/token_int.h"
#include "seal/digest.h"
#include "store/token.h"

#define DEAD                                                                \
	"this link or code is used up, has expired, or never was one: ask " \
	"for a new one"

int
nvr_token_draw(char text[NVR_TOKEN_TEXT], uint8_t hash[NVR_TOKEN_HASH],
    struct nvr_error *err)
{
	uint8_t raw[(NVR_TOKEN_TEXT - 1) / 2];
	int rc = nvr_random(raw, sizeof(raw), err);

	if (rc == 0) {
		nvr_hex(raw, sizeof(raw), text);
		rc = nvr_sha256(text, NVR_TOKEN_TEXT - 1, hash, err);
	}
	explicit_bzero(raw, sizeof(raw));
	return rc;
}

bool
nvr_token_shaped(const char *text)
{
	return strnlen(text, NVR_TOKEN_TEXT) == NVR_TOKEN_TEXT - 1 &&
	       strspn(text, "0123456789abcdef") == NVR_TOKEN_TEXT - 1;
}

static struct nvr_column
data_at(int64_t id)
{
	return (struct nvr_column){"token", "data", id};
}

int
nvr_token_make(struct nvr_state *s, int64_t account, const char *purpose,
    const void *data, size_t len, int64_t lasts, char text[NVR_TOKEN_TEXT],
    struct nvr_error *err)
{
	struct nvr_token_row t = {.id = nvr_id_new(),
	    .account_id = account,
	    .purpose = purpose,
	    .created_at = nvr_time_now()};
	struct nvr_column at = data_at(t.id);
	struct nvr_buf sealed = {0};
	int rc = nvr_token_draw(text, t.hash, err);

	t.expires_at = t.created_at + lasts;
	if (rc == 0 && data != NULL)
		rc = nvr_sealed_put(s, account, &at, data, len, &sealed, err);
	t.data = sealed.data;
	t.data_len = sealed.len;
	if (rc == 0)
		rc = nvr_token_insert(s->store, &t, err);
	nvr_buf_release(&sealed);
	return rc;
}

/* Copies what outlives the row; it is opened once the query is done. */
struct found {
	struct nvr_token *t;
	struct nvr_buf sealed;
	struct nvr_error *err;
};

static int
take(void *ctx, const struct nvr_token_row *row)
{
	struct found *f = ctx;

	*f->t = (struct nvr_token){.id = row->id,
	    .account = row->account_id,
	    .created_at = row->created_at,
	    .expires_at = row->expires_at,
	    .tries = row->tries};
	return row->data == NULL
		   ? 0
		   : nvr_buf_add(&f->sealed, row->data, row->data_len, f->err);
}

/* What was found, with its data opened. */
static int
finish(struct nvr_state *s, struct found *f, int rc, struct nvr_token *ret)
{
	struct nvr_column at = data_at(f->t->id);

	if (rc == NVR_E_NOENT)
		rc = nvr_fail(f->err, NVR_E_PERMISSION, DEAD);
	if (rc == 0 && f->sealed.data != NULL)
		rc = nvr_sealed_get(s, f->t->account, &at, f->sealed.data,
		    f->sealed.len, &f->t->data, f->err);
	nvr_buf_release(&f->sealed);
	if (rc == 0)
		*ret = *f->t;
	return rc;
}

int
nvr_token_find(struct nvr_state *s, const char *text, const char *purpose,
    struct nvr_token *ret, struct nvr_error *err)
{
	uint8_t hash[NVR_TOKEN_HASH];
	struct nvr_token t = {0};
	struct found f = {.t = &t, .err = err};
	int rc;

	if (!nvr_token_shaped(text))
		return nvr_fail(err, NVR_E_PERMISSION, DEAD);
	rc = nvr_sha256(text, NVR_TOKEN_TEXT - 1, hash, err);
	if (rc == 0)
		rc = nvr_token_get(
		    s->store, hash, purpose, nvr_time_now(), take, &f, err);
	return finish(s, &f, rc, ret);
}

int
nvr_token_newest(struct nvr_state *s, int64_t account, const char *purpose,
    struct nvr_token *ret, struct nvr_error *err)
{
	struct nvr_token t = {0};
	struct found f = {.t = &t, .err = err};
	int rc = nvr_token_latest(
	    s->store, account, purpose, nvr_time_now(), take, &f, err);

	return finish(s, &f, rc, ret);
}

int
nvr_token_use(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	bool won = false;
	int rc = nvr_token_spend(s->store, id, nvr_time_now(), &won, err);

	return rc == 0 && !won ? nvr_fail(err, NVR_E_PERMISSION, DEAD) : rc;
}

int
nvr_token_try(
    struct nvr_state *s, int64_t id, int64_t most, struct nvr_error *err)
{
	bool counted = false;
	int rc = nvr_token_count(s->store, id, most, &counted, err);

	return rc == 0 && !counted ? nvr_fail(err, NVR_E_PERMISSION, DEAD) : rc;
}

int
nvr_token_reseal(struct nvr_state *s, const struct nvr_token *t,
    const void *data, size_t len, struct nvr_error *err)
{
	struct nvr_column at = data_at(t->id);
	struct nvr_buf sealed = {0};
	int rc = nvr_sealed_put(s, t->account, &at, data, len, &sealed, err);

	if (rc == 0)
		rc = nvr_token_put(
		    s->store, t->id, sealed.data, sealed.len, err);
	nvr_buf_release(&sealed);
	return rc;
}

int
nvr_token_revoke(struct nvr_state *s, int64_t account, const char *purpose,
    struct nvr_error *err)
{
	return nvr_token_drop(s->store, account, purpose, 0, err);
}
