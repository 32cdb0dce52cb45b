/*
 * nvr.cgi: the portal, run by a web server; see its page.  A process for each
 * request (CGI), or one for many where standard input is a socket (FastCGI).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "nvr.cgi-page.h"
#include "core/beat.h"
#include "core/portal.h"
#include "web/serve.h"

#define PATIENCE 2000 /* ms for a store that others hold: somebody waits */

static struct nvr_cli cli;

static const struct nvr_opt opts[] = {
    NVR_OPTS_COMMON(cli),
};

static const struct nvr_tool tool = {
    .name = "nvr.cgi",
    .summary = "the portal, for a web server to run by CGI or FastCGI",
    .args = "",
    .opts = opts,
};

#define GET(path, page)                                        \
	{                                                      \
		"GET", path, NULL, 0, true, portal_page, &page \
	}
#define POST(path, page)                                                     \
	{                                                                    \
		"POST", path, NVR_WEB_FORM, PORTAL_FORM, false, portal_page, \
		    &page                                                    \
	}

static const struct nvr_web_route routes[] = {
    {"POST", "/api/v1/enrol", NVR_WEB_JSON, NVR_BEAT_MAX, false, portal_enrol},
    {"POST", "/api/v1/heartbeat", NVR_WEB_JSON, NVR_BEAT_MAX, false,
	portal_hear},
    GET("/", page_overview),
    GET("/site/new", page_site_new),
    POST("/site/new", page_site_new),
    GET("/site/*/recorder", page_recorder),
    POST("/site/*/recorder", page_recorder),
    POST("/recorder/*/approve", page_approve),
    POST("/recorder/*/revoke", page_revoke_recorder),
    GET("/site/*", page_site),
    POST("/site/*", page_site),
    GET("/alerts", page_alerts),
    POST("/alerts/*/ack", page_alert_ack),
    POST("/alerts/*/snooze", page_alert_snooze),
    GET("/account", page_account),
    POST("/account", page_account),
    POST("/account/password", page_password),
    POST("/account/sessions/*", page_revoke),
    POST("/account/delete", page_delete),
    GET("/account/log", page_log),
    GET("/signin", page_signin),
    POST("/signin", page_signin),
    GET("/signin/code", page_signin_code),
    POST("/signin/code", page_signin_code),
    POST("/signin/sms", page_signin_sms),
    POST("/signout", page_signout),
    {"GET", "/style.css", NULL, 0, true, portal_style},
    {"GET", "/unsubscribe/*", NULL, 0, false, portal_unsubscribe_page},
    {"POST", "/unsubscribe/*", NVR_WEB_FORM " " NVR_WEB_FORM_DATA,
	PORTAL_UNSUBSCRIBE_MAX, false, portal_unsubscribe},
    {NULL},
};

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* A store that a restore put in place of ours is another file. */
static bool
is_replaced(const struct portal *p)
{
	char path[PATH_MAX];
	struct stat sb;

	snprintf(path, sizeof(path), "%s/nvr.db", p->cli->store);
	return stat(path, &sb) != 0 || sb.st_ino != p->store.st_ino ||
	       sb.st_dev != p->store.st_dev;
}

static int
open_store(struct portal *p, struct nvr_error *err)
{
	char path[PATH_MAX];
	struct stat sb;
	int rc;

	/* Ahead of it: what replaces it meanwhile is another one then. */
	snprintf(path, sizeof(path), "%s/nvr.db", p->cli->store);
	if (stat(path, &sb) != 0)
		sb = (struct stat){0};
	rc = nvr_state_open(p->cli->store, 0, &p->state, err);
	if (rc != 0)
		return rc;
	p->store = sb;
	nvr_store_patience(p->state->store, PATIENCE);
	p->state->rules = &p->cli->conf.rules;
	p->state->actor.channel = "portal";
	return 0;
}

int
portal_open(struct portal *p, const struct nvr_web_request *r,
    struct nvr_state **s, struct nvr_error *err)
{
	const char *agent = nvr_web_request_header(r, "User-Agent");
	int rc = 0;

	if (p->state != NULL && is_replaced(p))
		portal_close(p);
	if (p->state == NULL)
		rc = open_store(p, err);
	if (rc != 0)
		return rc;
	nvr_text_safe(nvr_or_empty(agent), p->agent, sizeof(p->agent));
	p->state->actor.address = r->address;
	p->state->actor.agent = p->agent;
	*s = p->state;
	return 0;
}

int
portal_done(struct portal *p, int rc)
{
	if (rc != 0 && rc != NVR_E_AGAIN)
		portal_close(p);
	if (p->state != NULL) {
		nvr_state_rest(p->state);
		p->state->actor.address = NULL;
		p->state->actor.agent = NULL;
		p->state->actor.session = 0;
	}
	return rc;
}

void
portal_close(struct portal *p)
{
	nvr_state_close(p->state);
	p->state = NULL;
}

/* For the server's log of errors. */
void
portal_tell(void *ctx, const char *reference, const char *what,
    const struct nvr_error *err)
{
	(void)ctx;
	nvr_warn("%s: %s: %s", reference, what, err->text);
}

/*
 * A store that was migrated, most often for a newer nvr.cgi, is none of this
 * one's.  What else is wrong with it the next request is told.
 */
static bool
is_over(void *ctx)
{
	struct portal *p = ctx;
	struct nvr_error err = {0};
	bool current = true;
	int rc = 0;

	if (p->store.st_size == 0)
		return false;
	if (p->state == NULL)
		rc = open_store(p, &err);
	if (rc == 0)
		rc = nvr_store_current(p->state->store, &current, &err);
	if (rc != NVR_E_CONFIG && current)
		return false;
	nvr_warn("the store has another schema than this program knows: "
		 "it ends, to be started anew");
	return true;
}

/* What it never needs, whoever gets it to try: other programs and their
 * rights, a core with keys in it, and memory without end. */
static void
confine(void)
{
	const struct rlimit none = {0, 0}, files = {64, 64};

	umask(077);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NOFILE, &files);
#ifndef __SANITIZE_ADDRESS__
	const struct rlimit memory = {1 << 29, 1 << 29};

	setrlimit(RLIMIT_NPROC, &none);
	setrlimit(RLIMIT_AS, &memory);
#endif
}

static int
fastcgi(const struct nvr_web *w, struct nvr_error *err)
{
	const struct sigaction sa = {.sa_handler = on_signal};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	return nvr_web_fastcgi(w, &signals, &stop, err);
}

int
main(int argc, char **argv)
{
	bool is_cgi = getenv("GATEWAY_INTERFACE") != NULL, is_fastcgi;
	struct portal p = {.cli = &cli};
	const struct nvr_web web = {.site = &p.site,
	    .routes = routes,
	    .ctx = &p,
	    .trouble = portal_tell,
	    .page = portal_problem,
	    .is_over = is_over};
	int rc;

	/* A query without `=` comes as arguments (RFC 3875, 4.4), which are
	 * the client's then. */
	cli.config = getenv("NVR_CONF");
	nvr_cli_start(&cli, &tool, is_cgi ? 1 : argc, argv);
	is_fastcgi = !is_cgi && nvr_web_is_fastcgi();
	if (!is_cgi && !is_fastcgi) {
		nvr_warn("a web server runs this: GATEWAY_INTERFACE is not "
			 "set, and standard input is no socket that listens; "
			 "see nvr.cgi(8)");
		return nvr_finish(-NVR_E_USAGE);
	}
	confine();
	rc = nvr_portal_check(&cli.conf.rules, &cli.err);
	if (rc == 0)
		rc = nvr_web_site_init(&p.site, cli.conf.rules.url,
		    cli.conf.rules.hosts, &cli.err);
	if (rc == 0)
		rc = is_fastcgi ? fastcgi(&web, &cli.err)
				: nvr_web_cgi(&web, environ, STDIN_FILENO,
				      STDOUT_FILENO, &cli.err);
	portal_close(&p);
	return nvr_finish(rc == 0 ? 0 : nvr_report(&cli.err));
}
