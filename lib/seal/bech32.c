/* Bech32 text; see bech32.h. */
#include <ctype.h>
#include <string.h>

#include "seal/bech32.h"

#define CHECKSUM_LEN 6

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* Takes one more 5-bit value into the checksum, a BCH code over GF(32). */
static uint32_t
checksum_add(uint32_t sum, uint32_t value)
{
	static const uint32_t generator[] = {
	    0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;
	size_t i;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= generator[i];
	return sum;
}

/* The checksum is always that of the lower-case text. */
static uint32_t
checksum_start(const char *prefix)
{
	uint32_t sum = 1;
	const char *p;

	for (p = prefix; *p != '\0'; p++)
		sum = checksum_add(sum, (uint32_t)tolower(*p) >> 5);
	sum = checksum_add(sum, 0);
	for (p = prefix; *p != '\0'; p++)
		sum = checksum_add(sum, (uint32_t)tolower(*p) & 31);
	return sum;
}

static int
is_upper_case(const char *prefix)
{
	return prefix[strcspn(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0';
}

/* The 5 bits at a bit offset; those past the end are zeros. */
static uint32_t
five_bits(const uint8_t *data, size_t len, size_t at)
{
	size_t i = at / 8;
	uint32_t word = (uint32_t)data[i] << 8;

	if (i + 1 < len)
		word |= data[i + 1];
	return word >> (11 - at % 8) & 31;
}

/* The reverse, into zeroed bytes; -1 if a bit past the end is set. */
static int
put_five_bits(uint8_t *data, size_t len, size_t at, uint32_t v)
{
	size_t i = at / 8;
	uint32_t word = v << (11 - at % 8);

	data[i] |= (uint8_t)(word >> 8);
	if (i + 1 < len)
		data[i + 1] |= (uint8_t)word;
	else if ((word & 0xff) != 0)
		return -1;
	return 0;
}

void
nvr_bech32_encode(
    const char *prefix, const uint8_t *data, size_t len, char *out)
{
	size_t i, n = strlen(prefix), values = (len * 8 + 4) / 5;
	uint32_t sum = checksum_start(prefix), v;

	memcpy(out, prefix, n);
	out[n++] = '1';
	for (i = 0; i < values; i++) {
		v = five_bits(data, len, 5 * i);
		sum = checksum_add(sum, v);
		out[n++] = alphabet[v];
	}
	for (i = 0; i < CHECKSUM_LEN; i++)
		sum = checksum_add(sum, 0);
	sum ^= 1;
	for (i = 0; i < CHECKSUM_LEN; i++)
		out[n++] = alphabet[sum >> (5 * (5 - i)) & 31];
	out[n] = '\0';
	if (is_upper_case(prefix))
		for (; *out != '\0'; out++)
			*out = (char)toupper(*out);
}

/* The value of a letter in the wanted case, or -1. */
static int
value_of(char c, int upper)
{
	const char *p;

	if (c == '\0' || (upper ? islower(c) : isupper(c)))
		return -1;
	p = strchr(alphabet, tolower(c));
	return p != NULL ? (int)(p - alphabet) : -1;
}

int
nvr_bech32_decode(const char *text, size_t text_len, const char *prefix,
    uint8_t *data, size_t len, struct nvr_error *err)
{
	size_t i, n = strlen(prefix), values = (len * 8 + 4) / 5;
	uint32_t sum = checksum_start(prefix);
	int v, padding = 0, upper = is_upper_case(prefix);

	if (text_len <= n || memcmp(text, prefix, n) != 0 || text[n] != '1')
		return nvr_fail(
		    err, NVR_E_DATA, "it does not begin with '%s1'", prefix);
	if (text_len != n + NVR_BECH32_LEN(len))
		return nvr_fail(err, NVR_E_DATA,
		    "it has %zu characters instead of %zu", text_len,
		    n + NVR_BECH32_LEN(len));
	text += n + 1;
	memset(data, 0, len);
	for (i = 0; i < values + CHECKSUM_LEN; i++) {
		v = value_of(text[i], upper);
		if (v < 0)
			return nvr_fail(err, NVR_E_DATA,
			    "its character %zu cannot stand there", n + 2 + i);
		sum = checksum_add(sum, (uint32_t)v);
		if (i < values)
			padding |= put_five_bits(data, len, 5 * i, (uint32_t)v);
	}
	if (sum != 1)
		return nvr_fail(
		    err, NVR_E_DATA, "its checksum is wrong, look for a typo");
	if (padding != 0)
		return nvr_fail(err, NVR_E_DATA, "its padding is not zero");
	return 0;
}
