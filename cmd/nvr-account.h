/* What the parts of nvr-account share. */
#ifndef NVR_CMD_ACCOUNT_H
#define NVR_CMD_ACCOUNT_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/account.h"
#include "core/telling.h"

struct account_options {
	/* create, set */
	const char *name, *business, *email, *tier, *born, *password_file;
	bool adult, verified;
	/* delete, restrict, object, … */
	const char *why;
	bool now, due, yes_erase, withdraw, all;
	/* site */
	const char *jurisdiction, *zone;
	int64_t retain, retain_bytes; /* -1: not given */
	const char *replaces;	      /* recorder */
	/* signin, sessions, 2fa, confirm, reset */
	const char *address, *agent, *device_file, *token_file, *code_file;
	/* consent, requests, disclose, breach, notice, processors */
	const char *kind, *text_version, *text, *channel, *person, *note,
	    *outcome;
	const char *authority, *basis, *reviewed_by, *what, *tell;
	const char *purpose, *data, *safeguard, *host;
	int64_t received, known, effective; /* 0: not given */
	bool reported;
	struct nvr_list account;
	/* list, log, recorder */
	int64_t since, until;
	long long points; /* 0: not given */
	long long limit;
	bool deleted, restricted, verify, head, public_key, prune, dry_run;
	const char *against, *mail;
	/* contact; --mail as well */
	const char *sms, *webhook, *exec, *secret_file, *least, *kinds;
	const char *quiet_hours;
	int64_t after;
	bool operator;
};

extern struct nvr_cli cli;
extern struct account_options opt;

/* Opens the store as nvr-account does: durable, for rights, with its actor. */
int account_open(struct nvr_state **s);

/* The same, and finds an account by address or id.  On failure too the caller
 * closes and frees both. */
int account_of(const char *who, struct nvr_state **s, struct nvr_account **a);

/* Whether all that was printed so far went out, for what is shown only once. */
int account_shown(void);

/*
 * Asks on the terminal for a word that says yes.  0: it was typed; NVR_EXIT_-
 * NEGATIVE, and said so: it was not; NVR_E_USAGE, with the way around it,
 * without a terminal.
 */
int account_ask(const char *around, const char *fmt, const char *word, ...)
    __attribute__((format(printf, 2, 4)));

/* Prints what became of an account: `ID done`; until 0: no such time. */
void account_done(int64_t id, const char *done, int64_t until);
/* The same, and a transaction; it is committed where rc is 0. */
int account_begin(struct nvr_state **s);
int account_end(struct nvr_state *s, int rc);

/*
 * What comes behind a command: `requests list`.  The first is what is done
 * without a word.  takes: the options that it has, of those of its command.
 */
struct account_verb {
	const char *name, *args, *takes;
	int min, max; /* arguments behind it */
	int (*run)(int argc, char **argv);
};
int account_verb(const char *command, const struct account_verb *verbs, int n,
    int argc, char **argv);
/* One of them, with the arguments behind it. */
int account_verb_run(
    const char *command, const struct account_verb *v, int argc, char **argv);

/* An option's text, or that of its @FILE; until the next call. */
int account_text(const char *option, const char *value, const char **ret);

/* An id of a row. */
int account_row(const char *text, int64_t *id);

/* An account by address or id. */
int account_id(struct nvr_state *s, const char *who, int64_t *id);

/*
 * Telling many people: start with account_telling, end with account_told,
 * which says how many there were.  some: how many were named; 0: everybody.
 * Its exit code says whether all were told, and in time.
 */
struct account_telling {
	struct nvr_telling telling;
	struct nvr_progress progress;
	struct nvr_state *s;
	enum nvr_told_what what;
	int64_t id;
};
void account_telling(struct account_telling *t, struct nvr_state *s,
    enum nvr_told_what what, int64_t id);
int account_told(struct account_telling *t, int some, int rc);

/* What is not told, NAN and -1, is printed as such. */
void account_put_real(struct nvr_out *out, const char *name, double v);
void account_put_count(struct nvr_out *out, const char *name, int64_t n);

/* recorder: its row, or all of it; and its verbs in other files. */
struct nvr_remote_now;
void recorder_put(struct nvr_out *out, const char *site,
    const struct nvr_remote_now *n, bool all);
int recorder_telemetry(int argc, char **argv);
int recorder_show(int argc, char **argv);
int recorder_invitations(int argc, char **argv);
int recorder_revoke(int argc, char **argv);

/* Each command, in a file of nearly its name. */
int run_create(struct nvr_cli *c, int argc, char **argv);
int run_list(struct nvr_cli *c, int argc, char **argv);
int run_show(struct nvr_cli *c, int argc, char **argv);
int run_set(struct nvr_cli *c, int argc, char **argv);
int run_passwd(struct nvr_cli *c, int argc, char **argv);
int run_tier(struct nvr_cli *c, int argc, char **argv);
int run_delete(struct nvr_cli *c, int argc, char **argv);
int run_restore(struct nvr_cli *c, int argc, char **argv);
int run_restrict(struct nvr_cli *c, int argc, char **argv);
int run_unrestrict(struct nvr_cli *c, int argc, char **argv);
int run_object(struct nvr_cli *c, int argc, char **argv);
int run_site(struct nvr_cli *c, int argc, char **argv);
int run_signin(struct nvr_cli *c, int argc, char **argv);
int run_signout(struct nvr_cli *c, int argc, char **argv);
int run_session(struct nvr_cli *c, int argc, char **argv);
int run_sessions(struct nvr_cli *c, int argc, char **argv);
int run_sweep(struct nvr_cli *c, int argc, char **argv);
int run_2fa(struct nvr_cli *c, int argc, char **argv);
int run_confirm(struct nvr_cli *c, int argc, char **argv);
int run_reset(struct nvr_cli *c, int argc, char **argv);
int run_consent(struct nvr_cli *c, int argc, char **argv);
int run_requests(struct nvr_cli *c, int argc, char **argv);
int run_disclose(struct nvr_cli *c, int argc, char **argv);
int run_breach(struct nvr_cli *c, int argc, char **argv);
int run_notice(struct nvr_cli *c, int argc, char **argv);
int run_contact(struct nvr_cli *c, int argc, char **argv);
int run_processors(struct nvr_cli *c, int argc, char **argv);
int run_recorder(struct nvr_cli *c, int argc, char **argv);
int run_log(struct nvr_cli *c, int argc, char **argv);

#endif
