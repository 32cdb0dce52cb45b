/* Pictures of an account; see export_int.h.  A stand-in. */
#include "core/export_int.h"

__attribute__((weak)) int
nvr_export_media(struct nvr_state *s, const struct nvr_export_account *o,
    struct nvr_archive *a, struct nvr_error *err)
{
	(void)s, (void)o, (void)a, (void)err;
	return 0;
}
