/*
 * Age files exchanged with the stock age and age-keygen programs, both ways.
 * Skipped where they are not installed.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "age_help.h"

extern char **environ;

static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 10 << 20};
static char dir[] = "/tmp/nvr-age-XXXXXX";

/* Runs a program in dir without its chatter; -1 if it cannot be started. */
static int
run(const char *const argv[])
{
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int rc, status = 0;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addchdir_np(&fa, dir);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(
	    &fa, 1, "stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(
	    &fa, 2, "stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	rc = posix_spawnp(
	    &pid, argv[0], &fa, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (rc != 0)
		return -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static FILE *
open_in_dir(const char *name, const char *mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, mode);
	assert_non_null(f);
	return f;
}

static void
put_file(const char *name, const void *data, size_t len)
{
	FILE *f = open_in_dir(name, "w");

	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static struct nvr_buf
get_file(const char *name)
{
	FILE *f = open_in_dir(name, "r");
	struct nvr_buf b = {0};
	char block[65536];
	size_t n;

	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		assert_int_equal(nvr_buf_add(&b, block, n, &err), 0);
	fclose(f);
	return b;
}

/* Writes an identity to the file `key`. */
static void
put_key(const struct nvr_age_identity *id)
{
	struct nvr_buf text = {0};

	assert_int_equal(nvr_age_identity_format(id, 0, &text, &err), 0);
	put_file("key", text.data, text.len);
	nvr_buf_wipe(&text);
}

static bool
have_age(void)
{
	if (RUN("age", "--version") == 0 && RUN("age-keygen", "--version") == 0)
		return true;
	print_message("age and age-keygen are not installed\n");
	return false;
}

static void
age_opens_what_is_sealed_here(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_buf sealed, plain;
	char *data = new_data(10 << 20);
	size_t i;

	(void)state;
	if (!have_age())
		skip();
	put_key(&me);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		sealed = seal_for(&me, data, sizes[i]);
		put_file("sealed", sealed.data, sealed.len);
		assert_int_equal(RUN("age", "-d", "-i", "key", "sealed"), 0);
		plain = get_file("stdout");
		assert_int_equal(plain.len, sizes[i]);
		if (sizes[i] > 0)
			assert_memory_equal(plain.data, data, sizes[i]);
		nvr_buf_release(&plain);
		nvr_buf_release(&sealed);
	}
	free(data);
}

static void
what_age_seals_opens_here(void **state)
{
	struct nvr_age_identity me = new_identity(), other = new_identity();
	char to[NVR_AGE_RECIPIENT_TEXT], also[NVR_AGE_RECIPIENT_TEXT];
	struct nvr_buf sealed;
	char *data = new_data(10 << 20);
	size_t i;

	(void)state;
	if (!have_age())
		skip();
	nvr_age_recipient_format(&me.recipient, to);
	nvr_age_recipient_format(&other.recipient, also);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		put_file("plain", data, sizes[i]);
		assert_int_equal(
		    RUN("age", "-r", also, "-r", to, "-o", "sealed", "plain"),
		    0);
		sealed = get_file("sealed");
		assert_opens_to(&me, &sealed, data, sizes[i]);
		assert_opens_to(&other, &sealed, data, sizes[i]);
		nvr_buf_release(&sealed);
	}
	free(data);
}

static void
age_opens_a_file_for_several_recipients(void **state)
{
	struct nvr_age_identity ids[3];
	struct nvr_age_recipient to[3];
	struct nvr_buf sealed = {0};
	size_t i;

	(void)state;
	if (!have_age())
		skip();
	for (i = 0; i < 3; i++) {
		ids[i] = new_identity();
		to[i] = ids[i].recipient;
	}
	assert_int_equal(nvr_age_seal(to, 3, "plain", 5, &sealed, &err), 0);
	put_file("sealed", sealed.data, sealed.len);
	for (i = 0; i < 3; i++) {
		put_key(&ids[i]);
		assert_int_equal(RUN("age", "-d", "-i", "key", "sealed"), 0);
	}
	nvr_buf_release(&sealed);
}

static void
identities_and_recipients_are_those_of_age_keygen(void **state)
{
	struct nvr_age_identity id = new_identity();
	char text[NVR_AGE_RECIPIENT_TEXT + 1];
	struct nvr_buf out;

	(void)state;
	if (!have_age())
		skip();
	put_key(&id);
	assert_int_equal(RUN("age-keygen", "-y", "key"), 0);
	out = get_file("stdout");
	nvr_age_recipient_format(&id.recipient, text);
	text[NVR_AGE_RECIPIENT_TEXT - 1] = '\n';
	text[NVR_AGE_RECIPIENT_TEXT] = '\0';
	assert_string_equal(out.data, text);
	nvr_buf_release(&out);

	assert_int_equal(RUN("age-keygen"), 0);
	out = get_file("stdout");
	assert_int_equal(
	    nvr_age_identity_parse(out.data, out.len, &id, &err), 0);
	nvr_age_recipient_format(&id.recipient, text);
	assert_non_null(strstr(out.data, text));
	nvr_buf_wipe(&out);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	static const char *const names[] = {
	    "key", "plain", "sealed", "stdout", "stderr"};
	char path[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(age_opens_what_is_sealed_here),
	    cmocka_unit_test(what_age_seals_opens_here),
	    cmocka_unit_test(age_opens_a_file_for_several_recipients),
	    cmocka_unit_test(identities_and_recipients_are_those_of_age_keygen),
	};

	return cmocka_run_group_tests_name(
	    "stock age", tests, make_dir, remove_dir);
}
