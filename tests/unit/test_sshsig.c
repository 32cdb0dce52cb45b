/* Signatures: exchanged with the real ssh-keygen, and what is no signature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "seal/base64.h"
#include "seal/sshsig.h"

#define TEXT "nvr log head\nseq 12\n"
#define NS "nvr-log"

static struct nvr_error err;
static char dir[] = "/tmp/nvr-sshsig-XXXXXX";

/* RFC 8032, section 7.1, test 1. */
static const uint8_t seed[NVR_SIGN_KEY_LEN] = {0x9d, 0x61, 0xb1, 0x9d, 0xef,
    0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
    0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c,
    0xae, 0x7f, 0x60};
static const uint8_t public[NVR_SIGN_KEY_LEN] = {0xd7, 0x5a, 0x98, 0x01, 0x82,
    0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e,
    0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7,
    0x07, 0x51, 0x1a};

static struct nvr_buf
signed_by_us(const char *data)
{
	struct nvr_buf out = {0};

	assert_int_equal(
	    nvr_sshsig_sign(seed, NS, data, strlen(data), &out, &err), 0);
	return out;
}

/* 1, 0, or an error. */
static int
verifies(const uint8_t *key, const char *ns, const char *data, const char *text)
{
	bool is = false;
	int rc =
	    nvr_sshsig_verify(key, ns, data, strlen(data), text, &is, &err);

	return rc == 0 ? is : rc;
}

static void
the_public_key_is_that_of_rfc_8032(void **state)
{
	uint8_t got[NVR_SIGN_KEY_LEN];
	struct nvr_buf text = {0};

	(void)state;
	assert_int_equal(nvr_sign_public(seed, got, &err), 0);
	assert_memory_equal(got, public, sizeof(got));
	assert_int_equal(nvr_sign_public_text(got, &text, &err), 0);
	assert_string_equal(text.data,
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2q"
	    "YjJa8CGmj3B1Ea");
	nvr_buf_release(&text);
}

static void
a_signature_is_of_one_text_key_and_namespace(void **state)
{
	struct nvr_buf sig = signed_by_us(TEXT);
	uint8_t other[NVR_SIGN_KEY_LEN] = {1};

	(void)state;
	assert_int_equal(verifies(public, NS, TEXT, sig.data), 1);
	assert_int_equal(verifies(public, NS, TEXT "x", sig.data), 0);
	assert_int_equal(verifies(public, NS, "", sig.data), 0);
	assert_int_equal(verifies(public, "file", TEXT, sig.data), 0);
	assert_int_equal(verifies(public, "nvr-lo", TEXT, sig.data), 0);
	assert_int_equal(verifies(other, NS, TEXT, sig.data), 0);
	nvr_buf_release(&sig);
}

static void
lines_have_70_columns(void **state)
{
	struct nvr_buf sig = signed_by_us(TEXT);
	char *line = strchr(sig.data, '\n') + 1;

	(void)state;
	assert_int_equal(strcspn(line, "\n"), 70);
	for (; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 70);
	nvr_buf_release(&sig);
}

/* No flipped bit of the text of a signature leaves it good. */
static void
every_changed_character_is_noticed(void **state)
{
	struct nvr_buf sig = signed_by_us(TEXT);

	(void)state;
	for (size_t i = 0; i < sig.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			sig.data[i] ^= (char)(1 << bit);
			if (sig.data[i] != '\r' && sig.data[i] != '\n')
				assert_int_not_equal(
				    verifies(public, NS, TEXT, sig.data), 1);
			sig.data[i] ^= (char)(1 << bit);
		}
	}
	assert_int_equal(verifies(public, NS, TEXT, sig.data), 1);
	nvr_buf_release(&sig);
}

static void
every_truncation_is_no_signature(void **state)
{
	struct nvr_buf sig = signed_by_us(TEXT);

	(void)state;
	/* The last line end alone may be missing. */
	for (size_t n = sig.len - 1; n-- > 0;) {
		sig.data[n] = '\0';
		assert_int_equal(
		    verifies(public, NS, TEXT, sig.data), NVR_E_DATA);
	}
	nvr_buf_release(&sig);
}

#define ARMOR(middle)                                            \
	"-----BEGIN SSH SIGNATURE-----\n" middle "-----END SSH " \
	"SIGNATURE-----\n"

static void
hostile_armor_is_no_signature(void **state)
{
	static const char *const bad[] = {"", "\n", "x", ARMOR(""), ARMOR("\n"),
	    ARMOR("=\n"), ARMOR("==\n"), ARMOR("===\n"), ARMOR("====\n"),
	    ARMOR("A===\n"), ARMOR("U1NI\n"), ARMOR("U1NIU0lH\n"),
	    ARMOR("U1NIU0lHAAAAAQ==\n"),
	    /* lengths of 4 GiB, and of one byte too many */
	    ARMOR("U1NIU0lHAAAAAf////8=\n"), ARMOR("U1NIU0lHAAAAAQAAAAH/\n"),
	    ARMOR("U1NIU0lHAAAAAQAAAAIA\n"), ARMOR("\xff\xff\xff\xff\n"),
	    ARMOR("A A A A\n"),
	    "-----BEGIN SSH SIGNATURE-----\n-----BEGIN SSH SIGNATURE-----\n",
	    "-----BEGIN PGP SIGNATURE-----\n"};
	struct nvr_buf sig = signed_by_us(TEXT), twice = {0};
	char *big = malloc(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (verifies(public, NS, TEXT, bad[i]) != NVR_E_DATA)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(
	    nvr_buf_addf(&twice, &err, "%s%s", sig.data, sig.data), 0);
	assert_int_equal(verifies(public, NS, TEXT, twice.data), NVR_E_DATA);
	assert_non_null(big);
	memset(big, 'A', (1 << 20) - 1);
	big[(1 << 20) - 1] = '\0';
	assert_int_equal(verifies(public, NS, TEXT, big), NVR_E_DATA);
	memcpy(big, ARMOR(""), 30);
	assert_int_equal(verifies(public, NS, TEXT, big), NVR_E_DATA);
	free(big);
	nvr_buf_release(&sig);
	nvr_buf_release(&twice);
}

static void
a_namespace_out_of_bounds_is_refused(void **state)
{
	char ns[300];
	struct nvr_buf out = {0};

	(void)state;
	memset(ns, 'n', sizeof(ns));
	ns[sizeof(ns) - 1] = '\0';
	assert_int_equal(
	    nvr_sshsig_sign(seed, ns, TEXT, 3, &out, &err), NVR_E_USAGE);
	assert_int_equal(
	    nvr_sshsig_sign(seed, "", TEXT, 3, &out, &err), NVR_E_USAGE);
	assert_int_equal(out.len, 0);
	nvr_buf_release(&out);
}

static void
put(const char *name, const char *data)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(
	    nvr_file_write(path, data, strlen(data), 0600, 0, &err), 0);
}

static struct nvr_buf
get(const char *name)
{
	struct nvr_buf text = {0};
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(nvr_file_read(path, 65536, &text, &err), 0);
	return text;
}

/* ssh-keygen in the folder; the exit status. */
static int
keygen(const char *const argv[], const char *input)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (chdir(dir) != 0 || freopen(input, "r", stdin) == NULL ||
		    freopen("/dev/null", "w", stdout) == NULL ||
		    freopen("/dev/null", "w", stderr) == NULL)
			_exit(126);
		execvp("ssh-keygen", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
ssh_keygen_verifies_what_we_sign(void **state)
{
	const char *const check[] = {"ssh-keygen", "-Y", "verify", "-n", NS,
	    "-f", "signers", "-I", "nvr", "-s", "text.sig", NULL};
	struct nvr_buf sig = signed_by_us(TEXT), signer = {0};
	int rc;

	(void)state;
	assert_int_equal(nvr_buf_addf(&signer, &err, "nvr "), 0);
	assert_int_equal(nvr_sign_public_text(public, &signer, &err), 0);
	put("signers", signer.data);
	put("text", TEXT);
	put("text.sig", sig.data);
	put("changed", TEXT "!");
	rc = keygen(check, "text");
	nvr_buf_release(&sig);
	nvr_buf_release(&signer);
	if (rc == 127)
		skip();
	assert_int_equal(rc, 0);
	assert_int_not_equal(keygen(check, "changed"), 0);
}

static void
we_verify_what_ssh_keygen_signs(void **state)
{
	const char *const make[] = {"ssh-keygen", "-q", "-t", "ed25519", "-N",
	    "", "-C", "", "-f", "id", NULL};
	const char *const sign[] = {
	    "ssh-keygen", "-Y", "sign", "-n", NS, "-f", "id", "message", NULL};
	struct nvr_buf sig, pub;
	uint8_t blob[256];

	(void)state;
	put("message", TEXT);
	if (keygen(make, "/dev/null") == 127)
		skip();
	assert_int_equal(keygen(sign, "/dev/null"), 0);
	sig = get("message.sig");
	pub = get("id.pub");
	assert_int_equal(nvr_base64_decode(pub.data + 12, 68, blob), 51);
	assert_int_equal(verifies(blob + 19, NS, TEXT, sig.data), 1);
	assert_int_equal(verifies(blob + 19, NS, TEXT "!", sig.data), 0);
	assert_int_equal(verifies(blob + 19, "file", TEXT, sig.data), 0);
	nvr_buf_release(&sig);
	nvr_buf_release(&pub);
}

/* Signatures of other kinds are none of ours. */
static void
ecdsa_and_sha256_are_no_signatures_of_ours(void **state)
{
	const char *const make[] = {"ssh-keygen", "-q", "-t", "ecdsa", "-N", "",
	    "-C", "", "-f", "ec", NULL};
	const char *const sign[] = {
	    "ssh-keygen", "-Y", "sign", "-n", NS, "-f", "ec", "other", NULL};
	const char *const sha256[] = {"ssh-keygen", "-Y", "sign", "-O",
	    "hashalg=sha256", "-n", NS, "-f", "id", "third", NULL};
	struct nvr_buf sig;

	(void)state;
	put("other", TEXT);
	put("third", TEXT);
	if (keygen(make, "/dev/null") == 127)
		skip();
	assert_int_equal(keygen(sign, "/dev/null"), 0);
	sig = get("other.sig");
	assert_int_equal(verifies(public, NS, TEXT, sig.data), NVR_E_DATA);
	nvr_buf_release(&sig);
	assert_int_equal(keygen(sha256, "/dev/null"), 0);
	sig = get("third.sig");
	assert_int_equal(verifies(public, NS, TEXT, sig.data), NVR_E_DATA);
	nvr_buf_release(&sig);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int
remove_dir(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		execlp("rm", "rm", "-r", dir, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, NULL, 0) != pid;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_public_key_is_that_of_rfc_8032),
	    cmocka_unit_test(a_signature_is_of_one_text_key_and_namespace),
	    cmocka_unit_test(lines_have_70_columns),
	    cmocka_unit_test(every_changed_character_is_noticed),
	    cmocka_unit_test(every_truncation_is_no_signature),
	    cmocka_unit_test(hostile_armor_is_no_signature),
	    cmocka_unit_test(a_namespace_out_of_bounds_is_refused),
	    cmocka_unit_test(ssh_keygen_verifies_what_we_sign),
	    cmocka_unit_test(we_verify_what_ssh_keygen_signs),
	    cmocka_unit_test(ecdsa_and_sha256_are_no_signatures_of_ours),
	};

	return cmocka_run_group_tests_name(
	    "sshsig", tests, make_dir, remove_dir);
}
