/* Archives: what is in them, and stock programs that open and check them. */
#include <sys/resource.h>
#include <unistd.h>

#include "archive_help.h"

#include "base/id.h"
#include "seal/sshsig.h"

static const char *const ends[] = {"tar.zst", "tar.gz", "zip"};

static struct nvr_archive *
begin(enum nvr_pack_format format, const struct nvr_age_identity *to,
    struct nvr_buf *out)
{
	struct nvr_sink sink = {buf_write, out};
	struct nvr_archive_options o = {.format = format,
	    .sink = &sink,
	    .recipients = to != NULL ? &to->recipient : NULL,
	    .nrecipients = to != NULL,
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
whole(enum nvr_pack_format format, const struct nvr_age_identity *to)
{
	struct nvr_buf out = {0};
	struct nvr_archive *a = begin(format, to, &out);

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
		struct nvr_buf b = whole((enum nvr_pack_format)i, NULL);

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

/* It is the person's, and the same wherever the store lies. */
static void
a_gap_tells_no_path_of_the_server(void **state)
{
	struct nvr_buf out = {0};
	struct nvr_archive *a = begin(NVR_PACK_TAR_ZST, NULL, &out);
	struct verdict v;

	(void)state;
	ok(nvr_archive_gap(
	    a, "x", &err, "'%s/media/x' and %s//y: gone", dir, dir));
	ok(nvr_archive_gap(a, "y", &err, "/srv%s/x, %sx/y, %s", dir, dir, ""));
	ok(nvr_archive_close(a, &err));
	nvr_archive_free(a);
	ok(verify(&out, NULL, NULL, &v));
	assert_non_null(strstr(v.found, "[x: 'media/x' and y: gone]"));
	assert_non_null(strstr(v.found, "[y: /srv/tmp/"));
	assert_non_null(strstr(v.found, "x/y, ]"));
	nvr_buf_release(&out);
}

static void
the_same_files_are_the_same_archive(void **state)
{
	(void)state;
	for (int i = 0; i < NVR_PACK_FORMATS; i++) {
		struct nvr_buf a = whole((enum nvr_pack_format)i, NULL);
		struct nvr_buf b = whole((enum nvr_pack_format)i, NULL);

		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.data, b.data, a.len);
		nvr_buf_release(&a);
		nvr_buf_release(&b);
	}
}

#define GAPS "[gate, 2026-07-30: it ? is gone]\n[yard \"\\: torn]\n"

static void
what_was_not_touched_verifies(void **state)
{
	struct nvr_age_identity me;
	struct verdict v;

	(void)state;
	ok(nvr_age_identity_generate(&me, &err));
	for (int i = 0; i < NVR_PACK_FORMATS; i++) {
		struct nvr_buf b = whole((enum nvr_pack_format)i, NULL);
		struct nvr_buf c = whole((enum nvr_pack_format)i, &me);

		ok(verify(&b, NULL, NULL, &v));
		assert_string_equal(v.found, GAPS);
		assert_int_equal(v.sum.findings, 0);
		assert_int_equal(v.sum.gaps, 2);
		assert_int_equal(v.sum.files, 4);
		assert_int_equal(v.sum.bytes, 8 + 6 + 248890);
		assert_false(v.sum.trusted);
		assert_int_equal(verify(&c, NULL, NULL, &v), NVR_E_PERMISSION);
		ok(verify(&c, &me, NULL, &v));
		assert_string_equal(v.found, GAPS);
		nvr_buf_release(&b);
		nvr_buf_release(&c);
	}
}

/* The files of an archive in memory, to be put together anew. */
#define MOST 16
static struct {
	char path[256];
	struct nvr_buf data;
} parts[MOST];
static size_t nparts;

static void
take_apart(const struct nvr_buf *b)
{
	struct verdict v = {.data = b->data, .len = b->len};
	struct nvr_unpack *u;
	struct nvr_packed f;
	char piece[4096];
	int64_t n;

	nparts = 0;
	ok(nvr_unpack_open(verdict_read, &v, &u, &err));
	while (nvr_unpack_next(u, &f, &err) == 1) {
		assert_true(nparts < MOST);
		strlcpy(parts[nparts].path, f.path, sizeof(parts->path));
		parts[nparts].data.len = 0;
		ok(nvr_buf_reserve(&parts[nparts].data, 1, &err));
		while ((n = nvr_unpack_read(u, piece, sizeof(piece), &err)) > 0)
			ok(nvr_buf_add(
			    &parts[nparts].data, piece, (size_t)n, &err));
		nparts++;
	}
	nvr_unpack_free(u);
}

static struct nvr_buf
put_together(const size_t *order, size_t n)
{
	struct nvr_buf out = {0};
	const struct nvr_sink sink = {buf_write, &out};
	struct nvr_pack *p;

	ok(nvr_pack_open(NVR_PACK_TAR_ZST, &sink, NOW, &p, &err));
	for (size_t i = 0; i < n; i++) {
		const struct nvr_buf *d = &parts[order[i]].data;

		ok(nvr_pack_file(p, parts[order[i]].path, d->len, &err));
		ok(nvr_pack_write(p, d->data, d->len, &err));
	}
	ok(nvr_pack_finish(p, &err));
	nvr_pack_free(p);
	return out;
}

static void
assert_found(const size_t *order, size_t n, const char *want)
{
	struct nvr_buf b = put_together(order, n);
	struct verdict v;

	ok(verify(&b, NULL, NULL, &v));
	assert_string_equal(v.found, want);
	nvr_buf_release(&b);
}

#define ORDER(...)                     \
	(const size_t[]){__VA_ARGS__}, \
	    sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t)

/* README.html, stills/gate/1.jpg, data/audits.jsonl, data/empty.csv,
 * MANIFEST.json, MANIFEST.json.sig, SIGNER */
static void
what_was_changed_is_found_and_named(void **state)
{
	struct nvr_buf b = whole(NVR_PACK_ZIP, NULL);

	(void)state;
	take_apart(&b);
	assert_int_equal(nparts, 7);
	assert_found(ORDER(0, 1, 2, 3, 4, 5, 6), GAPS);
	assert_found(
	    ORDER(0, 2, 3, 4, 5, 6), GAPS "stills/gate/1.jpg: is missing\n");
	assert_found(ORDER(2, 3, 4, 5, 6),
	    GAPS "README.html: is missing\n"
		 "stills/gate/1.jpg: is missing\n");
	assert_found(ORDER(4, 5, 6), GAPS "README.html: is missing\n"
					  "stills/gate/1.jpg: is missing\n"
					  "data/audits.jsonl: is missing\n"
					  "data/empty.csv: is missing\n");
	assert_found(ORDER(0, 2, 1, 3, 4, 5, 6),
	    "stills/gate/1.jpg: is not in its place\n" GAPS);
	assert_found(ORDER(3, 0, 1, 2, 4, 5, 6),
	    "data/empty.csv: is not in its place\n" GAPS);
	assert_found(ORDER(0, 1, 1, 2, 3, 4, 5, 6),
	    GAPS "stills/gate/1.jpg: was added: the manifest has no such "
		 "file\n");
	assert_found(ORDER(0, 1, 2, 3, 4, 5, 6, 0),
	    GAPS "README.html: was added behind the manifest\n");
	assert_found(ORDER(0, 1, 2, 3, 4, 6, 5),
	    GAPS "MANIFEST.json.sig: was added behind the manifest\n"
		 "MANIFEST.json.sig: is missing\n");
	assert_found(ORDER(0, 1, 2, 3, 4, 5, 5, 6),
	    GAPS "MANIFEST.json.sig: was added behind the manifest\n");
	assert_found(ORDER(0, 1, 2, 3, 4),
	    GAPS "MANIFEST.json.sig: is missing\nSIGNER: is missing\n");
	assert_found(ORDER(0, 1, 2, 3, 4, 5), GAPS "SIGNER: is missing\n");
	/* As tar packs a folder that it was unpacked to. */
	assert_found(ORDER(4, 5, 0, 6, 3, 2, 1),
	    GAPS "MANIFEST.json: stands ahead of files that it names: the "
		 "archive was packed again in another order, and they were "
		 "not checked\n");
	strlcpy(parts[1].path, "stills/gate/2.jpg", sizeof(parts->path));
	assert_found(ORDER(0, 1, 2, 3, 4, 5, 6),
	    GAPS "stills/gate/1.jpg: was renamed: it is "
		 "'stills/gate/2.jpg'\n");
	parts[1].data.data[3] ^= 1;
	assert_found(ORDER(0, 1, 2, 3, 4, 5, 6),
	    GAPS "stills/gate/1.jpg: is missing\n"
		 "stills/gate/2.jpg: was added: the manifest has no such "
		 "file\n");
	strlcpy(parts[1].path, "stills/gate/1.jpg", sizeof(parts->path));
	assert_found(ORDER(0, 1, 2, 3, 4, 5, 6),
	    "stills/gate/1.jpg: was changed: its "
	    "SHA-256 is another one\n" GAPS);
	parts[1].data.len--;
	assert_found(ORDER(0, 1, 2, 3, 4, 5, 6),
	    "stills/gate/1.jpg: was changed: it has 5 bytes, not 6\n" GAPS);
	b.len = 0;
	nvr_buf_release(&b);
	b = put_together(ORDER(0, 1, 2, 3));
	assert_int_equal(
	    verify(&b, NULL, NULL, &(struct verdict){0}), NVR_E_DATA);
	nvr_buf_release(&b);
}

/* Every byte of what proves the rest. */
static void
a_changed_manifest_signature_or_signer_is_found(void **state)
{
	struct nvr_buf b = whole(NVR_PACK_ZIP, NULL);
	struct verdict v;

	(void)state;
	take_apart(&b);
	nvr_buf_release(&b);
	for (size_t i = 4; i < 7; i++)
		for (size_t at = 0; at < parts[i].data.len; at++) {
			int rc;

			parts[i].data.data[at] ^= (char)(1 << at % 8);
			b = put_together(ORDER(0, 1, 2, 3, 4, 5, 6));
			rc = verify(&b, NULL, NULL, &v);
			ok(rc);
			if (v.sum.findings == 0)
				fail_msg("%s at %zu", parts[i].path, at);
			parts[i].data.data[at] ^= (char)(1 << at % 8);
			nvr_buf_release(&b);
		}
}

/* Texts end at it, files do not. */
static void
what_is_added_behind_a_nul_is_found(void **state)
{
	struct nvr_buf b = whole(NVR_PACK_ZIP, NULL);
	struct verdict v;

	(void)state;
	take_apart(&b);
	nvr_buf_release(&b);
	for (size_t i = 0; i < 7; i++) {
		size_t len = parts[i].data.len;

		ok(nvr_buf_add(&parts[i].data, "\0junk", 5, &err));
		b = put_together(ORDER(0, 1, 2, 3, 4, 5, 6));
		ok(verify(&b, NULL, NULL, &v));
		if (v.sum.findings == 0 || strstr(v.found, parts[i].path) == 0)
			fail_msg("%s: %s", parts[i].path, v.found);
		parts[i].data.len = len;
		nvr_buf_release(&b);
	}
}

static void
a_later_version_is_one_that_is_signed(void **state)
{
	struct nvr_buf b = whole(NVR_PACK_ZIP, NULL), head = {0};
	uint8_t seed[NVR_SIGN_KEY_LEN] = {1}, key[NVR_SIGN_KEY_LEN];
	struct nvr_buf *sig = &parts[5].data, *signer = &parts[6].data;
	struct verdict v;
	char *schema;

	(void)state;
	take_apart(&b);
	nvr_buf_release(&b);
	schema = strstr(parts[4].data.data, "nvr-export/1");
	schema[11] = '2';
	b = put_together(ORDER(0, 1, 2, 3, 4, 5, 6));
	ok(verify(&b, NULL, NULL, &v));
	assert_non_null(strstr(v.found, "MANIFEST.json: is not of"));
	nvr_buf_release(&b);
	sig->len = signer->len = 0;
	ok(nvr_sshsig_sign(seed, "nvr-export", parts[4].data.data,
	    parts[4].data.len, sig, &err));
	ok(nvr_sign_public(seed, key, &err));
	ok(nvr_buf_addf(signer, &err, "nvr "));
	ok(nvr_sign_public_text(key, signer, &err));
	ok(nvr_buf_addf(signer, &err, "\n"));
	b = put_together(ORDER(0, 1, 2, 3, 4, 5, 6));
	assert_int_equal(verify(&b, NULL, NULL, &v), NVR_E_CONFIG);
	assert_int_equal(verify(&b, NULL, signer->data, &v), NVR_E_CONFIG);
	/* Signed, but not by whom it is to be. */
	ok(nvr_archive_signer(s, &head, &err));
	ok(verify(&b, NULL, head.data, &v));
	assert_non_null(strstr(v.found, "which is not trusted"));
	nvr_buf_release(&b);
	nvr_buf_release(&head);
}

static void
only_a_key_that_is_given_is_trusted(void **state)
{
	struct nvr_buf b = whole(NVR_PACK_TAR_ZST, NULL), signer = {0};
	struct nvr_buf text = {0};
	struct verdict v;

	(void)state;
	ok(nvr_archive_signer(s, &signer, &err));
	ok(verify(&b, NULL, signer.data, &v));
	assert_int_equal(v.sum.findings, 0);
	assert_true(v.sum.trusted);
	/* A .pub, and one key of several. */
	ok(verify(&b, NULL, strstr(signer.data, "ssh-ed25519"), &v));
	assert_true(v.sum.trusted);
	ok(nvr_buf_addf(&text, &err,
	    "# ours\nold ssh-ed25519 "
	    "AAAAC3NzaC1lZDI1NTE5AAAAIPwXcmPW4JvJmfL9D3L"
	    "6BQ8S1tLCsfUu0U4yPPzdqkZN\n%s",
	    signer.data));
	ok(verify(&b, NULL, text.data, &v));
	assert_true(v.sum.trusted);
	text.len = (size_t)(strstr(text.data, "\nnvr") - text.data) + 1;
	text.data[text.len] = '\0';
	ok(verify(&b, NULL, text.data, &v));
	assert_false(v.sum.trusted);
	assert_int_equal(v.sum.findings, 1);
	assert_non_null(strstr(v.found, "which is not trusted"));
	/* One for something else, and none. */
	text.len = 0;
	ok(nvr_buf_addf(&text, &err, "nvr namespaces=\"nvr-log\" %s",
	    strstr(signer.data, "ssh-ed25519")));
	assert_int_equal(verify(&b, NULL, text.data, &v), NVR_E_USAGE);
	assert_int_equal(verify(&b, NULL, "", &v), NVR_E_USAGE);
	nvr_buf_release(&b);
	nvr_buf_release(&signer);
	nvr_buf_release(&text);
}

/* NOW is 2026-07-31T00:00:00Z; texts as ssh-keygen reads them. */
static const struct {
	const char *options;
	int trusted; /* -1: it is no key that may sign */
} lines[] = {
    {"nvr", 1},
    {"  \"a b\"", 1},
    {"nvr namespaces=\"nvr-export\"", 1},
    {"nvr NameSpaces=\"x,nvr-*\"", 1},
    {"nvr namespaces=\"nvr-*,!nvr-export\"", -1},
    {"nvr namespaces=\"nvr-export\"x", -1},
    {"nvr namespaces=nvr-export", -1},
    {"nvr valid-before=\"20200101\"", 0},
    {"nvr valid-before=\"20260731Z\"", 1},
    {"nvr valid-before=\"202607302359Z\"", 0},
    {"nvr valid-before=\"20260730235959Z\"", 0},
    {"nvr Valid-Before=\"20260731000000Z\"", 1},
    {"nvr valid-after=\"20260731Z\"", 1},
    {"nvr valid-after=\"202607310001Z\"", 0},
    {"nvr valid-after=\"20200101\",valid-before=\"20300101\"", 1},
    {"nvr namespaces=\"nvr-export\",valid-before=\"20200101\"", 0},
    {"nvr valid-before=\"20200101\",namespaces=\"nvr-export\"", 0},
    {"nvr valid-before=\"2030\"", -1},
    {"nvr valid-before=\"20300101x\"", -1},
    {"nvr valid-before=\"20301301\"", -1},
    {"nvr valid-before=\"20300101", -1},
    {"nvr valid-before=20300101", -1},
    {"nvr cert-authority", -1},
    {"nvr namespaces=\"nvr-export\",cert-authority", -1},
    {"nvr touch-required", -1},
    {"nvr namespaces=\"nvr-export\",", -1},
    {"# nvr", -1},
};

static void
the_options_of_an_allowed_signer_are_kept(void **state)
{
	struct nvr_buf b = whole(NVR_PACK_TAR_ZST, NULL), signer = {0};
	struct verdict v;
	char text[512];

	(void)state;
	ok(nvr_archive_signer(s, &signer, &err));
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		int rc;

		snprintf(text, sizeof(text), "%s %s", lines[i].options,
		    strstr(signer.data, "ssh-ed25519"));
		rc = verify(&b, NULL, text, &v);
		if (rc != (lines[i].trusted < 0 ? NVR_E_USAGE : 0) ||
		    (rc == 0 && v.sum.trusted != lines[i].trusted) ||
		    (lines[i].trusted == 0 &&
			strstr(v.found, "not trusted at this time") == NULL))
			fail_msg(
			    "%s: %d %d", lines[i].options, rc, v.sum.trusted);
	}
	nvr_buf_release(&b);
	nvr_buf_release(&signer);
}

/* Found in any case; named unless it is so near the beginning that nothing
 * tells what it is. */
static void
assert_damaged(const struct nvr_buf *b, const struct nvr_age_identity *me)
{
	struct verdict v;
	int rc = verify(b, me, NULL, &v);

	if (rc == 0)
		assert_true(v.sum.findings > 0);
	else
		assert_int_equal(rc, NVR_E_DATA);
}

static void
damage_is_named_where_it_is(void **state)
{
	struct nvr_age_identity me;
	struct verdict v;

	(void)state;
	ok(nvr_age_identity_generate(&me, &err));
	for (int i = 0; i < 2 * NVR_PACK_FORMATS; i++) {
		bool sealed = i >= NVR_PACK_FORMATS;
		struct nvr_buf b =
		    whole((enum nvr_pack_format)(i % NVR_PACK_FORMATS),
			sealed ? &me : NULL);
		size_t len = b.len;

		b.len = len / 2;
		assert_damaged(&b, &me);
		b.len = 0;
		assert_int_equal(verify(&b, &me, NULL, &v), NVR_E_DATA);
		b.len = len;
		b.data[len / 2] ^= 4;
		assert_damaged(&b, &me);
		b.data[len / 2] ^= 4;
		ok(nvr_buf_add(&b, "x", 1, &err));
		assert_damaged(&b, &me);
		b.len = len - 1;
		if (i == NVR_PACK_ZIP) {
			ok(verify(&b, &me, NULL, &v));
			assert_non_null(strstr(v.found, "SIGNER: cannot be "
							"read to its end"));
		}
		nvr_buf_release(&b);
	}
}

/*
 * Of the table at the end: who made the entry, and attributes, which no other
 * place says and no file depends on.  Of what is packed: bits that come to the
 * same file, whose hash says so.
 */
static bool
is_unsaid(const struct nvr_buf *b, size_t at)
{
	for (size_t i = 0; i <= at; i++) {
		const uint8_t *p = (const uint8_t *)b->data + at - i;

		if (memcmp(p, "PK\1\2", 4) == 0)
			return i == 4 || i == 5 || (i >= 36 && i < 42);
		if (memcmp(p, "PK\3\4", 4) == 0)
			return i >= 30u + p[26] + p[28];
		if (memcmp(p, "PK\7\10", 4) == 0)
			return false;
	}
	return false;
}

static void
no_byte_of_a_zip_that_says_anything_changes_unnoticed(void **state)
{
	struct nvr_buf b = {0};
	struct nvr_archive *a = begin(NVR_PACK_ZIP, NULL, &b);
	struct verdict v;

	(void)state;
	ok(nvr_archive_add(a, "x", "Hello", 5, -1, &err));
	ok(nvr_archive_close(a, &err));
	nvr_archive_free(a);
	for (size_t at = 0; at < b.len; at++) {
		b.data[at] ^= (char)(1 << at % 8);
		if (verify(&b, NULL, NULL, &v) == 0 && v.sum.findings == 0 &&
		    !is_unsaid(&b, at))
			fail_msg("byte %zu of %zu", at, b.len);
		b.data[at] ^= (char)(1 << at % 8);
	}
	nvr_buf_release(&b);
}

#define MANY 100000

/* Into a file, and verified from there: in a process of its own, whose memory
 * is its own.  Its peak in KiB, or negative. */
static long
make_many(void)
{
	struct nvr_buf out = {0};
	struct nvr_archive *a = begin(NVR_PACK_TAR_ZST, NULL, &out);
	struct verdict v;
	struct rusage u;
	char path[64];

	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "stills/gate/%d.jpg", i);
		if (nvr_archive_add(a, path, path, 20, -1, &err) != 0)
			return -1;
	}
	if (nvr_archive_close(a, &err) != 0)
		return -1;
	nvr_archive_free(a);
	if (verify(&out, NULL, NULL, &v) != 0 || v.sum.findings != 0 ||
	    v.sum.files != MANY)
		return -1;
	nvr_buf_release(&out);
	return getrusage(RUSAGE_SELF, &u) == 0 ? u.ru_maxrss : -1;
}

static void
many_files_take_little_memory(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		long peak = make_many();

		_exit(peak < 0		  ? 255
		      : peak / 1024 > 254 ? 254
					  : (int)(peak / 1024));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 255);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
	/* Of which the archive itself is 4. */
	assert_in_range(WEXITSTATUS(status), 1, 32);
#endif
}

static void
names_and_times_are_fit_for_paths(void **state)
{
	char got[NVR_ARCHIVE_NAME];
	int64_t id;

	(void)state;
	ok(nvr_id_parse("01h2xcejqtf2n", &id, &err));
	nvr_archive_name("Front door", id, got);
	assert_string_equal(got, "front-door-01h2xcejqtf2n");
	nvr_archive_name("../../etc/passwd", id, got);
	assert_string_equal(got, "etc-passwd-01h2xcejqtf2n");
	nvr_archive_name("\xf0\x9f\x98\x80", id, got);
	assert_string_equal(got, "01h2xcejqtf2n");
	nvr_archive_name("", id, got);
	assert_string_equal(got, "01h2xcejqtf2n");
	nvr_archive_name("a very long name that goes on and on and on and on "
			 "and on",
	    id, got);
	assert_string_equal(
	    got, "a-very-long-name-that-goes-on-and-on-and-01h2xcejqtf2n");
	nvr_archive_time(NOW, got);
	assert_string_equal(got, "20260731T000000Z");
	nvr_archive_time(NOW + 250 * NVR_MILLISECOND, got);
	assert_string_equal(got, "20260731T000000.250Z");
}

static void
what_is_out_of_order_is_a_bug(void **state)
{
	struct nvr_buf out = {0};
	struct nvr_archive *a = begin(NVR_PACK_TAR_ZST, NULL, &out);
	struct nvr_archive_file *f;

	(void)state;
	assert_int_equal(nvr_archive_end(a, &err), NVR_E_BUG);
	assert_int_equal(nvr_archive_write(a, "x", 1, &err), NVR_E_BUG);
	assert_int_equal(
	    nvr_archive_add(a, "SIGNER", "x", 1, -1, &err), NVR_E_BUG);
	assert_int_equal(
	    nvr_archive_add(a, "../x", "x", 1, -1, &err), NVR_E_BUG);
	ok(nvr_archive_file(a, "f", &f, &err));
	ok(nvr_archive_file_write(f, "x", 1, &err));
	ok(nvr_archive_begin(a, "x", 2, &err));
	assert_int_equal(nvr_archive_add(a, "y", "x", 1, -1, &err), NVR_E_BUG);
	assert_int_equal(nvr_archive_file_put(f, 1, &err), NVR_E_BUG);
	assert_int_equal(nvr_archive_close(a, &err), NVR_E_BUG);
	nvr_archive_free(a);
	nvr_buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		stock_programs_open_and_check_them, make, unmake),
	    cmocka_unit_test_setup_teardown(
		a_gap_tells_no_path_of_the_server, make, unmake),
	    cmocka_unit_test_setup_teardown(
		the_same_files_are_the_same_archive, make, unmake),
	    cmocka_unit_test_setup_teardown(
		what_was_not_touched_verifies, make, unmake),
	    cmocka_unit_test_setup_teardown(
		what_was_changed_is_found_and_named, make, unmake),
	    cmocka_unit_test_setup_teardown(
		a_changed_manifest_signature_or_signer_is_found, make, unmake),
	    cmocka_unit_test_setup_teardown(
		only_a_key_that_is_given_is_trusted, make, unmake),
	    cmocka_unit_test_setup_teardown(
		the_options_of_an_allowed_signer_are_kept, make, unmake),
	    cmocka_unit_test_setup_teardown(
		what_is_added_behind_a_nul_is_found, make, unmake),
	    cmocka_unit_test_setup_teardown(
		a_later_version_is_one_that_is_signed, make, unmake),
	    cmocka_unit_test_setup_teardown(
		damage_is_named_where_it_is, make, unmake),
	    cmocka_unit_test_setup_teardown(
		no_byte_of_a_zip_that_says_anything_changes_unnoticed, make,
		unmake),
	    cmocka_unit_test_setup_teardown(
		what_is_out_of_order_is_a_bug, make, unmake),
	    cmocka_unit_test_setup_teardown(
		many_files_take_little_memory, make, unmake),
	    cmocka_unit_test(names_and_times_are_fit_for_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
