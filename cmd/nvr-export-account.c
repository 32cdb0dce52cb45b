/* nvr-export account: everything about one. */
#include <string.h>

#include "core/account.h"
#include "core/export.h"
#include "core/offer.h"

#include "nvr-export.h"
#include "open.h"

int
export_include(int *ret, struct nvr_error *err)
{
	const char *p = opt.include != NULL ? opt.include : "";
	int include = opt.sealed ? NVR_OFFER_SEALED : 0;

	while (*p != '\0') {
		size_t n = strcspn(p, ",");

		if (n == 6 && memcmp(p, "stills", n) == 0)
			include |= NVR_OFFER_STILLS;
		else if (n == 7 && memcmp(p, "footage", n) == 0)
			include |= NVR_OFFER_FOOTAGE;
		else
			return nvr_fail(err, NVR_E_USAGE,
			    "--include is a list of stills and footage, not "
			    "'%s'",
			    opt.include);
		p += n + (p[n] == ',');
	}
	if (include == NVR_OFFER_SEALED)
		return nvr_fail(err, NVR_E_USAGE,
		    "--sealed is of pictures: say which by --include");
	*ret = include;
	return 0;
}

struct exporting {
	struct nvr_state *s;
	struct nvr_export_account o;
};

static int
fill(void *ctx, struct nvr_archive *a, struct nvr_error *err)
{
	struct exporting *x = ctx;

	return nvr_export_account(x->s, &x->o, a, err);
}

int
export_account(struct nvr_cli *c, int argc, char **argv)
{
	struct exporting x = {.o = {.now = export_now()}};
	struct export_archive archive = {.fill = fill, .ctx = &x};
	struct nvr_account *account = NULL;
	int include = 0, rc;

	(void)argc;
	rc = export_include(&include, &c->err);
	if (rc == 0)
		rc = nvr_export_language(opt.language, &c->err);
	if (rc == 0)
		rc = nvr_open_made(c, NVR_STATE_DURABLE, &x.s);
	if (rc == 0)
		nvr_state_rights(x.s, true);
	if (rc == 0)
		rc = nvr_account_find(x.s, argv[0], &account, &c->err);
	if (rc == 0) {
		x.o.account = account->id;
		x.o.stills = (include & NVR_OFFER_STILLS) != 0;
		x.o.footage = (include & NVR_OFFER_FOOTAGE) != 0;
		x.o.sealed = (include & NVR_OFFER_SEALED) != 0;
		x.o.language = opt.language != NULL ? opt.language : "en";
		archive.asked =
		    nvr_offer_asked(account->id, include, x.o.language);
		rc = export_archive(x.s, &archive);
	}
	nvr_account_free(account);
	nvr_state_close(x.s);
	return rc;
}
