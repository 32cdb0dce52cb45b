/* What systemd wants to know of a service; see sd_notify(3). */
#ifndef NVR_CLI_NOTIFY_H
#define NVR_CLI_NOTIFY_H

/*
 * Sends `READY=1` and the like to the socket that the environment names; does
 * nothing without one.
 */
void nvr_notify(const char *state);

/* Sends `WATCHDOG=1` as often as the service's WatchdogSec asks for. */
void nvr_notify_alive(void);

#endif
