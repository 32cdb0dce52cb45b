/* Stand-ins: each part takes its own away. */
#include "nvr-export.h"
#define TODO(v) int v(struct nvr_cli *c, int argc, char **argv) { (void)argc, (void)argv; return nvr_fail(&c->err, NVR_E_BUG, "not there yet"); }
TODO(export_audits)
TODO(export_import)
