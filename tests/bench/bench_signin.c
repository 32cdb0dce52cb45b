/* Sign-ins per second of a core beside bcrypt alone, of the same cost. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <crypt.h>

#include "base/time.h"
#include "core/account.h"
#include "core/signin.h"

#define N 16
#define PASSWORD "seven green bicycles, uphill"

static struct nvr_error err;
static const struct nvr_rules rules = {
    .minimum_age = 18,
    .tier = 1,
    .cost = 12,
    .hashes = 2,
    .session = NVR_DAY,
    .idle = NVR_DAY,
    .network = {1000000, NVR_HOUR},
    .pair = {1000000, NVR_HOUR},
    .account = {1000000, NVR_HOUR},
    .device = {1000000, NVR_HOUR},
};

static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(int rc)
{
	if (rc != 0) {
		fprintf(stderr, "bench_signin: %s\n", err.text);
		exit(1);
	}
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int
main(void)
{
	const struct nvr_account_new n = {.email = "jane@example.org",
	    .name = "Jane Doe",
	    .adult = true,
	    .verified = true,
	    .password = PASSWORD};
	const struct nvr_signin in = {.email = n.email,
	    .password = PASSWORD,
	    .address = "192.0.2.7",
	    .agent = "bench"};
	struct crypt_data *data = calloc(1, sizeof(*data));
	char dir[] = "/tmp/nvr-bench-signin-XXXXXX";
	double alone = 0, ours = 0, start;
	struct nvr_signed r;
	struct nvr_state *s;
	char setting[128];
	int64_t id;

	if (data == NULL || mkdtemp(dir) == NULL ||
	    crypt_gensalt_rn("$2b$", 12, NULL, 0, setting, sizeof(setting)) ==
		NULL)
		return 1;
	must(nvr_state_open(
	    dir, NVR_STATE_CREATE | NVR_STATE_DURABLE, &s, &err));
	s->rules = &rules;
	s->rights = true;
	must(nvr_account_create(s, &n, nvr_time_now(), &id, &err));
	for (int i = 0; i < N; i++) {
		start = cpu_s();
		if (crypt_r(PASSWORD, setting, data) == NULL)
			return 1;
		alone += cpu_s() - start;
		start = cpu_s();
		must(nvr_signin(s, &in, &r, &err));
		ours += cpu_s() - start;
	}
	printf("bcrypt alone\t%.2f /s\nsign-ins\t%.2f /s\nratio\t%.3f\n",
	    N / alone, N / ours, ours / alone);
	nvr_state_close(s);
	free(data);
	nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
	return ours / alone > 1.1;
}
