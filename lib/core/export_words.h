/* What the page of an account's export says, in each language that there is. */
#ifndef NVR_CORE_EXPORT_WORDS_H
#define NVR_CORE_EXPORT_WORDS_H

/* A row of a table of constant words; NULL ends. */
struct nvr_export_line {
	const char *left, *middle, *right;
};

struct nvr_export_words {
	const char *language;
	const char *title, *intro[4]; /* paragraphs; NULL ends */
	const char *about, *about_account, *about_made, *about_asked;
	const char *asked_data, *asked_stills, *asked_footage, *asked_both,
	    *asked_sealed;

	const char *here, *here_how[5];
	const char *tables, *what, *files, *rows, *purpose, *basis, *until;
	const char *log_kept, *nothing_of; /* `%s`: of what */
	const char *pictures, *pictures_not;

	const char *received, *processors, *name, *data, *where, *safeguard,
	    *since, *ended;
	const char *destinations, *host, *pictures_sent, *first, *last, *more;
	const char *authorities;

	const char *sites, *sites_caption, *site, *jurisdiction, *eea;

	const char *missing, *missing_caption, *missing_what, *missing_why,
	    *missing_more; /* `%lld`: how many */

	const char *held, *held_why[4], *held_caption, *columns;

	const char *rights, *rights_how, *rights_caption, *right, *article,
	    *how;
	struct nvr_export_line right_list[10];
	const char *controller, *controller_name, *contact, *officer,
	    *representative, *joint, *portal, *not_told;

	const char *check, *check_how[6], *check_caption, *to_check, *command;
	struct nvr_export_line check_list[8];
};

#endif
