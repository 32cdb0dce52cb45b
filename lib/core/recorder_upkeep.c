/*
 * What a recorder does beside recording: flushes, rows and files that could not
 * be dealt with at once, room on the disk.
 */
#include <string.h>

#include "base/time.h"
#include "core/recorder_int.h"
#include "core/room.h"
#include "store/restrict.h"

static void
flush(struct recorder *r, int64_t now)
{
	struct nvr_error err = {0};

	if (r->open.file == NULL || !r->dirty || now - r->flushed < r->o->flush)
		return;
	r->flushed = now;
	r->dirty = false;
	if (nvr_segment_sync(r->open.file, &err) == 0) {
		r->page->durable_at = r->fragment_wall;
		return;
	}
	nvr_recorder_abandon(r, &err);
	r->running = false;
	r->reason = "write-failed";
}

/* Rows that the store did not take, files that a failed write left. */
static void
catch_up_rows(struct recorder *r)
{
	struct nvr_error err;
	int n = 0, done = 0;

	/* The first that is not taken ends it: each try costs a wait. */
	for (; done < r->nevent; done++) {
		struct left_event *left = &r->event[done];

		left->e.kind = left->kind;
		left->e.detail = left->detail;
		if (nvr_event_add(r->s->store, &left->e, &err) != 0)
			break;
	}
	r->nevent -= done;
	memmove(
	    r->event, r->event + done, (size_t)r->nevent * sizeof(r->event[0]));
	while (n < r->nrow &&
	       nvr_segment_close(r->s->store, &r->row[n], &err) == 0)
		n++;
	r->nrow -= n;
	memmove(r->row, r->row + n, (size_t)r->nrow * sizeof(r->row[0]));
}

static void
catch_up(struct recorder *r)
{
	struct nvr_mended m;
	struct nvr_error err;
	int n = 0;

	catch_up_rows(r);
	for (int i = 0; i < r->ntorn; i++) {
		if (r->low || nvr_mend_one(r->s, &r->torn[i], &m, &err) != 0)
			r->torn[n++] = r->torn[i];
		else if (m.saved)
			nvr_recorder_tell(r, "mended", &m.row, "%s", "");
	}
	explicit_bzero(
	    &r->torn[n], (size_t)(r->ntorn - n) * sizeof(r->torn[0]));
	r->ntorn = n;
}

/* Where min-free cannot be kept, recording goes on as long as it can. */
static void
watch_room(struct recorder *r)
{
	struct nvr_room room = {.enough = true};
	struct nvr_error err = {0};
	int64_t avail = INT64_MAX;
	int rc = nvr_room_free(r->s, &avail, &err);

	if (rc == 0 && avail < r->s->rules->keep.floor) {
		rc = nvr_room_make(r->s, &room, &err);
		if (rc != 0 && rc != NVR_E_AGAIN && rc != NVR_E_UNAVAILABLE)
			room.vain = err;
	}
	r->low = rc == 0 && !room.enough && !room.more;
	if (r->low)
		nvr_recorder_hinder(r, NVR_E_IO,
		    room.vain.code != 0
			? room.vain.text
			: "the disk is full, and nothing may be deleted");
	else if (room.vain.code != 0 && !r->below)
		nvr_recorder_tell(r, "min-free", NULL, "%s", room.vain.text);
	if (room.vain.code != 0)
		r->below = true;
	else if (rc == 0 && !room.more)
		r->below = false;
}

/* The journal takes no new segment anyway; this ends the open one: of who is
 * restricted, deleted or erased, and of what is no longer to be recorded. */
static void
watch_restriction(struct recorder *r)
{
	enum nvr_bar bar;
	struct nvr_error err;

	if (nvr_barred_recording(r->s->store, r->cam->id,
		nvr_stream_names[r->stream], &bar, &err) != 0)
		return;
	r->barred = bar != NVR_BAR_NONE;
	if (r->barred)
		nvr_recorder_hinder(r, NVR_E_PERMISSION, nvr_bar_reason(bar));
}

void
nvr_recorder_upkeep(struct recorder *r)
{
	int64_t now = nvr_time_monotonic();

	r->page->beat = now;
	flush(r, now);
	if (r->kept != 0 && now - r->kept < NVR_UPKEEP)
		return;
	if (r->kept != 0)
		r->page->bytes_per_s = (r->page->bytes - r->kept_bytes) *
				       NVR_SECOND / (now - r->kept);
	r->kept_bytes = r->page->bytes;
	r->kept = now;
	watch_room(r);
	watch_restriction(r);
	catch_up(r);
}
