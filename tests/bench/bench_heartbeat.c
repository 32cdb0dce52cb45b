/*
 * Heartbeats accepted per second, beside one Ed25519 verification and one
 * insert of the same row:
 *
 *	bench_heartbeat bare STORE N
 *	bench_heartbeat send STORE PORT N CONNECTIONS CAMERAS
 *
 * Requests are signed ahead of time and sent as they are over connections that
 * stay, each by a process of its own.  Prints how many a second.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/time.h"
#include "core/account.h"
#include "core/beat.h"
#include "core/site.h"
#include "seal/crypto.h"
#include "seal/httpsig.h"
#include "store/remote.h"
#include "store/telemetry.h"

#define CAMERAS 64
#define BOX "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
#define PATH "/api/v1/heartbeat"

static struct nvr_error err;
static struct nvr_state *s;
static const struct nvr_rules rules = {
    .minimum_age = 18, .tier = 1, .cost = 4, .hashes = 2};

static void
must(int rc)
{
	if (rc != 0) {
		fprintf(stderr, "bench_heartbeat: %s\n", err.text);
		exit(1);
	}
}

static double
since(int64_t start)
{
	return (double)(nvr_time_monotonic() - start) / 1e6;
}

static void
open_state(const char *dir)
{
	must(nvr_state_open(dir, NVR_STATE_CREATE, &s, &err));
	s->rules = &rules;
	s->rights = true;
}

/* What both have in common. */
static const struct nvr_beat_report figures = {
    .cpu = 12.5,
    .memory = 43.25,
    .load = 0.75,
    .temperature = 51,
    .disk_free = 23.5,
    .disk_free_bytes = INT64_C(412316860416),
    .uptime = 86400 * NVR_SECOND,
    .clock = 1200,
    .backlog = 0,
    .overdue = 0,
    .cameras = 4,
    .cameras_down = 0,
};

static void
put(int64_t recorder, int64_t at, uint64_t sequence)
{
	const struct nvr_telemetry t = {.recorder = recorder,
	    .at = at,
	    .received_at = at,
	    .cpu = figures.cpu,
	    .memory = figures.memory,
	    .disk_free = figures.disk_free,
	    .disk_free_bytes = figures.disk_free_bytes,
	    .temperature = figures.temperature,
	    .cameras = figures.cameras,
	    .cameras_down = figures.cameras_down,
	    .agent = "0.1",
	    .sequence = sequence,
	    .load = figures.load,
	    .uptime = figures.uptime,
	    .clock = figures.clock,
	    .backlog = figures.backlog,
	    .overdue = figures.overdue};

	must(nvr_store_begin(s->store, &err));
	must(nvr_telemetry_put(s->store, &t, &err));
	must(nvr_store_commit(s->store, &err));
}

static void
bare(int n)
{
	const uint8_t seed[NVR_KEY_LEN] = {1};
	uint8_t key[NVR_KEY_LEN], sig[NVR_ED25519_LEN];
	char text[400];
	int64_t now = nvr_time_now(), start;
	bool good;

	memset(text, 'x', sizeof(text));
	must(nvr_sign_public(seed, key, &err));
	must(nvr_ed25519_sign(seed, text, sizeof(text), sig, &err));
	start = nvr_time_monotonic();
	for (int i = 0; i < n; i++) {
		must(nvr_ed25519_verify(
		    key, text, sizeof(text), sig, &good, &err));
		if (!good)
			exit(1);
		put(1 + i, now + i, (uint64_t)(now + i));
	}
	printf("%.0f\n", n / since(start));
}

struct recorder {
	int64_t id;
	uint8_t seed[NVR_KEY_LEN];
};

static int
take_site(void *ctx, const struct nvr_site *site)
{
	*(int64_t *)ctx = site->id;
	return 1;
}

/* An account, a site and recorders of it, with their cameras. */
static void
make(struct recorder *r, int n, int cameras)
{
	char email[64], id[NVR_ID_TEXT];
	const struct nvr_account_new a = {.email = email,
	    .name = "Jane Doe",
	    .adult = true,
	    .verified = true,
	    .password = "seven green bicycles, uphill"};
	struct nvr_site_change c = NVR_SITE_NO_CHANGE;
	int64_t now = nvr_time_now(), account, site = 0;
	uint8_t key[NVR_KEY_LEN];

	/* Each run has its own. */
	snprintf(email, sizeof(email), "%s@example.org",
	    nvr_id_format(nvr_id_new(), id));
	c.name = "yard";
	c.jurisdiction = "DE";
	must(nvr_account_create(s, &a, now, &account, &err));
	must(nvr_site_add(s, account, &c, &err));
	nvr_site_each(s->store, account, false, take_site, &site, &err);
	must(nvr_store_begin(s->store, &err));
	for (int i = 0; i < n; i++) {
		struct nvr_remote row = {.id = r[i].id = nvr_id_new(),
		    .account_id = account,
		    .site_id = site,
		    .state = "active",
		    .box = BOX,
		    .interval = NVR_MINUTE,
		    .agent = "0.1",
		    .clock = INT64_MIN,
		    .skew = INT64_MIN,
		    .created_at = now,
		    .approved_at = now};

		must(nvr_random(r[i].seed, sizeof(r[i].seed), &err));
		must(nvr_sign_public(r[i].seed, key, &err));
		memcpy(row.key, key, sizeof(row.key));
		must(nvr_remote_insert(s->store, &row, &err));
		for (int k = 0; k < cameras; k++) {
			const struct nvr_remote_camera cam = {
			    .recorder = r[i].id,
			    .id = k + 1,
			    .account_id = account,
			    .name = "gate",
			    .zone = "",
			    .manufacturer = "",
			    .model = "",
			    .state = "",
			    .gaps = -1,
			    .changed_at = now};

			must(nvr_remote_camera_put(s->store, &cam, &err));
		}
	}
	must(nvr_store_commit(s->store, &err));
}

/* One request, as it goes over the wire. */
static void
write_request(
    const struct recorder *r, int i, int cameras, int port, struct nvr_buf *out)
{
	static struct nvr_beat_camera camera[CAMERAS];
	struct nvr_beat_report report = figures;
	struct nvr_http_signature sig;
	struct nvr_buf body = {0};
	struct nvr_http_message m;
	struct nvr_beat b = {0};
	char authority[64];

	report.at = nvr_time_now() + i;
	report.sequence = (uint64_t)(report.at / 1000 + i);
	for (int k = 0; k < cameras; k++)
		camera[k] = (struct nvr_beat_camera){
		    k + 1, "recording", report.at - NVR_SECOND, 0};
	b = (struct nvr_beat){.report = report,
	    .agent = "0.1",
	    .interval = NVR_MINUTE,
	    .started_at = report.at - NVR_DAY,
	    .camera = camera,
	    .ncameras = (size_t)cameras};
	must(nvr_beat_write(&b, &body, &err));
	snprintf(authority, sizeof(authority), "127.0.0.1:%d", port);
	m = (struct nvr_http_message){.method = "POST",
	    .authority = authority,
	    .path = PATH,
	    .body = body.data,
	    .len = body.len,
	    .sequence = report.sequence,
	    .created = report.at};
	must(nvr_httpsig_sign(r->seed, &m, &sig, &err));
	must(nvr_buf_addf(out, &err,
	    "POST " PATH " HTTP/1.1\r\nHost: %s\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n"
	    "Content-Digest: %s\r\nNvr-Sequence: %s\r\n"
	    "Signature-Input: %s\r\nSignature: %s\r\n\r\n",
	    authority, body.len, sig.digest, sig.sequence, sig.input,
	    sig.signature));
	must(nvr_buf_add(out, body.data, body.len, &err));
	nvr_buf_release(&body);
}

static int
dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		perror("bench_heartbeat");
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* Reads an answer, and says whether it is 200; *closes: no other follows. */
static bool
answered(int fd, bool *closes)
{
	char text[65536], *body, *length;
	size_t n = 0, want = sizeof(text) - 1;
	ssize_t got;

	while (n < want) {
		got = read(fd, text + n, want - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = '\0';
		body = strstr(text, "\r\n\r\n");
		length = strcasestr(text, "\r\ncontent-length:");
		if (body != NULL && length != NULL && want == sizeof(text) - 1)
			want = (size_t)(body + 4 - text) +
			       (size_t)strtoul(length + 17, NULL, 10);
	}
	*closes = strcasestr(text, "\r\nconnection: close") != NULL;
	if (strncmp(text, "HTTP/1.1 200", 12) == 0)
		return true;
	fprintf(stderr, "bench_heartbeat: %.*s\n", 600, text);
	return false;
}

static void
send_all(const struct nvr_buf *requests, int from, int n, int step, int port)
{
	int fd = dial(port);
	bool closes;

	for (int i = from; i < n; i += step) {
		must(
		    nvr_write_all(fd, requests[i].data, requests[i].len, &err));
		if (!answered(fd, &closes))
			exit(1);
		if (!closes)
			continue;
		close(fd);
		fd = dial(port);
	}
	exit(0);
}

/* Each of another recorder, of which one a second would be taken. */
static void
send_beats(int port, int n, int connections, int cameras)
{
	struct recorder *r = calloc((size_t)n, sizeof(*r));
	struct nvr_buf *requests = calloc((size_t)n, sizeof(*requests));
	int status, failed = 0;
	int64_t start;
	double took;

	make(r, n, cameras);
	nvr_state_close(s);
	for (int i = 0; i < n; i++)
		write_request(&r[i], i, cameras, port, &requests[i]);
	free(r);
	start = nvr_time_monotonic();
	for (int k = 0; k < connections; k++)
		if (fork() == 0)
			send_all(requests, k, n, connections, port);
	for (int k = 0; k < connections; k++)
		failed += wait(&status) > 0 && status != 0;
	took = since(start);
	for (int i = 0; i < n; i++)
		nvr_buf_release(&requests[i]);
	free(requests);
	if (failed > 0)
		exit(1);
	printf("%.0f\n", n / took);
}

int
main(int argc, char **argv)
{
	const char *wrong;

	if (argc < 4)
		return 64;
	open_state(argv[2]);
	if (strcmp(argv[1], "bare") == 0) {
		bare((int)strtonum(argv[3], 1, 1000000, &wrong));
		nvr_state_close(s);
	} else if (argc == 7) {
		send_beats((int)strtonum(argv[3], 1, 65535, &wrong),
		    (int)strtonum(argv[4], 1, 1000000, &wrong),
		    (int)strtonum(argv[5], 1, 100, &wrong),
		    (int)strtonum(argv[6], 0, CAMERAS, &wrong));
	}
	return 0;
}
