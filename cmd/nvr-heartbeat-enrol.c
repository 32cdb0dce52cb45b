/* nvr-heartbeat enrol, status, leave. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/alone.h"
#include "core/keyfile.h"
#include "seal/sshsig.h"

#include "nvr-heartbeat.h"

static void
show_enrolled(
    struct nvr_cli *c, const char *url, const struct nvr_beat_enrolled *e)
{
	struct nvr_out out;

	nvr_out_init(&out, c->json);
	nvr_out_text(&out, "action", "enrolled");
	nvr_out_text(&out, "portal", url);
	nvr_out_id(&out, "recorder", e->recorder);
	nvr_out_bool(&out, "waits", e->waits);
	nvr_out_bool(&out, "replaces", e->replaces);
	nvr_out_end(&out);
	nvr_out_flush(&out);
	if (e->replaces)
		nvr_note(c,
		    "it takes the place of another recorder, and gets its "
		    "cameras");
	if (e->waits)
		nvr_note(c, "somebody has to approve it at the portal");
}

/* The portal is asked by who holds the lock. */
static int
open_locked(struct nvr_cli *c, bool make, struct nvr_state **s, int *lock)
{
	int rc = make ? nvr_open(c, 0, s) : nvr_open_made(c, 0, s);

	return rc == 0 ? nvr_alone(*s, NVR_ENROLMENT_LOCK, lock, &c->err) : rc;
}

int
heartbeat_enrol(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_enrolling e = {.url = argv[0],
	    .code = argv[1],
	    .pin = opt.pin != NULL ? opt.pin : "",
	    .tls_ca = "",
	    .root = "",
	    .deadline = heartbeat_deadline()};
	struct nvr_beat_enrolled done;
	char ca[PATH_MAX];
	struct nvr_state *s = NULL;
	struct nvr_buf code = {0};
	int lock = -1, rc = 0;

	(void)argc;
	if (opt.tls_ca != NULL) {
		/* It is read each time, wherever that is. */
		if (realpath(opt.tls_ca, ca) == NULL)
			return nvr_fail_errno(&c->err, 0,
			    "--tls-ca: cannot open '%s'", opt.tls_ca);
		e.tls_ca = ca;
	}
	if (strcmp(argv[1], "-") == 0) {
		rc = nvr_secret_read(c, "-", "", "code", &code);
		e.code = code.data;
	}
	/* Nor is a store made for what is none. */
	if (rc == 0)
		rc = nvr_enrol_check(&e, &c->err);
	if (rc == 0)
		rc = open_locked(c, true, &s, &lock);
	if (rc == 0)
		rc = nvr_enrol(s, &e, &done, &c->err);
	if (rc == 0)
		show_enrolled(c, argv[0], &done);
	nvr_buf_wipe(&code);
	nvr_alone_end(lock);
	nvr_state_close(s);
	return rc;
}

static int
key_of(
    struct nvr_state *s, char text[NVR_SIGN_FINGERPRINT], struct nvr_error *err)
{
	uint8_t seed[NVR_ACCOUNT_KEY_LEN], public[NVR_SIGN_KEY_LEN];
	int rc = nvr_key_file(s, "recorder", false, seed, err);

	if (rc == 0)
		rc = nvr_sign_public(seed, public, err);
	explicit_bzero(seed, sizeof(seed));
	return rc == 0 ? nvr_sign_fingerprint(public, text, err) : rc;
}

/* Thresholds of alerts that the portal has set: `storage-low percent=10`. */
static void
show_alerts(struct nvr_out *out, bool json, json_t *settings)
{
	json_t *list = json_object_get(settings, "alerts"), *one, *v;
	const char *key;
	char text[256];
	size_t i;

	if (json) {
		nvr_out_json(out, "alerts",
		    list != NULL ? json_incref(list) : json_array());
		return;
	}
	json_array_foreach(list, i, one)
	{
		strlcpy(text, json_string_value(json_object_get(one, "kind")),
		    sizeof(text));
		json_object_foreach(one, key, v)
		{
			char *said = json_dumps(v, JSON_ENCODE_ANY);

			if (strcmp(key, "kind") != 0 && said != NULL) {
				strlcat(text, " ", sizeof(text));
				strlcat(text, key, sizeof(text));
				strlcat(text, "=", sizeof(text));
				strlcat(text, said, sizeof(text));
			}
			free(said);
		}
		nvr_out_text(out, "alert", text);
	}
}

/* Until when the portal is; 0: it need not. */
static int64_t
left_alone(const struct nvr_enrolment *e)
{
	int64_t left = e->wait_until - nvr_time_now();

	return left > 0 && left <= NVR_HEARTBEAT_WAIT ? e->wait_until : 0;
}

static void
show_status(struct nvr_cli *c, const struct nvr_enrolment *e, const char *key,
    int64_t waiting, const struct nvr_beat_settings *set)
{
	json_t *settings = nvr_beat_settings_json(set);
	struct nvr_out out;

	nvr_out_init_record(&out, c->json);
	nvr_out_text(&out, "portal", e->url);
	nvr_out_id(&out, "recorder", e->recorder);
	nvr_out_text(&out, "key", key[0] != '\0' ? key : NULL);
	nvr_out_text(&out, "pin", e->pin[0] != '\0' ? e->pin : NULL);
	nvr_out_text(&out, "tls_ca", e->tls_ca[0] != '\0' ? e->tls_ca : NULL);
	nvr_out_time(&out, "enrolled_at", e->enrolled_at);
	nvr_out_time(&out, "tried_at", e->tried_at);
	nvr_out_time(&out, "sent_at", e->sent_at);
	nvr_out_time(&out, "wait_until", left_alone(e));
	nvr_out_int(&out, "waiting", waiting);
	nvr_out_text(&out, "error", e->error[0] != '\0' ? e->error : NULL);
	nvr_out_int(&out, "retain_ms", e->retain_us / NVR_MILLISECOND);
	nvr_out_int(&out, "retain_bytes", e->retain_bytes);
	show_alerts(&out, c->json, settings);
	nvr_out_end(&out);
	nvr_out_flush(&out);
	json_decref(settings);
}

/* The last report was taken: it is what status is asked for. */
static bool
is_heard(const struct nvr_enrolment *e)
{
	return e->error[0] == '\0' && e->sent_at != 0 &&
	       e->tried_at <= e->sent_at;
}

int
heartbeat_status(struct nvr_cli *c, int argc, char **argv)
{
	char key[NVR_SIGN_FINGERPRINT] = "";
	struct nvr_beat_settings set = {.version = 0};
	struct nvr_enrolment e = {0};
	struct nvr_state *s = NULL;
	struct nvr_error why;
	bool keyless = false;
	int64_t waiting = 0;
	int rc = nvr_open_made(c, NVR_STATE_LOOK, &s);

	(void)argc, (void)argv;
	if (rc == 0)
		rc = nvr_enrolment_get(s->store, &e, &c->err);
	if (rc == 0)
		rc = nvr_unsent_count(s->store, &waiting, &c->err);
	if (rc == 0)
		rc = nvr_enrolment_rule_each(
		    s->store, nvr_beat_settings_lay, &set, &c->err);
	if (rc == 0 && key_of(s, key, &why) != 0) {
		nvr_note(c, "%s", why.text);
		keyless = true;
	}
	if (rc == 0)
		show_status(c, &e, key, waiting, &set);
	nvr_state_close(s);
	return rc == 0 && (keyless || !is_heard(&e)) ? NVR_EXIT_NEGATIVE : rc;
}

int
heartbeat_leave(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int lock = -1, rc = open_locked(c, false, &s, &lock);

	(void)argc, (void)argv;
	if (rc == 0)
		rc = nvr_leave(s, &c->err);
	if (rc == 0)
		nvr_note(c, "the portal is not told, and misses this recorder "
			    "until it is revoked there");
	nvr_alone_end(lock);
	nvr_state_close(s);
	return rc;
}
