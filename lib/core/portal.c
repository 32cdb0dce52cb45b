/* What nvr.conf's [portal] says; see portal.h. */
#include <string.h>

#include "base/url.h"
#include "core/mail.h"
#include "core/portal.h"

/* Of RFC 3986 what stands ahead of a query, without `@`. */
#define LETTERS                                                          \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
	"-._~:/[]!$&'()*+,;=%"

static const char *
wrong_with(const char *text)
{
	struct nvr_url url = {0};
	struct nvr_error ignored;
	const char *wrong = NULL;

	if (nvr_url_parse(text, &url, &ignored) != 0)
		return "is no URL";
	if (url.user != NULL || url.password != NULL)
		wrong = "names a user";
	else if (strcmp(url.scheme, "https") != 0 &&
		 (strcmp(url.scheme, "http") != 0 ||
		     !nvr_url_is_loopback(text)))
		wrong = "is not https";
	else if (strpbrk(text, "?#") != NULL)
		wrong = "has a query or a fragment";
	else if (text[strspn(text, LETTERS)] != '\0')
		wrong = "has a character that is to be percent-encoded";
	nvr_url_release(&url);
	return wrong;
}

int
nvr_portal_check(const struct nvr_rules *r, struct nvr_error *err)
{
	const char *wrong = r->url[0] != '\0' ? wrong_with(r->url) : NULL;

	if (wrong != NULL)
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf's url in [portal], '%s', %s: links in letters "
		    "begin with it, as 'https://nvr.example'",
		    r->url, wrong);
	if (r->mail_from[0] == '\0' || nvr_mail_address(r->mail_from, err) == 0)
		return 0;
	err->code = NVR_E_CONFIG;
	return nvr_prefix(err, "nvr.conf's mail-from in [portal]");
}
