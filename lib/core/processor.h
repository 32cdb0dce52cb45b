/*
 * Who receives data on our instructions (GDPR, article 28), and where data
 * goes without anybody being named for it.  See register.h.
 */
#ifndef NVR_CORE_PROCESSOR_H
#define NVR_CORE_PROCESSOR_H

#include "base/model.h"
#include "core/state.h"
#include "store/processor.h"

/*
 * id, since and until are not looked at; host may be "".  jurisdiction as
 * base/jurisdiction.h has it.  NVR_E_CREATE when it stands
 * there already, with that host.
 */
int nvr_processor_add(struct nvr_state *s, const struct nvr_processor *p,
    int64_t *id, struct nvr_error *err);

/* host NULL: with all its hosts.  NVR_E_NOENT where there is none. */
int nvr_processor_end(struct nvr_state *s, const char *name, const char *host,
    struct nvr_error *err);

/* A host that no processor is named for. */
struct nvr_recipient {
	const char *host;
	const char *model; /* of nvr.conf: data will go there; or NULL */
	int64_t pictures;  /* that went there; */
	int64_t first, last;
};

/*
 * Where pictures went, and where the models of nvr.conf would have them go:
 * every host that the register does not name, or did not when the last one
 * went there.  This machine is nobody, and a model that wants a key and has
 * none is not asked.  Borrowed for the call.
 */
int nvr_processor_each_unknown(struct nvr_state *s,
    const struct nvr_model *models, int nmodels,
    int (*row)(void *ctx, const struct nvr_recipient *r), void *ctx,
    struct nvr_error *err);

#endif
