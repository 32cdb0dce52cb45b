/*
 * flood - many cameras in one; see flood.h
 */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"

#define US 1000000
/* Sending waits for the next multiple: fewer wakings, frames together. */
#define BEAT 5000
#define EVENTS 64
/* As much as a camera would keep for a client: 2 s at 4 Mbit/s. */
#define SOCKET_ROOM (1 << 20)

struct options {
	const char *film;
	int port;
	double patience; /* seconds that a client may be behind */
	double spread;	 /* seconds over which clients' first frames lie */
};

struct flood {
	struct film film;
	struct options o;
	int epoll, listener, signals;
	struct client **clients;
	unsigned n_clients;
	bool halted, ended;
};

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * US + t.tv_nsec / 1000;
}

static void
watch(struct flood *f, int fd, void *what, uint32_t events, int op)
{
	struct epoll_event e = {.events = events, .data.ptr = what};

	if (epoll_ctl(f->epoll, op, fd, &e) == -1)
		err(EX_OSERR, "epoll_ctl");
}

/* Send, and be told when there is room if there was none. */
static void
serve(struct flood *f, struct client *c, int64_t now)
{
	bool full = c->full;

	client_send(c, now, !f->halted);
	if (c->fd != -1 && c->full != full)
		watch(f, c->fd, c, EPOLLIN | (c->full ? EPOLLOUT : 0),
		    EPOLL_CTL_MOD);
}

static void
on_accept(struct flood *f)
{
	struct client *c;
	int fd, one = 1, room = SOCKET_ROOM / 2; /* the kernel doubles it */

	fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd == -1)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	c = client_new(&f->film, fd, f->n_clients);
	f->clients =
	    realloc(f->clients, (f->n_clients + 1) * sizeof(*f->clients));
	if (f->clients == NULL)
		err(EX_OSERR, NULL);
	f->clients[f->n_clients++] = c;
	watch(f, fd, c, EPOLLIN, EPOLL_CTL_ADD);
}

/* Each starts its own part of the spread later, evenly for any number. */
static int64_t
start_of(const struct flood *f, const struct client *c)
{
	double part = fmod(c->id * 0.6180339887, 1);

	return now_us() + (int64_t)(part * f->o.spread * US);
}

static void
on_client(struct flood *f, struct client *c)
{
	ssize_t n;

	n = recv(
	    c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(c, CLIENT_LEFT);
		return;
	}
	c->in_len += n;
	if (!rtsp_obey(c, start_of(f, c)))
		client_close(c, CLIENT_DROPPED);
}

/* Video and audio are the tracks' kinds, whichever comes first. */
static void
tell_client(const struct client *c)
{
	static const char *const states[] = {
	    "open", "plays", "left", "dropped"};
	uint64_t frames = 0, packets[2] = {0};
	const struct cursor *cur;
	const struct track *t;
	int i;

	for (i = 0; i < c->film->n_tracks; i++) {
		t = &c->film->tracks[i];
		cur = &c->cursors[i];
		packets[t->video] += cur->packets;
		if (t->video)
			frames = cur->round * t->n_chunks + cur->chunk;
	}
	printf("client %u path %s state %s sent %" PRIu64 " packets video "
	       "%" PRIu64 " frames %" PRIu64 " audio %" PRIu64 " bytes "
	       "%" PRIu64 " late %.1f ms\n",
	    c->id, c->path[0] != '\0' ? c->path : "-", states[c->state],
	    packets[0] + packets[1], packets[1], frames, packets[0], c->bytes,
	    c->late / 1000.0);
}

static void
tell(const struct flood *f)
{
	unsigned i, dropped = 0;
	struct rusage u;

	for (i = 0; i < f->n_clients; i++) {
		tell_client(f->clients[i]);
		dropped += f->clients[i]->state == CLIENT_DROPPED;
	}
	getrusage(RUSAGE_SELF, &u);
	printf("total %u clients dropped %u cpu %.3f s\n", f->n_clients,
	    dropped,
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / US);
	fflush(stdout);
}

static void
on_signal(struct flood *f)
{
	struct signalfd_siginfo s;

	if (read(f->signals, &s, sizeof(s)) != sizeof(s))
		return;
	if (s.ssi_signo == SIGUSR2)
		f->halted = true;
	else if (s.ssi_signo != SIGUSR1)
		f->ended = true;
	if (!f->ended)
		tell(f);
}

/* Everybody's due packets; when the next are due, at most a second on. */
static int64_t
serve_all(struct flood *f)
{
	int64_t now = now_us(), next = now + US, due;
	struct client *c;
	unsigned i;

	for (i = 0; i < f->n_clients; i++) {
		c = f->clients[i];
		if (c->fd == -1)
			continue;
		if (!c->full)
			serve(f, c, now);
		due = f->halted ? INT64_MAX : client_due(c);
		if (c->full && now - due > (int64_t)(f->o.patience * US))
			client_close(c, CLIENT_DROPPED);
		else if (!c->full && due < next)
			next = due;
	}
	return (next + BEAT - 1) / BEAT * BEAT;
}

static void
run(struct flood *f)
{
	struct epoll_event events[EVENTS];
	struct client *c;
	int64_t next = 0;
	int i, n, wait;

	while (!f->ended) {
		wait =
		    next > now_us() ? (int)((next - now_us()) / 1000) + 1 : 0;
		n = epoll_wait(f->epoll, events, EVENTS, wait);
		for (i = 0; i < n; i++) {
			c = events[i].data.ptr;
			if (events[i].data.ptr == &f->listener)
				on_accept(f);
			else if (events[i].data.ptr == &f->signals)
				on_signal(f);
			else if (events[i].events & EPOLLOUT)
				serve(f, c, now_us());
			else
				on_client(f, c);
		}
		next = serve_all(f);
	}
}

static void
open_listener(struct flood *f)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons(f->o.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int one = 1;

	f->listener =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(f->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (f->listener == -1 ||
	    bind(f->listener, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    listen(f->listener, 1024) == -1 ||
	    getsockname(f->listener, (struct sockaddr *)&a, &len) == -1)
		err(EX_UNAVAILABLE, "cannot listen");
	watch(f, f->listener, &f->listener, EPOLLIN, EPOLL_CTL_ADD);
	printf("ready rtsp://127.0.0.1:%d/\n", ntohs(a.sin_port));
	fflush(stdout);
}

static void
open_signals(struct flood *f)
{
	static const int wanted[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	f->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (f->signals == -1)
		err(EX_OSERR, "signalfd");
	watch(f, f->signals, &f->signals, EPOLLIN, EPOLL_CTL_ADD);
}

static double
number(const char *s, double lo, double hi)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end != '\0' || !(v >= lo && v <= hi))
		errx(EX_USAGE, "bad number '%s'", s);
	return v;
}

static void
parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"pass", required_argument, NULL, 'f'},
	    {"patience", required_argument, NULL, 'w'},
	    {"port", required_argument, NULL, 'p'},
	    {"spread", required_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	*o = (struct options){.patience = 10};
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'f')
			o->film = optarg;
		else if (option == 'w')
			o->patience = number(optarg, 0, 1e6);
		else if (option == 'p')
			o->port = (int)number(optarg, 0, 65535);
		else if (option == 's')
			o->spread = number(optarg, 0, 3600);
		else
			exit(EX_USAGE);
	}
	if (o->film == NULL || optind < argc)
		errx(EX_USAGE, "usage: flood --pass FILE [--port N] "
			       "[--patience SECONDS] [--spread SECONDS]");
}

int
main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct flood f = {0};

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return EX_OK;
	parse(&f.o, argc, argv);
	film_load(&f.film, f.o.film);
	f.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f.epoll == -1)
		err(EX_OSERR, "epoll_create1");
	open_signals(&f);
	open_listener(&f);
	run(&f);
	tell(&f);
	return EX_OK;
}
