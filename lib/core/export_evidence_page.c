/* README.html of an export of footage: for whoever is to judge it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "base/zone.h"
#include "core/export_footage_int.h"
#include "core/paper.h"

struct check {
	const char *what, *command;
};

/* tests/tool/export_footage.bats runs them as they stand there. */
static const struct check checks[] = {
    {"who signed: compare with what the owner of the recorder told you by "
     "another way",
	"cut -d' ' -f3- SIGNER | ssh-keygen -l -f -"},
    {"that the list of files is the one that was signed",
	"ssh-keygen -Y verify -f SIGNER -I nvr -n nvr-export -s "
	"MANIFEST.json.sig <MANIFEST.json"},
    {"that every file is as the list says",
	"sed -n 's/.*\"path\": \"\\([^\"]*\\)\".*\"sha256\": "
	"\"\\([0-9a-f]*\\)\".*/\\2  \\1/p' MANIFEST.json | sha256sum -c"},
    {"that nothing was added to them: prints the files that the list does not "
     "name, and else nothing",
	NVR_EXPORT_ADDED},
    {"that the footage is what was recorded: prints what is not, and else "
     "nothing",
	"tail -n +2 data/segments.csv | awk -F, '$3 != $4 { print $9, $5 }'"},
    {"that the clips are whole: prints how long each is",
	"for f in clips/*.mp4; do ffprobe -v error -show_entries "
	"format=filename,duration -of csv=p=0 \"$f\"; done"},
};
static const struct check log_check = {"how the recorder's log stood",
    "ssh-keygen -Y verify -f data/log-signer -I nvr-log -n nvr-log -s "
    "data/log-head.txt.sig <data/log-head.txt"};
static const struct check originals[] = {
    {"that the untouched files are those that were recorded",
	"tail -n +2 data/segments.csv | awk -F, '$1 != \"\" { print $3 \"  \" "
	"$1 }' | sha256sum -c"},
    {"what is in them; IDENTITY is the file with the one-time key, which you "
     "were given apart from this",
	"tail -n +2 data/segments.csv | while IFS=, read -r file from rest; do "
	"if [ -n \"$from\" ]; then { cat \"${file%.mp4.age}.header\"; tail -c "
	"+\"$from\" \"$file\"; } | age -d -i \"$IDENTITY\" -o "
	"\"${file%.age}\"; fi; done"},
};

/* `2026-01-31 10:30:00.000 (UTC+01:00)`, or "" where the zone is unknown. */
static void
local_time(const struct nvr_camera *cam, int64_t t, char ret[64])
{
	struct nvr_zone *zone;
	struct nvr_error ignored;
	time_t shown;
	int64_t offset;
	struct tm tm;
	size_t n;

	ret[0] = '\0';
	if (nvr_zone_open(cam->zone, &zone, &ignored) != 0)
		return;
	offset = nvr_zone_span(zone, t / NVR_SECOND).offset;
	nvr_zone_close(zone);
	shown = (time_t)(t / NVR_SECOND + offset);
	gmtime_r(&shown, &tm);
	n = strftime(ret, 64, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(ret + n, 64 - n, ".%03d (UTC%c%02d:%02d)",
	    (int)(t % NVR_SECOND / NVR_MILLISECOND), offset < 0 ? '-' : '+',
	    (int)(offset < 0 ? -offset : offset) / 3600,
	    (int)(offset < 0 ? -offset : offset) / 60 % 60);
}

static void
put_time(struct nvr_paper *p, const struct nvr_camera *cam, const char *key,
    const char *label, int64_t t)
{
	char utc[NVR_TIME_TEXT], local[64], both[128];

	nvr_paper_fact(p, key, label);
	local_time(cam, t, local);
	snprintf(both, sizeof(both), "%s%s%s", nvr_time_format(t, utc),
	    local[0] != '\0' ? "; at the camera " : "", local);
	nvr_paper_text(p, both, NULL);
}

static void
put_about(struct nvr_paper *p, const struct nvr_evidence *e)
{
	const struct nvr_export_footage *o = e->o;
	const struct nvr_camera *cam = o->camera;
	char made[256];

	nvr_paper_say(p,
	    "This archive holds a stretch of a camera's recording as evidence, "
	    "with all that is needed to check that it is what was recorded. "
	    "It is for those who are to judge it, and it shows people: keep it "
	    "no longer, and show it to no more people, than that takes.");
	nvr_paper_facts(p, "archive", "About");
	nvr_paper_fact(p, "camera", "Camera");
	nvr_paper_text(p, cam->name, NULL);
	snprintf(
	    made, sizeof(made), "%.100s %.100s", cam->manufacturer, cam->model);
	nvr_paper_fact(p, "made", "Make and model");
	nvr_paper_text(p, made[0] == ' ' ? made + 1 : made, "unknown");
	nvr_paper_fact(p, "stream", "Stream");
	nvr_paper_text(p, nvr_stream_names[o->stream], NULL);
	put_time(p, cam, "since", "From", o->since);
	put_time(p, cam, "until", "Until", o->until);
	nvr_paper_fact(p, "zone", "Time zone of the camera");
	nvr_paper_text(p, cam->zone, "that of the recorder");
	nvr_paper_fact(p, "reason", "Reason given");
	nvr_paper_text(p, o->reason, "none");
	nvr_paper_fact(p, "who", "Exported by");
	nvr_paper_text(p, o->who, "unknown");
	put_time(p, cam, "made_at", "Exported", o->now);
	nvr_paper_fact(p, "tool", "With");
	nvr_paper_text(p, o->tool, NULL);
	nvr_paper_facts_end(p);
}

static void
put_file(struct nvr_paper *p, const char *file, const char *what)
{
	nvr_paper_text(p, file, NULL);
	nvr_paper_text(p, what, NULL);
}

/* Those that have rows. */
static void
put_tables(struct nvr_paper *p, const struct nvr_evidence *e)
{
	static const struct {
		const char *table, *what;
	} words[] = {{"run", "why each run of the recording began"},
	    {"event", "what happened to the recording"},
	    {"audit", "when pictures of that time were looked at by programs"},
	    {"finding", "what those programs found, which can be wrong"},
	    {"hold", "who had the footage kept"},
	    {"access", "who looked at it or took any of it out before"}};
	char file[64];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (int j = 0; nvr_evidence_tables[j] != NULL; j++) {
			if ((e->tables & 1U << j) == 0 ||
			    strcmp(nvr_evidence_tables[j], words[i].table) != 0)
				continue;
			snprintf(file, sizeof(file), "data/%s.jsonl",
			    words[i].table);
			put_file(p, file, words[i].what);
		}
	if (e->log)
		put_file(p, "data/log.jsonl",
		    "what the recorder's log has of this camera since then");
	if (e->log && !e->x.headless)
		put_file(p, "data/log-head.txt, log-head.txt.sig, log-signer",
		    "a signed state of the whole log");
}

static void
put_here(struct nvr_paper *p, const struct nvr_evidence *e)
{
	static const struct nvr_paper_column columns[] = {
	    {"file", "File"}, {"what", "What it is"}, {NULL, NULL}};

	nvr_paper_heading(p, "What is here");
	nvr_paper_table(p, "files", "Files", columns);
	if (e->clips > 0)
		put_file(p, "clips/TIME-RUN.mp4",
		    e->o->mask != NULL
			? "a clip for each unbroken run of the recording, "
			  "encoded "
			  "anew because areas of the picture were painted over"
			: "a clip for each unbroken run of the recording: "
			  "pictures "
			  "and sound as the camera sent them, not encoded "
			  "anew");
	if (e->originals > 0)
		put_file(p, "originals/",
		    "the files as they lie on the recorder's disk, sealed with "
		    "age, and to each a header with which the one-time key "
		    "opens it");
	put_file(p, "data/segments.csv, .jsonl",
	    "each recorded file: SHA-256 as it was entered when it was "
	    "recorded, and as it is now; same, changed, "
	    "missing or unreadable");
	put_file(p, "data/clips.jsonl, gaps.jsonl",
	    "what each clip shows and what was recorded of it, and what is "
	    "missing");
	put_tables(p, e);
	put_file(p, "data/camera.json, clock.json",
	    "the camera, the recorder's clock, and how exact times are");
	put_file(p, "MANIFEST.json, MANIFEST.json.sig, SIGNER",
	    "the list of all files with their SHA-256, its signature, and the "
	    "key that made it");
	nvr_paper_table_end(p);
	nvr_paper_sayf(p,
	    "%lld recorded file%s, of which %lld %s missing or changed; %lld "
	    "clip%s.",
	    (long long)e->segments, e->segments == 1 ? "" : "s",
	    (long long)e->differ, e->differ == 1 ? "is" : "are",
	    (long long)e->clips, e->clips == 1 ? "" : "s");
	nvr_paper_say(p,
	    "Within a clip the camera's own clock counts, sound can begin "
	    "ahead of the first picture, and the last picture or sound lasts "
	    "until it is over: so a clip can begin or end some tenths of a "
	    "second beside the recorded files that it is of. "
	    "data/clips.jsonl has both: start_at and end_at are what is "
	    "shown, recorded_from and recorded_until what was recorded.");
}

static void
put_missing(struct nvr_paper *p, const struct nvr_evidence *e)
{
	static const struct nvr_paper_column columns[] = {
	    {"what", "What"}, {"why", "Why"}, {NULL, NULL}};
	int64_t more = nvr_archive_gaps(e->x.a) - (int64_t)e->x.nmissing;

	nvr_paper_heading(p, "What is missing");
	if (e->x.nmissing == 0) {
		nvr_paper_say(
		    p, "Nothing: the recording has no gaps in this time.");
		return;
	}
	nvr_paper_table(p, "missing", "Gaps", columns);
	for (size_t i = 0; i < e->x.nmissing; i++)
		put_file(p, e->x.missing[i].what, e->x.missing[i].why);
	nvr_paper_table_end(p);
	if (more > 0)
		nvr_paper_sayf(
		    p, "And %lld more: see MANIFEST.json.", (long long)more);
}

static void
put_check(struct nvr_paper *p, const struct nvr_evidence *e)
{
	static const struct nvr_paper_column columns[] = {
	    {"check", "To check"}, {"command", "Command"}, {NULL, NULL}};

	nvr_paper_heading(p, "How to check it");
	nvr_paper_say(p,
	    "Unpack the archive into a new folder and paste these commands, in "
	    "this order, into a shell there, on any machine that has OpenSSH, "
	    "ffmpeg and, for "
	    "originals, age. Nothing of the recorder's own software is "
	    "needed.");
	nvr_paper_table(p, "check", "With stock tools", columns);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		put_file(p, checks[i].what, checks[i].command);
	if (e->log && !e->x.headless)
		put_file(p, log_check.what, log_check.command);
	for (size_t i = 0; e->o->originals != NULL && i < 2; i++)
		put_file(p, originals[i].what, originals[i].command);
	nvr_paper_table_end(p);
	nvr_paper_say(p,
	    "What this proves: nothing in the archive was changed or added "
	    "since "
	    "the recorder signed it, and no recorded file was changed since "
	    "its "
	    "SHA-256 was entered, seconds after it was recorded. What it does "
	    "not prove: that the recorder's own clock, software and owner can "
	    "be trusted. A state of its log that was kept elsewhere before, as "
	    "'nvr-account log --head' gives one, narrows that.");
}

int
nvr_evidence_page(struct nvr_evidence *e)
{
	struct nvr_buf page = {0};
	struct nvr_paper p;
	int rc;

	nvr_paper_begin(&p, NVR_PAPER_HTML, "Footage as evidence", e->x.err);
	put_about(&p, e);
	put_here(&p, e);
	put_missing(&p, e);
	put_check(&p, e);
	rc = nvr_paper_end(&p, &page);
	if (rc == 0)
		rc = nvr_archive_add(
		    e->x.a, "README.html", page.data, page.len, -1, e->x.err);
	nvr_buf_release(&page);
	return rc;
}
