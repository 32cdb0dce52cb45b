/* What a recorder's station says, also when its file is anyone's work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/station.h"

static char dir[] = "/tmp/nvr-station-XXXXXX";
static struct nvr_state state;

static int
set_up(void **unused)
{
	(void)unused;
	if (mkdtemp(dir) == NULL)
		return -1;
	strlcpy(state.dir, dir, sizeof(state.dir));
	return 0;
}

static void
station_file(char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/run/0000000000001-main", dir);
}

static int
tear_down(void **unused)
{
	char path[PATH_MAX];

	(void)unused;
	station_file(path);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	return rmdir(dir);
}

static void
put(const void *data, size_t len)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/run", dir);
	mkdir(path, 0700);
	station_file(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static struct nvr_station_page
look(void)
{
	struct nvr_station_page page;
	struct nvr_error err;

	memset(&page, 0xff, sizeof(page));
	assert_int_equal(
	    nvr_station_read(state.dir, 1, NVR_MAIN, &page, &err), 0);
	assert_in_range(page.state, 0, NVR_STATION_MEDIA);
	assert_non_null(memchr(page.why, '\0', sizeof(page.why)));
	return page;
}

static void
nobody_records_what_has_no_file(void **unused)
{
	(void)unused;
	assert_int_equal(look().state, NVR_STATION_STOPPED);
	assert_int_equal(look().pid, 0);
}

static void
a_file_of_any_content_is_read_safely(void **unused)
{
	unsigned char junk[2 * sizeof(struct nvr_station_page)];

	(void)unused;
	srandom(1);
	for (int i = 0; i < 300; i++) {
		for (size_t n = 0; n < sizeof(junk); n++)
			junk[n] = (unsigned char)random();
		if (i % 2 == 0) /* as if it were one of ours */
			memcpy(junk, "nvr-st1", 8);
		put(junk, i < 50 ? (size_t)i : sizeof(junk));
		assert_int_equal(look().pid, 0);
		assert_int_equal(look().state, NVR_STATION_STOPPED);
	}
}

/* Another process, as locks of one's own are not seen. */
static void
a_taken_station_tells_who_has_it_and_what_it_says(void **unused)
{
	struct nvr_station *st = NULL;
	struct nvr_error err = {0};
	struct nvr_station_page page;
	int out[2], in[2], status;
	char c;
	pid_t pid;

	(void)unused;
	assert_int_equal(pipe(out) | pipe(in), 0);
	pid = fork();
	if (pid == 0) {
		if (nvr_station_take(&state, 1, NVR_MAIN, &st, &err) != 0)
			_exit(1);
		nvr_station_page(st)->state = 77; /* which is none */
		memset(nvr_station_page(st)->why, 'x', sizeof(page.why));
		if (write(out[1], "1", 1) != 1 || read(in[0], &c, 1) != 1)
			_exit(2);
		nvr_station_leave(st);
		_exit(0);
	}
	assert_int_equal(read(out[0], &c, 1), 1);
	page = look();
	assert_int_equal(page.pid, pid);
	assert_int_equal(page.state, NVR_STATION_STOPPED);
	assert_int_equal(
	    nvr_station_take(&state, 1, NVR_MAIN, &st, &err), NVR_E_AGAIN);
	assert_non_null(strstr(err.text, "records it already"));
	assert_int_equal(write(in[1], "1", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(look().pid, 0);
	assert_int_equal(look().state, NVR_STATION_STOPPED);
	/* And then it is free. */
	assert_int_equal(nvr_station_take(&state, 1, NVR_MAIN, &st, &err), 0);
	nvr_station_leave(st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_records_what_has_no_file),
	    cmocka_unit_test(a_file_of_any_content_is_read_safely),
	    cmocka_unit_test(a_taken_station_tells_who_has_it_and_what_it_says),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
