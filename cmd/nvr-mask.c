/* nvr-mask: a clip with areas painted over.  Decoders are here, and keys are
 * not. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "media/masked.h"

#include "draft.h"

static struct nvr_cli cli;
static const char *output;
static struct nvr_list areas;

static const struct nvr_opt opts[] = {
    {NVR_OPT_LIST, 0, "area", &areas, "AREA",
	"paint over this area; may be given again"},
    {NVR_OPT_TEXT, 'o', "output", &output, "FILE", "default: stdout"},
    NVR_OPTS_COMMON(cli),
};

struct painting {
	struct nvr_mask mask;
	int from, to;
	int64_t bytes;
	bool left; /* who read our output */
};

static bool
is_std(const char *file)
{
	return file == NULL || strcmp(file, "-") == 0;
}

static int
write_out(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct painting *p = ctx;
	int rc = nvr_write_all(p->to, data, len, err);

	p->left = rc != 0 && errno == EPIPE;
	p->bytes += (int64_t)len;
	return rc;
}

static int
check_usage(struct painting *p)
{
	struct nvr_buf all = {0};
	int rc = 0;

	if (areas.n == 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--area says what to paint over: points in per cent, as "
		    "'10,20 30,20 30,50'");
	for (int i = 0; rc == 0 && i < areas.n; i++)
		rc = nvr_buf_addf(
		    &all, &cli.err, "%s%s", i > 0 ? ";" : "", areas.item[i]);
	if (rc == 0 && nvr_mask_parse(all.data, &p->mask, &cli.err) != 0)
		rc = nvr_prefix(&cli.err, "--area");
	if (rc == 0 && p->mask.npolygons == 0)
		rc = nvr_fail(&cli.err, NVR_E_USAGE, "--area: there is none");
	nvr_buf_release(&all);
	if (rc == 0 && output != NULL && output[0] == '\0')
		rc = nvr_fail(&cli.err, NVR_E_USAGE, "-o: no file's name");
	if (rc == 0 && is_std(output) && cli.json)
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "--json is about files: it needs -o FILE");
	if (rc == 0 && is_std(output) && isatty(STDOUT_FILENO))
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "a clip is not for a terminal: use -o FILE, or a pipe");
	return rc;
}

static int
open_input(struct painting *p, const char *file)
{
	if (is_std(file))
		return 0;
	p->from = open(file, O_RDONLY | O_CLOEXEC);
	if (p->from < 0)
		return nvr_fail_errno(
		    &cli.err, NVR_E_NOENT, "cannot open '%s'", file);
	return 0;
}

static void
show(const struct painting *p, const struct nvr_masked_result *r)
{
	struct nvr_out out;

	nvr_out_init(&out, true);
	nvr_out_text(&out, "path", output);
	nvr_out_int(&out, "size_bytes", p->bytes);
	nvr_out_int(&out, "frames", r->frames);
	nvr_out_int(&out, "frames_lost", r->lost);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

static int
paint(struct painting *p, const char *name)
{
	const struct nvr_sink sink = {write_out, p};
	struct nvr_masked_result r;
	int rc = 0;

	if (!is_std(output)) {
		draft_catch();
		rc = nvr_draft_open(&draft, output, &cli.err);
		p->to = draft.fd;
	}
	if (rc != 0)
		return rc;
	if (nvr_masked_write(p->from, &p->mask, &sink, &r, &cli.err) != 0)
		rc = nvr_prefix(&cli.err, "'%s'", name);
	if (!is_std(output) && rc == 0)
		rc = nvr_draft_commit(&draft, &cli.err);
	else if (!is_std(output))
		nvr_draft_drop(&draft);
	if (rc != 0)
		return p->left ? NVR_EXIT_NEGATIVE : rc;
	if (r.lost > 0)
		nvr_warn("'%s': %lld pictures cannot be decoded, and are left "
			 "out",
		    name, (long long)r.lost);
	if (cli.json)
		show(p, &r);
	return r.lost > 0 ? NVR_EXIT_NEGATIVE : 0;
}

static const struct nvr_tool tool = {
    .name = "nvr-mask",
    .summary = "paint over areas of a clip",
    .args = "--area AREA [FILE]",
    .opts = opts,
};

int
main(int argc, char **argv)
{
	struct painting p = {.from = STDIN_FILENO, .to = STDOUT_FILENO};
	const char *file;
	int rc;

	nvr_cli_start(&cli, &tool, argc, argv);
	file = cli.nargs > 0 ? cli.args[0] : NULL;
	if (cli.nargs > 1)
		rc = nvr_fail(&cli.err, NVR_E_USAGE, "one clip at a time");
	else
		rc = check_usage(&p);
	if (rc == 0)
		rc = open_input(&p, file);
	if (rc == 0)
		rc = paint(&p, is_std(file) ? "standard input" : file);
	if (p.from > 0)
		close(p.from);
	if (rc < 0)
		rc = nvr_report(&cli.err);
	return nvr_finish(rc);
}
