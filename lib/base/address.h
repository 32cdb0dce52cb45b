/*
 * E-mail addresses, as RFC 5321 and RFC 6531 bound them, made so that all
 * spellings of one are one.
 *
 * Domains are IDNA2008 (RFC 5891) by way of UTS #46, non-transitional.  A
 * local part is NFC; beyond ASCII it holds what RFC 8264's IdentifierClass
 * does, no zero-width characters, and keeps the Bidi Rule (RFC 5893), as RFC
 * 8265's UsernameCaseMapped.  Look-alikes in other scripts are other
 * addresses.  Quoted local parts, domain literals, comments, names in front
 * and lists are refused, and nothing is trimmed.
 */
#ifndef NVR_BASE_ADDRESS_H
#define NVR_BASE_ADDRESS_H

#include "base/error.h"

#define NVR_ADDRESS_LOCAL 64 /* bytes: RFC 5321, 4.5.3.1.1 */
#define NVR_ADDRESS_MAX 254  /* 4.5.3.1.3, without the brackets */
#define NVR_ADDRESS_SHOWN 1024

struct nvr_address {
	/* To write to: the local part as it was entered, in NFC; the domain in
	 * lower case and A-labels. */
	char mail[NVR_ADDRESS_MAX + 1];
	/* To compare and to look up by: the local part case-folded as well. */
	char key[3 * NVR_ADDRESS_LOCAL + NVR_ADDRESS_MAX];
};

/* NVR_E_USAGE, which says what is wrong and repeats nothing of it. */
int nvr_address_parse(
    const char *text, struct nvr_address *ret, struct nvr_error *err);

/*
 * How people are shown it: the domain in U-labels where its letters cannot be
 * taken for others (Latin and East Asian ones; another script where the whole
 * domain is in it), else as in `mail`, which it takes.  Returns buf.
 */
const char *nvr_address_show(const char *mail, char buf[NVR_ADDRESS_SHOWN]);

#endif
