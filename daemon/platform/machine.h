/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the kernel and the service manager of a machine say: of the machine that
 * we run on, or of a captured one, which says what it said then. Probes ask here,
 * so that both are judged alike.
 */

#include "daemon/base/json.h"
#include "daemon/base/target.h"
#include "daemon/base/tcp-table.h"
#include "daemon/platform/listeners.h"
#include "daemon/platform/units.h"

/**
 * pf_machine_listeners() - the TCP sockets that listen
 * Rule:   book "listeners", question "tcp": { "sockets": [ { "address": "::",
 *         "port": 22, "takesIpv4": "yes" } ] }, or { "outcome": "unsupported" }.
 * Return: as pf_listeners_read(), or -ENODATA, -EINVAL as pf_target_recall();
 *         PF_LISTENERS_UNSUPPORTED of an image.
 */
int pf_machine_listeners(const PfTarget *target, PfTcpTable *ret, PfErr *err) PF_MUST_CHECK;

/* That answer of a machine with these sockets, for who assumes it; NULL: out of memory. */
PfJson *pf_machine_listeners_answer(const PfTcpTable *table);

/**
 * pf_machine_units() - what the service manager says of units
 * Rule:   book "units", question "ssh.service": { "state": "active" }, or
 *         { "outcome": "no-manager" }.
 * Return: as pf_units_state(), or as above; PF_UNITS_NO_MANAGER of an image.
 */
int pf_machine_units(const PfTarget *target, const char *const *names, size_t n, PfUnitState *ret,
                     PfErr *err) PF_MUST_CHECK;
