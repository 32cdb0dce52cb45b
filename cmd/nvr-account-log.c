/* nvr-account log: what was done to accounts, by whom and from where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/id.h"
#include "base/time.h"
#include "core/log.h"
#include "seal/digest.h"

#include "nvr-account-log.h"

struct listing {
	struct nvr_state *s;
	struct nvr_out out;
	int64_t account; /* whose address it is; 0: nobody's yet */
	char email[NVR_ADDRESS_SHOWN];
	struct nvr_buf what;
};

/* Somebody's address, as long as there is one to be read; else "". */
static const char *
email_of(struct listing *l, int64_t account)
{
	struct nvr_account *a = NULL;
	struct nvr_person p = {0};
	struct nvr_error ignored;

	if (account == l->account)
		return l->email;
	l->account = account;
	l->email[0] = '\0';
	if (account != 0 &&
	    nvr_account_get(l->s->store, account, &a, &ignored) == 0 &&
	    nvr_person_open(l->s, a, &p, &ignored) == 0)
		nvr_address_show(p.email, l->email);
	nvr_person_wipe(&p);
	nvr_account_free(a);
	return l->email;
}

static int
add_value(struct nvr_buf *b, const json_t *v, struct nvr_error *err)
{
	char *text;
	int rc;

	if (json_is_string(v))
		return nvr_buf_addf(b, err, "%s", json_string_value(v));
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	rc = text != NULL ? nvr_buf_addf(b, err, "%s", text)
			  : nvr_fail_nomem(err);
	free(text);
	return rc;
}

/* `name value`, or `name: old -> new`. */
static int
add_field(
    struct nvr_buf *b, const char *name, const json_t *v, struct nvr_error *err)
{
	const json_t *was = json_object_get(v, "old");
	const json_t *is = json_object_get(v, "new");
	int rc = nvr_buf_addf(b, err, "%s%s%s", b->len > 0 ? ", " : "", name,
	    was != NULL && is != NULL ? ": " : " ");

	if (rc == 0 && was != NULL && is != NULL) {
		rc = add_value(b, was, err);
		if (rc == 0)
			rc = nvr_buf_addf(b, err, " -> ");
		v = is;
	}
	return rc == 0 ? add_value(b, v, err) : rc;
}

/* What happened, in few words: whatever the detail holds. */
static int
describe(const json_t *detail, struct nvr_buf *b, struct nvr_error *err)
{
	const char *field = json_string_value(json_object_get(detail, "field"));
	const char *name;
	json_t *v;
	int rc = 0;

	if (field != NULL && json_object_get(detail, "old") != NULL)
		return add_field(b, field, detail, err);
	json_object_foreach((json_t *)detail, name, v)
	{
		if (rc == 0)
			rc = strcmp(name, "fields") == 0 && json_is_object(v)
				 ? describe(v, b, err)
				 : add_field(b, name, v, err);
	}
	return rc;
}

static const char *
text_of(const struct nvr_log_entry *e, const char *name)
{
	return json_string_value(json_object_get(e->payload, name));
}

static void
put_json(struct nvr_out *out, const struct nvr_log_entry *e, const char *email)
{
	json_t *detail = json_object_get(e->payload, "detail");
	char hex[2][2 * NVR_LOG_HASH + 1];

	nvr_hex(e->commitment, sizeof(e->commitment), hex[0]);
	nvr_hex(e->hash, sizeof(e->hash), hex[1]);
	nvr_out_int(out, "seq", e->seq);
	nvr_out_time(out, "at", e->at);
	nvr_out_text(out, "type", e->type);
	if (e->account != 0)
		nvr_out_id(out, "account", e->account);
	else
		nvr_out_text(out, "account", NULL);
	nvr_out_text(out, "email", email[0] != '\0' ? email : NULL);
	nvr_out_bool(out, "erased", e->state == NVR_LOG_ERASED);
	nvr_out_bool(out, "opens", e->state == NVR_LOG_OPEN);
	nvr_out_text(out, "who", text_of(e, "who"));
	nvr_out_text(out, "channel", text_of(e, "channel"));
	nvr_out_text(out, "address", text_of(e, "address"));
	nvr_out_text(out, "agent", text_of(e, "agent"));
	nvr_out_json(
	    out, "detail", detail != NULL ? json_incref(detail) : json_null());
	nvr_out_text(out, "commitment", hex[0]);
	nvr_out_text(out, "hash", hex[1]);
	nvr_out_end(out);
}

static int
put_row(void *ctx, const struct nvr_log_entry *e)
{
	struct listing *l = ctx;
	const char *email = email_of(l, e->account);
	const char *from = text_of(e, "address");
	char id[NVR_ID_TEXT];
	int rc = 0;

	if (cli.json) {
		put_json(&l->out, e, email);
		return 0;
	}
	l->what.len = 0;
	if (e->state == NVR_LOG_OPEN)
		rc = describe(
		    json_object_get(e->payload, "detail"), &l->what, &cli.err);
	if (rc != 0)
		return rc;
	nvr_out_time(&l->out, "at", e->at);
	nvr_out_text(&l->out, "type", e->type);
	nvr_out_text(&l->out, "account",
	    email[0] != '\0'  ? email
	    : e->account != 0 ? nvr_id_format(e->account, id)
			      : NULL);
	nvr_out_text(&l->out, "what",
	    e->state == NVR_LOG_ERASED	  ? "(erased)"
	    : e->state == NVR_LOG_MISSING ? "(missing)"
	    : e->state == NVR_LOG_CLOSED  ? "(cannot be opened)"
	    : l->what.len > 0		  ? l->what.data
					  : NULL);
	nvr_out_text(&l->out, "by", text_of(e, "who"));
	nvr_out_text(
	    &l->out, "from", from != NULL ? from : text_of(e, "channel"));
	nvr_out_end(&l->out);
	return 0;
}

static int
list(struct nvr_state *s, const char *who)
{
	struct nvr_log_filter f = {
	    .since = opt.since, .until = opt.until, .limit = opt.limit};
	struct listing l = {.s = s};
	int rc = 0;

	/* An account that is gone has an id still. */
	if (who != NULL && strchr(who, '@') == NULL)
		rc = nvr_id_parse(who, &f.account, &cli.err);
	else if (who != NULL)
		rc = account_id(s, who, &f.account);
	if (rc != 0)
		return rc;
	nvr_out_init(&l.out, cli.json);
	rc = nvr_log_each(s, &f, put_row, &l, &cli.err);
	nvr_out_flush(&l.out);
	nvr_buf_wipe(&l.what);
	return rc;
}

static int
head(struct nvr_state *s)
{
	struct nvr_log_head parsed;
	struct nvr_buf text = {0};
	struct nvr_out out;
	int64_t id = 0;
	int rc = nvr_log_head(s, &text, &cli.err);

	if (rc == 0)
		rc = nvr_log_head_parse(text.data, &parsed, &cli.err);
	if (rc == 0 && opt.mail != NULL)
		rc = nvr_log_head_post(s, &text, opt.mail, &id, &cli.err);
	if (rc == 0 && cli.json) {
		nvr_out_init(&out, true);
		nvr_out_int(&out, "seq", parsed.seq);
		nvr_out_time(&out, "at", parsed.at);
		nvr_out_text(&out, "head", text.data);
		if (id != 0)
			nvr_out_id(&out, "message", id);
		else
			nvr_out_text(&out, "message", NULL);
		nvr_out_end(&out);
		nvr_out_flush(&out);
	} else if (rc == 0 && id != 0) {
		nvr_note(&cli, "the head of row %lld waits in the outbox",
		    (long long)parsed.seq);
	} else if (rc == 0) {
		fwrite(text.data, 1, text.len, stdout);
	}
	nvr_buf_release(&text);
	return rc;
}

static int
public_key(struct nvr_state *s)
{
	struct nvr_buf line = {0};
	struct nvr_out out;
	int rc = nvr_log_signer(s, &line, &cli.err);

	if (rc == 0 && cli.json) {
		line.data[strcspn(line.data, "\n")] = '\0';
		nvr_out_init(&out, true);
		nvr_out_text(&out, "allowed_signer", line.data);
		nvr_out_end(&out);
		nvr_out_flush(&out);
	} else if (rc == 0) {
		fwrite(line.data, 1, line.len, stdout);
	}
	nvr_buf_release(&line);
	return rc;
}

static int
prune(struct nvr_state *s)
{
	int64_t before = nvr_time_now() - s->rules->log_keep, n = 0;
	struct nvr_out out;
	int rc = nvr_log_prune(s, before, opt.dry_run, &n, &cli.err);

	if (rc != 0)
		return rc;
	nvr_out_init_record(&out, cli.json);
	nvr_out_int(&out, "rows", n);
	nvr_out_time(&out, "before", before);
	nvr_out_end(&out);
	nvr_out_flush(&out);
	return 0;
}

static int
check_options(int argc)
{
	int modes = opt.verify + opt.head + opt.public_key + opt.prune;

	if (modes > 1)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "one of --verify, --head, --public-key and --prune");
	if (modes > 0 && (argc > 0 || opt.since != 0 || opt.until != 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "that is of the whole log: no account, --since or --until");
	if (opt.against != NULL && !opt.verify)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--against goes with --verify");
	if (opt.mail != NULL && !opt.head)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--mail goes with --head");
	if (opt.dry_run && !opt.prune)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--dry-run goes with --prune");
	return 0;
}

int
run_log(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int rc = check_options(argc);

	(void)c;
	if (rc == 0)
		rc = account_open(&s);
	if (rc != 0)
		return rc;
	if (opt.verify)
		rc = account_log_verify(s);
	else if (opt.head)
		rc = head(s);
	else if (opt.public_key)
		rc = public_key(s);
	else if (opt.prune)
		rc = prune(s);
	else
		rc = list(s, argc > 0 ? argv[0] : NULL);
	nvr_state_close(s);
	return rc;
}
