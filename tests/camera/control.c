/*
 * The commands of the test camera, and the FIFO they come by. Each is
 * answered on stdout by one line, "ok WORD" or "bad WORD", once its effect
 * is there for the next client to see.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

#include "camera.h"

/* The commands. Each returns false if it does not take such an argument. */

static bool
show(struct camera *c, enum effect_kind kind, double amount)
{
	struct effect e = {.kind = kind, .amount = amount};

	if (c->head != NULL)
		head_show(c->head, &e, false);
	return true;
}

static bool
do_cover(struct camera *c, const char *arg)
{
	static const char *const names[] = {"plain", "cloth", "noise"};
	struct effect e = {.kind = EFFECT_COVER};
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(arg == NULL ? "plain" : arg, names[i]) == 0) {
			e.texture = (enum cover_texture)i;
			if (c->head != NULL)
				head_show(c->head, &e, false);
			return true;
		}
	return false;
}

static bool
do_blur(struct camera *c, const char *arg)
{
	double sigma = 4;

	if (arg != NULL && !options_number(arg, 0.5, 100, &sigma))
		return false;
	return show(c, EFFECT_BLUR, sigma);
}

static bool
do_shift(struct camera *c, const char *arg)
{
	double percent = 25;

	if (arg != NULL && !options_number(arg, -100, 100, &percent))
		return false;
	return show(c, EFFECT_SHIFT, percent);
}

static bool
do_black(struct camera *c, const char *arg)
{
	return arg == NULL && show(c, EFFECT_BLACK, 0);
}

static bool
do_badsps(struct camera *c G_GNUC_UNUSED, const char *arg)
{
	if (arg == NULL)
		stream_break_sets(true);
	return arg == NULL;
}

static bool
do_over(struct camera *c, const char *arg)
{
	return arg == NULL && show(c, EFFECT_OVER, 0);
}

static bool
do_freeze(struct camera *c, const char *arg)
{
	if (arg == NULL && c->head != NULL)
		head_show(c->head, NULL, true);
	return arg == NULL;
}

static bool
do_clear(struct camera *c, const char *arg)
{
	if (arg != NULL)
		return false;
	stream_stall(false);
	stream_break_sets(false);
	c->silent = false;
	g_ptr_array_set_size(c->unanswered, 0);
	return show(c, EFFECT_NONE, 0);
}

static GstRTSPFilterResult
close_client(GstRTSPServer *server G_GNUC_UNUSED, GstRTSPClient *client,
    gpointer arg G_GNUC_UNUSED)
{
	gst_rtsp_client_close(client);
	return GST_RTSP_FILTER_KEEP; /* it takes itself off the list */
}

void
camera_drop(struct camera *c)
{
	g_ptr_array_set_size(c->unanswered, 0);
	g_list_free(
	    gst_rtsp_server_client_filter(c->server, close_client, NULL));
}

static bool
do_drop(struct camera *c, const char *arg)
{
	if (arg == NULL)
		camera_drop(c);
	return arg == NULL;
}

static bool
do_stall(struct camera *c G_GNUC_UNUSED, const char *arg)
{
	if (arg == NULL)
		stream_stall(true);
	return arg == NULL;
}

static bool
do_silent(struct camera *c, const char *arg)
{
	if (arg == NULL)
		c->silent = true;
	return arg == NULL;
}

static bool
do_jump(struct camera *c G_GNUC_UNUSED, const char *arg)
{
	double seconds;

	if (!options_number(arg, -1e6, 1e6, &seconds))
		return false;
	stream_jump(seconds);
	return true;
}

static bool
do_resize(struct camera *c, const char *arg)
{
	int width, height;

	return options_size(arg, &width, &height) && c->head != NULL &&
	       head_resize(c->head, width, height);
}

static bool
do_quit(struct camera *c, const char *arg)
{
	if (arg == NULL)
		g_main_loop_quit(c->loop);
	return arg == NULL;
}

static const struct command {
	const char *word;
	bool (*obey)(struct camera *, const char *arg);
} commands[] = {
    {"badsps", do_badsps},
    {"black", do_black},
    {"blur", do_blur},
    {"clear", do_clear},
    {"cover", do_cover},
    {"drop", do_drop},
    {"freeze", do_freeze},
    {"jump", do_jump},
    {"over", do_over},
    {"quit", do_quit},
    {"resize", do_resize},
    {"shift", do_shift},
    {"silent", do_silent},
    {"stall", do_stall},
};

/* Tests wait for these lines, so each leaves at once. */
void
camera_say(const char *word, const char *what)
{
	printf("%s %s\n", word, what);
	fflush(stdout);
}

static void
obey(struct camera *c, char *line)
{
	char *save = NULL, *word, *arg;
	size_t i;

	word = strtok_r(line, " \t\r", &save);
	if (word == NULL)
		return;
	arg = strtok_r(NULL, " \t\r", &save);
	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(word, commands[i].word) == 0 &&
		    strtok_r(NULL, " \t\r", &save) == NULL &&
		    commands[i].obey(c, arg)) {
			camera_say("ok", word);
			return;
		}
	camera_say("bad", word);
}

static gboolean
on_control(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer arg)
{
	struct camera *c = arg;
	char buf[256];
	ssize_t n, i;

	n = read(fd, buf, sizeof(buf));
	for (i = 0; i < n; i++) {
		if (buf[i] != '\n') {
			/* The tail of a line too long for any command. */
			if (c->line_len < sizeof(c->line) - 1)
				c->line[c->line_len++] = buf[i];
			continue;
		}
		c->line[c->line_len] = '\0';
		c->line_len = 0;
		obey(c, c->line);
	}
	return G_SOURCE_CONTINUE;
}

/* Open for writing too: it then never ends, however many writers come. */
bool
camera_open_control(struct camera *c, const char *path)
{
	struct stat st;

	if (mkfifo(path, 0600) == -1 &&
	    (errno != EEXIST || lstat(path, &st) == -1 ||
		!S_ISFIFO(st.st_mode))) {
		fprintf(stderr, "camera: cannot make the FIFO '%s': %s\n", path,
		    g_strerror(errno));
		return false;
	}
	c->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (c->fifo == -1) {
		fprintf(stderr, "camera: cannot open '%s': %s\n", path,
		    g_strerror(errno));
		return false;
	}
	g_unix_fd_add(c->fifo, G_IO_IN, on_control, c);
	return true;
}
