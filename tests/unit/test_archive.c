/* Archives: what is in them, and stock programs that open and check them. */
#include <sys/resource.h>
#include <unistd.h>

#include "archive_help.h"

static const char *const ends[] = {"tar.zst", "tar.gz", "zip"};

static struct nvr_archive *
begin(enum nvr_pack_format format, struct nvr_buf *out)
{
	struct nvr_sink sink = {buf_write, out};
	struct nvr_archive_options o = {.format = format,
	    .sink = &sink,
	    .now = NOW,
	    .tool = "test 1",
	    .temp = dir,
	    .asked = json_pack("{s:s}", "account", "jane@example.org")};
	struct nvr_archive *a;

	ok(nvr_archive_open(s, &o, &a, &err));
	return a;
}

/* A page, a table that was in the making meanwhile, a large one, a picture. */
static void
fill(struct nvr_archive *a)
{
	struct nvr_archive_file *f, *empty, *rowless;
	char row[64];

	ok(nvr_archive_file(a, "data/audits.jsonl", &f, &err));
	ok(nvr_archive_file(a, "data/none.jsonl", &empty, &err));
	ok(nvr_archive_file(a, "data/empty.csv", &rowless, &err));
	ok(nvr_archive_add(a, "README.html", "<p>Hello", 8, -1, &err));
	for (int i = 0; i < 20000; i++) {
		snprintf(row, sizeof(row), "{\"n\": %d}\n", i);
		ok(nvr_archive_file_write(f, row, strlen(row), &err));
	}
	ok(nvr_archive_begin(a, "stills/gate/1.jpg", 6, &err));
	ok(nvr_archive_write(a, "\xff\xd8", 2, &err));
	ok(nvr_archive_write(a, "x\n\xff\xd9", 4, &err));
	ok(nvr_archive_end(a, &err));
	ok(nvr_archive_file_put(f, 20000, &err));
	ok(nvr_archive_file_put(empty, 0, &err));
	ok(nvr_archive_file_put(rowless, -1, &err));
	ok(nvr_archive_gap(
	    a, "gate, 2026-07-30", &err, "%s", "it \x01 is gone"));
	ok(nvr_archive_gap(a, "yard \"\\", &err, "torn"));
	assert_int_equal(nvr_archive_gaps(a), 2);
}

static struct nvr_buf
whole(enum nvr_pack_format format)
{
	struct nvr_buf out = {0};
	struct nvr_archive *a = begin(format, &out);

	fill(a);
	ok(nvr_archive_close(a, &err));
	nvr_archive_free(a);
	return out;
}

static void
stock_programs_open_and_check_them(void **state)
{
	char script[1024], name[32];

	(void)state;
	for (int i = 0; i < NVR_PACK_FORMATS; i++) {
		struct nvr_buf b = whole((enum nvr_pack_format)i);

		snprintf(name, sizeof(name), "a.%s", ends[i]);
		save(name, &b);
		nvr_buf_release(&b);
		snprintf(script, sizeof(script),
		    "set -e; rm -rf x y; mkdir x y\n"
		    "bsdtar -xf %s -C x\n"
		    "case %s in *zip) unzip -q %s -d y; "
		    "python3 -m zipfile -t %s >/dev/null;; "
		    "*) tar -xf %s -C y; esac\n"
		    "diff -r x y\n"
		    "[ \"$(find x -type f | wc -l)\" = 7 ]\n"
		    "cd x\n"
		    "ssh-keygen -Y verify -f SIGNER -I nvr -n nvr-export "
		    "-s MANIFEST.json.sig <MANIFEST.json >/dev/null\n"
		    "jq -r '.files[] | .sha256 + \"  \" + .path' MANIFEST.json"
		    " >../sums\n"
		    "[ $(wc -l <../sums) = 4 ]\n"
		    "sha256sum --quiet -c ../sums\n",
		    name, name, name, name, name);
		assert_int_equal(run(script), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		stock_programs_open_and_check_them, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
