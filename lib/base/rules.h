/*
 * The numbers by which accounts are kept, as nvr.conf's [account] and [portal]
 * set them; see nvr.conf(5).
 */
#ifndef NVR_BASE_RULES_H
#define NVR_BASE_RULES_H

#include <stdbool.h>
#include <stdint.h>

enum { NVR_TIER_OWNER, NVR_TIER_FREE, NVR_TIER_PREMIUM, NVR_TIERS };

/*
 * How long what is kept, in microseconds, and how much, in bytes; 0: without a
 * limit.
 */
struct nvr_keeping {
	/* [retain] Footage of each stream, where neither its camera nor its
	 * site says; around each finding, before and after it. */
	int64_t footage, around;
	long long footage_bytes;
	long long floor; /* [store] min-free */
	int64_t audits[NVR_TIERS];
	int64_t stills;	     /* [still] keep-max */
	int64_t stills_free; /* [retain] at the most, of free accounts */
	int64_t cameras;     /* [camera] restore-within */
	int64_t events, accesses, holds, outbox, usage;
	int64_t requests, registers; /* people's; of authorities and breaches */
	int64_t telemetry, hours;    /* as it came; as hours, then days */
	int64_t recorders;	     /* since they were revoked */
	int64_t grace;		     /* a deletion may be so late */
	int64_t alerts;		     /* since they were closed */
};

/* At most n in a row, and n in each period: a token bucket. */
struct nvr_rate {
	long long n;
	int64_t per; /* microseconds */
};

/* [notify]: by what messages go out, and how many; see nvr.conf(5). */
struct nvr_notify_rules {
	char smtp[512], smtp_user[256], smtp_password[512]; /* a file */
	char sendmail[512];
	char sms_url[512], sms_account[128], sms_token[512]; /* a file */
	char sms_from[64];
	char tls_ca[512];
	bool webhook_private; /* loopback and private networks, too */
	int64_t timeout;      /* of each attempt */
	struct nvr_rate mail, sms, webhook;
};

/* [alert] When something is wrong enough to tell, in microseconds and bytes;
 * 0 of what is left of a disk: that is no matter. */
struct nvr_alerting {
	int64_t interval; /* so often nvr-alert is run */
	int64_t camera;	  /* a camera may be off for so long */
	long long space;  /* percent free */
	long long space_bytes;
	int64_t space_left;  /* until it will be full */
	int64_t clock;	     /* so far off */
	int64_t request;     /* so long before it is due */
	int64_t wait, apart; /* of messages: for more news, and after one */
	int64_t remind;
};

struct nvr_rules {
	long long minimum_age; /* years */
	int tier;	       /* of a new account: NVR_TIER_FREE, … */
	long long cost;	       /* of bcrypt: 2^cost rounds */
	long long hashes;      /* at once, by all programs together */
	int64_t restore;       /* how long a deleted account comes back */
	int64_t log_keep;      /* the security log's window */
	struct nvr_keeping keep;
	struct nvr_alerting alert;
	int64_t heartbeat; /* [heartbeat] interval: how often one is sent */
	/* [controller] who answers for the processing (GDPR, article 30) */
	char controller[256], contact[256], officer[256];
	char representative[256], joint[256];
	/* Why people are filmed, and on which basis (article 6). */
	char filming[256], filming_basis[256];
	/* Signed in for so long at the most, and without a request. */
	int64_t session, idle;
	int64_t reset, verify, undo; /* how long such a link holds */
	/* Attempts to sign in: of one network, of a network at one account, of
	 * all strangers at one account, of a browser that was signed in before;
	 * codes of a second factor at one account; messages to one account. */
	struct nvr_rate network, pair, account, device, code, message;
	struct nvr_rate exports; /* [portal] export-rate: of one account */
	char url[512];		 /* [portal] url: what links begin with */
	char title[64];		 /* [portal] name: what it calls itself */
	char mail_from[256];	 /* [portal] mail-from */
	char hosts[1024];	 /* [portal] hosts: other names of url's */
	struct nvr_rate enrol;	 /* [portal] enrol-rate: of one network */
	struct nvr_notify_rules notify;
};

#endif
