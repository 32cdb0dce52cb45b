/* What a password may be; see password_rules.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/unicode.h"
#include "core/password_rules.h"

#define WORDS 3 /* so many are not enough */
#define FREE 5	/* nor are so many characters beside them */
#define RUN 3	/* keys in a row are one from so many on */
#define FOLDED_MAX (3 * NVR_PASSWORD_MAX) /* bytes: folding may make more */
#define OWN_MAX 64			  /* words about the person */
#define OWN_TEXT 4096			  /* bytes of them, each ended by NUL */

struct own {
	const char *word[OWN_MAX + 1]; /* ended by NULL */
	int n;
	char text[OWN_TEXT];
	size_t len;
};

/* Unicode's other spaces. */
static bool
is_space(unsigned c)
{
	return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

int
nvr_password_take(
    const char *text, char out[NVR_PASSWORD_TEXT], struct nvr_error *err)
{
	char plain[NVR_PASSWORD_TEXT];
	size_t len = 0;
	unsigned c;
	int rc = 0;

	if (strnlen(text, sizeof(plain)) == sizeof(plain))
		return nvr_fail(err, NVR_E_USAGE,
		    "the password is longer than %d characters",
		    NVR_PASSWORD_MOST);
	for (int n; rc == 0 && *text != '\0'; text += n) {
		n = nvr_utf8_next(text, &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
			rc = nvr_fail(err, NVR_E_USAGE,
			    "the password has control characters or is not "
			    "UTF-8");
		} else if (is_space(c)) {
			plain[len++] = ' ';
		} else {
			memcpy(plain + len, text, (size_t)n);
			len += (size_t)n;
		}
	}
	plain[len] = '\0';
	if (rc == 0 &&
	    nvr_normalise(NVR_NFC, plain, out, NVR_PASSWORD_TEXT) == 0 &&
	    len > 0)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "the password is longer than %d characters",
		    NVR_PASSWORD_MOST);
	if (len == 0)
		out[0] = '\0';
	explicit_bzero(plain, sizeof(plain));
	return rc;
}

static bool
is_letter(char c)
{
	return isalpha((unsigned char)c) || (c & 0x80) != 0;
}

/* Splits what is known of the person into words of three bytes and more. */
static void
add_own(struct own *own, const char *text)
{
	char folded[1024];
	size_t n;

	if (text == NULL ||
	    nvr_normalise(NVR_FOLD, text, folded, sizeof(folded)) == 0)
		return;
	for (const char *p = folded; *p != '\0'; p += n) {
		for (n = 0; is_letter(p[n]);)
			n++;
		if (n >= 3 && own->n < OWN_MAX && own->len + n < OWN_TEXT) {
			own->word[own->n++] = own->text + own->len;
			memcpy(own->text + own->len, p, n);
			own->len += n + 1;
		}
		if (n == 0)
			n = 1;
	}
}

/* How many of the keys at p are in a row: of the alphabet, of a keyboard, or
 * one and the same. */
static size_t
run_length(const char *p)
{
	static const char *const rows[] = {"abcdefghijklmnopqrstuvwxyz",
	    "zyxwvutsrqponmlkjihgfedcba", "01234567890", "09876543210",
	    "qwertyuiop", "poiuytrewq", "asdfghjkl\u00f6\u00e4", "lkjhgfdsa",
	    "zxcvbnm", "mnbvcxz", "qwertzuiop\u00fc", "poiuztrewq", "yxcvbnm",
	    "azertyuiop", "qsdfghjklm", "!@#$%^&*()",
	    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "qazwsxedcrfvtgbyhnujm",
	    "zaq12wsxcde34rfvbgt56yhnmju78ik"};
	size_t longest = 1, n;

	while (p[longest] == p[0])
		longest++;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strchr(rows[i], p[0]);

		for (n = 0; at != NULL && at[n] != '\0' && at[n] == p[n];)
			n++;
		if (n > longest)
			longest = n;
	}
	return longest;
}

static bool
is_year(const char *p)
{
	return (strncmp(p, "19", 2) == 0 || strncmp(p, "20", 2) == 0) &&
	       isdigit((unsigned char)p[2]) && isdigit((unsigned char)p[3]);
}

/* Whether c is the letter, or is written for it. */
static bool
stands_for(char c, char letter)
{
	static const char *const pairs[] = {"0o", "1i", "1l", "!i", "|l", "3e",
	    "4a", "@a", "5s", "$s", "7t", "+t", "8b", "9g"};

	if (c == letter)
		return true;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][0] == c && pairs[i][1] == letter)
			return true;
	return false;
}

static size_t
word_length(const char *p, const char *word)
{
	size_t n = 0;

	while (word[n] != '\0' && p[n] != '\0' && stands_for(p[n], word[n]))
		n++;
	return word[n] == '\0' ? n : 0;
}

/*
 * least[i][w]: with how few free characters the first i bytes can be read as w
 * words, runs and free ones.
 */
typedef uint8_t least_row[WORDS + 1];

static void
reach(least_row *least, size_t from, size_t n, int words, int free)
{
	for (int w = 0; n > 0 && w + words <= WORDS; w++) {
		int cost = least[from][w] + free;

		if (cost <= FREE && cost < least[from + n][w + words])
			least[from + n][w + words] = (uint8_t)cost;
	}
}

static void
reach_words(
    least_row *least, const char *text, size_t from, const char *const *word)
{
	for (; *word != NULL; word++)
		reach(least, from, word_length(text + from, *word), 1, 0);
}

static bool
is_reached(const least_row row)
{
	for (int w = 0; w <= WORDS; w++)
		if (row[w] <= FREE)
			return true;
	return false;
}

static int
is_common(const char *text, size_t len, const struct own *own, bool *ret,
    struct nvr_error *err)
{
	least_row *least = malloc((len + 1) * sizeof(*least));

	if (least == NULL)
		return nvr_fail_nomem(err);
	memset(least, FREE + 1, (len + 1) * sizeof(*least));
	least[0][0] = 0;
	for (size_t i = 0; i < len; i++) {
		if (!is_reached(least[i]))
			continue;
		for (size_t n = run_length(text + i); n >= RUN; n--)
			reach(least, i, n, 0, 1);
		if (is_year(text + i))
			reach(least, i, 4, 0, 1);
		if (!is_letter(text[i]))
			reach(least, i, 1, 0, 1);
		reach_words(least, text, i, nvr_common_words);
		reach_words(least, text, i, own->word);
	}
	*ret = is_reached(least[len]);
	explicit_bzero(least, (len + 1) * sizeof(*least));
	free(least);
	return 0;
}

/* A few characters, said over and over. */
static bool
is_repeated(const char *text, size_t len)
{
	for (size_t period = 1;
	     period < NVR_PASSWORD_LEAST && 2 * period <= len; period++)
		if (memcmp(text, text + period, len - period) == 0)
			return true;
	return false;
}

static int
check_folded(
    const char *folded, const char *const *about, int n, struct nvr_error *err)
{
	struct own own = {0};
	size_t len = strlen(folded);
	bool common = false;
	int rc;

	add_own(&own, "nvr");
	for (int i = 0; i < n; i++)
		add_own(&own, about[i]);
	rc = is_common(folded, len, &own, &common, err);
	explicit_bzero(&own, sizeof(own));
	if (rc == 0 && (common || is_repeated(folded, len)))
		rc = nvr_fail(err, NVR_E_USAGE,
		    "the password is easily guessed: it is made of common "
		    "words, names, keys in a row or repetitions; take more "
		    "words, or have one drawn");
	return rc;
}

int
nvr_password_rules(const char *password, const char *const *about, int n,
    struct nvr_error *err)
{
	size_t characters = 0;
	char *folded;
	unsigned c;
	int rc;

	for (const char *p = password; *p != '\0'; characters++)
		p += nvr_utf8_next(p, &c);
	if (characters < NVR_PASSWORD_LEAST)
		return nvr_fail(err, NVR_E_USAGE,
		    "the password has fewer than %d characters",
		    NVR_PASSWORD_LEAST);
	if (characters > NVR_PASSWORD_MOST)
		return nvr_fail(err, NVR_E_USAGE,
		    "the password is longer than %d characters",
		    NVR_PASSWORD_MOST);
	folded = malloc(FOLDED_MAX + 1);
	if (folded == NULL)
		return nvr_fail_nomem(err);
	/* What does not fit its folding is no common one. */
	rc = nvr_normalise(NVR_FOLD, password, folded, FOLDED_MAX + 1) > 0
		 ? check_folded(folded, about, n, err)
		 : 0;
	explicit_bzero(folded, FOLDED_MAX + 1);
	free(folded);
	return rc;
}
