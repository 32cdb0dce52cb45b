/* The kinds of data, in words; see export_words.h. */
#include <string.h>

#include "core/export_words.h"

#define YOU NVR_GROUP_YOU
#define CAMERAS NVR_GROUP_CAMERAS
#define AUDITS NVR_GROUP_AUDITS
#define FOOTAGE NVR_GROUP_FOOTAGE
#define RIGHTS NVR_GROUP_RIGHTS
#define NOT NVR_HELD_NOT
#define SECRETS NVR_HELD_SECRETS
#define NUMBERS NVR_HELD_NUMBERS
#define EVERYBODY NVR_HELD_EVERYBODY
#define OFFICERS NVR_HELD_OFFICERS
#define ORDER NVR_HELD_ORDER

/* Of everything that the register has; a test finds what is missing. */
const struct nvr_export_kind_words nvr_export_kinds_en[] = {
    {"access", FOOTAGE, NOT, "Who took footage out",
	"shows who took footage out, and why"},
    {"account", YOU, SECRETS, "Your account",
	"you sign in with it, and are written to"},
    {"alert", CAMERAS, NOT, "What was wrong",
	"you are told when something fails"},
    {"alert_event", CAMERAS, NOT, "What became of it",
	"shows who was told, and what was done"},
    {"alert_rule", CAMERAS, NOT, "When you are told",
	"you are told as you wish"},
    {"alert_told", CAMERAS, NOT, "Who was told of it", "nobody is told twice"},
    {"asked", AUDITS, NUMBERS, "Views that were asked about already",
	"the same view is not asked about twice"},
    {"attempt", AUDITS, NOT, "Questions to analyzers, and their answers",
	"shows what an analyzer was asked and answered"},
    {"audit", AUDITS, NOT, "Audits of your cameras",
	"shows what was looked at, when and how"},
    {"baseline", AUDITS, NUMBERS, "What your cameras usually show",
	"notices when a camera is covered, moved or failing"},
    {"breach", RIGHTS, EVERYBODY, "Breaches of security",
	"the law asks for a register"},
    {"breach_note", RIGHTS, EVERYBODY, "Notes on breaches",
	"the law asks for a register"},
    {"breach_told", RIGHTS, NOT, "Breaches of security that you were told of",
	"shows that you were told"},
    {"bucket", YOU, ORDER, "Limits on guessing passwords", "protects accounts"},
    {"calibration", AUDITS, NOT, "How often findings turned out right",
	"findings say how sure they are"},
    {"camera", CAMERAS, SECRETS, "Your cameras",
	"they are recorded and looked at"},
    {"camera_recipient", CAMERAS, NOT, "Who else can open footage",
	"those whom you named can open it"},
    {"consent", RIGHTS, NOT, "What you agreed to",
	"shows what was agreed to, and when"},
    {"contact", YOU, SECRETS, "Where you are told of alerts",
	"you are told where you want to be"},
    {"departure", AUDITS, NOT, "Pictures that were sent elsewhere",
	"shows which picture left, and to whom"},
    {"disclosure", RIGHTS, OFFICERS, "What authorities were given",
	"shows what an authority was given, and why"},
    {"enrolment", CAMERAS, ORDER, "The portal that a recorder reports to",
	"reports go to it"},
    {"enrolment_rule", CAMERAS, ORDER, "Thresholds that a portal has set",
	"you are told as you wish"},
    {"erasure", RIGHTS, ORDER, "The ledger of erasures",
	"what was erased stays erased when a backup is restored"},
    {"event", FOOTAGE, NOT, "What happened to recordings",
	"explains gaps and failures"},
    {"export", RIGHTS, SECRETS, "Archives that you asked for",
	"they are made, and offered for a while"},
    {"factor", YOU, SECRETS, "Second steps of signing in",
	"signing in takes more than a password"},
    {"finding", AUDITS, NOT, "What audits found",
	"tells you what a picture shows"},
    {"footage_sum", FOOTAGE, ORDER, "How much footage there is",
	"adds up sizes"},
    {"garbage", FOOTAGE, ORDER, "Files that are being deleted",
	"deletions are finished"},
    {"hold", FOOTAGE, NOT, "Footage that is kept for longer",
	"footage is kept for a claim or a procedure"},
    {"incident", AUDITS, NOT, "When something was found",
	"footage around it is kept"},
    {"invitation", CAMERAS, SECRETS, "Invitations of recorders",
	"a recorder is enrolled with one"},
    {"label", AUDITS, NOT, "What people said about findings",
	"findings say how sure they are"},
    {"log", YOU, NOT, "The security log",
	"shows what was done with your account, and by whom"},
    {"log_mark", YOU, ORDER, "Signed states of the security log",
	"shows that nobody bent the log"},
    {"log_tail", YOU, ORDER, "The end of the security log",
	"shows that nobody bent the log"},
    {"notice", RIGHTS, EVERYBODY, "Changes of policies",
	"people are told of them"},
    {"notice_told", RIGHTS, NOT, "Changes of policies that you were told of",
	"shows that you were told"},
    {"objection", RIGHTS, NOT, "What you objected to", "it is not done"},
    {"open_segment", FOOTAGE, SECRETS, "Footage that is being written",
	"it is mended after a crash"},
    {"outbox", YOU, NOT, "Messages to you", "you are told of what matters"},
    {"processor", RIGHTS, EVERYBODY, "Who works for us",
	"the law asks for a register"},
    {"recorder", CAMERAS, SECRETS, "Your recorders",
	"they report how they fare"},
    {"recorder_camera", CAMERAS, SECRETS, "Cameras of your recorders",
	"failures are noticed; a recorder that is replaced gets them back"},
    {"recovery_code", YOU, SECRETS, "Recovery codes",
	"signing in without the second step"},
    {"request", RIGHTS, NOT, "Requests about your rights",
	"shows that you were answered in time"},
    {"run", FOOTAGE, NOT, "Unbroken stretches of footage",
	"footage is found and played"},
    {"schedule", AUDITS, NOT, "When audits are made", "audits are made then"},
    {"schedule_camera", AUDITS, NOT, "Of which cameras audits are made",
	"audits are made of them"},
    {"segment", FOOTAGE, NOT, "Files of footage",
	"footage is found, checked and deleted"},
    {"session", YOU, SECRETS, "Where you are signed in",
	"keeps you signed in; shows from where"},
    {"site", CAMERAS, ORDER, "Your sites",
	"cameras are where they are, under the law of that place"},
    {"step", AUDITS, NOT, "Steps of audits", "shows how an audit went"},
    {"still", FOOTAGE, ORDER, "Stills that are kept",
	"findings can be seen again"},
    {"telemetry", CAMERAS, NOT, "How your recorders fare",
	"failures are noticed"},
    {"telemetry_sum", CAMERAS, NOT, "How your recorders fared before",
	"failures are noticed"},
    {"token", YOU, SECRETS, "Links that you were sent",
	"an address is confirmed, a password is set"},
    {"unsent", CAMERAS, ORDER, "Reports that wait for the portal",
	"none is lost while it cannot be reached"},
    {"usage", YOU, NOT, "How much you used", "limits, and their account"},
    {NULL, 0, 0, NULL, NULL},
};

const struct nvr_export_kind_words *
nvr_export_kind(const struct nvr_export_words *w, const char *table)
{
	const struct nvr_export_kind_words *k = w->kinds;

	while (k->table != NULL && strcmp(k->table, table) != 0)
		k++;
	return k->table != NULL ? k : NULL;
}
