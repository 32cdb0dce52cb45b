/* nvr-audit: what options, schedules and nvr.conf say is asked. */
#include <string.h>

#include "base/money.h"

#include "nvr-audit.h"

#define PROMPT_MOST 8000

int
audit_prompt(const char *prompt, const char **ret)
{
	static struct nvr_buf text;

	return nvr_lines_read(
	    "prompt", prompt, PROMPT_MOST, &text, ret, &cli.err);
}

/* A question that nobody is asked must not look as if it was answered. */
static int
check_unasked(const struct nvr_asking *q, const struct audit_wish *w)
{
	const char *what = NULL;

	if (w->model != NULL)
		what = "--model";
	else if (w->agentic)
		what = "--agentic";
	else if (w->prompt != NULL && strcmp(q->analyzer, "local") == 0)
		what = "--prompt";
	else if (w->samples > 1)
		what = "--samples";
	else if (w->skip_unchanged)
		what = "--skip-unchanged";
	else if (opt.tokens > 0 || opt.cost != NULL)
		what = "--max-tokens or --max-cost";
	if (what == NULL)
		return 0;
	return nvr_fail(&cli.err, NVR_E_USAGE,
	    "%s: the analyzer '%.60s' asks no model; name one with --model",
	    what, q->analyzer);
}

/* What the profile says, where no option does. */
static int
set_bounds(struct nvr_asking *q, const struct nvr_model *m)
{
	int64_t cost = q->agentic ? m->cost : -1;

	if (opt.cost != NULL && nvr_money_parse(opt.cost, &cost, &cli.err) != 0)
		return nvr_prefix(&cli.err, "--max-cost");
	q->max_micros = cost;
	q->max_tokens = opt.tokens > 0 ? opt.tokens
			: q->agentic   ? m->tokens
				       : -1;
	q->steps = (int)(opt.steps > 0 ? opt.steps : m->steps);
	q->stills = (int)(opt.stills > 0 ? opt.stills : m->stills);
	q->time = opt.time > 0 ? opt.time : m->time;
	return 0;
}

int
audit_asking(struct nvr_asking *q, const struct audit_wish *w)
{
	const char *model = w->model != NULL ? w->model : cli.conf.use_model;
	int rc;

	q->prompt = w->prompt;
	q->analyzer = w->analyzer != NULL	       ? w->analyzer
		      : w->model != NULL || w->agentic ? "openai"
						       : cli.conf.analyzer;
	q->learn = !opt.no_learn;
	q->agentic = w->agentic;
	q->skip_unchanged = w->skip_unchanged;
	q->samples = w->samples > 0 ? (int)w->samples : 1;
	q->tier = &cli.conf.tier[cli.conf.tier_used];
	q->tiers = cli.conf.tier;
	q->ntiers = NVR_TIERS;
	if (strcmp(q->analyzer, "openai") != 0)
		return check_unasked(q, w);
	rc = nvr_conf_model(&cli.conf, model, &q->model, &cli.err);
	return rc == 0 ? set_bounds(q, q->model) : rc;
}
