/* What the files of retention share; see retain.h. */
#ifndef NVR_CORE_RETAIN_INT_H
#define NVR_CORE_RETAIN_INT_H

#include "core/discard.h"
#include "core/retain.h"
#include "core/streams.h"

/* What the brake looks at together. */
struct nvr_group {
	const char *kind;
	char name[128]; /* `segments of gate (main)` */
	int64_t id;	/* which of its kind, a camera say; 0: all of it */
	int part;	/* and of that, a stream say */
	int64_t all;	/* how many there are, due or not; 0: it may go whole */
	int64_t due;	/* of them, what was told */
	int64_t sudden; /* of that, what is not of the course of things */
};

/* A run, a plan, or a verification in hand. */
struct nvr_retaining {
	struct nvr_state *s;
	const struct nvr_retain *r;
	int64_t now; /* that of r, or earlier by the grace */
	struct nvr_retained *ret;
	int kind; /* of ret->kind */
	int64_t all_due;
	int64_t planned; /* what all_due will be, for who watches */
	bool quiet;	 /* nobody is told: counting only */
	/* The brake.  What falls due from `since` on is the course of things;
	 * proven: the clock vouches for the time since the last run. */
	int64_t since;
	bool proven, braking;
	bool unjudged;		       /* there was no memory to */
	bool unseen[NVR_RETAIN_KINDS]; /* could not be looked at: not touched */
	struct nvr_group group;	       /* the present one */
	struct nvr_group *held;	       /* those that are left out */
	size_t nheld;
	struct nvr_error *err;
};

/*
 * A rule.  plan() calls nvr_retaining_tell for each thing that is due by
 * x->now and changes nothing; apply() deletes them in batches that hold the
 * store's write lock for less than 50 ms, tells each that went, and passes over
 * what cannot be deleted (nvr_retaining_pass, nvr_retaining_undone).  One that
 * fails is no reason to break the promises of the others.  What goes is on
 * record in the transaction in which it does.
 */
struct nvr_retain_rule {
	const char *kind, *promise;
	bool of_cameras; /* can be limited to one */
	bool media;	 /* deletes files */
	int (*plan)(struct nvr_retaining *x);
	int (*apply)(struct nvr_retaining *x);
};
extern const struct nvr_retain_rule nvr_retain_rules[]; /* kind NULL ends */

/* kind and promise of d may be NULL: those of the rule. */
void nvr_retaining_tell(struct nvr_retaining *x, const struct nvr_leaving *d);

/* Whether the brake counts it: it is not of the course of things. */
bool nvr_retaining_sudden(
    const struct nvr_retaining *x, const struct nvr_leaving *d);

/* What is told from here on is of that group, and the former is judged. */
void nvr_retaining_group(
    struct nvr_retaining *x, const char *name, int64_t id, int64_t all);

/* For who counts by himself: judges one. */
void nvr_retaining_brake(struct nvr_retaining *x, const struct nvr_group *g);
/* Whether more than half of it would go; of so few any number may. */
#define NVR_GROUP_FEW 10
bool nvr_group_trips(const struct nvr_group *g);

/* Whether that group is left out.  Who has groups with an id looks himself. */
bool nvr_retaining_held(
    const struct nvr_retaining *x, const char *kind, int64_t id, int part);

/* Once all is counted: what is left out, if x->r->most does not let it go, is
 * told and described in x->ret->brake. */
int nvr_retaining_judge(struct nvr_retaining *x);
void nvr_retaining_release(struct nvr_retaining *x);

/* Counts what failed with rc, as x->err says, and returns 0 to go on with the
 * rest; but NVR_E_AGAIN, since who holds the store holds it against all. */
int nvr_retaining_pass(struct nvr_retaining *x, int rc);

/* The same of a file, for nvr_discard_open and nvr_keep_end. */
void nvr_retaining_undone(
    void *x, const char *path, const struct nvr_error *why);

/* `older than 30d` */
#define NVR_WHY_TEXT 64
const char *nvr_retain_older(int64_t keep, char buf[NVR_WHY_TEXT]);

/* retain_footage.c: recordings, and the footage of cameras that are to go. */
int nvr_retain_footage_plan(struct nvr_retaining *x);
int nvr_retain_footage_apply(struct nvr_retaining *x);

/* Why footage of such a stream is due by its age. */
const char *nvr_retain_footage_why(const struct nvr_retaining *x,
    const struct nvr_stream_rule *rule, char buf[NVR_WHY_TEXT],
    const char **promise);

/* retain_footage_brake.c.  Of a stream: */
struct nvr_counted {
	int64_t due, sudden; /* by age and by bytes */
	int64_t above;	     /* by bytes, of them */
	bool held;	     /* it is left out */
};
/* roomed: of all streams, what would go for room. */
int nvr_retain_footage_brake(struct nvr_retaining *x,
    const struct nvr_streams *streams, const struct nvr_counted c[],
    int64_t roomed);
bool nvr_retain_footage_held(
    const struct nvr_retaining *x, const struct nvr_stream_of *e);
bool nvr_retain_room_held(const struct nvr_retaining *x);

/* retain_torn.c: what a crash left of recordings, and no recorder mended: what
 * is due of it goes, the rest becomes a recording as any other. */
int nvr_retain_torn_plan(struct nvr_retaining *x);
int nvr_retain_torn_apply(struct nvr_retaining *x, struct nvr_discard *d);

/* retain_file.c and retain_garbage.c: stills, cameras, garbage. */
int nvr_retain_stills_plan(struct nvr_retaining *x);
int nvr_retain_stills_apply(struct nvr_retaining *x);
int nvr_retain_cameras_plan(struct nvr_retaining *x);
int nvr_retain_cameras_apply(struct nvr_retaining *x);
int nvr_retain_garbage_plan(struct nvr_retaining *x);
int nvr_retain_garbage_apply(struct nvr_retaining *x);

/* retain_rows.c: what is rows alone, by x->kind. */
int nvr_retain_rows_plan(struct nvr_retaining *x);
int nvr_retain_rows_apply(struct nvr_retaining *x);

/* retain_account.c and retain_session.c: accounts, sites, sessions, log. */
int nvr_retain_accounts_plan(struct nvr_retaining *x);
int nvr_retain_accounts_apply(struct nvr_retaining *x);
int nvr_retain_sites_plan(struct nvr_retaining *x);
int nvr_retain_sites_apply(struct nvr_retaining *x);
int nvr_retain_sessions_plan(struct nvr_retaining *x);
int nvr_retain_sessions_apply(struct nvr_retaining *x);
int nvr_retain_log_plan(struct nvr_retaining *x);
int nvr_retain_log_apply(struct nvr_retaining *x);

/* retain_offer.c: exports that were asked for, their files, and files that
 * no row names. */
int nvr_retain_exports_plan(struct nvr_retaining *x);
int nvr_retain_exports_apply(struct nvr_retaining *x);

/* telemetry.c */
int nvr_retain_telemetry_plan(struct nvr_retaining *x);
int nvr_retain_telemetry_apply(struct nvr_retaining *x);

/* aggregate.c: before anything goes, the months that are over are counted. */
int nvr_aggregate(struct nvr_state *s, int64_t now, struct nvr_error *err);

/*
 * retain_clock.c.  NVR_E_PERMISSION when the clock cannot be right: earlier
 * than the newest row, or a day and more ahead of it although the machine has
 * not been started in between.  today: as nvr_retain has it.  With `keep` what
 * was seen is kept for the next run, ahead of which the clock may be by as
 * long as the machine has been running since.
 */
int nvr_clock_check(struct nvr_state *s, int64_t now, const char *today,
    bool keep, struct nvr_error *err);

/*
 * From when on what falls due of a kind is the course of things: the last whole
 * run, or a day ago where that is earlier, or where nothing vouches for the
 * time between: neither the machine, running since, nor a person (trusted).
 * Where runs could not delete all of that kind it is the last that could, or a
 * week ago where that is later: a fault that is mended soon leaves nothing to
 * ask about, and one that stays does not let the brake go.
 */
int nvr_clock_since(struct nvr_state *s, const char *kind, int64_t now,
    bool trusted, int64_t *since, bool *proven, struct nvr_error *err);
/* There was a whole run; done says of which kinds something failed. */
int nvr_clock_ran(struct nvr_state *s, int64_t now, bool trusted,
    const struct nvr_retained *done, struct nvr_error *err);

#endif
