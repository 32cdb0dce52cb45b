/* By what a recorder is told from its copy; see fingerprint.h. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fingerprint.h"
#include "core/measure_int.h"
#include "seal/digest.h"

#define LABEL "nvr recorder 1"
#define HEX "0123456789abcdef"
#define INTERFACE 64 /* IFNAMSIZ is 16 */
#define ADDRESS 64
#define MODEL 256

/* The word or line at the beginning of text, to its first such character. */
static void
take(const char *text, const char *ends, char *to, size_t size)
{
	size_t n = strcspn(text, ends);

	if (n >= size)
		n = size - 1;
	memcpy(to, text, n);
	to[n] = '\0';
}

/* Not by routes, which come and go with cables, sticks and VPNs. */
static void
find_hardware(const char *root, char name[INTERFACE])
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d;

	name[0] = '\0';
	snprintf(path, sizeof(path), "%s/sys/class/net", root);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/sys/class/net/%s/device", root,
		    e->d_name);
		if (e->d_name[0] != '.' && strlen(e->d_name) < INTERFACE &&
		    access(path, F_OK) == 0 &&
		    (name[0] == '\0' || strcmp(e->d_name, name) < 0))
			strlcpy(name, e->d_name, INTERFACE);
	}
	if (d != NULL)
		closedir(d);
}

static void
find_address(const char *root, char address[ADDRESS])
{
	char name[INTERFACE], path[PATH_MAX], text[ADDRESS];

	address[0] = '\0';
	find_hardware(root, name);
	if (name[0] == '\0')
		return;
	snprintf(path, sizeof(path), "/sys/class/net/%s/address", name);
	take(nvr_measure_read(root, path, text, sizeof(text)), "\n", address,
	    ADDRESS);
}

static bool
cpuinfo(const char *text, const char *key, char model[MODEL])
{
	size_t n = strlen(key);

	for (const char *p = text; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, n) != 0 || !isspace((unsigned char)p[n]))
			continue;
		p += strcspn(p, ":\n");
		if (*p != ':')
			continue;
		take(p + 1 + strspn(p + 1, " \t"), "\n", model, MODEL);
		return true;
	}
	return false;
}

static void
find_model(const char *root, char model[MODEL])
{
	char text[8192];

	nvr_measure_read(root, "/proc/cpuinfo", text, sizeof(text));
	if (cpuinfo(text, "model name", model) ||
	    cpuinfo(text, "Hardware", model))
		return;
	take(nvr_measure_read(
		 root, "/proc/device-tree/model", text, sizeof(text)),
	    "\n", model, MODEL);
}

int
nvr_fingerprint(
    const char *root, uint8_t ret[NVR_FINGERPRINT], struct nvr_error *err)
{
	char id[64], address[ADDRESS], model[MODEL];
	struct nvr_buf data = {0};
	int rc = 0;

	nvr_measure_read(root, "/etc/machine-id", id, sizeof(id));
	id[strcspn(id, "\n")] = '\0';
	if (strlen(id) != 32 || id[strspn(id, HEX)] != '\0')
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "this machine has no /etc/machine-id: "
		    "systemd-machine-id-setup makes one");
	find_address(root, address);
	find_model(root, model);
	rc = nvr_buf_addf(&data, err, LABEL "%c%s%c%s", 0, address, 0, model);
	if (rc == 0)
		rc = nvr_hmac(id, 32, data.data, data.len, ret, err);
	nvr_buf_wipe(&data);
	explicit_bzero(id, sizeof(id));
	return rc;
}
