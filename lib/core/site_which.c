/* Which site is meant; see site.h.  Apart, since who looks for accounts needs
 * the libraries of addresses. */
#include <stdlib.h>
#include <string.h>

#include "core/account.h"
#include "core/site.h"

/* An address may have slashes, a site's name has none. */
static int
account_of(struct nvr_state *s, const char *which, const char *slash,
    int64_t *ret, struct nvr_error *err)
{
	char *who = strndup(which, (size_t)(slash - which));
	struct nvr_account *a = NULL;
	int rc = who != NULL ? nvr_account_find(s, who, &a, err)
			     : nvr_fail_nomem(err);

	if (rc == 0)
		*ret = a->id;
	nvr_account_free(a);
	free(who);
	return rc;
}

int
nvr_site_which(struct nvr_state *s, const char *which, struct nvr_site **ret,
    struct nvr_error *err)
{
	const char *slash = strrchr(which, '/');
	struct nvr_site *site = NULL;
	int64_t account = 0;
	int rc = slash != NULL ? account_of(s, which, slash, &account, err) : 0;

	if (rc == 0)
		rc = nvr_site_by_name(s, account,
		    slash != NULL ? slash + 1 : which, false, &site, err);
	if (rc == 0)
		rc = nvr_site_check(s, site, err);
	if (rc == 0)
		*ret = site;
	else
		nvr_site_free(site);
	return rc;
}
