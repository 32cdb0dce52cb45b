/* What sites are called; see site.h. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "core/keys.h"
#include "core/site.h"
#include "seal/digest.h"

int
nvr_site_lookup(struct nvr_state *s, const char *name, size_t len,
    uint8_t ret[NVR_SITE_LOOKUP], struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	int rc = nvr_service_key(s, "site", key, err);

	if (rc == 0)
		rc = nvr_hmac(key, sizeof(key), name, len, ret, err);
	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_site_name(struct nvr_state *s, const struct nvr_site *site,
    struct nvr_buf *name, struct nvr_error *err)
{
	const struct nvr_column at = {"site", "name", site->id};

	nvr_buf_wipe(name);
	return nvr_sealed_get(s, site->account_id, &at, site->name.data,
	    site->name.len, name, err);
}

int
nvr_site_by_name(struct nvr_state *s, int64_t account, const char *name,
    bool removed, struct nvr_site **ret, struct nvr_error *err)
{
	uint8_t lookup[NVR_SITE_LOOKUP];
	int rc = nvr_site_lookup(s, name, strlen(name), lookup, err);

	if (rc != 0)
		return rc;
	rc = removed
		 ? nvr_site_find_removed(s->store, account, lookup, ret, err)
		 : nvr_site_find(s->store, account, lookup, ret, err);
	if (rc == NVR_E_NOENT)
		return nvr_fail(err, NVR_E_NOENT,
		    "no %ssite '%s'; 'nvr-account site list' shows them",
		    removed ? "removed " : "", name);
	return rc == NVR_E_USAGE
		   ? nvr_fail(err, NVR_E_USAGE,
			 "several accounts have a site '%s': say ADDRESS/%s",
			 name, name)
		   : rc;
}

/* Opened, or its id. */
static char *
read_name(struct nvr_state *s, int64_t id)
{
	struct nvr_site *site = NULL;
	struct nvr_error ignored;
	struct nvr_buf name = {0};
	char text[NVR_ID_TEXT], *copy;
	bool open = nvr_site_get(s->store, id, &site, &ignored) == 0 &&
		    nvr_site_name(s, site, &name, &ignored) == 0;

	copy = strdup(open ? name.data : nvr_id_format(id, text));
	nvr_buf_wipe(&name);
	nvr_site_free(site);
	return copy;
}

const char *
nvr_site_label(struct nvr_state *s, struct nvr_site_names *names, int64_t id)
{
	struct nvr_site_named *more;

	if (id == 0)
		return "";
	for (size_t i = 0; i < names->n; i++)
		if (names->item[i].id == id)
			return names->item[i].name;
	more = reallocarray(names->item, names->n + 1, sizeof(*more));
	if (more == NULL)
		return "";
	names->item = more;
	more[names->n] = (struct nvr_site_named){id, read_name(s, id)};
	return more[names->n].name != NULL ? more[names->n++].name : "";
}

void
nvr_site_names_wipe(struct nvr_site_names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		explicit_bzero(
		    names->item[i].name, strlen(names->item[i].name));
		free(names->item[i].name);
	}
	free(names->item);
	*names = (struct nvr_site_names){NULL, 0};
}
