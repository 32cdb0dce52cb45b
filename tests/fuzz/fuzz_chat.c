/* What a server of models answers, and the verdict in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/chat.h"
#include "core/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
require(bool b)
{
	if (!b)
		abort();
}

static void
read_verdict(const char *content)
{
	struct nvr_checks checks;
	struct nvr_verdict v;
	struct nvr_error err;

	require(nvr_checks_parse("gate-open: Is the gate open?\n"
				 "person-at-door: Is somebody at the door?",
		    &checks, &err) == 0);
	if (nvr_verdict_read(&checks, content, &v, &err) == 0) {
		require(v.findings.n >= 2);
		for (size_t i = 0; i < v.findings.n; i++) {
			const struct nvr_finding *f = &v.findings.item[i];

			require(f->confidence >= 0 && f->confidence <= 1);
			require(nvr_text_printable(f->evidence));
			require(nvr_text_printable(f->label));
		}
		nvr_verdict_release(&v);
	} else {
		require(nvr_text_printable(err.text));
	}
	nvr_checks_release(&checks);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const long http[] = {200, 400, 429, 500};
	struct nvr_chat_answer a;
	struct nvr_checks checks;
	struct nvr_error err;
	char *text;

	if (len == 0)
		return 0;
	nvr_chat_read(
	    http[data[0] % 4], "application/json", (const char *)data, len, &a);
	require(a.status != NULL && nvr_text_printable(a.why.text));
	if (a.content != NULL)
		read_verdict(a.content);
	nvr_chat_answer_release(&a);
	text = strndup((const char *)data, len);
	require(text != NULL);
	read_verdict(text);
	if (nvr_checks_parse(text, &checks, &err) == 0)
		nvr_checks_release(&checks);
	free(text);
	return 0;
}
