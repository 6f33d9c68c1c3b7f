/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"
#include "probes/remedy.h"

/*
 * Settings of a machine, read through its target, and what they make it say. A value is a
 * text, so that plans and the journal hold them all alike:
 *
 *      registry    "dword:00000001", as in .reg files. Another type is a text that says so,
 *                  is never equal to a DWORD, and cannot be put back.
 *      starttype   "boot", "system", "automatic", "demand", "disabled". Whether an automatic
 *                  start is delayed is kept by Windows beside it, and not touched.
 *      service     "running", also where it is starting or paused; "stopped", also where it is
 *                  stopping
 *      firewall    the rule, by parts in an order of their own; what does not say whom it
 *                  admits is left out: version, description, group
 */
#define PF_FIREWALL_RULES                                                                          \
        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\"    \
        "FirewallRules"

/**
 * pf_setting_read() - what it is on a machine
 * @ret:   receives its value, which the caller frees; NULL: there is none
 * Return: 0; a negative errno with a text where it cannot be told.
 */
int pf_setting_read(const PfTarget *target, const PfSetting *setting, char **ret,
                    PfErr *err) PF_MUST_CHECK;

/**
 * pf_setting_assume() - from now on an overlay says what it will with the setting
 * The key of the registry has the value, or has not; the service starts like that, or runs.
 * Rule:   the answers of the books "registry" and "windows-service".
 * Return: 0; -EINVAL with a text where what is there now could not be put back, or there is no
 *         such key or service; as pf_setting_read().
 */
int pf_setting_assume(PfTarget *overlay, const PfSetting *setting, PfErr *err) PF_MUST_CHECK;

/* Words and numbers of Start in the registry. Return: NULL, or -1, of what is none. */
const char *pf_start_type_word(uint64_t start);
int pf_start_type_number(const char *word);

/* "dword:00000001" as a number. Return: false of all else. */
bool pf_setting_parse_dword(const char *value, uint32_t *ret);

/* A rule as it is compared: see above. Return: a text that the caller frees; NULL: no memory. */
char *pf_firewall_rule_plain(const char *rule);
