/* What the page of an account's export says, in each language that there is. */
#ifndef NVR_CORE_EXPORT_WORDS_H
#define NVR_CORE_EXPORT_WORDS_H

/* A row of a table of constant words; NULL ends. */
struct nvr_export_line {
	const char *left, *middle, *right;
};

enum nvr_export_group {
	NVR_GROUP_YOU,
	NVR_GROUP_CAMERAS,
	NVR_GROUP_FOOTAGE,
	NVR_GROUP_AUDITS,
	NVR_GROUP_RIGHTS,
	NVR_GROUPS
};
/* Why what is held of a kind of data is not all here. */
enum nvr_export_held {
	NVR_HELD_NOT, /* it all is */
	NVR_HELD_SECRETS,
	NVR_HELD_NUMBERS,
	NVR_HELD_EVERYBODY,
	NVR_HELD_OFFICERS,
	NVR_HELD_ORDER,
	NVR_HELDS
};
struct nvr_export_kind_words {
	const char *table;
	enum nvr_export_group group;
	enum nvr_export_held held;
	const char *words, *purpose;
};
extern const struct nvr_export_kind_words
    nvr_export_kinds_en[]; /* table NULL ends */

struct nvr_export_words {
	const char *language;
	const char *title, *intro[4]; /* paragraphs; NULL ends */
	const char *about, *about_account, *about_made, *about_asked;
	const char *asked_data, *asked_stills, *asked_footage, *asked_both,
	    *asked_sealed;

	const char *here, *here_how[5];
	const struct nvr_export_kind_words *kinds;
	const char *groups[NVR_GROUPS], *what, *files, *rows, *purpose, *basis,
	    *until;
	/* of each article of 6(1): contract, legal, … */
	struct nvr_export_line bases[5];
	const char *log_kept;
	const char *nothing_of; /* `%s`: of what */
	const char *pictures, *pictures_not;

	const char *received, *processors, *name, *data, *where, *safeguard,
	    *since, *ended;
	const char *destinations, *host, *pictures_sent, *first, *last, *more;
	const char *authorities, *given, *authority, *law, *what_given,
	    *given_at;

	const char *sites, *sites_caption, *site, *jurisdiction, *eea;

	const char *missing, *missing_none, *missing_caption, *missing_what,
	    *missing_why, *missing_more; /* `%lld`: how many */

	const char *held, *held_how[4], *held_caption, *held_why;
	struct nvr_export_line helds[NVR_HELDS]; /* what, and why */

	const char *rights, *rights_how, *rights_caption, *right, *article,
	    *how;
	struct nvr_export_line right_list[10];
	const char *controller, *controller_name, *contact, *officer,
	    *representative, *joint, *portal, *not_told;

	const char *check, *check_how[6], *check_caption, *to_check, *command;
	struct nvr_export_line check_list[8];
};

/* NULL: there are none for it. */
const struct nvr_export_kind_words *nvr_export_kind(
    const struct nvr_export_words *w, const char *table);

#endif
