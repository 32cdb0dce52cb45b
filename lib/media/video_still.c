/* One picture from a stream, a device or a file; see video.h. */
#include "base/url.h"
#include "media/video_int.h"

int
nvr_video_still(const struct nvr_video_request *req, struct nvr_picture **ret,
    struct nvr_error *err)
{
	struct nvr_video_watch watch = {
	    .deadline = nvr_video_clock() + req->timeout,
	};
	struct nvr_buf path = {0};
	enum nvr_video_kind kind;
	int rc = nvr_video_kind(req->url, &kind, err);

	if (rc != 0)
		return rc;
	nvr_video_log_begin();
	if (kind == NVR_VIDEO_RTSP)
		return nvr_video_rtsp(req, &watch, ret, err);
	rc = nvr_url_path(req->url, &path, err);
	if (rc == 0 && kind == NVR_VIDEO_DEVICE)
		rc = nvr_video_device(req, path.data, &watch, ret, err);
	else if (rc == 0)
		rc = nvr_video_loop(req, path.data, &watch, ret, err);
	nvr_buf_release(&path);
	return rc;
}
