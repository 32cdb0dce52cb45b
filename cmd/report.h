/* Reports of audits, as nvr-audit and nvr-export write them. */
#ifndef NVR_CMD_REPORT_H
#define NVR_CMD_REPORT_H

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "core/report.h"
#include "store/audit.h"

#include "draft.h"

static int
report_any(void *ctx, const struct nvr_audit *a)
{
	(void)a;
	*(bool *)ctx = true;
	return 0;
}

/* One that is no camera is taken by the name that its audits bear. */
static int
report_camera(struct nvr_cli *c, struct nvr_state *s, const char *name,
    struct nvr_report_camera *ret)
{
	const struct nvr_audit_filter f = {.camera = name, .limit = 1};
	struct nvr_camera *cam = NULL;
	struct nvr_error other;
	bool any = false;
	int rc = nvr_inventory_find(s, name, &cam, &c->err);

	*ret = (struct nvr_report_camera){0, name, 0};
	if (rc == 0) {
		ret->id = cam->id;
		ret->account = cam->account_id;
	}
	nvr_camera_free(cam);
	if (rc == NVR_E_NOENT &&
	    nvr_audit_each(s->store, &f, report_any, &any, &other) == 0 && any)
		return 0;
	return rc;
}

/* Each camera once. */
static int
report_cameras(struct nvr_cli *c, struct nvr_state *s,
    const struct nvr_list *names, struct nvr_report_camera *only, int *n)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < names->n; i++) {
		struct nvr_report_camera *to = &only[*n];
		bool twice = false;

		rc = report_camera(c, s, names->item[i], to);
		for (int k = 0; rc == 0 && k < *n; k++)
			twice |= to->id != 0
				     ? only[k].id == to->id
				     : strcmp(only[k].name, to->name) == 0;
		*n += rc == 0 && !twice;
	}
	return rc;
}

/* Why it failed is nvr_finish's to say; 1 ends the report. */
static int
report_stdout(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	(void)ctx, (void)err;
	return fwrite(data, 1, len, stdout) != len && nvr_out_failed() != 0;
}

static int
report_file(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	if (nvr_write_all(draft.fd, data, len, err) == 0)
		return 0;
	return nvr_fail_errno(
	    err, NVR_E_IO, "cannot write '%s'", (const char *)ctx);
}

/* output NULL or `-`: stdout; else the file is there whole or not at all. */
static int
report_write(struct nvr_cli *c, struct nvr_state *s,
    const struct nvr_report_options *o, enum nvr_report_format format,
    const char *output)
{
	struct nvr_sink sink = {report_stdout, NULL};
	int rc;

	if (output == NULL || strcmp(output, "-") == 0) {
		rc = nvr_report_write(s, o, format, &sink, &c->err);
		return rc > 0 ? 0 : rc;
	}
	draft_catch();
	rc = nvr_draft_open(&draft, output, &c->err);
	if (rc != 0)
		return rc;
	sink = (struct nvr_sink){report_file, draft.path};
	rc = nvr_report_write(s, o, format, &sink, &c->err);
	if (rc == 0)
		return nvr_draft_commit(&draft, &c->err);
	nvr_draft_drop(&draft);
	return rc;
}

#endif
