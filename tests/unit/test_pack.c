/* Archives: written and read back, damaged, and made to do harm. */
#include "archive_help.h"

#include "pack/pack.h"

struct source {
	const char *data;
	size_t len, at, piece;
};

static int64_t
source_read(void *ctx, void *buf, size_t len, struct nvr_error *e)
{
	struct source *src = ctx;

	(void)e;
	if (src->piece != 0 && len > src->piece)
		len = src->piece;
	if (len > src->len - src->at)
		len = src->len - src->at;
	memcpy(buf, src->data + src->at, len);
	src->at += len;
	return (int64_t)len;
}

static const struct {
	const char *path;
	size_t len;
} files[] = {
    {"README.html", 12},
    {"stills/gate-01/20260131T093000.250Z.jpg", 700},
    {"data/x.jsonl", 1500},
    {"empty.txt", 0},
    {"a/very/long/path/"
     "0123456789012345678901234567890123456789012345678901234567890123456789/"
     "0123456789012345678901234567890123456789012345678901234567890123456789/"
     "x.age",
	513},
};
#define FILES (sizeof(files) / sizeof(*files))

static struct nvr_buf
packed(enum nvr_pack_format format, int64_t at)
{
	struct nvr_buf out = {0};
	const struct nvr_sink sink = {buf_write, &out};
	struct nvr_pack *p;

	ok(nvr_pack_open(format, &sink, at, &p, &err));
	for (size_t i = 0; i < FILES; i++) {
		ok(nvr_pack_file(p, files[i].path, files[i].len, &err));
		for (size_t n = 0; n < files[i].len; n++) {
			char c = (char)(i + n * n * 7);

			ok(nvr_pack_write(p, &c, 1, &err));
		}
	}
	ok(nvr_pack_finish(p, &err));
	nvr_pack_free(p);
	return out;
}

/* Names and bytes of all that can be read of it. */
static int
unpack(struct source src, struct nvr_buf *out)
{
	struct nvr_unpack *u;
	struct nvr_packed f;
	char piece[300];
	int64_t n = 0;
	int rc = nvr_unpack_open(source_read, &src, &u, &err);

	if (rc != 0)
		return rc;
	while (n == 0 && (rc = nvr_unpack_next(u, &f, &err)) == 1) {
		ok(nvr_buf_addf(out, &err, "<%s>", f.path));
		while ((n = nvr_unpack_read(u, piece, sizeof(piece), &err)) > 0)
			ok(nvr_buf_add(out, piece, (size_t)n, &err));
	}
	nvr_unpack_free(u);
	return n < 0 ? (int)n : rc;
}

static int
unpack_buf(const struct nvr_buf *b, struct nvr_buf *out)
{
	out->len = 0;
	return unpack((struct source){b->data, b->len, 0, 0}, out);
}

static void
what_goes_in_comes_out(void **state)
{
	struct nvr_buf want = {0}, got = {0};

	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		ok(nvr_buf_addf(&want, &err, "<%s>", files[i].path));
		for (size_t n = 0; n < files[i].len; n++) {
			char c = (char)(i + n * n * 7);

			ok(nvr_buf_add(&want, &c, 1, &err));
		}
	}
	for (int i = 0; i < NVR_PACK_FORMATS; i++) {
		struct nvr_buf b = packed((enum nvr_pack_format)i, NOW);

		for (size_t piece = 0; piece < 8; piece += 7) {
			got.len = 0;
			ok(unpack(
			    (struct source){b.data, b.len, 0, piece}, &got));
			assert_int_equal(got.len, want.len);
			assert_memory_equal(got.data, want.data, want.len);
		}
		nvr_buf_release(&b);
	}
	nvr_buf_release(&got);
	nvr_buf_release(&want);
}

static void
the_same_files_are_the_same_bytes(void **state)
{
	(void)state;
	for (int i = 0; i < NVR_PACK_FORMATS; i++) {
		struct nvr_buf a = packed((enum nvr_pack_format)i, NOW);
		struct nvr_buf b = packed((enum nvr_pack_format)i, NOW + 1);

		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.data, b.data, a.len);
		/* The time at which it was compressed. */
		if (i == NVR_PACK_TAR_GZ)
			assert_memory_equal(a.data + 4, "\0\0\0\0", 4);
		nvr_buf_release(&a);
		nvr_buf_release(&b);
	}
}

static void
paths_and_sizes_that_are_wrong_do_not_go_in(void **state)
{
	static const char *const paths[] = {"", "/etc/passwd", "../x", "a/../b",
	    "a//b", "a/", ".", "a/.", "a b", "a\nb", "a\\b", "c:x", "\xc3\xa4"};
	struct nvr_buf out = {0};
	const struct nvr_sink sink = {buf_write, &out};
	struct nvr_pack *p;

	(void)state;
	ok(nvr_pack_open(NVR_PACK_ZIP, &sink, NOW, &p, &err));
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_int_equal(
		    nvr_pack_file(p, paths[i], 1, &err), NVR_E_BUG);
	ok(nvr_pack_file(p, "..a/.b..", 2, &err));
	assert_int_equal(nvr_pack_write(p, "abc", 3, &err), NVR_E_BUG);
	ok(nvr_pack_write(p, "a", 1, &err));
	assert_int_equal(nvr_pack_file(p, "c", 1, &err), NVR_E_BUG);
	assert_int_equal(nvr_pack_finish(p, &err), NVR_E_BUG);
	nvr_pack_free(p);
	nvr_buf_release(&out);
}

static int
full(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	size_t *left = ctx;

	(void)data;
	if (len > *left)
		return nvr_fail(e, NVR_E_IO, "no space left, said the test");
	*left -= len;
	return 0;
}

static void
what_the_sink_says_is_what_is_said(void **state)
{
	static char data[256 * 1024];

	(void)state;
	for (size_t room = 0; room < 200000; room += 65536)
		for (int i = 0; i < NVR_PACK_FORMATS; i++) {
			size_t left = room;
			const struct nvr_sink sink = {full, &left};
			struct nvr_pack *p = NULL;
			int rc = nvr_pack_open(
			    (enum nvr_pack_format)i, &sink, NOW, &p, &err);

			for (size_t n = 0; n < sizeof(data); n++)
				data[n] = (char)(n * n >> 3 ^ n >> 5);
			arc4random_buf(data, sizeof(data));
			if (rc == 0)
				rc = nvr_pack_file(
				    p, "x.jpg", sizeof(data), &err);
			if (rc == 0)
				rc =
				    nvr_pack_write(p, data, sizeof(data), &err);
			if (rc == 0)
				rc = nvr_pack_finish(p, &err);
			assert_int_equal(rc, NVR_E_IO);
			assert_string_equal(
			    err.text, "no space left, said the test");
			nvr_pack_free(p);
		}
}

/*
 * Each byte is changed.  A tar.zst has no sum of its own (the manifest has),
 * all others say so, or what comes out is the same.
 */
static void
damage_is_found_or_does_nothing(void **state)
{
	struct nvr_buf want = {0}, got = {0};

	(void)state;
	for (int i = NVR_PACK_TAR_ZST; i <= NVR_PACK_ZIP; i++) {
		struct nvr_buf b = packed((enum nvr_pack_format)i, NOW);

		ok(unpack_buf(&b, &want));
		for (size_t at = 0; at < b.len; at++) {
			int rc;

			b.data[at] ^= (char)(1 << at % 8);
			rc = unpack_buf(&b, &got);
			b.data[at] ^= (char)(1 << at % 8);
			if (rc != 0)
				assert_int_equal(rc, NVR_E_DATA);
			else if (i != NVR_PACK_TAR_ZST)
				assert_int_equal(got.len, want.len);
			if (rc == 0 && i != NVR_PACK_TAR_ZST)
				assert_memory_equal(
				    got.data, want.data, want.len);
		}
		nvr_buf_release(&b);
	}
	nvr_buf_release(&want);
	nvr_buf_release(&got);
}

static void
what_is_cut_short_or_added_to_is_found(void **state)
{
	struct nvr_buf got = {0};

	(void)state;
	for (int i = 0; i < NVR_PACK_FORMATS; i++) {
		struct nvr_buf b = packed((enum nvr_pack_format)i, NOW);
		size_t len = b.len;

		for (b.len = 0; b.len < len; b.len++)
			assert_int_equal(unpack_buf(&b, &got), NVR_E_DATA);
		ok(nvr_buf_add(&b, "x", 1, &err));
		assert_int_equal(unpack_buf(&b, &got), NVR_E_DATA);
		b.len = len;
		ok(nvr_buf_add(&b, "\0", 1, &err));
		assert_int_equal(unpack_buf(&b, &got), NVR_E_DATA);
		/* And by another one. */
		b.len = len;
		ok(nvr_buf_reserve(&b, len, &err));
		ok(nvr_buf_add(&b, b.data, len, &err));
		assert_int_equal(unpack_buf(&b, &got), NVR_E_DATA);
		nvr_buf_release(&b);
	}
	nvr_buf_release(&got);
}

/* Made by others: what the script leaves in `x`. */
static int
made_by(const char *script)
{
	struct nvr_buf b = {0}, out = {0};
	char path[80];
	int rc;

	assert_int_equal(run(script), 0);
	snprintf(path, sizeof(path), "%s/x", dir);
	ok(nvr_file_read(path, 1 << 20, &b, &err));
	rc = unpack_buf(&b, &out);
	nvr_buf_release(&b);
	nvr_buf_release(&out);
	return rc;
}

#define PYTHON(body)                                       \
	"python3 - <<'EOF'\nimport tarfile, zipfile, io\n" \
	"t = lambda: tarfile.open('x', 'w:gz')\n"          \
	"def i(name, **k):\n"                              \
	"    e = tarfile.TarInfo(name)\n"                  \
	"    for n in k: setattr(e, n, k[n])\n"            \
	"    return e\n" body "\nEOF"

static void
what_others_pack_is_read(void **state)
{
	(void)state;
	assert_int_equal(run("mkdir f && echo a >f/a && echo b >f/b"), 0);
	ok(made_by("tar -C f -cf x a b"));
	ok(made_by("tar -C f -czf x a b"));
	ok(made_by("tar -C f --format=v7 -cf - a b | zstd -qf - -o x"));
	ok(made_by("bsdtar -C f --format=pax -cf x a b"));
	ok(made_by("rm -f x; cd f; zip -q ../x.zip a b; mv ../x.zip ../x"));
	ok(made_by(PYTHON("z = zipfile.ZipFile('x', 'w')\n"
			  "z.writestr('a', 'text'); z.close()")));
}

static void
what_does_harm_is_refused(void **state)
{
	static const char *const scripts[] = {
	    PYTHON("a = t(); a.addfile(i('/etc/passwd')); a.close()"),
	    PYTHON("a = t(); a.addfile(i('../../etc/passwd')); a.close()"),
	    PYTHON("a = t(); a.addfile(i('a/./b')); a.close()"),
	    PYTHON("a = t(); a.addfile(i('a\\nb')); a.close()"),
	    PYTHON("a = t(); a.addfile(i('\\u202ea')); a.close()"),
	    PYTHON("a = t(); a.addfile(i('d', type=b'5')); a.close()"),
	    PYTHON("a = t(); a.addfile(i('l', type=b'2', linkname='/etc')); "
		   "a.close()"),
	    PYTHON("a = t(); a.addfile(i('l', type=b'1', linkname='/etc/x')); "
		   "a.close()"),
	    PYTHON("a = t(); a.addfile(i('n', type=b'3')); a.close()"),
	    PYTHON("a = t(); a.addfile(i('f', type=b'6')); a.close()"),
	    PYTHON("z = zipfile.ZipFile('x', 'w')\n"
		   "z.writestr('../a', 'text'); z.close()"),
	    PYTHON("z = zipfile.ZipFile('x', 'w')\n"
		   "z.writestr('a/', ''); z.close()"),
	    PYTHON("z = zipfile.ZipFile('x', 'w')\n"
		   "e = zipfile.ZipInfo('a'); e.create_system = 3\n"
		   "e.external_attr = 0o120777 << 16\n"
		   "z.writestr(e, '/etc/passwd'); z.close()"),
	    PYTHON("z = zipfile.ZipFile('x', 'w', zipfile.ZIP_LZMA)\n"
		   "z.writestr('a', 'text'); z.close()"),
	    /* It says one thing ahead of the file and another at its end. */
	    PYTHON("b = io.BytesIO(); z = zipfile.ZipFile(b, 'w')\n"
		   "z.writestr('a', 'text'); z.close()\n"
		   "b = bytearray(b.getvalue()); b[30] = ord('b')\n"
		   "open('x', 'wb').write(b)"),
	    PYTHON("b = io.BytesIO(); z = zipfile.ZipFile(b, 'w')\n"
		   "z.writestr('a', 'text'); z.writestr('b', 'more')\n"
		   "del z.filelist[0]; z._didModify = True; z.close()\n"
		   "open('x', 'wb').write(b.getvalue())"),
	    PYTHON("b = io.BytesIO(); z = zipfile.ZipFile(b, 'w')\n"
		   "z.writestr('a', 'text'); z.comment = b'x'; z.close()\n"
		   "open('x', 'wb').write(b.getvalue())"),
	    /* Something stands ahead of it, which those skip who can seek. */
	    PYTHON("b = io.BytesIO(); b.write(b'PKxx')\n"
		   "z = zipfile.ZipFile(b, 'a')\n"
		   "z.writestr('a', 'text'); z.close()\n"
		   "open('x', 'wb').write(b.getvalue())"),
	    "truncate -s 1M f/sparse; tar -C f -Sczf x sparse",
	    "zip -q -P secret x.zip f/a; mv x.zip x",
	    "tar -C f -cz a | gzip >x",
	    "bsdtar -C f --format=cpio -cf x a",
	    "bsdtar -C f --format=7zip -cf x a",
	    "bsdtar -C f --format=iso9660 -cf x a",
	    "bsdtar -C f -cjf x a",
	    ": >x",
	    "head -c 100000 /dev/urandom >x",
	    "echo hello >x",
	};

	(void)state;
	assert_int_equal(run("mkdir f; echo a >f/a"), 0);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (made_by(scripts[i]) != NVR_E_DATA)
			fail_msg("passes: %s", scripts[i]);
}

static int64_t
torn_read(void *ctx, void *buf, size_t len, struct nvr_error *e)
{
	struct source *src = ctx;

	if (src->at == src->len)
		return nvr_fail(e, NVR_E_IO, "the disk is torn");
	return source_read(src, buf, len, e);
}

static void
a_source_that_fails_is_named(void **state)
{
	(void)state;
	for (int i = 0; i < NVR_PACK_FORMATS; i++) {
		struct nvr_buf b = packed((enum nvr_pack_format)i, NOW);

		for (size_t n = 0; n <= b.len; n += 7) {
			struct source src = {b.data, n, 0, 0};
			struct nvr_unpack *u = NULL;
			struct nvr_packed f;
			int rc = nvr_unpack_open(torn_read, &src, &u, &err);

			while (
			    rc == 0 && (rc = nvr_unpack_next(u, &f, &err)) == 1)
				rc = 0;
			assert_int_equal(rc, NVR_E_IO);
			assert_string_equal(err.text, "the disk is torn");
			nvr_unpack_free(u);
		}
		nvr_buf_release(&b);
	}
}

static int
make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/nvr-test-XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_goes_in_comes_out),
	    cmocka_unit_test(the_same_files_are_the_same_bytes),
	    cmocka_unit_test(paths_and_sizes_that_are_wrong_do_not_go_in),
	    cmocka_unit_test(what_the_sink_says_is_what_is_said),
	    cmocka_unit_test(damage_is_found_or_does_nothing),
	    cmocka_unit_test(what_is_cut_short_or_added_to_is_found),
	    cmocka_unit_test_setup_teardown(
		what_others_pack_is_read, make_dir, unmake),
	    cmocka_unit_test_setup_teardown(
		what_does_harm_is_refused, make_dir, unmake),
	    cmocka_unit_test(a_source_that_fails_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
