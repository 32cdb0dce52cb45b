/* Error texts; see error.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#undef nvr_fail
#undef nvr_fail_errno
#undef nvr_fail_nomem

static int
code_of_errno(int e)
{
	switch (e) {
	case ENOENT:
	case ENOTDIR:
		return NVR_E_NOENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return NVR_E_PERMISSION;
	case EEXIST:
		return NVR_E_CREATE;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return NVR_E_NOMEM;
	case EAGAIN:
	case ETIMEDOUT:
		return NVR_E_AGAIN;
	default:
		return NVR_E_IO;
	}
}

int
nvr_fail(struct nvr_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

int
nvr_fail_errno(struct nvr_error *err, int code, const char *fmt, ...)
{
	int e = errno;
	va_list ap;

	err->code = code != 0 ? code : code_of_errno(e);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	strlcat(err->text, ": ", sizeof(err->text));
	strlcat(err->text, strerror(e), sizeof(err->text));
	return err->code;
}

int
nvr_fail_nomem(struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_NOMEM, "out of memory");
}

int
nvr_prefix(struct nvr_error *err, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	strlcat(text, ": ", sizeof(text));
	strlcat(text, err->text, sizeof(text));
	memcpy(err->text, text, sizeof(text));
	return err->code;
}
