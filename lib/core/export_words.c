/* The words of the page; see export_words.h. */
#include <string.h>

#include "core/export_int.h"
#include "core/export_words.h"

static const struct nvr_export_words languages[] = {
    {
	.language = "en",
	.title = "Everything about your account",
	.intro =
	    {"This archive holds what is kept about your account, as you have "
	     "a right to (GDPR, articles 15 and 20). You can read this page on "
	     "any machine, without a network.",
		"All times are UTC. Texts that people wrote are given as they "
		"wrote them."},
	.about = "This archive",
	.about_account = "Account",
	.about_made = "Made",
	.about_asked = "What was asked for",
	.asked_data = "the data, without pictures",
	.asked_stills = "the data, and the stills that are kept",
	.asked_footage = "the data, and the footage",
	.asked_both = "the data, the stills that are kept, and the footage",
	.asked_sealed = "; pictures as they lie there, sealed, with the key "
			"that opens them",

	.here = "What is here",
	.here_how =
	    {"data/NAME.jsonl has a row to a line, in JSON; schema/NAME.json "
	     "(JSON Schema 2020-12) says what its members are, what each is "
	     "for and how long it is kept. data/NAME.csv is the same for "
	     "spreadsheets, where a text that such a program would take for a "
	     "formula has an apostrophe ahead of it.",
		"Rows are named by ids of 13 characters; a member such as "
		"camera_id names the row of data/camera.jsonl that it belongs "
		"to. Members that end in _us are microseconds."},
	.tables = "What is held about you",
	.what = "What",
	.files = "Files",
	.rows = "Rows",
	.purpose = "What for",
	.basis = "Legal basis",
	.until = "Kept for",
	.log_kept = "data/log-head.txt and its .sig are a signed state of the "
		    "whole security log at the time of this archive, and "
		    "data/log-signer who signed it.",
	.nothing_of = "Of these, nothing is held: %s.",
	.pictures = "Pictures are in stills/CAMERA/ and footage/CAMERA/, named "
		    "by the time at which they begin.",
	.pictures_not = "Stills and footage are not in this archive: they can "
			"be asked for with it.",

	.received = "Who received it",
	.processors = "Who works with such data on our instructions "
		      "(article 28)",
	.name = "Name",
	.data = "Data",
	.where = "Where",
	.safeguard = "Safeguard",
	.since = "Since",
	.ended = "Until",
	.destinations = "Where pictures of your cameras were sent to be looked "
			"at",
	.host = "Host",
	.pictures_sent = "Pictures",
	.first = "First",
	.last = "Last",
	.more = "others",
	.authorities =
	    "Authorities can ask for data. Where the law lets us name what "
	    "they were given of yours, it stands in data/disclosure.jsonl.",

	.sites = "Where your sites are",
	.sites_caption = "Whose law holds there",
	.site = "Site",
	.jurisdiction = "Country or state",
	.eea = "In the European Economic Area",

	.missing = "What is missing",
	.missing_caption = "What should be here and is not",
	.missing_what = "What",
	.missing_why = "Why",
	.missing_more = "And %lld more, of pictures: MANIFEST.json names each.",

	.held = "What is held and is not here",
	.held_why =
	    {"Some of what is held stays where it is: passwords, codes, keys "
	     "and the credentials of cameras (that they are held is told by "
	     "has_password, has_credentials and has_identity), since who got "
	     "this archive could do with them what you can; and what keeps the "
	     "store itself in order, and is not about you.",
		"The registers of breaches and of what authorities were given "
		"are about everybody, and the law asks for them; whether they "
		"have an entry about you cannot be seen from this list, which "
		"is the same in every archive."},
	.held_caption = "Kinds of data that are held and not exported",
	.columns = "Members",

	.rights = "Your rights, and how to use them",
	.rights_how =
	    "Write to the controller, named below; you are answered within 30 "
	    "days, at no charge. What you can do yourself in the portal, you "
	    "can do at once.",
	.rights_caption = "Rights under the GDPR",
	.right = "Right",
	.article = "Article",
	.how = "How",
	.right_list = {{"Access: to know what is held", "15", "this archive"},
	    {"Correction of what is wrong", "16",
		"the settings of the account, or write"},
	    {"Erasure", "17",
		"delete the account: it can be restored for some days, "
		"then it is erased, from backups too"},
	    {"Restriction: data is kept and not used", "18", "write"},
	    {"Portability: to take data elsewhere", "20",
		"this archive: another nvr takes it by 'nvr-export import'"},
	    {"Objection to what is done in somebody's legitimate interest",
		"21", "the settings of the account, or write"},
	    {"Withdrawal of consent, at any time", "7(3)",
		"the settings of the account, or write; what was done "
		"before stays lawful"},
	    {"Complaint to a supervisory authority", "77",
		"the one where you live or work, or where it happened: "
		"edpb.europa.eu lists them"}},
	.controller = "Who answers for it",
	.controller_name = "Controller",
	.contact = "Contact",
	.officer = "Data protection officer",
	.representative = "Representative in the EU (article 27)",
	.joint = "Together with (article 26)",
	.portal = "Portal",
	.not_told = "not told: ask whoever you have this archive from",

	.check = "How to check this archive",
	.check_how =
	    {"MANIFEST.json names every file with its bytes and its SHA-256, "
	     "and is signed. 'nvr-export verify FILE' checks all of it; so do "
	     "these commands, which most systems have, in the folder that the "
	     "archive was unpacked to.",
		"That proves that nothing was changed since it was signed. "
		"Whose key SIGNER has, only a copy from elsewhere tells: ask "
		"the controller for it.",
		"Each row of data/log.jsonl can be held to its hash: "
		"commitment is the HMAC-SHA256 of payload, with salt as its "
		"key; hash is the SHA-256 of previous (32 bytes), seq and "
		"at_us (8 bytes each, most significant first), type, and "
		"commitment (32 bytes). previous is the hash of the row ahead, "
		"which may be somebody else's and is not told. The signed "
		"state says how the chain ended: who has the log can be held "
		"to it ('nvr-account log --verify --against')."},
	.check_caption = "With stock tools",
	.to_check = "To check",
	.command = "Command",
	.check_list =
	    {{"the manifest", NULL,
		 "ssh-keygen -Y verify -f SIGNER -I nvr -n nvr-export -s "
		 "MANIFEST.json.sig <MANIFEST.json"},
		{"the files", NULL,
		    "sed -n 's/.*\"path\": \"\\([^\"]*\\)\".*\"sha256\": "
		    "\"\\([0-9a-f]*\\)\".*/\\2  \\1/p' MANIFEST.json | "
		    "sha256sum -c"},
		{"the state of the log", NULL,
		    "ssh-keygen -Y verify -f data/log-signer -I nvr-log -n "
		    "nvr-log -s data/log-head.txt.sig <data/log-head.txt"}},
    },
};

int
nvr_export_words_in(const char *language, const struct nvr_export_words **ret,
    struct nvr_error *err)
{
	const char *which = language != NULL ? language : "en";
	char all[128] = "";

	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		if (strcmp(languages[i].language, which) == 0) {
			*ret = &languages[i];
			return 0;
		}
		strlcat(all, i > 0 ? ", " : "", sizeof(all));
		strlcat(all, languages[i].language, sizeof(all));
	}
	return nvr_fail(err, NVR_E_USAGE,
	    "there is no page in the language '%s': there is %s", which, all);
}

int
nvr_export_language(const char *language, struct nvr_error *err)
{
	const struct nvr_export_words *ignored;

	return nvr_export_words_in(language, &ignored, err);
}
