/*
 * Pages of the portal: each is a row of the table in nvr.cgi.c, a text in
 * share/web, and a function that puts together what it shows.
 */
#ifndef NVR_CMD_CGI_PAGE_H
#define NVR_CMD_CGI_PAGE_H

#include <jansson.h>

#include "core/session.h"
#include "nvr.cgi.h"
#include "web/browser.h"
#include "web/request.h"
#include "web/response.h"

#define PORTAL_FORM 65536 /* bytes of one */

/* A request for a page, while it is answered. */
struct portal_call {
	struct portal *portal;
	struct nvr_state *s;
	const struct nvr_web_request *r;
	struct nvr_web_response *rs;
	const struct portal_page *page;
	struct nvr_session session;  /* id 0: nobody is signed in */
	char token[NVR_TOKEN_TEXT];  /* of the session; or of who has none */
	char cookie[NVR_WEB_COOKIE]; /* the one that was read last */
	json_t *view;		     /* what the page shows */
	char to[NVR_WEB_PATH];	     /* where a form that was taken leads */
	const char *wrong;	     /* the field that is; NULL: all of it */
	int64_t now;
	struct nvr_error *err;
};

enum portal_who {
	PORTAL_ANYONE,
	PORTAL_SIGNED_IN, /* others are sent to sign in, and back */
};

/*
 * Both return 0 or an error.  NVR_E_NOENT is the page that there is no such
 * thing, be it somebody else's; NVR_E_USAGE, _CREATE, _PERMISSION, _CONFIG and
 * _AGAIN of a form are told beside it.
 */
struct portal_page {
	const char *text;  /* share/web/NAME.html */
	const char *title; /* or view.title, where it is set */
	enum portal_who who;
	int (*show)(struct portal_call *c); /* NULL: the text is all */
	int (*act)(struct portal_call *c);  /* of POST */
	bool rights; /* it serves people's rights: restricted data opens */
};

/* The handler of both methods. */
int portal_page(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err);
/* What could not be answered; see web/router.h. */
int portal_problem(void *ctx, const struct nvr_web_request *r,
    const struct nvr_web_problem *p, struct nvr_web_response *rs,
    struct nvr_error *err);
/* A page that is nobody's: the text, with those values and a title; takes
 * them. */
int portal_text(struct portal *p, const char *text, json_t *values,
    struct nvr_web_response *rs, struct nvr_error *err);
int portal_style(void *ctx, const struct nvr_web_request *r,
    struct nvr_web_response *rs, struct nvr_error *err);

/* Sets a value of the view; takes it, whatever happens. */
int portal_put(struct portal_call *c, const char *name, json_t *value);
/* A field of the form; "" where it is not there. */
const char *portal_field(const struct portal_call *c, const char *name);
/* Where the form leads, with a word that the next page tells (done.html). */
void portal_to(struct portal_call *c, const char *path, const char *done);
/* The account of who is signed in; freed with nvr_account_free. */
struct nvr_account;
int portal_account(struct portal_call *c, struct nvr_account **ret);

/* Signed in by that token, or out: the browser is told. */
int portal_sign_in(struct portal_call *c, const char *token);
int portal_sign_out(struct portal_call *c);

/* By its id as text, of who is signed in; NVR_E_NOENT also for somebody else's.
 * Freed with nvr_site_free. */
struct nvr_site;
int portal_site(struct portal_call *c, const char *text, struct nvr_site **ret);
/* view.charts: how a recorder (0: there is none) fared for so long. */
int portal_charts(struct portal_call *c, int64_t recorder, int64_t span);
/* For people: online, offline, or as the row says. */
struct nvr_remote;
const char *portal_recorder_state(
    const struct portal_call *c, const struct nvr_remote *r);

#define PORTAL_COOKIE "nvr"	   /* a session */
#define PORTAL_DEVICE "nvr-device" /* core/device.h */
#define PORTAL_STRANGER "nvr-form" /* binds forms of who has no session */

extern const struct portal_page page_signin, page_signin_code, page_signin_sms,
    page_signout, page_overview, page_site, page_alerts, page_alert_ack,
    page_alert_snooze, page_account, page_password, page_revoke, page_delete,
    page_log, page_recorder, page_approve, page_revoke_recorder, page_site_new;

#endif
