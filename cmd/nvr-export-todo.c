/* Stand-ins: each part takes its own away. */
#include "nvr-export.h"
#define TODO(v) int v(struct nvr_cli *c, int argc, char **argv) { (void)argc, (void)argv; return nvr_fail(&c->err, NVR_E_BUG, "not there yet"); }
TODO(export_footage)
TODO(export_verify)
TODO(export_import)
TODO(export_signer)
TODO(export_ask)
TODO(export_pending)
TODO(export_list)
TODO(export_fetch)
TODO(export_drop)
int export_archive(struct nvr_state *s, const struct export_archive *e) { (void)s, (void)e; return NVR_E_BUG; }
