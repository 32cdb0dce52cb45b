/* nvr-retain report: the record of processing activities. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/article30.h"

#include "nvr-retain.h"
#include "open.h"

static int
choose_format(enum nvr_paper_format *ret)
{
	static const char *const words[] = {"html", "text", "json"};

	*ret = cli.json ? NVR_PAPER_JSON : NVR_PAPER_TEXT;
	if (opt.format == NULL)
		return 0;
	for (int i = 0; i < 3; i++) {
		if (strcmp(opt.format, words[i]) != 0)
			continue;
		if (cli.json && i != NVR_PAPER_JSON)
			return nvr_fail(&cli.err, NVR_E_USAGE,
			    "--json and --format contradict each other");
		*ret = (enum nvr_paper_format)i;
		return 0;
	}
	return nvr_fail(&cli.err, NVR_E_USAGE,
	    "--format is html, text or json, not '%s'", opt.format);
}

int
retain_report(struct nvr_cli *c, int argc, char **argv)
{
	const struct nvr_article30 a = {.now = nvr_time_now(),
	    .version = NVR_VERSION,
	    .seal = c->conf.seal,
	    .tls12 = c->conf.tls12,
	    .models = c->conf.model,
	    .nmodels = c->conf.nmodel};
	enum nvr_paper_format format;
	struct nvr_state *s = NULL;
	struct nvr_buf text = {0};
	int rc = choose_format(&format);

	(void)argc, (void)argv;
	if (rc == 0 && !opt.article30)
		rc = nvr_fail(&c->err, NVR_E_USAGE,
		    "say which report: --article30 is the one there is");
	if (rc == 0)
		rc = nvr_open_made(c, NVR_STATE_LOOK, &s);
	if (rc == 0)
		rc = nvr_article30(s, &a, format, &text, &c->err);
	if (rc == 0) /* why it failed is nvr_finish's to say */
		(void)!fwrite(text.data, 1, text.len, stdout);
	nvr_buf_wipe(&text);
	nvr_state_close(s);
	return rc;
}
