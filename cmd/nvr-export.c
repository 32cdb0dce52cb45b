/* nvr-export: all about a person, or evidence, as archives that prove
 * themselves. */
#include <errno.h>

#include "base/time.h"

#include "nvr-export.h"

struct nvr_cli cli;
struct export_options opt;

static const struct nvr_opt opts[] = {
    {NVR_OPT_TEXT, 'o', "output", &opt.output, "FILE",
	"or -, which is the default in a pipe", "account footage audits fetch"},
    {NVR_OPT_TEXT, 'f', "format", &opt.format, "FORMAT",
	"tar.zst, tar.gz, zip; of audits: csv, jsonl, html",
	"account footage audits ask"},
    {NVR_OPT_TEXT, 0, "include", &opt.include, "LIST",
	"stills,footage: the pictures, too", "account ask"},
    {NVR_OPT_FLAG, 0, "sealed", &opt.sealed, NULL,
	"pictures as they lie there, with the key", "account ask"},
    {NVR_OPT_LIST, 'r', "recipient", &opt.recipients, "age1...",
	"seal the archive to this key", "account footage"},
    {NVR_OPT_TEXT, 0, "language", &opt.language, "LANGUAGE",
	"of the page for people: en", "account footage ask"},
    {NVR_OPT_LIST, 0, "camera", &opt.cameras, "CAMERA", "of this camera",
	"footage audits"},
    {NVR_OPT_TIME, 0, "since", &opt.since, "TIME", "where it begins",
	"footage audits"},
    {NVR_OPT_TIME, 0, "until", &opt.until, "TIME",
	"where it ends; default: now", "footage audits"},
    {NVR_OPT_TEXT, 0, "stream", &opt.stream, "main|sub", "default: main",
	"footage"},
    {NVR_OPT_TEXT, 0, "reason", &opt.reason, "TEXT",
	"what for; it goes on record", "footage"},
    {NVR_OPT_FLAG, 0, "originals", &opt.originals, NULL,
	"the untouched segments, too, for a key of their own", "footage"},
    {NVR_OPT_FLAG, 0, "mask", &opt.mask, NULL,
	"paint over the camera's masked areas: encodes anew", "footage"},
    {NVR_OPT_LIST, 0, "mask-area", &opt.areas, "AREA", "paint over this area",
	"footage"},
    {NVR_OPT_TIME, 0, "now", &opt.now, "TIME",
	"as if it were that time: the same bytes again", "account footage"},
    {NVR_OPT_TEXT, 0, "signer", &opt.signer, "FILE",
	"the key that must have signed it", "verify import"},
    {NVR_OPT_TEXT, 'i', "identity", &opt.identity, "FILE",
	"opens a sealed archive; of footage: where the key of --originals goes",
	"verify import footage"},
    NVR_OPTS_COMMON(cli),
};

int64_t
export_now(void)
{
	return opt.now != 0 ? opt.now : nvr_time_now();
}

static const struct nvr_command commands[] = {
    {"account", "EMAIL", "everything about an account", 1, 1, export_account},
    {"footage", "", "a stretch of recording, as evidence", 0, 0,
	export_footage},
    {"audits", "", "audits as a table or a page", 0, 0, export_audits},
    {"verify", "FILE", "an archive against its manifest", 1, 1, export_verify},
    {"import", "FILE", "an account's archive into this store", 1, 1,
	export_import},
    {"signer", "", "the key that signs, for ssh-keygen", 0, 0, export_signer},
    {"ask", "EMAIL", "what `pending` makes, for the portal", 1, 1, export_ask},
    {"pending", "", "make what was asked for", 0, 0, export_pending},
    {"list", "[EMAIL]", "what was asked for", 0, 1, export_list},
    {"fetch", "ID", "one of these", 1, 1, export_fetch},
    {"drop", "ID", "take it back", 1, 1, export_drop},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static const struct nvr_tool tool = {
    .name = "nvr-export",
    .summary = "all about a person, or evidence, as archives that prove "
	       "themselves",
    .args = "",
    .opts = opts,
    .commands = commands,
};

int
main(int argc, char **argv)
{
	int code;

	nvr_cli_start(&cli, &tool, argc, argv);
	code = nvr_cli_run(&cli);
	/* As archives end: who read it has had enough. */
	if ((fflush(stdout) != 0 || ferror(stdout)) &&
	    nvr_out_failed() == EPIPE && (code == 0 || code == -NVR_E_IO))
		return NVR_EXIT_NEGATIVE;
	return nvr_finish(code);
}
