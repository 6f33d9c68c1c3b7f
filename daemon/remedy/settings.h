/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/report/inspect.h"

/*
 * What sshd would do for somebody, keyword by keyword: also what no check asks about,
 * such as forwarding, which a Match block in the wrong place takes away or gives.
 */

/**
 * pf_settings_of_sshd() - the values in force for whom a question is about
 * @loop:  turned until they are there
 * @deadline_ms: 0: as the probe says
 * @ret:   receives an object, or NULL where there are none, or sshd would refuse them, or they
 *         cannot be read; the caller frees it
 * Return: 0; -ETIMEDOUT with a text; -ENOMEM, -EBUSY.
 */
int pf_settings_of_sshd(uv_loop_t *loop, PfTarget *target, PfQuestion *question,
                        uint64_t deadline_ms, PfJson **ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_settings_find_changed() - a keyword whose value is another one, wherever it comes from
 * Return: 0: none; PF_SETTINGS_CHANGED; -ENOMEM.
 */
enum { PF_SETTINGS_CHANGED = 1 };
int pf_settings_find_changed(const PfJson *before, const PfJson *after, char **ret) PF_MUST_CHECK;
