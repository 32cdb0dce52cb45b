/*
 * Passwords: bcrypt (libxcrypt, `$2b$`) of base64(HMAC-SHA384(pepper,
 * password)).  The HMAC makes 64 characters of a password of any length, where
 * bcrypt reads 72 bytes and drops the rest, and keeps who has the database
 * alone from guessing.  OWASP Password Storage Cheat Sheet, "Peppering".
 */
#ifndef NVR_SEAL_PASSWORD_H
#define NVR_SEAL_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define NVR_PEPPER_LEN 32
#define NVR_PASSWORD_HASH 64  /* room for `$2b$12$…` and its NUL */
#define NVR_PASSWORD_MAX 4096 /* bytes: 1,024 characters */

/*
 * bcrypt's costs, of 4 to 31.  20 takes a minute; a hash that claims more is
 * not ours, and would stop whoever checks it for hours.
 */
#define NVR_PASSWORD_COST_MIN 4
#define NVR_PASSWORD_COST_MAX 20

/* Hashes anew, with 2^cost rounds.  NVR_E_USAGE for a password too long. */
int nvr_password_hash(const uint8_t pepper[NVR_PEPPER_LEN], int cost,
    const char *password, char out[NVR_PASSWORD_HASH], struct nvr_error *err);

/*
 * Whether it is the password, in the time that the hash's cost takes whatever
 * the answer is.  NVR_E_DATA for a hash that is none, before any hashing.
 */
int nvr_password_check(const uint8_t pepper[NVR_PEPPER_LEN], const char *hash,
    const char *password, bool *ret, struct nvr_error *err);

/* The cost that a hash was made with; NVR_E_DATA for one that is none. */
int nvr_password_cost(const char *hash, int *ret, struct nvr_error *err);

#endif
