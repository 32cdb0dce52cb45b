/*
 * What the parts of an agentic audit share: agent.c has its course and its
 * bounds, agent_tools.c what the model may call, agent_look.c the pictures.
 *
 * What these return, other than 0, is the store's trouble or the memory's, with
 * the text in a->err.  An end by anything else is left in a->end.status.
 */
#ifndef NVR_CORE_AGENT_INT_H
#define NVR_CORE_AGENT_INT_H

#include "core/agent.h"
#include "core/snapper.h"
#include "net/loop.h"

#define AGENT_SNAPSHOTS 2 /* of a camera */
#define AGENT_SPACING (5 * NVR_SECOND)
#define AGENT_STILLS 3	 /* held besides the first, for crops */
#define AGENT_PICTURES 3 /* sent again besides the first */

/* A picture that the model got, or a still that was too bad to be sent. */
struct agent_image {
	int camera;		 /* of the options' */
	int of;			 /* the still that it is cut from, or itself */
	int x, y, width, height; /* pixels of that still */
	int64_t taken_at;
	bool bad;	  /* black or covered: it was not sent */
	const void *jpeg; /* a still's; NULL: not held any more */
	size_t len;
	struct nvr_buf own; /* what jpeg points into, but the first one's */
};

/* Of each camera. */
struct agent_look {
	int snapshots;
	int64_t last; /* CLOCK_MONOTONIC of the last one */
};

struct nvr_agent {
	struct nvr_agent_options o;
	void (*done)(void *ctx, struct nvr_outcome *outcome);
	void *ctx;
	const struct nvr_model *model;
	struct nvr_chat *chat; /* the inquiry's */
	json_t *tools, *last_tools;
	struct agent_look *look;   /* ncamera of them */
	struct agent_image *image; /* image_id is its index and 1 */
	int nimage;

	int64_t deadline; /* CLOCK_MONOTONIC */
	int64_t asked;	  /* the same: the open question's */
	int64_t slowest;  /* microseconds: of the questions so far */
	int step, invalid;
	char bound[64]; /* why this step is the last one; "": it is not */
	bool user;	/* the newest message is the user's */
	char *before;	/* the last call, to find one that repeats it */

	/* The call that is being answered. */
	json_t *calls; /* of the answer, of which the first is run */
	const char *name, *arguments;
	bool waiting; /* its result is still to come */

	/* The snapshot that is awaited. */
	int camera;
	struct nvr_snapper *snap;

	struct nvr_outcome end;
	struct nvr_error err;
};

/* agent.c */
/* The audit ends so. */
int nvr_agent_stop(struct nvr_agent *a, const char *status, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
/* What the call gave.  The next question is asked once nothing is awaited. */
int nvr_agent_tell(struct nvr_agent *a, const char *text);
int nvr_agent_tell_json(struct nvr_agent *a, json_t *eaten);
/* The call was wrong; the second one ends it. */
int nvr_agent_refuse(struct nvr_agent *a, const char *why);
/* What was awaited is there, and told: it goes on.  To be called last. */
void nvr_agent_resume(struct nvr_agent *a, int rc);
/* The latest moment (CLOCK_MONOTONIC) to begin the last question. */
int64_t nvr_agent_latest(const struct nvr_agent *a);

/* agent_tools.c */
/* New references: all of them, or the one of that name. */
json_t *nvr_agent_tools(const struct nvr_agent *a, const char *name);
/* Checks the call's arguments and runs it. */
int nvr_agent_call(struct nvr_agent *a, json_t *arguments);

/* agent_look.c */
/* Sends the still that it begins with. */
int nvr_agent_first(struct nvr_agent *a);
int nvr_agent_snapshot(struct nvr_agent *a, int camera);
int nvr_agent_crop(struct nvr_agent *a, const struct agent_image *image,
    double x, double y, double width, double height);
int nvr_agent_compare(struct nvr_agent *a, int camera);
/* Nothing is awaited any more. */
void nvr_agent_forget(struct nvr_agent *a);

#endif
