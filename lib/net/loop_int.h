/* What the files of the loop share; see loop.h. */
#ifndef NVR_NET_LOOP_INT_H
#define NVR_NET_LOOP_INT_H

#include <sys/queue.h>

#include "net/curl_int.h"
#include "net/loop.h"

enum {
	NVR_LOOP_CAPTURED = 10, /* headers of an answer that matter */
	NVR_LOOP_TEXT = 256,	/* bytes of one */
	NVR_LOOP_HEADERS_MAX = 64 << 10,
};

/* A request that is under way. */
struct nvr_loop_item {
	LIST_ENTRY(nvr_loop_item) link;
	nvr_loop_done *done;
	void *ctx;
	int tls_min;
	int64_t timeout;
	size_t max_bytes;
	const char *secret;
	bool refused; /* an address that is not public */
	char host[256];
	int64_t begun;
	CURL *easy;
	struct curl_slist *headers;

	struct nvr_loop_answer answer;
	const char *apim_request_id;
	char text[NVR_LOOP_CAPTURED][NVR_LOOP_TEXT];
	char redirect[256];
	size_t header_bytes;
	struct nvr_buf body;
	struct nvr_error err; /* why we ended it; code 0: we did not */
	char message[CURL_ERROR_SIZE];
};

/* Makes it; it is not with the multi handle yet. */
int nvr_loop_item_new(const struct nvr_loop_request *req,
    struct nvr_loop_item **ret, struct nvr_error *err);
void nvr_loop_item_free(struct nvr_loop_item *item);

/* Completes the answer, and err where there is none. */
void nvr_loop_item_end(struct nvr_loop_item *item, CURLcode rc);

#endif
