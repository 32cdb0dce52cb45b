/*
 * The option table.  One table a tool is what the parser, `-h`, the shell
 * completions and the test of the man page read, so none of them can say
 * something else than the others.
 */
#ifndef NVR_CLI_OPT_H
#define NVR_CLI_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum nvr_opt_type {
	NVR_OPT_END = 0,
	NVR_OPT_FLAG,	    /* bool: set to true */
	NVR_OPT_COUNT,	    /* int: one more each time */
	NVR_OPT_TEXT,	    /* const char *, one line */
	NVR_OPT_LINES,	    /* const char *, several lines */
	NVR_OPT_NUMBER,	    /* long long, from min to max */
	NVR_OPT_DURATION,   /* int64_t, microseconds, at least min */
	NVR_OPT_OPEN,	    /* DURATION, or `none`: 0; min: 1 or more */
	NVR_OPT_OPEN_BYTES, /* int64_t, at least 1, or `none`: 0 */
	NVR_OPT_TIME,	    /* int64_t, microseconds since 1970 UTC */
	NVR_OPT_LIST,	    /* struct nvr_list: may be given again */
};

struct nvr_opt {
	enum nvr_opt_type type;
	char letter;	  /* 0: no short form */
	const char *name; /* the long form, without the dashes */
	void *value;	  /* what the type says */
	const char *arg;  /* in the help; CAMERA, FILE and DIR complete */
	const char *help;
	const char *only; /* `add set`: its subcommands; NULL: all of them */
	long long min, max;
};

/* The values of a repeated option, in order; borrowed from argv. */
#define NVR_LIST_MAX 64
struct nvr_list {
	const char *item[NVR_LIST_MAX];
	int n;
};

struct nvr_cli;

struct nvr_command {
	const char *name; /* NULL ends the table */
	const char *args; /* `NAME URL`, for the help */
	const char *help;
	int min_args, max_args; /* max -1: any number */
	int (*run)(struct nvr_cli *cli, int argc, char **argv);
};

struct nvr_tool {
	const char *name;    /* nvr-snap */
	const char *summary; /* one line, as in the man page's NAME */
	const char *args; /* `[CAMERA …]` or "", where no command is said */
	const struct nvr_opt *opts;
	const struct nvr_command *commands; /* or NULL */
	const struct nvr_command *fallback; /* no command word: this */
};

/*
 * Parses argv, in which options and operands may stand in any order; `--`
 * ends the options.  Long options are not abbreviated, and but for an
 * NVR_OPT_LIST none with a value stands twice.  Operands are moved to the front
 * of argv (argv[0] excluded) and counted in *nargs.  NVR_E_USAGE names what is
 * wrong.  `seen`, all false, receives for each option of the table whether it
 * was given, and has room for as many as the table has.
 */
int nvr_opt_parse(const struct nvr_opt *opts, int argc, char **argv, bool *seen,
    char ***args, int *nargs, struct nvr_error *err);

/* Whether the option belongs to the subcommand (NULL: no subcommand). */
bool nvr_opt_belongs(const struct nvr_opt *opt, const char *command);

/* `-h`: of the tool, or of one command of it. */
void nvr_opt_help(const struct nvr_tool *tool, const struct nvr_command *cmd);

/*
 * The whole table as TSV, for completions/generate and the man page test:
 * tool, command and option lines.
 */
void nvr_opt_dump(const struct nvr_tool *tool);

#endif
