/* What every main() shares; see cli.h. */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <readpassphrase.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "base/zone.h"
#include "cli/cli.h"
#include "cli/out.h"

#ifndef NVR_VERSION
#define NVR_VERSION "unknown"
#endif
#ifndef NVR_SYSCONFDIR
#define NVR_SYSCONFDIR "/etc"
#endif
#define MAX_OPTS 128
#define MAX_SECRET (4096 + 2) /* 1,024 characters and a line end */

static const char *progname = "nvr";

static void
say(const char *fmt, va_list ap)
{
	char text[1024], safe[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "%s: %s\n", progname,
	    nvr_text_safe(text, safe, sizeof(safe)));
}

void
nvr_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
nvr_note(const struct nvr_cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->quiet)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
nvr_debug(const struct nvr_cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->verbose == 0)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

int
nvr_report(const struct nvr_error *err)
{
	nvr_warn("%s", err->text);
	return -err->code;
}

int
nvr_finish(int code)
{
	int why;

	if (fflush(stdout) != 0 || ferror(stdout))
		why = nvr_out_failed();
	else if (fclose(stdout) != 0)
		why = errno;
	else
		return code;
	/* Who ends for a failed write has told of it already. */
	if (why != EPIPE && code != -NVR_E_IO)
		nvr_warn("cannot write to standard output: %s", strerror(why));
	return -NVR_E_IO;
}

static void __attribute__((noreturn)) usage(const struct nvr_cli *cli)
{
	const char *cmd =
	    cli->command != NULL && cli->command != cli->tool->fallback
		? cli->command->name
		: "";

	nvr_warn("%s; see '%s%s%s -h'", cli->err.text, progname,
	    cmd[0] != '\0' ? " " : "", cmd);
	exit(-NVR_E_USAGE);
}

/* Finds the command that the first operands name. */
static void
find_command(struct nvr_cli *cli)
{
	const struct nvr_command *c, *near = NULL;
	int best = 3, d;

	if (cli->tool->commands == NULL)
		return;
	for (c = cli->tool->commands; c->name != NULL; c++) {
		if (cli->nargs == 0)
			break;
		d = nvr_text_distance(c->name, cli->args[0]);
		if (d == 0) {
			cli->command = c;
			cli->args++;
			cli->nargs--;
			return;
		}
		if (d < best) {
			best = d;
			near = c;
		}
	}
	if (cli->tool->fallback != NULL || cli->help || cli->version) {
		cli->command = cli->tool->fallback;
		return;
	}
	if (cli->nargs == 0)
		nvr_fail(&cli->err, NVR_E_USAGE, "a command is missing");
	else if (near != NULL)
		nvr_fail(&cli->err, NVR_E_USAGE,
		    "unknown command '%s'; did you mean '%s'?", cli->args[0],
		    near->name);
	else
		nvr_fail(&cli->err, NVR_E_USAGE, "unknown command '%s'",
		    cli->args[0]);
	usage(cli);
}

/* Refuses options and operands that the command does not take. */
static void
check_command(struct nvr_cli *cli, const bool *seen)
{
	const struct nvr_command *c = cli->command;
	const struct nvr_opt *opts = cli->tool->opts;

	for (int i = 0; opts[i].type != NVR_OPT_END; i++) {
		if (!seen[i] ||
		    nvr_opt_belongs(&opts[i], c != NULL ? c->name : NULL))
			continue;
		if (c != NULL && c != cli->tool->fallback)
			nvr_fail(&cli->err, NVR_E_USAGE,
			    "--%s does not go with '%s'", opts[i].name,
			    c->name);
		else
			nvr_fail(&cli->err, NVR_E_USAGE, "--%s belongs to '%s'",
			    opts[i].name, opts[i].only);
		usage(cli);
	}
	if (c == NULL)
		return;
	if (cli->nargs < c->min_args)
		nvr_fail(&cli->err, NVR_E_USAGE,
		    "an argument is missing: %s %s", c->name, c->args);
	else if (c->max_args >= 0 && cli->nargs > c->max_args)
		nvr_fail(&cli->err, NVR_E_USAGE, "unexpected argument '%s'",
		    cli->args[c->max_args]);
	if (cli->err.code != 0)
		usage(cli);
}

/* $XDG_… or its default under $HOME, with a name at its end. */
static bool
xdg_path(const char *var, const char *fallback, const char *name, char *buf,
    size_t size)
{
	const char *dir = getenv(var), *home = getenv("HOME");

	if (dir != NULL && dir[0] == '/')
		return (size_t)snprintf(buf, size, "%s/%s", dir, name) < size;
	if (home == NULL || home[0] != '/')
		return false;
	return (size_t)snprintf(buf, size, "%s/%s/%s", home, fallback, name) <
	       size;
}

static void
read_config(struct nvr_cli *cli)
{
	char *path = cli->config_path;

	nvr_conf_init(&cli->conf);
	if (cli->config == NULL) {
		if (geteuid() != 0 &&
		    xdg_path("XDG_CONFIG_HOME", ".config", "nvr/nvr.conf", path,
			sizeof(cli->config_path)) &&
		    access(path, F_OK) == 0)
			cli->config = path;
		else if (access(NVR_SYSCONFDIR "/nvr.conf", F_OK) == 0)
			cli->config = NVR_SYSCONFDIR "/nvr.conf";
	}
	if (cli->config != NULL &&
	    nvr_conf_load(&cli->conf, cli->config, &cli->err) != 0)
		exit(nvr_report(&cli->err));
	if (cli->store != NULL)
		return;
	cli->store = cli->conf.store;
	if (cli->conf.store[0] != '\0')
		return;
	if (geteuid() == 0)
		strlcpy(
		    cli->conf.store, "/var/lib/nvr", sizeof(cli->conf.store));
	else if (!xdg_path("XDG_STATE_HOME", ".local/state", "nvr",
		     cli->conf.store, sizeof(cli->conf.store))) {
		nvr_warn("HOME is not set: say where the store is with -d DIR");
		exit(-NVR_E_CONFIG);
	}
}

void
nvr_cli_start(
    struct nvr_cli *cli, const struct nvr_tool *tool, int argc, char **argv)
{
	bool seen[MAX_OPTS] = {false};
	int n = 0;

	cli->tool = tool;
	progname = tool->name;
	while (tool->opts[n].type != NVR_OPT_END)
		n++;
	if (n > MAX_OPTS) {
		nvr_warn("it has more than %d options", MAX_OPTS);
		exit(-NVR_E_BUG);
	}
	/* A reader that leaves shows as EPIPE, after the work is stored. */
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "--dump-options") == 0) {
		nvr_opt_dump(tool);
		exit(nvr_finish(0));
	}
	if (nvr_opt_parse(tool->opts, argc, argv, seen, &cli->args, &cli->nargs,
		&cli->err) != 0)
		usage(cli);
	find_command(cli);
	if (cli->help) {
		nvr_opt_help(
		    tool, cli->command == tool->fallback ? NULL : cli->command);
		exit(nvr_finish(0));
	}
	if (cli->version) {
		printf("%s %s\n", tool->name, NVR_VERSION);
		exit(nvr_finish(0));
	}
	check_command(cli, seen);
	if (cli->store != NULL && cli->store[0] == '\0') {
		nvr_fail(
		    &cli->err, NVR_E_USAGE, "--store: a folder has a name");
		usage(cli);
	}
	read_config(cli);
}

const char *
nvr_cli_zone(void)
{
	const char *tz = getenv("TZ");
	size_t dir = strlen(NVR_ZONE_DIR "/");

	if (tz == NULL)
		return "";
	tz += tz[0] == ':';
	if (tz[0] == '\0')
		return "UTC";
	if (strcmp(tz, "/etc/localtime") == 0)
		return "";
	return strncmp(tz, NVR_ZONE_DIR "/", dir) == 0 ? tz + dir : tz;
}

const char *
nvr_cli_who(void)
{
	static char who[128];
	const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *pw;
	char name[48];

	if (who[0] != '\0')
		return who;
	pw = getpwuid(getuid());
	if (pw != NULL)
		strlcpy(name, pw->pw_name, sizeof(name));
	else
		snprintf(name, sizeof(name), "uid %u", (unsigned)getuid());
	if (sudo != NULL && nvr_text_printable(sudo))
		snprintf(who, sizeof(who), "%.64s (as %s)", sudo, name);
	else
		strlcpy(who, name, sizeof(who));
	return who;
}

int
nvr_cli_reload(struct nvr_cli *cli)
{
	struct nvr_conf conf;
	struct stat sb;
	int rc = 0;

	/* It would be empty now, and all be as if nothing had been set. */
	if (cli->config != NULL &&
	    (strcmp(cli->config, "-") == 0 ||
		(stat(cli->config, &sb) == 0 && S_ISFIFO(sb.st_mode))))
		return nvr_fail(&cli->err, NVR_E_CONFIG,
		    "'%s' cannot be read again", cli->config);
	nvr_conf_init(&conf);
	if (cli->config != NULL)
		rc = nvr_conf_load(&conf, cli->config, &cli->err);
	if (rc != 0)
		return rc;
	memcpy(conf.store, cli->conf.store, sizeof(conf.store));
	cli->conf = conf;
	return 0;
}

int
nvr_cli_run(struct nvr_cli *cli)
{
	int rc = cli->command->run(cli, cli->nargs, cli->args);

	if (rc < 0)
		nvr_report(&cli->err);
	return rc < 0 ? -rc : rc;
}

/* A pipe has no name that others could open. */
static void
note_readers(const struct nvr_cli *cli, const char *file, const char *what)
{
	struct stat sb;

	if (strcmp(file, "-") != 0 && stat(file, &sb) == 0 &&
	    S_ISREG(sb.st_mode) && (sb.st_mode & 077) != 0)
		nvr_note(cli, "others can read the %s in '%s': chmod 600 it",
		    what, file);
}

static int
ask_secret(const char *option, const char *what, struct nvr_buf *buf,
    struct nvr_error *err)
{
	char prompt[64];
	int rc = nvr_buf_reserve(buf, MAX_SECRET, err);

	if (rc != 0)
		return rc;
	snprintf(prompt, sizeof(prompt),
	    "%c%s: ", toupper((unsigned char)*what), what + 1);
	if (readpassphrase(prompt, buf->data, MAX_SECRET, RPP_REQUIRE_TTY) ==
	    NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "no terminal to ask for the %s on: use --%s FILE, or '-' "
		    "for standard input",
		    what, option);
	buf->len = strlen(buf->data);
	return 0;
}

int
nvr_secret_read(struct nvr_cli *cli, const char *file, const char *option,
    const char *what, struct nvr_buf *buf)
{
	struct nvr_error *err = &cli->err;
	int rc = file != NULL ? nvr_file_read(file, MAX_SECRET, buf, err)
			      : ask_secret(option, what, buf, err);

	if (rc != 0)
		return rc;
	if (file != NULL)
		note_readers(cli, file, what);
	/* What stands behind it would not be part of it, unseen. */
	if (buf->len > 0 && memchr(buf->data, '\0', buf->len) != NULL)
		return nvr_fail(err, NVR_E_DATA, "the %s has a NUL", what);
	buf->len = buf->len == 0 ? 0 : strcspn(buf->data, "\r\n");
	if (buf->data != NULL)
		buf->data[buf->len] = '\0';
	if (buf->len == 0)
		return nvr_fail(err, NVR_E_DATA, "the %s is empty", what);
	return 0;
}
