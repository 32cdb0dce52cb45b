/* What a recorder is to take over: of its site, and of the thresholds of its
 * account what it judges of itself; see remote.h. */
#include "core/beat_int.h"
#include "core/remote_int.h"
#include "store/site.h"

int
nvr_hearing_settings(struct nvr_hearing *h)
{
	struct nvr_beat_settings *x = &h->ret->settings;
	struct nvr_site *site = NULL;
	int rc = nvr_site_get(h->s->store, h->row->site_id, &site, h->err);

	if (rc != 0)
		return rc;
	*x = (struct nvr_beat_settings){
	    .retain_us = site->retain_us, .retain_bytes = site->retain_bytes};
	nvr_site_free(site);
	rc = nvr_alert_rule_each_of(h->s->store, h->row->account_id,
	    h->row->site_id, nvr_beat_settings_lay, x, h->err);
	return rc == 0 ? nvr_beat_settings_number(x, h->err) : rc;
}
