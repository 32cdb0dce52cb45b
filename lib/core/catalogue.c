/* What a model server offers; see catalogue.h. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/catalogue.h"

struct listing {
	struct nvr_host *host;
	int (*row)(void *ctx, const struct nvr_model_offer *offer);
	void *ctx;
	int rc;
	struct nvr_error *err;
};

/* What the server says is wrong: as an answer to a question has it. */
static int
refuse(struct listing *l, const struct nvr_loop_answer *answer)
{
	struct nvr_chat_answer a;

	nvr_chat_read(
	    answer->http, answer->content_type, answer->body, answer->len, &a);
	*l->err = a.why;
	nvr_chat_answer_release(&a);
	return nvr_prefix(l->err, "%s", nvr_host_name(l->host));
}

/* `2027-01-14`, midnight UTC; 0 for what is no day. */
static int64_t
read_day(const char *text, struct nvr_error *ignored)
{
	char moment[32];
	int64_t t = 0;

	if (text == NULL || strlen(text) != 10)
		return 0;
	snprintf(moment, sizeof(moment), "%sT00:00:00Z", text);
	return nvr_time_parse(moment, 0, &t, ignored) == 0 ? t : 0;
}

static int
read_offer(struct listing *l, json_t *o)
{
	struct nvr_error ignored;
	json_int_t created = json_integer_value(json_object_get(o, "created"));
	struct nvr_model_offer offer = {
	    .id = json_string_value(json_object_get(o, "id")),
	    .owned_by = json_string_value(json_object_get(o, "owned_by")),
	    .shutdown_at =
		read_day(json_string_value(json_object_get(o, "shutdown_date")),
		    &ignored)};

	if (created > 0 && created < NVR_TIME_MAX / NVR_SECOND)
		offer.created_at = created * NVR_SECOND;
	if (offer.id == NULL || !nvr_text_printable(offer.id) ||
	    strlen(offer.id) > 200)
		return nvr_fail(l->err, NVR_E_DATA,
		    "%s: a model without a usable id is on its list",
		    nvr_host_name(l->host));
	return l->row(l->ctx, &offer);
}

static void
done(void *ctx, const struct nvr_loop_answer *answer,
    const struct nvr_error *err)
{
	struct listing *l = ctx;
	json_t *root, *data, *o;
	size_t i;

	if (answer->code != 0) {
		*l->err = *err;
		l->rc = answer->code;
		return;
	}
	if (answer->http < 200 || answer->http >= 300) {
		l->rc = refuse(l, answer);
		return;
	}
	root = nvr_chat_load(answer->body, answer->len);
	data = json_object_get(root, "data");
	if (!json_is_array(data))
		l->rc = nvr_fail(l->err, NVR_E_DATA,
		    "%s does not answer /models with a list of models",
		    nvr_host_name(l->host));
	json_array_foreach(data, i, o)
	{
		if (l->rc == 0)
			l->rc = read_offer(l, o);
	}
	json_decref(root);
}

int
nvr_catalogue_each(struct nvr_host *host,
    int (*row)(void *ctx, const struct nvr_model_offer *offer), void *ctx,
    struct nvr_error *err)
{
	struct listing l = {.host = host, .row = row, .ctx = ctx, .err = err};
	struct nvr_loop_request req;
	struct nvr_loop *loop = NULL;
	int rc = nvr_host_request(host, "/models", NULL, 0, &req, err);

	if (rc == 0)
		rc = nvr_loop_open(&loop, err);
	if (rc == 0)
		rc = nvr_loop_send(loop, &req, done, &l, err);
	while (rc == 0 && nvr_loop_pending(loop) > 0)
		rc = nvr_loop_turn(loop, NVR_SECOND, err);
	nvr_loop_close(loop);
	return rc == 0 ? l.rc : rc;
}
