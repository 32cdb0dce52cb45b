/* What the registers of rights share; see register.h. */
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "core/keys.h"
#include "core/register.h"

#define WORD_MAX 32

int
nvr_check_word(const char *what, const char *text, struct nvr_error *err)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (len == 0 || len > WORD_MAX ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz-") != len)
		return nvr_fail(err, NVR_E_USAGE,
		    "%s is a word of a-z and hyphens, %d at the most", what,
		    WORD_MAX);
	return 0;
}

static int
check(const char *what, const char *text, size_t most, bool ok,
    struct nvr_error *err)
{
	if (text == NULL || text[0] == '\0')
		return nvr_fail(err, NVR_E_USAGE, "%s is missing", what);
	if (strlen(text) > most)
		return nvr_fail(
		    err, NVR_E_USAGE, "%s has more than %zu bytes", what, most);
	return ok ? 0
		  : nvr_fail(err, NVR_E_USAGE,
			"%s: control characters are refused", what);
}

int
nvr_check_line(const char *what, const char *text, struct nvr_error *err)
{
	return check(what, text, NVR_REGISTER_LINE,
	    text != NULL && nvr_text_printable(text), err);
}

int
nvr_check_text(const char *what, const char *text, struct nvr_error *err)
{
	return check(what, text, NVR_REGISTER_TEXT,
	    text != NULL && nvr_text_lines(text), err);
}

int
nvr_register_seal(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const char *text, struct nvr_buf *buf,
    struct nvr_blob *ret, struct nvr_error *err)
{
	int rc = 0;

	*ret = (struct nvr_blob){NULL, 0};
	if (text == NULL || text[0] == '\0')
		return 0;
	rc = nvr_sealed_put(s, account, at, text, strlen(text), buf, err);
	if (rc == 0)
		*ret = (struct nvr_blob){buf->data, buf->len};
	return rc;
}

int
nvr_register_open(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const struct nvr_blob *sealed,
    struct nvr_buf *ret, struct nvr_error *err)
{
	nvr_buf_wipe(ret);
	if (sealed->data == NULL)
		return nvr_buf_reserve(ret, 0, err);
	return nvr_sealed_get(
	    s, account, at, sealed->data, sealed->len, ret, err);
}

int
nvr_register_address(struct nvr_state *s, int64_t account, struct nvr_buf *ret,
    struct nvr_error *err)
{
	struct nvr_column at = {"account", "email", account};
	struct nvr_account *a = NULL;
	int rc = nvr_account_get(s->store, account, &a, err);

	if (rc == 0)
		rc = nvr_register_open(s, account, &at, &a->email, ret, err);
	nvr_account_free(a);
	return rc;
}

json_t *
nvr_register_id(int64_t id)
{
	char text[NVR_ID_TEXT];

	return json_string(nvr_id_format(id, text));
}
