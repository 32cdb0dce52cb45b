/* The words of the page; see export_words.h. */
#include <string.h>

#include "core/export_int.h"
#include "core/export_words.h"

static const struct nvr_export_words languages[] = {
    {
	.language = "en",
	.title = "Everything about your account",
	.intro =
	    {"This archive holds what is kept about your account. You have a "
	     "right to it (GDPR, articles 15 and 20). This page says what "
	     "there is, why, for how long, and who else received it; it needs "
	     "no network.",
		"All times are UTC, which is what the Z at their end says. "
		"Texts that people wrote are given as they wrote them."},
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
	    {"The files are in the folder data. Those that end in .csv open in "
	     "a spreadsheet; those that end in .jsonl are for programs, and "
	     "any text editor shows them: one entry to a line.",
		"Every entry has an id of 13 characters. A field such as "
		"camera_id is the id of the entry in data/camera.jsonl that it "
		"belongs to; a field that ends in _us is in microseconds, "
		"1000000 to a second. What each field is, what it is for and "
		"how long it is kept is in the folder schema (JSON Schema "
		"2020-12). In .csv files a text that a spreadsheet would take "
		"for a formula has an apostrophe ahead of it.",
		"All of it comes from you, from your cameras and recorders, "
		"from what was done with your account, and from those who work "
		"for us. Audits are what a program sees in your pictures, for "
		"people to judge: none by itself decides anything about you "
		"that has legal effect (article 22)."},
	.kinds = nvr_export_kinds_en,
	.groups = {"You and your account", "Your cameras and sites",
	    "Footage and stills", "Audits of your cameras",
	    "Your rights, and what you were told"},
	.what = "What",
	.files = "Files",
	.rows = "Entries",
	.purpose = "What for",
	.basis = "Legal basis",
	.until = "Kept for",
	.bases = {{"consent", "your consent", NULL},
	    {"contract", "what was agreed with you", NULL},
	    {"legal", "a duty under the law", NULL},
	    {"legitimate", "a legitimate interest", NULL}},
	.log_kept = "data/log-head.txt and its .sig are a signed state of the "
		    "whole security log at the time of this archive, and "
		    "data/log-signer who signed it. An entry of the log says "
		    "who did what it tells, where it was written down: that "
		    "may be the account by which one of us works on the "
		    "recorder. It stays as it was written, as it would not "
		    "fit its hash otherwise.",
	.nothing_of = "There is nothing of these: %s.",
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
	    "Authorities can ask for data, and a law can forbid that you are "
	    "told of it. What they were given of yours is told here, and in "
	    "data/disclosure.jsonl, as far as the law lets us.",
	.given = "What authorities were given",
	.authority = "Authority",
	.law = "Legal basis",
	.what_given = "What",
	.given_at = "When",

	.sites = "Where your sites are",
	.sites_caption = "Whose law holds there",
	.site = "Site",
	.jurisdiction = "Country or state",
	.eea = "In the European Economic Area",

	.missing = "What is missing",
	.missing_none = "Nothing: all that should be here is.",
	.missing_caption = "What should be here and is not",
	.missing_what = "What",
	.missing_why = "Why",
	.missing_more = "And %lld more, of pictures: MANIFEST.json names each.",

	.held = "What is held and is not here",
	.held_how =
	    {"This list is the same in every archive: it does not tell whether "
	     "there is anything of yours."},
	.held_caption = "What is held and not given out",
	.held_why = "Why it stays",
	.helds =
	    {
		[NVR_HELD_SECRETS] = {"Passwords, codes and keys: of your "
				      "account, your second steps, your "
				      "cameras, and links that you were sent",
		    "whoever got this archive could do with them what you "
		    "can; has_password, has_credentials and has_identity tell "
		    "that there are some"},
		[NVR_HELD_NUMBERS] = {"Numbers that pictures of your cameras "
				      "are compared with",
		    "they are made of pictures that you can ask for, and mean "
		    "nothing without the program"},
		[NVR_HELD_EVERYBODY] = {"The registers of breaches, of changes "
					"of policies, and of who works for us",
		    "they are about everybody; what you were told of them, "
		    "and who works for us, is in this archive"},
		[NVR_HELD_OFFICERS] = {"Who reviewed requests of authorities",
		    "it is about that person"},
		[NVR_HELD_ORDER] = {"Lists of what is to be done: where files "
				    "lie, what is to be deleted or was erased, "
				    "how names are looked up, limits on "
				    "guessing, checks of the security log",
		    "they keep the store in order, and say nothing more about "
		    "you"},
	    },

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
	    {"This is for whoever has to prove that the archive is unchanged; "
	     "you need none of it to read the archive. "
	     "MANIFEST.json names every file with its bytes and its SHA-256, "
	     "and is signed. 'nvr-export verify FILE' checks all of it. "
	     "These commands, which most systems have, check in the new "
	     "folder that the archive was unpacked to that the manifest is "
	     "the one that was signed, that the files are those that it "
	     "names, that there are no others, and that the state of the log "
	     "is the one that was signed.",
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
		{"that there are no others: prints those that the manifest "
		 "does not name, and else nothing",
		    NULL, NVR_EXPORT_ADDED},
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
