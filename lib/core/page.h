/*
 * Every HTML page that is a file begins so: no script, no reference to anything
 * outside, and a policy that would not let one through.
 *
 *	nvr_page_head <title>…</title> nvr_page_style <body>…</body></html>
 *
 * It can be read in the light, in the dark and on paper.
 */
#ifndef NVR_CORE_PAGE_H
#define NVR_CORE_PAGE_H

extern const char nvr_page_head[], nvr_page_style[];

/* Around a table, which may be wider than a phone: keys scroll it, too. */
#define NVR_PAGE_WIDE                                              \
	"<div class=\"wide\" role=\"group\" aria-label=\"Table\" " \
	"tabindex=\"0\">"

#endif
