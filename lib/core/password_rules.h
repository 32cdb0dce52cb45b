/*
 * What a password may be: 12 to 1,024 characters that are not what everybody
 * tries first.  NIST SP 800-63B, 3.1.1.2: length and a list, no rules about
 * which kinds of characters.
 */
#ifndef NVR_CORE_PASSWORD_RULES_H
#define NVR_CORE_PASSWORD_RULES_H

#include "seal/password.h"

#define NVR_PASSWORD_LEAST 12  /* characters */
#define NVR_PASSWORD_MOST 1024 /* characters */
#define NVR_PASSWORD_TEXT (NVR_PASSWORD_MAX + 1)

/*
 * As it is hashed and checked: RFC 8265's OpaqueString, NFC with every space a
 * plain one, so that a password opens whatever keyboard it is typed on.
 * NVR_E_USAGE for one that can be none.  The caller wipes out.
 */
int nvr_password_take(
    const char *text, char out[NVR_PASSWORD_TEXT], struct nvr_error *err);

/*
 * Holds one that was taken to the rules.  It is refused where no more than
 * three words of share/passwords/common.txt or of `about` (n texts: address,
 * name, …; NULL is none), keys in a row, years, and five characters more are
 * all there is in it; figures count as the letters that they look like.  So is
 * the repetition of something shorter than a password.
 */
int nvr_password_rules(const char *password, const char *const *about, int n,
    struct nvr_error *err);

/* Lower case, ended by NULL. */
extern const char *const nvr_common_words[];

#endif
