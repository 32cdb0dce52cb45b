/* E-mail addresses; see address.h. */
#include <ctype.h>
#include <string.h>

#include <idn2.h>
#include <unictype.h>

#include "base/address.h"
#include "base/text.h"
#include "base/unicode.h"

#define INPUT_MAX 1024 /* bytes: U-labels are longer than A-labels */

static int
bad(struct nvr_error *err, const char *what)
{
	return nvr_fail(err, NVR_E_USAGE, "the e-mail address %s", what);
}

/* Of RFC 5322's atext and dots: the ASCII of a local part. */
static bool
is_atext(unsigned c)
{
	return c < 0x80 &&
	       (isalnum((int)c) != 0 ||
		   (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~.", (int)c) != NULL));
}

static bool
is_mark(unsigned c)
{
	return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M);
}

/* Letters, marks and digits, but no old Hangul: RFC 8264, 4.2. */
static bool
is_identifier(unsigned c)
{
	return uc_is_general_category_withtable(
		   c, UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu |
			  UC_CATEGORY_MASK_Lo | UC_CATEGORY_MASK_Lm |
			  UC_CATEGORY_MASK_Nd | UC_CATEGORY_MASK_Mn |
			  UC_CATEGORY_MASK_Mc) &&
	       !uc_is_property_default_ignorable_code_point(c) &&
	       !(c >= 0x1100 && c <= 0x11ff) && !(c >= 0xa960 && c <= 0xa97f) &&
	       !(c >= 0xd7b0 && c <= 0xd7ff);
}

static int
check_characters(const char *local, struct nvr_error *err)
{
	unsigned c, before = '.';
	int n;

	for (; *local != '\0'; local += n, before = c) {
		n = nvr_utf8_next(local, &c);
		if (c == '.' && before == '.')
			return bad(err, "has a dot where a letter belongs");
		if (c < 0x80 ? !is_atext(c) : !is_identifier(c))
			return bad(err, "has a character that may not stand in "
					"one: one plain address is taken, as "
					"jane@example.org");
		if (is_mark(c) && !is_mark(before) && !is_identifier(before))
			return bad(err, "has an accent without a letter");
	}
	return before == '.' ? bad(err, "has a dot ahead of its @ or no name")
			     : 0;
}

/* The Bidi Rule, RFC 5893, 2, for a text with letters that run leftwards. */
static bool
keeps_bidi_rule(const char *text)
{
	bool first = true, rtl = false, good_end = false, en = false,
	     an = false, other = false;
	unsigned c;

	for (; *text != '\0'; first = false) {
		int dir;

		text += nvr_utf8_next(text, &c);
		dir = uc_bidi_category(c);
		if (dir == UC_BIDI_R || dir == UC_BIDI_AL || dir == UC_BIDI_AN)
			rtl = true;
		if (first && dir != UC_BIDI_R && dir != UC_BIDI_AL)
			other = true;
		other |= dir == UC_BIDI_L;
		en |= dir == UC_BIDI_EN;
		an |= dir == UC_BIDI_AN;
		if (dir != UC_BIDI_NSM)
			good_end = dir == UC_BIDI_R || dir == UC_BIDI_AL ||
				   dir == UC_BIDI_EN || dir == UC_BIDI_AN;
	}
	return !rtl || (!other && good_end && !(en && an));
}

/* mail and key, as far as the @. */
static int
take_local(const char *text, struct nvr_address *a, struct nvr_error *err)
{
	char compatible[INPUT_MAX];
	size_t len =
	    nvr_normalise(NVR_NFC, text, a->mail, NVR_ADDRESS_LOCAL + 1);

	if (*text == '\0')
		return bad(err, "has nothing ahead of its @");
	if (len == 0)
		return bad(err, "has more than 64 bytes ahead of its @");
	if (check_characters(a->mail, err) != 0)
		return err->code;
	/* Ligatures, full width and the like stand in for other letters. */
	if (nvr_normalise(NVR_NFKC, a->mail, compatible, sizeof(compatible)) ==
		0 ||
	    strcmp(compatible, a->mail) != 0)
		return bad(err, "has a character that stands for others");
	if (!keeps_bidi_rule(a->mail))
		return bad(err, "mixes directions of writing");
	if (nvr_normalise(NVR_FOLD, a->mail, a->key, 3 * NVR_ADDRESS_LOCAL) ==
	    0)
		return bad(err, "has a name that is too long");
	return 0;
}

/* Host names of at least two labels (RFC 1123, 2.1), the last not a number. */
static bool
is_host(const char *host)
{
	const char *dot;
	size_t n;

	for (; (dot = strchr(host, '.')) != NULL; host = dot + 1) {
		n = (size_t)(dot - host);
		if (n < 1 || n > 63 || host[0] == '-' || dot[-1] == '-')
			return false;
		if (strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
			return false;
	}
	n = strlen(host);
	return n >= 1 && n <= 63 && host[0] != '-' && host[n - 1] != '-' &&
	       strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
	       strspn(host, "0123456789") < n;
}

/*
 * UTS #46 maps and lets pass what IDNA2008 does not, symbols above all: what
 * it made is held to IDNA2008 by a second look.
 */
static bool
is_idna2008(const char *host)
{
	uint8_t *again = NULL;
	char *wide = NULL;
	bool ok;

	if (strstr(host, "xn--") == NULL)
		return true;
	ok = idn2_to_unicode_8z8z(host, &wide, 0) == IDN2_OK &&
	     idn2_lookup_u8((const uint8_t *)wide, &again,
		 IDN2_NFC_INPUT | IDN2_NO_TR46) == IDN2_OK &&
	     strcmp((const char *)again, host) == 0;
	idn2_free(wide);
	idn2_free(again);
	return ok;
}

/*
 * UTS #46 drops what is not seen, and libidn2 what no host name may have: the
 * letter would go to another domain than the one that was read.
 */
static bool
is_whole(const char *domain)
{
	unsigned c;

	for (; *domain != '\0'; domain += nvr_utf8_next(domain, &c)) {
		nvr_utf8_next(domain, &c);
		if (c < 0x80 ? !isalnum((int)c) && c != '-' && c != '.'
			     : uc_is_property_default_ignorable_code_point(c))
			return false;
	}
	return true;
}

static int
take_domain(const char *text, struct nvr_address *a, struct nvr_error *err)
{
	size_t len = strlen(a->mail);
	char *host = NULL;
	int rc = 0;

	if (!is_whole(text) ||
	    idn2_to_ascii_8z(
		text, &host, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		return bad(err, "has a domain that cannot be one");
	for (char *p = host; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strchr(host, '.') == NULL)
		rc = bad(err, "has a domain without a dot");
	else if (!is_host(host) || !is_idna2008(host))
		rc = bad(err, "has a domain that cannot be one");
	else if (len + 1 + strlen(host) > NVR_ADDRESS_MAX)
		rc = bad(err, "is longer than 254 bytes");
	if (rc == 0) {
		strlcat(a->mail, "@", sizeof(a->mail));
		strlcat(a->mail, host, sizeof(a->mail));
		strlcat(a->key, "@", sizeof(a->key));
		strlcat(a->key, host, sizeof(a->key));
	}
	idn2_free(host);
	return rc;
}

int
nvr_address_parse(
    const char *text, struct nvr_address *ret, struct nvr_error *err)
{
	struct nvr_address a = {0};
	char local[INPUT_MAX];
	const char *at;

	if (strnlen(text, INPUT_MAX) == INPUT_MAX)
		return bad(err, "is longer than 254 bytes");
	if (!nvr_text_printable(text))
		return bad(err, "has control characters or is not UTF-8");
	at = strrchr(text, '@');
	if (at == NULL)
		return bad(err, "has no @");
	strlcpy(local, text, (size_t)(at - text) + 1);
	if (take_local(local, &a, err) != 0 ||
	    take_domain(at + 1, &a, err) != 0)
		return err->code;
	*ret = a;
	return 0;
}
