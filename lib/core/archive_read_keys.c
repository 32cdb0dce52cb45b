/* Lines of keys that are trusted; see ssh-keygen(1), ALLOWED SIGNERS. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "core/archive_read_int.h"

#define TYPE "ssh-ed25519 "
#define BLANK " \t"

enum verdict { NEVER, AT_ANOTHER_TIME, NOW };

/* What is between quotes behind that option's name; *p moves past it. */
static bool
take_option(const char **p, const char *name, const char **value, size_t *len)
{
	size_t n = strlen(name);

	if (strncasecmp(*p, name, n) != 0 || strncmp(*p + n, "=\"", 2) != 0)
		return false;
	*value = *p + n + 2;
	*len = strcspn(*value, "\"\n");
	*p = *value + *len;
	return *(*p)++ == '"';
}

/* A pattern-list of ssh_config(5); what fnmatch(3) reads otherwise is in none
 * that is known. */
static bool
has_namespace(const char *list, size_t len)
{
	char pattern[256], *next = pattern, *one;
	bool found = false;

	if (len >= sizeof(pattern))
		return false;
	memcpy(pattern, list, len);
	pattern[len] = '\0';
	if (strpbrk(pattern, "[\\") != NULL)
		return false;
	while ((one = strsep(&next, ",")) != NULL) {
		bool not = one[0] == '!';

		if (fnmatch(one + not, NVR_ARCHIVE_NAMESPACE, 0) != 0)
			continue;
		if (not )
			return false;
		found = true;
	}
	return found;
}

/* YYYYMMDD[HHMM[SS]][Z], local time without the Z. */
static bool
read_date(const char *text, size_t len, int64_t *ret)
{
	char digits[] = "00000000000000", date[NVR_TIME_TEXT];
	size_t n = strspn(text, "0123456789");
	struct nvr_error ignored;

	if ((n != 8 && n != 12 && n != 14) || len - n > 1 ||
	    (len > n && text[n] != 'Z' && text[n] != 'z'))
		return false;
	memcpy(digits, text, n);
	snprintf(date, sizeof(date), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s%s", digits,
	    digits + 4, digits + 6, digits + 8, digits + 10, digits + 12,
	    len > n ? "Z" : "");
	return nvr_time_parse(date, 0, ret, &ignored) == 0;
}

/* An option that is not known may forbid what is asked for: then never. */
static enum verdict
read_option(const char **p, int64_t now)
{
	const char *value;
	int64_t t = 0;
	size_t len;

	if (take_option(p, "namespaces", &value, &len))
		return has_namespace(value, len) ? NOW : NEVER;
	if (take_option(p, "valid-after", &value, &len))
		return !read_date(value, len, &t) ? NEVER
		       : now < t		  ? AT_ANOTHER_TIME
						  : NOW;
	if (take_option(p, "valid-before", &value, &len))
		return !read_date(value, len, &t)	   ? NEVER
		       : now / NVR_SECOND > t / NVR_SECOND ? AT_ANOTHER_TIME
							   : NOW;
	return NEVER;
}

static enum verdict
read_options(const char **p, int64_t now)
{
	enum verdict all = NOW;

	for (;;) {
		enum verdict one = read_option(p, now);

		if (one < all)
			all = one;
		if (all == NEVER || strchr(BLANK, **p) != NULL)
			return all;
		if (*(*p)++ != ',')
			return NEVER;
	}
}

static bool
is_key(const char *p)
{
	return strncmp(p, TYPE, strlen(TYPE)) == 0;
}

/* `principals [options] key`, or the key alone, as in a .pub. */
static enum verdict
read_line(const char *p, int64_t now, uint8_t ret[NVR_SIGN_KEY_LEN])
{
	enum verdict verdict = NOW;
	struct nvr_error ignored;

	p += strspn(p, BLANK);
	if (*p == '#')
		return NEVER;
	if (!is_key(p)) {
		p += *p == '"' ? 1 + strcspn(p + 1, "\"\n")
			       : strcspn(p, BLANK "\n");
		p += *p == '"';
		p += strspn(p, BLANK);
	}
	if (!is_key(p)) {
		verdict = read_options(&p, now);
		p += verdict != NEVER ? strspn(p, BLANK) : 0;
	}
	if (verdict == NEVER || !is_key(p) ||
	    nvr_sign_public_parse(p, ret, &ignored) != 0)
		return NEVER;
	return verdict;
}

bool
nvr_next_signer(
    const char **text, int64_t now, uint8_t ret[NVR_SIGN_KEY_LEN], bool *valid)
{
	while (**text != '\0') {
		enum verdict verdict = read_line(*text, now, ret);
		size_t len = strcspn(*text, "\n");

		*text += len + ((*text)[len] == '\n');
		*valid = verdict == NOW;
		if (verdict != NEVER)
			return true;
	}
	return false;
}
