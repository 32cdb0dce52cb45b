/* Changes of settings, for the security log; see changes.h. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "core/changes.h"

json_t *
nvr_change_value(const char *text)
{
	char length[40];
	json_t *j;

	if (nvr_or_empty(text)[0] == '\0')
		return json_null();
	if (strlen(text) <= NVR_CHANGE_TEXT && (j = json_string(text)) != NULL)
		return j;
	snprintf(length, sizeof(length), "(%zu bytes)", strlen(text));
	return json_string(length);
}

json_t *
nvr_change_id(int64_t id)
{
	char text[NVR_ID_TEXT];

	return id != 0 ? json_string(nvr_id_format(id, text)) : json_null();
}

static void
put(json_t *fields, const char *field, json_t *was, json_t *is)
{
	json_object_set_new(
	    fields, field, json_pack("{s:o, s:o}", "old", was, "new", is));
}

void
nvr_change_text(
    json_t *fields, const char *field, const char *was, const char *is)
{
	if (strcmp(nvr_or_empty(was), nvr_or_empty(is)) != 0)
		put(fields, field, nvr_change_value(was), nvr_change_value(is));
}

void
nvr_change_int(json_t *fields, const char *field, int64_t was, int64_t is)
{
	if (was != is)
		put(fields, field, json_integer(was), json_integer(is));
}

void
nvr_change_bool(json_t *fields, const char *field, int was, int is)
{
	if (was != is)
		put(fields, field, json_boolean(was), json_boolean(is));
}
