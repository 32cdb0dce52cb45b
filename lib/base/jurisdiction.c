/* Codes of ISO 3166; see jurisdiction.h. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/jurisdiction.h"

/* The officially assigned ones, as of 2024. */
static const char COUNTRIES[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE "
    "BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD "
    "CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM "
    "DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF "
    "GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU "
    "ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME "
    "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA "
    "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI "
    "SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK "
    "TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS YE YT ZA ZM ZW ";

/* The European Union, and Iceland, Liechtenstein and Norway. */
static const char EEA[] =
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO "
    "PL PT RO SE SI SK ";

static bool
is_among(const char *codes, const char code[2])
{
	for (const char *p = codes; *p != '\0'; p += 3)
		if (memcmp(p, code, 2) == 0)
			return true;
	return false;
}

int
nvr_jurisdiction_parse(
    const char *text, char ret[NVR_JURISDICTION], struct nvr_error *err)
{
	char code[NVR_JURISDICTION] = "";
	size_t n = strlen(text);
	bool good = n == 2 || (n >= 4 && n < sizeof(code) && text[2] == '-');

	for (size_t i = 0; good && i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		good = i == 2 || (i < 2 ? isalpha(c) : isalnum(c)) != 0;
		code[i] = (char)toupper(c);
	}
	if (!good || !is_among(COUNTRIES, code))
		return nvr_fail(err, NVR_E_USAGE,
		    "a jurisdiction is a code of ISO 3166, as DE or US-CA, not "
		    "'%.40s'",
		    text);
	memcpy(ret, code, sizeof(code));
	return 0;
}

bool
nvr_jurisdiction_eea(const char code[NVR_JURISDICTION])
{
	return is_among(EEA, code);
}
