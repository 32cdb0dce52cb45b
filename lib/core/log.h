/*
 * The security log: what was done to accounts, by whom and from where, as a
 * chain that cannot be changed unseen and from which a person can still be
 * erased.
 *
 *	commitment = HMAC-SHA256(salt, payload)
 *	hash = SHA-256(previous hash ‖ seq ‖ at ‖ type ‖ commitment)
 *
 * seq and at (microseconds) are eight bytes, most significant first, type is
 * its bytes; ahead of the first row the hash is 32 zero bytes.  salt (32
 * random bytes) and payload (JSON) stand in `log.sealed`, sealed under the
 * account's key; erasing drops them and the chain still verifies.
 *
 * A chain proves nothing against who can write all of it anew.  Signed heads
 * that are kept elsewhere do: nvr_log_head.  They are OpenSSH signatures
 * (PROTOCOL.sshsig) of a text, in the namespace `nvr-log`, by keys/log.
 */
#ifndef NVR_CORE_LOG_H
#define NVR_CORE_LOG_H

#include <jansson.h>

#include "core/state.h"
#include "store/log.h"

/*
 * The payload is {who, channel, address, agent, account, detail}, sorted and
 * without blanks, with what is known of them; account is the row's own id.
 */
#define NVR_LOG_TYPE 64	     /* bytes of a type, at most */
#define NVR_LOG_DETAIL 16384 /* of a payload */

/*
 * Appends in the caller's transaction, whose commit makes it last; without
 * one it is NVR_E_BUG.  type as `account.created`; detail is an object, or
 * NULL, and its reference is taken whatever happens.  Who did it comes from
 * s->actor.  NVR_E_USAGE for a payload that is too long.
 *
 * Where the end of the chain is not what was written last, a row
 * `log.tampered` of account 0 goes ahead of it.
 */
int nvr_log_append(struct nvr_state *s, int64_t account, const char *type,
    json_t *detail, struct nvr_error *err);

/*
 * What an erasure does to the log, in the caller's transaction: rows of the
 * account lose their payloads and their account, and an entry `account.erased`
 * of account 0 has that and, as `rows`, the ranges of them; more of them where
 * one is too small.  always: also where there are no such rows.  1: the
 * transaction has lasted long enough, and there are more; not `always` then.
 */
int nvr_log_erase(
    struct nvr_state *s, int64_t account, bool always, struct nvr_error *err);

/* What became of a row's payload. */
enum nvr_log_state {
	NVR_LOG_OPEN,
	NVR_LOG_ERASED,	 /* it is gone with its account */
	NVR_LOG_CLOSED,	 /* it does not open: its key does not fit, or is
			  * not to be used (restriction) */
	NVR_LOG_MISSING, /* it is gone, and the account was not erased */
};

struct nvr_log_entry {
	int64_t seq, account, at;
	const char *type;
	enum nvr_log_state state;
	json_t *payload; /* NULL unless open; borrowed for the call */
	uint8_t commitment[NVR_LOG_HASH], hash[NVR_LOG_HASH];
};

/* The newest that the filter lets through, oldest first (store/log.h). */
int nvr_log_each(struct nvr_state *s, const struct nvr_log_filter *f,
    int (*row)(void *ctx, const struct nvr_log_entry *e), void *ctx,
    struct nvr_error *err);

/* Whether it ends where it was written last; NVR_E_DATA where it does not.
 * That is no more than a look at its end: see nvr_log_verify. */
int nvr_log_sound(struct nvr_state *s, struct nvr_error *err);

/*
 * A log that is wiped away, with its tail and its marks, would be as good as
 * new.  So keys.db knows that it was begun, which is entered as the state is
 * closed, and its newest mark.  What a backup put in place of the store holds
 * is taken for all there was.
 */
void nvr_log_settle(struct nvr_state *s);
int nvr_log_know_anew(struct nvr_state *s, struct nvr_error *err);

/*
 * A signed state of the chain.  Its text is
 *
 *	nvr log head
 *	store UUID
 *	seq N
 *	hash HEX
 *	at TIME
 *
 * each line with its line feed; the signature follows, armored.
 */
#define NVR_LOG_NAMESPACE "nvr-log"
#define NVR_LOG_SIGNATURE 1024

struct nvr_log_head {
	int64_t seq, at;
	uint8_t hash[NVR_LOG_HASH];
	char store[64], signature[NVR_LOG_SIGNATURE];
};

/*
 * Signs the end of the chain, keeps that in the store and appends text and
 * signature to out.  NVR_E_NOENT while the log is empty, NVR_E_DATA where its
 * end is not what was written last: that is not one to sign.
 */
int nvr_log_head(
    struct nvr_state *s, struct nvr_buf *out, struct nvr_error *err);

/* The same of an end that was read before, as if it were that time: nothing is
 * kept, and the text and its signature are apart. */
int nvr_log_head_of(struct nvr_state *s, const struct nvr_log_end *end,
    int64_t at, struct nvr_buf *text, struct nvr_buf *signature,
    struct nvr_error *err);

/*
 * Finds a head in a text that it is part of, as a mail is; NVR_E_DATA where
 * there is none.
 */
int nvr_log_head_parse(
    const char *text, struct nvr_log_head *ret, struct nvr_error *err);

/* Puts it into the outbox, as a mail from [portal] mail-from. */
int nvr_log_head_post(struct nvr_state *s, const struct nvr_buf *head,
    const char *to, int64_t *id, struct nvr_error *err);

/* Appends the line by which ssh-keygen knows the key: `nvr-log …`. */
int nvr_log_signer(
    struct nvr_state *s, struct nvr_buf *out, struct nvr_error *err);

/*
 * Drops the rows ahead of the first that is not older than `before`, and
 * leaves a signed mark of it and a row `log.pruned`.  Rows of the future are
 * as old as what follows them, so a clock that was ahead stops nothing; one
 * that ran back makes nothing else old.  A row of a restricted account keeps
 * all behind it.  *n says how many, also where it fails; dry only does that.
 */
int nvr_log_prune(struct nvr_state *s, int64_t before, bool dry, int64_t *n,
    struct nvr_error *err);

/* The same, as if it were another time, for who wants to hear of each row. */
struct nvr_log_pruning {
	int64_t before, now;
	bool dry;
	int (*row)(void *ctx, int64_t seq, int64_t at); /* not 0 ends it */
	void *ctx;
};
int nvr_log_prune_each(struct nvr_state *s, const struct nvr_log_pruning *p,
    struct nvr_error *err);

/* What nvr_log_verify comes upon.  seq to last: the rows, or 0. */
struct nvr_log_finding {
	const char *kind; /* changed, missing, inserted, swapped, cut, tail,
			   * mark, head, payload; clock */
	bool trouble;	  /* else worth a note */
	int64_t seq, last;
	const char *text;
};

struct nvr_log_summary {
	int64_t rows, from, until; /* times of the first and the last row */
	int64_t erased, closed;	   /* payloads that could not be held to it */
	int64_t heads, troubles;
};

struct nvr_log_watch {
	void (*finding)(void *ctx, const struct nvr_log_finding *f);
	void (*progress)(void *ctx, int64_t rows); /* or NULL */
	void *ctx;
};

/*
 * Goes through the chain from its start, or from where it was pruned: hashes
 * and numbers of the rows, payloads that open or were erased, which the chain
 * tells of, marks, and the tail.  `kept` is
 * a head that was kept elsewhere, or NULL.  It goes on behind what is wrong;
 * errors are of reading alone.
 */
int nvr_log_verify(struct nvr_state *s, const struct nvr_log_head *kept,
    const struct nvr_log_watch *watch, struct nvr_log_summary *ret,
    struct nvr_error *err);

#endif
