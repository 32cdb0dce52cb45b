/* nvr-audit models: what the servers of nvr.conf offer, and for how long. */
#include <string.h>

#include "base/time.h"
#include "core/catalogue.h"

#include "nvr-audit.h"

#define SOON (90 * NVR_DAY) /* then a shutdown is worth a warning */

struct listing {
	struct nvr_out out;
	const struct nvr_model *model;
	bool offered, all_well;
	int64_t now;
};

static int
print_offer(void *ctx, const struct nvr_model_offer *o)
{
	struct listing *l = ctx;
	bool used = strcmp(o->id, l->model->model) == 0;
	char day[NVR_TIME_TEXT];

	l->offered |= used;
	nvr_out_text(&l->out, "profile", l->model->name);
	nvr_out_text(&l->out, "model", o->id);
	nvr_out_bool(&l->out, "used", used);
	nvr_out_time(&l->out, "shutdown_at", o->shutdown_at);
	nvr_out_text(&l->out, "owned_by", o->owned_by);
	nvr_out_time(&l->out, "created_at", o->created_at);
	nvr_out_end(&l->out);
	if (!used || o->shutdown_at == 0 || o->shutdown_at - l->now > SOON)
		return 0;
	l->all_well = false;
	nvr_warn("[model %s]: %s %s on %.10s; choose another one",
	    l->model->name, o->id,
	    o->shutdown_at > l->now ? "will be shut down" : "was shut down",
	    nvr_time_format(o->shutdown_at, day));
	return 0;
}

static int
list_offers(struct listing *l, const char *profile)
{
	struct nvr_host *host = NULL;
	int rc = nvr_conf_model(&cli.conf, profile, &l->model, &cli.err);

	l->offered = false;
	if (rc == 0)
		rc = nvr_host_open(l->model, &host, &cli.err);
	if (rc == 0)
		rc = nvr_catalogue_each(host, print_offer, l, &cli.err);
	nvr_host_close(host);
	if (rc != 0 || l->offered)
		return rc;
	nvr_warn("[model %s]: the server offers no '%s'", l->model->name,
	    l->model->model);
	l->all_well = false;
	return 0;
}

int
audit_models(struct nvr_cli *c, int argc, char **argv)
{
	struct listing l = {.all_well = true, .now = nvr_time_now()};
	int rc = 0;

	nvr_out_init(&l.out, c->json);
	if (argc == 0)
		rc = list_offers(&l, c->conf.use_model);
	for (int i = 0; rc == 0 && i < argc; i++)
		rc = list_offers(&l, argv[i]);
	nvr_out_flush(&l.out);
	return rc != 0 ? rc : l.all_well ? 0 : NVR_EXIT_NEGATIVE;
}
