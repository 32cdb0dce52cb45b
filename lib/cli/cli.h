/*
 * What every main() of cmd/ shares: parse, open, work, report, finish.  The
 * only layer that prints, exits, and reads argv and the environment.
 *
 *	static struct nvr_cli cli;
 *	static const struct nvr_opt opts[] = {…, NVR_OPTS_COMMON(cli)};
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		nvr_cli_start(&cli, &tool, argc, argv);
 *		return nvr_finish(nvr_cli_run(&cli));
 *	}
 */
#ifndef NVR_CLI_CLI_H
#define NVR_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/conf.h"
#include "cli/opt.h"

#define NVR_EXIT_NEGATIVE 1 /* found something, incomplete, not verified */

struct nvr_cli {
	const struct nvr_tool *tool;
	const char *config; /* --config; after the start what was read */
	const char *store;  /* --store; after the start never NULL */
	bool json, quiet, help, version;
	int verbose;
	struct nvr_conf conf;
	char config_path[1024];
	const struct nvr_command *command; /* NULL: the tool has none */
	char **args;
	int nargs;
	struct nvr_error err;
};

#define NVR_OPTS_COMMON(cli) NVR_OPTS_VERBOSE(cli, "say more; twice: much more")
/* With what `more` says that -v does. */
#define NVR_OPTS_VERBOSE(cli, more)                                            \
	{NVR_OPT_TEXT, 'c', "config", &(cli).config, "FILE",                   \
	    "settings (see nvr.conf(5))", NULL, 0, 0},                         \
	    {NVR_OPT_TEXT, 'd', "store", &(cli).store, "DIR",                  \
		"the folder of the store", NULL, 0, 0},                        \
	    {NVR_OPT_FLAG, 'j', "json", &(cli).json, NULL, "print JSON Lines", \
		NULL, 0, 0},                                                   \
	    {NVR_OPT_FLAG, 'q', "quiet", &(cli).quiet, NULL,                   \
		"no notes on stderr, only errors", NULL, 0, 0},                \
	    {NVR_OPT_COUNT, 'v', "verbose", &(cli).verbose, NULL, more, NULL,  \
		0, 0},                                                         \
	    {NVR_OPT_FLAG, 'h', "help", &(cli).help, NULL, "this help", NULL,  \
		0, 0},                                                         \
	    {NVR_OPT_FLAG, 'V', "version", &(cli).version, NULL,               \
		"print the version", NULL, 0, 0},                              \
	{                                                                      \
		NVR_OPT_END, 0, NULL, NULL, NULL, NULL, NULL, 0, 0             \
	}

/*
 * Parses the arguments and reads nvr.conf.  Answers -h and -V itself, and
 * exits with 64 or 78 when something is wrong, which it names.
 */
void nvr_cli_start(
    struct nvr_cli *cli, const struct nvr_tool *tool, int argc, char **argv);

/* Reads nvr.conf again: what is wrong with it leaves cli->conf as it was. */
int nvr_cli_reload(struct nvr_cli *cli);

/* Runs the command and reports what it left in cli->err.  The exit code. */
int nvr_cli_run(struct nvr_cli *cli);

/* Who runs this, for the record: `jane`, or `jane (as root)` under sudo. */
const char *nvr_cli_who(void);

/* The time zone that TZ names, "" for the system's own; see base/zone.h. */
const char *nvr_cli_zone(void);

/* `nvr-snap: text` on stderr, without control characters. */
void nvr_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for what -q silences, and for what only -v shows. */
void nvr_note(const struct nvr_cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void nvr_debug(const struct nvr_cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Says what err says; the exit code that goes with it. */
int nvr_report(const struct nvr_error *err);

/*
 * Flushes stdout and returns the code to exit with: 74, with a line that says
 * so, when something of the output was lost.  A reader that left is no news.
 */
int nvr_finish(int code);

/*
 * Reads a secret from the file (`-`: stdin), or asks for it on the terminal
 * without echo where file is NULL.  One line; the line end is not part of it.
 * what (`password`) and option (`password-file`) are for prompts and errors,
 * which go to cli->err.  A file that others can read is worth a note.  The
 * caller wipes buf.
 */
struct nvr_buf;
int nvr_secret_read(struct nvr_cli *cli, const char *file, const char *option,
    const char *what, struct nvr_buf *buf);

/*
 * The text of an option, or of the file that it names as `@FILE` (`@-`:
 * stdin), which has at most so many bytes and lines that end in LF.  A file's
 * is in buf, which it replaces.
 */
int nvr_lines_read(const char *option, const char *value, size_t most,
    struct nvr_buf *buf, const char **ret, struct nvr_error *err);

/*
 * A line on stderr that says how far a long work is, shown after two seconds
 * and only on a terminal; with `alone` also where stdout is one, since nothing
 * is printed meanwhile.  total 0: unknown.
 */
struct nvr_progress {
	const char *what; /* `auditing` */
	long long total;
	bool alone;
	bool bytes; /* it counts those, and says how long the rest takes */
	long long started, shown; /* monotonic microseconds; start with 0 */
};
void nvr_progress_show(struct nvr_progress *p, long long done);
void nvr_progress_end(struct nvr_progress *p);

#endif
