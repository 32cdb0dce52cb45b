/*
 * What the registers of rights share: consents, objections, requests,
 * disclosures, breaches, notices, processors.  Where nothing else is said
 * their functions are called in the caller's transaction, and each change has
 * its line in the security log.
 */
#ifndef NVR_CORE_REGISTER_H
#define NVR_CORE_REGISTER_H

#include <jansson.h>

#include "core/state.h"
#include "store/account.h"

#define NVR_REGISTER_LINE 512	      /* bytes of a name, a title, a reason */
#define NVR_REGISTER_TEXT (64 * 1024) /* of a text, a note */

/*
 * What it is called (`the channel`) and what it must be: a word of a-z and
 * hyphens, a line, or lines; none of them empty.  NVR_E_USAGE says.
 */
int nvr_check_word(const char *what, const char *text, struct nvr_error *err);
int nvr_check_line(const char *what, const char *text, struct nvr_error *err);
int nvr_check_text(const char *what, const char *text, struct nvr_error *err);

/* The column's value sealed into buf, which ret borrows; text NULL or "": none.
 */
int nvr_register_seal(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const char *text, struct nvr_buf *buf,
    struct nvr_blob *ret, struct nvr_error *err);
/* And opened, followed by a NUL; "" for none.  The caller wipes ret, which is
 * emptied first. */
int nvr_register_open(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const struct nvr_blob *sealed,
    struct nvr_buf *ret, struct nvr_error *err);

/* The address of an account, to write to; in ret, which the caller wipes. */
int nvr_register_address(struct nvr_state *s, int64_t account,
    struct nvr_buf *ret, struct nvr_error *err);

/* An id in words: how the log has it. */
json_t *nvr_register_id(int64_t id);

#endif
