/*
 * What a conversation is made of, for chat.c and chat_body.c.
 *
 * Pictures are most of a request.  They are held as the JPEGs that they are
 * and become base64 inside the body, so that there is no third copy of them.
 */
#ifndef NVR_CORE_CHAT_INT_H
#define NVR_CORE_CHAT_INT_H

#include "core/chat.h"

/* A text or a picture; neither where memory ran out. */
struct nvr_chat_part {
	char *text;
	unsigned char *jpeg;
	size_t len;
	int width, height;
};

struct nvr_chat_message {
	const char *role;
	struct nvr_chat_part *part;
	size_t n;
	json_t *calls;	/* of the assistant's; NULL: none */
	char *answered; /* a tool's: the call's id */
};

struct nvr_chat {
	struct nvr_chat_message *msg;
	size_t n;
};

/*
 * Whether the schema is told in words as well, for servers that do not hold
 * the model to it, or to a grammar that the model does not know of.
 */
bool nvr_chat_tells_schema(const struct nvr_chat_ask *ask);

#endif
