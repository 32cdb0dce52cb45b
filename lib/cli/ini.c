/* An INI file's lines; see ini.h. */
#include <string.h>

#include "cli/ini.h"

#define BLANK " \t\r\v\f"

/* Without the blanks at both ends. */
static char *
trim(char *s)
{
	size_t len;

	s += strspn(s, BLANK);
	for (len = strlen(s); len > 0 && strchr(BLANK, s[len - 1]); len--)
		;
	s[len] = '\0';
	return s;
}

/* Ends a line, which s is the rest of, where its comment begins. */
static void
cut_comment(char *s)
{
	for (char *p = s; (p = strchr(p, ';')) != NULL; p++) {
		if (strchr(BLANK, p[-1]) != NULL) {
			*p = '\0';
			return;
		}
	}
}

static int
read_section(struct nvr_ini *ini, char *s, struct nvr_error *err)
{
	char *close = strchr(s, ']'), *rest;

	if (close == NULL)
		return nvr_fail(
		    err, NVR_E_CONFIG, "the section's ']' is missing");
	*close = '\0';
	rest = trim(close + 1);
	if (rest[0] != '\0' && strchr("#;", rest[0]) == NULL)
		return nvr_fail(err, NVR_E_CONFIG,
		    "'%s' does not belong behind a section", rest);
	ini->section = s;
	return 0;
}

/* A setting: 1. */
static int
read_line(struct nvr_ini *ini, char *s, struct nvr_error *err)
{
	char *is;

	s = trim(s);
	if (s[0] == '\0' || s[0] == '#' || s[0] == ';')
		return 0;
	if (s[0] == '[')
		return read_section(ini, s + 1, err);
	cut_comment(s + 1);
	is = strpbrk(s, "=:");
	if (is == NULL)
		return nvr_fail(
		    err, NVR_E_CONFIG, "neither [section] nor 'key = value'");
	*is = '\0';
	ini->name = trim(s);
	ini->value = trim(is + 1);
	return 1;
}

int
nvr_ini_next(struct nvr_ini *ini, struct nvr_error *err)
{
	char *line, *end;
	int rc = 0;

	while (rc == 0 && ini->at < ini->end) {
		line = ini->at;
		end = memchr(line, '\n', (size_t)(ini->end - line));
		if (end == NULL)
			end = ini->end;
		*end = '\0';
		ini->at = end + 1;
		ini->line++;
		/* What stands behind it would not be seen. */
		if (strlen(line) != (size_t)(end - line))
			return nvr_fail(err, NVR_E_CONFIG, "it has a NUL");
		rc = read_line(ini, line, err);
	}
	return rc;
}
