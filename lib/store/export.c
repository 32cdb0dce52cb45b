/* The register's tables, as they are exported; see export.h. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/db.h"
#include "store/export.h"
#include "store/sealed.h"

/* In the order of the schema, what is exported first. */
static const char REGISTER[] =
    "SELECT c.table_name, c.column_name, c.exported, c.purpose, c.legal_basis,"
    " c.retention, c.rule, p.type FROM privacy_column c"
    " JOIN sqlite_master m ON m.type = 'table' AND m.name = c.table_name"
    " JOIN pragma_table_info(m.name) p ON p.name = c.column_name"
    " ORDER BY c.table_name, c.exported DESC, p.cid";

/* What neither type nor name tells. */
static const struct {
	const char *table, *column;
	enum nvr_export_kind kind;
} exceptions[] = {
    {"camera", "tls_verify", NVR_EXPORT_BOOL},
    {"camera", "audio", NVR_EXPORT_BOOL},
    {"segment", "sealed", NVR_EXPORT_BOOL},
    {"schedule", "all_cameras", NVR_EXPORT_BOOL},
    {"schedule", "agentic", NVR_EXPORT_BOOL},
    {"schedule", "skip_unchanged", NVR_EXPORT_BOOL},
    {"consent", "given", NVR_EXPORT_BOOL},
    {"outbox", "essential", NVR_EXPORT_BOOL},
    {"telemetry_sum", "settled", NVR_EXPORT_BOOL},
    {"telemetry", "late", NVR_EXPORT_BOOL},
    {"alert", "object", NVR_EXPORT_ID},
    {"alert", "unstable", NVR_EXPORT_BOOL},
    {"alert", "inhibited_by", NVR_EXPORT_ID},
    {"alert", "snoozed_until", NVR_EXPORT_TIME},
    {"alert_rule", "enabled", NVR_EXPORT_BOOL},
    {"alert_rule", "us", NVR_EXPORT_SPAN},
    {"recorder", "replaces", NVR_EXPORT_ID},
    {"invitation", "replaces", NVR_EXPORT_ID},
};

/* Secrets of which people may know that they are there. */
static const struct {
	const char *table, *column, *name;
} told[] = {
    {"account", "password", "has_password"},
    {"camera", "secrets", "has_credentials"},
    {"camera", "identity", "has_identity"},
    {"recorder_camera", "secrets", "has_credentials"},
};

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), len = strlen(end);

	return n >= len && strcmp(name + n - len, end) == 0;
}

static enum nvr_export_kind
kind_of_number(const char *name)
{
	if (strcmp(name, "id") == 0 || ends_in(name, "_id"))
		return NVR_EXPORT_ID;
	if (strcmp(name, "at") == 0 || ends_in(name, "_at") ||
	    strcmp(name, "since") == 0 || strcmp(name, "until") == 0)
		return NVR_EXPORT_TIME;
	if (ends_in(name, "_us"))
		return NVR_EXPORT_SPAN;
	return NVR_EXPORT_INT;
}

static enum nvr_export_kind
kind_of(const char *table, const char *column, const char *type)
{
	const struct nvr_sealed_column *s = nvr_sealed_columns;

	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (strcmp(exceptions[i].table, table) == 0 &&
		    strcmp(exceptions[i].column, column) == 0)
			return exceptions[i].kind;
	for (; s->table != NULL; s++)
		if (strcmp(s->table, table) == 0 &&
		    strcmp(s->column, column) == 0)
			return NVR_EXPORT_SEALED;
	if (strcmp(type, "BIGINT") == 0)
		return kind_of_number(column);
	if (strcmp(type, "BYTEA") == 0)
		return NVR_EXPORT_BYTES;
	return strcmp(type, "DOUBLE PRECISION") == 0 ? NVR_EXPORT_REAL
						     : NVR_EXPORT_TEXT;
}

/* What is part of statements, of paths and of JSON. */
static bool
is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n < NVR_EXPORT_NAME && name[n] == '\0';
}

struct reading {
	struct nvr_export_table *t; /* name "": none yet */
	int (*table)(void *ctx, const struct nvr_export_table *t);
	void *ctx;
	struct nvr_error *err;
};

/* A column of the register; of: see nvr_export_column. */
static struct nvr_export_column *
put(struct nvr_export_table *t, struct nvr_query *q, const char *name,
    const char *of)
{
	struct nvr_export_column *c = &t->column[t->all++];

	*c = (struct nvr_export_column){.kind = NVR_EXPORT_BOOL};
	strlcpy(c->name, name, sizeof(c->name));
	strlcpy(c->of, of, sizeof(c->of));
	strlcpy(
	    c->purpose, nvr_or_empty(nvr_db_text(q, 3)), sizeof(c->purpose));
	strlcpy(c->basis, nvr_or_empty(nvr_db_text(q, 4)), sizeof(c->basis));
	strlcpy(c->retention, nvr_or_empty(nvr_db_text(q, 5)),
	    sizeof(c->retention));
	return c;
}

static void
put_held(struct nvr_export_table *t, struct nvr_query *q, const char *name)
{
	struct nvr_export_column held;

	put(t, q, name, "")->kind = NVR_EXPORT_BYTES;
	for (size_t i = 0; t->n > 0 && i < sizeof(told) / sizeof(told[0]);
	     i++) {
		if (strcmp(told[i].table, t->name) != 0 ||
		    strcmp(told[i].column, name) != 0)
			continue;
		put(t, q, told[i].name, name);
		held = t->column[t->n];
		t->column[t->n++] = t->column[t->all - 1];
		t->column[t->all - 1] = held;
	}
}

static int
finish(struct reading *r)
{
	return r->t->name[0] != '\0' ? r->table(r->ctx, r->t) : 0;
}

static int
take(struct reading *r, struct nvr_query *q)
{
	const char *table = nvr_or_empty(nvr_db_text(q, 0));
	const char *name = nvr_or_empty(nvr_db_text(q, 1));
	struct nvr_export_table *t = r->t;
	int rc = 0;

	if (!is_name(table) || !is_name(name))
		return nvr_fail(r->err, NVR_E_DATA,
		    "the register names a column that cannot be exported: "
		    "'%.40s.%.40s'",
		    table, name);
	if (strcmp(t->name, table) != 0) {
		rc = finish(r);
		*t = (struct nvr_export_table){.n = 0};
		strlcpy(t->name, table, sizeof(t->name));
		strlcpy(
		    t->rule, nvr_or_empty(nvr_db_text(q, 6)), sizeof(t->rule));
	}
	if (rc == 0 && t->all + 2 > NVR_EXPORT_COLUMNS)
		rc = nvr_fail(r->err, NVR_E_DATA,
		    "the register has more than %d columns of '%s'",
		    NVR_EXPORT_COLUMNS, table);
	if (rc != 0)
		return rc;
	if (nvr_db_int(q, 2) != 1) {
		put_held(t, q, name);
		return 0;
	}
	put(t, q, name, "")->kind =
	    kind_of(table, name, nvr_or_empty(nvr_db_text(q, 7)));
	t->n = t->all;
	return 0;
}

int
nvr_export_tables(struct nvr_store *st,
    int (*table)(void *ctx, const struct nvr_export_table *t), void *ctx,
    struct nvr_error *err)
{
	struct reading r = {
	    .t = calloc(1, sizeof(*r.t)), .table = table, .ctx = ctx, err};
	struct nvr_query q = {.stmt = NULL};
	int rc;

	if (r.t == NULL)
		return nvr_fail_nomem(err);
	rc = nvr_db_query(st, &q, REGISTER, err, "");
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = take(&r, &q);
	nvr_db_done(&q);
	if (rc == 0)
		rc = finish(&r);
	free(r.t);
	return rc;
}
