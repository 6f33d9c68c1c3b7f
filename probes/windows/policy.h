/* SPDX-License-Identifier: MIT */
#pragma once

#include "probes/remedy.h"

/*
 * Is it a group policy that says what a setting is? Then it is put back when the policy is
 * applied again, at the latest after two hours, and whoever changes it here fights it.
 *
 * What Windows keeps of the policies that it applied: the values of all of them in
 * ProgramData\ntuser.pol, those of the machine's own in System32\GroupPolicy, and their
 * security templates below security\templates\policies.
 */

/* Positive outcome: one does. */
enum { PF_POLICY_SETS = 1 };

/**
 * pf_windows_policy_of() - of a value of the registry, or of how a service starts
 * @ret_path: receives the file that says so, or the directory of templates; static
 * Return:    0: none does, as far as files tell; PF_POLICY_SETS; a negative errno with a text
 *            where that could not be read.
 */
int pf_windows_policy_of(const PfTarget *target, PfSettingKind kind, const char *subject,
                         const char *name, const char **ret_path, PfErr *err) PF_MUST_CHECK;
