/* The option table; see opt.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/limit.h"
#include "cli/opt.h"

static bool
takes_value(const struct nvr_opt *opt)
{
	return opt->type != NVR_OPT_FLAG && opt->type != NVR_OPT_COUNT;
}

static int
set_number(const struct nvr_opt *opt, const char *text, struct nvr_error *err)
{
	const char *wrong;
	long long v = strtonum(text, opt->min, opt->max, &wrong);

	if (wrong != NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is not a number from %lld to %lld", text, opt->min,
		    opt->max);
	*(long long *)opt->value = v;
	return 0;
}

static int
set_value(const struct nvr_opt *opt, const char *text, struct nvr_error *err)
{
	struct nvr_list *list = opt->value;

	switch (opt->type) {
	case NVR_OPT_FLAG:
		*(bool *)opt->value = true;
		return 0;
	case NVR_OPT_COUNT:
		++*(int *)opt->value;
		return 0;
	case NVR_OPT_TEXT:
	case NVR_OPT_LINES:
		*(const char **)opt->value = text;
		return 0;
	case NVR_OPT_NUMBER:
		return set_number(opt, text, err);
	case NVR_OPT_DURATION:
		return nvr_duration_within(
		    nvr_or_empty(text), opt->min, opt->max, opt->value, err);
	case NVR_OPT_OPEN:
		return nvr_limit_parse(nvr_or_empty(text), false, opt->min,
		    INT64_MAX, opt->value, err);
	case NVR_OPT_OPEN_BYTES:
		return nvr_limit_parse(
		    nvr_or_empty(text), true, 1, INT64_MAX, opt->value, err);
	case NVR_OPT_TIME:
		return nvr_time_parse(text, nvr_time_now(), opt->value, err);
	case NVR_OPT_LIST:
		if (list->n == NVR_LIST_MAX)
			return nvr_fail(err, NVR_E_USAGE,
			    "given more than %d times", NVR_LIST_MAX);
		list->item[list->n++] = text;
		return 0;
	case NVR_OPT_END:
		break;
	}
	return nvr_fail(err, NVR_E_BUG, "an option of no type");
}

static int
put(const struct nvr_opt *opt, const char *text, bool again,
    struct nvr_error *err)
{
	int rc;

	if (text != NULL &&
	    !(opt->type == NVR_OPT_LINES ? nvr_text_lines(text)
					 : nvr_text_printable(text)))
		return nvr_fail(err, NVR_E_USAGE,
		    "--%s: control characters are refused", opt->name);
	/* Which of two is meant, nobody can tell. */
	if (again && takes_value(opt) && opt->type != NVR_OPT_LIST)
		return nvr_fail(
		    err, NVR_E_USAGE, "--%s is given twice", opt->name);
	rc = set_value(opt, text, err);
	return rc == 0 ? 0 : nvr_prefix(err, "--%s", opt->name);
}

/* --name, --name=value or --name value; *next is the argument after it. */
static int
parse_long(const struct nvr_opt *opts, const char *arg, char ***next,
    char **end, bool *seen, struct nvr_error *err)
{
	size_t len = strcspn(arg, "=");
	const struct nvr_opt *o;
	bool again;

	for (o = opts; o->type != NVR_OPT_END; o++)
		if (strlen(o->name) == len && strncmp(o->name, arg, len) == 0)
			break;
	if (o->type == NVR_OPT_END)
		return nvr_fail(
		    err, NVR_E_USAGE, "unknown option '--%.*s'", (int)len, arg);
	again = seen[o - opts];
	seen[o - opts] = true;
	if (arg[len] == '=' && !takes_value(o))
		return nvr_fail(
		    err, NVR_E_USAGE, "--%s takes no value", o->name);
	if (arg[len] == '=')
		return put(o, arg + len + 1, again, err);
	if (!takes_value(o))
		return put(o, NULL, again, err);
	if (*next == end)
		return nvr_fail(
		    err, NVR_E_USAGE, "--%s needs a value", o->name);
	return put(o, *(*next)++, again, err);
}

/* -j, -jq, -dVALUE or -d VALUE */
static int
parse_short(const struct nvr_opt *opts, const char *arg, char ***next,
    char **end, bool *seen, struct nvr_error *err)
{
	const struct nvr_opt *o;
	bool again;
	int rc;

	for (; *arg != '\0'; arg++) {
		for (o = opts; o->type != NVR_OPT_END; o++)
			if (o->letter == *arg)
				break;
		if (o->type == NVR_OPT_END)
			return nvr_fail(
			    err, NVR_E_USAGE, "unknown option '-%c'", *arg);
		again = seen[o - opts];
		seen[o - opts] = true;
		if (takes_value(o) && arg[1] != '\0')
			return put(o, arg + 1, again, err);
		if (takes_value(o) && *next == end)
			return nvr_fail(
			    err, NVR_E_USAGE, "-%c needs a value", *arg);
		if (takes_value(o))
			return put(o, *(*next)++, again, err);
		rc = put(o, NULL, again, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
nvr_opt_parse(const struct nvr_opt *opts, int argc, char **argv, bool *seen,
    char ***args, int *nargs, struct nvr_error *err)
{
	char **next = argv + 1, **end = argv + argc;
	bool only_args = false;
	int rc;

	*nargs = 0;
	*args = argv + 1;
	while (next < end) {
		char *arg = *next++;

		if (!only_args && strcmp(arg, "--") == 0) {
			only_args = true;
			continue;
		}
		if (only_args || arg[0] != '-' || arg[1] == '\0') {
			if (!nvr_text_printable(arg))
				return nvr_fail(err, NVR_E_USAGE,
				    "control characters in an argument are "
				    "refused");
			argv[1 + (*nargs)++] = arg;
			continue;
		}
		if (arg[1] == '-')
			rc = parse_long(opts, arg + 2, &next, end, seen, err);
		else
			rc = parse_short(opts, arg + 1, &next, end, seen, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

bool
nvr_opt_belongs(const struct nvr_opt *opt, const char *command)
{
	size_t len;
	const char *p = opt->only;

	if (p == NULL)
		return true;
	if (command == NULL)
		command = "-";
	len = strlen(command);
	while ((p = strstr(p, command)) != NULL) {
		if ((p == opt->only || p[-1] == ' ') &&
		    (p[len] == ' ' || p[len] == '\0'))
			return true;
		p += len;
	}
	return false;
}

static void
help_option(const struct nvr_opt *o)
{
	char left[64];

	if (o->letter != 0)
		snprintf(left, sizeof(left), "  -%c, --%s", o->letter, o->name);
	else
		snprintf(left, sizeof(left), "      --%s", o->name);
	if (o->arg != NULL) {
		strlcat(left, " ", sizeof(left));
		strlcat(left, o->arg, sizeof(left));
	}
	printf("%-28s %s\n", left, o->help);
}

void
nvr_opt_help(const struct nvr_tool *tool, const struct nvr_command *cmd)
{
	printf("%s%s%s - %s\n", tool->name, cmd != NULL ? " " : "",
	    cmd != NULL ? cmd->name : "",
	    cmd != NULL ? cmd->help : tool->summary);
	if (cmd != NULL)
		printf("usage: %s %s [option ...]%s%s\n", tool->name, cmd->name,
		    cmd->args[0] != '\0' ? " " : "", cmd->args);
	else if (tool->args != NULL)
		printf("usage: %s [option ...]%s%s\n", tool->name,
		    tool->args[0] != '\0' ? " " : "", tool->args);
	if (cmd == NULL && tool->commands != NULL) {
		for (const struct nvr_command *c = tool->commands; c->name; c++)
			printf("%s %s %s%s%s\n",
			    c == tool->commands && tool->args == NULL
				? "usage:"
				: "      ",
			    tool->name, c->name, c->args[0] != '\0' ? " " : "",
			    c->args);
		printf("\n'%s COMMAND -h' tells a command's own options.\n",
		    tool->name);
	}
	printf("\n");
	for (const struct nvr_opt *o = tool->opts; o->type != NVR_OPT_END; o++)
		if (nvr_opt_belongs(o, cmd != NULL ? cmd->name : NULL))
			help_option(o);
	printf("\nMore: man %s\n", tool->name);
}

void
nvr_opt_dump(const struct nvr_tool *tool)
{
	printf("tool\t%s\t%s\t%s\n", tool->name, tool->summary,
	    nvr_or_empty(tool->args));
	if (tool->commands != NULL)
		for (const struct nvr_command *c = tool->commands; c->name; c++)
			printf(
			    "command\t%s\t%s\t%s\n", c->name, c->args, c->help);
	for (const struct nvr_opt *o = tool->opts; o->type != NVR_OPT_END; o++)
		printf("option\t%c\t%s\t%s\t%s\t%s\n",
		    o->letter != 0 ? o->letter : '-', o->name,
		    o->arg != NULL ? o->arg : "-", o->help,
		    o->only != NULL ? o->only : "*");
}
