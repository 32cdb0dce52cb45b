/* Money; see money.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"

#define ONE INT64_C(1000000)

int
nvr_money_parse(const char *text, int64_t *ret, struct nvr_error *err)
{
	int64_t whole = 0, part = 0, digit = ONE;
	const char *p = text;

	while (*p >= '0' && *p <= '9' && whole <= 1000 * ONE)
		whole = whole * 10 + (*p++ - '0');
	if (p > text && *p == '.') {
		while (*++p >= '0' && *p <= '9' && digit > 1)
			part += (*p - '0') * (digit /= 10);
		if (p[-1] == '.')
			p = text;
	}
	if (p == text || *p != '\0' || whole > 1000 * ONE)
		return nvr_fail(err, NVR_E_USAGE,
		    "'%s' is no sum of money: write 2.50 or 0.000125", text);
	*ret = whole * ONE + part;
	return 0;
}

const char *
nvr_money_format(int64_t micros, char buf[NVR_MONEY_TEXT])
{
	uint64_t v = micros < 0 ? -(uint64_t)micros : (uint64_t)micros;
	size_t len;

	snprintf(buf, NVR_MONEY_TEXT, "%s%" PRIu64 ".%06" PRIu64,
	    micros < 0 ? "-" : "", v / ONE, v % ONE);
	len = strlen(buf);
	for (int i = 0; i < 4 && buf[len - 1] == '0'; i++)
		buf[--len] = '\0';
	return buf;
}
