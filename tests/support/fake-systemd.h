/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "tests/support/sandbox.h"

/*
 * A service manager for tests: a dbus-daemon of the test's own, and on it a process that answers
 * as org.freedesktop.systemd1 does. DBUS_SYSTEM_BUS_ADDRESS of this process leads there.
 *
 * What becomes of a unit, and of its jobs, is in its name: "inactive", "refused", "failed",
 * "timeout", "canceled", "dependency", "skipped", "hanging", "early" (the job is over before its
 * path is told) and "dying", which does not survive a reload. All others are active.
 */
typedef struct PfFakeSystemd {
        PfSandbox box;
        pid_t daemon;
        pid_t manager; /* 0: it was ended */
} PfFakeSystemd;

/* Return: false where the test was skipped: there is no dbus-daemon. All zero at first. */
bool pf_fake_systemd_open(PfFakeSystemd *bus);

/* The same in two steps: a bus on which there is no manager yet, and the manager. */
bool pf_fake_systemd_open_bus(PfFakeSystemd *bus);
void pf_fake_systemd_start_manager(PfFakeSystemd *bus);

void pf_fake_systemd_close(PfFakeSystemd *bus);
#define PF_AUTO_FAKE_SYSTEMD PF_CLEANUP(pf_fake_systemd_close)

/* The manager tells that a unit has changed; NULL: that it is being reloaded. */
void pf_fake_systemd_signal(const char *unit);

/* Ends one of the two processes. */
void pf_fake_systemd_end(pid_t pid);

/* The calls so far, a line each, compared with what is expected. */
void pf_fake_systemd_was_told(const PfFakeSystemd *bus, const char *expected);
