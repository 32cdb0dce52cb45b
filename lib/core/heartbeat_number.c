/* The numbers of reports; see heartbeat.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/time.h"
#include "core/alone.h"
#include "core/heartbeat_int.h"
#include "seal/httpsig.h"

/* Of the lock's file. */
#define AT NVR_ALONE_TEXT
#define WIDTH 20

static int
open_lock(const struct nvr_state *s, int how)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" NVR_ENROLMENT_LOCK, s->dir);
	return open(path, how | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* What a report went by that the store had no room for; 0: none, or not known.
 */
static uint64_t
noted(const struct nvr_state *s)
{
	char text[WIDTH + 1] = "", *rest = text;
	int64_t n = 0;
	int fd = open_lock(s, O_RDONLY);

	if (fd < 0)
		return 0;
	if (pread(fd, text, WIDTH, AT) != WIDTH ||
	    !nvr_text_number(&rest, 0, (int64_t)NVR_HTTPSIG_SEQUENCE, &n))
		n = 0;
	close(fd);
	return (uint64_t)n;
}

void
nvr_beating_note_number(const struct nvr_beating *b)
{
	char text[WIDTH + 1];
	int fd = open_lock(b->s, O_WRONLY);

	if (fd < 0)
		return;
	/* The one without which this were taken for a copy's, at the most. */
	snprintf(text, sizeof(text), "%-*" PRIu64, WIDTH, b->row.sequence);
	(void)!pwrite(fd, text, WIDTH, AT);
	close(fd);
}

int
nvr_beating_number(struct nvr_beating *b, uint64_t above)
{
	uint64_t now = (uint64_t)(b->m.report.at / NVR_MILLISECOND);
	uint64_t known = noted(b->s);

	if (known < b->row.sequence)
		known = b->row.sequence;
	if (above < known)
		above = known;
	if (above >= NVR_HTTPSIG_SEQUENCE)
		return nvr_fail(b->err, NVR_E_DATA,
		    "there are no more numbers for reports: enrol this "
		    "recorder anew");
	b->previous = known;
	b->row.sequence = now > above ? now : above + 1;
	b->m.report.sequence = b->ret->sequence = b->row.sequence;
	return 0;
}
