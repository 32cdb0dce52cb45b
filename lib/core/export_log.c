/*
 * The account's part of the security log, so that each row can be held to its
 * hash: see core/log.h for what is hashed.  The row ahead may be somebody
 * else's, of which the hash alone is told.
 */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/export_int.h"
#include "core/log_int.h"

/* What a line has, beyond the register's columns. */
enum { SEQ, AT, AT_US, TYPE, PAYLOAD, SALT, COMMITMENT, PREVIOUS, HASH, NLINE };
static const struct {
	const char *name, *of;
	enum nvr_export_kind kind;
	const char *purpose;
} line[NLINE] = {
    [SEQ] = {"seq", "seq", NVR_EXPORT_INT, NULL},
    [AT] = {"at", "at", NVR_EXPORT_TIME, NULL},
    [AT_US] = {"at_us", "at", NVR_EXPORT_SPAN,
	"the same, since 1970: as it is hashed"},
    [TYPE] = {"type", "type", NVR_EXPORT_TEXT, NULL},
    [PAYLOAD] = {"payload", "sealed", NVR_EXPORT_TEXT,
	"what happened, as the text that is hashed, which is JSON itself"},
    [SALT] = {"salt", "sealed", NVR_EXPORT_BYTES, "the key of the commitment"},
    [COMMITMENT] = {"commitment", "sealed", NVR_EXPORT_BYTES,
	"HMAC-SHA256 of the payload, with the salt as its key"},
    [PREVIOUS] = {"previous", "sealed", NVR_EXPORT_BYTES,
	"hash of the row ahead"},
    [HASH] = {"hash", "sealed", NVR_EXPORT_BYTES,
	"SHA-256 of previous, seq, at_us, type and commitment"},
};

static const struct nvr_export_column *
find(const struct nvr_export_table *t, const char *name)
{
	for (int i = 0; i < t->n; i++)
		if (strcmp(t->column[i].name, name) == 0)
			return &t->column[i];
	return NULL;
}

/* The table of lines in place of the register's. */
static int
make_lines(struct nvr_export_table *t, struct nvr_error *err)
{
	struct nvr_export_column column[NLINE], held;
	const struct nvr_export_column *from;

	for (int i = 0; i < NLINE; i++) {
		from = find(t, line[i].of);
		if (from == NULL)
			return nvr_fail(err, NVR_E_DATA,
			    "the register does not export 'log.%s'",
			    line[i].of);
		column[i] = *from;
		column[i].kind = line[i].kind;
		strlcpy(column[i].name, line[i].name, NVR_EXPORT_NAME);
		if (line[i].purpose == NULL)
			continue;
		strlcpy(column[i].purpose, line[i].purpose,
		    sizeof(column[i].purpose));
		strlcpy(column[i].of, line[i].of, NVR_EXPORT_NAME);
	}
	memcpy(t->column, column, sizeof(column));
	/* Whose it is: of what was not exported, that alone still is not. */
	held = (struct nvr_export_column){.name = "account_id"};
	t->column[NLINE] = held;
	t->n = NLINE;
	t->all = NLINE + 1;
	return 0;
}

struct log {
	struct nvr_exporting *x;
	struct nvr_export_writer *w;
	struct nvr_log_opener *opener;
};

static struct nvr_blob
blob(const void *data, size_t len)
{
	return (struct nvr_blob){data, data != NULL ? len : 0};
}

/* Ids are quoted, which no text within the payload's can feign. */
static bool
is_of_camera(const struct nvr_exporting *x, const struct nvr_buf *text)
{
	char needle[64], id[NVR_ID_TEXT];
	int n = snprintf(needle, sizeof(needle), "\"camera_id\":\"%s\"",
	    nvr_id_format(x->camera, id));

	return memmem(text->data + NVR_LOG_SALT, text->len - NVR_LOG_SALT,
		   needle, (size_t)n) != NULL;
}

/*
 * Rows of cameras had their URLs whole once, in which a password may be.  What
 * is left out cannot be held to its commitment; the chain goes on by that.
 */
static bool
holds_url(const char *type, const struct nvr_buf *text)
{
	const char *p = text->data + NVR_LOG_SALT;
	const char *end = text->data + text->len;

	if (strncmp(type, "camera.", 7) != 0)
		return false;
	while ((p = memmem(p, (size_t)(end - p), "://", 3)) != NULL) {
		p += 3;
		p += strcspn(p, "/?#;&=,@\\\"");
		p += *p == '/';
		if (*p != '"')
			return true;
	}
	return false;
}

static int
put_row(void *ctx, const struct nvr_log_row *r, const void *previous)
{
	struct log *l = ctx;
	struct nvr_export_value v[NLINE] = {
	    [SEQ].number = r->seq,
	    [AT].number = r->at,
	    [AT_US].number = r->at,
	    [TYPE].bytes = {r->type, strlen(r->type)},
	    [COMMITMENT].bytes = {r->commitment, NVR_LOG_HASH},
	    [PREVIOUS].bytes = blob(previous, NVR_LOG_HASH),
	    [PREVIOUS].odd = previous == NULL,
	    [HASH].bytes = {r->hash, NVR_LOG_HASH},
	};
	const struct nvr_buf *text;
	int how = NVR_LOG_UNFIT;

	if (r->sealed != NULL)
		how = nvr_log_open(l->opener, r, r->seq, &text, l->x->err);
	if (how < 0)
		return how;
	if (l->x->camera != 0 && (r->at < l->x->since || how != NVR_LOG_FITS ||
				     !is_of_camera(l->x, text)))
		return 0;
	if (how == NVR_LOG_FITS) {
		v[SALT].bytes = blob(text->data, NVR_LOG_SALT);
		v[PAYLOAD].bytes =
		    blob(text->data + NVR_LOG_SALT, text->len - NVR_LOG_SALT);
	}
	v[PAYLOAD].odd = v[SALT].odd = how != NVR_LOG_FITS;
	v[PAYLOAD].withheld = v[SALT].withheld =
	    how == NVR_LOG_FITS && holds_url(r->type, text);
	return nvr_export_write_row(l->w, &(struct nvr_export_row){.value = v});
}

static int
add(struct nvr_exporting *x, const char *path, struct nvr_buf *text)
{
	return nvr_archive_add(x->a, path, text->data, text->len, -1, x->err);
}

/* Apart, as ssh-keygen wants them. */
static int
put_end(struct nvr_exporting *x)
{
	struct nvr_buf text = {0}, signature = {0}, who = {0};
	int rc;

	if (x->headless)
		return nvr_export_missing(x, "data/log-head.txt",
		    "the log does not end where it was written last, which is "
		    "no end to sign");
	rc = nvr_log_head_of(
	    x->s, &x->end, x->o->now, &text, &signature, x->err);
	if (rc == 0)
		rc = nvr_log_signer(x->s, &who, x->err);
	if (rc == 0)
		rc = add(x, "data/log-head.txt", &text);
	if (rc == 0)
		rc = add(x, "data/log-head.txt.sig", &signature);
	if (rc == 0)
		rc = add(x, "data/log-signer", &who);
	x->headed = rc == 0;
	nvr_buf_release(&text);
	nvr_buf_release(&signature);
	nvr_buf_release(&who);
	return rc;
}

int
nvr_export_log(struct nvr_exporting *x, struct nvr_export_part *part)
{
	struct log l = {.x = x};
	int rc = make_lines(&part->t, x->err);

	if (rc == 0)
		rc = nvr_log_opener_new(x->s, &l.opener, x->err);
	if (rc == 0)
		rc = nvr_export_writer_open(x, part, &l.w);
	if (rc == 0)
		rc = nvr_log_linked(x->s->store, x->o->account, x->end.seq,
		    put_row, &l, x->err);
	nvr_log_opener_free(l.opener);
	if (rc != 0)
		nvr_export_writer_free(l.w);
	else
		rc = nvr_export_writer_close(l.w);
	return rc == 0 ? put_end(x) : rc;
}
