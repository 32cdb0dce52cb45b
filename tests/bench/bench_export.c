/*
 * An account with many audits as an archive: rows a second, with CSV, SHA-256
 * and compression, and the most memory; beside a copy of the same bytes through
 * SHA-256 alone.
 *
 *	bench_export DIR [AUDITS [FORMAT]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/id.h"
#include "base/time.h"
#include "core/export.h"
#include "core/keys.h"
#include "store/db.h"

static const char ACCOUNT[] =
    "INSERT INTO account (account_id, lookup, email, name, tier, adult_how,"
    " created_at, changed_at) VALUES (?1, randomblob(32), ?2, ?3, 'premium',"
    " 'declared', 1, 1)";
static const char CAMERA[] =
    "INSERT INTO camera (id, account_id, name, url, recipient, created_at,"
    " changed_at) VALUES (?2, ?1, 'gate', 'rtsp://192.0.2.1/s', 'age1', 1, 1)";
/* As nvr-audit writes them. */
static const char AUDITS[] =
    "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k"
    " WHERE i < ?3) INSERT INTO audit (id, account_id, camera_id, camera_name,"
    " at, taken_at, duration_us, type, origin, analyzer, profile, model,"
    " prompt, prompt_sha256, schema_version, status, width, height,"
    " still_sha256, schedule_id, slot_at) SELECT ?2 + i, ?1, ?2, 'gate',"
    " 1700000000000000 + i * 1234567, 1700000000000000 + i * 1234567, 812345,"
    " 'scheduled', 'recording', 'model', 'house', 'gpt-4o-mini-2024-07-18',"
    " 'Is the gate open? Is a person in front of it, and what do they carry?',"
    " '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 1,"
    " 'ok', 1920, 1080, lower(hex(randomblob(32))), ?2,"
    " 1700000000000000 + i * 1000000 FROM k";
static const char FINDINGS[] =
    "INSERT INTO finding (audit_id, ordinal, account_id, source, kind, label,"
    " verdict, evidence, confidence, confidence_method) SELECT id, 1, ?1,"
    " 'model', 'check', 'gate open', 'no', 'the gate''s wings meet; nobody is"
    " to be seen', 0.93, 'stated' FROM audit WHERE id % 4 = 0";

static struct nvr_error err;

static void
must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_export: %s\n", err.text);
		exit(1);
	}
}

static int64_t
cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NVR_SECOND + t.tv_nsec / 1000;
}

static void
seal(struct nvr_state *s, int64_t account, const char *column, const char *text,
    struct nvr_buf *out)
{
	const struct nvr_column at = {"account", column, account};

	must(nvr_sealed_put(s, account, &at, text, strlen(text), out, &err));
}

static void
fill(const char *dir, int64_t account, int64_t audits)
{
	struct nvr_buf email = {0}, name = {0};
	struct nvr_state *s;
	int64_t camera = nvr_id_new();

	must(nvr_state_open(dir, NVR_STATE_CREATE, &s, &err));
	must(nvr_keys_add(s, account, &err));
	seal(s, account, "email", "jane@example.org", &email);
	seal(s, account, "name", "Jane Doe", &name);
	must(nvr_store_begin(s->store, &err));
	must(nvr_db_run(s->store, ACCOUNT, &err, "ibb", account, email.data,
	    email.len, name.data, name.len));
	must(nvr_db_run(s->store, CAMERA, &err, "ii", account, camera));
	must(
	    nvr_db_run(s->store, AUDITS, &err, "iii", account, camera, audits));
	must(nvr_db_run(s->store, FINDINGS, &err, "i", account));
	must(nvr_store_commit(s->store, &err));
	nvr_buf_release(&email);
	nvr_buf_release(&name);
	nvr_state_close(s);
}

static int
swallow(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	(void)data, (void)e;
	*(uint64_t *)ctx += len;
	return 0;
}

static void
measure(const char *dir, int64_t account, int64_t audits,
    enum nvr_pack_format format)
{
	uint64_t bytes = 0;
	const struct nvr_sink sink = {swallow, &bytes};
	const struct nvr_archive_options o = {.format = format,
	    .sink = &sink,
	    .now = nvr_time_now(),
	    .tool = "bench_export",
	    .temp = dir};
	const struct nvr_export_account x = {
	    .account = account, .now = o.now, .language = "en"};
	struct nvr_archive *a;
	struct nvr_state *s;
	struct rusage used;
	int64_t start, took, wall, rows = audits + audits / 4;

	must(nvr_state_open(dir, 0, &s, &err));
	nvr_state_rights(s, true);
	wall = nvr_time_monotonic();
	start = cpu_time();
	must(nvr_archive_open(s, &o, &a, &err));
	must(nvr_export_account(s, &x, a, &err));
	must(nvr_archive_close(a, &err));
	took = cpu_time() - start;
	wall = nvr_time_monotonic() - wall;
	getrusage(RUSAGE_SELF, &used);
	printf("rows\t%lld\nof the processor\t%.0f rows/s\nof the clock\t%.0f "
	       "rows/s\narchive\t%.1f MB\nmemory\t%ld MiB\ngaps\t%lld\n",
	    (long long)rows, 1e6 * (double)rows / (double)took,
	    1e6 * (double)rows / (double)wall, (double)bytes / 1e6,
	    used.ru_maxrss / 1024, (long long)nvr_archive_gaps(a));
	nvr_archive_free(a);
	nvr_state_close(s);
}

int
main(int argc, char **argv)
{
	int64_t audits =
	    argc > 2 ? strtonum(argv[2], 4, 100000000, NULL) : 1000000;
	enum nvr_pack_format format = NVR_PACK_TAR_ZST;
	int64_t account = nvr_id_new();
	pid_t pid;

	if (argc < 2)
		return 64;
	if (argc > 3)
		must(nvr_pack_parse(argv[3], &format, &err));
	/* Apart: what that takes of memory is not measured. */
	pid = fork();
	if (pid == 0) {
		fill(argv[1], account, audits);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	measure(argv[1], account, audits, format);
	return 0;
}
