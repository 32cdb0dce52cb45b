/* Many requests on one thread; see loop.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "net/loop_int.h"

struct timer {
	struct timer *next;
	int64_t at;
	void (*call)(void *ctx);
	void *ctx;
};

struct watch {
	int fd;
	bool ready;
	void (*call)(void *ctx);
	void *ctx;
};

struct nvr_loop {
	CURLM *multi;
	LIST_HEAD(nvr_loop_items, nvr_loop_item) items;
	struct timer *timers; /* by time, the next one first */
	struct timer *due;    /* of this turn */
	struct watch *watches;
	struct curl_waitfd *fds; /* as many */
	unsigned nwatches;
	int pending;
	bool closing;
};

int
nvr_loop_open(struct nvr_loop **ret, struct nvr_error *err)
{
	struct nvr_loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return nvr_fail_nomem(err);
	nvr_curl_init();
	loop->multi = curl_multi_init();
	if (loop->multi == NULL) {
		free(loop);
		return nvr_fail_nomem(err);
	}
	LIST_INIT(&loop->items);
	*ret = loop;
	return 0;
}

static int
check_open(const struct nvr_loop *loop, struct nvr_error *err)
{
	return loop->closing ? nvr_fail(err, NVR_E_UNAVAILABLE, "given up") : 0;
}

int
nvr_loop_send(struct nvr_loop *loop, const struct nvr_loop_request *req,
    nvr_loop_done *done, void *ctx, struct nvr_error *err)
{
	struct nvr_loop_item *it;
	int rc = check_open(loop, err);

	if (rc == 0)
		rc = nvr_loop_item_new(req, &it, err);
	if (rc != 0)
		return rc;
	it->done = done;
	it->ctx = ctx;
	if (curl_multi_add_handle(loop->multi, it->easy) != CURLM_OK) {
		nvr_loop_item_free(it);
		return nvr_fail_nomem(err);
	}
	LIST_INSERT_HEAD(&loop->items, it, link);
	loop->pending++;
	return 0;
}

/* The handle goes first, so that the callback can use its connection again. */
static void
finish(struct nvr_loop *loop, struct nvr_loop_item *it, CURLcode rc)
{
	curl_multi_remove_handle(loop->multi, it->easy);
	LIST_REMOVE(it, link);
	loop->pending--;
	nvr_loop_item_end(it, rc);
	it->done(it->ctx, &it->answer, &it->err);
	nvr_loop_item_free(it);
}

int
nvr_loop_at(struct nvr_loop *loop, int64_t at, void (*call)(void *ctx),
    void *ctx, struct nvr_error *err)
{
	struct timer *t, **where = &loop->timers;
	int rc = check_open(loop, err);

	if (rc != 0)
		return rc;
	t = malloc(sizeof(*t));
	if (t == NULL)
		return nvr_fail_nomem(err);
	while (*where != NULL && (*where)->at <= at)
		where = &(*where)->next;
	*t = (struct timer){*where, at, call, ctx};
	*where = t;
	loop->pending++;
	return 0;
}

void
nvr_loop_cancel(struct nvr_loop *loop, void (*call)(void *ctx), void *ctx)
{
	struct timer **lists[] = {&loop->timers, &loop->due}, *t;

	for (int i = 0; i < 2; i++)
		for (struct timer **p = lists[i]; (t = *p) != NULL;) {
			if (t->call != call || t->ctx != ctx) {
				p = &t->next;
				continue;
			}
			*p = t->next;
			loop->pending--;
			free(t);
		}
}

/* Those that are due now; what they add waits for the next turn. */
static void
ring(struct nvr_loop *loop, int64_t now)
{
	struct timer **end = &loop->timers, *t;

	while (*end != NULL && (*end)->at <= now)
		end = &(*end)->next;
	if (end == &loop->timers)
		return;
	loop->due = loop->timers;
	loop->timers = *end;
	*end = NULL;
	while ((t = loop->due) != NULL) {
		loop->due = t->next;
		loop->pending--;
		t->call(t->ctx);
		free(t);
	}
}

int
nvr_loop_watch(struct nvr_loop *loop, int fd, void (*call)(void *ctx),
    void *ctx, struct nvr_error *err)
{
	struct curl_waitfd *fds;
	struct watch *w;
	unsigned i = 0;

	while (i < loop->nwatches && loop->watches[i].fd != fd)
		i++;
	if (call == NULL) {
		if (i < loop->nwatches)
			loop->watches[i] = loop->watches[--loop->nwatches];
		return 0;
	}
	if (i == loop->nwatches) {
		w = reallocarray(loop->watches, i + 1, sizeof(*w));
		if (w != NULL)
			loop->watches = w;
		fds = reallocarray(loop->fds, i + 1, sizeof(*fds));
		if (fds != NULL)
			loop->fds = fds;
		if (w == NULL || fds == NULL)
			return nvr_fail_nomem(err);
		loop->nwatches++;
	}
	loop->watches[i] = (struct watch){fd, false, call, ctx};
	return 0;
}

/* Any callback may change the list, so each look begins anew. */
static void
look(struct nvr_loop *loop)
{
	for (unsigned i = 0; i < loop->nwatches;) {
		struct watch *w = &loop->watches[i++];

		if (!w->ready)
			continue;
		w->ready = false;
		w->call(w->ctx);
		i = 0;
	}
}

int
nvr_loop_pending(const struct nvr_loop *loop)
{
	return loop->pending;
}

bool
nvr_loop_closing(const struct nvr_loop *loop)
{
	return loop->closing;
}

static int
check_multi(CURLMcode rc, struct nvr_error *err)
{
	if (rc == CURLM_OK)
		return 0;
	if (rc == CURLM_OUT_OF_MEMORY)
		return nvr_fail_nomem(err);
	return nvr_fail(err, NVR_E_IO, "cannot wait for the network: %s",
	    curl_multi_strerror(rc));
}

/* A signal ends it early. */
static int
await(struct nvr_loop *loop, int64_t most, struct nvr_error *err)
{
	int64_t left;
	CURLMcode rc;

	if (loop->timers != NULL) {
		left = loop->timers->at - nvr_time_monotonic();
		most = left < most ? left : most;
	}
	most = most > 0 ? (most + 999) / 1000 : 0;
	for (unsigned i = 0; i < loop->nwatches; i++)
		loop->fds[i] = (struct curl_waitfd){
		    .fd = loop->watches[i].fd, .events = CURL_WAIT_POLLIN};
	rc = curl_multi_poll(loop->multi, loop->fds, loop->nwatches,
	    most < INT_MAX ? (int)most : INT_MAX, NULL);
	for (unsigned i = 0; rc == CURLM_OK && i < loop->nwatches; i++)
		loop->watches[i].ready = loop->fds[i].revents != 0;
	return check_multi(rc, err);
}

static int
transfer(struct nvr_loop *loop, struct nvr_error *err)
{
	struct nvr_loop_item *it;
	CURLMsg *msg;
	int n, rc;

	rc = check_multi(curl_multi_perform(loop->multi, &n), err);
	while (rc == 0 && (msg = curl_multi_info_read(loop->multi, &n))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &it);
		finish(loop, it, msg->data.result);
	}
	return rc;
}

int
nvr_loop_turn(struct nvr_loop *loop, int64_t most, struct nvr_error *err)
{
	int rc = await(loop, most, err);

	if (rc == 0)
		rc = transfer(loop, err);
	if (rc != 0)
		return rc;
	ring(loop, nvr_time_monotonic());
	look(loop);
	return 0;
}

void
nvr_loop_close(struct nvr_loop *loop)
{
	struct nvr_loop_item *it;

	if (loop == NULL)
		return;
	loop->closing = true;
	loop->nwatches = 0;
	while ((it = LIST_FIRST(&loop->items)) != NULL) {
		nvr_fail(&it->err, NVR_E_UNAVAILABLE, "given up");
		finish(loop, it, CURLE_ABORTED_BY_CALLBACK);
	}
	ring(loop, INT64_MAX);
	curl_multi_cleanup(loop->multi);
	free(loop->watches);
	free(loop->fds);
	free(loop);
}
