/* The header of age files, and age's keys as text. */
#include "age_help.h"

#include "seal/age_payload.h"
#include "seal/base64.h"

/* The identity of https://c2sp.org/age and its recipient. */
#define SPEC_IDENTITY     \
	"AGE-SECRET-KEY-" \
	"1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define SPEC_RECIPIENT \
	"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

#define V1 "age-encryption.org/v1\n"
#define SHARE "-> X25519 XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE\n"
#define BODY "qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E\n"
#define MAC "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s\n"
#define A16 "AAAAAAAAAAAAAAAA"
#define A43 A16 A16 "AAAAAAAAAAA"
#define A64 A16 A16 A16 A16

static const struct {
	const char *header;
	int code;
	const char *says;
} headers[] = {
    {V1 SHARE BODY MAC, NVR_E_PERMISSION, "not sealed for this identity"},
    {"\n" V1 SHARE BODY MAC, NVR_E_DATA, "not an age file"},
    {"age-encryption.org/v2\n" SHARE BODY MAC, NVR_E_DATA, "version 1"},
    {"age-encryption.org/v1 \n" SHARE BODY MAC, NVR_E_DATA, "version 1"},
    {"age-encryption.org/v1\r\n" SHARE BODY MAC, NVR_E_DATA, "version 1"},
    {"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", NVR_E_DATA, "armored"},
    {V1 MAC, NVR_E_DATA, "line 2: not a recipient"},
    {V1 "---\n", NVR_E_DATA, "line 2: not a recipient"},
    {V1 "\n" SHARE BODY MAC, NVR_E_DATA, "line 2: not a recipient"},
    {V1 "->\n" BODY MAC, NVR_E_DATA, "line 2: not a recipient"},
    {V1 "-> \n" BODY MAC, NVR_E_DATA, "line 2: an argument is empty"},
    {V1 "->  a\n" BODY MAC, NVR_E_DATA, "line 2: an argument is empty"},
    {V1 "-> a  b\n" BODY MAC, NVR_E_DATA, "line 2: an argument is empty"},
    {V1 "-> a \n" BODY MAC, NVR_E_DATA, "line 2: an argument is empty"},
    {V1 "-> a\tb\n" BODY MAC, NVR_E_DATA, "line 2: a character is not"},
    {V1 "-> a\r\n" BODY MAC, NVR_E_DATA, "line 2: a character is not"},
    {V1 "-> \303\251\n" BODY MAC, NVR_E_DATA, "line 2: a character is not"},
    {V1 "-> a\n" MAC, NVR_E_DATA, "line 3: not canonical base64"},
    {V1 "-> a\nAAA=\n" MAC, NVR_E_DATA, "line 3: not canonical base64"},
    {V1 "-> a\nAAB\n" MAC, NVR_E_DATA, "line 3: not canonical base64"},
    {V1 "-> a\nAAAAA\n" MAC, NVR_E_DATA, "line 3: not canonical base64"},
    {V1 "-> a\nAA A\n" MAC, NVR_E_DATA, "line 3: not canonical base64"},
    {V1 "-> a\n" A64 "\n" MAC, NVR_E_DATA, "line 4: not canonical base64"},
    {V1 "-> a\n" A64 "AAAA\n\n" MAC, NVR_E_DATA, "line 3: not canonical"},
    {V1 "-> a\n" A64 "\n\n" MAC, NVR_E_PERMISSION, "not sealed for"},
    {V1 "-> a\n\n" MAC, NVR_E_PERMISSION, "not sealed for"},
    {V1 "-> x25519 AA\n\n" MAC, NVR_E_PERMISSION, "not sealed for"},
    {V1 "-> X25519\n" BODY MAC, NVR_E_DATA, "not the arguments of X25519"},
    {V1 "-> X25519 AA\n" BODY MAC, NVR_E_DATA, "not the arguments"},
    {V1 "-> X25519 " A43 " a\n" BODY MAC, NVR_E_DATA, "not the arguments"},
    {V1 "-> X25519 " A43 "=\n" BODY MAC, NVR_E_DATA, "not the arguments"},
    {V1 "-> X25519 " A43 "A\n" BODY MAC, NVR_E_DATA, "not the arguments"},
    {V1 "-> X25519 " A16 A16 "AAAAAAAAAAB\n" BODY MAC, NVR_E_DATA,
	"not the arguments of X25519"},
    {V1 "-> X25519 " A43 "\n" BODY MAC, NVR_E_DATA, "a key of low order"},
    {V1 SHARE A43 "A\n" MAC, NVR_E_DATA, "not the length of a wrapped key"},
    {V1 SHARE A64 "\n\n" MAC, NVR_E_DATA, "not the length of a wrapped key"},
    {V1 SHARE BODY "\n" MAC, NVR_E_DATA, "neither a recipient nor a MAC"},
    {V1 SHARE BODY "---\n", NVR_E_DATA, "neither a recipient nor a MAC"},
    {V1 SHARE BODY "---" A43 "\n", NVR_E_DATA, "neither a recipient nor"},
    {V1 SHARE BODY "---  " A43 "\n", NVR_E_DATA, "neither a recipient nor"},
    {V1 SHARE BODY "--- " A43 "=\n", NVR_E_DATA, "neither a recipient nor"},
    {V1 SHARE BODY "--- " A43 " \n", NVR_E_DATA, "neither a recipient nor"},
    {V1 SHARE BODY "--- " A43 "\r\n", NVR_E_DATA, "neither a recipient nor"},
    {V1 SHARE BODY "--- " A16 A16 "AAAAAAAAAAB\n", NVR_E_DATA,
	"neither a recipient nor a MAC"},
    {V1 "-> scrypt AA 18\n" BODY MAC, NVR_E_PERMISSION, "a passphrase, not"},
    {V1 SHARE BODY "-> scrypt AA 18\n" BODY MAC, NVR_E_DATA, "beside"},
};

static void
malformed_headers_are_refused_with_the_line_that_is_wrong(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_buf file = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		assert_int_equal(
		    nvr_buf_addf(&file, &err, "%s" A64, headers[i].header), 0);
		assert_refused(
		    &me, file.data, file.len, headers[i].code, headers[i].says);
		nvr_buf_release(&file);
	}
}

static void
a_header_beyond_64_kib_is_refused(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_buf file = {0};

	(void)state;
	assert_int_equal(nvr_buf_addf(&file, &err, V1 "-> a\n"), 0);
	while (file.len < 70000)
		assert_int_equal(nvr_buf_addf(&file, &err, A64 "\n"), 0);
	assert_refused(
	    &me, file.data, file.len, NVR_E_DATA, "longer than 65536 bytes");
	nvr_buf_release(&file);
}

/* Puts a stanza first in a file's header, with a MAC that fits it. */
static struct nvr_buf
with_stanza(const struct nvr_age_identity *me, const struct nvr_buf *file,
    const char *stanza)
{
	struct nvr_buf out = {0};
	uint8_t file_key[NVR_AGE_FILE_KEY_LEN], key[32], mac[32];
	char text[NVR_BASE64_LEN(32) + 1];
	size_t len, mac_at;

	assert_int_equal(nvr_age_header_read(
			     file->data, file->len, me, file_key, &len, &err),
	    0);
	mac_at = len - strlen(MAC) + 3;
	nvr_buf_addf(&out, &err, V1 "%s%.*s", stanza,
	    (int)(mac_at - strlen(V1)), file->data + strlen(V1));
	nvr_hkdf(file_key, sizeof(file_key), "", 0, "header", 6, key, &err);
	nvr_hmac(key, sizeof(key), out.data, out.len, mac, &err);
	nvr_base64_encode(mac, sizeof(mac), text);
	nvr_buf_addf(&out, &err, " %s\n", text);
	nvr_buf_add(&out, file->data + len, file->len - len, &err);
	return out;
}

static void
stanzas_of_other_types_are_skipped(void **state)
{
	static const char *const stanzas[] = {"-> grease\n\n",
	    "-> ssh-ed25519 abcd efgh\n" A64 "\n" A43 "\n", "-> a b c d\nAA\n",
	    SHARE BODY};
	struct nvr_age_identity me = new_identity();
	struct nvr_buf file = seal_for(&me, "plain", 5), more;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(stanzas) / sizeof(*stanzas); i++) {
		more = with_stanza(&me, &file, stanzas[i]);
		assert_opens_to(&me, &more, "plain", 5);
		nvr_buf_release(&more);
	}
	nvr_buf_release(&file);
}

static void
a_stanza_added_without_the_file_key_is_noticed(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_buf file = seal_for(&me, "plain", 5), more = {0};

	(void)state;
	nvr_buf_addf(&more, &err, V1 "-> grease\n\n");
	nvr_buf_add(&more, file.data + strlen(V1), file.len - strlen(V1), &err);
	assert_refused(
	    &me, more.data, more.len, NVR_E_DATA, "its header does not verify");
	nvr_buf_release(&more);
	nvr_buf_release(&file);
}

/* Appends a chunk to a file under its payload key. */
static void
add_chunk(struct nvr_buf *file, const uint8_t *key, uint64_t index, bool last,
    const char *data, size_t len)
{
	uint8_t nonce[NVR_NONCE_LEN];
	EVP_CIPHER_CTX *cipher = NULL;
	uint8_t *out = malloc(len + NVR_TAG_LEN);

	assert_non_null(out);
	nvr_age_nonce(index, last, nonce);
	assert_int_equal(nvr_aead_new(EVP_chacha20_poly1305(), key,
			     NVR_AEAD_SEAL, &cipher, &err),
	    0);
	assert_int_equal(nvr_aead_seal(cipher, nonce, NULL, 0,
			     (const uint8_t *)data, len, out, &err),
	    0);
	assert_int_equal(nvr_buf_add(file, out, len + NVR_TAG_LEN, &err), 0);
	EVP_CIPHER_CTX_free(cipher);
	free(out);
}

static void
chunks_that_are_not_as_the_format_wants_are_refused(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_age_writer *w = NULL;
	struct nvr_buf file = {0};
	struct nvr_sink sink = {buf_write, &file};
	uint8_t key[NVR_AGE_KEY_LEN];
	char *data = new_data(NVR_AGE_CHUNK);
	size_t start;

	(void)state;
	assert_int_equal(
	    nvr_age_writer_open(&sink, &me.recipient, 1, &w, &err), 0);
	nvr_age_writer_payload_key(w, key);
	start = file.len;

	add_chunk(&file, key, 0, false, data, NVR_AGE_CHUNK);
	add_chunk(&file, key, 1, true, "", 0);
	assert_refused(
	    &me, file.data, file.len, NVR_E_DATA, "its final chunk 1, at byte");
	file.len = start;
	add_chunk(&file, key, 0, true, data, NVR_AGE_CHUNK);
	add_chunk(&file, key, 1, true, "x", 1);
	assert_refused(&me, file.data, file.len, NVR_E_DATA, "chunk 0, at");
	file.len = start;
	add_chunk(&file, key, 0, false, "x", 1);
	assert_refused(&me, file.data, file.len, NVR_E_DATA, "final chunk 0");
	file.len = start;
	add_chunk(&file, key, 1, true, "x", 1);
	assert_refused(&me, file.data, file.len, NVR_E_DATA, "final chunk 0");
	nvr_age_writer_free(w);
	nvr_buf_release(&file);
	free(data);
}

static void
the_identity_of_the_specification_has_its_recipient(void **state)
{
	static const char *const files[] = {SPEC_IDENTITY, SPEC_IDENTITY "\n",
	    "# created: 2026-01-01T00:00:00Z\r\n# public key: "
	    "x\r\n\r\n" SPEC_IDENTITY "\r\n\r\n#\r\n"};
	struct nvr_age_identity id;
	char text[NVR_AGE_RECIPIENT_TEXT];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		memset(&id, 0, sizeof(id));
		assert_int_equal(nvr_age_identity_parse(
				     files[i], strlen(files[i]), &id, &err),
		    0);
		nvr_age_recipient_format(&id.recipient, text);
		assert_string_equal(text, SPEC_RECIPIENT);
		for (j = 0; j < sizeof(id.secret); j++)
			assert_int_equal(id.secret[j], 0x42);
	}
}

static void
an_identity_file_is_written_as_age_keygen_does(void **state)
{
	struct nvr_age_identity id, again;
	struct nvr_buf text = {0};

	(void)state;
	assert_int_equal(nvr_age_identity_parse(
			     SPEC_IDENTITY, strlen(SPEC_IDENTITY), &id, &err),
	    0);
	assert_int_equal(
	    nvr_age_identity_format(&id, 1767225600, &text, &err), 0);
	assert_string_equal(text.data,
	    "# created: 2026-01-01T00:00:00Z\n"
	    "# public key: " SPEC_RECIPIENT "\n" SPEC_IDENTITY "\n");
	assert_int_equal(
	    nvr_age_identity_parse(text.data, text.len, &again, &err), 0);
	assert_memory_equal(&id, &again, sizeof(id));
	nvr_age_identity_wipe(&again);
	assert_int_equal(again.secret[0] | again.recipient.key[0], 0);
	nvr_buf_wipe(&text);
}

static void
bad_identity_files_are_refused_without_quoting_them(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"", "there is no age identity"},
	    {"# only a comment\n\n", "there is no age identity"},
	    {"hello\n", "line 1 is not an age identity"},
	    {"\n\n" SPEC_RECIPIENT "\n", "line 3 is not an age identity"},
	    {SPEC_IDENTITY "\n" SPEC_IDENTITY "\n", "line 2 is not an age "
						    "identity: a second"},
	    {SPEC_IDENTITY " \n", "it has 75 characters instead of 74"},
	    {"AGE-SECRET-KEY-PQ-1QQQQ\n", "it does not begin with"},
	    {"AGE-SECRET-KEY-1gFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZG"
	     "FPQ4EGAEX",
		"its character 17 cannot stand there"},
	    {"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZG"
	     "FPQ4EGAEQ",
		"its checksum is wrong"},
	    {"age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzg"
	     "fpq4egaex",
		"it does not begin with"},
	};
	struct nvr_age_identity id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&id, 7, sizeof(id));
		assert_int_equal(nvr_age_identity_parse(cases[i].text,
				     strlen(cases[i].text), &id, &err),
		    NVR_E_DATA);
		if (strstr(err.text, cases[i].says) == NULL)
			fail_msg("'%s' not '%s'", err.text, cases[i].says);
		assert_null(strstr(err.text, "FPYY"));
		assert_int_equal(id.secret[0], 7);
	}
}

static void
any_typo_in_a_recipient_is_refused(void **state)
{
	struct nvr_age_recipient r;
	char text[] = SPEC_RECIPIENT, upper[] = SPEC_RECIPIENT, was;
	size_t i;

	(void)state;
	assert_int_equal(nvr_age_recipient_parse(text, &r, &err), 0);
	for (i = 0; i < strlen(text); i++) {
		was = text[i];
		text[i] = was == 'q' ? 'p' : 'q';
		assert_int_equal(
		    nvr_age_recipient_parse(text, &r, &err), NVR_E_DATA);
		text[i] = was >= 'a' ? (char)(was - 32) : 'b';
		assert_int_equal(
		    nvr_age_recipient_parse(text, &r, &err), NVR_E_DATA);
		text[i] = was;
		upper[i] = was >= 'a' ? (char)(was - 32) : was;
	}
	assert_int_equal(nvr_age_recipient_parse(upper, &r, &err), NVR_E_DATA);
	assert_int_equal(nvr_age_recipient_parse("", &r, &err), NVR_E_DATA);
	assert_int_equal(
	    nvr_age_recipient_parse(SPEC_RECIPIENT "\n", &r, &err), NVR_E_DATA);
	assert_string_equal(err.text, "not an age recipient: it has 63 "
				      "characters instead of 62");
}

/* The spec's recipient with a bit set behind its 32 bytes, checksum mended. */
static void
a_recipient_has_only_one_spelling(void **state)
{
	struct nvr_age_recipient r;

	(void)state;
	assert_int_equal(
	    nvr_age_recipient_parse("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hz"
				    "rye869xeexvn73epp9g8nq",
		&r, &err),
	    NVR_E_DATA);
	assert_string_equal(
	    err.text, "not an age recipient: its padding is not zero");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		malformed_headers_are_refused_with_the_line_that_is_wrong),
	    cmocka_unit_test(a_header_beyond_64_kib_is_refused),
	    cmocka_unit_test(stanzas_of_other_types_are_skipped),
	    cmocka_unit_test(a_stanza_added_without_the_file_key_is_noticed),
	    cmocka_unit_test(
		chunks_that_are_not_as_the_format_wants_are_refused),
	    cmocka_unit_test(
		the_identity_of_the_specification_has_its_recipient),
	    cmocka_unit_test(an_identity_file_is_written_as_age_keygen_does),
	    cmocka_unit_test(
		bad_identity_files_are_refused_without_quoting_them),
	    cmocka_unit_test(any_typo_in_a_recipient_is_refused),
	    cmocka_unit_test(a_recipient_has_only_one_spelling),
	};

	return cmocka_run_group_tests_name("age headers", tests, NULL, NULL);
}
