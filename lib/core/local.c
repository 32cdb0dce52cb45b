/* The local analyzer at the store; see local.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/keys.h"
#include "core/local.h"
#include "store/baseline.h"

static int
load(struct nvr_state *s, const struct nvr_baseline_key *key,
    struct nvr_baseline **ret, struct nvr_error *err)
{
	struct nvr_column at = {"baseline", "data", key->camera_id};
	struct nvr_buf sealed = {0}, plain = {0};
	int rc = nvr_baseline_get(s->store, key, &sealed, err);

	if (rc == NVR_E_NOENT)
		return nvr_baseline_new(ret, err);
	if (rc == 0)
		rc = nvr_sealed_get(
		    s, 0, &at, sealed.data, sealed.len, &plain, err);
	if (rc == 0)
		rc = nvr_baseline_decode(plain.data, plain.len, ret, err);
	nvr_buf_release(&sealed);
	nvr_buf_release(&plain);
	if (rc == NVR_E_DATA)
		nvr_prefix(err,
		    "the camera's baseline ('nvr-audit baseline reset' makes "
		    "it learn anew)");
	return rc;
}

static int
save(struct nvr_state *s, const struct nvr_baseline_key *key,
    const struct nvr_baseline *b, bool accept, struct nvr_error *err)
{
	struct nvr_column at = {"baseline", "data", key->camera_id};
	struct nvr_buf sealed = {0}, plain = {0};
	struct nvr_baseline_row row = {.key = *key,
	    .samples = nvr_baseline_samples(b),
	    .updated_at = nvr_time_now()};
	int rc = nvr_baseline_encode(b, &plain, err);

	row.accepted_at = accept ? row.updated_at : 0;
	if (rc == 0)
		rc = nvr_sealed_put(
		    s, 0, &at, plain.data, plain.len, &sealed, err);
	row.data = sealed.data;
	row.len = sealed.len;
	if (rc == 0)
		rc = nvr_baseline_put(s->store, &row, err);
	nvr_buf_release(&sealed);
	nvr_buf_release(&plain);
	return rc;
}

void
nvr_local_copy(const struct nvr_local_result *from, struct nvr_local_result *to)
{
	*to = *from;
	for (int i = 0; i < NVR_HEALTH_LABELS; i++)
		to->finding[i].evidence = to->evidence[i];
}

static void
fill(struct nvr_local_result *r)
{
	for (int i = 0; i < NVR_HEALTH_LABELS; i++) {
		const struct nvr_health_check *c = &r->report.check[i];
		bool unknown = c->verdict == NVR_VERDICT_UNKNOWN;

		nvr_health_evidence(&r->report, (enum nvr_health_label)i,
		    r->evidence[i], sizeof(r->evidence[i]));
		r->finding[i] = (struct nvr_finding){
		    .label = nvr_health_label_name((enum nvr_health_label)i),
		    .verdict = nvr_verdict_name(c->verdict),
		    .evidence = r->evidence[i],
		    .confidence = unknown ? NAN : c->confidence,
		    .confidence_method =
			unknown ? NULL : NVR_HEALTH_CONFIDENCE_METHOD,
		    .uncertainty =
			unknown ? nvr_uncertainty_name(c->uncertainty) : NULL,
		};
	}
}

/* What there is to judge a still by. */
struct views {
	struct nvr_baseline_key key; /* of the still's own mode */
	struct nvr_baseline *own;
	struct nvr_baseline *other; /* of the other mode; NULL: not wanted */
};

/*
 * A still without colour may be an infrared one, or a grey cloth over the
 * lens.  So while a mode is learning, its stills are judged by the other
 * mode's baseline, where that is ready, and only what is healthy by it
 * teaches; unless someone accepted the new view.
 */
static int
load_views(struct nvr_state *s, struct views *v, struct nvr_error *err)
{
	struct nvr_baseline_key key = v->key;
	int64_t accepted = 0;
	int rc = load(s, &v->key, &v->own, err);

	if (rc != 0 || nvr_baseline_samples(v->own) >= NVR_BASELINE_READY)
		return rc;
	rc = nvr_baseline_accepted(s->store, &v->key, &accepted, err);
	if (rc != 0 || accepted != 0)
		return rc;
	key.mode = strcmp(key.mode, "day") == 0 ? "infrared" : "day";
	rc = load(s, &key, &v->other, err);
	if (rc == 0 && nvr_baseline_samples(v->other) < NVR_BASELINE_READY) {
		nvr_baseline_free(v->other);
		v->other = NULL;
	}
	return rc;
}

/* Of the baselines of one camera and resolution the one with most samples. */
struct most {
	const struct nvr_baseline_key *key;
	int64_t samples;
	bool infrared;
};

static int
compare_samples(void *ctx, const struct nvr_baseline_row *row)
{
	struct most *m = ctx;

	if (row->key.width == m->key->width &&
	    row->key.height == m->key->height && row->samples > m->samples) {
		m->samples = row->samples;
		m->infrared = strcmp(row->key.mode, "infrared") == 0;
	}
	return 0;
}

/*
 * A grey scene by day would go to and fro between the modes and learn neither:
 * it belongs to the one that knows it best, at first to the day.
 */
static int
choose_mode(struct nvr_state *s, struct nvr_baseline_key *key,
    const struct nvr_luma *luma, struct nvr_error *err)
{
	struct most m = {key, -1, false};
	int rc = 0;

	if (nvr_luma_is_colourless(luma))
		rc = nvr_baseline_each(
		    s->store, key->camera_id, compare_samples, &m, err);
	else
		m.infrared = nvr_luma_is_infrared(luma);
	key->mode = m.infrared ? "infrared" : "day";
	return rc;
}

int
nvr_local_judge(struct nvr_state *s, int64_t camera,
    const struct nvr_luma *luma, bool learn, struct nvr_local_result *ret,
    struct nvr_error *err)
{
	struct views v = {
	    .key = {camera, luma->source_width, luma->source_height, NULL}};
	static struct nvr_features f; /* large */
	int rc = choose_mode(s, &v.key, luma, err);

	if (rc == 0)
		rc = load_views(s, &v, err);
	if (rc != 0)
		goto out;
	ret->mode = v.key.mode;
	nvr_features_measure(luma, &f);
	nvr_health_judge(v.other != NULL ? v.other : v.own, &f, &ret->report);
	ret->learning =
	    v.other == NULL && nvr_baseline_samples(v.own) < NVR_BASELINE_READY;
	fill(ret);
	nvr_baseline_look(v.own, &f);
	if (learn && nvr_health_may_learn(&ret->report))
		nvr_baseline_learn(v.own, &f);
	rc = save(s, &v.key, v.own, false, err);
out:
	nvr_baseline_free(v.own);
	nvr_baseline_free(v.other);
	return rc;
}

int
nvr_local_refer(struct nvr_state *s, int64_t camera, const void *jpeg,
    size_t len, int64_t still, struct nvr_error *err)
{
	struct nvr_luma *luma = malloc(sizeof(*luma));
	struct nvr_luma_reader *reader = NULL;
	struct nvr_baseline_key key = {.camera_id = camera};
	int rc = luma != NULL ? nvr_luma_reader_new(&reader, err)
			      : nvr_fail_nomem(err);

	if (rc == 0)
		rc = nvr_luma_read(reader, jpeg, len, luma, err);
	if (rc == 0) {
		key.width = luma->source_width;
		key.height = luma->source_height;
		rc = choose_mode(s, &key, luma, err);
	}
	if (rc == 0)
		rc = nvr_baseline_refer(s->store, &key, still, err);
	if (rc == NVR_E_NOENT)
		rc = nvr_fail(err, NVR_E_AGAIN,
		    "there is no baseline yet of %d x %d %s stills", key.width,
		    key.height, key.mode);
	nvr_luma_reader_free(reader);
	free(luma);
	return rc;
}

struct accept {
	struct nvr_state *s;
	struct nvr_baseline_key key[32];
	char mode[32][16];
	int n, ready;
};

static int
collect(void *ctx, const struct nvr_baseline_row *row)
{
	struct accept *a = ctx;

	strlcpy(a->mode[a->n], row->key.mode, sizeof(a->mode[0]));
	a->key[a->n] = row->key;
	a->key[a->n].mode = a->mode[a->n];
	a->ready += row->samples >= NVR_BASELINE_READY;
	return ++a->n == 32;
}

int
nvr_local_accept(
    struct nvr_state *s, int64_t camera, int *n, struct nvr_error *err)
{
	struct accept a = {.s = s};
	struct nvr_baseline *b;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_baseline_each(s->store, camera, collect, &a, err);
	/* Without one that is ready there is nothing to approve yet. */
	if (a.ready == 0)
		a.n = 0;
	for (int i = 0; rc >= 0 && i < a.n; i++) {
		rc = load(s, &a.key[i], &b, err);
		if (rc != 0)
			break;
		if (nvr_baseline_samples(b) >= NVR_BASELINE_READY)
			rc = nvr_baseline_accept(b, err);
		if (rc == 0)
			rc = save(s, &a.key[i], b, true, err);
		nvr_baseline_free(b);
	}
	/* What was the reference is not what the camera is like now. */
	if (rc >= 0 && a.n > 0)
		rc = nvr_baseline_unrefer(s->store, camera, err);
	if (rc >= 0)
		rc = nvr_store_commit(s->store, err);
	if (rc < 0)
		nvr_store_rollback(s->store);
	*n = a.n;
	return rc < 0 ? rc : 0;
}
