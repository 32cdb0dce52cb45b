/* The protocol of sd_notify(3): one datagram; see notify.h. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/notify.h"

void
nvr_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	len = strlcpy(to.sun_path, path, sizeof(to.sun_path));
	if (len >= sizeof(to.sun_path))
		return;
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* an abstract socket */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

void
nvr_notify_alive(void)
{
	static int64_t last;
	const char *text = getenv("WATCHDOG_USEC"), *wrong;
	int64_t now = nvr_time_monotonic(), every;

	if (text == NULL)
		return;
	every = strtonum(text, 1, INT64_MAX, &wrong);
	if (wrong != NULL || now - last < every / 3)
		return;
	last = now;
	nvr_notify("WATCHDOG=1");
}
