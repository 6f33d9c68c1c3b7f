/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/target.h"

/*
 * VMware's guestinfo: values that a virtual machine tells its host, which shows them as
 * "guestinfo.preflightd" of the machine's extraConfig. They are set by a program of
 * open-vm-tools, which speaks to the hypervisor and to nobody else: on another one, or on
 * hardware, it would be killed for the instruction that it uses; so it is run on VMware alone.
 */
#define PF_GUEST_INFO_KEY "guestinfo.preflightd"
#define PF_GUEST_INFO_MAX 8192 /* bytes of a value, as we set it */

/* Positive outcome: it is no virtual machine of VMware, or the program is not installed. */
enum { PF_GUEST_INFO_NONE = 1 };

/**
 * pf_guest_info_find() - the program that sets values
 * @ret:   receives its path, constant
 * Rule:   /sys/class/dmi/id/sys_vendor begins with "VMware".
 * Return: 0, PF_GUEST_INFO_NONE; with a text -EIO …
 */
int pf_guest_info_find(const PfTarget *target, const char **ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_guest_info_set() - set our value
 * @tool:  vmware-rpctool; gets one argument, "info-set guestinfo.preflightd VALUE"
 * @value: without blanks
 * Return: 0; with a text -ETIMEDOUT, -EIO where it ends with another status than 0.
 */
int pf_guest_info_set(const char *tool, const char *value, PfErr *err) PF_MUST_CHECK;
