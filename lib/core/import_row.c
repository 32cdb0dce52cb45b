/* Members of a row that came from elsewhere; see import_int.h. */
#include <math.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/import_int.h"

static void
wrong(struct nvr_import_row *r, const char *name, const char *what)
{
	if (r->rc == 0)
		r->rc = nvr_fail(r->err, NVR_E_DATA, "'%s' %s", name, what);
}

/* NULL where it is null; `need`: that is wrong. */
static json_t *
get(struct nvr_import_row *r, const char *name, bool need)
{
	json_t *v = json_object_get(r->o, name);

	if (v != NULL && !json_is_null(v))
		return r->rc == 0 ? v : NULL;
	if (need)
		wrong(r, name, "is missing");
	return NULL;
}

static const char *
get_text(struct nvr_import_row *r, const char *name, size_t max, bool word,
    bool need)
{
	json_t *v = get(r, name, need);
	const char *text = json_string_value(v);

	if (v != NULL && text == NULL)
		wrong(r, name, "is no text");
	else if (text != NULL && json_string_length(v) > max)
		wrong(r, name, "is too long");
	else if (text != NULL && strlen(text) != json_string_length(v))
		wrong(r, name, "has a NUL in it");
	else if (text != NULL && word && !nvr_text_printable(text))
		wrong(r, name, "has control characters");
	if (r->rc != 0)
		text = NULL;
	return text == NULL && need ? "" : text;
}

const char *
nvr_row_word(struct nvr_import_row *r, const char *name, size_t max)
{
	return get_text(r, name, max, true, true);
}

const char *
nvr_row_prose(struct nvr_import_row *r, const char *name, size_t max)
{
	return get_text(r, name, max, false, true);
}

const char *
nvr_row_word_or_null(struct nvr_import_row *r, const char *name, size_t max)
{
	return get_text(r, name, max, true, false);
}

const char *
nvr_row_prose_or_null(struct nvr_import_row *r, const char *name, size_t max)
{
	return get_text(r, name, max, false, false);
}

const char *
nvr_row_one_of(struct nvr_import_row *r, const char *name,
    const char *const *words, bool need)
{
	const char *text = get_text(r, name, 64, true, need);

	if (text == NULL || r->rc != 0)
		return need ? words[0] : NULL;
	for (; *words != NULL; words++)
		if (strcmp(*words, text) == 0)
			return *words;
	wrong(r, name, "is none of what it can be");
	return "";
}

static int64_t
get_int(struct nvr_import_row *r, const char *name, int64_t min, int64_t max,
    bool need, int64_t none)
{
	json_t *v = get(r, name, need);

	if (v == NULL)
		return none;
	if (!json_is_integer(v))
		wrong(r, name, "is no whole number");
	else if (json_integer_value(v) < min || json_integer_value(v) > max)
		wrong(r, name, "is out of bounds");
	else
		return json_integer_value(v);
	return none;
}

int64_t
nvr_row_int(
    struct nvr_import_row *r, const char *name, int64_t min, int64_t max)
{
	return get_int(r, name, min, max, true, 0);
}

int64_t
nvr_row_int_or(struct nvr_import_row *r, const char *name, int64_t min,
    int64_t max, int64_t none)
{
	return get_int(r, name, min, max, false, none);
}

double
nvr_row_real(struct nvr_import_row *r, const char *name)
{
	json_t *v = get(r, name, false);

	if (v == NULL)
		return NAN;
	if (!json_is_number(v))
		wrong(r, name, "is no number");
	else if (!(json_number_value(v) >= 0 && json_number_value(v) <= 1))
		wrong(r, name, "is not within 0 to 1");
	return json_number_value(v);
}

bool
nvr_row_flag(struct nvr_import_row *r, const char *name)
{
	json_t *v = get(r, name, true);

	if (v != NULL && !json_is_boolean(v))
		wrong(r, name, "is neither true nor false");
	return json_is_true(v);
}

static int64_t
get_id(struct nvr_import_row *r, const char *name, bool need)
{
	const char *text = get_text(r, name, NVR_ID_TEXT, true, need);
	struct nvr_error ignored;
	int64_t id = 0;

	if (text == NULL || r->rc != 0)
		return 0;
	if (nvr_id_parse(text, &id, &ignored) != 0)
		wrong(r, name, "is no id");
	return id;
}

int64_t
nvr_row_id(struct nvr_import_row *r, const char *name)
{
	return get_id(r, name, true);
}

int64_t
nvr_row_id_or_0(struct nvr_import_row *r, const char *name)
{
	return get_id(r, name, false);
}

/* As exports write it and no other way: what nvr_time_parse takes besides is
 * for people. */
static bool
is_time(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00.000000Z";

	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i] != '\0'; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9'
				    : text[i] != shape[i])
			return false;
	return true;
}

static int64_t
get_time(struct nvr_import_row *r, const char *name, int64_t latest, bool need)
{
	const char *text = get_text(r, name, NVR_TIME_TEXT, true, need);
	struct nvr_error ignored;
	int64_t t = 0;

	if (text == NULL || r->rc != 0)
		return 0;
	if (!is_time(text) || nvr_time_parse(text, 0, &t, &ignored) != 0)
		wrong(r, name, "is no time");
	else if (t <= 0)
		wrong(r, name, "is too early");
	else if (t > latest)
		wrong(r, name, "is later than now");
	return r->rc == 0 ? t : 0;
}

int64_t
nvr_row_time(struct nvr_import_row *r, const char *name, int64_t latest)
{
	return get_time(r, name, latest, true);
}

int64_t
nvr_row_time_or_0(struct nvr_import_row *r, const char *name, int64_t latest)
{
	return get_time(r, name, latest, false);
}
