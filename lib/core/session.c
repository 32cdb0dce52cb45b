/* Who is signed in where; see session.h. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/session.h"
#include "core/throttle.h"
#include "core/token_int.h"
#include "seal/digest.h"
#include "store/session.h"

#define SLACK (5 * NVR_MINUTE) /* that a clock may have been set back */

#define DEAD "not signed in, or no longer: sign in again"

static struct nvr_session_bounds
bounds(const struct nvr_state *s, int64_t now)
{
	return (struct nvr_session_bounds){.now = now,
	    .idle = now - s->rules->idle,
	    .since = now - s->rules->session,
	    .until = now + SLACK};
}

/* What stands for the token; NVR_E_PERMISSION for what cannot be one. */
static int
hash_of(
    const char *token, uint8_t hash[NVR_SESSION_HASH], struct nvr_error *err)
{
	if (!nvr_token_shaped(token))
		return nvr_fail(err, NVR_E_PERMISSION, DEAD);
	return nvr_sha256(token, NVR_TOKEN_TEXT - 1, hash, err);
}

static int
seal(struct nvr_state *s, int64_t account, int64_t id, const char *column,
    const char *text, struct nvr_buf *buf, struct nvr_blob *ret,
    struct nvr_error *err)
{
	struct nvr_column at = {"session", column, id};
	char safe[NVR_SESSION_AGENT + 1];
	int rc;

	nvr_text_safe(text, safe, sizeof(safe));
	rc = nvr_sealed_put(s, account, &at, safe, strlen(safe), buf, err);
	*ret = (struct nvr_blob){buf->data, buf->len};
	return rc;
}

/* So that who signs in again and again does not fill the store. */
static int
trim(struct nvr_state *s, int64_t account, struct nvr_error *err)
{
	int n = 0,
	    rc = nvr_session_trim(s->store, account, NVR_SESSIONS_MAX, &n, err);

	if (rc != 0 || n == 0)
		return rc;
	return nvr_log_append(s, account, "session.trimmed",
	    json_pack("{s:i}", "sessions", n), err);
}

int
nvr_session_start(struct nvr_state *s, int64_t account, const char *factor,
    const char *address, const char *agent, int64_t now, int64_t *id,
    char token[NVR_TOKEN_TEXT], struct nvr_error *err)
{
	struct nvr_session_row x = {.id = nvr_id_new(),
	    .account_id = account,
	    .factor = factor,
	    .created_at = now,
	    .confirmed_at = now,
	    .active_at = now,
	    .expires_at = now + s->rules->session};
	struct nvr_buf a = {0}, b = {0};
	char where[NVR_SESSION_ADDRESS];
	int rc = nvr_token_draw(token, x.hash, err);

	strlcpy(where, nvr_or_empty(address), sizeof(where));
	if (rc == 0)
		rc = seal(
		    s, account, x.id, "address", where, &a, &x.address, err);
	if (rc == 0)
		rc = seal(s, account, x.id, "agent", nvr_or_empty(agent), &b,
		    &x.agent, err);
	if (rc == 0)
		rc = nvr_session_insert(s->store, &x, err);
	if (rc == 0)
		rc = trim(s, account, err);
	nvr_buf_release(&a);
	nvr_buf_release(&b);
	if (rc == 0)
		*id = x.id;
	return rc;
}

static struct nvr_session
read_row(const struct nvr_session_row *row)
{
	struct nvr_session x = {.id = row->id,
	    .account = row->account_id,
	    .created_at = row->created_at,
	    .active_at = row->active_at,
	    .expires_at = row->expires_at,
	    .confirmed_at = row->confirmed_at};

	strlcpy(x.factor, nvr_or_empty(row->factor), sizeof(x.factor));
	return x;
}

static int
take(void *ctx, const struct nvr_session_row *row)
{
	*(struct nvr_session *)ctx = read_row(row);
	return 0;
}

int
nvr_session_check(struct nvr_state *s, const char *token, int64_t now,
    struct nvr_session *ret, struct nvr_error *err)
{
	const struct nvr_session_bounds live = bounds(s, now);
	uint8_t hash[NVR_SESSION_HASH];
	struct nvr_session x = {0};
	int rc = hash_of(token, hash, err);

	if (rc == 0)
		rc = nvr_session_get(s->store, hash, &live, take, &x, err);
	if (rc == NVR_E_NOENT)
		rc = nvr_fail(err, NVR_E_PERMISSION, DEAD);
	/* A clock that was set back leaves activity in the future. */
	if (rc == 0 && llabs(now - x.active_at) >= NVR_MINUTE) {
		rc = nvr_session_touch(s->store, x.id, now, err);
		x.active_at = now;
	}
	if (rc == 0)
		*ret = x;
	return rc;
}

int
nvr_session_rotate(struct nvr_state *s, const char *token, const char *factor,
    int64_t confirmed, char fresh[NVR_TOKEN_TEXT], struct nvr_error *err)
{
	uint8_t from[NVR_SESSION_HASH], to[NVR_SESSION_HASH];
	bool won = false;
	int rc = hash_of(token, from, err);

	if (rc == 0)
		rc = nvr_token_draw(fresh, to, err);
	if (rc == 0)
		rc = nvr_session_rehash(
		    s->store, from, to, factor, confirmed, &won, err);
	return rc == 0 && !won ? nvr_fail(err, NVR_E_PERMISSION, DEAD) : rc;
}

static int
open_text(struct nvr_state *s, const struct nvr_session_row *row,
    const char *column, const struct nvr_blob *sealed, struct nvr_buf *out,
    struct nvr_error *err)
{
	struct nvr_column at = {"session", column, row->id};
	int rc = nvr_sealed_get(
	    s, row->account_id, &at, sealed->data, sealed->len, out, err);

	/* An empty one has no bytes, and is text all the same. */
	return rc == 0 ? nvr_buf_add(out, "", 1, err) : rc;
}

struct listing {
	struct nvr_state *s;
	int (*row)(void *ctx, const struct nvr_session *x, const char *address,
	    const char *agent);
	void *ctx;
	int damaged; /* what was the matter with one; 0: nothing */
	struct nvr_error *err;
};

static int
list_row(void *ctx, const struct nvr_session_row *row)
{
	struct nvr_session x = read_row(row);
	struct nvr_buf address = {0}, agent = {0};
	struct listing *l = ctx;
	int rc =
	    open_text(l->s, row, "address", &row->address, &address, l->err);

	if (rc == 0)
		rc = open_text(l->s, row, "agent", &row->agent, &agent, l->err);
	if (rc != 0)
		l->damaged = rc;
	rc = l->row(l->ctx, &x, rc == 0 ? address.data : NULL,
	    rc == 0 ? agent.data : NULL);
	nvr_buf_wipe(&address);
	nvr_buf_wipe(&agent);
	return rc;
}

int
nvr_session_list(struct nvr_state *s, int64_t account, int64_t now,
    int (*row)(void *ctx, const struct nvr_session *x, const char *address,
	const char *agent),
    void *ctx, struct nvr_error *err)
{
	const struct nvr_session_bounds live = bounds(s, now);
	struct listing l = {s, row, ctx, 0, err};
	int rc = nvr_session_each(s->store, account, &live, list_row, &l, err);

	return rc == 0 ? l.damaged : rc;
}

struct nearness {
	struct nvr_state *s;
	const char *network;
	bool found;
};

static int
is_near(void *ctx, const struct nvr_session_row *row)
{
	char network[NVR_NETWORK_TEXT];
	struct nvr_buf address = {0};
	struct nearness *n = ctx;
	struct nvr_error ignored;

	if (open_text(
		n->s, row, "address", &row->address, &address, &ignored) == 0 &&
	    nvr_network(address.data, network, &ignored) == 0 &&
	    strcmp(network, n->network) == 0)
		n->found = true;
	nvr_buf_wipe(&address);
	return 0;
}

int
nvr_session_near(struct nvr_state *s, int64_t account, const char *network,
    int64_t now, bool *ret, struct nvr_error *err)
{
	const struct nvr_session_bounds live = bounds(s, now);
	struct nearness n = {s, network, false};
	int rc = nvr_session_each(s->store, account, &live, is_near, &n, err);

	if (rc == 0)
		*ret = n.found;
	return rc;
}

int
nvr_session_revoke(struct nvr_state *s, int64_t account, int64_t id,
    int64_t but, int *n, struct nvr_error *err)
{
	char text[NVR_ID_TEXT];
	json_t *detail = json_object();
	int rc = nvr_session_delete(s->store, account, id, but, n, err);

	if (rc == 0 && *n == 0 && id != 0)
		rc = nvr_fail(err, NVR_E_NOENT, "there is no session '%s'",
		    nvr_id_format(id, text));
	if (rc != 0 || *n == 0) {
		json_decref(detail);
		return rc;
	}
	json_object_set_new(detail, "sessions", json_integer(*n));
	if (id != 0)
		json_object_set_new(
		    detail, "id", json_string(nvr_id_format(id, text)));
	return nvr_log_append(s, account, "session.revoked", detail, err);
}

int
nvr_signout(struct nvr_state *s, const char *token, struct nvr_error *err)
{
	const struct nvr_session_bounds live = bounds(s, nvr_time_now());
	struct nvr_session x = {0};
	uint8_t hash[NVR_SESSION_HASH];
	int n = 0, rc = hash_of(token, hash, err);

	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_session_get(s->store, hash, &live, take, &x, err);
	if (rc == NVR_E_NOENT)
		rc = nvr_fail(err, NVR_E_PERMISSION, DEAD);
	if (rc == 0)
		rc = nvr_session_delete(s->store, x.account, x.id, 0, &n, err);
	if (rc == 0)
		rc = nvr_log_append(s, x.account, "signout", NULL, err);
	return nvr_store_end(s->store, rc, err);
}
