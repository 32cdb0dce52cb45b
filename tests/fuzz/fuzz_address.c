/* E-mail addresses, names of people, passwords: what people type in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/text.h"
#include "base/unicode.h"
#include "core/password_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(int good)
{
	if (!good)
		abort();
}

/* What comes out goes in again, and is the same; what is shown as well. */
static void
check_address(const char *text)
{
	struct nvr_address a, again;
	char shown[NVR_ADDRESS_SHOWN];
	struct nvr_error err;

	nvr_address_show(text, shown);
	if (nvr_address_parse(text, &a, &err) != 0) {
		must(nvr_text_printable(err.text));
		return;
	}
	must(nvr_text_printable(a.mail) && strchr(a.mail, ' ') == NULL);
	must(strlen(a.mail) <= NVR_ADDRESS_MAX);
	must(nvr_address_parse(a.mail, &again, &err) == 0);
	must(strcmp(a.mail, again.mail) == 0 && strcmp(a.key, again.key) == 0);
	nvr_address_show(a.mail, shown);
	must(nvr_text_printable(shown));
	must(nvr_address_parse(shown, &again, &err) == 0);
	must(strcmp(a.mail, again.mail) == 0);
}

static void
check_name(const char *text)
{
	char name[NVR_NAME_TEXT], again[NVR_NAME_TEXT];
	struct nvr_error err;

	if (nvr_name_take("it", text, name, &err) != 0)
		return;
	must(nvr_text_printable(name));
	must(nvr_name_take("it", name, again, &err) == 0);
	must(strcmp(name, again) == 0);
}

static void
check_password(const char *text)
{
	char taken[NVR_PASSWORD_TEXT], again[NVR_PASSWORD_TEXT];
	struct nvr_error err;

	if (nvr_password_take(text, taken, &err) != 0)
		return;
	must(nvr_password_take(taken, again, &err) == 0);
	must(strcmp(taken, again) == 0);
	nvr_password_rules(
	    taken, (const char *[]){"a@b.org", text, NULL}, 3, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	if (text == NULL)
		return 0;
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	check_address(text);
	check_name(text);
	check_password(text);
	free(text);
	return 0;
}
