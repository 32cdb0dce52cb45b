/*
 * The security log: rows verified a second, payloads and their HMACs included,
 * beside a bare SHA-256 chain over the same rows; and what a row costs when it
 * is appended alone and in batches, beside a bare insert, fsync excluded.
 *
 *	bench_log DIR [ROWS [ACCOUNTS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/id.h"
#include "base/time.h"
#include "core/keys.h"
#include "core/log_int.h"
#include "store/db.h"

#define BATCH 100
#define ALONE 5000

static const char CREATE[] = "CREATE TABLE bare (seq BIGINT PRIMARY KEY,"
			     " account_id BIGINT, at BIGINT, type TEXT,"
			     " sealed BYTEA, commitment BYTEA, hash BYTEA)";
static const char INSERT[] = "INSERT INTO bare VALUES"
			     " (?1, ?2, ?3, 'signin.done', ?4, ?5, ?6)";

static struct nvr_error err;
static int64_t base;

static const char *
jane(void)
{
	return "jane (as root)";
}

static void
must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_log: %s\n", err.text);
		exit(1);
	}
}

/* Of this process: what else the machine does is not measured. */
static int64_t
cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NVR_SECOND + t.tv_nsec / 1000;
}

/* Microseconds for each of n rows, in transactions of so many. */
static double
append(
    struct nvr_state *s, const int64_t *account, int accounts, int n, int batch)
{
	int64_t start = cpu_time();

	for (int i = 0; i < n; i++) {
		if (i % batch == 0)
			must(nvr_store_begin(s->store, &err));
		must(nvr_log_append(s, account[i % accounts], "signin.done",
		    json_pack("{s:s}", "factor", "password"), &err));
		if (i % batch == batch - 1 || i == n - 1)
			must(nvr_store_commit(s->store, &err));
	}
	return (double)(cpu_time() - start) / n;
}

static double
insert(struct nvr_state *s, int n, int batch)
{
	uint8_t blob[320];
	int64_t start;

	arc4random_buf(blob, sizeof(blob));
	start = cpu_time();
	for (int i = 0; i < n; i++) {
		if (i % batch == 0)
			must(nvr_store_begin(s->store, &err));
		base++;
		must(nvr_db_run(s->store, INSERT, &err, "iiibbb", base, base,
		    base, blob, (size_t)290, blob, (size_t)32, blob + 32,
		    (size_t)32));
		if (i % batch == batch - 1 || i == n - 1)
			must(nvr_store_commit(s->store, &err));
	}
	return (double)(cpu_time() - start) / n;
}

static void
hear(void *ctx, const struct nvr_log_finding *f)
{
	(void)ctx;
	fprintf(stderr, "bench_log: %s\n", f->text);
}

struct chain {
	uint8_t hash[NVR_LOG_HASH];
};

static int
link_row(void *ctx, const struct nvr_log_row *row)
{
	struct chain *c = ctx;

	return nvr_log_hash(NULL, c->hash, row->seq, row, c->hash, &err);
}

static void
verify(struct nvr_state *s)
{
	const struct nvr_log_watch watch = {.finding = hear};
	struct nvr_log_summary sum;
	struct chain chain = {{0}};
	int64_t start, ours, bare;

	for (int i = 0; i < 2; i++) { /* the first reads the file */
		start = cpu_time();
		must(nvr_log_verify(s, NULL, &watch, &sum, &err));
		ours = cpu_time() - start;
	}
	start = cpu_time();
	must(nvr_log_chain(s->store, 0, link_row, &chain, &err));
	bare = cpu_time() - start;
	printf("verify\t%.0f rows/s\t%lld rows\n",
	    1e6 * (double)sum.rows / (double)ours, (long long)sum.rows);
	printf("a bare SHA-256 chain\t%.0f rows/s\n",
	    1e6 * (double)sum.rows / (double)bare);
	printf("ratio\t%.2f\n", (double)ours / (double)bare);
	if (sum.troubles > 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	int rows =
	    argc > 2 ? (int)strtonum(argv[2], 1, 100000000, NULL) : 200000;
	int accounts =
	    argc > 3 ? (int)strtonum(argv[3], 1, 1000000, NULL) : 100;
	int64_t *account = calloc((size_t)accounts, sizeof(*account));
	struct nvr_state *s;
	double a, b;

	if (argc < 2 || account == NULL)
		return 64;
	must(nvr_state_open(argv[1], NVR_STATE_CREATE, &s, &err));
	s->actor.who = jane;
	s->actor.channel = "portal";
	s->actor.address = "192.0.2.17";
	s->actor.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)";
	for (int i = 0; i < accounts; i++) {
		account[i] = nvr_id_new();
		must(nvr_keys_add(s, account[i], &err));
	}
	must(nvr_db_run(s->store, CREATE, &err, ""));
	a = append(s, account, accounts, ALONE, 1);
	b = insert(s, ALONE, 1);
	printf("append, alone\t%.1f us\nbare insert\t%.1f us\nratio\t%.2f\n", a,
	    b, a / b);
	a = append(s, account, accounts, rows, BATCH);
	b = insert(s, ALONE, BATCH);
	printf("append, 100 at once\t%.1f us\nbare insert\t%.1f us\n"
	       "ratio\t%.2f\n",
	    a, b, a / b);
	verify(s);
	nvr_state_close(s);
	free(account);
	return 0;
}
