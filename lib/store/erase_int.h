/* What erase.c and erase_adopt.c share. */
#ifndef NVR_STORE_ERASE_INT_H
#define NVR_STORE_ERASE_INT_H

#include "store/erase.h"

/* Rows of the accounts in hand.  Its second half lets indices be used that
 * leave nobody's rows out. */
#define NVR_ERASING \
	"account_id IN (SELECT account_id FROM erasing) AND account_id <> 0"

/* Makes their cameras with footage nobody's; 1: that was not all of them. */
int nvr_erase_adopt(
    struct nvr_store *st, const struct nvr_erasing *to, struct nvr_error *err);

#endif
