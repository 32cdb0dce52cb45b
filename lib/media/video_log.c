/*
 * libav's log.  It goes to no stream of ours: the hook gets the lines that
 * matter to a person, and the last error is kept because libav often says
 * there, and nowhere else, why it failed (a refused certificate is EIO).
 */
#include <libavutil/error.h>
#include <libavutil/log.h>

#include "media/video_int.h"

static void (*log_hook)(const char *line);
static _Thread_local char last_error[256];

/*
 * Takes user and password out of every URL in the line.  libav prints none at
 * these levels; should a later version do so, it stops here.
 */
static void
scrub(char *line)
{
	char *p = line, *end, *at;

	while ((p = strstr(p, "://")) != NULL) {
		p += 3;
		end = p + strcspn(p, "/?#'\" ");
		at = memrchr(p, '@', (size_t)(end - p));
		if (at != NULL)
			memmove(p, at + 1, strlen(at + 1) + 1);
		/* A query may hold a password too. */
		at = p + strcspn(p, "?'\" ");
		if (*at == '?') {
			end = at + strcspn(at, "'\" ");
			memmove(at, end, strlen(end) + 1);
		}
	}
}

/* Nothing finer than AV_LOG_VERBOSE: below it, whole requests are printed. */
static void
take_line(void *source, int level, const char *fmt, va_list ap)
{
	char line[1024];
	int print_prefix = 0; /* it is an address of ours */

	if (level > AV_LOG_VERBOSE ||
	    (level > AV_LOG_ERROR && log_hook == NULL))
		return;
	av_log_format_line2(
	    source, level, fmt, ap, line, sizeof(line), &print_prefix);
	line[strcspn(line, "\r\n")] = '\0';
	scrub(line);
	if (level <= AV_LOG_ERROR)
		strlcpy(last_error, line, sizeof(last_error));
	if (log_hook != NULL)
		log_hook(line);
}

void
nvr_video_set_log(void (*hook)(const char *line))
{
	log_hook = hook;
}

void
nvr_video_log_begin(void)
{
	last_error[0] = '\0';
	av_log_set_callback(take_line);
}

/* An error number that means anything wins over the log's long sentence. */
const char *
nvr_video_why(int averror, char *text, size_t size)
{
	if (last_error[0] != '\0' &&
	    (averror == AVERROR(EIO) || averror == AVERROR_INVALIDDATA))
		return last_error;
	av_strerror(averror, text, size);
	return text;
}

const char *
nvr_video_log_last(void)
{
	return last_error;
}
