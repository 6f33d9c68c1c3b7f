/* SPDX-License-Identifier: MIT */
#pragma once

/* The two ways by which a push comes in. Private to their files. */

#include "probes/windows/firewall.h"

/* Adds findings to @look. Return: 0, -ENOMEM. */
int pf_windows_judge_sharing(PfRegistryLook *look, const PfDemand *demand) PF_MUST_CHECK;
int pf_windows_judge_wmi(PfRegistryLook *look, const PfDemand *demand) PF_MUST_CHECK;

/* Does anybody listen at a port? Adds a finding of @name, but for an image. */
int pf_windows_judge_listener(PfRegistryLook *look, const char *name, unsigned port) PF_MUST_CHECK;
