/* Archives that nvr-export reads: from where, by which keys. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#include "nvr-export.h"

#define KEYS_MAX ((size_t)1024 * 1024)
#define IDENTITY_MAX ((size_t)64 * 1024)

int
export_input_open(struct export_input *in, const char *name, const char *what,
    struct nvr_error *err)
{
	struct stat sb;

	*in = (struct export_input){
	    .name = name, .progress = {.what = what, .bytes = true}};
	if (strcmp(name, "-") == 0) {
		in->name = "standard input";
		in->fd = STDIN_FILENO;
		if (isatty(in->fd))
			return nvr_fail(err, NVR_E_USAGE,
			    "an archive does not come from a terminal: name a "
			    "file, or use a pipe");
	} else {
		in->fd = open(name, O_RDONLY | O_CLOEXEC);
		if (in->fd < 0)
			return nvr_fail_errno(err, 0, "cannot open '%s'", name);
	}
	if (fstat(in->fd, &sb) == 0 && S_ISREG(sb.st_mode))
		in->progress.total = sb.st_size;
	return 0;
}

int64_t
export_input_read(void *ctx, void *buf, size_t len, struct nvr_error *err)
{
	struct export_input *in = ctx;
	ssize_t n;

	do {
		n = read(in->fd, buf, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return nvr_fail_errno(
		    err, NVR_E_IO, "cannot read '%s'", in->name);
	in->done += (uint64_t)n;
	nvr_progress_show(&in->progress, (long long)in->done);
	return n;
}

void
export_input_close(struct export_input *in)
{
	nvr_progress_end(&in->progress);
	if (in->fd > STDIN_FILENO)
		close(in->fd);
}

int
export_identity(struct nvr_age_identity *ret, bool *have, const char *input,
    struct nvr_error *err)
{
	struct nvr_buf text = {0};
	int rc;

	*have = opt.identity != NULL;
	if (!*have)
		return 0;
	if (strcmp(opt.identity, "-") == 0 && strcmp(input, "-") == 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "--identity and the archive cannot both be stdin");
	rc = nvr_file_read(opt.identity, IDENTITY_MAX, &text, err);
	if (rc == 0) {
		rc = nvr_age_identity_parse(
		    text.data != NULL ? text.data : "", text.len, ret, err);
		if (rc != 0)
			nvr_prefix(err, "'%s'", opt.identity);
	}
	nvr_buf_wipe(&text);
	return rc;
}

int
export_trusted(struct nvr_buf *buf, const char **ret, struct nvr_error *err)
{
	int rc = 0;

	*ret = NULL;
	if (opt.signer == NULL)
		return 0;
	if (strcmp(opt.signer, "-") == 0)
		return nvr_fail(
		    err, NVR_E_USAGE, "--signer is a file, not stdin");
	rc = nvr_file_read(opt.signer, KEYS_MAX, buf, err);
	if (rc == 0)
		*ret = buf->data != NULL ? buf->data : "";
	return rc;
}

const char *
export_temp(void)
{
	const char *temp = getenv("TMPDIR");

	return temp != NULL && temp[0] != '\0' ? temp : "/tmp";
}
