/* What the parts of the page of an account's export share. */
#ifndef NVR_CORE_EXPORT_PAGE_H
#define NVR_CORE_EXPORT_PAGE_H

#include "core/export_int.h"
#include "core/export_words.h"
#include "core/paper.h"

struct nvr_export_page {
	struct nvr_exporting *x;
	const struct nvr_export_words *w;
	struct nvr_paper p;
	bool ended;
};

/* Words, `a; b`. */
#define NVR_EXPORT_LIST 2048
void nvr_export_list(char list[NVR_EXPORT_LIST], const char *word);

/* What fails is returned, or shows in p.rc. */
int nvr_export_page_received(struct nvr_export_page *g);
int nvr_export_page_sites(struct nvr_export_page *g);
void nvr_export_page_held(struct nvr_export_page *g);
void nvr_export_page_rights(struct nvr_export_page *g);

#endif
