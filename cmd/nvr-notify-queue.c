/* nvr-notify queue, retry, drop: what waits in the outbox. */
#include <inttypes.h>

#include "base/id.h"
#include "core/deliver.h"
#include "store/outbox.h"

#include "nvr-notify.h"

static int
show(void *ctx, const struct nvr_outgoing *o)
{
	struct nvr_out *out = ctx;

	if (notify_dead && o->dead_at == 0)
		return 0;
	nvr_out_id(out, "id", o->id);
	nvr_out_text(out, "channel", o->channel);
	nvr_out_text(out, "kind", o->kind);
	nvr_out_text(out, "state", o->dead_at != 0 ? "failed" : "waits");
	nvr_out_int(out, "attempts", o->attempts);
	nvr_out_time(out, "next_at", o->next_at);
	nvr_out_text(out, "error", o->error);
	nvr_out_more(out);
	nvr_out_time(out, "created_at", o->created_at);
	nvr_out_time(out, "expires_at", o->expires_at);
	nvr_out_time(out, "failed_at", o->dead_at);
	if (o->account_id != 0)
		nvr_out_id(out, "account_id", o->account_id);
	else
		nvr_out_text(out, "account_id", NULL);
	if (o->contact_id != 0)
		nvr_out_id(out, "contact_id", o->contact_id);
	else
		nvr_out_text(out, "contact_id", NULL);
	nvr_out_bool(out, "essential", !o->optional);
	nvr_out_end(out);
	return 0;
}

int
notify_queue(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc = notify_open(c, &s);

	(void)argc, (void)argv;
	nvr_out_init(&out, c->json);
	if (rc == 0)
		rc = nvr_outbox_each(s->store, show, &out, &c->err);
	nvr_out_flush(&out);
	nvr_state_close(s);
	return rc;
}

int
notify_retry(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t row = 0, n = 0;
	int rc = 0;

	if ((argc == 0) != notify_dead)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "retry takes the ID of a message, or --dead");
	if (argc > 0)
		rc = nvr_id_parse(argv[0], &row, &c->err);
	if (rc == 0)
		rc = notify_open(c, &s);
	if (rc == 0)
		rc = nvr_deliver_retry(s, row, &n, &c->err);
	if (rc == 0)
		nvr_note(c, "%" PRId64 " message%s due now: nvr-notify", n,
		    n == 1 ? " is" : "s are");
	nvr_state_close(s);
	return rc;
}

int
notify_drop(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int64_t row = 0;
	int rc = nvr_id_parse(argv[0], &row, &c->err);

	(void)argc;
	if (rc == 0)
		rc = notify_open(c, &s);
	if (rc == 0)
		rc = nvr_deliver_drop(s, row, &c->err);
	nvr_state_close(s);
	return rc;
}
