/*
 * Messages to people: texts of share/letters, filled in and put into the
 * outbox as mails or SMS, for nvr-notify to deliver.
 *
 * A text's first line is the subject, a blank line follows; that of an SMS is
 * one line, without a subject.  `{name}` stands for a value: the caller's, or
 * one of these, which come by themselves:
 *
 *	{portal} its name	{url} where it is	{now} the time
 *	{link} with the caller's value `token` in it
 *	{until} the time of `expires`
 *	{where} from where, of s->actor: address and agent, or the operator
 *
 * {link} and {url} begin with nvr.conf's [portal] url and never with what a
 * request says.  A value keeps its lines where it has a line of the text for
 * itself; elsewhere they become spaces, and control characters `?` everywhere.
 * No text has a person's name: who signs up could send spam by it.
 *
 * What the caller has to give:
 *
 *	verify reset address-confirm address-changed	token; expires
 *	deleted		expires		factor-changed	change
 *	sms-code	code		log-head	head
 *	breach		title known text
 *	notice		kind version effective text
 *	request-*	kind id, and received due; due why; outcome answer
 *	others		nothing
 */
#ifndef NVR_CORE_LETTER_H
#define NVR_CORE_LETTER_H

#include "base/time.h"
#include "core/state.h"

#define NVR_LETTER_VALUES 8

struct nvr_letter {
	int64_t account;
	const char *text; /* which one: `verify`, `reset`, … */
	const char *to;	  /* an address, or a number for SMS */
	bool sms;
	int64_t expires; /* not sent any more after that; 0: always */
	struct {
		const char *name, *value;
	} value[NVR_LETTER_VALUES];
};

/*
 * In the caller's transaction; *id names the outbox's row.  NVR_E_CONFIG where
 * nvr.conf has no sender, or no url for a text that has a link: a letter that
 * cannot be sent is not one to promise.  NVR_E_USAGE for what is no address
 * or number; an address may be one of RFC 6531, not ASCII.
 */
int nvr_letter_post(struct nvr_state *s, const struct nvr_letter *l,
    int64_t *id, struct nvr_error *err);

/* Whether nvr.conf says enough for letters to be posted. */
bool nvr_letter_ready(const struct nvr_state *s);

/* The link of a text, with its token: url/verify/TOKEN.  Wipe it. */
int nvr_letter_link(const struct nvr_state *s, const char *text,
    const char *token, struct nvr_buf *ret, struct nvr_error *err);

/* `2026-11-21 08:00 UTC`, and `2026-11-21`.  Return buf. */
const char *nvr_letter_time(int64_t t, char buf[NVR_TIME_TEXT]);
const char *nvr_letter_day(int64_t t, char buf[NVR_TIME_TEXT]);

/* The texts, embedded by share/embed; name NULL ends. */
struct nvr_letter_text {
	const char *name, *text;
};
extern const struct nvr_letter_text nvr_letters[];

#endif
