/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"

/* What the service manager of this machine says of a unit. */
typedef enum PfUnitState {
        PF_UNIT_ACTIVE, /* running, or for a socket: listening */
        PF_UNIT_STARTING,
        PF_UNIT_INACTIVE,
        PF_UNIT_FAILED,
        PF_UNIT_ABSENT, /* it has no such unit, or it is masked */
} PfUnitState;

/* Positive outcome: no service manager could be asked. */
enum { PF_UNITS_NO_MANAGER = 1 };

/**
 * pf_units_state() - ask for units' states, in one connection
 * @names: @n full names: "ssh.service"
 * @ret:   @n states; untouched unless 0 is returned
 * Rule:   org.freedesktop.systemd1(5), LoadUnit, LoadState, ActiveState. Waits two
 *         seconds at most for each answer. Starts nothing.
 * Return: 0, PF_UNITS_NO_MANAGER, or a negative errno with a text.
 */
int pf_units_state(const char *const *names, size_t n, PfUnitState *ret, PfErr *err) PF_MUST_CHECK;
