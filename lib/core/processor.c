/* Who receives data; see processor.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/jurisdiction.h"
#include "base/time.h"
#include "base/url.h"
#include "core/log.h"
#include "core/processor.h"
#include "core/register.h"

#define HOST 256

/* The register, as far as hosts go. */
struct named {
	char host[HOST];
	int64_t until; /* 0: still */
	bool same;     /* the name that is looked for, and not ended */
};

struct hosts {
	const struct nvr_processor *wanted; /* or NULL */
	struct named *item;
	size_t n, cap;
	struct nvr_error *err;
};

static int
add_host(void *ctx, const struct nvr_processor *p)
{
	struct hosts *h = ctx;
	struct named *to;

	if (h->n == h->cap) {
		size_t cap = h->cap * 2 + 16;

		to = reallocarray(h->item, cap, sizeof(*to));
		if (to == NULL)
			return nvr_fail_nomem(h->err);
		h->item = to;
		h->cap = cap;
	}
	to = &h->item[h->n++];
	strlcpy(to->host, p->host, sizeof(to->host));
	to->until = p->until;
	to->same = h->wanted != NULL && p->until == 0 &&
		   strcmp(p->name, h->wanted->name) == 0 &&
		   strcasecmp(p->host, h->wanted->host) == 0;
	return 0;
}

/* A name with or without its port: no URL, no blanks. */
static int
check_host(const char *host, struct nvr_error *err)
{
	if (strlen(host) >= HOST || strpbrk(host, " /?#@") != NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "the host is a name, as api.example.org, and no URL");
	return 0;
}

static int
check(const struct nvr_processor *p, struct nvr_error *err)
{
	int rc = nvr_check_line("the name", p->name, err);

	if (rc == 0)
		rc = nvr_check_line("the purpose", p->purpose, err);
	if (rc == 0)
		rc = nvr_check_line("what data", p->data, err);
	if (rc == 0 && p->host[0] != '\0')
		rc = nvr_check_line("the host", p->host, err);
	return rc == 0 ? check_host(p->host, err) : rc;
}

int
nvr_processor_add(struct nvr_state *s, const struct nvr_processor *p,
    int64_t *id, struct nvr_error *err)
{
	struct nvr_processor full = *p;
	struct hosts h = {.wanted = p, .err = err};
	char code[NVR_JURISDICTION];
	int rc = check(p, err);

	if (rc == 0)
		rc = nvr_jurisdiction_parse(
		    p->jurisdiction != NULL ? p->jurisdiction : "", code, err);
	full.jurisdiction = code;
	/* Within the EEA nothing is transferred that could need one. */
	if (rc == 0 && p->safeguard == NULL && nvr_jurisdiction_eea(code))
		full.safeguard = "none";
	if (rc == 0)
		rc = nvr_check_line(
		    "the safeguard of a transfer", full.safeguard, err);
	if (rc == 0)
		rc = nvr_processor_each(s->store, add_host, &h, err);
	for (size_t i = 0; rc == 0 && i < h.n; i++)
		if (h.item[i].same)
			rc = nvr_fail(err, NVR_E_CREATE,
			    "'%s' is in the register, with that host", p->name);
	free(h.item);
	full.id = nvr_id_new();
	full.since = nvr_time_now();
	if (rc == 0)
		rc = nvr_processor_insert(s->store, &full, err);
	if (rc == 0)
		rc = nvr_log_append(s, 0, "processor.added",
		    json_pack("{so ss ss}", "id", nvr_register_id(full.id),
			"name", full.name, "host", full.host),
		    err);
	if (rc == 0)
		*id = full.id;
	return rc;
}

int
nvr_processor_end(struct nvr_state *s, const char *name, const char *host,
    struct nvr_error *err)
{
	int n = 0;
	int rc =
	    nvr_processor_until(s->store, name, host, nvr_time_now(), &n, err);

	if (rc == 0 && n == 0)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "no processor '%s' that has not ended; 'nvr-account "
		    "processors list' shows them",
		    name);
	if (rc != 0)
		return rc;
	return nvr_log_append(s, 0, "processor.ended",
	    json_pack("{ss ss*}", "name", name, "host", host), err);
}

/* `exec:` is a program of this machine, as is a server on its loopback. */
static bool
is_here(const char *host)
{
	char url[HOST + 16];

	snprintf(url, sizeof(url), "http://%s", host);
	return strncmp(host, "exec:", 5) == 0 || nvr_url_is_loopback(url);
}

/* Nobody asks it: it wants a key and has none, as the one that comes with us.
 */
static bool
is_idle(const struct nvr_model *m)
{
	return m->key_file[0] == '\0' &&
	       (m->api == NVR_API_OPENAI || m->api == NVR_API_AZURE);
}

/* Named for that time: with its port, or for all ports of the host. */
static bool
is_named(const struct hosts *h, const char *host, int64_t at)
{
	const char *port = strrchr(host, ':');
	size_t len = port != NULL && strchr(port, ']') == NULL
			 ? (size_t)(port - host)
			 : strlen(host);

	for (size_t i = 0; i < h->n; i++) {
		const struct named *n = &h->item[i];

		if (n->until != 0 && n->until < at)
			continue;
		if (strcasecmp(n->host, host) == 0 ||
		    (strlen(n->host) == len &&
			strncasecmp(n->host, host, len) == 0))
			return true;
	}
	return false;
}

struct unknown {
	struct hosts *hosts;
	int (*row)(void *ctx, const struct nvr_recipient *r);
	void *ctx;
};

static int
look(void *ctx, const struct nvr_destination *d)
{
	struct unknown *u = ctx;
	const struct nvr_recipient r = {.host = d->host,
	    .pictures = d->pictures,
	    .first = d->first,
	    .last = d->last};

	if (is_here(d->host) || is_named(u->hosts, d->host, d->last))
		return 0;
	return u->row(u->ctx, &r);
}

int
nvr_processor_each_unknown(struct nvr_state *s, const struct nvr_model *models,
    int nmodels, int (*row)(void *ctx, const struct nvr_recipient *r),
    void *ctx, struct nvr_error *err)
{
	struct hosts h = {.err = err};
	struct unknown u = {&h, row, ctx};
	int64_t now = nvr_time_now();
	int rc = nvr_processor_each(s->store, add_host, &h, err);

	if (rc == 0)
		rc = nvr_destination_each(s->store, look, &u, err);
	for (int i = 0; rc == 0 && i < nmodels; i++) {
		char host[HOST];
		const struct nvr_recipient r = {
		    .host = nvr_url_host(models[i].url, host, sizeof(host)),
		    .model = models[i].name};

		if (host[0] != '\0' && !is_here(host) && !is_idle(&models[i]) &&
		    !is_named(&h, host, now))
			rc = row(ctx, &r);
	}
	free(h.item);
	return rc;
}
