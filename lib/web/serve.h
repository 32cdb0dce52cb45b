/*
 * The two ways in which a web server has requests answered: a process for each
 * (CGI/1.1, RFC 3875), and one for many over a socket (FastCGI 1.0, by
 * libfcgi).
 */
#ifndef NVR_WEB_SERVE_H
#define NVR_WEB_SERVE_H

#include <signal.h>

#include "web/router.h"

/* A request may take so long; then the process is ended by SIGALRM, whatever
 * it waits for, and the server starts another.  Seconds. */
#define NVR_WEB_TIME 30

/* Whether standard input is a socket that listens. */
bool nvr_web_is_fastcgi(void);

/* The one request that env is of: its body comes from `in`. */
int nvr_web_cgi(const struct nvr_web *w, char *const *env, int in, int out,
    struct nvr_error *err);

/*
 * One request after another, until *stop, which handlers of signals set; those
 * in `signals` are held back but while it waits, so none is missed and the
 * request at hand is answered.  It ends by itself where the portal is over: who
 * asks then waits for the next process.  NVR_E_IO when the socket is lost.
 */
int nvr_web_fastcgi(const struct nvr_web *w, const sigset_t *signals,
    const volatile sig_atomic_t *stop, struct nvr_error *err);

#endif
